"""Names that stand twice where they must tell things apart, which the JSON Schema cannot say.

Git makes such a contract without a word where both sides of a merge add one property at different
places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dc43_gitdraft.model import DocPath
from dc43_gitdraft.names import one_line


def twins(document: Mapping[str, Any]) -> Iterator[tuple[DocPath, str]]:
    """Yield where a schema object or property has the name of one before it, and a sentence.

    What has no name, or is no mapping, is left to the JSON Schema.
    """
    rest: list[tuple[DocPath, str, Any]] = [(("schema",), "", document.get("schema"))]
    for path, inside, listed in rest:  # Which grows meanwhile.
        names: set[str] = set()
        for place, node in enumerate(listed if isinstance(listed, list) else ()):
            name = node.get("name") if isinstance(node, Mapping) else None
            if not isinstance(name, str):
                continue
            here = (*path, place)
            if name in names:
                of = f"properties of {one_line(inside, 80)!r}" if inside else "schema objects"
                yield (*here, "name"), f"two {of} are named {one_line(name, 80)!r}: keep one"
            names.add(name)
            rest += _below(here, f"{inside}.{name}" if inside else name, node)


def _below(path: DocPath, name: str, node: Mapping[str, Any]) -> Iterator[tuple[DocPath, str, Any]]:
    """Yield the lists of properties in a node, in its items and in its map's sides."""
    yield (*path, "properties"), name, node.get("properties")
    inner: dict[DocPath, tuple[Any, str]] = {("items",): (node.get("items"), f"{name}[]")}
    parts = node["map"] if isinstance(node.get("map"), Mapping) else {}
    for side in ("key", "value"):
        inner["map", side] = parts.get(side), f"{name}{{{side}}}"
    for where, (each, called) in inner.items():
        if isinstance(each, Mapping):
            yield from _below((*path, *where), called, each)
