"""Reads whole text documents, with a bound on their size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.observe.storage import open_bytes, reading, regular_file

#: In bytes, decompressed.
MAX_DOCUMENT = 64 * 1024 * 1024


def read_text(path: Path | str, limit: int = MAX_DOCUMENT) -> str:
    """Return the text of a UTF-8 file, compressed or not, of at most `limit` bytes."""
    path = Path(path)
    with reading(path):
        if path.is_dir():
            raise ObservationError("this is a directory: name the file", where=str(path))
        regular_file(path)
        with open_bytes(path) as stream:
            data = stream.read(limit + 1)
    if len(data) > limit:
        raise ObservationError(f"longer than {limit // 1024 // 1024} MiB", where=str(path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ObservationError("not UTF-8 text", where=str(path)) from None


def read_json(path: Path | str, limit: int = MAX_DOCUMENT) -> Any:
    """Return the JSON document in a file."""
    return parse_json(read_text(path, limit), str(path))


def parse_json(text: str, where: str) -> Any:
    """Return the JSON document of a text. Raises ObservationError with the line."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ObservationError(
            f"not valid JSON: {error.msg}", where=where, line=error.lineno, column=error.colno
        ) from None
    except ValueError:  # an integer of thousands of digits
        raise ObservationError("it holds a number that is too long", where=where) from None
    except RecursionError:
        raise ObservationError("it is nested too deeply", where=where) from None


def record(value: Any) -> dict[str, Any]:
    """Return the JSON object, or an empty one where something else stands."""
    return value if isinstance(value, dict) else {}


def records(value: Any) -> list[dict[str, Any]]:
    """Return the JSON objects of a list, or of nothing where something else stands."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def text_of(value: Any) -> str | None:
    """Return a text that says something, valid as Unicode; None for anything else."""
    if not isinstance(value, str) or not value.strip():
        return None
    return value.encode("utf-8", "replace").decode()


def count_of(value: Any) -> int | None:
    """Return a count; None for anything else."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, float) and value.is_integer():
        value, whole = int(value), True
    return int(value) if whole and value >= 0 else None


def weight(value: Any) -> int:
    """Return about how much a parsed JSON value holds: its parts, and its texts by length."""
    count, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        count += 1
        if isinstance(each, dict):
            count += len(each)
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, str):
            count += len(each) // 64
    return count
