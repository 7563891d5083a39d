"""The numbers that a quality rule's operator lets pass, as intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

OPERATORS = (
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
)


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`; an end belongs to it where it is closed."""

    low: float = -inf
    high: float = inf
    low_closed: bool = False
    high_closed: bool = False

    def within(self, other: Interval) -> bool:
        """Tell whether every number of this interval is in the other one."""
        low = self.low > other.low or (
            self.low == other.low and (other.low_closed or not self.low_closed)
        )
        high = self.high < other.high or (
            self.high == other.high and (other.high_closed or not self.high_closed)
        )
        return low and high


@dataclass(frozen=True, slots=True)
class Threshold:
    """A union of disjoint intervals that do not touch."""

    intervals: tuple[Interval, ...]

    def within(self, other: Threshold) -> bool:
        """Tell whether every number that passes here passes there too."""
        return all(any(mine.within(yours) for yours in other.intervals) for mine in self.intervals)


def threshold(rule: Mapping[str, Any]) -> Threshold | None:
    """Return what passes; None where it is not one operator with numbers."""
    found = [(name, rule[name]) for name in OPERATORS if name in rule]
    if len(found) != 1:
        return None
    name, value = found[0]
    if name in ("mustBeBetween", "mustNotBeBetween"):
        if not isinstance(value, list) or len(value) != 2 or not all(map(_is_number, value)):
            return None
        return _range(name, min(value), max(value))
    if not _is_number(value):
        return None
    return Threshold(_SINGLE[name](value))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _range(name: str, low: float, high: float) -> Threshold:
    if name == "mustBeBetween":
        return Threshold((Interval(low, high, True, True),))
    return Threshold((Interval(high=low), Interval(low=high)))


_SINGLE: Mapping[str, Callable[[float], tuple[Interval, ...]]] = {
    "mustBe": lambda x: (Interval(x, x, True, True),),
    "mustNotBe": lambda x: (Interval(high=x), Interval(low=x)),
    "mustBeGreaterThan": lambda x: (Interval(low=x),),
    "mustBeGreaterOrEqualTo": lambda x: (Interval(low=x, low_closed=True),),
    "mustBeLessThan": lambda x: (Interval(high=x),),
    "mustBeLessOrEqualTo": lambda x: (Interval(high=x, high_closed=True),),
}
