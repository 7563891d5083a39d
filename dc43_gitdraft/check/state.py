"""The contract files at one moment, parsed on demand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from dc43_gitdraft.catalog import Catalog
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.names import slug
from dc43_gitdraft.odcs import Contract, read
from dc43_gitdraft.odcs.sniffing import may_relate, plain_id

#: Names of schema objects that are looked for once, as many refer to them.
_NAMES = 100


class State:
    """Contract files: path -> something that tells contents apart, and a way to read them.

    `overlay` replaces contents, or with None takes files away. `counts` says which paths are
    contracts by the settings: others, which were asked for by name, claim no id.

    `rest` tells of a large repository's contracts that are not among `files`, as they are looked
    for one by one; those there take the place of its own. `there` says which of them are there.
    """

    def __init__(
        self,
        files: Mapping[str, str],
        load: Callable[[Iterable[str]], Mapping[str, bytes]],
        counts: Callable[[str], bool],
        overlay: Mapping[str, bytes | None] | None = None,
        rest: Catalog | None = None,
        there: Callable[[str], bool] | None = None,
    ) -> None:
        self._rest = rest
        self._there = there
        self._overlay = overlay or {}
        self._shas = {path: sha for path, sha in files.items() if path not in self._overlay}
        self._load = load
        self.counts = counts
        self._contracts: dict[str, Contract | None] = {}
        self._declaring: dict[str, Sequence[tuple[str, bytes]]] = {}
        self._read: dict[str, bytes] = {}
        given = (path for path, text in self._overlay.items() if text is not None)
        self.paths = frozenset((*self._shas, *given))

    def differs(self, path: str, other: State) -> bool:
        """Say whether a file, which may be absent, is another one in the other state."""
        if path in self._shas and path in other._shas:
            return self._shas[path] != other._shas[path]
        return self.text(path) != other.text(path)

    def fetch(self, paths: Iterable[str]) -> None:
        """Read many files at once."""
        wanted = {
            path: self._shas[path]
            for path in paths
            if path in self._shas and path not in self._read
        }
        if wanted:
            found = self._load(wanted.values())
            self._read.update((path, found[sha]) for path, sha in wanted.items() if sha in found)

    def text(self, path: str) -> bytes | None:
        """Return a file's content; None where there is no such file."""
        if path in self._overlay:
            return self._overlay[path]
        self.fetch([path])
        if self._rest is not None and path not in self._read and self._is_there(path):
            found = self._rest.text_at(path)
            if found is not None:
                self._read[path] = found
        return self._read.get(path)

    def contract(self, path: str) -> Contract | None:
        """Return a contract, not validated; None where there is none, or it cannot be read."""
        if path not in self._contracts:
            text = self.text(path)
            try:
                found = None if text is None else read(text, where=path, validate=False)
            except ContractError:
                found = None
            self._contracts[path] = found
        return self._contracts[path]

    def _is_there(self, path: str) -> bool:
        """Say whether a file of the rest is one here, by this name."""
        hidden = path in self.paths or path in self._overlay
        return not hidden and (self._there is None or self._there(path))

    def holds(self, path: str) -> bool:
        """Say whether there is a contract file at a path."""
        rest = self._rest
        return path in self.paths or (
            rest is not None and self._is_there(path) and rest.holds_path(path)
        )

    def with_id(self, contract_id: str) -> list[str]:
        """Return the files that state an id, in the order of paths."""
        known = self._ids.get(contract_id, [])
        rest = self._rest.with_id(contract_id) if self._rest else ()
        return sorted({*known, *filter(self._is_there, rest)})

    def has_slug(self, name: str) -> bool:
        """Say whether a file states an id of this slug."""
        return any(slug(each) == name for each in self._ids) or (
            self._rest is not None and any(map(self._is_there, self._rest.with_slug(name)))
        )

    def stated(self, start: str) -> Iterator[tuple[str, str]]:
        """Yield the files whose path begins so, with the id that each states; not all of many."""
        for contract_id, paths in self._ids.items():
            yield from ((path, contract_id) for path in paths if path.startswith(start))
        if self._rest is not None:
            for path, contract_id in self._rest.ids_below(start):
                if path not in self.paths and path not in self._overlay:
                    yield path, contract_id

    def relating(
        self, names: Collection[str], apart: Collection[str]
    ) -> Iterator[tuple[str, bytes]]:
        """Yield files that can hold relationships, in the order of paths, but for some.

        All that refer to what is called by one of these names are among them.
        """
        self.fetch(self.paths)
        found = dict(self._rest.relating(names)) if self._rest is not None else {}
        found = {path: text for path, text in found.items() if self._is_there(path)}
        found.update((path, self.text(path) or b"") for path in self.paths)
        for path in sorted(found.keys() - set(apart)):
            if may_relate(found[path]):
                yield path, found[path]

    def declaring(self, name: str) -> Sequence[tuple[str, bytes]]:
        """Return the files that may have a schema object of this name, in the order of paths."""
        if self._rest is None:
            return self._texts
        if name not in self._declaring:
            if len(self._declaring) >= _NAMES:
                self._declaring.clear()
            found = self._rest.leading([name], [])
            there = ((path, text) for path, text in found.items() if self._is_there(path))
            self._declaring[name] = sorted([*there, *self._texts])
        return self._declaring[name]

    @cached_property
    def _texts(self) -> Sequence[tuple[str, bytes]]:
        """The known files, in the order of paths."""
        self.fetch(self.paths)
        return [(path, self.text(path) or b"") for path in sorted(self.paths)]

    @cached_property
    def _ids(self) -> Mapping[str, list[str]]:
        """The known files by the id that they state, in the order of paths."""
        self.fetch(self.paths)
        found: dict[str, list[str]] = {}
        for path in sorted(filter(self.counts, self.paths)):
            contract_id = self._id(path)
            if contract_id is not None:
                found.setdefault(contract_id, []).append(path)
        return found

    def _id(self, path: str) -> str | None:
        text = self.text(path) or b""
        plain = plain_id(text)
        if plain is not None:
            return plain
        contract = self.contract(path)
        return contract.id if contract else None
