"""What the values of columns are like: bounds, lengths, estimates of how many are distinct.

What makes a profile slow are Spark's estimates of distinct values: measured on 50 columns, in
processor time of a scan, alone and within 1 % they took 16, within 5 % 2.0, within 10 % 1.4; and no
code is generated for what is aggregated beside them. So estimates are coarse, and where columns are
read one by one they are not Spark's (`sketch`). The code for many columns would be too long for
Java to compile: they are aggregated some at a time. Data that is computed, not only read, would be
computed each time: it is all aggregated at once. Texts get lengths and no bounds, and values are
listed only of columns that have few. No code is generated for what lists them either: where the
first rows have few, it is counted which rows have others, and mostly none has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any
from uuid import uuid4

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dc43_gitdraft.model import DataType, ObservedProperty, Profile
from dc43_gitdraft.observe.spark import sketch
from dc43_gitdraft.observe.spark.literals import is_text
from dc43_gitdraft.observe.spark.places import spelt

#: Distinct values of which a property may be an enumeration.
MAX_VALUES = 20

#: Text of more characters is no member of an enumeration.
MAX_LENGTH = 64

#: Columns and fields of structs that are profiled.
MAX_PROFILED = 500

#: First rows that are looked at for few values.
_FIRST = 1000

#: The standard deviation of Spark's estimates.
_ERROR = 0.1
_SURELY = 4 * max(_ERROR, sketch.ERROR)

#: Columns that are aggregated together where each is read by itself.
_TOGETHER = 10

_ORDERED = ("integer", "number", "date", "timestamp", "time")
_COUNTED = (*_ORDERED, "string", "boolean")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """The names of a column's aggregates; none for what is not asked of its type.

    Of `distinct`, one is an estimate, and several are the words of a sketch. `others` counts the
    rows that have none of `values`.
    """

    path: Path
    type: DataType
    count: str
    distinct: tuple[str, ...] = ()
    bounds: tuple[str, str] | None = None
    lengths: tuple[str, str] | None = None
    values: tuple[Any, ...] = ()
    others: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Columns and fields of structs that are profiled together.

    `few` has the values of those that have few in the first rows.
    """

    columns: tuple[tuple[Path, DataType], ...]
    sketched: bool
    few: Mapping[Path, tuple[Any, ...]] = field(default_factory=dict)

    def facts(self, add: Callable[[str], str]) -> Iterator[Facts]:
        """Yield what is asked of each; `add` takes an aggregate in SQL and returns its name."""
        for path, kind in self.columns:
            found = _facts(path, kind, add, sketched=self.sketched)
            values = self.few.get(path)
            if values:
                listed = ", ".join(map(_in_sql, values))
                others = add(f"count_if({_spelt(path)} NOT IN ({listed}))")
                found = replace(found, values=values, others=others)
            yield found


def parts(seen: Sequence[ObservedProperty], df: DataFrame | None) -> tuple[Part, ...]:
    """Divide what is profiled; all is one part unless it costs little to read it by parts."""
    found: list[tuple[Path, DataType]] = [((each.name,), each.type) for each in seen]
    for path, kind in found[:MAX_PROFILED]:
        if len(found) < MAX_PROFILED:
            found += [((*path, field.name), field.type) for field in kind.fields]
    kept = tuple(found[:MAX_PROFILED])
    if df is None or not by_column(df):
        return (Part(kept, sketched=False),)
    few = _few_at_first(df, kept)
    starts = range(0, len(kept), _TOGETHER)
    return tuple(Part(kept[at : at + _TOGETHER], sketched=True, few=few) for at in starts)


