"""ORC, Arrow and Feather files and directories, from their metadata alone: no row is read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
from pyarrow import orc

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Observation, ObservedProperty
from dc43_gitdraft.observe import Request, orc_footer
from dc43_gitdraft.observe.arrow_messages import BAD_BYTES, Batch, batch_of, nodes
from dc43_gitdraft.observe.arrow_types import intervals, properties, remarks
from dc43_gitdraft.observe.nested import UnknownTypeError
from dc43_gitdraft.observe.orc_footer import Columns
from dc43_gitdraft.observe.storage import (
    DataFile,
    list_files,
    of_files,
    reading,
)
from dc43_gitdraft.observe.variants import Group, unify

ARROW_MAGIC = b"ARROW1"
_FEATHER_1 = b"FEA1"

_UNREAD = (
    "nulls are not counted, and the lengths of char and varchar not seen: the footer of ORC is"
    " compressed as is not known here"
)


@dataclass(slots=True)
class _Seen:
    """What one file says: `nulls` of each node of an Arrow schema, or the `columns` of ORC.

    Both are None where they are not stated.
    """

    schema: Any
    rows: int
    nulls: list[int | None] | None = None
    columns: Columns | None = None

    def is_alike(self, other: _Seen) -> bool:
        """Tell whether the other file has the same schema."""
        types = [each and each.types for each in (self.columns, other.columns)]
        return types[0] == types[1] and self.schema.equals(other.schema, check_metadata=True)

    def add(self, other: _Seen) -> None:
        """Take in another file of the same schema."""
        self.rows += other.rows
        if self.nulls is not None and other.nulls is not None:
            self.nulls = [_sum(*pair) for pair in zip(self.nulls, other.nulls, strict=True)]
        if self.columns is not None and other.columns is not None:
            self.columns.add(other.columns)


@dataclass(slots=True)
class _Variant:
    """The files of one schema."""

    seen: _Seen
    properties: tuple[ObservedProperty, ...]
    names: list[str] = field(default_factory=list)

    def group(self, *, profiled: bool) -> Group:
        """Return what became of them."""
        found = self.properties
        if self.seen.columns is not None:
            with suppress(IndexError, ValueError):  # other columns than Arrow's
                found = self.seen.columns.refined(found, profiled=profiled)
        if self.seen.nulls is not None:
            found = _with_nulls(found, self.seen.schema, iter(self.seen.nulls))
        return Group(found, self.seen.rows, self.names)


def observe_orc(request: Request) -> Observation:
    """Observe an ORC file, or a directory of them."""
    return _observe(request, "orc", _orc)


def observe_arrow(request: Request) -> Observation:
    """Observe an Arrow (Feather) file or stream, or a directory of them."""
    return _observe(request, "arrow", _arrow)


def _observe(request: Request, format: str, read: Callable[[DataFile], _Seen]) -> Observation:  # noqa: A002 - the model's word
    listing = list_files(request, format)
    variants: list[_Variant] = []
    rows = []
    for file in listing.files:
        seen = read(file)
        rows.append(seen.rows)
        _add(variants, seen, file)
    groups = [each.group(profiled=request.profile) for each in variants]
    found, warnings = unify(groups, request.source)
    for variant in variants:
        warnings += remarks(variant.seen.schema)
        if format == "orc" and variant.seen.columns is None:
            warnings.append(_UNREAD)
    warnings += intervals(found)
    return of_files(request, listing, format, found, rows, warnings)


def _add(variants: list[_Variant], seen: _Seen, file: DataFile) -> None:
    """Add a file to the variant of its schema; to a new one where its schema is new."""
    for variant in reversed(variants):
        if variant.seen.is_alike(seen):
            variant.seen.add(seen)
            break
    else:
        try:
            found = properties(seen.schema)
        except UnknownTypeError as error:
            raise ObservationError(
                f"its schema cannot be read: {error}", where=str(file.path)
            ) from None
        if len({each.name for each in found}) != len(found):
            raise ObservationError("two of its columns have the same name", where=str(file.path))
        variant = _Variant(seen, found)
        variants.append(variant)
    variant.names.append(file.name)


def _sum(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else left + right


def _orc(file: DataFile) -> _Seen:
    with _whole(file, "ORC"), pa.OSFile(os.fsencode(file.path)) as stream:
        found = orc.ORCFile(stream)
        seen = _Seen(found.schema, found.nrows)
        with suppress(*orc_footer.BAD_BYTES):  # Arrow could read it: only the statistics are odd
            seen.columns = orc_footer.columns(stream, file.size)
    return seen


@contextmanager
def _whole(file: DataFile, format: str) -> Iterator[None]:  # noqa: A002 - the model's word
    """Turn what Arrow says about the file into an ObservationError, in our words."""
    damaged = ObservationError(
        f"this is not an {format} file, or it is damaged or cut off", where=str(file.path)
    )
    if not file.size:
        raise ObservationError("the file is empty", where=str(file.path))
    with reading(file.path):
        try:
            yield
        except (pa.ArrowException, *BAD_BYTES):
            raise damaged from None
        except OSError as error:
            if error.errno is not None:
                raise
            raise damaged from None  # Arrow's own: what it says may quote the file


def _arrow(file: DataFile) -> _Seen:
    # Mapped: of a batch, only its metadata is looked at.
    with _whole(file, "Arrow"), pa.memory_map(os.fsencode(file.path)) as stream:
        start = stream.read(len(ARROW_MAGIC) + 2)
        if start.startswith(_FEATHER_1):
            raise ObservationError(
                "this is a Feather file of version 1: write it as version 2", where=str(file.path)
            )
        stream.seek(0)
        if start.startswith(ARROW_MAGIC):
            pa.ipc.open_file(stream)  # its footer: that the file is whole
            # Between the magic and the footer lies a stream.
            stream.seek(len(ARROW_MAGIC) + 2)
        return _batches(stream)


def _batches(stream: Any) -> _Seen:
    start = stream.tell()
    schema = pa.ipc.open_stream(stream).schema
    stream.seek(start)
    width = nodes(schema)
    seen = _Seen(schema, 0, [0] * width)
    for batch in _messages(stream):
        seen.rows += batch.rows
        if seen.nulls is not None and len(batch.nulls) == width:
            seen.nulls = [_sum(*pair) for pair in zip(seen.nulls, batch.nulls, strict=True)]
        else:
            seen.nulls = None
    return seen


def _messages(stream: Any) -> Iterator[Batch]:
    reader = pa.ipc.MessageReader.open_stream(stream)
    while True:
        try:
            message = reader.read_next_message()
        except StopIteration:
            return
        if message.type == "record batch":
            yield batch_of(message.metadata.to_pybytes())


def _with_nulls(
    found: tuple[ObservedProperty, ...], fields: Any, counts: Iterator[int | None]
) -> tuple[ObservedProperty, ...]:
    """Add the counts of nodes, which come in the order of the schema.

    A field of a struct is counted in rows where the struct is null too: its count says nothing
    unless the struct never is.
    """
    result = []
    for at, each in enumerate(found):
        kind = fields.field(at).type
        nulls = _own(kind, next(counts))
        inner = [next(counts) for _ in range(nodes(kind))]
        shape = each.type
        if pa.types.is_struct(kind):
            known = inner if nulls == 0 else [None] * len(inner)
            shape = replace(shape, fields=_with_nulls(shape.fields, kind, iter(known)))
        result.append(replace(each, type=shape, nulls=nulls))
    return tuple(result)


def _own(kind: Any, count: int | None) -> int | None:
    """Return the count of a node, unless its type keeps nulls elsewhere."""
    elsewhere = pa.types.is_union(kind) or pa.types.is_run_end_encoded(kind)
    return None if elsewhere else count
