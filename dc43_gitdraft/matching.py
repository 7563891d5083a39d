"""Which schema object of a contract is which data, and which property which column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from dc43_gitdraft import odcs
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import ObservedProperty
from dc43_gitdraft.odcs import Contract


def schema_object(contract: Contract, wanted: str | None) -> int:
    """Return the place of the schema object of this name, or of the only one.

    Raises ContractError where it is not clear which one is meant.
    """
    objects = contract.document.get("schema")
    line, column = odcs.locate(contract.text, ("schema",))
    if not isinstance(objects, list) or not objects:
        message = "the contract has no schema object to compare with the data: add one to `schema`"
        raise ContractError(message, where=contract.where, line=line, column=column)
    if wanted is None:
        if len(objects) == 1:
            return 0
        named = _names(objects)
        message = f"the contract has several schema objects ({named}): name one with --object"
        raise ContractError(message, where=contract.where, line=line, column=column)
    for key in ("name", "physicalName"):
        for place, node in enumerate(objects):
            if node.get(key) == wanted:
                return place
    message = f"no schema object is called '{wanted}'; there is {_names(objects)}"
    raise ContractError(message, where=contract.where, line=line, column=column)


def _names(objects: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(str(node.get("name", "one without a name")) for node in objects)


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
