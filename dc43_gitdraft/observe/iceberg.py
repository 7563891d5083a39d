"""Iceberg tables, from metadata and manifests: schema, comments, keys, counts, and the snapshot.

SOURCE is a table's directory or one of its `metadata.json` files, or `CATALOG#NAMESPACE.TABLE` with
a catalog that PyIceberg's own configuration names.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pyiceberg import types as ice
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError, ValidationError
from pyiceberg.table import StaticTable, Table
from pyiceberg.transforms import IdentityTransform, VoidTransform

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import DataType, Layout, Observation, ObservedProperty
from dc43_gitdraft.observe import Request
from dc43_gitdraft.observe.footers import with_nulls
from dc43_gitdraft.observe.iceberg_counts import UncountedError, counts
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
from dc43_gitdraft.observe.profiles import of_leaves
from dc43_gitdraft.observe.storage import name_some, observation, plain, reading, regular_file

#: In bytes, of a metadata file. It takes some 20 times as much in memory.
MAX_METADATA = 32 * 1024 * 1024

_METADATA = re.compile(r"v?(\d{1,18})(?:-[^/]*)?(?:\.gz)?\.metadata\.json(?:\.gz)?")

_PRIMITIVES: Mapping[type[ice.IcebergType], DataType] = {
    ice.BooleanType: DataType("boolean", "boolean"),
    ice.IntegerType: DataType("integer", "int"),
    ice.LongType: DataType("integer", "bigint"),
    ice.FloatType: DataType("number", "float"),
    ice.DoubleType: DataType("number", "double"),
    ice.DateType: DataType("date", "date"),
    ice.TimeType: DataType("time", "time"),
    ice.TimestampType: timestamp(zoned=False),
    ice.TimestampNanoType: timestamp(zoned=False),
    ice.TimestamptzType: timestamp(zoned=True),
    ice.TimestamptzNanoType: timestamp(zoned=True),
    ice.StringType: DataType("string", "string"),
    ice.UUIDType: uuid(),
    ice.BinaryType: binary(),
    ice.UnknownType: DataType(None, "void"),
    ice.GeometryType: DataType("string", "geometry"),
    ice.GeographyType: DataType("string", "geography"),
}


def observe(request: Request) -> Observation:
    """Observe the current snapshot of an Iceberg table."""
    table, beside = _load(request)
    schema = table.schema()
    remarks: list[str] = []
    try:
        found = _fields(schema.fields, "", 0, remarks)
    except UnknownTypeError as error:
        raise ObservationError(
            f"its schema cannot be read: {error}", where=request.source
        ) from None
    keys = [each.name for each in schema.fields if each.field_id in schema.identifier_field_ids]
    partitions = _partitions(table, remarks)
    rows = _rows(table, remarks)
    found = _counted(found, table, beside, remarks, profiled=request.profile)
    snapshot = table.current_snapshot()
    return observation(
        request,
        Layout("iceberg", partitions=partitions),
        [
            replace(
                each,
                key=keys.index(each.name) + 1 if each.name in keys else None,
                partition=partitions.index(each.name) + 1 if each.name in partitions else None,
            )
            for each in found
        ],
        rows,
        remarks,
        version=None if snapshot is None else str(snapshot.snapshot_id),
        description=table.properties.get("comment"),
    )


def _counted(
    found: tuple[ObservedProperty, ...],
    table: Table,
    beside: Path | None,
    remarks: list[str],
    *,
    profiled: bool,
) -> tuple[ObservedProperty, ...]:
    """Add the nulls that the manifests tell, and with `profiled` the bounds."""
    try:
        told = counts(table, beside)
    except UncountedError as reason:
        remarks.append(f"nulls are not counted: {reason}")
        return found
    numbers = list(_leaf_ids(table.schema().as_struct()))
    nulls = [told.nulls(each) for each in numbers]
    found = with_nulls(found, nulls, told.rows)
    if profiled:
        ranges = [told.range(each) for each in numbers]
        found = of_leaves(found, told.rows, nulls, ranges)
    return found


def _leaf_ids(kind: ice.IcebergType) -> Iterator[int | None]:
    """Yield the ids of leaf columns, in the order of the schema; None inside of lists and maps."""
    if isinstance(kind, ice.StructType):
        for each in kind.fields:
            nested = not isinstance(each.field_type, ice.PrimitiveType)
            yield from _leaf_ids(each.field_type) if nested else (each.field_id,)
        if not kind.fields:
            yield None
    else:
        parts = (
            (kind.element_type,)
            if isinstance(kind, ice.ListType)
            else (kind.key_type, kind.value_type)
            if isinstance(kind, ice.MapType)
            else ()
        )
        for part in parts:
            yield from (None for _ in _leaf_ids(part))
        if not parts:
            yield None


def _load(request: Request) -> tuple[Table, Path | None]:
    """Load the table, and return the metadata file too where a path names it."""
    path = Path(request.rest)
    catalog, mark, name = request.rest.partition("#")
    if mark and not path.exists():
        return _from_catalog(catalog, name, request.source), None
    with reading(request.source):
        found = _newest(path, request.source) if path.is_dir() else path
        if regular_file(found) > MAX_METADATA or _unpacked(found) > MAX_METADATA:
            raise ObservationError(
                f"its metadata has more than {MAX_METADATA // 1024 // 1024} MiB",
                where=request.source,
            )
    try:
        return StaticTable.from_metadata(str(found.absolute())), found
    except (ValidationError, ValueError, TypeError, KeyError, RecursionError, EOFError, OSError):
        raise ObservationError(
            "its metadata is damaged or cut off, or not that of an Iceberg table", where=str(found)
        ) from None


def _unpacked(path: Path) -> int:
    """Return how many bytes a compressed file unpacks to, counted up to the limit; 0 of others."""
    if ".gz" not in path.suffixes:
        return 0
    with gzip.open(path) as stream:
        return len(stream.read(MAX_METADATA + 1))


def _from_catalog(catalog: str, name: str, where: str) -> Table:
    try:
        return load_catalog(catalog).load_table(name)
    except (NoSuchTableError, NoSuchNamespaceError):
        raise ObservationError(
            f"the catalog `{plain(catalog)}` has no table `{plain(name)}`", where=where
        ) from None
    except Exception as error:
        # Each kind of catalog has a library of its own, which raises what it likes, and may name
        # the address with its password.
        raise ObservationError(
            f"the catalog `{plain(catalog)}` cannot be used ({type(error).__name__}): does"
            " PyIceberg's configuration name it, and is it there?",
            where=where,
        ) from None


def _newest(folder: Path, where: str) -> Path:
    """Find the table's newest metadata file: the one with the highest number."""
    inner = folder / "metadata"
    place = inner if inner.is_dir() else folder
    found = [
        (int(match[1]), each)
        for each in place.iterdir()
        if (match := _METADATA.fullmatch(each.name))
    ]
    if not found:
        raise ObservationError(
            "this is not an Iceberg table: it has no file `metadata/….metadata.json`", where=where
        )
    return max(found)[1]


