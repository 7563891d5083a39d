"""Types made of other types, as ODCS and Spark SQL spell them; for every source that has types."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dc43_gitdraft.model import DataType, ObservedProperty
from dc43_gitdraft.types import quoted

#: Of lists, structs and maps in each other.
MAX_DEPTH = 64


class UnknownTypeError(ValueError):
    """A type that no property can have."""


def struct(fields: tuple[ObservedProperty, ...]) -> DataType:
    """Make the type of a struct of these fields."""
    inner = ",".join(f"{quoted(each.name)}:{each.type.physical}" for each in fields)
    return DataType("object", f"struct<{inner}>", fields=fields)


def array(items: DataType) -> DataType:
    """Make the type of an array of these items."""
    return DataType("array", f"array<{items.physical}>", items=items)


def mapping(key: DataType, value: DataType) -> DataType:
    """Make the type of a map from key to value."""
    return DataType("map", f"map<{key.physical},{value.physical}>", key=key, value=value)


def guessed(found: DataType) -> DataType:
    """Return the type as one that proves less: it was told from text."""
    parts: dict[str, Any] = {
        part: guessed(inner)
        for part, inner in (("items", found.items), ("key", found.key), ("value", found.value))
        if inner is not None
    }
    fields = tuple(replace(each, type=guessed(each.type)) for each in found.fields)
    return replace(found, physical=None, inferred=True, fields=fields, **parts)


def decimal(precision: int, scale: int) -> DataType:
    """Make the type of decimals; one without a scale is an integer."""
    return DataType("number" if scale else "integer", f"decimal({precision},{scale})")


def timestamp(*, zoned: bool) -> DataType:
    """Make the type of timestamps, with a time zone or without."""
    return DataType("timestamp", "timestamp" if zoned else "timestamp_ntz", {"timezone": zoned})


def binary() -> DataType:
    """Make the type of bytes."""
    return DataType("string", "binary", {"format": "binary"})


def uuid() -> DataType:
    """Make the type of UUIDs, which Spark SQL does not have."""
    return DataType("string", "string", {"format": "uuid"})
