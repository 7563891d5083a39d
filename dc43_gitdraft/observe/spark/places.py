"""Where a contract's properties are in a DataFrame, and how to look at every value there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dc43_gitdraft.changes import dotted
from dc43_gitdraft.matching import match
from dc43_gitdraft.model import DataType, ObservedProperty

#: Of a value, and of the struct that holds it (None where none does), whether it is meant.
Test = Callable[[Column, Column | None], Column]


@dataclass(frozen=True, slots=True)
class Place:
    """A property of the contract, found in the data.

    `where` turns a test of one value into one of a row, which is true where any value of the
    row passes. `column` is the column as SQL spells it; None inside of arrays and maps, where a
    row has many values.
    """

    path: str
    node: Mapping[str, Any]
    type: DataType
    where: Callable[[Test], Column]
    column: str | None = None

    def any(self, test: Callable[[Column], Column]) -> Column:
        """Return whether any value of the row passes; a null does not."""
        return self.where(lambda value, _: test(value))

    def missing(self) -> Column:
        """Return whether a value is null although what holds it is there."""
        return self.where(missing)


@dataclass(frozen=True, slots=True)
class Absent:
    """A property of the contract that the data does not have."""

    path: str
    node: Mapping[str, Any]


def missing(value: Column, holder: Column | None) -> Column:
    """Return whether the value is null although the struct that holds it is there."""
    return value.isNull() if holder is None else holder.isNotNull() & value.isNull()


def spelt(name: str) -> str:
    """Spell a column's name for SQL, dots and all."""
    return "`" + name.replace("`", "``") + "`"


def places(
    stated: Sequence[Mapping[str, Any]], seen: Sequence[ObservedProperty], path: str
) -> Iterator[Place | Absent]:
    """Yield the properties of an object, each followed by what is inside of it."""
    found = match(stated, seen)
    for at, node in enumerate(stated):
        inner = dotted(path, str(node.get("name", "")))
        if at in found:
            yield from _walk(_top(found[at], node, inner))
        else:
            yield Absent(inner, node)


def _top(seen: ObservedProperty, node: Mapping[str, Any], path: str) -> Place:
    name = spelt(seen.name)
    # Made when it is needed: each Column takes a dozen calls of the virtual machine.
    return Place(path, node, seen.type, lambda test: test(F.col(name), None), name)


def _walk(place: Place) -> Iterator[Place | Absent]:
    yield place
    node, kind = place.node, place.type
    properties, items, sides = (node.get(name) for name in ("properties", "items", "map"))
    if isinstance(properties, list) and kind.fields:
        found = match(properties, kind.fields)
        for at, each in enumerate(properties):
            path = dotted(place.path, str(each.get("name", "")))
            if at in found:
                yield from _walk(_field(place, found[at], each, path))
            else:
                yield Absent(path, each)
    elif isinstance(items, dict) and kind.items is not None:
        yield from _walk(_each(place, items, kind.items, "[]", lambda value: value))
    elif isinstance(sides, dict) and kind.key is not None and kind.value is not None:
        for side, inner, values in (("key", kind.key, F.map_keys), ("value", kind.value, _values)):
            if isinstance(sides.get(side), dict):
                yield from _walk(_each(place, sides[side], inner, f"{{{side}}}", values))


def _values(value: Column) -> Column:
    return F.map_values(value)


def _field(place: Place, seen: ObservedProperty, node: Mapping[str, Any], path: str) -> Place:
    name = seen.name
    column = None if place.column is None else f"{place.column}.{spelt(name)}"

    def where(test: Test) -> Column:
        return place.where(lambda value, _: test(value.getField(name), value))

    return Place(path, node, seen.type, where, column)


def _each(
    place: Place,
    node: Mapping[str, Any],
    kind: DataType,
    mark: str,
    values: Callable[[Column], Column],
) -> Place:
    def where(test: Test) -> Column:
        return place.where(lambda value, _: F.exists(values(value), lambda each: test(each, None)))

    return Place(place.path + mark, node, kind, where)
