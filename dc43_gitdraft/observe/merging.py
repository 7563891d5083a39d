"""One schema out of several that differ by missing columns and by widths of numbers."""

from __future__ import annotations

from dataclasses import replace

from dc43_gitdraft import types
from dc43_gitdraft.model import DataType, ObservedProperty
from dc43_gitdraft.observe.nested import array, mapping, struct
from dc43_gitdraft.observe.profiles import joined


class DisagreementError(ValueError):
    """Two types of one column of which neither holds the other's values."""


def merge(
    left: tuple[ObservedProperty, ...],
    right: tuple[ObservedProperty, ...],
    rows: tuple[int | None, int | None] = (None, None),
) -> tuple[ObservedProperty, ...]:
    """Return the columns of both; a missing one is null in all `rows` (None: unknown) of that side.

    A column that only `right` has comes after the one that precedes it there.
    Raises DisagreementError.
    """
    others = {each.name: each for each in right}
    mine = {each.name for each in left}
    result = [
        _merged(each, others[each.name]) if each.name in others else _missing(each, rows[1])
        for each in left
    ]
    for index, each in enumerate(right):
        if each.name not in mine:
            before = right[index - 1].name if index else None
            place = next((at for at, done in enumerate(result) if done.name == before), -1)
            result.insert(place + 1, _missing(each, rows[0]))
    return tuple(result)


def _missing(found: ObservedProperty, rows: int | None) -> ObservedProperty:
    return replace(found, nullable=True, nulls=_sum(found.nulls, rows))


def _sum(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else left + right


def _merged(left: ObservedProperty, right: ObservedProperty) -> ObservedProperty:
    try:
        kind = _wider(left.type, right.type)
    except DisagreementError as error:
        path = f"{left.name}.{error}" if str(error) else left.name
        raise DisagreementError(path) from None
    return replace(
        left,
        type=kind,
        nullable=bool(left.nullable or right.nullable),
        nulls=_sum(left.nulls, right.nulls),
        description=right.description or left.description,
        profile=joined(left.profile, right.profile),
        enum=_either(left, right),
    )


def _either(left: ObservedProperty, right: ObservedProperty) -> tuple[str | int, ...]:
    """Return the values of both; none where one may have others. What is always null has none."""
    if left.type.logical is None or right.type.logical is None:
        return left.enum or right.enum
    return tuple(dict.fromkeys((*left.enum, *right.enum))) if left.enum and right.enum else ()


def _wider(left: DataType, right: DataType) -> DataType:
    if left.logical is None or right.logical is None:
        return right if left.logical is None else left
    if left.fields and right.fields:
        return struct(merge(left.fields, right.fields))
    if left.items is not None and right.items is not None:
        return array(_wider(left.items, right.items))
    if left.key and right.key and left.value and right.value:
        return mapping(_wider(left.key, right.key), _wider(left.value, right.value))
    one, other = types.parse(left.physical or ""), types.parse(right.physical or "")
    if types.same(one, other) or types.widens(other, one):
        return left
    if types.widens(one, other):
        return right
    raise DisagreementError
