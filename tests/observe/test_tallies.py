"""Profiles from values: of CSV, JSON and Avro, and of what the sample of distinct values tells."""

from __future__ import annotations

import json
import math
import random
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.seen import NOW, column

from dc43_gitdraft.model import DataType, Observation, Profile
from dc43_gitdraft.observe import (
    avro_counts,
    avro_files,
    csv_files,
    from_json,
    observe,
    tallies,
    to_json,
)
from dc43_gitdraft.observe.tallies import Tally

TEXT, INTEGER = DataType("string"), DataType("integer")


def profiled(path: Path, scheme: str) -> Observation:
    seen = observe(f"{scheme}:{path}", now=NOW, profile=True)
    assert from_json(to_json(seen)) == seen
    return seen


def sheet(path: Path, *rows: str) -> Path:
    path.write_text("".join(f"{row}\n" for row in rows), "utf-8")
    return path


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    return sheet(path, *map(json.dumps, rows))


def test_csv_is_profiled_by_the_type_that_its_texts_turned_out_to_have(tmp_path: Path) -> None:
    path = sheet(
        tmp_path / "a.csv",
        "id,price,day,on,name,paid,kind",
        *(
            f"{at},{at}.5,2024-05-{10 + at},{10 + at}.05.2024,n{at},true,{at % 2}"
            for at in range(9)
        ),
        '-5,,2023-01-31,01.01.2024,,false,""',
    )
    seen = profiled(path, "csv")
    assert column(seen, "id").profile == Profile(10, 10, -5, 8)
    assert column(seen, "price").profile == Profile(9, 9, 0.5, 8.5)
    assert column(seen, "day").profile == Profile(10, 10, "2023-01-31", "2024-05-18")
    assert column(seen, "on").profile == Profile(10, 10)
    assert column(seen, "name").profile == Profile(9, 9, min_length=2, max_length=2)
    assert column(seen, "paid").profile == Profile(10)
    assert column(seen, "kind").profile == Profile(10, 3, 0, 1, values=(0, 1))


def test_csv_is_profiled_over_all_blocks_and_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_files, "BLOCK", 256)
    (tmp_path / "d").mkdir()
    sheet(tmp_path / "d" / "a.csv", "a,b", *(f"{at},x" for at in range(500)))
    sheet(tmp_path / "d" / "b.csv", "a,b", *(f"-{at}.5,y" for at in range(500)))
    seen = profiled(tmp_path / "d", "csv")
    assert column(seen, "a").profile == Profile(1000, 1000, -499.5, 499)
    assert column(seen, "b").profile == Profile(1000, 2, None, None, 1, 1, ("x", "y"))


def test_json_is_profiled_with_objects_and_without_what_is_in_arrays(tmp_path: Path) -> None:
    rows = [
        {
            "id": at,
            "x": {"y": at / 2},
            "tags": ["a"],
            "kind": "ab"[at % 2],
            "on": at > 2,
            "no": None,
        }
        for at in range(10)
    ]
    seen = profiled(lines(tmp_path / "a.jsonl", *rows), "json")
    assert column(seen, "id").profile == Profile(10, 10, 0, 9)
    assert column(seen, "x.y").profile == Profile(10, 10, 0.0, 4.5)
    assert column(seen, "kind").profile == Profile(10, 2, None, None, 1, 1, ("a", "b"))
    assert column(seen, "on").profile == Profile(10)
    assert column(seen, "no").profile == Profile(0)
    assert [column(seen, name).profile for name in ("x", "tags")] == [None, None]


AVRO = {
    "type": "record",
    "name": "orders",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "name", "type": ["null", "string"]},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {
            "name": "price",
            "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
        },
        {"name": "ratio", "type": "double"},
        {"name": "kind", "type": {"type": "enum", "name": "k", "symbols": ["A", "B"]}},
        {"name": "data", "type": "bytes"},
        {"name": "tags", "type": {"type": "array", "items": "long"}},
        {
            "name": "item",
            "type": [
                "null",
                {"type": "record", "name": "i", "fields": [{"name": "x", "type": "int"}]},
            ],
        },
    ],
}


def avro_row(at: int) -> dict[str, Any]:
    return {
        "id": at,
        "name": None if at == 0 else "ab"[at % 2],
        "day": date(2024, 5, 1 + at % 30),
        "price": Decimal(at - 3) / 4,
        "ratio": math.nan if at == 5 else at / 2,
        "kind": "AB"[at % 2],
        "data": b"secret",
        "tags": [at],
        "item": None if at == 1 else {"x": -at},
    }


@pytest.mark.parametrize("at_once", [avro_counts.AT_ONCE, 0])
def test_avro_is_profiled_with_records_and_without_what_is_in_arrays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(avro_counts, "AT_ONCE", at_once)
    schema = fastavro.parse_schema(AVRO)
    for part in range(2):
        with (tmp_path / f"{part}.avro").open("wb") as file:
            rows = [avro_row(at) for at in range(part * 10, part * 10 + 10)]
            fastavro.writer(file, schema, rows, codec="deflate", sync_interval=100)
    seen = profiled(tmp_path, "avro")
    assert column(seen, "id").profile == Profile(20, 20, 0, 19)
    assert column(seen, "name").profile == Profile(19, 2, None, None, 1, 1, ("a", "b"))
    assert column(seen, "day").profile == Profile(20, 20, "2024-05-01", "2024-05-20")
    assert column(seen, "price").profile == Profile(20, 20, -0.75, 4.0)
    assert column(seen, "ratio").profile == Profile(20, 20)
    assert column(seen, "kind").profile == Profile(20)
    assert column(seen, "item.x").profile == Profile(19, 19, -19, 0)
    assert [column(seen, name).profile for name in ("data", "tags", "item")] == [None] * 3
    plain = observe(f"avro:{tmp_path}", now=NOW).properties
    assert [each.nulls for each in plain] == [each.nulls for each in seen.properties]
    assert not any(each.profile for each in plain)


