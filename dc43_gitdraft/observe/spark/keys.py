"""Exact counts of distinct values, for what must be unique.

The values themselves are counted only where hashes of 64 bits do not settle it: distinct hashes
prove distinct values, and take one pass and little memory for all keys together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dc43_gitdraft.model import DataType, QualityResult
from dc43_gitdraft.observe.spark.computing import together
from dc43_gitdraft.observe.spark.literals import is_text
from dc43_gitdraft.observe.spark.rules import ROWS, Metric, Numbers, Rule

#: The columns of a key, as SQL spells them.
Columns = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """Rows, those that have all columns of a key, and how many of these are distinct."""

    rows: int
    present: int
    distinct: int


@dataclass(frozen=True, slots=True)
class Key:
    """Properties whose values must be distinct together.

    `whole` says that a null fails too, as in a primary key; `hashable`, that equal values have
    equal hashes.
    """

    metric: Metric
    columns: Columns
    hashable: bool
    whole: bool = False

    def judged(self, count: Count) -> QualityResult:
        """Compare the rows beyond the first of each value with the limit."""
        have = count.rows if self.whole else count.present
        return self.metric.judged(have - count.distinct, count.rows)


def hashable(kind: DataType) -> bool:
    """Tell whether equal values have equal hashes: not -0.0 and 0.0, nor texts with a collation."""
    if is_text(kind):
        return "collate" not in (kind.physical or "")
    return kind.physical not in ("float", "double") and not (
        kind.fields or kind.items is not None or kind.key is not None
    )


def measured(
    df: DataFrame,
    rules: Sequence[Key | Rule],
    columns: Sequence[Column],
    queries: Sequence[Column] = (),
) -> tuple[QualityResult, ...]:
    """Return the results of what needs exact counts, in the order of the rules."""
    keys = {rule.columns: rule for rule in rules if isinstance(rule, Key)}
    counts = _hashed(df, [names for names, key in keys.items() if key.hashable])
    left = [names for names in keys if names not in counts]
    numbers: Numbers = {}
    if left or len(keys) < len(rules):
        exact = (each for at, key in enumerate(left) for each in _exact(at, key))
        numbers = together(df, (*columns, *exact), queries)
    for at, names in enumerate(left):
        counts[names] = Count(*(int(numbers[name] or 0) for name in (ROWS, f"p{at}", f"d{at}")))
    return tuple(
        rule.judged(counts[rule.columns]) if isinstance(rule, Key) else rule.result(numbers)
        for rule in rules
    )


def _hashed(df: DataFrame, keys: Sequence[Columns]) -> dict[Columns, Count]:
    """Count distinct hashes; a key is left out where they do not prove distinct values."""
    if not keys:
        return {}
    hashes = [F.when(_there(key), F.xxhash64(*map(F.col, key))) for key in keys]
    lines = F.array(
        *(F.struct(F.lit(at).alias("at"), each.alias("h")) for at, each in enumerate(hashes))
    )
    # One pass over the data, whatever it was computed from.
    exploded = df.select(F.explode(lines).alias("line")).select("line.at", "line.h")
    counted = exploded.groupBy("at", "h").agg(F.count(F.lit(1)).alias("n"))
    rows = counted.groupBy("at").agg(
        F.sum("n").alias("rows"),
        F.sum(F.when(F.col("h").isNotNull(), F.col("n"))).alias("present"),
        F.count("h").alias("distinct"),
    )
    found: dict[Columns, Count] = {key: Count(0, 0, 0) for key in keys}
    for row in rows.collect():
        count = Count(row["rows"], row["present"] or 0, row["distinct"])
        found[keys[row["at"]]] = count
    return {key: count for key, count in found.items() if count.present == count.distinct}


def _there(key: Columns) -> Column:
    return reduce(lambda one, other: one & other, (F.col(each).isNotNull() for each in key))


def _exact(at: int, key: Columns) -> tuple[Column, Column]:
    present = F.count(F.when(_there(key), F.lit(1)))
    return present.alias(f"p{at}"), F.count_distinct(*map(F.col, key)).alias(f"d{at}")
