"""Quality rules: those of type library by their metric, those of type sql by their query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dc43_gitdraft.changes import dotted
from dc43_gitdraft.observe.spark import options
from dc43_gitdraft.observe.spark.keys import Key, hashable
from dc43_gitdraft.observe.spark.literals import literal
from dc43_gitdraft.observe.spark.options import UnmeasurableError
from dc43_gitdraft.observe.spark.places import Place
from dc43_gitdraft.observe.spark.queries import aggregate
from dc43_gitdraft.observe.spark.rules import (
    ROWS,
    Aggregates,
    Limit,
    Metric,
    Query,
    Rule,
    Unmeasured,
    failing,
)

#: The metrics of ODCS 3.1, and words for them from the time of 3.0, in which `rule` was free.
_METRICS: Mapping[str, str] = {
    "nullvalues": "nullValues",
    "nullcheck": "nullValues",
    "nullcount": "nullValues",
    "notnull": "nullValues",
    "not_null": "nullValues",
    "missingvalues": "missingValues",
    "missingcount": "missingValues",
    "invalidvalues": "invalidValues",
    "validvalues": "invalidValues",
    "invalidcount": "invalidValues",
    "duplicatevalues": "duplicateValues",
    "duplicatecount": "duplicateValues",
    "unique": "duplicateValues",
    "uniquecheck": "duplicateValues",
    "rowcount": "rowCount",
    "countcheck": "rowCount",
}
#: What these mean where 3.0 has them without an operator.
_NONE: Mapping[str, Any] = {"mustBe": 0}


@dataclass(frozen=True, slots=True)
class Site:
    """Where a rule stands: the object, or a property of it.

    `names` are the object's names in queries, `columns` those of the data, and whether they hold
    text.
    """

    path: str
    places: Mapping[str, Place]
    names: frozenset[str]
    columns: Mapping[str, bool]
    dialect: str | None
    place: Place | None = None

    @property
    def property(self) -> str | None:
        """Return the property's path; None for the object."""
        return None if self.place is None else self.place.path


@dataclass(frozen=True, slots=True)
class Checks:
    """Finds out before anything runs what Spark would refuse; without a DataFrame, nothing."""

    df: DataFrame | None = None
    foreign: frozenset[str] = frozenset()

    @classmethod
    def of(cls, df: DataFrame | None, node: Mapping[str, Any]) -> Checks:
        """Try the regular expressions of a schema object, all at once where they are good."""
        patterns = sorted(set(_patterns(node)))
        if df is None or not patterns or _runs(df, patterns):
            return cls(df)
        return cls(df, frozenset(each for each in patterns if not _runs(df, [each])))

    def pattern(self, pattern: str) -> None:
        """Refuse an expression that Java does not know. Raises UnmeasurableError."""
        if pattern in self.foreign:
            raise UnmeasurableError("the pattern is no regular expression of Java's")

    def query(self, sql: str) -> None:
        """Refuse an aggregate that does not go with the columns. Raises UnmeasurableError."""
        if self.df is None:
            return
        try:
            _ = self.df.agg(F.expr(sql)).schema
        except PySparkException as error:
            raise UnmeasurableError("Spark cannot compute the query") from error


def _runs(df: DataFrame, patterns: Sequence[str]) -> bool:
    tries = [F.col("text").rlike(pattern) for pattern in patterns]
    try:
        # Of a row that the planner has in hand: it needs no job.
        df.sparkSession.sql("SELECT * FROM VALUES ('') AS tries(text)").select(*tries).collect()
    except Exception as error:
        if isinstance(error, PySparkException) or "PatternSyntax" in str(error):
            return False
        raise
    return True


def _patterns(node: Any) -> Iterator[str]:
    """Yield the patterns of options and rules, however deep."""
    for key, value in node.items() if isinstance(node, dict) else ():
        if key == "pattern" and isinstance(value, str):
            yield value
        elif isinstance(value, (dict, list)):
            yield from _patterns(value)
    for item in node if isinstance(node, list) else ():
        yield from _patterns(item)


@dataclass(frozen=True, slots=True)
class Jobs:
    """What is aggregated in one pass, also beside a write, and what needs exact distinct counts."""

    plain: Aggregates
    exact: Aggregates
    checks: Checks

    def key(self, metric: Metric, members: Sequence[Place], *, whole: bool = False) -> Key:
        """Make the rule that values are distinct together. Raises UnmeasurableError."""
        columns = []
        for each in members:
            if each.column is None:
                raise UnmeasurableError("its values are inside of arrays or maps")
            if any(word in (each.type.physical or "") for word in ("map<", "variant")):
                raise UnmeasurableError("Spark cannot compare maps and variants")
            columns.append(each.column)
        hashes = all(hashable(each.type) for each in members)
        return Key(metric, tuple(sorted(columns)), hashes, whole)


