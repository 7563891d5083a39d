"""Every relationship among the contracts of a repository, in time linear in their number.

`impact` asks about one contract and parses little; here all are at hand, and each reference is
looked up by what it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dc43_gitdraft.catalog import Entry
from dc43_gitdraft.impact import Node, joins
from dc43_gitdraft.model import Link
from dc43_gitdraft.odcs.references import Reference, beside

#: Where more contracts declare an object of one name, a reference to it says none of them.
_MEANT = 10


def links(entries: Iterable[Entry]) -> tuple[Link, ...]:
    """Return what leads from one contract to another, in the order of `entries`."""
    nodes = [Node.of(entry) for entry in entries]
    index = _Index(nodes)
    found = []
    for node in nodes:
        targets = {
            target.id: target
            for end in node.ends()
            for target in index.meant(end, node)
            if target is not node and target.means(end, node)
        }
        for target in targets.values():
            both = tuple(dict.fromkeys(joins(node, target)))
            if both:
                found.append(Link(node.id, target.id, both))
    return tuple(found)


class _Index:
    """The contracts by what a reference can call them."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._by_id = {node.id: node for node in nodes}
        self._by_path = {node.entry.path: node for node in nodes}
        self._by_object: dict[str, list[Node]] = {}
        for node in nodes:
            for name in node.objects:
                self._by_object.setdefault(name, []).append(node)

    def meant(self, end: Reference, holder: Node) -> Iterator[Node]:
        """Yield the contracts that a reference of `holder` may lead to."""
        if not end.contract:
            named = self._by_object.get(end.object, [])
            if end.object not in holder.objects and len(named) <= _MEANT:
                yield from named
            return
        known = (self._by_path.get(path) for path in _paths(end.contract, holder.entry.path))
        yield from filter(None, (self._by_id.get(end.contract), *known))


def _paths(name: str, where: str) -> Iterator[str]:
    """Yield the paths in the repository that a name, written in the file `where`, may mean."""
    yield beside(name, where)
    yield name.removeprefix("/")
    if "://" in name:
        parts = name.split("/")
        yield from ("/".join(parts[start:]) for start in range(3, len(parts)))
