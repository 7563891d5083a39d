"""Files as data sets: which files a path holds, in which format, and how they are partitioned."""

from __future__ import annotations

import bz2
import gzip
import os
import re
import stat
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path, PurePath
from typing import IO, cast
from urllib.parse import unquote

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Layout, Observation, ObservedProperty
from dc43_gitdraft.observe import Request
from dc43_gitdraft.observe.texts import PATTERNS, join, narrow, type_of

ENDINGS = {
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".avro": "avro",
    ".csv": "csv",
    ".tsv": "csv",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".orc": "orc",
    ".parq": "parquet",
    ".parquet": "parquet",
    ".pq": "parquet",
}
#: Formats with a footer, and a compression of their own: `.gz` is no part of them.
_WHOLE = frozenset({"arrow", "orc", "parquet"})
_OPENERS: dict[str, Callable[[Path], IO[bytes]]] = {
    ".gz": lambda path: cast("IO[bytes]", gzip.open(path, "rb")),  # noqa: SIM115
    ".bz2": lambda path: cast("IO[bytes]", bz2.open(path, "rb")),  # noqa: SIM115
}
PARQUET_MAGIC = b"PAR1"

#: What files of a format begin with.
MAGIC = {
    PARQUET_MAGIC: "parquet",
    b"Obj\x01": "avro",
    b"ARROW1": "arrow",
}

#: How Hive and Spark write a partition whose value is null.
NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"

#: In directories; deeper is taken for a mistake.
MAX_DEPTH = 32

#: Files named in one message.
NAMED = 3

