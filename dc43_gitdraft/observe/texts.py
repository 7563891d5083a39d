"""What a column of texts holds, narrowed value by value: integers, dates, or just text.

Used where the source has no types: CSV, partition directories, JSON strings. A kind's pattern
accepts every text that a narrower kind accepts, so one look at each value is enough.
"""

from __future__ import annotations

import re
from datetime import date

from dc43_gitdraft.model import DataType

_DATE = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_DAY, _MONTH, _YEAR = r"(?:0[1-9]|[12][0-9]|3[01])", r"(?:0[1-9]|1[0-2])", r"[0-9]{4}"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_SECONDS = r":[0-5][0-9](?:\.[0-9]{1,9})?"
_LOCAL = rf"{_DATE}[T ]{_CLOCK}(?:{_SECONDS})?"
_ZONE = r" ?(?:Z|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})"

#: Kind -> pattern of a whole text; the dialect is what Python's `re` and RE2 have in common.
#: No leading zeros and no `+`: 00123 and +4912345 are codes and numbers to call.
PATTERNS = {
    "boolean": r"true|false|True|False|TRUE|FALSE",
    "integer": r"-?(?:0|[1-9][0-9]{0,37})",
    "number": r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?",
    "date": _DATE,
    "local timestamp": rf"{_DATE}(?:[T ]{_CLOCK}(?:{_SECONDS})?)?",
    "zoned timestamp": rf"{_LOCAL}{_ZONE}",
    "timestamp": rf"{_DATE}(?:[T ]{_CLOCK}(?:{_SECONDS})?(?:{_ZONE})?)?",
    "time": rf"{_CLOCK}{_SECONDS}",
    # As people write dates. Where no day is past the twelfth, nothing tells which comes first.
    "dotted date": rf"{_DAY}\.{_MONTH}\.{_YEAR}",
    "year-first date": rf"{_YEAR}/{_MONTH}/{_DAY}",
    "slashed date": rf"{_MONTH}/{_MONTH}/{_YEAR}",
    "day-first date": rf"{_DAY}/{_MONTH}/{_YEAR}",
    "month-first date": rf"{_MONTH}/{_DAY}/{_YEAR}",
}

#: What may still be tried once a kind fails; text is what remains. None: no value seen yet.
WIDER: dict[str | None, tuple[str, ...]] = {
    None: tuple(PATTERNS),
    "integer": ("number",),
    "date": ("local timestamp", "timestamp"),
    "local timestamp": ("timestamp",),
    "zoned timestamp": ("timestamp",),
    "slashed date": ("day-first date", "month-first date"),
}

_ISO = ((0, 5, 8), "^.{8}(?:29|3)")

#: Kind of days -> where year, month and day begin in a text, and a pattern of days past the 28th.
DAYS: dict[str, tuple[tuple[int, int, int], str]] = {
    **dict.fromkeys(("date", "local timestamp", "zoned timestamp", "timestamp"), _ISO),
    "year-first date": _ISO,
    "dotted date": ((6, 3, 0), "^(?:29|3)"),
    "day-first date": ((6, 3, 0), "^(?:29|3)"),
    "month-first date": ((6, 0, 3), "^.{3}(?:29|3)"),
}

TEXT = "text"

#: JSON has numbers and booleans of its own: a string that looks like one is a string.
QUOTED_KINDS = ("date", "local timestamp", "zoned timestamp", "timestamp", "time")

_MATCHERS = {kind: re.compile(pattern).fullmatch for kind, pattern in PATTERNS.items()}

_TYPES: dict[str | None, DataType] = {
    None: DataType(None, inferred=True),
    "boolean": DataType("boolean", inferred=True),
    "integer": DataType("integer", inferred=True),
    "number": DataType("number", inferred=True),
    "date": DataType("date", inferred=True),
    "local timestamp": DataType("timestamp", options={"timezone": False}, inferred=True),
    "zoned timestamp": DataType("timestamp", options={"timezone": True}, inferred=True),
    "timestamp": DataType("timestamp", inferred=True),
    "time": DataType("time", inferred=True),
    "slashed date": DataType("date", inferred=True),
    **{
        kind: DataType("date", options={"format": written}, inferred=True)
        for kind, written in (
            ("dotted date", "dd.MM.yyyy"),
            ("year-first date", "yyyy/MM/dd"),
            ("day-first date", "dd/MM/yyyy"),
            ("month-first date", "MM/dd/yyyy"),
        )
    },
    TEXT: DataType("string", inferred=True),
}


def narrow(kind: str | None, text: str, kinds: tuple[str, ...] = WIDER[None]) -> str:
    """Return the kind after one more text; `kinds` are those that a first text may have."""
    if kind is not None and kind != TEXT and _is(kind, text):
        return kind
    for wider in kinds if kind is None else WIDER.get(kind, ()):
        if _is(wider, text):
            return wider
    return TEXT


def _is(kind: str, text: str) -> bool:
    if not _MATCHERS[kind](text):
        return False
    if kind not in DAYS:
        return True
    at, _ = DAYS[kind]
    # Most days need no calendar: all months have 28.
    return text[at[2] : at[2] + 2] <= "28" or exists(text, at)


def exists(text: str, at: tuple[int, int, int]) -> bool:
    """Tell whether the calendar has the day that begins at these places of a text."""
    year, month, day = at
    try:
        date(int(text[year : year + 4]), int(text[month : month + 2]), int(text[day : day + 2]))
    except ValueError:
        return text[year : year + 4] == "0000"  # no year of Python's, and one of ISO 8601
    return True


def join(left: str | None, right: str | None) -> str | None:
    """Return the kind of the values of both."""
    if left is None or right is None or left == right:
        return right if left is None else left
    others = (right, *WIDER.get(right, ()))
    return next((kind for kind in (left, *WIDER.get(left, ())) if kind in others), TEXT)


def type_of(kind: str | None) -> DataType:
    """Return the type that a property of this kind has: inferred, without a physical one."""
    return _TYPES[kind]