def _fields(
    fields: Iterable[ice.NestedField], path: str, depth: int, remarks: list[str]
) -> tuple[ObservedProperty, ...]:
    result = []
    for each in fields:
        inner = f"{path}.{each.name}" if path else each.name
        found = _type(each.field_type, inner, depth + 1, remarks)
        nulls = 0 if each.required and depth == 0 else None
        result.append(
            ObservedProperty(
                each.name, found, not each.required, nulls=nulls, description=each.doc or None
            )
        )
    if len({each.name for each in result}) != len(result):
        raise UnknownTypeError(f"`{plain(path)}`: two of its columns have the same name")
    return tuple(result)


def _type(kind: ice.IcebergType, path: str, depth: int, remarks: list[str]) -> DataType:
    if depth > MAX_DEPTH:
        raise UnknownTypeError(f"`{plain(path)}`: nested more than {MAX_DEPTH} levels deep")
    if isinstance(kind, ice.StructType):
        return struct(_fields(kind.fields, path, depth, remarks))
    if isinstance(kind, ice.ListType):
        return array(_type(kind.element_type, f"{path}[]", depth + 1, remarks))
    if isinstance(kind, ice.MapType):
        key = _type(kind.key_type, f"{path}{{key}}", depth + 1, remarks)
        return mapping(key, _type(kind.value_type, f"{path}{{value}}", depth + 1, remarks))
    if isinstance(kind, ice.DecimalType):
        return decimal(kind.precision, kind.scale)
    if isinstance(kind, ice.FixedType):
        remarks.append(f"`{plain(path)}` always has {len(kind)} bytes, and is described as binary")
        return binary()
    found = _PRIMITIVES.get(type(kind))
    if found is None:
        raise UnknownTypeError(f"`{plain(path)}`: the type {plain(str(kind))} is not known")
    return found


def _partitions(table: Table, remarks: list[str]) -> tuple[str, ...]:
    """Return the columns by whose own values the table is partitioned."""
    whole, derived = [], []
    for each in table.spec().fields:
        name = table.schema().find_column_name(each.source_id) or "?"
        if isinstance(each.transform, IdentityTransform):
            whole.append(name)
        elif not isinstance(each.transform, VoidTransform):
            derived.append(f"{each.transform} of `{plain(name)}`")
    if derived:
        remarks.append(f"the table is partitioned by {name_some(derived)}, which is not described")
    return tuple(whole)


def _rows(table: Table, remarks: list[str]) -> int | None:
    snapshot = table.current_snapshot()
    if snapshot is None:
        return 0
    summary = snapshot.summary
    if summary is None or (total := summary.get("total-records")) is None or not total.isdigit():
        return None
    deletes = ("total-position-deletes", "total-equality-deletes")
    if any((summary.get(each) or "0") != "0" for each in deletes):
        remarks.append("rows are not counted: the table has delete files")
        return None
    return int(total)
