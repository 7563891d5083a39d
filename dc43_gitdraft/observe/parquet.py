"""Parquet files and directories, from their footers alone: no row is read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Observation, ObservedProperty
from dc43_gitdraft.observe import Request, spark_metadata
from dc43_gitdraft.observe.arrow_types import intervals, properties, remarks
from dc43_gitdraft.observe.footers import add_counts, leaves, with_instants, with_nulls
from dc43_gitdraft.observe.nested import UnknownTypeError
from dc43_gitdraft.observe.storage import (
    PARQUET_MAGIC,
    DataFile,
    list_files,
    name_some,
    partition_warnings,
    plain,
    reading,
    with_partitions,
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
    """The files that have one and the same schema, and the null count of each leaf in them."""

    schema: Any
    notes: tuple[bytes | None, ...]
    properties: tuple[ObservedProperty, ...]
    counts: list[int | None]
    rows: int = 0
    names: list[str] = field(default_factory=list)
    remarks: tuple[str, ...] = ()

    def group(self) -> Group:
        return Group(with_nulls(self.properties, self.counts, self.rows), self.rows, self.names)


def observe(request: Request) -> Observation:
    """Observe a Parquet file, or a directory of them."""
    listing = list_files(request, "parquet")
    variants: list[_Variant] = []
    rows: list[int] = []
    budget = MAX_STATISTICS
    for file in listing.files:
        metadata = _footer(file)
        variant = _variant(variants, metadata, file)
        variant.names.append(file.name)
        variant.rows += metadata.num_rows
        rows.append(metadata.num_rows)
        budget -= metadata.num_row_groups * len(variant.counts)
        if budget < 0:
            variant.counts = [None] * len(variant.counts)
        else:
            add_counts(metadata, variant.counts)
    seen, warnings = unify([each.group() for each in variants], request.source)
    if budget < 0:
        warnings.append("nulls are not counted: the files have too many row groups")
    said = [each for variant in variants for each in variant.remarks]
    warnings += dict.fromkeys(said)
    warnings += [
        f"`{plain(path)}` is an interval, which other readers of these files see as a number"
        for path in intervals(seen)
    ]
    nameless = [str(place) for place, each in enumerate(seen, 1) if not each.name]
    if nameless:
        seen = tuple(each for each in seen if each.name)
        warnings.append(f"left out, without a name: column {name_some(nameless)}")
    return Observation(
        dataset=request.dataset,
        properties=with_partitions(list(seen), listing, rows),
        observed_by="dc43-gitdraft parquet",
        complete=listing.complete,
        object=request.object,
        rows=sum(rows),
        layout=listing.layout("parquet"),
        observed_at=request.now,
        warnings=partition_warnings(listing) + tuple(warnings),
    )


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


def _variant(variants: list[_Variant], metadata: Any, file: DataFile) -> _Variant:
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
    # Where the columns are not those that the schema lets expect, nothing is known of their nulls.
    start = None
    if width == metadata.num_columns:
        start = 0
        kinds = [metadata.schema.column(at).physical_type for at in range(width)]
        if _INSTANT in kinds:
            found = with_instants(found, [kind == _INSTANT for kind in kinds])
    lost = tuple(remarks(schema))
    variants.append(_Variant(metadata.schema, notes, found, [start] * width, remarks=lost))
    return variants[-1]
