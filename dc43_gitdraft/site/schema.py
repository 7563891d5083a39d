"""The properties of a contract as tables; what is odd in an unchecked document is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dc43_gitdraft.changes import dotted
from dc43_gitdraft.model import Document
from dc43_gitdraft.odcs.references import listed
from dc43_gitdraft.site.markup import Html, clipped, element, joined

#: Properties on a page, and steps into nested ones.
_ROWS = 300
_DEPTH = 20
_HEADS = ("property", "type", "rules", "classification", "description")


@dataclass(slots=True)
class _Room:
    """How many rows a page still takes, and how many found no room."""

    rows: int = _ROWS
    left: int = field(default=0)


def schema(document: Document) -> Html | None:
    """Return the schema objects of a contract, each as a table."""
    objects = [node for _, node in listed(document.get("schema"))]
    if not objects:
        return None
    room = _Room()
    tables = [_table(node, room) for node in objects[:_ROWS]]
    more = f"and {room.left:,} more properties: see the contract's file"
    return element(
        "section",
        element("h2", "Schema"),
        *tables,
        element("p", more, class_="quiet") if room.left else None,
    )


def _table(node: Mapping[str, Any], room: _Room) -> Html:
    name = clipped(node.get("name"), 160)
    physical = clipped(node.get("physicalName"), 200)
    rows = list(_rows(node, "", room, _DEPTH))
    body = (
        element("table", _caption(name), _head(), element("tbody", *rows), class_="cards")
        if rows
        else None
    )
    return joined(
        element("h3", name or "unnamed"),
        element("p", element("code", physical), class_="quiet") if physical else None,
        element("p", clipped(node.get("description"), 500)) if node.get("description") else None,
        body,
    )


def _caption(name: str) -> Html:
    return element("caption", f"Properties of {name}", class_="hidden")


def _head() -> Html:
    cells = (element("th", head, scope="col") for head in _HEADS)
    return element("thead", element("tr", *cells))


def _rows(node: Mapping[str, Any], path: str, room: _Room, depth: int) -> Iterator[Html]:
    """Yield a row for each property below a node, nested ones after what holds them."""
    for _, inner in listed(node.get("properties")):
        where = dotted(path, clipped(inner.get("name"), 160))
        if room.rows > 0:
            room.rows -= 1
            yield _row(inner, where)
        else:
            room.left += 1
        if depth:
            yield from _inside(inner, where, room, depth - 1)


def _inside(node: Mapping[str, Any], path: str, room: _Room, depth: int) -> Iterator[Html]:
    yield from _rows(node, path, room, depth)
    parts = node.get("map")
    pairs = {"[]": node.get("items")}
    if isinstance(parts, dict):
        pairs |= {"{key}": parts.get("key"), "{value}": parts.get("value")}
    for mark, part in pairs.items():
        if isinstance(part, dict) and depth:
            yield from _inside(part, path + mark, room, depth - 1)


def _row(node: Mapping[str, Any], path: str) -> Html:
    logical, physical = (clipped(node.get(key), 120) for key in ("logicalType", "physicalType"))
    kind = f"{logical} ({physical})" if logical and physical else logical or physical
    words = {"required": "required", "unique": "unique", "primaryKey": "primary key"}
    rules = ", ".join(word for key, word in words.items() if node.get(key) is True)
    cells = (
        kind,
        rules,
        clipped(node.get("classification"), 80),
        clipped(node.get("description"), 300),
    )
    return element(
        "tr",
        element("th", clipped(path, 255), scope="row", data_label=_HEADS[0]),
        *(
            element("td", cell, data_label=label, class_="short" if label == "rules" else None)
            if cell
            else element("td")
            for label, cell in zip(_HEADS[1:], cells, strict=True)
        ),
    )
