"""What Spark writes beside a schema: comments, char and varchar lengths, collations, intervals."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dc43_gitdraft import types
from dc43_gitdraft.model import DataType, ObservedProperty
from dc43_gitdraft.observe.nested import array, mapping, struct

#: In a Parquet file's key-value metadata: the schema as Spark's own JSON.
KEY = b"org.apache.spark.sql.parquet.row.metadata"

#: In a field's metadata: the declared type, where char or varchar became string.
DECLARED = "__CHAR_VARCHAR_TYPE_STRING"

#: The same: where in the field strings have a collation, and which: `{"tags.element": "icu.de"}`.
COLLATIONS = "__COLLATIONS"

_COLLATION = re.compile(r"(?:spark|icu)\.([A-Za-z][A-Za-z0-9_]*)(?:\.[0-9.]*)?")


def refine(found: tuple[ObservedProperty, ...], metadata: bytes) -> tuple[ObservedProperty, ...]:
    """Add what Spark's JSON says; JSON that is not understood adds nothing."""
    try:
        schema = json.loads(metadata)
    except (ValueError, RecursionError):
        return found
    return _fields(found, schema)


def _fields(found: tuple[ObservedProperty, ...], schema: Any) -> tuple[ObservedProperty, ...]:
    listed = schema.get("fields") if isinstance(schema, dict) else None
    if not isinstance(listed, list):
        return found
    by_name = {each.get("name"): each for each in listed if isinstance(each, dict)}
    return tuple(
        _field(each, by_name[each.name]) if each.name in by_name else each for each in found
    )


def _field(found: ObservedProperty, field: Mapping[str, Any]) -> ObservedProperty:
    metadata = field.get("metadata")
    notes = metadata if isinstance(metadata, dict) else {}
    kind = _type(found.type, field.get("type"))
    said, comment = notes.get(DECLARED), notes.get("comment")
    if isinstance(said, str):
        kind = declared(kind, said)
    collations = notes.get(COLLATIONS)
    if isinstance(collations, dict):
        kind = _collated(kind, collations, found.name)
    text = comment if isinstance(comment, str) and comment else found.description
    return replace(found, type=kind, description=text)


def _type(found: DataType, spark: Any) -> DataType:
    """Refine the type: its fields, and Spark's intervals, which Parquet calls numbers."""
    if isinstance(spark, str):
        interval = spark.startswith("interval ") and types.parse(spark).known
        return DataType("string", spark) if interval else found
    if not isinstance(spark, dict):
        return found
    if found.fields:
        return struct(_fields(found.fields, spark))
    if found.items is not None:
        return array(_type(found.items, spark.get("elementType")))
    if found.key is not None and found.value is not None:
        key, value = spark.get("keyType"), spark.get("valueType")
        return mapping(_type(found.key, key), _type(found.value, value))
    return found


def _collated(found: DataType, collations: Mapping[str, Any], path: str) -> DataType:
    """Give strings their collation; those in structs have it in the metadata of their own field."""
    if found.items is not None:
        return array(_collated(found.items, collations, f"{path}.element"))
    if found.key is not None and found.value is not None:
        key = _collated(found.key, collations, f"{path}.key")
        return mapping(key, _collated(found.value, collations, f"{path}.value"))
    said = collations.get(path)
    match = _COLLATION.fullmatch(said) if isinstance(said, str) else None
    return collated(match[1]) if match and found.physical == "string" else found


def collated(name: str) -> DataType:
    """Make the type of strings that are compared by a collation, as Spark SQL spells it."""
    return DataType("string", f"string collate {name}")


def declared(found: DataType, spelt: str) -> DataType:
    """Give strings the char and varchar lengths that the declared type has for them."""
    return _declared(found, types.parse(spelt))


def _declared(found: DataType, declared: types.PhysicalType) -> DataType:
    if found.fields:
        inner = {each.name: each.type for each in declared.fields}
        return struct(
            tuple(
                replace(each, type=_declared(each.type, inner[each.name]))
                if each.name in inner
                else each
                for each in found.fields
            )
        )
    if found.items is not None and declared.items is not None:
        return array(_declared(found.items, declared.items))
    if found.key is not None and found.value is not None and declared.key and declared.value:
        return mapping(_declared(found.key, declared.key), _declared(found.value, declared.value))
    if found.physical == "string" and declared.name in ("char", "varchar"):
        logical, options = types.implied(declared)
        return DataType(logical, types.spell(declared), options)
    return found
