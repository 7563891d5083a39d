"""What the manifests of an Iceberg snapshot say of its columns: nulls and bounds, by field id.

The manifests of a table that a path names are looked for beside its metadata file, wherever they
say that they are: a copied table still has them there, and no other place is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from pyiceberg import types as ice
from pyiceberg.avro.file import AvroFile
from pyiceberg.conversions import from_bytes
from pyiceberg.io import FileIO, InputFile
from pyiceberg.manifest import (
    DEFAULT_READ_VERSION,
    MANIFEST_ENTRY_SCHEMAS,
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    read_manifest_list,
)
from pyiceberg.schema import index_by_id
from pyiceberg.table import Table

from dc43_gitdraft.observe.avro_files import unpacked_size
from dc43_gitdraft.observe.profiles import Range
from dc43_gitdraft.observe.storage import regular_file

#: In bytes, of one manifest or list of them, unpacked.
MAX_MANIFEST = 64 * 1024 * 1024

#: In bytes, of all of them.
MAX_MANIFESTS = 1024 * 1024 * 1024

_EPOCH = date(1970, 1, 1)


class UncountedError(ValueError):
    """The manifests do not tell; says why."""


@dataclass(slots=True)
class Leaf:
    """What is known of one field of a primitive type; None where a file does not state it."""

    type: ice.PrimitiveType
    nulls: int | None = 0
    range: Range | None = field(default_factory=Range)

    def add(self, file: Any, number: int) -> None:
        """Take in what is stated of the field with this id in one data file."""
        nulls = (file.null_value_counts or {}).get(number)
        if nulls is not None and not 0 <= nulls <= file.record_count:
            nulls = None
        self.nulls = None if nulls is None or self.nulls is None else self.nulls + nulls
        if self.range is None or nulls == file.record_count:
            return
        low, high = (file.lower_bounds or {}).get(number), (file.upper_bounds or {}).get(number)
        floating = isinstance(self.type, (ice.FloatType, ice.DoubleType))
        unsure = floating and (file.nan_value_counts or {}).get(number) != 0
        if nulls is None or low is None or high is None or unsure:
            self.range = None
        else:
            self.range = self.range.joined(Range(self._value(low), self._value(high)))

    def _value(self, data: bytes) -> Any:
        found: Any = from_bytes(self.type, data)
        return _EPOCH + timedelta(days=found) if isinstance(self.type, ice.DateType) else found


#: Types whose bounds are of use, and are never cut off.
_BOUNDED = (
    ice.IntegerType,
    ice.LongType,
    ice.FloatType,
    ice.DoubleType,
    ice.DecimalType,
    ice.DateType,
)


@dataclass(slots=True)
class Counts:
    """What the data files of a snapshot hold: their rows, and each primitive field by its id.

    `deletions` says that some of the rows count no longer.
    """

    leaves: dict[int, Leaf]
    rows: int = 0
    deletions: bool = False

    def nulls(self, number: int | None) -> int | None:
        """Return in how many rows a field is null; where rows may be deleted, only that none is."""
        leaf = None if number is None else self.leaves.get(number)
        return None if leaf is None or (leaf.nulls and self.deletions) else leaf.nulls

    def range(self, number: int | None) -> Range | None:
        """Return the bounds of a field; None where they are not known."""
        leaf = None if number is None or self.deletions else self.leaves.get(number)
        return None if leaf is None else leaf.range


def counts(table: Table, beside: Path | None) -> Counts:
    """Count what the current snapshot says; `beside` is the metadata file that a path named.

    Raises UncountedError.
    """
    found = Counts(
        {
            number: Leaf(kind, range=Range() if isinstance(kind, _BOUNDED) else None)
            for number, each in index_by_id(table.schema()).items()
            if isinstance(kind := each.field_type, ice.PrimitiveType)
        }
    )
    snapshot = table.current_snapshot()
    if snapshot is None:
        return found
    try:
        _read(snapshot.manifest_list, _opener(table.io, beside), found)
    except UncountedError:
        raise
    except Exception as error:
        # Each storage has a library of its own, which raises what it likes; so do damaged files.
        raise UncountedError("its manifests cannot be read") from error
    return found


def _read(manifest_list: str, opened: Callable[[str], InputFile], found: Counts) -> None:
    left = MAX_MANIFESTS
    for manifest in read_manifest_list(_checked(opened(manifest_list))[0]):
        if manifest.content == ManifestContent.DELETES:
            found.deletions = True
            continue
        file, size = _checked(opened(manifest.manifest_path))
        left -= size
        if left < 0:
            raise UncountedError(f"its manifests have more than {MAX_MANIFESTS // 1024**3} GiB")
        for each in _data_files(file):
            found.rows += each.record_count
            for number, leaf in found.leaves.items():
                leaf.add(each, number)


def _data_files(file: InputFile) -> Iterator[DataFile]:
    """Yield the data files of a manifest that count, one by one: a list of them takes memory."""
    with AvroFile[ManifestEntry](
        file,
        MANIFEST_ENTRY_SCHEMAS[DEFAULT_READ_VERSION],
        read_types={-1: ManifestEntry, 2: DataFile},
        read_enums={0: ManifestEntryStatus, 101: FileFormat, 134: DataFileContent},
    ) as reader:
        for entry in reader:
            if entry.status != ManifestEntryStatus.DELETED:
                yield entry.data_file


def _checked(file: InputFile) -> tuple[InputFile, int]:
    """Return a file that unpacks to no more than memory holds, and to how many bytes."""
    with file.open() as stream:
        size = unpacked_size(cast("IO[bytes]", stream), MAX_MANIFEST)
    if size is None:
        limit = MAX_MANIFEST // 1024 // 1024
        raise UncountedError(f"one of its manifests has more than {limit} MiB")
    return file, size


def _opener(io: FileIO, beside: Path | None) -> Callable[[str], InputFile]:
    if beside is None:
        return io.new_input
    folder = beside.absolute().parent

    def opened(path: str) -> InputFile:
        place = folder / PurePosixPath(path).name
        regular_file(place)
        return io.new_input(str(place))

    return opened
