"""What a CHECK says of single columns, where a contract can say exactly the same.

A condition is read as a whole or not at all: comparisons of one column with numbers, lengths of
texts, lists of values, joined by AND.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from dc43_gitdraft.model import DataType, ObservedProperty
from dc43_gitdraft.observe.sql_tokens import Word, Words
from dc43_gitdraft.observe.sql_types import permitted

_OPPOSITE: Mapping[str, str] = {">=": "<=", ">": "<", "<=": ">=", "<": ">", "=": "="}
_BOUNDS: Mapping[str, str] = {
    ">=": "minimum",
    ">": "exclusiveMinimum",
    "<=": "maximum",
    "<": "exclusiveMaximum",
}
_LENGTHS = frozenset({"CHAR_LENGTH", "CHARACTER_LENGTH"})
#: Where LENGTH counts characters.
_COUNTS_CHARACTERS = frozenset({"bigquery", "duckdb", "oracle", "postgres", "snowflake", "spark"})
#: Types to which a text or a number may be cast without becoming another one.
_CASTS = frozenset({"text", "varchar", "character varying", "numeric", "decimal", "bigint"})
_MAX_DEPTH = 64

Columns = dict[str, ObservedProperty]


class _UnsaidError(Exception):
    """A condition that a contract has no words for; never leaves this module."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column in a condition, or the length of what is in it."""

    name: str
    length: bool = False


@dataclass(frozen=True, slots=True)
class _Literal:
    value: str | int | float


@dataclass(frozen=True, slots=True)
class _Fact:
    """What a condition says of a column: an operator, and what it is compared with."""

    column: _Column
    operator: str
    values: tuple[str | int | float, ...] = ()


def promised(words: Words, columns: Columns, dialect: str | None) -> Columns | None:
    """Return the columns as a condition promises them; None where that cannot be said exactly."""
    reader = _Reader(words, columns, dialect)
    found = dict(columns)
    try:
        facts = reader.whole()
        for fact in facts:
            found[fact.column.name] = _stated(found[fact.column.name], fact, dialect)
    except _UnsaidError:
        return None
    return found


def _stated(column: ObservedProperty, fact: _Fact, dialect: str | None) -> ObservedProperty:
    """Return the column with one more constraint."""
    kind = column.type
    if fact.operator == "NOT NULL":
        return replace(column, nullable=False)
    if fact.column.length:
        return replace(column, type=_with_length(kind, fact))
    if fact.operator in ("IN", "="):
        values = permitted(kind, fact.values, dialect)
        if column.enum or not values:
            raise _UnsaidError
        return replace(column, enum=values)
    (value,) = fact.values
    if kind.logical not in ("integer", "number") or isinstance(value, str):
        raise _UnsaidError
    return replace(column, type=_with(kind, _BOUNDS[fact.operator], value))


def _with_length(kind: DataType, fact: _Fact) -> DataType:
    (value,) = fact.values
    if kind.logical != "string" or type(value) is not int or fact.operator not in _OPPOSITE:
        raise _UnsaidError
    if fact.operator in ("=", ">=", ">"):
        kind = _with(kind, "minLength", value + (fact.operator == ">"))
    if fact.operator in ("=", "<=", "<"):
        kind = _with(kind, "maxLength", value - (fact.operator == "<"))
    return kind


def _with(kind: DataType, name: str, value: int | float) -> DataType:
    """Add a bound; of two of one kind the tighter one holds."""
    if name.endswith("Length") and value < 0:
        raise _UnsaidError
    before = kind.options.get(name)
    if isinstance(before, (int, float)):
        value = max(before, value) if "min" in name.lower() else min(before, value)
    return replace(kind, options={**kind.options, name: value})


