"""What each source proves against each stated type, as one table."""

from __future__ import annotations

from typing import Any

import pytest

from dc43_gitdraft.draft.evidence import Contradiction, Source, contradiction, widest
from dc43_gitdraft.model import DataType, ObservedProperty

KINDS = ("string", "integer", "number", "boolean", "date", "timestamp", "time")
NESTED = ("object", "array", "map")
JSON_KINDS = (*KINDS, *NESTED)

# Rows: what the contract states. x: seen in that column, it contradicts.
TEXT = """
              string integer number boolean date timestamp time
    string    .      .       .      .       .    .         .
    integer   x      .       x      x       x    x         x
    number    x      .       .      x       x    x         x
    boolean   x      .       x      .       x    x         x
    date      .      .       .      x       .    x         x
    timestamp .      .       .      x       .    .         x
    time      .      .       .      x       x    x         .
    object    .      .       .      .       .    .         .
    array     .      .       .      .       .    .         .
    map       .      .       .      .       .    .         .
"""
JSON = """
              string integer number boolean date timestamp time object array map
    string    .      x       x      x       .    .         .    x      x     x
    integer   x      .       x      x       x    x         x    x      x     x
    number    x      .       .      x       x    x         x    x      x     x
    boolean   x      x       x      .       x    x         x    x      x     x
    date      .      .       .      x       .    x         x    x      x     x
    timestamp .      .       .      x       .    .         x    x      x     x
    time      .      .       .      x       x    x         .    x      x     x
    object    x      x       x      x       x    x         x    .      x     .
    array     x      x       x      x       x    x         x    x      .     x
    map       x      x       x      x       x    x         x    .      x     .
"""
DECLARED = """
              string integer number boolean date timestamp time object array map
    string    .      x       x      x       x    x         x    x      x     x
    integer   x      .       x      x       x    x         x    x      x     x
    number    x      .       .      x       x    x         x    x      x     x
    boolean   x      x       x      .       x    x         x    x      x     x
    date      x      x       x      x       .    x         x    x      x     x
    timestamp x      x       x      x       x    .         x    x      x     x
    time      .      .       x      x       x    x         .    x      x     x
    object    x      x       x      x       x    x         x    .      x     .
    array     x      x       x      x       x    x         x    x      .     x
    map       x      x       x      x       x    x         x    x      x     .
"""


def cells() -> list[tuple[Source, str, str, bool]]:
    found = []
    for source, table in ((Source.TEXT, TEXT), (Source.JSON, JSON), (Source.DECLARED, DECLARED)):
        head, *rows = table.strip().splitlines()
        for row in rows:
            stated, *marks = row.split()
            for seen, mark in zip(head.split(), marks, strict=True):
                found.append((source, stated, seen, mark == "x"))
    return found


@pytest.mark.parametrize(("source", "stated", "seen", "contradicts"), cells())
def test_a_logical_type(source: Source, stated: str, seen: str, contradicts: bool) -> None:
    kind = DataType(seen, inferred=source is not Source.DECLARED)
    found = contradiction({"logicalType": stated}, kind, source, "v3.2.0")
    assert found == (Contradiction(logical=seen) if contradicts else None)


@pytest.mark.parametrize("source", list(Source))
@pytest.mark.parametrize("stated", JSON_KINDS)
def test_nulls_alone_prove_nothing(stated: str, source: Source) -> None:
    node = {"logicalType": stated, "physicalType": "int"}
    assert contradiction(node, DataType(None, "void"), source, "v3.2.0") is None


def declared(physical: str, logical: str = "string", **options: Any) -> DataType:
    return DataType(logical, physical, options)


@pytest.mark.parametrize(
    ("stated", "seen"),
    [
        ({"physicalType": "INTEGER"}, declared("int", "integer")),
        ({"physicalType": "varchar(10)"}, declared("string")),
        ({"physicalType": "NUMBER(10)", "logicalType": "integer"}, declared("int", "integer")),
        ({"physicalType": "decimal"}, declared("decimal(10,2)", "number")),
        ({"physicalType": "time", "logicalType": "time"}, declared("string")),
        ({"physicalType": "interval day"}, declared("bigint", "integer")),
        ({"logicalType": "number"}, declared("decimal(10,0)", "integer")),
        # the physical type is what the data has: the logical one is people's word for it
        ({"logicalType": "timestamp", "physicalType": "string"}, declared("string")),
        ({"logicalType": "timestamp"}, declared("timestamp_ntz", "timestamp", timezone=False)),
        ({}, declared("int", "integer")),
        ({"physicalType": "FOO"}, declared("int", "integer")),
    ],
)
def test_a_declared_type_that_agrees(stated: dict[str, Any], seen: DataType) -> None:
    assert contradiction(stated, seen, Source.DECLARED, "v3.2.0") is None


@pytest.mark.parametrize(
    ("api_version", "stated", "seen"),
    [
        ("v3.0.2", "date", "timestamp"),
        ("v3.0.2", "string", "time"),
        ("v3.1.0", "object", "map"),
        ("v3.2.0", "object", "map"),
    ],
)
def test_older_versions_call_newer_types_otherwise(
    api_version: str, stated: str, seen: str
) -> None:
    node = {"logicalType": stated}
    assert contradiction(node, DataType(seen, "x"), Source.DECLARED, api_version) is None


def test_a_stated_format_of_dates_is_respected() -> None:
    node = {"logicalType": "date", "logicalTypeOptions": {"format": "yyyy-MM-dd HH:mm"}}
    seen = DataType("timestamp", inferred=True)
    assert contradiction(node, seen, Source.TEXT, "v3.2.0") is None


def test_the_widest_type_holds_all_of_a_logical_one() -> None:
    item = DataType("object", fields=(ObservedProperty("a b", DataType("integer")),))
    assert widest(DataType("array", items=item)) == "array<struct<`a b`:bigint>>"
    pair = DataType("map", key=DataType("string"), value=DataType("number"))
    assert widest(pair) == "map<string,double>"
    assert widest(DataType("timestamp", options={"timezone": False})) == "timestamp_ntz"
    assert widest(DataType("timestamp")) == "timestamp"
    assert widest(DataType("date")) == "date"
