"""Which dataset and which property of a contract a result is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dc43_gitdraft.changes.core import dotted
from dc43_gitdraft.model import Observation, QualityResult
from dc43_gitdraft.observe.storage import format_of
from dc43_gitdraft.odcs import Contract


@dataclass(frozen=True, slots=True)
class Subject:
    """The dataset that results are wanted of: what it is called, and the paths of its properties.

    `paths` has them by every name that a tool may use: the path, the path without the object,
    and the names of columns; the first of each wins. Letter case does not count.
    """

    names: frozenset[str]
    paths: Mapping[str, str]

    @classmethod
    def of(
        cls,
        contract: Contract | None,
        observation: Observation,
        object: str | None = None,  # noqa: A002 - the model's word
    ) -> Subject:
        """Describe the schema object that the observation is of."""
        wanted = object or observation.object
        node = _object(contract, wanted)
        named = [wanted] if wanted and node else [wanted, observation.dataset.id]
        if node is None:
            return cls(_names(named), {})
        named += [node.get("name"), node.get("physicalName")]
        if wanted is None and contract is not None:
            named.append(contract.id)
        paths: dict[str, str] = {}
        own = str(node.get("name", ""))
        places = list(_places(node, "", ""))
        for path, _ in places:
            full = _joined(own, path)
            paths.setdefault(full.casefold(), full)
        for path, column in places:
            for name in (path, column):
                paths.setdefault(name.casefold(), _joined(own, path))
        return cls(_names(named), paths)

    def is_called(self, table: str) -> bool:
        """Tell whether a tool's name of a table may mean this dataset."""
        return bool(_names([table]) & self.names)

    def placed(self, result: QualityResult) -> QualityResult:
        """Return the result with the path of its property, where the contract knows one."""
        found = self.paths.get((result.property or "").casefold())
        return replace(result, property=found) if found else result


def _object(contract: Contract | None, wanted: str | None) -> Mapping[str, Any] | None:
    objects = contract.document.get("schema") if contract is not None else None
    nodes = [node for node in objects if isinstance(node, dict)] if objects else []
    if wanted is None:
        return nodes[0] if len(nodes) == 1 else None
    for key in ("name", "physicalName"):
        for node in nodes:
            if node.get(key) == wanted:
                return node
    return None


def _joined(own: str, path: str) -> str:
    return f"{dotted('', own)}.{path}"


def _places(node: Mapping[str, Any], path: str, column: str) -> Iterator[tuple[str, str]]:
    """Yield the path of each property inside, without the object, and that of its column."""
    listed = node.get("properties")
    for each in listed if isinstance(listed, list) else []:
        inner = dotted(path, each.get("name", ""))
        stored = each.get("physicalName") or each.get("name", "")
        outer = f"{column}.{stored}" if column else str(stored)
        yield inner, outer
        yield from _places(each, inner, outer)
    items = node.get("items")
    if isinstance(items, dict):
        yield from _places(items, f"{path}[]", column)


def _names(named: list[Any]) -> frozenset[str]:
    """Return the names, without letter case, and of `catalog.schema.table` and paths the end."""
    found = set()
    for each in named:
        if isinstance(each, str) and each.strip():
            found.add(each.casefold())
            last = [part for part in re.split(r"[./:\\]", each.casefold()) if part]
            found.update(last[-1:])
            if format_of(each) is not None:  # orders.jsonl.gz
                found.add(re.split(r"[/:\\]", each.casefold())[-1].partition(".")[0])
    return frozenset(found)
