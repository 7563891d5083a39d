"""Files behind URLs, through fsspec: what an observer looks at is fetched into a local directory.

Of Parquet files that is the footer alone. Credentials come from where the storage's own library
looks for them, and are in no message.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO, Any

import fsspec

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.observe import Request
from dc43_gitdraft.observe.storage import PARQUET_MAGIC, plain

#: In bytes, of all files together.
MAX_BYTES = 4 * 1024**3

MAX_FILES = 10_000

#: In bytes, of a Parquet footer.
MAX_FOOTER = 256 * 1024**2

_CHUNK = 1024 * 1024
_FOOTER_END = 8  # its length and the magic


@contextmanager
def fetched(request: Request, scheme: str) -> Iterator[Request]:
    """Give the request for a local copy of what the URL names; errors name the URL."""
    url, options = _apart(request.rest, scheme)
    with tempfile.TemporaryDirectory(prefix="gitdraft-") as folder:
        root = _fetch(url, Path(folder), request, footers=scheme == "parquet")
        try:
            yield replace(request, rest=f"{root}{options}")
        except ObservationError as error:
            where = None if error.where is None else error.where.replace(str(root), request.source)
            raise ObservationError(
                error.message, where=where, line=error.line, column=error.column
            ) from None


def _apart(url: str, scheme: str) -> tuple[str, str]:
    """Split off the observer's own options; others are a part of the URL."""
    path, mark, query = url.partition("?")
    own = scheme == "csv" and query.startswith(("encoding=", "delimiter=", "header="))
    return (path, mark + query) if own else (url, "")


def _fetch(url: str, folder: Path, request: Request, *, footers: bool) -> Path:
    if "::" in url:
        raise ObservationError("a URL inside of a URL is not read", where=request.source)
    try:
        system, path = fsspec.core.url_to_fs(url)
        return _copy_all(system, path, folder, request.source, footers=footers)
    except ObservationError:
        raise
    except ImportError as error:
        cause = error.__cause__
        name = error.name or (cause.name if isinstance(cause, ImportError) else None)
        needed = f"the package {plain(name)}" if name else "a package of its own"
        raise ObservationError(
            f"this kind of URL needs {needed}, which is not installed", where=request.source
        ) from None
    except FileNotFoundError:
        raise ObservationError("there is no such file or directory", where=request.source) from None
    except Exception as error:
        # Each storage has a library of its own, which raises what it likes, and may name secrets.
        raise ObservationError(
            f"cannot be fetched ({type(error).__name__}): is the URL right, and may it be read with"
            " the credentials that the environment has?",
            where=request.source,
        ) from None


def _copy_all(system: Any, path: str, folder: Path, where: str, *, footers: bool) -> Path:
    base = PurePosixPath(path)
    if not system.isdir(path):
        # A partition's directory belongs to the table.
        above = [part for part in base.parent.parts if "=" in part]
        target = folder.joinpath(*map(_safe, above), _safe(base.name))
        _copy(system, path, target, MAX_BYTES, where, footers=footers)
        return target
    found = sorted(system.find(path))
    if len(found) > MAX_FILES:
        raise ObservationError(f"it holds more than {MAX_FILES:,} files", where=where)
    left = MAX_BYTES
    for each in found:
        inner = PurePosixPath(each).relative_to(base) if each.startswith(path) else None
        if inner is None or any(part[:1] in "._" and "=" not in part for part in inner.parts):
            continue
        target = folder.joinpath("data", *map(_safe, inner.parts))
        left -= _copy(system, each, target, left, where, footers=footers)
    (folder / "data").mkdir(exist_ok=True)
    return folder / "data"


def _safe(part: str) -> str:
    if part in ("", ".", "..") or "/" in part or "\0" in part:
        raise ObservationError("one of its names is none of a file")
    return part


def _copy(system: Any, path: str, target: Path, limit: int, where: str, *, footers: bool) -> int:
    """Copy a file, or what of it is needed, and return how many bytes that were."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with system.open(path, "rb") as source, target.open("wb") as copy:
        if footers and (done := _copy_footer(source, copy, system.size(path))):
            return done
        done = 0
        while data := source.read(_CHUNK):
            done += len(data)
            if done > limit:
                raise ObservationError(
                    f"it has more than {MAX_BYTES // 1024**3} GiB: observe a part of it, or where"
                    " it lies",
                    where=where,
                )
            copy.write(data)
    return done


def _copy_footer(source: Any, copy: IO[bytes], size: int | None) -> int:
    """Copy the footer of a Parquet file to its place in an otherwise empty one; 0 of another."""
    if size is None or size < 2 * _FOOTER_END:
        return 0
    source.seek(size - _FOOTER_END)
    end = source.read(_FOOTER_END)
    length = int.from_bytes(end[:4], "little") + _FOOTER_END
    if end[4:] != PARQUET_MAGIC or length > min(size, MAX_FOOTER):
        source.seek(0)
        return 0
    source.seek(size - length)
    copy.write(PARQUET_MAGIC)
    copy.seek(size - length)
    copy.write(source.read(length))
    return length
