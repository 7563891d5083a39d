"""Profiles from values that an observer reads anyway, in memory that does not grow with the rows.

How many are distinct is told from a sample: the values with the smallest hashes, and how often each
of them occurred. Few values are known exactly.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import replace
from decimal import Decimal
from hashlib import blake2b

from dc43_gitdraft.model import DataType, Profile
from dc43_gitdraft.observe.profiles import MAX_VALUES, Range, profile

#: Properties that are profiled; one takes some 200 KB at most.
MAX_PROFILED = 500

#: Hashes kept: an estimate is within 3 %, as a rule.
_KEPT = 1024

_HASHES = 2**64

#: Text of more characters is no member of an enumeration.
_MAX_LENGTH = 64

Number = int | float | Decimal


class Tally:
    """What the values of one property have been like."""

    __slots__ = (
        "_count",
        "_few",
        "_first",
        "_heap",
        "_high",
        "_last",
        "_longest",
        "_loose",
        "_low",
        "_others",
        "_seen",
        "_shortest",
        "_texts",
    )

    def __init__(self) -> None:
        self._count = self._texts = self._others = 0
        self._shortest = self._longest = 0
        self._first = self._last = ""
        self._low: Number | None = None
        self._high: Number | None = None
        self._loose = False
        self._few: set[str] | None = set()
        self._seen: dict[int, int] = {}
        self._heap: list[int] = []

    def text(self, value: str, times: int = 1) -> None:
        """Take in a text that occurred so often."""
        length = len(value)
        start = value[:_MAX_LENGTH]
        if not self._texts:
            self._shortest = self._longest = length
            self._first = self._last = start
        self._shortest = min(self._shortest, length)
        self._longest = max(self._longest, length)
        self._first = min(self._first, start)
        self._last = max(self._last, start)
        self._texts += times
        self._add(value, times)

    def number(self, value: Number, times: int = 1) -> None:
        """Take in a number that occurred so often."""
        self.bound(value)
        self._add(str(value), times)

    def other(self) -> None:
        """Take in a value that is neither, of which nothing but its being there is told."""
        self._count += 1
        self._others += 1

    def bound(self, value: Number) -> None:
        """Take in a number as a bound alone; no bound is told where one is infinite or NaN."""
        if isinstance(value, float) and not math.isfinite(value):
            self._loose = True
        elif self._low is None or self._high is None:
            self._low = self._high = value
        elif value < self._low:
            self._low = value
        elif value > self._high:
            self._high = value

    def profile(self, kind: DataType) -> Profile | None:
        """Return the profile of the values as those of the type they turned out to have."""
        if kind.logical in (None, "object", "array", "map"):
            return None if kind.logical else Profile(0)
        texts = self._texts == self._count
        mixed = self._others or (kind.logical == "string" and not texts)
        if not self._count or mixed or kind.logical == "boolean":
            return Profile(self._count)
        found = Profile(self._count, distinct=self._distinct(), values=self._values(kind))
        if kind.logical in ("integer", "number") and not self._loose:
            bounded = profile(kind, self._count, Range(self._low, self._high)) or found
            return replace(found, minimum=bounded.minimum, maximum=bounded.maximum)
        if kind.logical == "string":
            return replace(found, min_length=self._shortest, max_length=self._longest)
        if texts and self._first and kind.logical in ("date", "time") and not kind.options:
            return replace(found, minimum=self._first, maximum=self._last)
        return found

    def _values(self, kind: DataType) -> tuple[str | int, ...]:
        few = self._few
        # Where each value occurs once, few rows and no enumeration is what was seen.
        if not few or self._count < 2 * len(few):
            return ()
        if kind.logical == "integer":
            return tuple(sorted(int(each) for each in few if each))
        return tuple(sorted(few)) if kind.logical == "string" else ()

    def _distinct(self) -> int:
        if self._few:
            return len(self._few)
        if len(self._seen) < _KEPT:
            return len(self._seen)
        # Each value beyond the first of its kind in the sample is surely a repeated one.
        repeated = sum(self._seen.values()) - _KEPT
        estimate = (_KEPT - 1) * _HASHES // -self._heap[0]
        return min(estimate, self._count - repeated) if repeated else self._count

    def _add(self, value: str, times: int) -> None:
        self._count += times
        few = self._few
        if few is not None and value not in few:
            few.add(value)
            if len(few) > MAX_VALUES or len(value) > _MAX_LENGTH:
                self._few = None
        data = value.encode("utf-8", "surrogatepass")
        found = int.from_bytes(blake2b(data, digest_size=8).digest(), "big") or 1
        seen = self._seen
        if found in seen:
            seen[found] += times
        elif len(seen) < _KEPT:
            seen[found] = times
            heapq.heappush(self._heap, -found)
        elif found < -self._heap[0]:
            del seen[-heapq.heapreplace(self._heap, -found)]
            seen[found] = times
