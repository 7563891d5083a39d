"""The contract files at one moment, parsed on demand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.odcs import Contract, read

#: An id at the top of a block mapping, written so plainly that no parser is needed to read it.
_PLAIN_ID = re.compile(
    rb"""^id:[ \t]+(?:(["']?)([A-Za-z0-9._:/-]+)\1)[ \t]*(?:[ \t]#[^\r\n]*)?\r?$""", re.MULTILINE
)


class State:
    """Contract files: path -> something that tells contents apart, and a way to read them.

    `overlay` replaces contents, or with None takes files away. `counts` says which paths are
    contracts by the settings: others, which were asked for by name, claim no id.
    """

    def __init__(
        self,
        files: Mapping[str, str],
        load: Callable[[Iterable[str]], Mapping[str, bytes]],
        counts: Callable[[str], bool],
        overlay: Mapping[str, bytes | None] | None = None,
    ) -> None:
        self._overlay = overlay or {}
        self._shas = {path: sha for path, sha in files.items() if path not in self._overlay}
        self._load = load
        self.counts = counts
        self._contracts: dict[str, Contract | None] = {}
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

    @cached_property
    def ids(self) -> Mapping[str, list[str]]:
        """Return the files by the id that they state, in the order of paths."""
        self.fetch(self.paths)
        found: dict[str, list[str]] = {}
        for path in sorted(filter(self.counts, self.paths)):
            contract_id = self._id(path)
            if contract_id is not None:
                found.setdefault(contract_id, []).append(path)
        return found

    def _id(self, path: str) -> str | None:
        text = self.text(path) or b""
        plain = _PLAIN_ID.findall(text)
        # Anything else that looks like it (in quoted text of several lines) is for the parser.
        if len(plain) == 1 and text.count(b"\nid") + text.startswith(b"id") == 1:
            return str(plain[0][1].decode("ascii"))
        contract = self.contract(path)
        return contract.id if contract else None
