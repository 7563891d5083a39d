"""Arrow types as the types of observed properties, by type object and never by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from dc43_gitdraft.model import DataType, ObservedProperty
from dc43_gitdraft.observe.nested import (
    MAX_DEPTH,
    UnknownTypeError,
    array,
    binary,
    decimal,
    mapping,
    struct,
    timestamp,
    uuid,
)
from dc43_gitdraft.observe.storage import plain

_UUID = "arrow.uuid"

_Check = Callable[[pa.DataType], bool]

_SIMPLE: tuple[tuple[_Check, DataType], ...] = (
    (pa.types.is_boolean, DataType("boolean", "boolean")),
    (pa.types.is_int8, DataType("integer", "tinyint")),
    (pa.types.is_int16, DataType("integer", "smallint")),
    (pa.types.is_int32, DataType("integer", "int")),
    (pa.types.is_int64, DataType("integer", "bigint")),
    # Spark has no unsigned integers: the next wider one holds them.
    (pa.types.is_uint8, DataType("integer", "smallint")),
    (pa.types.is_uint16, DataType("integer", "int")),
    (pa.types.is_uint32, DataType("integer", "bigint")),
    (pa.types.is_uint64, DataType("integer", "decimal(20,0)")),
    (pa.types.is_float16, DataType("number", "float")),
    (pa.types.is_float32, DataType("number", "float")),
    (pa.types.is_float64, DataType("number", "double")),
    (pa.types.is_string, DataType("string", "string")),
    (pa.types.is_large_string, DataType("string", "string")),
    (pa.types.is_string_view, DataType("string", "string")),
    (pa.types.is_date, DataType("date", "date")),
    (pa.types.is_time, DataType("time", "time")),
    (pa.types.is_null, DataType(None, "void")),
    (pa.types.is_duration, DataType("string", "interval day to second")),
    (pa.types.is_interval, DataType("string", "interval year to month")),
    *(
        (is_bytes, binary())
        for is_bytes in (
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_fixed_size_binary,
            pa.types.is_binary_view,
        )
    ),
)

_LISTS: tuple[_Check, ...] = (
    pa.types.is_list,
    pa.types.is_large_list,
    pa.types.is_fixed_size_list,
    pa.types.is_list_view,
    pa.types.is_large_list_view,
)


def properties(schema: pa.Schema | pa.DataType, depth: int = 0) -> tuple[ObservedProperty, ...]:
    """Describe the fields of a schema or struct. Raises UnknownTypeError."""
    try:
        return tuple(_property(schema.field(at), depth) for at in range(_width(schema)))
    except UnicodeDecodeError:
        raise UnknownTypeError("a name in it is not UTF-8 text") from None


def _property(field: pa.Field, depth: int) -> ObservedProperty:
    comment = (field.metadata or {}).get(b"comment", b"").decode("utf-8", "replace")
    try:
        found = data_type(field.type, depth)
    except UnknownTypeError as error:
        raise UnknownTypeError(f"`{plain(field.name)}`: {error}") from None
    return ObservedProperty(field.name, found, field.nullable, description=comment or None)


def _width(schema: Any) -> int:
    return len(schema) if isinstance(schema, pa.Schema) else int(schema.num_fields)


def data_type(arrow: pa.DataType, depth: int = 0) -> DataType:
    """Describe the type as ODCS and Spark SQL spell it. Raises UnknownTypeError."""
    if depth > MAX_DEPTH:
        raise UnknownTypeError(f"nested more than {MAX_DEPTH} levels deep")
    if isinstance(arrow, pa.BaseExtensionType):
        known = arrow.extension_name == _UUID
        return uuid() if known else data_type(arrow.storage_type, depth)
    if pa.types.is_dictionary(arrow) or pa.types.is_run_end_encoded(arrow):
        return data_type(arrow.value_type, depth)
    if pa.types.is_timestamp(arrow):
        return timestamp(zoned=arrow.tz is not None)
    if pa.types.is_decimal(arrow):
        return _decimal(arrow)
    if pa.types.is_struct(arrow) or pa.types.is_union(arrow):
        return struct(properties(arrow, depth + 1))
    if pa.types.is_map(arrow):
        return mapping(data_type(arrow.key_type, depth + 1), data_type(arrow.item_type, depth + 1))
    if any(check(arrow) for check in _LISTS):
        return array(data_type(arrow.value_type, depth + 1))
    for check, found in _SIMPLE:
        if check(arrow):
            return found
    raise UnknownTypeError(f"the type {arrow} cannot be described")


def _decimal(arrow: Any) -> DataType:
    # Spark has no negative scale: decimal(3,-2) holds what decimal(5,0) holds.
    return decimal(arrow.precision - min(arrow.scale, 0), max(arrow.scale, 0))


def remarks(fields: Any, path: str = "", known: frozenset[str] = frozenset()) -> Iterator[str]:
    """Say of which types something is lost, as ODCS and Spark SQL cannot say it.

    `known` are the paths of those that are described by more than Arrow says.
    """
    for at in range(_width(fields)):
        field = fields.field(at)
        inner = f"{path}.{field.name}" if path else field.name
        yield from _remarks(field.type, inner, known)


def _remarks(kind: Any, path: str, known: frozenset[str]) -> Iterator[str]:
    if path in known:
        return
    if isinstance(kind, pa.BaseExtensionType):
        if kind.extension_name == _UUID:
            return
        yield (
            f"`{plain(path)}` has the extension type {plain(kind.extension_name)}, and is described"
            " as what it is stored as"
        )
        kind = kind.storage_type
    if pa.types.is_union(kind):
        yield (
            f"`{plain(path)}` is a union, which ODCS does not have: it is described as an object"
            " with a property for each of its types"
        )
    if pa.types.is_fixed_size_binary(kind) and not pa.types.is_decimal(kind):
        yield f"`{plain(path)}` always has {kind.byte_width} bytes, and is described as binary"
    if pa.types.is_fixed_size_list(kind):
        yield f"`{plain(path)}` always has {kind.list_size} items, and is described as an array"
    if pa.types.is_struct(kind) or pa.types.is_union(kind):
        yield from remarks(kind, path, known)
    elif pa.types.is_map(kind):
        yield from _remarks(kind.key_type, path + "{key}", known)
        yield from _remarks(kind.item_type, path + "{value}", known)
    elif any(check(kind) for check in _LISTS):
        yield from _remarks(kind.value_type, path + "[]", known)


def intervals(found: tuple[ObservedProperty, ...]) -> Iterator[str]:
    """Say which columns are intervals, where other readers see numbers."""
    for path in _places(found, "", _is_interval):
        yield f"`{plain(path)}` is an interval, which other readers of these files see as a number"


def uuids(found: tuple[ObservedProperty, ...]) -> Iterator[str]:
    """Yield the paths of UUIDs."""
    return _places(found, "", lambda kind: kind.options.get("format") == "uuid")


def _is_interval(kind: DataType) -> bool:
    return kind.logical == "string" and (kind.physical or "").startswith("interval ")


def _places(
    found: tuple[ObservedProperty, ...], path: str, wanted: Callable[[DataType], bool]
) -> Iterator[str]:
    for each in found:
        yield from _inside(each.type, f"{path}.{each.name}" if path else each.name, wanted)


def _inside(found: DataType, path: str, wanted: Callable[[DataType], bool]) -> Iterator[str]:
    if wanted(found):
        yield path
    yield from _places(found.fields, path, wanted)
    for inner, mark in ((found.items, "[]"), (found.key, "{key}"), (found.value, "{value}")):
        if inner is not None:
            yield from _inside(inner, path + mark, wanted)
