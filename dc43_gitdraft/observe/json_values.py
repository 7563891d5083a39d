"""What alternatives of a JSON Schema have together: their properties, and the values they list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from dc43_gitdraft.model import DataType, ObservedProperty
from dc43_gitdraft.observe.enumerations import MAX_VALUES

#: The only values that a schema lets something have. Of none it is not known which; None: any.
Values = Sequence[object] | None


def lists(schema: Mapping[str, Any]) -> list[Sequence[object]]:
    """Return the values that a schema lists by itself, each list of them."""
    found: list[Sequence[object]] = []
    if "enum" in schema:
        found.append(schema["enum"] if isinstance(schema["enum"], list) else ())
    if "const" in schema:
        found.append((schema["const"],))
    return found


def common(every: Sequence[Sequence[object]]) -> Values:
    """Return the values that are in every one of these lists."""
    if len(every) < 2:
        return every[0] if every else None
    most = max(every, key=len)
    if len(most) > MAX_VALUES:  # as a whole it is refused, and quickly
        return most
    kept = set.intersection(*({repr(each) for each in one} for one in every))
    return [each for each in every[0] if repr(each) in kept]


def either(branches: Sequence[Values]) -> Values:
    """Return the values of alternatives, of which one holds; None where none of them lists any."""
    there = [each for each in branches if each is not None]
    if not there:
        return None
    if len(there) < len(branches) or not all(there):
        return ()
    return list(islice(chain.from_iterable(there), MAX_VALUES + 1))


def is_all(values: Sequence[object], logical: str | None) -> bool:
    """Tell whether a list leaves nothing out that its type has, apart from null."""
    kept = [each for each in values if each is not None]
    if logical == "boolean":
        return {each for each in kept if isinstance(each, bool)} == {True, False}
    return bool(values) and not kept


def with_both(
    one: tuple[ObservedProperty, ...], other: tuple[ObservedProperty, ...]
) -> tuple[ObservedProperty, ...]:
    """Return the fields of both, where both hold."""
    theirs = {each.name: each for each in other}
    names = {each.name for each in one}
    return (
        *(_narrowed(each, theirs.get(each.name)) for each in one),
        *(each for each in other if each.name not in names),
    )


def _narrowed(one: ObservedProperty, other: ObservedProperty | None) -> ObservedProperty:
    if other is None or not other.enum or one.type.logical != other.type.logical:
        return one
    kept = tuple(each for each in one.enum if each in other.enum)
    return replace(one, enum=kept or one.enum or other.enum)


def with_either(options: Sequence[DataType]) -> DataType:
    """Return types of one kind, of which one holds, as one.

    A field may be missing that not every one has, and what not all of them list is not listed.
    """
    found, others = options[0], options[1:]
    fields = {each.name: each for each in found.fields}
    for option in others:
        for each in option.fields:
            one = fields.get(each.name)
            fields[each.name] = each if one is None else _widened(one, each)
        if option.options != found.options:
            found = replace(found, options={})
        if (option.items, option.value) != (found.items, found.value):
            found = without_values(found)
    sets = [{each.name for each in option.fields} for option in options]
    missing = {name for name in fields if not all(name in names for names in sets)}
    kept = (
        replace(each, nullable=True, enum=(), type=without_values(each.type))
        if each.name in missing
        else each
        for each in fields.values()
    )
    return replace(found, fields=tuple(kept))


def _widened(one: ObservedProperty, other: ObservedProperty) -> ObservedProperty:
    alike = one.type.logical == other.type.logical
    values = (*one.enum, *other.enum) if one.enum and other.enum and alike else ()
    kind = one.type if one.type == other.type else without_values(one.type)
    return replace(one, type=kind, enum=tuple(dict.fromkeys(values)))


def without_values(kind: DataType) -> DataType:
    """Return a type without the values that are listed for what is inside of it."""
    if next(enumerated(kind, ""), None) is None:
        return kind
    fields = (replace(each, enum=(), type=without_values(each.type)) for each in kind.fields)
    return replace(
        kind,
        fields=tuple(fields),
        items=kind.items and without_values(kind.items),
        value=kind.value and without_values(kind.value),
    )


def enumerated(kind: DataType, path: str) -> Iterator[str]:
    """Yield the paths inside of a type for which values are listed."""
    for each in kind.fields:
        inner = f"{path}.{each.name}" if path else each.name
        if each.enum:
            yield inner
        yield from enumerated(each.type, inner)
    for part, mark in ((kind.items, "[]"), (kind.value, "{value}")):
        if part is not None:
            yield from enumerated(part, path + mark)
