"""The rules of a contract as aggregates, and what their numbers say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Protocol

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dc43_gitdraft.changes.thresholds import (
    OPERATORS,
    Interval,
    Threshold,
    threshold,
)
from dc43_gitdraft.model import QualityResult, Verdict
from dc43_gitdraft.observe.spark.options import MAX_TEXT, UnmeasurableError, too_long
from dc43_gitdraft.observe.spark.places import Place

#: The number of rows, by its name in what an aggregation returns.
ROWS = "rows"

#: Why a rule has no number; no message of Spark's, which quotes values of the data.
NOT_COMPUTED = "Spark could not compute it over this data"

Numbers = Mapping[str, Any]

_WARNINGS = frozenset({"info", "informational", "low", "warning", "warn", "medium", "minor"})


class Rule(Protocol):
    """One rule: what it made of the numbers."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def path(self) -> str | None:
        """The property; None for the object."""

    def result(self, numbers: Numbers) -> QualityResult:
        """Return the verdict with its counts."""


class Aggregates:
    """Collects what is to be aggregated; what is asked for twice is computed once."""

    def __init__(self) -> None:
        self.columns: list[Column] = [F.count(F.lit(1)).alias(ROWS)]
        #: Spelt in SQL by people: what they compute may end the job, for some value of the data.
        self.queries: list[Column] = []
        #: Those that count values, where rows without one are asked for.
        self.present: set[str] = set()
        self._nulls: dict[str, str] = {}

    def add(self, aggregate: Column) -> str:
        """Add an aggregate; returns its name in the result."""
        name = f"m{len(self.columns)}"
        self.columns.append(aggregate.alias(name))
        return name

    def rows_where(self, condition: Column) -> str:
        """Count the rows for which this is true."""
        return self.add(F.count_if(condition))

    def untried(self, place: Place, pattern: str | None) -> str | None:
        """Count the rows with a text that is too long for the pattern, where there may be any."""
        condition = None if pattern is None else too_long(place, pattern)
        return None if condition is None else self.rows_where(condition)

    def nulls(self, place: Place) -> str:
        """Count the rows that have a null there."""
        return self.known_nulls(place.column or place.path, place.missing)

    def query(self, sql: str) -> str:
        """Add an aggregate that is spelt in SQL."""
        name = f"q{len(self.queries)}"
        self.queries.append(F.expr(sql).alias(name))
        return name

    def known_nulls(self, column: str, missing: Callable[[], Column]) -> str:
        """Count the rows without a value there, once, whoever asks."""
        if column not in self._nulls:
            self._nulls[column] = self.rows_where(missing())
        return self._nulls[column]

    def nulls_of(self, column: str) -> str:
        """Count the nulls of a whole column: as its values, which costs Spark least.

        The column is spelt as in SQL, which takes a single call of the virtual machine.
        """
        name = self._nulls[column] = self.add(F.expr(f"count({column})"))
        self.present.add(name)
        return name


class Spelt:
    """Collects aggregates as SQL spells them, which takes Spark one call for all.

    `prefix` tells the names from those of other aggregations.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.columns = [f"count(1) AS {ROWS}"]
        #: Those that count values, where rows without one are asked for.
        self.present: set[str] = set()

    def add(self, aggregate: str) -> str:
        """Add an aggregate; returns its name in the result."""
        name = f"{self._prefix}{len(self.columns)}"
        self.columns.append(f"{aggregate} AS {name}")
        return name

    def nulls_of(self, column: str) -> str:
        """Count the nulls of a whole column: as its values, which costs Spark least."""
        name = self.add(f"count({column})")
        self.present.add(name)
        return name

    def nulls_in(self, holder: str, column: str) -> str:
        """Count the nulls of a field whose struct is there."""
        return self.add(f"count_if({holder} IS NOT NULL AND {column} IS NULL)")


def failing(rule: Mapping[str, Any]) -> Verdict:
    """Return what a failure of a quality rule is worth: ODCS leaves the words of severity open."""
    severity = str(rule.get("severity") or "").strip().lower()
    return Verdict.WARN if severity in _WARNINGS else Verdict.BLOCK


@dataclass(frozen=True, slots=True)
class NoRow:
    """A rule that no row may break; `failed` names the count of those that do.

    `untried` names the count of those on which it could not be tried, if there may be any.
    """

    name: str
    path: str | None
    failed: str
    verdict: Verdict = Verdict.BLOCK
    untried: str | None = None

    def result(self, numbers: Numbers) -> QualityResult:
        """Return ok where no row failed."""
        failed = int(numbers[self.failed] or 0)
        rows, untried = int(numbers[ROWS]), _untried(self.untried, numbers)
        if untried and not failed:
            return QualityResult(self.name, Verdict.UNKNOWN, self.path, total=rows, message=untried)
        verdict = self.verdict if failed else Verdict.OK
        return QualityResult(self.name, verdict, self.path, failed, rows, untried)


def _untried(name: str | None, numbers: Numbers) -> str | None:
    count = int(numbers[name] or 0) if name else 0
    rows = "row has" if count == 1 else "rows have"
    said = f"{count:,} {rows} a text of more than {MAX_TEXT:,} characters, which is not matched"
    return said if count else None


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A rule that was not looked at, and why."""

    name: str
    path: str | None
    why: str

    def result(self, _numbers: Numbers) -> QualityResult:
        """Return unknown."""
        return QualityResult(self.name, Verdict.UNKNOWN, self.path, message=self.why)


