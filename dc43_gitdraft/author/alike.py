"""What the editor's own YAML cannot tell apart, taken back from the document that it was given.

It knows no dates, one kind of number without `_` in it, and no whole number above 2 to the power
of 53. Pure.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from dc43_gitdraft import strictyaml
from dc43_gitdraft.errors import InputError
from dc43_gitdraft.odcs.match import match_items


def as_before(before: Any, after: Any) -> Any:
    """Return `after` with the values of `before` where the editor would write both alike."""
    if isinstance(before, dict) and isinstance(after, dict):
        return {key: as_before(before.get(key), value) for key, value in after.items()}
    if isinstance(before, list) and isinstance(after, list):
        pairs = match_items(_spelt(before), _spelt(after))
        return [
            value if place is None else as_before(before[place], value)
            for place, value in zip(pairs, after, strict=True)
        ]
    return before if _is_alike(before, after) else after


def _is_alike(before: Any, after: Any) -> bool:
    if isinstance(before, (int, float)) and isinstance(after, (int, float)):
        booleans = isinstance(before, bool), isinstance(after, bool)
        return booleans[0] == booleans[1] and _is_near(before, after)
    if isinstance(after, str) and (isinstance(before, date) or _has_marks(before, after)):
        return bool(_plain(after) == before)
    # A text that YAML takes for a date where it stands without quotes.
    return isinstance(before, str) and isinstance(after, date) and bool(_plain(before) == after)


def _has_marks(before: Any, after: str) -> bool:
    return isinstance(before, (int, float)) and not isinstance(before, bool) and "_" in after


def _spelt(value: Any) -> Any:
    """Return a value as the editor would write it, so that its entries are known again."""
    if isinstance(value, dict):
        return {key: _spelt(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_spelt(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.isoformat() if isinstance(value, date) else value


def _is_near(one: float, other: float) -> bool:
    try:
        return float(one) == float(other)
    except OverflowError:
        return False


def _plain(text: str) -> Any:
    """Return what a text means as YAML without quotes; None where it cannot stand so."""
    if "\n" in text:
        return None
    try:
        return strictyaml.load(text, None)
    except InputError:
        return None
