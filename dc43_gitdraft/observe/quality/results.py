"""What the readers of data-quality results have in common: documents, names, counts, kinds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import QualityResult, Verdict
from dc43_gitdraft.names import one_line
from dc43_gitdraft.observe.storage import reading, regular_file

#: In bytes. The worst JSON takes twenty times as much memory as text.
MAX_BYTES = 32 * 1024 * 1024
#: More are no results of one dataset.
MAX_RESULTS = 50_000
_MAX_NAME = 200
_MAX_COUNT = 2**63 - 1

#: What tools call the rules that a contract states as a key of a property.
KINDS = {
    "accepted_values": "enum",
    "expect_column_values_to_be_in_set": "enum",
    "expect_column_values_to_be_unique": "unique",
    "expect_column_values_to_not_be_null": "required",
    "expect_table_row_count_to_be_between": "rowCount",
    "expect_table_row_count_to_equal": "rowCount",
    "not_null": "required",
    "row_count": "rowCount",
    "unique": "unique",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One result, and the table that it is of, where the tool says.

    `failed_run`: of what a run wrote that failed, and which may not be there.
    """

    result: QualityResult
    table: str | None = None
    failed_run: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What one file holds; `unknown` says why results of it are unknown, in sentences."""

    findings: tuple[Finding, ...]
    unknown: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Format:
    """A format of results: its name, how its documents are told from others, its reader.

    `read` yields the findings of a document that `claims` accepts; it may look for files beside
    `path`. It ignores what it does not know, and takes names and counts, never values or messages.
    """

    name: str
    tool: str
    claims: Callable[[Any], bool]
    read: Callable[[Any, Path], Iterator[Finding]]


def load(path: Path, shown: str, limit: int = MAX_BYTES) -> Any:
    """Read the JSON document in a file of up to `limit` bytes.

    Of several documents, one in each line, a list. Raises ObservationError.
    """
    with reading(shown):
        regular_file(path)
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    if len(data) > limit:
        raise ObservationError(
            f"it is read up to {limit // 1024 // 1024} MiB, and is larger: give the results of "
            "one dataset",
            where=shown,
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ObservationError("not UTF-8 text", where=shown) from None
    try:
        return _parsed(text)
    except json.JSONDecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or error.msg != "Extra data":
            raise ObservationError(
                f"not valid JSON: {error.msg}", where=shown, line=error.lineno, column=error.colno
            ) from None
    except (RecursionError, ValueError):
        raise ObservationError(
            "it is nested too deeply or holds a number that is too long", where=shown
        ) from None
    return _lines(text, shown)


def _lines(text: str, shown: str) -> list[Any]:
    documents = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            documents.append(_parsed(line))
        except (RecursionError, ValueError):
            raise ObservationError("not valid JSON", where=shown, line=number) from None
    return documents


def _parsed(text: str) -> Any:
    # NaN and Infinity, which some tools write, are no counts of anything.
    return json.loads(text, parse_constant=lambda _: None)


def mapping(value: Any) -> dict[str, Any]:
    """Return a JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    """Return the JSON objects of a list; none for anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def name(value: Any) -> str | None:
    """Return a name as it may stand in a message or a document; None where there is none."""
    return one_line(value, _MAX_NAME) or None if isinstance(value, str) else None


def count(value: Any) -> int | None:
    """Return a count of rows; None for what cannot be one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, float) and not value.is_integer():
        return None  # Infinity too
    whole = int(value)
    return whole if whole == value and 0 <= whole <= _MAX_COUNT else None


def failing(severity: Any) -> Verdict:
    """Return what a failure is worth by a tool's word for its severity."""
    word = severity.strip().lower() if isinstance(severity, str) else ""
    return Verdict.WARN if word in {"info", "warn", "warning"} else Verdict.BLOCK