@dataclass(frozen=True, slots=True)
class Limit:
    """What the operator of a quality rule lets pass."""

    allowed: Threshold | None
    equal: Any = None
    different: bool = False
    words: str = ""
    caps: bool = False

    @classmethod
    def none(cls) -> Limit:
        """Return the limit of what must not be."""
        return cls.of({"mustBe": 0})

    @classmethod
    def of(cls, rule: Mapping[str, Any], default: Mapping[str, Any] | None = None) -> Limit:
        """Read the operator. Raises UnmeasurableError."""
        found = {name: rule[name] for name in OPERATORS if name in rule} or dict(default or {})
        if not found:
            raise UnmeasurableError("the rule has no operator such as mustBe")
        allowed = threshold(found)
        (name, value), *more = found.items()
        if more or (allowed is None and name not in ("mustBe", "mustNotBe")):
            raise UnmeasurableError("the rule has not one operator with numbers")
        caps = name in ("mustBeLessThan", "mustBeLessOrEqualTo") or (name, value) == ("mustBe", 0)
        return cls(allowed, value, name == "mustNotBe", f"{name} {_stated(value)}", caps)

    def passes(self, value: Any) -> bool:
        """Tell whether a value of the rule's metric is good."""
        if self.allowed is None:
            return (str(value) == str(self.equal)) is not self.different
        try:
            number = float(value)
        except (TypeError, ValueError):
            return False
        return Threshold((Interval(number, number, True, True),)).within(self.allowed)


def _stated(value: Any) -> str:
    return " and ".join(map(str, value)) if isinstance(value, list) else str(value)[:40]


@dataclass(frozen=True, slots=True)
class Metric:
    """A count that has to be within a limit, in rows or in percent of them."""

    name: str
    path: str | None
    count: str
    limit: Limit
    verdict: Verdict
    metric: str
    percent: bool = False
    untried: str | None = None

    def result(self, numbers: Numbers) -> QualityResult:
        """Compare the count with the limit."""
        found = self.judged(int(numbers[self.count] or 0), int(numbers[ROWS]))
        untried = _untried(self.untried, numbers)
        # More of them make it no better where the limit is one from above.
        if not untried or (found.verdict is not Verdict.OK and self.limit.caps):
            return found
        return replace(found, verdict=Verdict.UNKNOWN, failed=None, message=untried)

    def judged(self, count: int, rows: int) -> QualityResult:
        """Return the result of what was counted."""
        # Exact: 7 of 100 rows are 7 percent, and no 7.000000000000001.
        share = Decimal(count) * 100 / Decimal(rows or 1)
        good = self.limit.passes(share if self.percent else count)
        verdict = Verdict.OK if good else self.verdict
        if self.metric == "rowCount":
            said = None if good else f"{rows} rows; {self.limit.words}"
            return QualityResult(self.name, verdict, self.path, total=rows, message=said)
        unit = "percent" if self.percent else "rows"
        said = None if good else f"{self.metric}: {self.limit.words} {unit}"
        return QualityResult(self.name, verdict, self.path, count, rows, said)


@dataclass(frozen=True, slots=True)
class Query:
    """The number of a rule of type sql; it may be a value of the data and is never told."""

    name: str
    path: str | None
    value: str
    limit: Limit
    verdict: Verdict
    counts: bool

    def result(self, numbers: Numbers) -> QualityResult:
        """Compare the number with the limit."""
        value = numbers.get(self.value, UnmeasurableError(NOT_COMPUTED))
        rows = int(numbers[ROWS])
        if value is None or isinstance(value, UnmeasurableError):
            why = "the query gave no value" if value is None else str(value)
            return QualityResult(self.name, Verdict.UNKNOWN, self.path, total=rows, message=why)
        good = self.limit.passes(value)
        failed = int(value) if self.counts and self.limit.caps else None
        return QualityResult(
            self.name,
            Verdict.OK if good else self.verdict,
            self.path,
            failed,
            rows,
            None if good else f"the query's result is not as the rule says: {self.limit.words}",
        )
