"""The shape of many JSON values: which types, which properties, how often without a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dc43_gitdraft.model import DataType, ObservedProperty
from dc43_gitdraft.observe.storage import plain
from dc43_gitdraft.observe.tallies import MAX_PROFILED, Tally
from dc43_gitdraft.observe.texts import QUOTED_KINDS, join, narrow, type_of

#: An object with more distinct keys than this is a map.
MAX_KEYS = 1_000

#: A row with more is refused: a row cannot be a map.
MAX_COLUMNS = 10_000

#: In the whole source, nested ones counted: what bounds the memory.
MAX_PROPERTIES = 100_000

#: Of objects and arrays in each other.
MAX_DEPTH = 64

#: Properties named in the warnings.
MAX_WARNINGS = 20


class ShapeError(ValueError):
    """A value that cannot be described."""


class Shape:
    """What one place has held.

    `count` counts values other than null, `objects` those that were objects; `kinds` are JSON's
    types. An object that turned out to be a map has `values` in place of `fields`. `tally` is there
    where a profile was asked for.
    """

    __slots__ = ("count", "fields", "items", "kinds", "objects", "tally", "text", "values")

    def __init__(self) -> None:
        self.count = 0
        self.objects = 0
        self.kinds: set[str] = set()
        self.text: str | None = None
        self.fields: dict[str, Shape] = {}
        self.items: Shape | None = None
        self.values: Shape | None = None
        self.tally: Tally | None = None


class Shapes:
    """Adds up rows; `properties` and `warnings` say what came of it.

    With `profiled`, of what is not inside of arrays and maps the values are profiled too.
    """

    def __init__(self, *, profiled: bool = False) -> None:
        self._root = Shape()
        self._size = 0
        self._tallies = MAX_PROFILED if profiled else 0
        self._root.tally = Tally() if profiled else None

    def add(self, row: dict[str, Any]) -> None:
        """Take in one row. Raises ShapeError."""
        self._add(self._root, row, 0)

    def properties(self) -> list[ObservedProperty]:
        """Return the columns in the order in which they first occurred."""
        return list(_fields(self._root))

    def warnings(self) -> Iterator[str]:
        """Say where types do not fit together, and other things a steward should know."""
        found = list(_remarks(self._root, ""))
        yield from found[:MAX_WARNINGS]
        if len(found) > MAX_WARNINGS:
            yield f"{len(found) - MAX_WARNINGS} more remarks of this sort"

    def _add(self, shape: Shape, value: Any, depth: int) -> None:
        if value is None:
            return
        shape.count += 1
        if shape.tally is not None:
            _tell(shape.tally, value)
        if isinstance(value, str):
            shape.kinds.add("string")
            if shape.text != "text":
                shape.text = narrow(shape.text, value, QUOTED_KINDS)
        elif isinstance(value, bool):
            shape.kinds.add("boolean")
        elif isinstance(value, int):
            shape.kinds.add("integer")
        elif isinstance(value, float):
            shape.kinds.add("number")
        elif depth > MAX_DEPTH:
            raise ShapeError(f"nested more than {MAX_DEPTH} levels deep")
        elif isinstance(value, dict):
            self._add_object(shape, value, depth + 1)
        else:
            shape.kinds.add("array")
            if shape.items is None:
                shape.items = self._new()
            for item in value:
                self._add(shape.items, item, depth + 1)

    def _add_object(self, shape: Shape, value: dict[str, Any], depth: int) -> None:
        shape.kinds.add("object")
        shape.objects += 1
        if shape.values is not None:
            for item in value.values():
                self._add(shape.values, item, depth)
            return
        fields = shape.fields
        for name, item in value.items():
            inner = fields.get(name)
            if inner is None:
                inner = fields[name] = self._new(name)
                if shape.tally is not None and self._tallies:
                    self._tallies -= 1
                    inner.tally = Tally()
            if item is not None:
                self._add(inner, item, depth)
        if shape is self._root:
            if len(fields) > MAX_COLUMNS:
                raise ShapeError(f"more than {MAX_COLUMNS:,} columns: are keys data here?")
        elif len(fields) > MAX_KEYS:
            self._to_map(shape)

    def _to_map(self, shape: Shape) -> None:
        shape.values = self._new()
        for inner in shape.fields.values():
            self._merge(shape.values, inner)
        shape.fields = {}

    def _merge(self, into: Shape, other: Shape) -> None:
        """Add what `other` has held; its parts may become parts of `into`."""
        self._size -= 1
        into.tally = None
        into.count += other.count
        into.objects += other.objects
        into.kinds |= other.kinds
        into.text = join(into.text, other.text)
        if other.items is not None:
            into.items = self._merged(into.items, other.items)
        if other.values is not None:
            into.values = self._merged(into.values, other.values)
        for name, inner in other.fields.items():
            into.fields[name] = self._merged(into.fields.get(name), inner)
        if into.fields and (into.values is not None or len(into.fields) > MAX_KEYS):
            for inner in into.fields.values():
                into.values = self._merged(into.values, inner)
            into.fields = {}

    def _merged(self, into: Shape | None, other: Shape) -> Shape:
        if into is None:
            return other
        self._merge(into, other)
        return into

    def _new(self, name: str = "") -> Shape:
        self._size += 1
        if self._size > MAX_PROPERTIES:
            raise ShapeError(f"more than {MAX_PROPERTIES:,} properties: are keys data here?")
        try:
            name.encode()
        except UnicodeEncodeError:
            raise ShapeError("a key that is not valid Unicode") from None
        return Shape()


def _tell(tally: Tally, value: Any) -> None:
    """Give a tally a value that stands for itself; what is in others has a tally of its own."""
    if isinstance(value, str):
        tally.text(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        tally.number(value)
    else:
        tally.other()


def _fields(shape: Shape) -> Iterator[ObservedProperty]:
    for name, inner in shape.fields.items():
        if name:
            kind = _type(inner)
            profile = inner.tally.profile(kind) if inner.tally else None
            yield ObservedProperty(name, kind, nulls=shape.objects - inner.count, profile=profile)


def _type(shape: Shape) -> DataType:
    kinds = shape.kinds
    if not kinds:
        return DataType(None, inferred=True)
    if kinds == {"object"}:
        if shape.values is not None:
            text = DataType("string", inferred=True)
            return DataType("map", inferred=True, key=text, value=_type(shape.values))
        return DataType("object", inferred=True, fields=tuple(_fields(shape)))
    if kinds == {"array"} and shape.items is not None:
        return DataType("array", inferred=True, items=_type(shape.items))
    if kinds == {"string"}:
        return type_of(shape.text)
    if kinds <= {"integer", "number"}:
        return DataType("number" if "number" in kinds else "integer", inferred=True)
    return DataType("boolean" if kinds == {"boolean"} else "string", inferred=True)


def _remarks(shape: Shape, path: str) -> Iterator[str]:
    kinds = shape.kinds - {"integer"} if "number" in shape.kinds else shape.kinds
    if len(kinds) > 1:
        types = ", ".join(sorted(kinds))
        yield f"`{path}` holds JSON values of several types ({types}) and is taken as a string"
        return
    if shape.values is not None:
        yield f"`{path}` has more than {MAX_KEYS:,} distinct keys and is taken as a map"
        yield from _remarks(shape.values, f"{path}{{value}}")
    if shape.items is not None:
        yield from _remarks(shape.items, f"{path}[]")
    for name, inner in shape.fields.items():
        if not name:
            yield f"{f'`{path}`' if path else 'the row'} has a key without a name: left out"
            continue
        yield from _remarks(inner, f"{path}.{plain(name)}" if path else plain(name))
