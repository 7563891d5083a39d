from __future__ import annotations

import json
from typing import Any

import pytest
from support.seen import short

from dc43_gitdraft import types
from dc43_gitdraft.model import DataType
from dc43_gitdraft.observe import avro_types, enumerations
from dc43_gitdraft.observe.avro_types import describe
from dc43_gitdraft.observe.nested import UnknownTypeError


def record(*fields: Any, name: str = "row", **more: Any) -> dict[str, Any]:
    listed = [{"name": f"c{at}", "type": kind} for at, kind in enumerate(fields)]
    return {"type": "record", "name": name, "fields": listed, **more}


def logical(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "logicalType": name, **more}


def fixed(size: int, **more: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": "f", "size": size, **more}


ENUM = {"type": "enum", "name": "e", "symbols": ["NEW", "PAID"]}
BYTES = DataType("string", "binary", {"format": "binary"})
ZONED = DataType("timestamp", "timestamp", {"timezone": True})
LOCAL = DataType("timestamp", "timestamp_ntz", {"timezone": False})
UUID = DataType("string", "string", {"format": "uuid"})

#: Every primitive, complex and logical type of Avro 1.12, and whether a remark says what is lost.
TABLE: list[tuple[Any, DataType, bool]] = [
    ("null", DataType(None, "void"), False),
    ("boolean", DataType("boolean", "boolean"), False),
    ("int", DataType("integer", "int"), False),
    ("long", DataType("integer", "bigint"), False),
    ("float", DataType("number", "float"), False),
    ("double", DataType("number", "double"), False),
    ("bytes", BYTES, False),
    ("string", DataType("string", "string"), False),
    ({"type": "string", "avro.java.string": "String"}, DataType("string", "string"), False),
    ({"type": {"type": "long"}}, DataType("integer", "bigint"), False),
    (ENUM, DataType("string", "string"), False),
    (fixed(16), BYTES, True),
    (
        logical("bytes", "decimal", precision=9, scale=2),
        DataType("number", "decimal(9,2)"),
        False,
    ),
    (logical("bytes", "decimal", precision=9), DataType("integer", "decimal(9,0)"), False),
    (
        fixed(8, logicalType="decimal", precision=18, scale=4),
        DataType("number", "decimal(18,4)"),
        False,
    ),
    (logical("bytes", "decimal"), BYTES, True),
    (logical("bytes", "decimal", precision=2, scale=9), BYTES, True),
    (logical("bytes", "big-decimal"), BYTES, True),
    (logical("string", "uuid"), UUID, False),
    (fixed(16, logicalType="uuid"), UUID, False),
    (logical("int", "date"), DataType("date", "date"), False),
    (logical("int", "time-millis"), DataType("time", "time"), False),
    (logical("long", "time-micros"), DataType("time", "time"), False),
    (logical("long", "timestamp-millis"), ZONED, False),
    (logical("long", "timestamp-micros"), ZONED, False),
    (logical("long", "timestamp-nanos"), ZONED, False),
    (logical("long", "local-timestamp-millis"), LOCAL, False),
    (logical("long", "local-timestamp-micros"), LOCAL, False),
    (logical("long", "local-timestamp-nanos"), LOCAL, False),
    (fixed(12, logicalType="duration"), DataType("string", "interval"), False),
    (logical("string", "date"), DataType("string", "string"), True),
    (logical("long", "money"), DataType("integer", "bigint"), True),
    (["null", "int"], DataType("integer", "int"), False),
    (["int", "null"], DataType("integer", "int"), False),
    (["null"], DataType(None, "void"), False),
    (["int", "long"], DataType("integer", "bigint"), False),
    (["null", "float", "double"], DataType("number", "double"), False),
    (["string", ENUM], DataType("string", "string"), True),
]


@pytest.mark.parametrize(("schema", "expected", "remarked"), TABLE)
def test_an_avro_type_is_spelled_as_odcs_and_spark_sql_do(
    schema: Any, expected: DataType, remarked: bool
) -> None:
    found = describe(record(schema))
    assert [each.type for each in found.properties] == [expected]
    assert bool(found.warnings) == remarked
    parsed = types.parse(expected.physical or "")
    assert parsed.known
    assert types.implied(parsed)[0] == expected.logical


@pytest.mark.parametrize(
    ("schema", "logical_side", "physical"),
    [
        ({"type": "array", "items": "int"}, "array<integer>", "array<int>"),
        ({"type": "map", "values": "long"}, "map<string,integer>", "map<string,bigint>"),
        (record("int", name="r"), "object<c0:integer>", "struct<c0:int>"),
        (
            ["null", "int", "string"],
            "object<member0:integer,member1:string>",
            "struct<member0:int,member1:string>",
        ),
    ],
)
def test_types_of_types_are_described(schema: Any, logical_side: str, physical: str) -> None:
    (found,) = describe(record(schema)).properties
    assert (short(found.type), found.type.physical) == (logical_side, physical)
    assert types.parse(physical).known


def test_what_odcs_cannot_say_is_said_in_a_remark() -> None:
    enums = {"type": "array", "items": ENUM}
    found = describe(record(enums, fixed(16), ["int", "string"], logical("long", "money")))
    assert found.warnings == (
        "`c0[]` is an enum of NEW, PAID, and is described as a string",
        "`c1` always has 16 bytes, and is described as binary",
        "`c2` is a union of int, string, which ODCS does not have: it is described as an object"
        " with a member for each, as Spark reads it",
        "the logicalType `money` of `c3` is not known for long: the underlying type counts",
    )


OTHER = {"type": "enum", "name": "f", "symbols": ["PAID", "LOST"]}


@pytest.mark.parametrize(
    ("schema", "listed"),
    [
        (ENUM, ("NEW", "PAID")),
        ({"type": ENUM}, ("NEW", "PAID")),
        (["null", ENUM], ("NEW", "PAID")),
        ({"type": ["null", ENUM]}, ("NEW", "PAID")),
        ([ENUM, "null", OTHER], ("NEW", "PAID", "LOST")),
        ({**ENUM, "symbols": ["é", ""]}, ("é", "")),
    ],
)
def test_the_symbols_of_an_enum_are_the_only_values(schema: Any, listed: tuple[str, ...]) -> None:
    found = describe(record(schema))
    assert [each.enum for each in found.properties] == [listed]
    assert not found.warnings


def test_an_enum_is_known_by_its_name_and_inside_of_records() -> None:
    inner = record("shop.e", ["null", "shop.e"], name="inner")
    schema = record({**ENUM, "namespace": "shop"}, {"type": "array", "items": inner}, "string")
    first, second, third = describe(schema).properties
    assert second.type.items is not None
    listed = [each.enum for each in (first, *second.type.items.fields, third)]
    assert listed == [("NEW", "PAID")] * 3 + [()]


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "array", "items": ["null", ENUM]}, "`c0[]` is an enum of NEW, PAID,"),
        ({"type": "map", "values": ENUM}, "`c0{value}` is an enum of NEW, PAID,"),
        (["string", ENUM], "`c0` is an enum of NEW, PAID,"),
        ([logical("string", "uuid"), ENUM], "`c0` is an enum of NEW, PAID,"),
        ({**ENUM, "symbols": ["A", "\ud800"]}, "`c0` is an enum of A, "),
        ({**ENUM, "symbols": []}, "`c0` is an enum of nothing,"),
        ({**ENUM, "symbols": ["A", 1]}, "`c0` is an enum of nothing,"),
        ({**ENUM, "symbols": "AB"}, "`c0` is an enum of nothing,"),
    ],
)
def test_an_enum_that_no_property_can_list_is_said_in_a_remark(schema: Any, said: str) -> None:
    found = describe(record(schema))
    assert [each.enum for each in found.properties] == [()]
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith(said)


