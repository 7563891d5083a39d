"""The contract files of one commit, as the index of a large repository tells of them.

Where the index speaks of another commit's tree, what Git says to differ is looked at as well.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

from dc43_gitdraft.index import (
    Index,
    as_bytes,
    as_file,
    as_folded,
    differing,
    mark,
    sorted_out,
)
from dc43_gitdraft.kept import UnusableError
from dc43_gitdraft.lines import AT_ONCE, Line, TagOf, folded, looked_at, parsed_line
from dc43_gitdraft.names import slug
from dc43_gitdraft.repo import Repo
from dc43_gitdraft.tags import TAGS

#: How often the tree may be exchanged under a question.
_RACES = 5
#: In SQL: the files that refer to what has one of these marks, and those not parsed yet.
_RELATING = """path IN (
  SELECT path FROM contract WHERE relates AND version IS NULL AND problem IS NULL
  UNION SELECT path FROM mention WHERE mark IN ({})
)"""
_log = logging.getLogger(__name__)


class View:
    """The contract files of one commit, as an index and what differs from it tell."""

    def __init__(self, index: Index, repo: Repo, commit: str, is_contract: Callable[[str], bool]):
        """Ask nothing yet."""
        self._index, self._repo, self._is_contract = index, repo, is_contract
        self._tree = repo.tree(commit)
        self._at: str | None = self._tree
        self._apart: dict[str, Line | None] = {}

    def keep(self) -> None:
        """Make the index speak of this commit itself.

        Raises UnusableError, as all methods do.
        """
        self._index.bring_to(self._tree, self._is_contract)

    def lines(
        self,
        where: str = "1",
        values: Sequence[object] = (),
        also: Callable[[Line], bool] = lambda line: True,
    ) -> list[Line]:
        """Return what is known of the files, in no order; `also` says in Python what `where` does.

        `where` is SQL.
        """
        for _ in range(_RACES):
            at, kept = self._index.lines(where, values, self._at)
            if at == self._at:
                found = [line for line in kept if line.path not in self._apart]
                apart = (line for line in self._apart.values() if line is not None)
                return [*found, *filter(also, apart)]
            self._move(at)
        raise UnusableError("other processes move the index again and again")

    def _move(self, at: str | None) -> None:
        changed = differing(self._repo, at, self._tree) if at is not None else None
        if at is None or changed is None:
            raise UnusableError("the index is of another program, or of a tree that is gone")
        gone, new = sorted_out(changed, self._is_contract)
        lines = looked_at(self._repo, new)
        self._at = at
        self._apart = {**dict.fromkeys(gone), **{line.path: line for line in lines}}

    def count(self) -> int:
        """Return how many files there are."""
        return self._index.count()

    def with_id(self, contract_id: str) -> list[Line]:
        """Return the files that state an id."""
        called = [contract_id, slug(contract_id)]
        found = self.lines("id=? OR slug=?", called, lambda line: line.id == contract_id)
        return [line for line in found if line.id == contract_id]

    def with_slug(self, name: str) -> list[Line]:
        """Return the files that state an id of this slug."""
        if not name.isascii():
            return []
        return self.lines(
            "slug=?", [name], lambda line: line.id is not None and slug(line.id) == name
        )

    def at(self, path: str) -> list[Line]:
        """Return the file at a path."""
        return self.lines("path=?", [as_bytes(path)], lambda line: line.path == path)

    def below(self, start: str, most: int) -> list[Line]:
        """Return files whose path begins so, the first of them."""
        return self.lines(
            "path >= ? AND path < ? LIMIT ?",
            [as_bytes(start), as_bytes(start) + b"\xff", most],
            lambda line: line.path.startswith(start),
        )

    def without_id(self) -> list[Line]:
        """Return the files that state no id, as they cannot be read."""
        return self.lines("id IS NULL", (), lambda line: line.id is None)

    def unusable(self) -> list[Line]:
        """Return the files that are known to be no contracts, in the order of paths."""
        found = self.lines("problem IS NOT NULL", (), lambda line: line.problem is not None)
        return sorted(found, key=lambda line: line.path)

    def ids_from(self, start: str, *, most: int, backwards: bool = False) -> list[str]:
        """Return the first ids from one on, which need not be there, in either direction."""
        start = start.encode("utf-8", "replace").decode()
        side, order = ("<", "DESC") if backwards else (">=", "ASC")
        where = f"id {side} ? ORDER BY id {order} LIMIT ?"

        def also(line: Line) -> bool:
            return line.id is not None and (line.id < start) == backwards

        found = sorted(
            {str(line.id) for line in self.lines(where, [start, most], also)}, reverse=backwards
        )
        return found[:most]

    def twins(self, path: str) -> list[Line]:
        """Return the files that some file systems cannot tell from one at `path`."""
        name = folded(path)
        return self.lines("folded=?", [as_folded(path)], lambda line: folded(line.path) == name)

    def relating(self, names: Iterable[str]) -> list[Line]:
        """Return the files that may refer to what is called so; those not parsed yet all may."""
        found: dict[str, Line] = {}
        marks = sorted(set(map(mark, names)))
        for start in range(0, len(marks), AT_ONCE):
            some = marks[start : start + AT_ONCE]
            where = _RELATING.format(", ".join("?" * len(some)))
            lines = self.lines(where, some, lambda line: line.relates)
            found.update((line.path, line) for line in lines)
        return list(found.values())

    def declaring(self, starts: Iterable[str]) -> list[Line]:
        """Return the files with a schema object whose name or id begins so, and perhaps others.

        They have been parsed; see `learn`.
        """
        found: dict[str, Line] = {}
        for start in starts:
            where = "path IN (SELECT path FROM object WHERE name >= ? AND name < ?)"
            lines = self.lines(where, [start, f"{start}\U0010ffff"])
            found.update((line.path, line) for line in lines)
        return list(found.values())

    def called(self, names: Iterable[str]) -> list[Line]:
        """Return the files whose id, or the last part of whose path, is one of these."""
        found: dict[str, Line] = {}
        for name in names:
            lines = self.lines("id=? OR file=?", [name, as_file(name)])
            found.update((line.path, line) for line in lines)
        return list(found.values())

    def compare_tags(self) -> None:
        """See which versions have a tag now."""
        self._index.compare_tags(TAGS)

    def compared(self, *, ever: bool, most: int = -1) -> list[Line]:
        """Return files whose version has a tag that they were not compared with.

        With `ever`, those that were compared with another tag of that name; else the others, and
        only some of them, where there are more than `most`.
        """
        return self.lines(
            "tagged IS NOT settled AND tagged IS NOT NULL AND (settled IS NOT NULL)=? LIMIT ?",
            [ever, most],
            lambda line: (
                line.tagged not in (None, line.settled) and (line.settled is not None) == ever
            ),
        )

    def settle(self, lines: Sequence[Line]) -> None:
        """Remember that these contents are those that their tags promote."""
        if lines:
            self._index.settle(lines)

    def learn(self, tag_of: TagOf) -> None:
        """Parse what has not been parsed yet."""
        new = self.lines("version IS NULL AND problem IS NULL", (), lambda line: not line.parsed)
        if len(new) > AT_ONCE:
            _log.info("reading %s contracts, once for all runs to come", f"{len(new):,}")
        self._repo.prepare(line.blob for line in new)
        for start in range(0, len(new), AT_ONCE):
            some = new[start : start + AT_ONCE]
            texts = self._repo.blobs(line.blob for line in some)
            parsed = [parsed_line(line, texts.get(line.blob, b""), tag_of) for line in some]
            lines = (each.line for each in parsed)
            self._apart.update((line.path, line) for line in lines if line.path in self._apart)
            self._index.learn(parsed)
