"""Files of events, one JSON object on each line or a document of them, read one by one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.observe.documents import parse_json, records
from dc43_gitdraft.observe.storage import open_bytes, plain, reading, regular_file

#: In bytes: of one event, and of a document of several.
MAX_EVENT = 16 * 1024 * 1024
MAX_DOCUMENT = 64 * 1024 * 1024

#: Files of one directory.
MAX_FILES = 100_000

_ENDINGS = (".json", ".jsonl", ".ndjson", ".log")
_PACKED = (".gz", ".bz2")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?\s*(Z|UTC|[+-]\d\d:?\d\d)?")


def events(path: Path | str) -> Iterator[dict[str, Any]]:
    """Yield the events of a file, or of the files in a directory by their names."""
    root = Path(path)
    with reading(root):
        if not root.is_dir():
            regular_file(root)
            files = [root]
        else:
            files = sorted(each for each in root.iterdir() if _is_log(each))
    if not files:
        raise ObservationError("the directory holds no files of events", where=str(root))
    if len(files) > MAX_FILES:
        raise ObservationError(f"more than {MAX_FILES:,} files of events", where=str(root))
    for file in files:
        yield from _of_file(file)


def moment(text: Any) -> datetime | None:
    """Return a time that an event states, in UTC; None for anything else."""
    match = _TIME.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    digits = (fraction or ".0")[:7].ljust(7, "0")
    offset = "+00:00" if zone in (None, "Z", "UTC") else zone
    offset = offset if ":" in offset else f"{offset[:3]}:{offset[3:]}"
    try:
        return datetime.fromisoformat(f"{day}T{clock}{digits}{offset}").astimezone(timezone.utc)
    except (OverflowError, ValueError):
        return None


def _is_log(path: Path) -> bool:
    name = path.name.lower()
    for ending in _PACKED:
        name = name.removesuffix(ending)
    return name.endswith(_ENDINGS) and not name.startswith((".", "_")) and path.is_file()


def _of_file(path: Path) -> Iterator[dict[str, Any]]:
    with reading(path), open_bytes(path) as stream:
        first = stream.readline(MAX_EVENT + 1)
        while first and not first.strip() and len(first) <= MAX_EVENT:
            first = stream.readline(MAX_EVENT + 1)
        if not _is_whole(first):  # a document over several lines, or something else
            yield from _of_document(first + stream.read(MAX_DOCUMENT - len(first) + 1), path)
            return
        number, line = 1, first
        while line:
            if len(line) > MAX_EVENT:
                raise ObservationError(
                    f"longer than {MAX_EVENT // 1024 // 1024} MiB", where=str(path), line=number
                )
            if line.strip():
                yield from _of_line(line, path, number)
            number += 1
            line = stream.readline(MAX_EVENT + 1)


def _is_whole(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _of_line(line: bytes, path: Path, number: int) -> Iterator[dict[str, Any]]:
    try:
        found = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ObservationError("not UTF-8 text", where=str(path), line=number) from None
    except (ValueError, RecursionError):
        raise ObservationError(
            "not valid JSON: each line must hold one whole event", where=str(path), line=number
        ) from None
    if not isinstance(found, dict):
        raise ObservationError("an event must be a JSON object", where=str(path), line=number)
    yield found


def _of_document(data: bytes, path: Path) -> Iterator[dict[str, Any]]:
    if len(data) > MAX_DOCUMENT:
        raise ObservationError(
            f"a document of more than {MAX_DOCUMENT // 1024 // 1024} MiB: write one event on each"
            " line",
            where=str(path),
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ObservationError("not UTF-8 text", where=str(path)) from None
    found = parse_json(text, plain(str(path)))
    yield from [found] if isinstance(found, dict) else records(found)