def test_an_enum_beside_another_type_is_that_of_a_member() -> None:
    (found,) = describe(record(["int", ENUM])).properties
    assert [each.enum for each in found.type.fields] == [(), ("NEW", "PAID")]


def test_enums_of_too_many_symbols_are_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enumerations, "MAX_VALUES", 5)
    found = describe(record(ENUM, "e", "e", OTHER))
    assert [len(each.enum) for each in found.properties] == [2, 2, 0, 0]
    assert [text.split()[0] for text in found.warnings] == ["`c2`", "`c3`"]


def test_only_a_union_with_null_is_nullable() -> None:
    found = describe(record("int", ["null", "int"], ["int", "string"], "null"))
    assert [each.nullable for each in found.properties] == [False, True, False, True]


def test_docs_become_descriptions() -> None:
    schema = record("int", doc="One row.")
    schema["fields"][0]["doc"] = "in cents"
    found = describe(schema)
    assert (found.description, found.properties[0].description) == ("One row.", "in cents")


def test_names_are_found_in_the_namespace_around_them() -> None:
    inner = {**record("int", name="inner"), "namespace": "a.b"}
    user = {**record(inner, "a.b.inner", name="user"), "namespace": "a"}
    schema = {**record(user, "inner", "x.user", name="row"), "namespace": "x"}
    with pytest.raises(UnknownTypeError, match="`c1`: the type `inner` is defined nowhere"):
        describe(schema)
    schema["fields"][1]["type"] = "a.b.inner"
    schema["fields"][2]["type"] = "a.user"
    assert [short(each.type) for each in describe(schema).properties][1:] == [
        "object<c0:integer>",
        "object<c0:object<c0:integer>,c1:object<c0:integer>>",
    ]


