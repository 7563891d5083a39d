"""Quality rules of type sql, where the query is aggregates over the one object.

`SELECT COUNT(*) FROM ${object} WHERE a < 0` becomes `COUNT(*) FILTER (WHERE a < 0)`, which one
aggregation takes along with all others. What a value of the data could make fail (a cast, a
division) becomes null instead: a rule must not end the job that writes the data.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.dialects import Spark

from dc43_gitdraft.observe.spark.options import UnmeasurableError

_OBJECT = re.compile(r"\$?\{(?:object|table|model|schema)\}", re.IGNORECASE)
_COLUMN = re.compile(r"\$?\{(?:column|property|field)\}", re.IGNORECASE)
#: Stands for the object where the query has a placeholder.
_NAME = "gitdraft_object"

_FORBIDDEN: tuple[type[exp.Expression], ...] = (
    *(exp.Filter, exp.Subquery, exp.Window, exp.Lateral, exp.Unnest),
    *(exp.Command, exp.Into, exp.Rand),
)
_CLAUSES = ("with", "with_", "joins", "group", "having", "distinct", "limit", "offset", "qualify")


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregate as Spark SQL spells it.

    `counts` says that it is a count of rows, `distinct` that it looks at distinct values, which
    no aggregation beside a write can.
    """

    sql: str
    counts: bool
    distinct: bool


def aggregate(
    query: str,
    *,
    names: Collection[str],
    columns: Mapping[str, bool],
    column: str | None = None,
    dialect: str | None = None,
) -> Aggregate:
    """Translate the query of a rule.

    `names` are the object's, `columns` those of the data, and whether they hold text; `column`
    spells the column that the rule belongs to, `dialect` is that of the contract's servers.
    Raises UnmeasurableError.
    """
    select = _parsed(_filled(query, column), dialect)
    _refuse(select, names, columns)
    (projection,) = select.expressions
    found = projection.unalias()
    where = select.args.get("where")
    condition = None if where is None else where.this
    counts = isinstance(found, (exp.Count, exp.CountIf))
    if not found.find(exp.AggFunc):
        raise UnmeasurableError("the query gives rows and no single number")
    for each in list(found.find_all(exp.Column, exp.Star)):
        if each.find_ancestor(exp.AggFunc) is None:
            raise UnmeasurableError("the query gives a value of a row")
    texts = {name.casefold() for name, text in columns.items() if text}
    return Aggregate(_sql(found, condition, texts), counts, found.find(exp.Distinct) is not None)


def _filled(query: str, column: str | None) -> str:
    if _COLUMN.search(query) and column is None:
        raise UnmeasurableError("the query names a column, and the rule belongs to none")
    # A function, so that backslashes of a name are none of the pattern's.
    filled = _COLUMN.sub(lambda _: column or "", query)
    return _OBJECT.sub(_NAME, filled)


def _parsed(query: str, dialect: str | None) -> exp.Select:
    # Backticks of ours are Spark's; a dialect that quotes otherwise is read as itself.
    for read in dict.fromkeys((dialect or "spark", "spark")):
        try:
            found = sqlglot.parse(query, read=read)
        except (sqlglot.errors.SqlglotError, RecursionError, ValueError):
            continue
        if len(found) == 1 and isinstance(found[0], exp.Select):
            return found[0]
    raise UnmeasurableError("the query is no single SELECT that is understood")


def _refuse(select: exp.Select, names: Collection[str], columns: Collection[str]) -> None:
    if any(select.args.get(clause) for clause in _CLAUSES):
        raise UnmeasurableError("the query is more than an aggregate over the object")
    if select.find(*_FORBIDDEN) or len(select.expressions) != 1:
        raise UnmeasurableError("the query is more than an aggregate over the object")
    tables = list(select.find_all(exp.Table))
    known = {_NAME, *(name.casefold() for name in names)}
    if len(tables) != 1 or tables[0].name.casefold() not in known:
        raise UnmeasurableError("the query asks another table than the object")
    strange = next((each for each in select.find_all(exp.Anonymous)), None)
    if strange is not None:
        # Also what could call Java.
        raise UnmeasurableError(f"the query calls {str(strange.name)[:40]}, which is not known")
    folded = {name.casefold() for name in columns}
    for each in select.find_all(exp.Column):
        parts = [part.name.casefold() for part in each.parts]
        own = parts[1:] if len(parts) > 1 and parts[0] in _aliases(tables[0], known) else parts
        if own[0] not in folded:
            raise UnmeasurableError(f"the data has no column {each.parts[-len(own)].name[:40]}")
        if len(own) != len(parts):
            each.replace(_column(each.parts[1:]))


def _aliases(table: exp.Table, known: Collection[str]) -> set[str]:
    return {*known, table.alias.casefold()} - {""}


def _column(parts: Sequence[Any]) -> exp.Column:
    keys = ("this", "table", "db", "catalog")
    return exp.Column(**dict(zip(keys, reversed(parts), strict=False)))


def _sql(found: exp.Expression, condition: exp.Expression | None, texts: Collection[str]) -> str:
    """Spell the aggregates, each with the condition, so that no value can make them fail."""
    where = None if condition is None else _gentle(condition, texts)
    root = _gentle(found, texts)
    for node in list(root.find_all(exp.AggFunc, exp.Anonymous)):
        if where is not None and (isinstance(node, exp.AggFunc) or node.name in _GENTLE.values()):
            node.replace(exp.Filter(this=node.copy(), expression=exp.Where(this=where.copy())))
    return str(_Generator(dialect="spark").generate(root))


def _gentle(found: exp.Expression, texts: Collection[str]) -> exp.Expression:
    root = exp.Paren(this=found.copy())
    for each in list(root.find_all(exp.Binary, exp.Between, exp.In, exp.Sum, exp.Avg)):
        _read_as_numbers(each, texts)
    for node in reversed(list(root.walk())):  # what is inside first
        if isinstance(node, exp.Div):
            node.replace(exp.Anonymous(this="try_divide", expressions=[node.left, node.right]))
        elif gentle := _GENTLE.get(type(node)):
            node.replace(exp.Anonymous(this=gentle, expressions=[node.this]))
    return root


def _read_as_numbers(node: Any, texts: Collection[str]) -> None:
    """Cast columns of text that stand beside numbers: Spark's own cast ends the job on a word."""
    sides = [each for each in node.iter_expressions() if isinstance(each, exp.Expression)]
    beside = [each for each in sides if not isinstance(each, exp.Column)]
    if not isinstance(node, exp.AggFunc) and not any(_is_number(each) for each in beside):
        return
    for each in sides:
        if isinstance(each, exp.Column) and each.parts[0].name.casefold() in texts:
            each.replace(exp.TryCast(this=each.copy(), to=exp.DataType.build("double")))


def _is_number(node: exp.Expression) -> bool:
    inner = node.this if isinstance(node, exp.Neg) else node
    return isinstance(inner, exp.Literal) and not inner.is_string


_GENTLE: Mapping[Any, str] = {exp.Sum: "try_sum", exp.Avg: "try_avg"}


def _try_cast(generator: Any, node: exp.Cast) -> str:
    return f"TRY_CAST({generator.sql(node, 'this')} AS {generator.sql(node, 'to')})"


class _Generator(Spark.Generator):  # type: ignore[misc]
    TRANSFORMS = {  # noqa: RUF012 - as its base has it
        **Spark.Generator.TRANSFORMS,
        exp.Cast: _try_cast,
        exp.TryCast: _try_cast,
    }
