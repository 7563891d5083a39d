"""Parquet files and directories, from their footers alone: no row is read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import DataType, Observation, ObservedProperty
from dc43_gitdraft.observe import Request, spark_metadata
from dc43_gitdraft.observe.arrow_types import intervals, properties, remarks, uuids
from dc43_gitdraft.observe.footers import add_counts, leaves, with_nulls, with_stored
from dc43_gitdraft.observe.nested import UnknownTypeError, timestamp, uuid
from dc43_gitdraft.observe.profiles import Range, is_exact, leaf_types, of_leaves
from dc43_gitdraft.observe.storage import (
    PARQUET_MAGIC,
    DataFile,
    list_files,
    of_files,
    reading,
)
from dc43_gitdraft.observe.variants import Group, unify

#: Column statistics looked at, of all row groups; past that nulls are not counted.
MAX_STATISTICS = 5_000_000

#: What of the key-value metadata decides the columns.
_SCHEMA_KEYS = (b"ARROW:schema", spark_metadata.KEY)

#: The physical type of timestamps in UTC, as Spark, Hive and Impala write them; Arrow says no zone.
_INSTANT = "INT96"

_DAMAGED = "this Parquet file is damaged or cut off: its footer cannot be read"


@dataclass(slots=True)
class _Variant:
    """The files that have one and the same schema, and what they say of each leaf.

    `counts` are its nulls, `ranges` its bounds where they are exact and asked for.
    """

    schema: Any
    notes: tuple[bytes | None, ...]
    properties: tuple[ObservedProperty, ...]
    counts: list[int | None]
    ranges: list[Range | None]
    rows: int = 0
    names: list[str] = field(default_factory=list)
    remarks: tuple[str, ...] = ()

    def group(self) -> Group:
        found = with_nulls(self.properties, self.counts, self.rows)
        if any(self.ranges):
            found = of_leaves(found, self.rows, self.counts, self.ranges)
        return Group(found, self.rows, self.names)


def observe(request: Request) -> Observation:
    """Observe a Parquet file, or a directory of them."""
    listing = list_files(request, "parquet")
    variants: list[_Variant] = []
    rows: list[int] = []
    budget = MAX_STATISTICS
    for file in listing.files:
        metadata = _footer(file)
        variant = _variant(variants, metadata, file, profiled=request.profile)
        variant.names.append(file.name)
        variant.rows += metadata.num_rows
        rows.append(metadata.num_rows)
        budget -= metadata.num_row_groups * len(variant.counts)
        if budget < 0:
            variant.counts = [None] * len(variant.counts)
        else:
            add_counts(metadata, variant.counts)
            _add_ranges(metadata, variant.ranges)
    seen, warnings = unify([each.group() for each in variants], request.source)
    if budget < 0:
        warnings.append("nulls are not counted: the files have too many row groups")
    warnings += [each for variant in variants for each in variant.remarks]
    warnings += intervals(seen)
    return of_files(request, listing, "parquet", seen, rows, warnings)


def _footer(file: DataFile) -> Any:
    try:
        # As bytes: a path need not be Unicode.
        with reading(file.path), pa.OSFile(os.fsencode(file.path)) as stream:
            try:
                return pq.read_metadata(stream)
            except UnicodeDecodeError as error:
                raise pa.ArrowInvalid from error
            except OSError as error:
                if error.errno is not None:
                    raise
                # What Arrow says of a footer that is no Thrift, and not the operating system.
                raise pa.ArrowInvalid from error
    except pa.ArrowException as error:
        raise ObservationError(_reason(file), where=str(file.path)) from error


def _reason(file: DataFile) -> str:
    """Say why a footer cannot be read, in our words: Arrow's may quote the file."""
    if not file.size:
        return "the file is empty"
    with reading(file.path), file.path.open("rb") as stream:
        starts = stream.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC
    if starts:
        return _DAMAGED
    return "this is not a Parquet file"


def _add_ranges(metadata: Any, ranges: list[Range | None]) -> None:
    """Widen the bounds of each leaf by those in one footer; None once one is not stated."""
    for leaf, known in enumerate(ranges):
        for group in range(metadata.num_row_groups):
            if known is not None and metadata.row_group(group).num_rows:
                own = _range(metadata.row_group(group).column(leaf).statistics)
                known = known.joined(own) if own is not None else None
        ranges[leaf] = known


def _range(statistics: Any) -> Range | None:
    if statistics is None or not statistics.has_null_count:
        return None
    if not statistics.has_min_max:
        return None if statistics.num_values else Range()
    try:
        return Range(statistics.min, statistics.max)
    except (pa.ArrowException, OverflowError, ValueError):
        return None  # no value of the type


def _variant(
    variants: list[_Variant], metadata: Any, file: DataFile, *, profiled: bool
) -> _Variant:
    """Find the variant that this footer belongs to; a new one where its schema is new."""
    pairs = metadata.metadata or {}
    notes = tuple(pairs.get(key) for key in _SCHEMA_KEYS)
    for variant in reversed(variants):
        if variant.notes == notes and variant.schema.equals(metadata.schema):
            return variant
    try:
        schema = metadata.schema.to_arrow_schema()
        found = properties(schema)
    except (UnknownTypeError, pa.ArrowException) as error:
        raise ObservationError(
            f"its schema cannot be read: {error}", where=str(file.path)
        ) from error
    names = [each.name for each in found]
    if len(set(names)) != len(names):
        raise ObservationError("two of its columns have the same name", where=str(file.path))
    if spark := pairs.get(spark_metadata.KEY):
        found = spark_metadata.refine(found, spark)
    width = sum(leaves(each.type) for each in found)
    # Where the columns are not those that the schema lets expect, nothing is known of their values.
    start: int | None = None
    ranges: list[Range | None] = [None] * width
    if width == metadata.num_columns:
        start = 0
        stored = [_stored(metadata.schema.column(at)) for at in range(width)]
        if any(stored):
            found = with_stored(found, stored)
        if profiled:
            ranges = [Range() if kind and is_exact(kind) else None for kind in leaf_types(found)]
    lost = tuple(remarks(schema, known=frozenset(uuids(found))))
    known = _Variant(metadata.schema, notes, found, [start] * width, ranges, remarks=lost)
    variants.append(known)
    return known


def _stored(column: Any) -> DataType | None:
    """Return the type of a leaf that Arrow's schema may not have."""
    if column.physical_type == _INSTANT:
        return timestamp(zoned=True)
    return uuid() if column.logical_type.type == "UUID" else None
