"""What a contract demands of data, as the columns of one aggregation."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it
from pyspark.sql.types import StructType

from dc43_gitdraft.matching import match, schema_object
from dc43_gitdraft.model import ObservedProperty, Profile, QualityResult, Verdict
from dc43_gitdraft.observe.spark import computing
from dc43_gitdraft.observe.spark.keys import Key
from dc43_gitdraft.observe.spark.keys import measured as exactly
from dc43_gitdraft.observe.spark.library import Checks, Jobs, Site, called, quality
from dc43_gitdraft.observe.spark.literals import is_text
from dc43_gitdraft.observe.spark.options import UnmeasurableError, conditions, not_among
from dc43_gitdraft.observe.spark.places import Absent, Place, missing, places, spelt
from dc43_gitdraft.observe.spark.profile import Facts, Part, parts, with_values
from dc43_gitdraft.observe.spark.profile import read as read_profiles
from dc43_gitdraft.observe.spark.rules import (
    NOT_COMPUTED,
    ROWS,
    Aggregates,
    Limit,
    Metric,
    NoRow,
    Numbers,
    Rule,
    Spelt,
    Unmeasured,
)
from dc43_gitdraft.observe.spark.types import properties
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.types import dialect_of

#: Columns whose nulls are counted; past that an aggregation would take minutes to compile.
MAX_COUNTED = 2_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one aggregation told: rows, nulls by the path of field names, results of rules.

    `profiles` are there where they were asked for.
    """

    rows: int
    nulls: Mapping[tuple[str, ...], int]
    quality: tuple[QualityResult, ...]
    profiles: Mapping[tuple[str, ...], Profile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """How to measure a contract.

    `measure` takes one aggregation, and one for each of `parts` where a profile is made by parts.
    `columns` may also go into `df.observe(observation, *plan.columns)` beside a write; `read` takes
    the row that comes out. What rules of type sql compute may fail for some value, and would end
    the write: `queries` are apart, and `queried` is an aggregation of them alone. What needs exact
    distinct counts (unique, primary keys, duplicateValues) cannot be observed beside a write
    either: `keys` is one more job, and `exact` says whether there is anything for it to do.
    """

    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    nulls: Mapping[tuple[str, ...], str]
    exact_columns: tuple[Column, ...] = ()
    exact_rules: tuple[Rule | Key, ...] = ()
    facts: tuple[Facts, ...] = ()
    parts: tuple[tuple[str, ...], ...] = ()
    present: frozenset[str] = frozenset()
    queries: tuple[Column, ...] = ()
    exact_queries: tuple[Column, ...] = ()
    counted: int = 1

    @property
    def exact(self) -> bool:
        """Tell whether `keys` has anything to do."""
        return bool(self.exact_rules)

    def measure(self, df: DataFrame) -> Measured:
        """Measure by one aggregation, and by more where Spark fails.

        A rule that makes it fail is unknown. Raises what Spark raises where it cannot even count.
        """
        found: dict[str, Any] = {}
        for numbers in computing.rows(df, self.parts):
            found |= self._numbers(numbers)
        if found and len(self.columns) == 1 and not self.queries:
            return self._told(found)  # of which each part told the rows
        try:
            numbers = computing.together(df, self.columns, self.queries)
            return self._told(found | self._numbers(numbers))
        except Exception as error:
            if not self.rules:
                raise
            _log.warning("rows and nulls alone are counted after %s", type(error).__name__)
        found |= self._numbers(computing.row(df, self.columns[: self.counted]))
        return Measured(int(found[ROWS]), self._nulls(found), self.unknown(NOT_COMPUTED))

    def unknown(self, why: str) -> tuple[QualityResult, ...]:
        """Return what is said of the rules where nothing could be measured."""
        rules = (Unmeasured(each.name, each.path, why) for each in self.rules)
        return tuple(each.result({}) for each in rules)

    def queried(self, df: DataFrame) -> Mapping[str, Any]:
        """Compute `queries` for `read`; no job where there are none."""
        return computing.alone(df, self.queries)

    def read(self, row: Any, unqueried: str | None = None) -> Measured:
        """Read the row of the aggregation, or the dict of a Spark Observation.

        `unqueried` says why nothing in it is of `queries`.
        """
        numbers = self._numbers(row if isinstance(row, Mapping) else row.asDict())
        if unqueried is not None:
            names = (f"q{at}" for at in range(len(self.queries)))
            numbers |= {name: UnmeasurableError(unqueried) for name in names}
        return self._told(numbers)

    def _told(self, numbers: Numbers) -> Measured:
        return Measured(
            int(numbers[ROWS]),
            self._nulls(numbers),
            tuple(rule.result(numbers) for rule in self.rules),
            read_profiles(self.facts, numbers),
        )

    def _numbers(self, row: Numbers) -> dict[str, Any]:
        present = self.present & row.keys()
        return {**row, **{name: row[ROWS] - (row[name] or 0) for name in present}}

    def _nulls(self, numbers: Numbers) -> dict[tuple[str, ...], int]:
        return {path: int(numbers[name] or 0) for path, name in self.nulls.items()}

    def values(self, df: DataFrame, measured: Measured) -> Measured:
        """Add to profiles the values of columns that have few; one job, if there are any."""
        return replace(measured, profiles=with_values(df, self.facts, measured.profiles))

    def keys(self, df: DataFrame) -> tuple[QualityResult, ...]:
        """Count exactly what must be distinct: one job, and another where something is not."""
        if not self.exact_rules:
            return ()
        return exactly(df, self.exact_rules, self.exact_columns, self.exact_queries)


def plan(
    contract: Contract | None,
    schema: StructType,
    object: str | None = None,  # noqa: A002 - the model's and the option's word
    *,
    df: DataFrame | None = None,
    profile: bool = False,
) -> Plan:
    """Plan the measuring of data of this schema; without a contract, of rows and nulls alone.

    With `profile`, of what the values are like too, which takes two to three times as long. Without
    it, nulls are counted where they say something: not in what the contract knows as optional.

    Where `df` is given, what Spark cannot compute (a foreign regular expression, a query whose
    types do not go together) is found now, and is unknown; else it fails the aggregation.
    Raises ContractError where it is not clear which schema object is meant, and UnknownTypeError.
    """
    seen = properties(schema)
    node = {} if contract is None else contract.document["schema"][schema_object(contract, object)]
    jobs = Jobs(Aggregates(), Aggregates(), Checks.of(df, node))
    told = seen if profile else _told_by_nulls(seen, node)
    profiled = parts(seen, df) if profile else ()
    apart = [Spelt(f"p{at}_") for at, part in enumerate(profiled) if part.sketched]
    homes = dict(_homes(profiled, apart))
    nulls = dict(_null_counts(told, homes, jobs.plain))
    counted = len(jobs.plain.columns)
    made = [] if contract is None else list(_rules(contract, node, seen, jobs))
    asked = tuple(_facts(profiled, apart, jobs.plain))
    return Plan(
        tuple(jobs.plain.columns),
        tuple(rule for apart, rule in made if not apart and not isinstance(rule, Key)),
        nulls,
        tuple(jobs.exact.columns),
        tuple(rule for apart, rule in made if apart),
        asked,
        tuple(tuple(each.columns) for each in apart),
        frozenset(jobs.plain.present).union(*(each.present for each in apart)),
        tuple(jobs.plain.queries),
        tuple(jobs.exact.queries),
        counted,
    )


def _told_by_nulls(
    seen: Sequence[ObservedProperty], node: Mapping[str, Any]
) -> Sequence[ObservedProperty]:
    """Leave out optional columns of the contract: Spark need not even read one without a rule."""
    stated = node.get("properties") or []
    optional = {
        column.name
        for at, column in match(stated, seen).items()
        if not stated[at].get("required") and not column.type.fields
    }
    return [each for each in seen if each.name not in optional]


def _homes(
    profiled: Sequence[Part], apart: Sequence[Spelt]
) -> Iterator[tuple[tuple[str, ...], Spelt]]:
    """Yield where each column is aggregated, of those that are not with all the others."""
    for part, home in zip(profiled, apart, strict=False):
        yield from ((path, home) for path, _ in part.columns)


def _facts(profiled: Sequence[Part], apart: Sequence[Spelt], plain: Aggregates) -> Iterator[Facts]:
    for at, part in enumerate(profiled):
        yield from part.facts(apart[at].add if apart else lambda sql: plain.add(F.expr(sql)))


def _null_counts(
    seen: Sequence[ObservedProperty],
    homes: Mapping[tuple[str, ...], Spelt],
    plain: Aggregates,
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Count the nulls of columns, and of fields in structs, where each is aggregated."""
    waiting: list[tuple[tuple[str, ...], ObservedProperty, str | None]] = [
        ((each.name,), each, None) for each in seen
    ]
    for path, each, holder in islice(waiting, MAX_COUNTED):  # which grows meanwhile
        name = ".".join(map(spelt, path))
        inside = len(waiting) < MAX_COUNTED and bool(each.type.fields)
        home = homes.get(path)
        if holder is None:
            yield path, (home or plain).nulls_of(name)
        elif home is not None:
            yield path, home.nulls_in(holder, name)
        else:
            yield path, plain.known_nulls(name, partial(_missing, name, holder))
        if inside:
            waiting += [((*path, field.name), field, name) for field in each.type.fields]


def _missing(name: str, holder: str) -> Column:
    return missing(F.col(name), F.col(holder))


def _rules(
    contract: Contract, node: Mapping[str, Any], seen: Sequence[ObservedProperty], jobs: Jobs
) -> Iterator[tuple[bool, Rule | Key]]:
    name = str(node.get("name", ""))
    found = list(places(node.get("properties") or [], seen, name))
    there = {each.path: each for each in found if isinstance(each, Place)}
    names = frozenset(str(node[key]).rpartition(".")[2] for key in _NAMES if node.get(key))
    columns = {each.name: is_text(each.type) for each in seen}
    site = Site(name, there, names, columns, dialect_of(contract.document))
    for each in found:
        if isinstance(each, Absent):
            yield from _of_absent(each)
        else:
            yield from _of_place(each, jobs)
            yield from quality(each.node.get("quality"), replace(site, place=each), jobs)
    key = [each for each in found if each.node.get("primaryKey") is True]
    if key:
        yield from _primary_key(key, jobs)
    yield from quality(node.get("quality"), site, jobs)


_NAMES = ("name", "physicalName")


def _of_place(place: Place, jobs: Jobs) -> Iterator[tuple[bool, Rule | Key]]:
    node, path = place.node, place.path
    if node.get("required") is True:
        yield False, NoRow("required", path, jobs.plain.nulls(place))
    makers: list[tuple[str, Callable[[], Column]]] = []
    listed = node.get("enum")
    if isinstance(listed, list) and listed:
        values = [each.get("value") if isinstance(each, dict) else each for each in listed]
        makers.append(("enum", lambda: not_among(place, values)))
    for name, maker in [*makers, *conditions(place, jobs.checks.pattern)]:
        try:
            failed = jobs.plain.rows_where(maker())
            untried = jobs.plain.untried(place, _pattern(node) if name == "pattern" else None)
            yield False, NoRow(name, path, failed, untried=untried)
        except UnmeasurableError as error:
            yield False, Unmeasured(name, path, str(error))
    if node.get("unique") is True and node.get("primaryKey") is not True:
        yield _distinct("unique", (place,), jobs)


def _pattern(node: Mapping[str, Any]) -> str:
    return str(node["logicalTypeOptions"]["pattern"])


def _distinct(
    name: str, members: Sequence[Place], jobs: Jobs, path: str | None = None
) -> tuple[bool, Rule | Key]:
    whole = name == "primaryKey"
    path = path or members[0].path
    metric = Metric(name, path, ROWS, Limit.none(), Verdict.BLOCK, name)
    try:
        return True, jobs.key(metric, members, whole=whole)
    except UnmeasurableError as error:
        return False, Unmeasured(name, path, str(error))


def _primary_key(key: Sequence[Place | Absent], jobs: Jobs) -> Iterator[tuple[bool, Rule | Key]]:
    path = ",".join(each.path for each in key)
    members = [each for each in key if isinstance(each, Place)]
    if len(members) < len(key):
        yield False, Unmeasured("primaryKey", path, _NOT_THERE)
    else:
        yield _distinct("primaryKey", members, jobs, path)


_NOT_THERE = "the data has no such property"


def _of_absent(absent: Absent) -> Iterator[tuple[bool, Rule | Key]]:
    """Say of each rule of a property that is not there that nobody looked."""
    node = absent.node
    names = [name for name in ("required", "unique") if node.get(name) is True]
    names += ["enum"] if node.get("enum") else []
    rules = node.get("quality") or []
    names += [called(rule, at) for at, rule in enumerate(rules) if isinstance(rule, dict)]
    for name in names:
        yield False, Unmeasured(name, absent.path, _NOT_THERE)
