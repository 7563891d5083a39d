"""Delta tables, from their log alone: schema, comments, statistics, and the version."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Layout, Observation, ObservedProperty
from dc43_gitdraft.observe import Request
from dc43_gitdraft.observe.footers import leaves, with_nulls
from dc43_gitdraft.observe.nested import UnknownTypeError
from dc43_gitdraft.observe.profiles import Range, is_exact, leaf_types, of_leaves
from dc43_gitdraft.observe.spark_json import properties
from dc43_gitdraft.observe.storage import name_some, observation, plain, reading

#: In bytes, of one file of a local log.
MAX_LOG_FILE = 1024 * 1024 * 1024

_PHYSICAL_NAME = "delta.columnMapping.physicalName"
_CONSTRAINT = "delta.constraints."
_FEATURE = re.compile(r"Feature '(\w+)' is not supported")


@dataclass(frozen=True, slots=True)
class _Files:
    """What the log says of the files that make up this version.

    `rows` None: it does not say. `deletions`: rows in the files may count as deleted.
    """

    table: Any
    rows: int | None
    deletions: bool

    def sum(self, column: str) -> int | None:
        """Add up a count of all files; None where one of them does not state it."""
        if column not in self.table.column_names:
            return None
        values = self.table.column(column)
        if not _are_counts(values):
            return None
        total = int(pc.sum(values).as_py() or 0)
        return None if total and self.deletions else total

    def range(self, name: str) -> Range | None:
        """Return the bounds of a leaf column; None where a file with values does not state them."""
        wanted = [f"{part}.{name}" for part in ("min", "max", "null_count")]
        if self.deletions or not set(wanted) <= set(self.table.column_names):
            return None
        low, high, nulls = (self.table.column(each) for each in wanted)
        stated = pc.and_(pc.is_valid(low), pc.is_valid(high))
        empty = pc.equal(nulls, self.table.column("num_records"))
        if not pc.all(pc.or_kleene(stated, empty), skip_nulls=False).as_py():
            return None
        return Range(pc.min(low).as_py(), pc.max(high).as_py())


def observe(request: Request) -> Observation:
    """Observe the newest version of a Delta table."""
    table = _open(request)
    schema = json.loads(table.schema().to_json())
    try:
        found = properties(schema)
    except UnknownTypeError as error:
        raise ObservationError(
            f"its schema cannot be read: {error}", where=request.source
        ) from None
    metadata = table.metadata()
    files = _files(table)
    partitions = tuple(metadata.partition_columns)
    names = _names(schema, "")
    if files.rows is not None and len(names) == sum(leaves(each.type) for each in found):
        counts = [None if name is None else files.sum(f"null_count.{name}") for name in names]
        found = with_nulls(found, counts, files.rows)
        if request.profile:
            ranges = [
                files.range(name) if name and kind and is_exact(kind) else None
                for name, kind in zip(names, leaf_types(found), strict=True)
            ]
            found = of_leaves(found, files.rows, counts, ranges)
    found = tuple(_partitioned(each, partitions, schema, files) for each in found)
    size = int(_total(files.table, "size_bytes"))
    return observation(
        request,
        Layout("delta", files.table.num_rows, size, partitions),
        found,
        None if files.deletions else files.rows,
        _remarks(metadata.configuration, files),
        version=str(table.version()),
        description=metadata.description,
    )


def _open(request: Request) -> DeltaTable:
    local = "://" not in request.rest
    path = Path(request.rest)
    if local:
        with reading(request.source):
            path.stat()
            _check_log(path / "_delta_log", request.source)
    try:
        return DeltaTable(os.path.abspath(path) if local else request.rest)  # noqa: PTH100 - no links
    except TableNotFoundError:
        raise ObservationError("there is no Delta table", where=request.source) from None
    except (DeltaError, OSError, ValueError) as error:
        raise ObservationError(_reason(str(error)), where=request.source) from None


def _check_log(log: Path, where: str) -> None:
    """Refuse what is no table, and a log that would fill the memory."""
    if not log.is_dir():
        raise ObservationError(
            "this is not a Delta table: it has no directory `_delta_log`", where=where
        )
    with os.scandir(log) as entries:
        if any(each.is_file() and each.stat().st_size > MAX_LOG_FILE for each in entries):
            raise ObservationError(
                f"a file of its log has more than {MAX_LOG_FILE // 1024**3} GiB", where=where
            )


def _reason(message: str) -> str:
    """Say why a table cannot be read, in our words: the library's may quote the log."""
    if feature := _FEATURE.search(message):
        return (
            f"the table uses `{feature[1]}`, which this deltalake does not know: upgrade it"
            " (pip install --upgrade deltalake)"
        )
    if "too deeply nested" in message:
        return "its schema is nested too deeply"
    if "Unsupported Delta table type" in message:
        return "its schema has a type that Delta does not know"
    return "its log is damaged or cut off, or cannot be reached"


