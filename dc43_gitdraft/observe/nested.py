"""Types made of other types, spelled as Spark SQL does; for every source that has types."""

from __future__ import annotations

import re

from dc43_gitdraft.model import DataType, ObservedProperty

#: Of lists, structs and maps in each other.
MAX_DEPTH = 64

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class UnknownTypeError(ValueError):
    """A type that no property can have."""


def struct(fields: tuple[ObservedProperty, ...]) -> DataType:
    """Make the type of a struct of these fields."""
    inner = ",".join(f"{_quoted(each.name)}:{each.type.physical}" for each in fields)
    return DataType("object", f"struct<{inner}>", fields=fields)


def array(items: DataType) -> DataType:
    """Make the type of an array of these items."""
    return DataType("array", f"array<{items.physical}>", items=items)


def mapping(key: DataType, value: DataType) -> DataType:
    """Make the type of a map from key to value."""
    return DataType("map", f"map<{key.physical},{value.physical}>", key=key, value=value)


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


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else "`" + name.replace("`", "``") + "`"
