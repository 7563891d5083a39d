"""Rows and nulls of Arrow record batches, from the metadata that goes before their data.

The metadata is a flatbuffer, of which this reads what it needs:
https://arrow.apache.org/docs/format/Columnar.html#recordbatch-message
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

#: What reading beyond a flatbuffer's end raises.
BAD_BYTES = (struct.error, IndexError, ValueError)

_HEADER, _LENGTH, _NODES = 2, 0, 1


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch: its rows, and the nulls of each node of the schema, depth first."""

    rows: int
    nulls: tuple[int, ...]


def nodes(kind: Any) -> int:
    """Count the nodes below a schema or a type: one for each field, and those inside of it."""
    if isinstance(kind, pa.Schema):
        return sum(1 + nodes(each.type) for each in kind)
    if isinstance(kind, pa.BaseExtensionType):
        return nodes(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return 0  # its values are in a message of their own
    if pa.types.is_run_end_encoded(kind):
        return 2 + nodes(kind.value_type)
    if pa.types.is_map(kind):
        return 3 + nodes(kind.key_type) + nodes(kind.item_type)
    inner = [kind.field(at) for at in range(kind.num_fields)] if pa.types.is_nested(kind) else []
    return sum(1 + nodes(each.type) for each in inner)


def batch_of(message: bytes) -> Batch:
    """Read the metadata of a record batch. Raises one of BAD_BYTES."""
    root = _unsigned(message, 0)
    header = _follow(message, _place(message, root, _HEADER))
    at = _place(message, header, _LENGTH)
    rows = _long(message, at) if at else 0
    listed = _place(message, header, _NODES)
    if rows < 0:
        raise ValueError
    if not listed:
        return Batch(rows, ())
    start = _follow(message, listed)
    count = _unsigned(message, start)
    # Each has a length and its nulls.
    values = struct.unpack_from(f"<{2 * count}q", message, start + 4)
    if any(value < 0 for value in values):
        raise ValueError
    return Batch(rows, values[1::2])


def _place(data: bytes, table: int, number: int) -> int:
    """Return where a table has its field of this number; 0 where it does not have it."""
    sizes = table - struct.unpack_from("<i", data, table)[0]
    at = sizes + 4 + 2 * number
    if sizes < 0 or 4 + 2 * number >= struct.unpack_from("<H", data, sizes)[0]:
        return 0
    offset = int(struct.unpack_from("<H", data, at)[0])
    return table + offset if offset else 0


def _follow(data: bytes, at: int) -> int:
    return at + _unsigned(data, at)


def _unsigned(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", data, at)[0])


def _long(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<q", data, at)[0])