def test_names_of_other_schemas_may_be_used() -> None:
    other = {**record("int", name="other"), "namespace": "shop"}
    found = describe(record("shop.other"), [other])
    assert short(found.properties[0].type) == "object<c0:integer>"
    assert short(describe("shop.other", [other]).properties[0].type) == "integer"


def test_a_record_inside_of_itself_is_described_once() -> None:
    node = record("int", ["null", "row"], {"type": "array", "items": "row"})
    found = describe(node)
    assert [short(each.type) for each in found.properties] == ["integer", "object", "array<object>"]
    assert found.warnings[0] == (
        "`c1` is a `row` inside of a `row`: its properties are not described again"
    )


def test_names_that_grow_without_end_are_refused() -> None:
    schema: Any = record("int", name="r0")
    for level in range(1, 30):
        schema = record(schema, f"r{level - 1}", name=f"r{level}")
    with pytest.raises(UnknownTypeError, match="more than 100,000 properties"):
        describe(schema)


def test_long_names_do_not_grow_without_end_either() -> None:
    schema: Any = {"type": "record", "name": "r0", "fields": [{"name": "x" * 10**6, "type": "int"}]}
    for level in range(1, 12):
        schema = record(schema, f"r{level - 1}", name=f"r{level}")
    with pytest.raises(UnknownTypeError, match="more than 100,000 properties"):
        describe(schema)


def test_remarks_are_not_repeated_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avro_types, "MAX_WARNINGS", 2)
    found = describe(record(["string", ENUM], *[["string", "e"]] * 3))
    assert len(found.warnings) == 3
    assert found.warnings[-1] == "2 more remarks of this sort"


def nested(depth: int) -> Any:
    schema: Any = "int"
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    return schema


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("int", "not the schema of a record"),
        ([], "not the schema of a record"),
        (None, "not the schema of a record"),
        ({"type": "record", "name": "r"}, "`r`: a record without a list of fields"),
        ({"type": "record", "fields": []}, "a record without a name"),
        (record(None), "`c0`: its type is no Avro schema"),
        (record(5), "`c0`: its type is no Avro schema"),
        (record("money"), "`c0`: the type `money` is defined nowhere before"),
        (record({"type": "array"}), r"`c0\[\]`: its type is no Avro schema"),
        (record([]), "an empty union"),
        (record([["int"]]), "one inside of another"),
        (record({"type": "fixed", "name": "f", "size": -1}), "a fixed without a size"),
        (record(ENUM, fixed(2, name="e")), "the name `e` is defined twice"),
        (record(nested(70)), "nested more than 64 levels deep"),
        ({"type": "record", "name": "r", "fields": [5]}, "a field without a name"),
        ({"type": "record", "name": "r", "fields": [{"name": ""}]}, "a field without a name"),
        (
            {"type": "record", "name": "r", "fields": [{"name": "a", "type": "int"}] * 2},
            "two fields have the same name",
        ),
        (
            json.loads(
                '{"type": "record", "name": "r", "fields": [{"name": "\\ud800", "type": "int"}]}'
            ),
            "not valid Unicode",
        ),
    ],
)
def test_what_is_no_schema_of_a_record_is_refused(schema: Any, message: str) -> None:
    with pytest.raises(UnknownTypeError, match=message):
        describe(schema)
