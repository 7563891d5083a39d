"""What the footer of an ORC file says of its columns: declared lengths, values, bounds.

Arrow reads neither. The footer is a protocol buffer, of which this reads what it needs:
https://orc.apache.org/specification/ORCv1/
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import IO, Any

import pyarrow as pa

from dc43_gitdraft.model import DataType, ObservedProperty
from dc43_gitdraft.observe.nested import array, mapping, struct
from dc43_gitdraft.observe.profiles import Range, profile

#: In bytes, unpacked. Of a larger one, nothing is known.
MAX_FOOTER = 64 * 1024 * 1024

#: What bytes that are no footer raise here.
BAD_BYTES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
    pa.ArrowException,
    zlib.error,
)

_INT, _BYTES, _SKIPPED = 0, 2, {1: 8, 5: 4}
_LIST, _MAP, _STRUCT = 10, 11, 12
_DECLARED = {16: "varchar", 17: "char"}
_EPOCH = date(1970, 1, 1)

#: The places of fields in the messages of ORC's definition.
_FOOTER_LENGTH, _COMPRESSION = 1, 2
_TYPES, _STATISTICS = 4, 7
_KIND, _SUBTYPES, _LENGTH = 1, 2, 4
_VALUES, _INTEGERS, _DECIMALS, _DATES = 1, 2, 6, 7


@dataclass(frozen=True, slots=True)
class Type:
    """One node of the schema: `inner` are the places of what is in it."""

    kind: int
    inner: tuple[int, ...] = ()
    length: int | None = None


@dataclass(slots=True)
class Columns:
    """The columns of files of one schema, in its order, the row itself first.

    `values` are those that are not null, `ranges` their bounds; None where they are not stated.
    """

    types: tuple[Type, ...]
    values: list[int | None]
    ranges: list[Range | None] = field(default_factory=list)

    def add(self, other: Columns) -> None:
        """Take in another file of the same schema."""
        pairs = zip(self.values, other.values, strict=True)
        self.values = [None if None in pair else sum(pair) for pair in pairs]  # type: ignore[arg-type]
        ranges = zip(self.ranges, other.ranges, strict=True)
        self.ranges = [one and two and one.joined(two) for one, two in ranges]

    def refined(
        self, found: tuple[ObservedProperty, ...], *, profiled: bool
    ) -> tuple[ObservedProperty, ...]:
        """Add lengths, nulls, and with `profiled` bounds.

        Raises IndexError or ValueError where these are other columns.
        """
        return self._fields(found, 0, profiled=profiled, counted=True)

    def _fields(
        self, found: tuple[ObservedProperty, ...], at: int, *, profiled: bool, counted: bool
    ) -> tuple[ObservedProperty, ...]:
        inner = self.types[at].inner
        result = []
        for each, own in zip(found, inner, strict=True):
            kind = self._type(each.type, own, profiled=profiled, counted=counted)
            around, values = self.values[at], self.values[own]
            if not counted or around is None or values is None or not 0 <= values <= around:
                result.append(replace(each, type=kind))
                continue
            known = self.ranges[own]
            made = profile(kind, values, known) if profiled and known is not None else None
            result.append(replace(each, type=kind, nulls=around - values, profile=made))
        return tuple(result)

    def _type(self, kind: DataType, at: int, *, profiled: bool, counted: bool) -> DataType:
        node = self.types[at]
        if node.kind == _STRUCT and kind.logical == "object":
            return struct(self._fields(kind.fields, at, profiled=profiled, counted=counted))
        # Inside of arrays and maps, values are no rows.
        if node.kind == _LIST and kind.items is not None:
            return array(self._type(kind.items, node.inner[0], profiled=False, counted=False))
        if node.kind == _MAP and kind.key is not None and kind.value is not None:
            key, value = (
                self._type(part, place, profiled=False, counted=False)
                for part, place in zip((kind.key, kind.value), node.inner, strict=True)
            )
            return mapping(key, value)
        declared = _DECLARED.get(node.kind)
        if declared and node.length and kind.physical == "string":
            return DataType("string", f"{declared}({node.length})", {"maxLength": node.length})
        return kind


def columns(stream: IO[bytes], size: int) -> Columns | None:
    """Read what a file's footer says; None where its compression is not known here.

    Raises one of BAD_BYTES.
    """
    stream.seek(size - 1)
    length = stream.read(1)[0]
    stream.seek(size - 1 - length)
    last = dict(_message(stream.read(length)))
    packed = int(last[_FOOTER_LENGTH]) if _FOOTER_LENGTH in last else 0
    unpack = _CODECS.get(int(last.get(_COMPRESSION, 0)))
    start = size - 1 - length - packed
    if unpack is None or start < 0 or packed > MAX_FOOTER:
        return None
    stream.seek(start)
    footer = list(_message(unpack(stream.read(packed))))
    types = tuple(_type(value) for place, value in footer if place == _TYPES)
    stated = [_column(value) for place, value in footer if place == _STATISTICS]
    if len(stated) != len(types):
        stated = [(None, None)] * len(types)
    return Columns(types, [values for values, _ in stated], [known for _, known in stated])


def _type(data: bytes) -> Type:
    kind, length = 0, None
    inner: list[int] = []
    for place, value in _message(data):
        if place == _KIND:
            kind = value
        elif place == _SUBTYPES:
            inner += [value] if isinstance(value, int) else _numbers(value)
        elif place == _LENGTH:
            length = value
    return Type(kind, tuple(inner), length)


def _column(data: bytes) -> tuple[int | None, Range | None]:
    """Return how many values a column has, and their bounds where these are exact."""
    stated = dict(_message(data))
    values = stated.get(_VALUES)
    if values == 0:
        return 0, Range()
    for place, read in _BOUNDS.items():
        if place in stated:
            found = dict(_message(stated[place]))
            if 1 in found and 2 in found:
                return values, Range(read(found[1]), read(found[2]))
    return values, None


def _signed(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def _day(number: int) -> date:
    return _EPOCH + timedelta(days=_signed(number))


#: Those of floating numbers say nothing of NaN, and those of texts may be cut off.
_BOUNDS: dict[int, Callable[[Any], Any]] = {
    _INTEGERS: _signed,
    _DECIMALS: lambda text: Decimal(text.decode("ascii")),
    _DATES: _day,
}


# -- Protocol buffers -----------------------------------------------------------------------------


def _message(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield the fields of a message: integers as they are written, and bytes."""
    at = 0
    while at < len(data):
        key, at = _number(data, at)
        place, wire = key >> 3, key & 7
        if not place:
            return  # the rest is padding
        value: Any = None
        if wire in (_INT, _BYTES):
            value, at = _number(data, at)
        else:
            at += _SKIPPED[wire]
        if wire == _BYTES:
            start, at = at, at + value
            value = data[start:at]
        if at > len(data):
            raise ValueError("a field is cut off")
        yield place, value