def _files(table: DeltaTable) -> _Files:
    actions = pa.table(table.get_add_actions(flatten=True))
    features = table.protocol().reader_features or []
    found = _Files(actions, None, "deletionVectors" in features)
    if actions.num_rows == 0:
        return replace(found, rows=0, deletions=False)
    known = "num_records" in actions.column_names and _are_counts(actions["num_records"])
    return replace(found, rows=int(_total(actions, "num_records")) if known else None)


def _are_counts(values: Any) -> bool:
    """Tell whether every file states a number, and none that no count can be."""
    return not values.null_count and (not len(values) or pc.min(values).as_py() >= 0)


def _total(table: Any, column: str) -> int:
    return int(pc.sum(table.column(column)).as_py() or 0)


def _names(schema: Mapping[str, Any], prefix: str) -> list[str | None]:
    """Return what the log calls each leaf, in the order of the schema; None: it has no counts."""
    names: list[str | None] = []
    for field in schema["fields"]:
        # The log calls a column by its physical name, where it has one.
        name = field["metadata"].get(_PHYSICAL_NAME) or field["name"]
        kind = field["type"]
        if isinstance(kind, dict) and kind["type"] == "struct" and kind["fields"]:
            names += _names(kind, f"{prefix}{name}.")
        elif isinstance(kind, dict):
            names += [None] * _leaves(kind)
        else:
            # With a dot in it, a name may be that of a nested property too.
            names.append(None if "." in name else f"{prefix}{name}")
    return names


def _leaves(kind: Any) -> int:
    if not isinstance(kind, dict):
        return 1
    if kind["type"] == "struct":
        return sum(_leaves(field["type"]) for field in kind["fields"]) or 1
    parts = ("elementType",) if kind["type"] == "array" else ("keyType", "valueType")
    return sum(_leaves(kind[part]) for part in parts)


def _partitioned(
    found: ObservedProperty, partitions: tuple[str, ...], schema: Mapping[str, Any], files: _Files
) -> ObservedProperty:
    """Add the place among the partition columns, and the nulls, which only paths tell."""
    if found.name not in partitions:
        return found
    field = next(each for each in schema["fields"] if each["name"] == found.name)
    names = (found.name, field["metadata"].get(_PHYSICAL_NAME))
    column = next(
        (f"partition.{name}" for name in names if f"partition.{name}" in files.table.column_names),
        None,
    )
    nulls = 0 if found.nullable is False or not files.table.num_rows else None
    if nulls is None and column is not None and files.rows is not None:
        without = files.table.filter(pc.is_null(files.table.column(column)))
        nulls = _total(without, "num_records")
        nulls = None if nulls and files.deletions else nulls
    return replace(found, nulls=nulls, partition=partitions.index(found.name) + 1)


def _remarks(configuration: Mapping[str, str], files: _Files) -> list[str]:
    checks = sorted(
        plain(key.removeprefix(_CONSTRAINT)) for key in configuration if key.startswith(_CONSTRAINT)
    )
    remarks = []
    if checks:
        remarks.append(
            f"the table checks what is no part of its schema, and is not described: constraint"
            f" {name_some(checks)}"
        )
    if files.deletions:
        remarks.append(
            "rows are not counted, and nulls only where there are none: the table may mark rows as"
            " deleted (deletion vectors)"
        )
    elif files.rows is None:
        remarks.append("nulls are not counted: the log has no statistics of some files")
    return remarks