@pytest.mark.parametrize(("field", "expected"), [("long", 0), (["null", "long"], None)])
def test_values_that_cannot_be_read_leave_only_open_what_takes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: Any, expected: int | None
) -> None:
    schema = {"type": "record", "name": "a", "fields": [{"name": "x", "type": field}]}
    with (tmp_path / "a.avro").open("wb") as file:
        fastavro.writer(file, fastavro.parse_schema(schema), [{"x": 1}] * 50)
    monkeypatch.setattr(avro_files, "MAX_BLOCK", 10)
    (found,) = profiled(tmp_path / "a.avro", "avro").properties
    assert (found.nulls, found.profile) == (expected, None)


def test_values_of_several_types_tell_no_more_than_how_many_they_are(tmp_path: Path) -> None:
    rows = [{"a": value} for value in ("x", 1, True, {"y": 1}, [1])]
    assert column(profiled(lines(tmp_path / "a.jsonl", *rows), "json"), "a").profile == Profile(5)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_ends_the_bounds(tmp_path: Path, number: str) -> None:
    path = sheet(tmp_path / "a.jsonl", '{"a": 1.5}', f'{{"a": {number}}}')
    found = column(profiled(path, "json"), "a").profile
    assert found is not None
    assert (found.count, found.minimum, found.maximum) == (2, None, None)


@pytest.mark.parametrize("digits", [1001, 5000])
@pytest.mark.parametrize("form", ['{{"a": {0}}}\n{{"a": 1}}\n', '[{{"a": {0}}}, {{"a": 1}}]'])
def test_an_integer_of_thousands_of_digits_is_no_bound(
    tmp_path: Path, digits: int, form: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(form.format("-" + "9" * digits), "utf-8")
    found = column(profiled(path, "json"), "a").profile
    assert found is not None
    assert (found.minimum, found.maximum) == (None, 1)


def test_nothing_is_profiled_unasked(tmp_path: Path) -> None:
    for scheme, path in (
        ("csv", sheet(tmp_path / "a.csv", "a", "1")),
        ("json", lines(tmp_path / "a.jsonl", {"a": 1})),
    ):
        (found,) = observe(f"{scheme}:{path}", now=NOW).properties
        assert found.profile is None


def test_only_so_many_properties_are_profiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_files, "MAX_PROFILED", 1)
    seen = profiled(sheet(tmp_path / "a.csv", "a,b", "1,1"), "csv")
    assert [each.profile is None for each in seen.properties] == [False, True]
    monkeypatch.setattr("dc43_gitdraft.observe.shapes.MAX_PROFILED", 1)
    seen = profiled(lines(tmp_path / "a.jsonl", {"a": 1, "b": 1}), "json")
    assert [each.profile is None for each in seen.properties] == [False, True]


def test_keys_that_are_data_are_not_profiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dc43_gitdraft.observe.shapes.MAX_KEYS", 3)
    rows = [{"a": {f"k{at}": {"x": at}, "k": {"x": 1}}} for at in range(9)]
    found = column(profiled(lines(tmp_path / "a.jsonl", *rows), "json"), "a")
    assert found.type.logical == "map"
    assert found.profile is None


def told(values: list[str], kind: DataType = TEXT) -> Profile:
    tally = Tally()
    for value in values:
        tally.text(value)
    found = tally.profile(kind)
    assert found is not None
    return found


def test_all_different_values_are_known_to_be_so() -> None:
    assert told([f"value {at}" for at in range(20_000)]).distinct == 20_000


@pytest.mark.parametrize("distinct", [500, 1_500, 5_000, 15_000])
def test_how_many_values_are_distinct_is_estimated_within_a_few_percent(distinct: int) -> None:
    chance = random.Random(distinct)  # noqa: S311 - test data
    values = [f"value {at}" for at in range(distinct)] * 2
    chance.shuffle(values)
    found = told(values).distinct
    assert found is not None
    assert abs(found - distinct) <= distinct / 10
    assert found == distinct or distinct > tallies._KEPT


def test_the_estimate_does_not_depend_on_the_order_or_the_blocks() -> None:
    values = [f"value {at % 3_000}" for at in range(5_000)]
    blocks = Tally()
    for value in sorted(set(values)):
        blocks.text(value, values.count(value))
    assert blocks.profile(TEXT) == told(values) == told(values[::-1])


def test_long_texts_are_no_enumeration() -> None:
    assert told(["a", "b"] * 20).values == ("a", "b")
    assert told(["a", "b" * 65] * 20).values == ()
    assert told([f"{at}" for at in range(21)] * 20).values == ()
    assert told(["a", "b"]).values == ()


def test_bounds_are_those_of_numbers_and_not_of_their_texts() -> None:
    tally = Tally()
    for text in ("9", "10", "-3"):
        tally.text(text)
        tally.bound(Decimal(text))
    assert tally.profile(INTEGER) == Profile(3, 3, -3, 10)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.integers(-(10**20), 10**20), min_size=1, max_size=60))
def test_what_is_told_of_integers_is_what_they_are(values: list[int]) -> None:
    tally = Tally()
    for value in values:
        tally.number(value)
    found = tally.profile(INTEGER)
    assert found is not None
    facts = (found.count, found.distinct, found.minimum, found.maximum)
    assert facts == (len(values), len(set(values)), min(values), max(values))
    assert set(found.values) in (set(), set(values))
