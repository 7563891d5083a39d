"""Data that a contract describes: Arrow tables made from ODCS documents, and files of them."""

from __future__ import annotations

import base64
import csv
import json
import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import write_deltalake
from pyarrow import feather, orc
from pyiceberg.catalog.memory import InMemoryCatalog
from support import avro

from dc43_gitdraft import types
from dc43_gitdraft.model import Document

ROWS = 20

_LOGICAL: Mapping[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us", "UTC"),
}
_PHYSICAL: Mapping[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "byte": pa.int8(),
    "short": pa.int16(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "char": pa.string(),
    "varchar": pa.string(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "timestamp_ntz": pa.timestamp("us"),
    "time": pa.time64("us"),
}
#: What a contract leaves open: items of an unknown type, fields that it does not list.
_OPEN_ITEMS = pa.string()
_OPEN_OBJECT = pa.map_(pa.string(), pa.string())


def table(
    document: Document, *, object_name: str | None = None, rows: int = ROWS, seed: int = 0
) -> pa.Table:
    """Make rows as the schema object describes them: optional properties have some nulls."""
    found = schema_object(document, object_name)
    chance = random.Random(seed)  # noqa: S311 - test data
    schema = arrow_schema(found)
    data = [_fields(schema, chance) for _ in range(rows)]
    # A column without any value says nothing about its type in CSV and JSON.
    for field in schema:
        if rows and all(row[field.name] is None for row in data):
            data[0][field.name] = _value(field.type, chance)
    return pa.Table.from_pylist(data, schema=schema)


def schema_object(document: Document, name: str | None = None) -> Document:
    """Find the schema object of this name, or the only one."""
    objects = document["schema"]
    if name is None:
        (only,) = objects
        return dict(only)
    return next(dict(each) for each in objects if each["name"] == name)


def arrow_schema(object_or_property: Document) -> pa.Schema:
    """Translate a schema object to the Arrow schema of its data."""
    return pa.schema([_field(each) for each in object_or_property.get("properties", [])])


def fits(data: pa.Table, kind: str) -> bool:
    """Tell whether a table can be written as this kind of file."""
    check = _CHECKS.get(kind)
    return check is None or check(data)


def is_flat(data: pa.Table) -> bool:
    """Tell whether the table can be written as CSV."""
    return not any(pa.types.is_nested(field.type) for field in data.schema)


def write(data: pa.Table, path: Path, kind: str) -> Path:
    """Write a table as one of KINDS, which must be able to hold it; `json` is JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _WRITERS[kind](data, path)
    return path


def _field(prop: Document) -> pa.Field:
    name = prop.get("physicalName") or prop["name"]
    return pa.field(name, _type(prop), nullable=not prop.get("required", False))


def _type(prop: Document) -> pa.DataType:
    """Take a physicalType that says everything, else the document's structure, else the rest."""
    logical = prop.get("logicalType")
    whole = types.parse(str(prop.get("physicalType", "")))
    if whole.fields or whole.items is not None or whole.key is not None:
        found = _from_physical(whole)
        if found is not None:
            return found
    if logical == "object" and prop.get("properties"):
        return pa.struct([_field(each) for each in prop["properties"]])
    if logical == "array" and prop.get("items"):
        return pa.list_(_inner("element", prop["items"]))
    if logical == "map" and prop.get("map"):
        key, value = prop["map"]["key"], prop["map"]["value"]
        return pa.map_(_type(key), _inner("value", value))
    if logical == "vector":
        return pa.list_(pa.float32())
    if prop.get("physicalType") is not None:
        found = _from_physical(types.parse(str(prop["physicalType"])))
        if found is not None:
            return found
    return _from_logical(logical, prop.get("logicalTypeOptions") or {})


def _inner(name: str, prop: Document) -> pa.Field:
    return pa.field(name, _type(prop), nullable=not prop.get("required", False))


def _from_logical(logical: str | None, options: Mapping[str, Any]) -> pa.DataType:
    if logical == "string" and options.get("format") == "binary":
        return pa.binary()
    if logical == "timestamp" and options.get("timezone") is False:
        return pa.timestamp("us")
    if logical == "array":
        return pa.list_(_OPEN_ITEMS)
    if logical in ("object", "map"):
        return _OPEN_OBJECT
    return _LOGICAL[logical or "string"]


def _from_physical(found: types.PhysicalType) -> pa.DataType | None:
    """Translate a type that Spark SQL has; None for another one, or one that says too little."""
    if not found.known:
        return None
    if found.name == "decimal":
        precision, scale = found.args or (10, 0)
        return pa.decimal128(precision, scale)
    if found.fields:
        fields = [(each.name, _from_physical(each.type), each.nullable) for each in found.fields]
        if any(kind is None for _, kind, _ in fields):
            return None
        return pa.struct([pa.field(name, kind, nullable) for name, kind, nullable in fields])
    if found.items is not None:
        items = _from_physical(found.items)
        return None if items is None else pa.list_(items)
    if found.key is not None and found.value is not None:
        key, value = _from_physical(found.key), _from_physical(found.value)
        return None if key is None or value is None else pa.map_(key, value)
    if found.name.startswith("interval"):
        return pa.duration("us")
    return _PHYSICAL.get(found.name)


def _fields(fields: Sequence[pa.Field] | pa.Schema | pa.StructType, chance: random.Random) -> Any:
    return {
        field.name: None if field.nullable and chance.random() < 0.2 else _value(field.type, chance)
        for field in fields
    }


def _value(kind: pa.DataType, chance: random.Random) -> Any:
    if pa.types.is_struct(kind):
        return _fields([kind.field(at) for at in range(kind.num_fields)], chance)
    if pa.types.is_map(kind):
        keys = {_value(kind.key_type, chance) for _ in range(chance.randint(1, 3))}
        return [(key, _value(kind.item_type, chance)) for key in sorted(keys)]
    if pa.types.is_list(kind):
        return [_value(kind.value_type, chance) for _ in range(chance.randint(1, 3))]
    if pa.types.is_decimal(kind):
        # Not a whole number where it need not be: a text of it must not look like an integer.
        digits = chance.randrange(1, 10 ** min(kind.precision, 9))
        return Decimal(digits - (digits % 10 == 0)).scaleb(-kind.scale)
    return next(make for check, make in _MAKERS if check(kind))(chance)


def _word(chance: random.Random) -> str:
    return "".join(chance.choices("abcdefghij éß", k=chance.randint(3, 8))).strip() or "word"


def _moment(chance: random.Random) -> datetime:
    return datetime(2024, 1, 1) + timedelta(microseconds=chance.randrange(10**15))


_MAKERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[random.Random], Any]], ...] = (
    (pa.types.is_string, _word),
    (pa.types.is_binary, lambda chance: b"\xff" + chance.randbytes(4)),
    (pa.types.is_boolean, lambda chance: chance.random() < 0.5),
    (pa.types.is_integer, lambda chance: chance.randrange(-100, 100)),
    (pa.types.is_floating, lambda chance: chance.randrange(10**6) + 0.5),
    (pa.types.is_date, lambda chance: _moment(chance).date()),
    (pa.types.is_time, lambda chance: _moment(chance).time()),
    (pa.types.is_duration, lambda chance: timedelta(seconds=chance.randrange(10**6))),
    (
        lambda kind: pa.types.is_timestamp(kind) and kind.tz is not None,
        lambda chance: _moment(chance).replace(tzinfo=timezone.utc),
    ),
    (pa.types.is_timestamp, _moment),
)