def _numbers(data: bytes) -> list[int]:
    found, at = [], 0
    while at < len(data):
        number, at = _number(data, at)
        found.append(number)
    return found


def _number(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise ValueError("a number has too many bytes")


# -- Compression ----------------------------------------------------------------------------------


def _chunks(unpack: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Make the reader of chunks, each of which says whether it is packed."""

    def unpacked(data: bytes) -> bytes:
        found, at, left = [], 0, MAX_FOOTER
        while at < len(data):
            header = int.from_bytes(data[at : at + 3], "little")
            at += 3
            chunk = data[at : at + (header >> 1)]
            at += header >> 1
            found.append(chunk if header & 1 else unpack(chunk))
            left -= len(found[-1])
            if left < 0:
                raise ValueError("the footer is too large")
        return b"".join(found)

    return unpacked


def _deflated(data: bytes) -> bytes:
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, MAX_FOOTER)


def _snappy(data: bytes) -> bytes:
    size, _ = _number(data, 0)
    if size > MAX_FOOTER:
        raise ValueError("the footer is too large")
    return bytes(pa.Codec("snappy").decompress(data, size, asbytes=True))


def _zstandard(data: bytes) -> bytes:
    with pa.CompressedInputStream(pa.BufferReader(data), "zstd") as stream:
        return bytes(stream.read(MAX_FOOTER))


_CODECS: dict[int, Callable[[bytes], bytes]] = {
    0: lambda data: data,
    1: _chunks(_deflated),
    2: _chunks(_snappy),
    5: _chunks(_zstandard),
}
