from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dc43_gitdraft import types
from dc43_gitdraft.types import parse

SCALARS = [
    "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(10,2)",
    "string", "varchar(10)", "char(3)", "binary", "date", "timestamp", "timestamp_ntz", "time",
    "interval day to second", "variant", "void",
]  # fmt: skip


def _nest(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    names = st.sampled_from(["a", "b", "Total", "`odd name`", "x_1"])
    fields = st.lists(st.tuples(names, inner), min_size=1, max_size=3, unique_by=lambda f: f[0])
    return st.one_of(
        inner.map("array<{}>".format),
        st.tuples(inner, inner).map(lambda pair: "map<{},{}>".format(*pair)),
        fields.map(lambda fs: "struct<" + ",".join(f"{n}:{t}" for n, t in fs) + ">"),
    )


SPELLINGS = st.recursive(st.sampled_from(SCALARS), _nest, max_leaves=6)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("int", "INTEGER"),
        ("bigint", "long"),
        ("smallint", "Short"),
        ("tinyint", "byte"),
        ("real", "float"),
        ("double precision", "DOUBLE"),
        ("text", "string"),
        ("varchar", "string"),
        ("numeric(10, 2)", "decimal(10,2)"),
        ("decimal(10)", "decimal(10,0)"),
        ("decimal", "decimal(10,0)"),
        ("character varying(5)", "VARCHAR( 5 )"),
        ("timestamp with time zone", "TIMESTAMP_LTZ"),
        ("timestamp without time zone", "timestamp_ntz"),
        ("array< INT >", "array<integer>"),
        ("map<string, bigint>", "MAP<text,long>"),
        ("struct<a: int, b: string comment 'it''s, <b>'>", "STRUCT<B STRING, A INT>"),
        ("struct<`odd name`:int>", 'struct<"odd name":int>'),
        ("GEOGRAPHY( 4326 )", "geography(4326)"),
    ],
)
def test_spellings_of_one_type_are_the_same(one: str, other: str) -> None:
    assert types.same(parse(one), parse(other))
    assert types.same(parse(other), parse(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("int", "bigint"),
        ("int", "interval"),
        ("decimal(10,2)", "decimal(10,3)"),
        ("varchar(5)", "varchar(6)"),
        ("timestamp", "timestamp_ntz"),
        ("array<int>", "array<bigint>"),
        ("struct<a:int>", "struct<a:int not null>"),
        ("struct<a:int>", "struct<a:int,b:int>"),
        ("point", "int"),
        ("number(10,2)", "number(12,2)"),
    ],
)
def test_other_types_are_not_the_same(one: str, other: str) -> None:
    assert not types.same(parse(one), parse(other))


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "int int", "pint", "int undersigned",
        "varchar(", "array<", "array<int", "map<int>",
        "decimal(a)", "string(10,2)", "struct<a:>", "int;", "<int>", "interval year to banana",
        "array<" * 100 + "int" + ">" * 100, "printing", "long long",
        "select 1", "int64x", "uuid(3)",
    ],
)  # fmt: skip
def test_what_is_not_understood_is_unknown_and_keeps_its_text(text: str) -> None:
    parsed = parse(text)
    assert not parsed.known
    assert parsed.text == text
    assert types.implied(parsed) == (None, {})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("byte", "short"),
        ("byte", "bigint"),
        ("int", "bigint"),
        ("int", "double"),
        ("short", "decimal(5,0)"),
        ("int", "decimal(12,2)"),
        ("bigint", "decimal(19,0)"),
        ("float", "double"),
        ("decimal(10,2)", "decimal(12,2)"),
        ("decimal(10,2)", "decimal(12,4)"),
        ("date", "timestamp_ntz"),
        ("char(3)", "varchar(3)"),
        ("varchar(10)", "varchar(20)"),
        ("varchar(10)", "string"),
        ("void", "array<int>"),
        ("array<int>", "array<bigint>"),
        ("map<int,int>", "map<int,bigint>"),
        ("struct<a:int>", "struct<a:bigint>"),
        ("struct<a:int>", "struct<a:int,b:date>"),
        ("struct<a:int not null>", "struct<a:int>"),
        ("array<int>", "array"),
    ],
)
def test_widening_goes_one_way(old: str, new: str) -> None:
    assert types.widens(parse(old), parse(new))
    assert not types.widens(parse(new), parse(old))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bigint", "double"),
        ("bigint", "decimal(18,0)"),
        ("bigint", "decimal(21,2)"),
        ("int", "float"),
        ("date", "timestamp"),
        ("decimal(10,2)", "decimal(11,4)"),
        ("int", "string"),
        ("timestamp", "timestamp_ntz"),
        ("struct<a:int>", "struct<a:int,b:date not null>"),
        ("struct<a:int>", "struct<b:int>"),
        ("string", "binary"),
        ("point", "geometry"),
        ("int", "point"),
    ],
)
def test_neither_type_widens_to_the_other(old: str, new: str) -> None:
    assert not types.widens(parse(old), parse(new))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("INT", "bigint", "BIGINT"),
        ("Int", "bigint", "bigint"),
        ("integer", "bigint", "bigint"),
        ("int", "INTEGER", "int"),
        ("short", "bigint", "long"),
        ("NUMERIC(10,2)", "decimal(12,2)", "NUMERIC(12,2)"),
        ("Decimal(10, 2)", "decimal(12,2)", "Decimal(12, 2)"),
        ("STRING", "varchar(10)", "VARCHAR(10)"),
        ("character varying(10)", "varchar(20)", "character varying(20)"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp_ntz", "TIMESTAMP WITHOUT TIME ZONE"),
        ("timestamp_ntz", "timestamp", "timestamp_ltz"),
        ("array<INT>", "array<bigint>", "array<BIGINT>"),
        ("MAP<STRING, INT>", "map<string,bigint>", "MAP<STRING, BIGINT>"),
        (
            "struct<a: INTEGER, b: Text comment 'kept'>",
            "struct<a:int,b:string,`c d`:date>",
            "struct<a: INTEGER, b: Text, `c d`: date>",
        ),
        ("UNKNOWN_TYPE", "bigint", "BIGINT"),
        ("int64", "double", "double"),
    ],
)
def test_respelling_keeps_the_manner_of_the_author(old: str, new: str, expected: str) -> None:
    assert types.respell(old, parse(new)) == expected


