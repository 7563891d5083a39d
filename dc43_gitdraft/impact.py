"""Who refers to a contract: relationships between the contracts of a repository.

How a reference is written is told in `odcs.references`. In practice many write `object.property`
for another contract too, so that a name which its own contract does not have is looked for in the
others.

Repositories are large and relationships few: a file is parsed only where its bytes can hold a
reference that leads to a contract at hand.
"""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from dc43_gitdraft.catalog import Catalog, Entry
from dc43_gitdraft.changes import dotted
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import DocPath, Document, Impact, Link
from dc43_gitdraft.odcs import read
from dc43_gitdraft.odcs.references import DECLARES, Reference, beside, listed, relationships

#: More contracts than this are not looked at.
_PARSED = 300
#: Of so many, the nearest, all relationships among them are told.
_NEAR = 50
#: What steps into an array's items and a map's parts add to a path.
_INSIDE = {"items": "[]", "key": "{key}", "value": "{value}"}


@dataclass(frozen=True, slots=True)
class Relationship:
    """A pair of properties that belong together; `source` is a path where it is the holder's."""

    source: str | Reference
    target: Reference


def pairs(document: Document) -> Iterator[Relationship]:
    """Yield what the relationships of a contract join, composite keys in pairs."""
    for at, entry in relationships(document):
        holder = at[:-2]
        ends = [_parse(text) for text in _texts(entry.get("to"))]
        if len(holder) == 2:  # A schema object, not a property: both ends are written.
            starts = (_parse(text) for text in _texts(entry.get("from")))
            yield from (Relationship(*both) for both in zip(starts, ends, strict=False))
        else:
            path = _path(document, holder)
            yield from (Relationship(path, end) for end in ends)


def _parse(text: str) -> Reference:
    """Take a reference apart; `check` knows every id, here any first step but `schema` is one."""
    reference = Reference.parse(text)
    if "#" in text or "/" not in text or text.startswith(("/", "schema/")):
        return reference
    return reference.by_id()


def _path(document: Document, at: DocPath) -> str:
    """Return the path, in the notation of `Change.path`, of a property or what is inside one."""
    path = ""
    node: Any = document
    for step in at:
        node = node[step]
        if isinstance(step, int):
            path = dotted(path, node.get("name", ""))
        elif step in _INSIDE:
            path += _INSIDE[step]
    return path


def _texts(value: Any) -> list[str]:
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, str) and entry]


@dataclass(frozen=True, slots=True)
class Node:
    """A contract among its neighbours: what it can be called by, and what it refers to."""

    entry: Entry
    relationships: tuple[Relationship, ...]
    objects: frozenset[str]

    @classmethod
    def of(cls, entry: Entry) -> Node:
        """Look at a contract."""
        nodes = listed(entry.contract.document.get("schema"))
        names = (node.get(key) for _, node in nodes for key in ("name", "id"))
        return cls(
            entry,
            tuple(pairs(entry.contract.document)),
            frozenset(name for name in names if isinstance(name, str)),
        )

    @property
    def id(self) -> str:
        """The contract's id."""
        return self.entry.contract.id

    def names(self) -> Iterator[str]:
        """Yield what others call it or its objects by; see `odcs.references.names`."""
        yield from (self.id, posixpath.basename(self.entry.path), *self.objects)

    def ends(self) -> Iterator[Reference]:
        """Yield every reference that its relationships state."""
        for each in self.relationships:
            yield each.target
            if isinstance(each.source, Reference):
                yield each.source

    def means(self, reference: Reference, holder: Node) -> bool:
        """Tell whether a reference that `holder` states leads to this contract."""
        if reference.contract:
            return self.is_called(reference.contract, holder.entry.path)
        if reference.object in holder.objects:
            return holder is self
        return reference.object in self.objects

    def is_called(self, name: str, where: str) -> bool:
        """Tell whether `name`, written in the file `where`, is this contract's id or file."""
        path = self.entry.path
        if name == self.id or path in (beside(name, where), name.removeprefix("/")):
            return True
        return "://" in name and name.endswith(f"/{path}")

    def path_of(self, reference: Reference) -> str:
        """Return the place of a reference to this contract in the notation of `Change.path`."""
        if "/" not in reference.place:
            return reference.place
        path, nodes = "", listed(self.entry.contract.document.get("schema"))
        for step in reference.place.removeprefix("schema/").split("/properties/"):
            node = next(
                (node for _, node in nodes if step in (node.get("id"), node.get("name"))), None
            )
            if node is None:
                return reference.place
            path, nodes = dotted(path, node.get("name", step)), listed(node.get("properties"))
        return path


def around(catalog: Catalog, entry: Entry) -> Impact:
    """Return the contracts that refer to this one or that it refers to, over any distance.

    A contract that cannot be parsed has no neighbours.
    """
    search = _Search(catalog, Node.of(entry))
    referring = search.spread(search.referring)
    referred = search.spread(search.referred)
    nodes = {search.centre.entry.path: search.centre}
    for node, _ in sorted([*referring, *referred], key=lambda each: each[1]):
        nodes[node.entry.path] = node
    return Impact(
        contract=entry.contract.id,
        referring=tuple((node.id, distance) for node, distance in referring),
        referred=tuple((node.id, distance) for node, distance in referred),
        links=tuple(_links(search.centre, list(nodes.values()))),
        complete=search.complete,
    )