def quality(stated: Any, site: Site, jobs: Jobs) -> Iterator[tuple[bool, Rule | Key]]:
    """Yield the quality rules of a property or an object, and whether each needs exact counts."""
    for index, rule in enumerate(stated if isinstance(stated, list) else []):
        if not isinstance(rule, dict):
            continue
        name = called(rule, index)
        try:
            yield _rule(rule, name, site, jobs)
        except UnmeasurableError as error:
            yield False, Unmeasured(name, site.property, str(error))


def called(rule: Mapping[str, Any], index: int) -> str:
    """Return a rule's name, or what stands for it."""
    for key in ("name", "id", "metric", "rule"):
        if isinstance(rule.get(key), str):
            return str(rule[key])
    return f"quality[{index}]"


def _rule(rule: Mapping[str, Any], name: str, site: Site, jobs: Jobs) -> tuple[bool, Rule | Key]:
    kind = rule.get("type", "library")
    if kind == "sql":
        return _query(rule, name, site, jobs)
    if kind == "text":
        raise UnmeasurableError("it is a text for people")
    if kind == "custom":
        raise UnmeasurableError(f"it is a rule of {str(rule.get('engine', 'another tool'))[:40]}")
    said = str(rule.get("metric", rule.get("rule")))
    metric = _METRICS.get(said.casefold())
    if metric is None:
        raise UnmeasurableError(f"the metric {said[:40]} is not known")
    limit = Limit.of(rule, None if metric == "rowCount" else _NONE)
    verdict, percent = failing(rule), _percent(rule)
    if metric == "duplicateValues":
        duplicates = Metric(name, site.property, ROWS, limit, verdict, metric, percent)
        return True, jobs.key(duplicates, _members(rule, site))
    if metric == "rowCount":
        return False, Metric(name, site.property, ROWS, limit, verdict, metric)
    if site.place is None:
        raise UnmeasurableError(f"{metric} belongs to a property, and this is an object's rule")
    count = _counted(metric, rule, site.place, jobs)
    pattern = _argument(rule, "pattern") if metric == "invalidValues" else None
    untried = jobs.plain.untried(site.place, pattern if isinstance(pattern, str) else None)
    return False, Metric(name, site.property, count, limit, verdict, metric, percent, untried)


def _percent(rule: Mapping[str, Any]) -> bool:
    unit = str(rule.get("unit") or "rows").strip().lower()
    if unit in ("percent", "percentage", "%"):
        return True
    if unit in ("rows", "row", "count"):
        return False
    raise UnmeasurableError(f"the unit {unit[:40]} is not known; there are rows and percent")


def _counted(metric: str, rule: Mapping[str, Any], place: Place, jobs: Jobs) -> str:
    if metric == "nullValues":
        return jobs.plain.nulls(place)
    if metric == "missingValues":
        listed = _argument(rule, "missingValues")
        words = listed if isinstance(listed, list) else [None]
        return jobs.plain.rows_where(_missing(place, words))
    valid, pattern = _argument(rule, "validValues"), _argument(rule, "pattern")
    wrong: list[Column] = []
    if isinstance(valid, list):
        wrong.append(options.not_among(place, valid))
    if isinstance(pattern, str):
        jobs.checks.pattern(pattern)
        wrong.append(options.not_matching(place, pattern))
    if not wrong:
        raise UnmeasurableError("it lists no validValues and no pattern")
    return jobs.plain.rows_where(reduce(lambda one, other: one | other, wrong))


def _argument(rule: Mapping[str, Any], name: str) -> Any:
    return {**rule, **_mapping(rule.get("arguments"))}.get(name)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _missing(place: Place, words: Sequence[Any]) -> Column:
    known = [literal(word, place.type) for word in words]
    values = [each for each in known if each is not None]
    found = place.missing() if None in words else F.lit(False)
    return (found | place.any(lambda value: value.isin(*values))) if values else found


def _members(rule: Mapping[str, Any], site: Site) -> tuple[Place, ...]:
    """Return the properties that have to be distinct together."""
    listed = _mapping(rule.get("arguments")).get("properties")
    if not isinstance(listed, list) or not listed:
        if site.place is None:
            raise UnmeasurableError("it lists no properties in its arguments")
        return (site.place,)
    paths = [dotted(site.path, str(each).removeprefix(f"{site.path}.")) for each in listed]
    if any(path not in site.places for path in paths):
        raise UnmeasurableError("the data has not all of the properties that it lists")
    return tuple(site.places[path] for path in paths)


def _query(rule: Mapping[str, Any], name: str, site: Site, jobs: Jobs) -> tuple[bool, Rule]:
    limit = Limit.of(rule)
    found = aggregate(
        str(rule.get("query") or ""),
        names=site.names,
        columns=site.columns,
        column=None if site.place is None else site.place.column,
        dialect=site.dialect,
    )
    jobs.checks.query(found.sql)
    value = (jobs.exact if found.distinct else jobs.plain).query(found.sql)
    query = Query(name, site.property, value, limit, failing(rule), found.counts)
    return found.distinct, query
