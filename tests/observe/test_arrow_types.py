from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from dc43_gitdraft import types
from dc43_gitdraft.model import DataType
from dc43_gitdraft.observe.arrow_types import data_type, intervals, properties, remarks
from dc43_gitdraft.observe.nested import UnknownTypeError

TABLE = [
    (pa.bool_(), "boolean", "boolean"),
    (pa.int8(), "integer", "tinyint"),
    (pa.int16(), "integer", "smallint"),
    (pa.int32(), "integer", "int"),
    (pa.int64(), "integer", "bigint"),
    (pa.uint8(), "integer", "smallint"),
    (pa.uint16(), "integer", "int"),
    (pa.uint32(), "integer", "bigint"),
    (pa.uint64(), "integer", "decimal(20,0)"),
    (pa.float16(), "number", "float"),
    (pa.float32(), "number", "float"),
    (pa.float64(), "number", "double"),
    (pa.decimal128(10, 2), "number", "decimal(10,2)"),
    (pa.decimal32(5, 2), "number", "decimal(5,2)"),
    (pa.decimal64(12, 2), "number", "decimal(12,2)"),
    (pa.decimal128(10, 0), "integer", "decimal(10,0)"),
    (pa.decimal128(3, -2), "integer", "decimal(5,0)"),
    (pa.decimal256(50, 3), "number", "decimal(50,3)"),
    (pa.string(), "string", "string"),
    (pa.large_string(), "string", "string"),
    (pa.string_view(), "string", "string"),
    (pa.date32(), "date", "date"),
    (pa.date64(), "date", "date"),
    (pa.time32("s"), "time", "time"),
    (pa.time64("us"), "time", "time"),
    (pa.duration("us"), "string", "interval day to second"),
    (pa.month_day_nano_interval(), "string", "interval year to month"),
    (pa.null(), None, "void"),
    (pa.dictionary(pa.int8(), pa.date32()), "date", "date"),
    (pa.run_end_encoded(pa.int32(), pa.string()), "string", "string"),
    (pa.list_(pa.int32()), "array", "array<int>"),
    (pa.large_list(pa.int32()), "array", "array<int>"),
    (pa.list_(pa.int32(), 3), "array", "array<int>"),
    (pa.list_view(pa.int32()), "array", "array<int>"),
    (pa.map_(pa.string(), pa.list_(pa.bool_())), "map", "map<string,array<boolean>>"),
    (pa.struct({"a": pa.int8(), "b c": pa.null()}), "object", "struct<a:tinyint,`b c`:void>"),
    (pa.struct({"a`b": pa.struct({})}), "object", "struct<`a``b`:struct<>>"),
]


@pytest.mark.parametrize(("arrow", "logical", "physical"), TABLE)
def test_an_arrow_type_is_spelled_as_odcs_and_spark_sql_do(
    arrow: pa.DataType, logical: str | None, physical: str
) -> None:
    found = data_type(arrow)
    assert (found.logical, found.physical, found.inferred) == (logical, physical, False)


@pytest.mark.parametrize("arrow", [row[0] for row in TABLE])
def test_the_spelling_is_understood_and_implies_the_logical_type(arrow: pa.DataType) -> None:
    found = data_type(arrow)
    parsed = types.parse(found.physical or "")
    assert parsed.known
    assert types.implied(parsed) == (found.logical, dict(found.options))


@pytest.mark.parametrize("arrow", [pa.binary(), pa.large_binary(), pa.binary(16), pa.binary_view()])
def test_bytes_are_strings_of_binary_format(arrow: pa.DataType) -> None:
    assert data_type(arrow) == DataType("string", "binary", {"format": "binary"})


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_timestamp_says_whether_it_has_a_time_zone(unit: str) -> None:
    zoned = DataType("timestamp", "timestamp", {"timezone": True})
    local = DataType("timestamp", "timestamp_ntz", {"timezone": False})
    assert data_type(pa.timestamp(unit, "Europe/Paris")) == zoned
    assert data_type(pa.timestamp(unit)) == local


def test_the_parts_of_nested_types_are_described() -> None:
    found = data_type(pa.list_(pa.map_(pa.int8(), pa.struct({"a": pa.int16()}))))
    assert found.items is not None
    assert found.items.key == DataType("integer", "tinyint")
    assert found.items.value is not None
    assert [each.name for each in found.items.value.fields] == ["a"]


def test_an_extension_type_is_what_it_is_stored_as() -> None:
    assert data_type(pa.json_()) == DataType("string", "string")


def test_a_uuid_is_a_text_of_that_format_and_nothing_is_lost() -> None:
    assert data_type(pa.uuid()) == DataType("string", "string", {"format": "uuid"})
    assert list(remarks(pa.schema({"a": pa.uuid(), "l": pa.list_(pa.uuid())}))) == []


@pytest.mark.parametrize("union", [pa.sparse_union, pa.dense_union])
def test_a_union_is_an_object_with_each_of_its_types(union: Any) -> None:
    found = data_type(union([pa.field("x", pa.int8()), pa.field("y", pa.string())]))
    assert (found.logical, found.physical) == ("object", "struct<x:tinyint,y:string>")


def test_what_is_lost_is_said() -> None:
    inner = pa.struct({"b": pa.binary(4), "m": pa.map_(pa.string(), pa.list_(pa.int8(), 3))})
    union = pa.sparse_union([pa.field("x", pa.int8())])
    schema = pa.schema({"s": pa.list_(inner), "u": union, "i": pa.json_(), "d": pa.decimal128(5)})
    assert list(remarks(schema)) == [
        "`s[].b` always has 4 bytes, and is described as binary",
        "`s[].m{value}` always has 3 items, and is described as an array",
        "`u` is a union, which ODCS does not have: it is described as an object with a property for"
        " each of its types",
        "`i` has the extension type arrow.json, and is described as what it is stored as",
    ]


def test_a_type_that_is_nested_too_deeply_is_refused() -> None:
    kind: pa.DataType = pa.int8()
    for _ in range(70):
        kind = pa.list_(kind)
    with pytest.raises(UnknownTypeError, match="nested more than 64"):
        data_type(kind)


def test_intervals_are_found_inside_of_other_types() -> None:
    span = pa.duration("s")
    schema = pa.schema(
        {"a": span, "l": pa.list_(span), "s": pa.struct({"m": pa.map_(pa.int8(), span)})}
    )
    assert list(intervals(properties(schema))) == [
        f"`{path}` is an interval, which other readers of these files see as a number"
        for path in ("a", "l[]", "s.m{value}")
    ]