@pytest.mark.parametrize(
    ("text", "logical", "options"),
    [
        ("BIGINT", "integer", {}),
        ("double", "number", {}),
        ("decimal(10,2)", "number", {}),
        ("decimal(10,0)", "integer", {}),
        ("decimal", "number", {}),
        ("varchar(5)", "string", {"maxLength": 5}),
        ("binary", "string", {"format": "binary"}),
        ("timestamp", "timestamp", {"timezone": True}),
        ("timestamp_ntz", "timestamp", {"timezone": False}),
        ("interval year to month", "string", {}),
        ("array<int>", "array", {}),
        ("struct<a:int>", "object", {}),
        ("map<string,int>", "map", {}),
        ("void", None, {}),
    ],
)
def test_a_physical_type_implies_a_logical_one(
    text: str, logical: str | None, options: dict[str, object]
) -> None:
    assert types.implied(parse(text)) == (logical, options)


@pytest.mark.parametrize(
    ("stated", "seen", "expected"),
    [
        ("varchar(10)", "string", True),
        ("char(3)", "string", True),
        ("string", "varchar(10)", False),
        ("decimal", "decimal(12,4)", True),
        ("decimal(10,2)", "decimal(12,2)", False),
        ("point", "string", True),
        ("time", "bigint", True),
        ("interval day", "interval day to second", True),
        ("array<varchar(3)>", "array<string>", True),
        ("array", "array<int>", True),
        ("struct", "struct<a:int>", True),
        ("struct<a:int not null>", "struct<A:int>", True),
        ("struct<a:int>", "struct<a:int,b:int>", False),
        ("map<string,int>", "map<string,bigint>", False),
        ("int", "void", True),
        ("int", "bigint", False),
        ("timestamp", "timestamp_ntz", False),
        ("date", "timestamp_ntz", False),
    ],
)
def test_expresses_asks_only_what_a_source_can_say(stated: str, seen: str, expected: bool) -> None:
    assert types.expresses(parse(stated), parse(seen)) is expected


@given(SPELLINGS)
def test_what_is_spelt_parses_to_the_same_type(text: str) -> None:
    parsed = parse(text)
    assert parsed.known
    assert types.same(parse(types.spell(parsed)), parsed)
    assert types.same(parse(text.upper()), parsed)


@given(SPELLINGS, SPELLINGS)
def test_respelling_never_changes_the_type(old: str, new: str) -> None:
    assert types.same(parse(types.respell(old, parse(new))), parse(new))
    assert types.respell(old, parse(old)) == old


@given(SPELLINGS, SPELLINGS)
def test_widening_is_never_mutual(old: str, new: str) -> None:
    assert not (types.widens(parse(old), parse(new)) and types.widens(parse(new), parse(old)))


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    assert parse(text).text == text or parse(text).known
