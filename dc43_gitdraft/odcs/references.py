"""References of relationships as text: where they are written, and what they are made of.

ODCS refers to a property as `object.property`, by names, or as `schema/ID/properties/ID`, by ids;
`FILE#` before it, with a path or an address, means another contract. A contract's id is taken for
its file, and may stand before a slash instead: `CONTRACT/ID/properties/ID`.

What a reference leads to depends on who asks: `impact` looks for all that it may mean among
contracts that are mostly not parsed, `check` for any reason to let it pass.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dc43_gitdraft.model import DocPath, Document

#: What stands before the name or the id of a schema object in a contract's text: a pattern.
DECLARES = rb"(?:name|id)[\"']?\s*:\s*[\"']?"


@dataclass(frozen=True, slots=True)
class Reference:
    """One end of a relationship, as written: the contract if it says one, and the place in it."""

    contract: str
    place: str

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Take a reference apart at its last `#`."""
        contract, _, place = text.rpartition("#")
        return cls(contract, place.lstrip("/"))

    def by_id(self) -> Reference:
        """Read the first step of the place as a contract's id, which only the caller can know."""
        contract, _, place = self.place.partition("/")
        return Reference(contract, place.lstrip("/"))

    @property
    def object(self) -> str:
        """The name of the schema object, or its id."""
        if "/" in self.place:
            return self.place.removeprefix("schema/").split("/")[0]
        return self.place.split(".")[0]


def names(text: str) -> Iterator[str]:
    """Yield what a reference may call the contract, or the schema object, that it leads to.

    Who asks knows which it is. A file is called by the last part of its path.
    """
    for each in dict.fromkeys((text, text.rstrip("/"))):
        reference = Reference.parse(each)
        if reference.contract:
            file = reference.contract
            called = [file, posixpath.basename(file), posixpath.basename(posixpath.normpath(file))]
        else:
            called = [reference.object]
        yield from filter(None, called)


def beside(file: str, where: str) -> str:
    """Return the path in the repository of a file that is named in the file `where`."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(where), file))


def relationships(document: Document) -> Iterator[tuple[DocPath, Mapping[str, Any]]]:
    """Yield every relationship of a contract with its place; what is odd is left out."""
    for place, node in listed(document.get("schema")):
        yield from _below(node, ("schema", place))


def written(document: Document) -> Iterator[tuple[DocPath, str]]:
    """Yield every end of a relationship that is written down, with its place."""
    for at, entry in relationships(document):
        for key in ("from", "to"):
            value = entry.get(key)
            if isinstance(value, str):
                yield (*at, key), value
            elif isinstance(value, list):
                for place, each in enumerate(value):
                    if isinstance(each, str):
                        yield (*at, key, place), each


def _below(node: Mapping[str, Any], at: DocPath) -> Iterator[tuple[DocPath, Mapping[str, Any]]]:
    for place, entry in listed(node.get("relationships")):
        yield (*at, "relationships", place), entry
    for place, inner in listed(node.get("properties")):
        yield from _below(inner, (*at, "properties", place))
    inside = node.get("items")
    if isinstance(inside, dict):
        yield from _below(inside, (*at, "items"))
    parts = node.get("map")
    for key in ("key", "value"):
        if isinstance(parts, dict) and isinstance(parts.get(key), dict):
            yield from _below(parts[key], (*at, "map", key))


def listed(value: Any) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the mappings in a list with their places; none where it is something else."""
    entries = value if isinstance(value, list) else []
    return [(place, entry) for place, entry in enumerate(entries) if isinstance(entry, dict)]
