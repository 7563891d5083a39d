"""Profiles from statistics: what footers, logs and manifests state of the values of columns.

Only exact bounds are of use: those of texts may be cut off, those of floating numbers say nothing
of NaN, and where rows may be deleted none of them are of the rows that are left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from dc43_gitdraft.model import DataType, ObservedProperty, Profile
from dc43_gitdraft.observe.footers import leaves

#: Distinct values of which a property may be an enumeration.
MAX_VALUES = 20

#: Longer than any number that a contract has bounds for.
_TOO_LARGE = 10**38


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the greatest value; both None where there are no values."""

    low: Any = None
    high: Any = None

    def joined(self, other: Range) -> Range:
        """Return the range of the values of both."""
        if self.low is None or other.low is None:
            return other if self.low is None else self
        return Range(min(self.low, other.low), max(self.high, other.high))


def is_exact(kind: DataType) -> bool:
    """Tell whether bounds that a file states for the type are exact."""
    decimals = kind.logical == "number" and (kind.physical or "").startswith("decimal")
    return decimals or kind.logical in ("integer", "date")


def profile(kind: DataType, count: int, known: Range) -> Profile | None:
    """Make the profile of `count` values within these bounds; None where they contradict."""
    if known.low is None:
        return None if count else Profile(0)
    if known.low > known.high:
        return None  # of unsigned numbers, read as signed ones
    low, high = _plain(known.low, kind, -math.inf), _plain(known.high, kind, math.inf)
    return Profile(count, minimum=low, maximum=high)


def _plain(value: Any, kind: DataType, outwards: float) -> int | float | str | None:
    """Return a bound as JSON has it; a decimal that no float is equal to moves outwards."""
    if isinstance(value, date):
        return value.isoformat()
    if abs(value) >= _TOO_LARGE:
        return None
    if isinstance(value, Decimal):
        if kind.logical == "integer":
            return int(value)
        near = float(value)
        inside = Decimal(near) < value if outwards > 0 else Decimal(near) > value
        return math.nextafter(near, outwards) if inside else near
    return value  # type: ignore[no-any-return]


def leaf_types(properties: Sequence[ObservedProperty]) -> list[DataType | None]:
    """Return the type of each leaf column, None for those inside of arrays and maps."""
    found: list[DataType | None] = []
    for each in properties:
        kind = each.type
        if kind.fields:
            found += leaf_types(kind.fields)
        elif kind.items is not None or kind.key is not None:
            found += [None] * leaves(kind)
        else:
            found.append(kind)
    return found


def with_profiles(
    properties: Sequence[ObservedProperty], profiles: Sequence[Profile | None]
) -> tuple[ObservedProperty, ...]:
    """Add the profiles of leaf columns to the properties."""
    result, start = [], 0
    for each in properties:
        own = profiles[start : start + leaves(each.type)]
        start += len(own)
        if each.type.fields:
            kind = replace(each.type, fields=with_profiles(each.type.fields, own))
            result.append(replace(each, type=kind))
        else:
            result.append(replace(each, profile=own[0]))
    return tuple(result)


def of_leaves(
    properties: tuple[ObservedProperty, ...],
    rows: int,
    absent: Sequence[int | None],
    ranges: Sequence[Range | None],
) -> tuple[ObservedProperty, ...]:
    """Add the profiles of leaves whose bounds are known, and in how many rows they are absent."""
    made = [
        profile(kind, rows - gone, known)
        if kind is not None and gone is not None and known is not None and gone <= rows
        else None
        for kind, gone, known in zip(leaf_types(properties), absent, ranges, strict=True)
    ]
    return with_profiles(properties, made)


def joined(one: Profile | None, other: Profile | None) -> Profile | None:
    """Return the profile of the values of both; None where one is not known."""
    if one is None or other is None:
        return None
    if not one.count or not other.count:
        return one if one.count else other

    def both(name: str, choose: Any) -> Any:
        pair = (getattr(one, name), getattr(other, name))
        return None if None in pair else choose(pair)

    values = sorted({*one.values, *other.values}, key=lambda each: (str(type(each)), each))
    few = one.values and other.values and len(values) <= MAX_VALUES
    return Profile(
        count=one.count + other.count,
        distinct=len(values) if few else None,
        minimum=both("minimum", min),
        maximum=both("maximum", max),
        min_length=both("min_length", min),
        max_length=both("max_length", max),
        values=tuple(values) if few else (),
    )