class _Reader:
    """Reads a condition, word by word."""

    def __init__(self, words: Words, columns: Columns, dialect: str | None) -> None:
        self._words = words
        self._columns = columns
        self._dialect = dialect
        self._place = 0
        self._depth = 0

    def whole(self) -> list[_Fact]:
        found = self._all()
        if self._place != len(self._words):
            raise _UnsaidError
        return found

    def _peek(self, ahead: int = 0) -> Word | None:
        place = self._place + ahead
        return self._words[place] if place < len(self._words) else None

    def _says(self, *words: str) -> bool:
        for ahead, word in enumerate(words):
            found = self._peek(ahead)
            if found is None or not found.says(word):
                return False
        self._place += len(words)
        return True

    def _need(self, *words: str) -> None:
        if not self._says(*words):
            raise _UnsaidError

    def _bracketed(self, read: Callable[[], object]) -> object:
        self._need("(")
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise _UnsaidError
        found = read()
        self._need(")")
        self._depth -= 1
        return found

    def _all(self) -> list[_Fact]:
        found = self._one()
        while self._says("AND"):
            found += self._one()
        return found

    def _one(self) -> list[_Fact]:
        """Read a condition in parentheses, or a comparison, which may begin with some."""
        start, depth = self._place, self._depth
        first = self._peek()
        if first is not None and first.says("("):
            try:
                found = self._bracketed(self._all)
                following = self._peek()
                if isinstance(found, list) and (following is None or following.says("AND", ")")):
                    return found
            except _UnsaidError:
                pass
            self._place, self._depth = start, depth
        return self._comparison()

    def _comparison(self) -> list[_Fact]:
        left = self._operand()
        if isinstance(left, _Column):
            if self._says("IS", "NOT", "NULL"):
                return [_Fact(left, "NOT NULL")]
            if self._says("IN"):
                return [_Fact(left, "IN", self._list("(", ")"))]
            if self._says("BETWEEN"):
                low = self._literal()
                self._need("AND")
                return [_Fact(left, ">=", (low,)), _Fact(left, "<=", (self._literal(),))]
        operator = self._operator()
        if operator == "=" and isinstance(left, _Column) and self._says("ANY"):
            return [_Fact(left, "IN", self._array())]
        right = self._operand()
        if isinstance(left, _Column) and isinstance(right, _Literal):
            return [_Fact(left, operator, (right.value,))]
        if isinstance(left, _Literal) and isinstance(right, _Column):
            return [_Fact(right, _OPPOSITE[operator], (left.value,))]
        raise _UnsaidError

    def _operator(self) -> str:
        for operator in (">=", "<=", ">", "<", "="):
            if self._says(operator):
                # As two marks: some dialects read `> =` so.
                return operator if operator == "=" or not self._says("=") else f"{operator}="
        raise _UnsaidError

    def _operand(self) -> _Column | _Literal:
        found = self._bare()
        while self._says("::"):
            self._cast()
        return found

    def _bare(self) -> _Column | _Literal:
        word = self._peek()
        if word is None:
            raise _UnsaidError
        if word.says("("):
            inner = self._bracketed(self._operand)
            assert isinstance(inner, (_Column, _Literal))  # noqa: S101 - what `_operand` returns
            return inner
        self._place += 1
        if word.kind == "string":
            return _Literal(word.text)
        if word.kind == "number":
            return _Literal(_number(word.text))
        if word.says("-"):
            following = self._peek()
            self._place += 1
            if following is None or following.kind != "number":
                raise _UnsaidError
            return _Literal(-_number(following.text))
        if word.kind == "mark":
            raise _UnsaidError
        return self._column(word)

    def _column(self, word: Word) -> _Column:
        following = self._peek()
        if following is not None and following.says("("):
            counts = _LENGTHS | ({"LENGTH"} if self._dialect in _COUNTS_CHARACTERS else set())
            inner = self._bracketed(self._operand) if word.says(*counts) else None
            if not isinstance(inner, _Column) or inner.length:
                raise _UnsaidError
            return _Column(inner.name, length=True)
        if word.text in self._columns:
            return _Column(word.text)
        alike = [name for name in self._columns if name.casefold() == word.text.casefold()]
        if len(alike) != 1 or word.kind == "quoted":
            raise _UnsaidError
        return _Column(alike[0])

    def _cast(self) -> None:
        words: list[str] = []
        while (word := self._peek()) is not None and word.kind == "word" and len(words) < 2:
            if word.says("AND", "::", "IN", "IS", "BETWEEN") or not word.text.isalpha():
                break
            words.append(word.text.lower())
            self._place += 1
        self._says("[", "]")
        if " ".join(words) not in _CASTS:
            raise _UnsaidError

    def _literal(self) -> str | int | float:
        found = self._operand()
        if not isinstance(found, _Literal):
            raise _UnsaidError
        return found.value

    def _list(self, opening: str, closing: str) -> tuple[str | int | float, ...]:
        self._need(opening)
        found = [self._literal()]
        while self._says(","):
            found.append(self._literal())
        self._need(closing)
        return tuple(found)

    def _array(self) -> tuple[str | int | float, ...]:
        """Read `(ARRAY['a'::text])`, as Postgres writes what was an IN."""
        self._need("(")
        inner = self._says("(")
        self._need("ARRAY")
        found = self._list("[", "]")
        if inner:
            self._need(")")
        while self._says("::"):
            self._cast()
        self._need(")")
        return found


def _number(text: str) -> int | float:
    """Return a number that is written again as it was. Raises _UnsaidError."""
    if text.isdecimal() and len(text) <= 38:
        return int(text)
    try:
        found = float(text)
        if Decimal(str(found)) == Decimal(text):
            return found
    except (ArithmeticError, ValueError):
        pass
    raise _UnsaidError