@dataclass(slots=True)
class _Search:
    """Breadth first over files, most of which are never parsed."""

    catalog: Catalog
    centre: Node
    complete: bool = True
    _parsed: dict[str, Node | None] = field(default_factory=dict)

    def spread(self, step: Callable[[list[Node]], Iterator[Node]]) -> list[tuple[Node, int]]:
        """Follow `step` from contract to contract; return those found with their distances."""
        found: list[tuple[Node, int]] = []
        seen = {self.centre.entry.path}
        frontier = [self.centre]
        for distance in itertools.count(1):
            frontier = [node for node in step(frontier) if node.entry.path not in seen]
            if not frontier:
                return found
            found += [(node, distance) for node in frontier]
            seen.update(node.entry.path for node in frontier)
        raise AssertionError("counting has no end")

    def referring(self, targets: list[Node]) -> Iterator[Node]:
        """Yield the contracts that refer to any of `targets`."""
        named = _Words({each: b"" for node in targets for each in _spellings(node)})
        called = {name for node in targets for name in node.names()}
        for path, text in self.catalog.relating(called).items():
            if named.in_text(text):
                node = self._node(path, text)
                if node is not None and any(_refers(node, target) for target in targets):
                    yield node

    def referred(self, sources: list[Node]) -> Iterator[Node]:
        """Yield the contracts that any of `sources` refers to."""
        ends = [(end, node) for node in sources for end in node.ends()]
        strange = [(end, node) for end, node in ends if not node.means(end, node)]
        if not strange:
            return
        # Where a schema object is declared, and where a contract's id or file is named.
        declared = {end.object.encode(): DECLARES for end, _ in strange if not end.contract}
        called = {posixpath.basename(end.contract).encode() for end, _ in strange if end.contract}
        named = _Words(declared | dict.fromkeys(called, b""))
        objects = {end.object for end, _ in strange if not end.contract}
        names = {name for end, _ in strange if end.contract for name in _names(end.contract)}
        for path, text in self.catalog.leading(objects, names).items():
            if posixpath.basename(path).encode() in called or named.in_text(text):
                node = self._node(path, text)
                if node is not None and any(node.means(end, holder) for end, holder in strange):
                    yield node

    def _node(self, path: str, text: bytes) -> Node | None:
        if path == self.centre.entry.path:
            return self.centre
        if path not in self._parsed:
            if len(self._parsed) >= _PARSED:
                self.complete = False
                return None
            self._parsed[path] = _parsed(path, text)
        return self._parsed[path]


@lru_cache(maxsize=2 * _PARSED)
def _parsed(path: str, text: bytes) -> Node | None:
    """Read a contract; of many drafts, each meets much the same neighbours."""
    try:
        return Node.of(Entry(path, read(text, where=path, validate=False)))
    except ContractError:
        return None


def _names(contract: str) -> Iterator[str]:
    """Yield what a contract may be called by whom a reference names so: its id, or its file."""
    yield from (contract, posixpath.basename(contract))
    yield posixpath.basename(posixpath.normpath(contract))


def _spellings(node: Node) -> Iterator[bytes]:
    """Yield texts, one of which is in any file that refers to this contract."""
    for name in node.objects:
        yield from (f"{name}.".encode(), f"{name}/".encode(), f"schema/{name}".encode())
    yield f"{posixpath.basename(node.entry.path)}#".encode("utf-8", "surrogateescape")
    yield from (f"{node.id}#".encode(), f"{node.id}/".encode())


class _Words:
    """Texts to look for, each with a pattern of what comes before it."""

    def __init__(self, words: Mapping[bytes, bytes]) -> None:
        self._words = list(words)
        patterns = (before + rb"(?<!\w)" + re.escape(word) for word, before in words.items())
        self._pattern = re.compile(b"|".join(patterns))

    def in_text(self, text: bytes) -> bool:
        """Tell whether any is in the text."""
        # Most texts hold none of them, which is found much faster without the pattern.
        return any(word in text for word in self._words) and bool(self._pattern.search(text))


def _refers(node: Node, target: Node) -> bool:
    return node is not target and any(target.means(end, node) for end in node.ends())


def _links(centre: Node, nodes: list[Node]) -> Iterator[Link]:
    """Yield what leads from one contract to another: all of the centre's, others' if near."""
    for place, source in enumerate(nodes):
        reach = nodes if source is centre else nodes[:_NEAR] if place < _NEAR else [centre]
        for target in reach:
            columns = dict.fromkeys(joins(source, target)) if source is not target else {}
            if columns:
                yield Link(source.id, target.id, tuple(columns))


def joins(source: Node, target: Node) -> Iterator[tuple[str, str]]:
    """Yield the properties by which one contract refers to another, as (from, to)."""
    for each in source.relationships:
        if target.means(each.target, source):
            start = each.source
            yield (
                start if isinstance(start, str) else source.path_of(start),
                target.path_of(each.target),
            )
        elif isinstance(each.source, Reference) and target.means(each.source, source):
            yield source.path_of(each.target), target.path_of(each.source)
