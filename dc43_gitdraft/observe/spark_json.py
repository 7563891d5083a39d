"""Schemas in Spark's own JSON, as Delta's log holds them, as the types of observed properties."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dc43_gitdraft import types
from dc43_gitdraft.model import DataType, ObservedProperty
from dc43_gitdraft.observe import spark_metadata
from dc43_gitdraft.observe.nested import (
    MAX_DEPTH,
    UnknownTypeError,
    array,
    binary,
    mapping,
    struct,
    timestamp,
)
from dc43_gitdraft.observe.storage import plain

#: Spark's names for the types whose SQL name is another one, and for those with options.
_ATOMIC: Mapping[str, DataType] = {
    "byte": DataType("integer", "tinyint"),
    "short": DataType("integer", "smallint"),
    "integer": DataType("integer", "int"),
    "long": DataType("integer", "bigint"),
    "binary": binary(),
    "timestamp": timestamp(zoned=True),
    "timestamp_ntz": timestamp(zoned=False),
    "void": DataType(None, "void"),
}


def properties(schema: Mapping[str, Any]) -> tuple[ObservedProperty, ...]:
    """Describe the columns of a schema parsed from JSON. Raises UnknownTypeError."""
    return spark_metadata.refine(_fields(schema, 0), json.dumps(schema).encode())


def _fields(schema: Mapping[str, Any], depth: int) -> tuple[ObservedProperty, ...]:
    listed = schema.get("fields")
    if not isinstance(listed, list):
        raise UnknownTypeError("a struct without a list of fields")
    return tuple(_field(each, depth) for each in listed)


def _field(field: Any, depth: int) -> ObservedProperty:
    name = field.get("name") if isinstance(field, dict) else None
    if not isinstance(name, str) or not name:
        raise UnknownTypeError("a column without a name")
    try:
        found = _type(field.get("type"), depth + 1)
    except UnknownTypeError as error:
        raise UnknownTypeError(f"`{plain(name)}`: {error}") from None
    return ObservedProperty(name, found, field.get("nullable") is not False)


def _type(schema: Any, depth: int) -> DataType:
    if depth > MAX_DEPTH:
        raise UnknownTypeError(f"nested more than {MAX_DEPTH} levels deep")
    if isinstance(schema, str):
        return _named(schema)
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind == "struct":
        return struct(_fields(schema, depth))
    if kind == "array":
        return array(_type(schema.get("elementType"), depth + 1))
    if kind == "map":
        key = _type(schema.get("keyType"), depth + 1)
        return mapping(key, _type(schema.get("valueType"), depth + 1))
    if kind == "udt":
        return _type(schema.get("sqlType"), depth + 1)
    raise UnknownTypeError("its type is none of Spark's")


def _named(name: str) -> DataType:
    if name in _ATOMIC:
        return _ATOMIC[name]
    parsed = types.parse(name)
    if not (parsed.known and types.is_own(parsed)):
        raise UnknownTypeError(f"the type `{plain(name)}` is none of Spark's")
    if parsed.detail.startswith("collate "):
        return spark_metadata.collated(parsed.detail.removeprefix("collate "))
    logical, options = types.implied(parsed)
    return DataType(logical, types.spell(parsed), options)
