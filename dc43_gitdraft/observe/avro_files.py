"""Avro files and directories: schema and rows from the headers, nulls from a pass over the data."""

from __future__ import annotations

import bz2
import json
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Observation
from dc43_gitdraft.observe import Request
from dc43_gitdraft.observe.avro_counts import BAD_BYTES, Nulls, UncountableError, with_nulls
from dc43_gitdraft.observe.avro_types import AvroRecord, describe
from dc43_gitdraft.observe.nested import UnknownTypeError
from dc43_gitdraft.observe.storage import (
    DataFile,
    list_files,
    of_files,
    open_bytes,
    plain,
    reading,
)
from dc43_gitdraft.observe.tallies import MAX_PROFILED
from dc43_gitdraft.observe.variants import Group, unify

MAGIC = b"Obj\x01"

#: In bytes, of all that stands in a file's header.
MAX_HEADER = 16 * 1024 * 1024

#: In bytes, of a block's data, decompressed. Larger ones are not looked into.
MAX_BLOCK = 64 * 1024 * 1024

#: The same where it may hold arrays: items of one byte take 250 in memory.
MAX_BLOCK_OF_ARRAYS = 4 * 1024 * 1024

_SYNC = 16


class _DamagedError(ValueError):
    """Bytes that are not what the Avro format has at their place."""


class _TooLargeError(ValueError):
    """A block that has more bytes than are looked into."""