def _write_parquet(data: pa.Table, path: Path) -> None:
    pq.write_table(data, path)


def _write_json(data: pa.Table, path: Path) -> None:
    fields = list(data.schema)
    with path.open("w", encoding="utf-8") as file:
        for row in data.to_pylist():
            plain = {field.name: _plain(row[field.name], field.type) for field in fields}
            file.write(json.dumps(plain, ensure_ascii=False) + "\n")


def _write_csv(data: pa.Table, path: Path) -> None:
    if not is_flat(data):
        raise ValueError("CSV has no nested values")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(data.schema.names)
        for row in data.to_pylist():
            values = [_plain(row[field.name], field.type) for field in data.schema]
            texts = ["" if value is None else _csv_text(value) for value in values]
            if texts == [""]:
                file.write("\r\n")  # csv writes a lone null as a quoted, empty text
            else:
                writer.writerow(texts)


def _csv_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(value: Any, kind: pa.DataType) -> Any:
    """Turn a value into what JSON has."""
    if value is None:
        return None
    if pa.types.is_struct(kind):
        fields = [kind.field(at) for at in range(kind.num_fields)]
        return {field.name: _plain(value[field.name], field.type) for field in fields}
    if pa.types.is_map(kind):
        return {
            str(_plain(key, kind.key_type)): _plain(item, kind.item_type) for key, item in value
        }
    if pa.types.is_list(kind):
        return [_plain(item, kind.value_type) for item in value]
    if isinstance(value, Decimal):
        return float(value) if kind.scale else int(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, timedelta):
        return str(value)
    return value.isoformat() if isinstance(value, (date, time)) else value


def _write_delta(data: pa.Table, path: Path) -> None:
    write_deltalake(path, data, mode="overwrite", schema_mode="overwrite")


def _known(fields: Any, check: Callable[[pa.Field], bool]) -> bool:
    """Tell whether a check holds for all fields, and those inside of them."""
    listed = [fields.field(at) for at in range(len(fields))]
    return all(check(each) and _known(_parts(each.type), check) for each in listed)


def _parts(kind: pa.DataType) -> pa.Schema:
    nested = pa.types.is_nested(kind)
    return pa.schema([kind.field(at) for at in range(kind.num_fields)] if nested else [])


def _in_orc(field: pa.Field) -> bool:
    return not (pa.types.is_time(field.type) or pa.types.is_duration(field.type))


def _write_iceberg(data: pa.Table, path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    catalog = InMemoryCatalog("tests", warehouse=f"file://{path.parent}")
    catalog.create_namespace("shop")
    catalog.create_table(("shop", "orders"), data.schema, location=f"file://{path}")
    catalog.close()


def _in_iceberg(field: pa.Field) -> bool:
    kind = field.type
    empty = pa.types.is_struct(kind) and not kind.num_fields
    return not (pa.types.is_duration(kind) or empty or "." in field.name)


def _in_delta(field: pa.Field) -> bool:
    kind = field.type
    return not (
        pa.types.is_time(kind)
        or pa.types.is_duration(kind)
        or set(field.name) & set(" ,;{}()\n\t=")
    )


_WRITERS: Mapping[str, Callable[[pa.Table, Path], None]] = {
    "parquet": _write_parquet,
    "json": _write_json,
    "csv": _write_csv,
    "avro": avro.write,
    "delta": _write_delta,
    "arrow": lambda data, path: feather.write_feather(data, str(path)),
    "iceberg": _write_iceberg,
    "orc": lambda data, path: orc.write_table(data, str(path)),
}
_CHECKS: Mapping[str, Callable[[pa.Table], bool]] = {
    "avro": avro.fits,
    "csv": is_flat,
    "iceberg": lambda data: _known(data.schema, _in_iceberg),
    "orc": lambda data: _known(data.schema, _in_orc),
    "delta": lambda data: _known(data.schema, _in_delta),
}

#: What `write` can write.
KINDS = tuple(_WRITERS)