def _few_at_first(
    df: DataFrame, columns: Sequence[tuple[Path, DataType]]
) -> dict[Path, tuple[Any, ...]]:
    """Return the values of the first rows, of columns that have few of them there."""
    # What a collation takes for equal may be spelt in more ways than one.
    listed = [
        (_spelt(path), path, is_text(kind))
        for path, kind in columns
        if kind.logical == "integer" or (is_text(kind) and "collate" not in (kind.physical or ""))
    ]
    cut = (f"left({name}, {MAX_LENGTH + 1})" if text else name for name, _, text in listed)
    asked = [f"{value} AS f{at}" for at, value in enumerate(cut)]
    rows = df.selectExpr(*asked).limit(_FIRST).collect() if asked else []
    found = {}
    for (_, path, _), cells in zip(listed, zip(*rows, strict=True), strict=False):
        values = [each for each in cells if each is not None]
        few = set(values)
        if 0 < len(few) <= min(MAX_VALUES, len(values) // 2) and all(map(_listable, few)):
            found[path] = tuple(sorted(few))
    return found


def _listable(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and len(value) <= MAX_LENGTH)


def _in_sql(value: int | str) -> str:
    """Spell a value of the data as SQL, in which nothing of a text can mean anything."""
    if isinstance(value, int):
        return str(value)
    return f"CAST(X'{value.encode('utf-8', 'surrogatepass').hex()}' AS STRING)"


def by_column(df: DataFrame) -> bool:
    """Tell whether Spark but reads these data, and only the columns that are asked for."""
    view = f"gitdraft_{uuid4().hex}"
    df.createTempView(view)
    try:
        (plan,) = df.sparkSession.sql(f"EXPLAIN TABLE {view}").collect()[0]
    finally:
        df.sparkSession.catalog.dropTempView(view)
    for line in str(plan).splitlines():
        step = _STEP.match(line)
        if step is None or step["name"] in _PASSING:
            continue
        # What is below a cached table was computed before.
        return step["name"] in _COLUMNAR
    return False


#: A line of a plan: what draws the tree, the number of a stage, the name of an operator.
_STEP = re.compile(r"[ :|+-]*(\*\(\d+\) *)?(?P<name>FileScan (parquet|orc)|[A-Z]\w*)")
_PASSING = frozenset({"AdaptiveSparkPlan", "ColumnarToRow", "Project", "Filter"})
_COLUMNAR = frozenset({"FileScan parquet", "FileScan orc", "InMemoryTableScan"})


def _spelt(path: Path) -> str:
    return ".".join(map(spelt, path))


def _facts(path: Path, kind: DataType, add: Callable[[str], str], *, sketched: bool) -> Facts:
    column = _spelt(path)
    found = Facts(path, kind, add(f"count({column})"))
    if kind.logical in _COUNTED and (kind.logical != "string" or is_text(kind)):
        found = replace(found, distinct=tuple(map(add, _told(kind, column, sketched=sketched))))
    if kind.logical in _ORDERED:
        found = replace(found, bounds=(add(f"min({column})"), add(f"max({column})")))
    length = _length(kind, column)
    if length is not None:
        found = replace(found, lengths=(add(f"min({length})"), add(f"max({length})")))
    return found


def _told(kind: DataType, column: str, *, sketched: bool) -> list[str]:
    """Return the aggregates that tell of how many distinct values there are."""
    if kind.logical == "boolean":
        return [f"bit_count(bit_or(1 + CAST({column} AS INT)))"]
    return sketch.words(column) if sketched else [f"approx_count_distinct({column}, {_ERROR}D)"]


def _length(kind: DataType, column: str) -> str | None:
    if is_text(kind):
        return f"length({column})"
    if kind.logical in ("array", "map"):
        # Spark says -1 of none, where an old setting is on.
        return f"CASE WHEN {column} IS NOT NULL THEN size({column}) END"
    return None


def read(asked: Sequence[Facts], numbers: Mapping[str, Any]) -> dict[Path, Profile]:
    """Return the profiles, still without the values themselves."""
    found = {}
    for each in asked:
        low, high = each.bounds or (None, None)
        short, long = each.lengths or (None, None)
        count = int(numbers[each.count] or 0)
        all_known = each.others is not None and not numbers[each.others]
        values = each.values if count and all_known else ()
        estimate = _distinct([numbers[name] for name in each.distinct], count)
        found[each.path] = Profile(
            count=count,
            distinct=len(values) or estimate,
            minimum=_plain(numbers[low], each.type) if low else None,
            maximum=_plain(numbers[high], each.type) if high else None,
            min_length=numbers[short] if short else None,
            max_length=numbers[long] if long else None,
            values=values,
        )
    return found


def _distinct(told: Sequence[int | None], most: int) -> int | None:
    if not told:
        return None
    return min(most, (told[0] or 0) if len(told) == 1 else sketch.estimate(told))


def with_values(
    df: DataFrame, asked: Sequence[Facts], found: Mapping[Path, Profile]
) -> dict[Path, Profile]:
    """List the values of what has few, unless they are known: one more job, if there are any."""
    few = [
        each
        for each in asked
        if not found[each.path].values and _may_be_few(each.type, found[each.path])
    ]
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
