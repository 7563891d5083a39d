"""What a first version states, property by property: there is nothing yet that it could change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dc43_gitdraft import odcs
from dc43_gitdraft.changes import dotted
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.render.inline import cell, value
from dc43_gitdraft.render.tables import size

_HEAD = ("| property | type | states | description |", "|---|---|---|---|")
_PATH_LIMIT = 100
_TEXT_LIMIT = 80
#: Rows of which the text is made at most: more do not fit into a pull request.
_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Contents:
    """Rows of a table, and how many properties there are."""

    rows: tuple[str, ...]
    count: int

    def table(self, start: int, end: int, room: int) -> tuple[str, int]:
        """Return as many of these rows as fit into `room` characters, and the place behind them."""
        room -= sum(size(line) + 1 for line in _HEAD)
        shown: list[str] = []
        for row in self.rows[start:end]:
            room -= size(row) + 1
            if room < 0:
                break
            shown.append(row)
        return ("\n".join([*_HEAD, *shown]) if shown else ""), start + len(shown)


def contents(document: Mapping[str, Any]) -> Contents:
    """Describe the properties of all objects of a contract, at any depth."""
    rows: list[str] = []
    count = 0
    for path, node in properties(document):
        count += 1
        if len(rows) < _ROWS:
            rows.append(_row(path, node))
    return Contents(tuple(rows), count)


def read_document(text: str) -> Mapping[str, Any]:
    """Return the document of a contract's text; an empty one where people are at work on it."""
    try:
        return odcs.read(text, validate=False).document
    except ContractError:  # `check` says what is wrong
        return {}


def properties(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each property with its path, those inside of others behind them."""

    def inside(node: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for each in _nodes(node.get("properties")):
            name = dotted(path, str(each.get("name", "")))
            yield name, each
            yield from inside(each, name)
        items, parts = node.get("items"), node.get("map")
        if isinstance(items, Mapping):
            yield from inside(items, f"{path}[]")
        for key, part in parts.items() if isinstance(parts, Mapping) else ():
            if isinstance(part, Mapping):
                yield from inside(part, f"{path}{{{key}}}")

    for node in _nodes(document.get("schema")):
        yield from inside(node, dotted("", str(node.get("name", ""))))


def _nodes(listed: Any) -> list[Mapping[str, Any]]:
    return (
        [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    )


def _row(path: str, node: Mapping[str, Any]) -> str:
    kind = str(node.get("physicalType") or node.get("logicalType") or "")
    described = node.get("description")
    said = cell(described, _TEXT_LIMIT) if isinstance(described, str) else ""
    return f"| {cell(path, _PATH_LIMIT)} | {cell(kind)} | {', '.join(_states(node))} | {said} |"


def _states(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is stated of a property besides its type."""
    if node.get("primaryKey") is True:
        yield "key"
    elif node.get("unique") is True:
        yield "unique"
    if node.get("required") is True and node.get("primaryKey") is not True:
        yield "required"
    if node.get("partitioned") is True:
        yield "partition"
    if node.get("tags"):
        yield f"tags {cell(value(node['tags']))}"
    if node.get("enum"):
        yield "certain values"
    options = node.get("logicalTypeOptions")
    if isinstance(options, Mapping) and options:
        yield cell(value(dict(options)))