@dataclass(slots=True)
class _Schema:
    """The files of one schema. `uncounted` says why their values are not known."""

    record: AvroRecord
    nulls: Nulls | None
    uncounted: str | None = None
    rows: int = 0
    names: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Tell whether it takes the values to know the nulls."""
        return self.nulls is None or self.nulls.nullable

    def group(self) -> Group:
        """Return what became of them."""
        found = self.record.properties
        if self.nulls is not None and self.uncounted is None:
            found = with_nulls(found, self.nulls.places, self.rows)
        elif not self.is_open:
            found = with_nulls(found, (), self.rows)
        return Group(found, self.rows, self.names)


def observe(request: Request) -> Observation:
    """Observe an Avro file, or a directory of them."""
    listing = list_files(request, "avro")
    reader = _Schemas(MAX_PROFILED if request.profile else 0)
    rows = [_read(file, reader) for file in listing.files]
    found = list(reader.values())
    seen, differences = unify([each.group() for each in found], request.source)
    warnings = [warning for each in found for warning in each.record.warnings] + differences
    reasons = sorted({each.uncounted for each in found if each.uncounted and each.is_open})
    warnings += [f"nulls are not counted: {reason}" for reason in reasons]
    described = found[0].record.description
    return of_files(request, listing, "avro", seen, rows, warnings, description=described)


def unpacked_size(stream: IO[bytes], limit: int) -> int | None:
    """Return how many bytes the blocks of a stream unpack to; None for more than the limit.

    Raises ValueError where it is no Avro, or of a codec that is not known here.
    """
    _, codec, sync = _header(stream)
    decompress = _CODECS.get(codec)
    if decompress is None:
        raise _DamagedError("its codec is not known here")
    size = 0
    for _, data in _blocks(stream, sync, skip=False):
        size = limit + 1 if data is None else size + len(decompress(data, limit + 1 - size))
        if size > limit:
            return None
    return size


class _Schemas(dict[bytes, _Schema]):
    """The schemas of all files by their text, made when they are first asked for.

    `left` counts the properties that may still be profiled.
    """

    def __init__(self, left: int) -> None:
        self._left = left

    def __missing__(self, text: bytes) -> _Schema:
        found = self[text] = _schema(text, profiled=self._left > 0)
        if self._left > 0 and found.nulls is not None:
            self._left -= found.nulls.profile(found.record.properties, self._left)
        return found


def _read(file: DataFile, schemas: _Schemas) -> int:
    """Take in a file, and return how many rows it has."""
    rows = 0
    try:
        with reading(file.path), open_bytes(file.path) as stream:
            text, codec, sync = _header(stream)
            schema = schemas[text]
            schema.names.append(file.name)
            wanted = schema.nulls if schema.uncounted is None else None
            decompress = _CODECS.get(codec)
            if wanted is not None and decompress is None and wanted.places:
                schema.uncounted = f"the codec `{plain(codec)}` is not known here"
            for count, data in _blocks(stream, sync, skip=wanted is None or not wanted.places):
                rows += count
                if data is None and wanted is not None and wanted.places:
                    schema.uncounted = _too_large(MAX_BLOCK)
                if data is not None and decompress is not None and schema.uncounted is None:
                    _count(schema, count, data, decompress)
    except _DamagedError as error:
        raise ObservationError(str(error), where=str(file.path)) from None
    except UnknownTypeError as error:
        raise ObservationError(
            f"its schema cannot be read: {error}", where=str(file.path)
        ) from None
    schema.rows += rows
    return rows


def _schema(text: bytes, *, profiled: bool) -> _Schema:
    try:
        parsed = json.loads(text.decode("utf-8"))
    except UnicodeDecodeError:
        raise _DamagedError("its schema is not UTF-8 text") from None
    except (ValueError, RecursionError):
        raise _DamagedError("its schema is not valid JSON, or nested too deeply") from None
    record = describe(parsed)
    try:
        return _Schema(record, Nulls(parsed, profiled=profiled))
    except UncountableError as error:
        return _Schema(record, None, str(error))


def _count(
    schema: _Schema, count: int, data: bytes, decompress: Callable[[bytes, int], bytes]
) -> None:
    nulls = schema.nulls
    if nulls is None:
        return
    limit = MAX_BLOCK_OF_ARRAYS if nulls.arrays else MAX_BLOCK
    try:
        nulls.add(count, _limited(data, limit, decompress))
    except _TooLargeError:
        schema.uncounted = _too_large(limit)
    except BAD_BYTES:
        raise _DamagedError("a block of it is damaged: its records cannot be read") from None


def _too_large(limit: int) -> str:
    return f"a block has more than {limit // 1024 // 1024} MiB"


def _header(stream: IO[bytes]) -> tuple[bytes, str, bytes]:
    """Read the header: the schema, the codec, and the bytes after each block."""
    if stream.read(len(MAGIC)) != MAGIC:
        raise _DamagedError("this is not an Avro file: it needs the schema in its header")
    pairs: dict[bytes, bytes] = {}
    left = MAX_HEADER
    while count := _long(stream):
        if count < 0:  # followed by the size in bytes
            count = -count
            _long(stream)
        for _ in range(count):
            key = _bytes(stream, left)
            pairs[key] = _bytes(stream, left - len(key))
            left -= len(key) + len(pairs[key]) + 1
    codec = pairs.get(b"avro.codec", b"null").decode("utf-8", "replace")
    if b"avro.schema" not in pairs:
        raise _DamagedError("this Avro file has no schema in its header")
    return pairs[b"avro.schema"], codec, _exactly(stream, _SYNC)


def _blocks(stream: IO[bytes], sync: bytes, *, skip: bool) -> Iterator[tuple[int, bytes | None]]:
    """Yield how many records each block has, and its bytes unless they are not wanted."""
    while first := stream.read(1):
        count = _long(stream, first)
        size = _long(stream)
        if count < 0 or size < 0:
            raise _DamagedError("a block of it is damaged: its length is negative")
        data = None
        if skip or size > MAX_BLOCK:
            stream.seek(size, 1)
        else:
            data = _exactly(stream, size)
        if _exactly(stream, _SYNC) != sync:
            raise _DamagedError("a block of it is damaged: it does not end where it should")
        yield count, data


def _long(stream: IO[bytes], first: bytes = b"") -> int:
    """Read a number: seven bits in each byte, the lowest ones first, the sign in the last bit."""
    number = 0
    for shift in range(0, 70, 7):
        byte = (first or _exactly(stream, 1))[0]
        first = b""
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1)
    raise _DamagedError("this Avro file is damaged: a number in it has too many bytes")


def _bytes(stream: IO[bytes], limit: int) -> bytes:
    size = _long(stream)
    if not 0 <= size <= limit:
        raise _DamagedError(
            f"its header is damaged, or has more than {MAX_HEADER // 1024 // 1024} MiB"
        )
    return _exactly(stream, size)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise _DamagedError("this Avro file is cut off")
    return data


# -- Codecs: each stops at `limit` bytes ----------------------------------------------------------


def _limited(data: bytes, limit: int, decompress: Callable[[bytes, int], bytes]) -> bytes:
    found = decompress(data, limit + 1)
    if len(found) > limit:
        raise _TooLargeError
    return found


def _deflate(data: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, limit)
    except zlib.error:
        raise EOFError from None


def _bzip2(data: bytes, limit: int) -> bytes:
    try:
        return bz2.BZ2Decompressor().decompress(data, limit)
    except OSError:
        raise EOFError from None


def _xz(data: bytes, limit: int) -> bytes:
    try:
        return lzma.LZMADecompressor(memlimit=4 * MAX_BLOCK).decompress(data, limit)
    except lzma.LZMAError:
        raise EOFError from None


def _snappy(data: bytes, limit: int) -> bytes:
    import pyarrow as pa

    size = shift = 0
    for byte in data[:5]:
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    if size >= limit:
        raise _TooLargeError
    try:
        # After the data comes its checksum.
        return bytes(pa.Codec("snappy").decompress(data[:-4], size, asbytes=True))
    except pa.ArrowException:
        raise EOFError from None
    except OSError:
        raise EOFError from None


def _zstandard(data: bytes, limit: int) -> bytes:
    import pyarrow as pa

    try:
        with pa.CompressedInputStream(pa.BufferReader(data), "zstd") as stream:
            return bytes(stream.read(limit))
    except OSError:
        raise EOFError from None


_CODECS: dict[str, Callable[[bytes, int], bytes]] = {
    "null": lambda data, _limit: data,
    "deflate": _deflate,
    "bzip2": _bzip2,
    "xz": _xz,
    "snappy": _snappy,
    "zstandard": _zstandard,
}
