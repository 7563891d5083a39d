"""Until when a property was promised, where that is declared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from dc43_gitdraft.changes.core import mappings

#: ODCS has a flag `deprecated` (since 3.2) and no date: that is a custom property. The day of the
#: end comes before the day from which something is deprecated.
_NAMES = ("sunsetdate", "sunset", "removaldate", "endoflifedate", "endoflife", "deprecationdate")


def sunset(node: Mapping[str, Any]) -> date | None:
    """Return the day on which a property was to go; None where none is declared.

    `deprecated: false` takes the declaration back.
    """
    if node.get("deprecated") is False:
        return None
    declared: dict[str, Any] = {}
    for _, entry in mappings(node.get("customProperties")) or []:
        name = str(entry.get("property")).replace("_", "").replace("-", "").casefold()
        declared.setdefault(name, entry.get("value"))
    days = (_day(declared[name]) for name in _NAMES if name in declared)
    return next((day for day in days if day is not None), None)


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
