"""Which property of a contract is which column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dc43_gitdraft.model import ObservedProperty


def match(
    stated: Sequence[Mapping[str, Any]], seen: Sequence[ObservedProperty]
) -> dict[int, ObservedProperty]:
    """Return the observed property for each place in `stated` that has one.

    By physicalName or name exactly, then without letter case, as Spark reads columns. A property
    that states a physicalName is found by its name only where no other one is.
    """
    found: dict[int, ObservedProperty] = {}
    taken: set[str] = set()
    for fold in (str, str.casefold):
        for names in (_column, _name):
            _pass(stated, seen, names, fold, found, taken)
    return found


def _pass(
    stated: Sequence[Mapping[str, Any]],
    seen: Sequence[ObservedProperty],
    name_of: Callable[[Mapping[str, Any]], Any],
    fold: Callable[[str], str],
    found: dict[int, ObservedProperty],
    taken: set[str],
) -> None:
    free: dict[str, ObservedProperty] = {}
    for column in seen:
        if column.name not in taken:
            free.setdefault(fold(column.name), column)
    for place, node in enumerate(stated):
        name = name_of(node)
        if place in found or not isinstance(name, str):
            continue
        column_ = free.pop(fold(name), None)
        if column_ is not None:
            found[place] = column_
            taken.add(column_.name)


def _column(node: Mapping[str, Any]) -> Any:
    return node.get("physicalName") or node.get("name")


def _name(node: Mapping[str, Any]) -> Any:
    return node.get("name")