#: In characters, of a name in a message.
MAX_NAME = 200

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PARTITION = re.compile(r"([^=]+)=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of the data; `name` is for messages, `partition` its values (None: null)."""

    path: Path
    name: str
    size: int
    partition: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of one source, in the order of their paths.

    `keys` are the partition columns. `inside` are the partition columns that the path itself
    lies in: they are columns of the table and cannot be seen from here.
    """

    files: tuple[DataFile, ...]
    keys: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Tell whether every column of the table can be seen."""
        return not self.inside

    def layout(self, format: str) -> Layout:  # noqa: A002 - the model's word
        """Describe these files together."""
        return Layout(format, len(self.files), sum(each.size for each in self.files), self.keys)


def open_bytes(path: Path) -> IO[bytes]:
    """Open the file for reading, decompressed where its ending says that it is compressed."""
    opener = _OPENERS.get(path.suffix.lower())
    return opener(path) if opener else path.open("rb")


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Turn what the operating system says about `path` into an ObservationError."""
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise ObservationError("its compression is damaged or cut off", where=str(path)) from None
    except FileNotFoundError:
        raise ObservationError("there is no such file or directory", where=str(path)) from None
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise ObservationError(f"cannot be read: {reason}", where=str(path)) from error


def regular_file(path: Path) -> int:
    """Return the size of the file; refuse pipes and devices, which may never end."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise ObservationError("this is not a regular file", where=str(path))
    return found.st_size


def format_of(name: str) -> str | None:
    """Tell the format that a file's name says, compressed or not."""
    path = PurePath(name.lower())
    if path.suffix in _OPENERS:
        path = path.with_suffix("")
        if ENDINGS.get(path.suffix) in _WHOLE:
            return None
    return ENDINGS.get(path.suffix)


def recognise(path: str, where: str) -> str:
    """Find the scheme of a plain path: by its ending, by the files in it, by its first bytes."""
    root = Path(path)
    with reading(where):
        if not root.is_dir():
            regular_file(root)
            return format_of(root.name) or _by_magic(root, where)
        if (root / "_delta_log").is_dir():
            return "delta"
        found = list(_walk(root, where))
    if not found:
        raise ObservationError("the directory holds no data files", where=where)
    formats = sorted({kind for each in found if (kind := format_of(each.name))})
    if len(formats) > 1:
        raise ObservationError(
            f"the directory holds files of several formats ({', '.join(formats)}):"
            f" say which, as in `{formats[0]}:PATH`",
            where=where,
        )
    return formats[0] if formats else _by_magic(found[0], where)


def _by_magic(path: Path, where: str) -> str:
    with reading(path), path.open("rb") as stream:
        start = stream.read(max(map(len, MAGIC)))
    for magic, found in MAGIC.items():
        if start.startswith(magic):
            return found
    raise ObservationError(
        "neither name nor content says the format: say it, as in `csv:PATH` or `json:PATH`",
        where=where,
    )


def list_files(request: Request, format: str) -> Listing:  # noqa: A002 - the model's word
    """List the data files of the request's path, of this format where any is named so."""
    root = Path(request.rest)
    with reading(request.source):
        if not root.is_dir():
            return Listing(
                (DataFile(root, plain(root.name), regular_file(root)),), inside=_inside(root)
            )
        found = list(_walk(root, request.source))
        named = [path for path in found if format_of(path.name) == format]
        chosen = named or [path for path in found if format_of(path.name) is None]
        if not chosen:
            raise ObservationError(f"the directory holds no {format} files", where=request.source)
        parts = [_partition(path.relative_to(root).parts[:-1]) for path in chosen]
        keys = _same_keys(chosen, [tuple(key for key, _ in each) for each in parts], root, request)
        files = tuple(
            DataFile(
                path,
                _shown(path.relative_to(root)),
                regular_file(path),
                tuple(value for _, value in values),
            )
            for path, values in zip(chosen, parts, strict=True)
        )
    return Listing(files, keys, _inside(root), tuple(_remarks(root, len(found) - len(files))))


def plain(name: str) -> str:
    """Write a name from the data so that it can do no harm in a message."""
    text = _CONTROL.sub("", name).replace("`", "'").encode("utf-8", "replace").decode()
    return text if len(text) <= MAX_NAME else text[:MAX_NAME] + "…"


def name_some(names: list[str]) -> str:
    """Name the first few in a message, and say how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def with_partitions(
    properties: list[ObservedProperty], listing: Listing, rows: list[int] | None
) -> tuple[ObservedProperty, ...]:
    """Add the partition columns to the properties: at the end, as Spark reads them.

    `rows` are the rows of each file, for the count of nulls. A partition column that is in the
    files too keeps its place and its type.
    """
    result = list(properties)
    for index, key in enumerate(listing.keys):
        values = Counter[str | None]()
        for number, each in enumerate(listing.files):
            values[each.partition[index]] += rows[number] if rows is not None else 0
        kind = None
        for value in values:
            kind = kind if value is None else join(kind, _kind(value))
        nulls = values[None] if rows is not None else None
        place = next((at for at, each in enumerate(result) if each.name == key), None)
        if place is None:
            result.append(ObservedProperty(key, type_of(kind), nulls=nulls, partition=index + 1))
        else:
            result[place] = replace(result[place], nulls=nulls, partition=index + 1)
    return tuple(result)


def partition_warnings(listing: Listing) -> tuple[str, ...]:
    """Say what is to know about the files it left out and the columns it cannot see."""
    return listing.warnings + tuple(
        f"the path lies inside a partition of `{plain(key)}`, a column that cannot be seen from"
        " there: observe the table's own directory"
        for key in listing.inside
    )


def observation(
    request: Request,
    layout: Layout,
    properties: Iterable[ObservedProperty],
    rows: int | None,
    warnings: Iterable[str],
    *,
    version: str | None = None,
    description: str | None = None,
    complete: bool = True,
) -> Observation:
    """Make the Observation of what was found; `version` is the data's own, if nobody gave one."""
    dataset = request.dataset
    return Observation(
        dataset=replace(dataset, version=version) if dataset.version is None else dataset,
        properties=tuple(properties),
        observed_by=f"dc43-gitdraft {layout.format}",
        complete=complete,
        object=request.object,
        rows=rows,
        layout=layout,
        observed_at=request.now,
        warnings=tuple(dict.fromkeys(warnings)),
        description=description or None,
    )


def of_files(
    request: Request,
    listing: Listing,
    format: str,  # noqa: A002 - the model's word
    properties: Sequence[ObservedProperty],
    rows: list[int],
    warnings: Iterable[str],
    *,
    description: str | None = None,
    complete: bool = True,
) -> Observation:
    """Make the Observation of files: with their partitions, and without what has no name."""
    remarks = [*partition_warnings(listing), *warnings]
    nameless = [str(place) for place, each in enumerate(properties, 1) if not each.name]
    if nameless:
        remarks.append(f"left out, without a name: column {name_some(nameless)}")
    named = [each for each in properties if each.name]
    return observation(
        request,
        listing.layout(format),
        with_partitions(named, listing, rows),
        sum(rows),
        remarks,
        description=description,
        complete=complete and listing.complete,
    )


def _kind(text: str) -> str:
    # Hive and Spark write hours and months as 01 and read them as integers.
    unpadded = text.lstrip("0") if re.fullmatch(r"0\d+", text) else text
    return narrow(None, unpadded or "0", tuple(kind for kind in PATTERNS if kind != "time"))


def _walk(root: Path, where: str) -> Iterator[Path]:
    """Yield the files below `root` in the order of their paths, without hidden and marker files."""

    def walk(folder: Path, above: frozenset[tuple[int, int]]) -> Iterator[Path]:
        found = folder.stat()
        identity = (found.st_dev, found.st_ino)
        if identity in above or len(above) > MAX_DEPTH:
            raise ObservationError(
                f"its directories lead in a circle or are more than {MAX_DEPTH} deep", where=where
            )
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
        for entry in listed:
            directory = entry.is_dir()
            hidden = entry.name.startswith(".") or (
                entry.name.startswith("_") and not (directory and "=" in entry.name)
            )
            if hidden:
                continue
            if directory:
                yield from walk(folder / entry.name, above | {identity})
            else:
                yield folder / entry.name

    return walk(root, frozenset())


def _partition(folders: tuple[str, ...]) -> tuple[tuple[str, str | None], ...]:
    pairs = []
    for folder in folders:
        if match := _PARTITION.fullmatch(folder):
            value = None if match[2] in (NULL_PARTITION, "") else unquote(match[2])
            pairs.append((unquote(match[1]), value))
    return tuple(pairs)


def _same_keys(
    paths: list[Path], keys: list[tuple[str, ...]], root: Path, request: Request
) -> tuple[str, ...]:
    for path, found in zip(paths, keys, strict=True):
        if found != keys[0] or len(set(found)) != len(found):
            names = [_shown(each.relative_to(root)) for each in (paths[0], path)]
            raise ObservationError(
                f"its files are not partitioned alike: {' and '.join(dict.fromkeys(names))}",
                where=request.source,
            )
    return keys[0]


def _inside(root: Path) -> tuple[str, ...]:
    path = Path(os.path.abspath(root))  # noqa: PTH100 - resolve() follows links
    folders = reversed(path.parts if root.is_dir() else path.parent.parts)
    nearest = tuple(takewhile(_PARTITION.fullmatch, folders))
    return tuple(key for key, _ in _partition(nearest[::-1]))


def _shown(path: Path) -> str:
    """Write the path for a message, without the values of partitions: they are data."""
    return plain("/".join(_PARTITION.sub(r"\1=…", part) for part in path.parts))


def _remarks(root: Path, left_out: int) -> Iterator[str]:
    if (root / "_delta_log").is_dir():
        yield (
            "this is the directory of a Delta table: files that its log no longer counts were"
            " looked at too"
        )
    if left_out:
        files = "1 file" if left_out == 1 else f"{left_out} files"
        yield f"{files} of other kinds in the directory left out"
