"""Avro schemas and records for the data of Arrow tables, as fastavro writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_TYPES: tuple[tuple[Callable[[pa.DataType], bool], Any], ...] = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_int64, "long"),
    (pa.types.is_integer, "int"),
    (pa.types.is_float32, "float"),
    (pa.types.is_floating, "double"),
    (pa.types.is_string, "string"),
    (pa.types.is_binary, "bytes"),
    (pa.types.is_date, {"type": "int", "logicalType": "date"}),
    (pa.types.is_time, {"type": "long", "logicalType": "time-micros"}),
)


def fits(data: pa.Table) -> bool:
    """Tell whether Avro can hold the table: its names are plain, and its types are known."""
    return all(_fits(field) for field in data.schema)


def _fits(field: pa.Field) -> bool:
    kind = field.type
    if pa.types.is_struct(kind):
        inner = [kind.field(at) for at in range(kind.num_fields)]
    elif pa.types.is_map(kind):
        if not pa.types.is_string(kind.key_type):
            return False
        inner = [pa.field("v", kind.item_type)]
    elif pa.types.is_list(kind):
        inner = [pa.field("v", kind.value_type)]
    else:
        inner = []
    named = bool(_NAME.fullmatch(field.name)) and not pa.types.is_duration(kind)
    return named and all(_fits(each) for each in inner)


def schema(data: pa.Schema | pa.StructType, name: str = "row") -> dict[str, Any]:
    """Return the schema of a record of these fields."""
    fields = [data.field(at) for at in range(len(data.names))]
    return {
        "type": "record",
        "name": name,
        "fields": [
            {"name": each.name, "type": _type(each.type, each.nullable, f"{name}_{each.name}")}
            for each in fields
        ],
    }


def _type(kind: pa.DataType, nullable: bool, name: str) -> Any:
    found = _bare(kind, name)
    return ["null", found] if nullable else found


def _bare(kind: pa.DataType, name: str) -> Any:
    if pa.types.is_struct(kind):
        return schema(kind, name)
    if pa.types.is_map(kind):
        return {"type": "map", "values": _type(kind.item_type, True, name)}
    if pa.types.is_list(kind):
        return {"type": "array", "items": _type(kind.value_type, True, name)}
    if pa.types.is_decimal(kind):
        parts: Mapping[str, Any] = {"precision": kind.precision, "scale": kind.scale}
        return {"type": "bytes", "logicalType": "decimal", **parts}
    if pa.types.is_timestamp(kind):
        local = "" if kind.tz else "local-"
        return {"type": "long", "logicalType": f"{local}timestamp-micros"}
    return next(found for check, found in _TYPES if check(kind))


def write(data: pa.Table, path: Path) -> None:
    """Write a table as an Avro file."""
    parsed = fastavro.parse_schema(schema(data.schema))
    rows = [_fields(row, data.schema) for row in data.to_pylist()]
    with path.open("wb") as file:
        fastavro.writer(file, parsed, rows, codec="deflate")


def _fields(row: dict[str, Any], kind: Any) -> dict[str, Any]:
    return {name: _value(value, kind.field(name).type) for name, value in row.items()}


def _value(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return _fields(value, kind)
    if pa.types.is_map(kind):
        return {key: _value(item, kind.item_type) for key, item in value}
    if pa.types.is_list(kind):
        return [_value(item, kind.value_type) for item in value]
    return value
