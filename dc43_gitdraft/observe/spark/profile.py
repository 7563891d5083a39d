"""What the values of columns are like: bounds, lengths, estimates of how many are distinct.

What makes a profile slow are the registers of the estimates: measured on 50 columns, in processor
time of a scan, estimates alone within 1 % took 16, within 5 % 2.0, within 10 % 1.4. So estimates
are coarse, texts get lengths and no bounds, and values are listed only of columns of which the
first pass says that they have few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dc43_gitdraft.model import DataType, ObservedProperty, Profile
from dc43_gitdraft.observe.spark.literals import is_text
from dc43_gitdraft.observe.spark.places import spelt

#: Distinct values of which a property may be an enumeration.
MAX_VALUES = 20

#: Text of more characters is no member of an enumeration.
MAX_LENGTH = 64

#: Columns and fields of structs that are profiled.
MAX_PROFILED = 500

#: The standard deviation of an estimate.
_ERROR = 0.1
_SURELY = 4 * _ERROR

_ORDERED = ("integer", "number", "date", "timestamp", "time")
_COUNTED = (*_ORDERED, "string", "boolean")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """The names of a column's aggregates; None for what is not asked of its type."""

    path: Path
    type: DataType
    count: str
    distinct: str | None = None
    bounds: tuple[str, str] | None = None
    lengths: tuple[str, str] | None = None


def facts(seen: Sequence[ObservedProperty], add: Any) -> Iterator[Facts]:
    """Yield what is asked of columns and of fields in structs; `add` takes each aggregate."""
    waiting: list[tuple[Path, DataType]] = [((each.name,), each.type) for each in seen]
    for path, kind in waiting[:MAX_PROFILED]:
        if len(waiting) < MAX_PROFILED:
            waiting += [((*path, field.name), field.type) for field in kind.fields]
    for path, kind in waiting[:MAX_PROFILED]:
        yield _facts(path, kind, F.col(_spelt(path)), add)


def _spelt(path: Path) -> str:
    return ".".join(map(spelt, path))


def _facts(path: Path, kind: DataType, value: Column, add: Any) -> Facts:
    found = Facts(path, kind, add(F.count(value)))
    if kind.logical in _COUNTED and (kind.logical != "string" or is_text(kind)):
        found = replace(found, distinct=add(F.approx_count_distinct(value, _ERROR)))
    if kind.logical in _ORDERED:
        found = replace(found, bounds=(add(F.min(value)), add(F.max(value))))
    length = _length(kind, value)
    if length is not None:
        found = replace(found, lengths=(add(F.min(length)), add(F.max(length))))
    return found


def _length(kind: DataType, value: Column) -> Column | None:
    if is_text(kind):
        return F.length(value)
    if kind.logical in ("array", "map"):
        return F.when(value.isNotNull(), F.size(value))
    return None


def read(asked: Sequence[Facts], numbers: Mapping[str, Any]) -> dict[Path, Profile]:
    """Return the profiles, still without the values themselves."""
    found = {}
    for each in asked:
        low, high = each.bounds or (None, None)
        short, long = each.lengths or (None, None)
        found[each.path] = Profile(
            count=int(numbers[each.count] or 0),
            distinct=None if each.distinct is None else int(numbers[each.distinct] or 0),
            minimum=_plain(numbers[low], each.type) if low else None,
            maximum=_plain(numbers[high], each.type) if high else None,
            min_length=numbers[short] if short else None,
            max_length=numbers[long] if long else None,
        )
    return found


def with_values(
    df: DataFrame, asked: Sequence[Facts], found: Mapping[Path, Profile]
) -> dict[Path, Profile]:
    """List the values of what has few: one more job over these columns, if there are any."""
    few = [each for each in asked if _may_be_few(each.type, found[each.path])]
    if not few:
        return dict(found)
    # With one more than allowed, there are surely too many.
    row = df.agg(*(_sample(each) for each in few)).collect()[0]
    listed = {}
    for each, values in zip(few, row, strict=True):
        if len(values) <= MAX_VALUES:
            known = sorted(_plain(value, each.type) for value in values)
            exact = replace(found[each.path], distinct=len(known), values=tuple(known))
            listed[each.path] = exact
    return {**found, **listed}


def _may_be_few(kind: DataType, found: Profile) -> bool:
    if kind.logical not in ("string", "integer") or not found.distinct:
        return False
    short = found.max_length is None or found.max_length <= MAX_LENGTH
    # Where each value occurs once, few rows and no enumeration is what was seen.
    often = found.count >= 2 * found.distinct
    return short and often and found.distinct <= MAX_VALUES * (1 + _SURELY)


def _sample(each: Facts) -> Column:
    return F.collect_set(F.col(_spelt(each.path)))


def _plain(value: Any, kind: DataType) -> Any:
    """Return the value as JSON has it; None for one that JSON lacks (NaN, infinity)."""
    if isinstance(value, Decimal):
        value = int(value) if kind.logical == "integer" else float(value)
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, datetime):
        # Spark's driver gives times with a zone as local ones.
        zoned = kind.options.get("timezone") is True
        return (value.astimezone(timezone.utc) if zoned else value).isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    return value
