"""The contracts of a repository at one commit: which there are, and where each one lies."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dc43_gitdraft import config as settings
from dc43_gitdraft.changes import RULES
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.names import one_line
from dc43_gitdraft.odcs import Contract, read
from dc43_gitdraft.repo import Repo, TreeEntry


def config_at(repo: Repo, commit: str) -> Config:
    """Return the settings that `commit` holds, the defaults where it has no settings file.

    Raises ConfigError for a settings file that is not understood.
    """
    text = repo.read(commit, settings.FILE)
    return Config() if text is None else settings.parse(text, RULES)


@dataclass(frozen=True, slots=True)
class Entry:
    """One contract file of the repository."""

    path: str
    contract: Contract


@dataclass(frozen=True, slots=True)
class Contents:
    """All contracts of a commit; `problems` says by path what keeps a file from being one."""

    entries: tuple[Entry, ...]
    problems: Mapping[str, str]


class Catalog:
    """The contract files at one commit; read on demand, never written."""

    def __init__(self, repo: Repo, commit: str, config: Config) -> None:
        self._repo = repo
        self._config = config
        self.commit = commit
        is_contract = path_filter(config)
        # A symbolic link may lead out of the repository: it is no contract.
        self._files: Mapping[str, TreeEntry] = {
            entry.path: entry
            for entry in repo.entries(commit)
            if entry.is_file and is_contract(entry.path)
        }

    def find(self, contract_id: str, *, validate: bool = True) -> Entry | None:
        """Return the contract of this id, or None.

        Raises ContractError where two files claim the id, or the file is not a valid contract
        (`validate` False: only where it cannot be parsed).
        """
        found, broken = [], []
        for path, blob in self._mentioning(contract_id):
            try:
                contract = read(blob, where=path, validate=False)
            except ContractError as error:
                broken.append(error)
            else:
                if contract.id == contract_id:
                    found.append(Entry(path, contract))
        if broken and not found:
            # It may be the very file that is asked for: «not found» would mislead.
            raise broken[0]
        if len(found) > 1:
            raise ContractError(_several(contract_id, found))
        if not found or not validate:
            return found[0] if found else None
        entry = found[0]
        return Entry(entry.path, read(entry.contract.text.encode(), where=entry.path))

    def get(self, contract_id: str) -> Entry:
        """Return the contract of this id; ContractError naming the nearest where there is none."""
        entry = self.find(contract_id)
        if entry is None:
            raise ContractError(f"there is no contract {contract_id!r}{self._nearest(contract_id)}")
        return entry

    def read_all(self) -> Contents:
        """Return every contract in the order of paths, without validating any.

        What cannot be parsed, and ids that stand in several files, are told as problems.
        """
        found: dict[str, list[Entry]] = {}
        problems: dict[str, str] = {}
        for path, text in self.texts.items():
            try:
                contract = read(text, where=path, validate=False)
            except ContractError as error:
                problems[path] = str(error)
            else:
                found.setdefault(contract.id, []).append(Entry(path, contract))
        for contract_id, entries in found.items():
            if len(entries) > 1:
                problems[entries[0].path] = _several(contract_id, entries)
        once = [entries[0] for entries in found.values() if len(entries) == 1]
        return Contents(tuple(sorted(once, key=lambda entry: entry.path)), problems)

    def ids(self) -> list[str]:
        """Return the ids of all contracts that can be parsed, sorted."""
        return sorted(entry.contract.id for entry in self.read_all().entries)

    def files(self) -> Mapping[str, str]:
        """Return the contract files: path -> the object name of the content."""
        return {path: entry.sha for path, entry in self._files.items()}

    @cached_property
    def texts(self) -> Mapping[str, bytes]:
        """The contract files by path, in the order of paths; unparsed, and read once."""
        blobs = self._repo.blobs([entry.sha for entry in self._files.values()])
        return {path: blobs[entry.sha] for path, entry in sorted(self._files.items())}

    def holds_path(self, path: str) -> bool:
        """Say whether a contract file lies at `path`."""
        return path in self._files

    def _mentioning(self, contract_id: str) -> Iterator[tuple[str, bytes]]:
        # A file is parsed only where its bytes can hold this id: written plainly, or with the
        # escapes of a double-quoted text.
        plain = contract_id.encode()
        for path, blob in self.texts.items():
            if plain in blob or b"\\" in blob:
                yield path, blob

    def _nearest(self, contract_id: str) -> str:
        contents = self.read_all()
        known = [entry.contract.id for entry in contents.entries]
        close = difflib.get_close_matches(contract_id, known, n=1, cutoff=0.4)
        if close:
            said = f": did you mean {one_line(close[0], 80)!r}? (a first draft needs --new)"
        else:
            globs = ", ".join(self._config.contracts)
            said = f" among the {len(known)} in {globs}: a first draft needs --new"
        if contents.problems:
            path, problem = next(iter(contents.problems.items()))
            more = len(contents.problems) - 1
            said += f"; {path} cannot be used: {problem}" + (f" (and {more} more)" if more else "")
        return said


def _several(contract_id: str, entries: Sequence[Entry]) -> str:
    return (
        f"the contract id {contract_id!r} stands in {len(entries)} files: "
        f"{', '.join(entry.path for entry in entries)}; keep it in one"
    )


def path_filter(config: Config) -> Callable[[str], bool]:
    """Return the test whether a path is one that the settings count as a contract."""
    matches = [_glob(glob) for glob in config.contracts]
    return lambda path: any(match.fullmatch(path) for match in matches)


def _glob(pattern: str) -> re.Pattern[str]:
    """Translate a glob where `**/` spans folders and `*` does not."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    spelt = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(spelt.get(part, re.escape(part)) for part in parts), re.DOTALL)
