"""What a CHECK and an enumeration promise is said exactly, or it is left to a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.firsts import first_draft, redrafted
from support.seen import column, look

from dc43_gitdraft import odcs
from dc43_gitdraft.draft import make_draft
from dc43_gitdraft.model import Observation, Policy
from dc43_gitdraft.observe import from_json, to_json

COLUMNS = "n integer, d numeric(10,2), t varchar(20), c char(3), day date"


def seen(folder: Path, text: str, dialect: str | None = None) -> Observation:
    path = folder / "schema.sql"
    path.write_text(text, "utf-8")
    return look(f"ddl:{path}{f'?dialect={dialect}' if dialect else ''}#t")


def checked(folder: Path, condition: str, dialect: str | None = None) -> Observation:
    return seen(folder, f"create table t ({COLUMNS}, check ({condition}))", dialect)


def said(found: Observation) -> dict[str, Any]:
    """What is promised of each column, apart from what its type says."""
    stated: dict[str, Any] = {}
    for each in found.properties:
        options = {key: value for key, value in each.type.options.items() if key != "maxLength"}
        if each.type.options.get("maxLength") not in (None, 3, 20):
            options["maxLength"] = each.type.options["maxLength"]
        if each.enum:
            options["enum"] = [*each.enum]
        if each.nullable is False:
            options["required"] = True
        if options:
            stated[each.name] = options
    return stated


@pytest.mark.parametrize(
    ("dialect", "condition", "expected"),
    [
        (None, "n >= 0", {"n": {"minimum": 0}}),
        (None, "N>0", {"n": {"exclusiveMinimum": 0}}),
        (None, "0 < d and d <= 99.5", {"d": {"exclusiveMinimum": 0, "maximum": 99.5}}),
        (None, "((n < 10) and (d >= -1))", {"n": {"exclusiveMaximum": 10}, "d": {"minimum": -1}}),
        (None, "n between -3 and 3", {"n": {"minimum": -3, "maximum": 3}}),
        (None, "n between 1 and 3 and n >= 2", {"n": {"minimum": 2, "maximum": 3}}),
        (None, "n in (1, 2, 2)", {"n": {"enum": [1, 2]}}),
        (None, "t in ('a', 'b''c')", {"t": {"enum": ["a", "b'c"]}}),
        (None, "t = 'a'", {"t": {"enum": ["a"]}}),
        (None, "t is not null", {"t": {"required": True}}),
        (None, "char_length(t) between 2 and 9", {"t": {"minLength": 2, "maxLength": 9}}),
        (None, "character_length(t) < 5", {"t": {"maxLength": 4}}),
        (None, "char_length(t) > 5", {"t": {"minLength": 6}}),
        ("postgres", "length(t) <= 30", {}),  # its type says less
        ("postgres", "((d > (0)::numeric))", {"d": {"exclusiveMinimum": 0}}),
        (
            "postgres",
            "((t)::text = any ((array['a'::character varying, 'b'::character varying])::text[]))",
            {"t": {"enum": ["a", "b"]}},
        ),
        ("postgres", "t = any (array['a'::text])", {"t": {"enum": ["a"]}}),
        ("mysql", "n in (1)", {"n": {"enum": [1]}}),
    ],
)
def test_a_condition_on_one_column_is_a_constraint_of_it(
    dialect: str | None, condition: str, expected: dict[str, Any], tmp_path: Path
) -> None:
    found = checked(tmp_path, condition, dialect)
    assert said(found) == expected
    assert found.warnings == ()
    assert from_json(to_json(found)) == found
    contract = first_draft(found)  # the ODCS schema accepts it
    assert redrafted(contract, found) is None


@pytest.mark.parametrize(
    ("dialect", "condition"),
    [
        (None, "n > d"),
        (None, "n > 0 or d > 0"),
        (None, "not (n > 0)"),
        (None, "n <> 0"),
        (None, "n + 1 > 0"),
        (None, "n > 0.1e-400"),
        (None, "d > 0.10000000000000000000000001"),
        (None, "n = 1.5"),
        (None, "d in (1, 2)"),
        (None, "t > 'a'"),
        (None, "t <> ''"),
        (None, "t like 'a%'"),
        (None, "lower(t) in ('a')"),
        (None, "c in ('a')"),  # padded with blanks
        (None, "t in ('a', null)"),
        (None, "t in ('a') and t in ('b')"),
        (None, "n in (select 1)"),
        (None, "day >= '2020-01-01'"),
        (None, "missing > 0"),
        (None, '"N" > 0'),
        (None, "char_length(n) > 1"),
        (None, "char_length(t) < 0"),
        (None, "length(t) <= 5"),  # characters or bytes
        ("mysql", "length(t) <= 5"),
        ("mysql", "t in ('a')"),  # and `A` too
        ("postgres", "(n)::boolean = 1"),
        (None, "n > 0 garbage"),
        (None, "(" * 60 + "n > 0" + ")" * 60 + " or n = 2"),
        (None, "n >"),
        (None, "n in ()"),
        (None, "and"),
        (None, ""),
    ],
)
def test_what_a_contract_cannot_say_exactly_is_left_to_a_person(
    dialect: str | None, condition: str, tmp_path: Path
) -> None:
    found = checked(tmp_path, condition, dialect)
    assert said(found) == {}
    assert found.warnings == (
        "the table states what a draft does not, for a person to add: a CHECK",
    )


@pytest.mark.parametrize("idle", ["not enforced", "not valid", "disable", "enable novalidate"])
def test_a_condition_that_the_database_does_not_hold_to_is_no_promise(
    idle: str, tmp_path: Path
) -> None:
    for text in (
        f"create table t (n int check (n > 0) {idle})",
        f"create table t (n int, constraint k check (n > 0) {idle})",
    ):
        found = seen(tmp_path, text)
        assert said(found) == {}
        assert "a CHECK" in found.warnings[0]


def test_conditions_stand_at_columns_tables_and_in_later_statements(tmp_path: Path) -> None:
    found = seen(
        tmp_path,
        "create table t (check (d < 5), n int not null check (n > 0) unique, d int, e int);"
        "alter table t add constraint k check (e in (1, 2));",
    )
    assert said(found) == {
        "n": {"exclusiveMinimum": 0, "required": True},
        "d": {"exclusiveMaximum": 5},
        "e": {"enum": [1, 2]},
    }
    assert column(found, "n").unique is True


HELD = [
    "n >= 2",
    "n > 2 and n < 5",
    "3 >= n",
    "n between 2 and 4",
    "n in (1, 4)",
    "n = 3",
    "(n > 1) and (n <= 4)",
]


@pytest.mark.parametrize("condition", HELD)
def test_what_is_promised_is_what_a_database_holds_to(condition: str, tmp_path: Path) -> None:
    stated = said(checked(tmp_path, condition))["n"]
    with closing(sqlite3.connect(":memory:")) as database:
        for value in (*range(-1, 8), None):
            (passes,) = database.execute(
                f"select coalesce({condition}, 1) from (select ? as n)",  # noqa: S608 - ours
                (value,),
            ).fetchone()
            assert bool(passes) is holds(stated, value), (condition, value)


def holds(stated: Mapping[str, Any], value: int | None) -> bool:
    if value is None:
        return True
    return (
        value >= stated.get("minimum", value)
        and value <= stated.get("maximum", value)
        and value > stated.get("exclusiveMinimum", value - 1)
        and value < stated.get("exclusiveMaximum", value + 1)
        and value in stated.get("enum", [value])
    )


@pytest.mark.parametrize(
    ("dialect", "kind"),
    [
        ("mysql", "enum('new','it''s')"),
        ("duckdb", "enum('new', 'it''s')"),
        ("clickhouse", "enum8('new' = 1, 'it''s' = 2)"),
    ],
)
def test_the_values_of_an_enumeration_are_permitted_values(
    dialect: str, kind: str, tmp_path: Path
) -> None:
    found = seen(tmp_path, f"create table t (id int, state {kind})", dialect)
    assert column(found, "state").enum == ("new", "it's")
    contract = first_draft(found)
    assert contract.document["schema"][0]["properties"][1]["enum"] == [
        {"value": "new"},
        {"value": "it's"},
    ]
    assert redrafted(contract, found) is None


def test_types_of_postgres_list_values_too(tmp_path: Path) -> None:
    found = seen(
        tmp_path,
        "create type shop.mood as enum ('sad', 'ok');"
        "create type gone as enum ('a');"
        "create type pair as (x int, y int);"
        "alter type shop.mood add value if not exists 'glad' after 'ok';"
        "alter type gone rename value 'a' to 'b';"
        "create table t (a shop.mood not null, b gone, p pair);",
        "postgres",
    )
    assert (column(found, "a").enum, column(found, "b").enum) == (("sad", "ok", "glad"), ())
    assert column(found, "a").type.logical == "string"
    assert column(found, "a").type.physical == "shop.mood"
    (warning,) = found.warnings
    assert "`b` (gone), `p` (pair)" in warning
    contract = first_draft(found)
    assert contract.document["schema"][0]["properties"][0]["required"] is True
    assert redrafted(contract, found) is None


@pytest.mark.parametrize(
    ("version", "key"), [("v3.2.0", "enum"), ("v3.1.0", "quality"), ("v3.0.2", None)]
)
def test_each_version_of_odcs_has_its_own_words(
    version: str, key: str | None, tmp_path: Path
) -> None:
    contract = odcs.read(
        f"apiVersion: {version}\nkind: DataContract\nid: t\nversion: 1.0.0\nstatus: active\n"
        "schema:\n  - name: t\n    properties:\n      - name: id\n        logicalType: integer\n"
        "        physicalType: int\n"
    )
    found = seen(tmp_path, "create table t (id int, state enum('a','b'))", "mysql")
    draft = make_draft(contract, found, Policy(), contract_id="t")
    assert draft is not None
    new = odcs.read(draft.text).document["schema"][0]["properties"][1]
    assert {"enum", "quality"} & new.keys() == ({key} if key else set())


def test_a_foreign_key_is_told_with_what_it_leads_to(tmp_path: Path) -> None:
    found = seen(
        tmp_path,
        "create table t (a int references shop.customers (id), b int references other, c int,"
        " foreign key (b, c) references pairs (x, y) on delete cascade)",
    )
    (warning,) = found.warnings
    for said_ in (
        "the foreign key of a to shop.customers (id)",
        "the foreign key of b to other",
        "the foreign key of b, c to pairs (x, y)",
    ):
        assert said_ in warning
