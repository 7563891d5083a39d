"""The contracts of a repository at one commit: which there are, and where each one lies."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import semver

from dc43_gitdraft import config as settings
from dc43_gitdraft.changes import RULES
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.globs import compiled
from dc43_gitdraft.index import Index
from dc43_gitdraft.indexed import View
from dc43_gitdraft.kept import UnusableError
from dc43_gitdraft.lines import Line, folded
from dc43_gitdraft.names import one_line, slug
from dc43_gitdraft.odcs import Contract, read
from dc43_gitdraft.odcs.sniffing import may_relate, plain_id
from dc43_gitdraft.repo import Repo, TreeEntry

#: A repository with so many contract files has an index of them.
MANY = 1000

#: In SQL: every file of an id that stands in several, as none is known to be the one.
_DOUBLE = """id IN (
  SELECT id FROM contract WHERE problem IS NULL GROUP BY id HAVING count(*) > 1
)"""

#: Files that are read at once.
_AT_ONCE = 500

#: Ids on either side among which one that was meant is looked for in a large repository.
_NEAR = 100

T = TypeVar("T")

_log = logging.getLogger(__name__)


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


@dataclass(frozen=True, slots=True)
class Lines:
    """What a list tells of all contracts of a commit, in the order of paths; see `Contents`."""

    lines: tuple[Line, ...]
    problems: Mapping[str, str]


class Catalog:
    """The contract files at one commit; read on demand, never written.

    In a large repository an index of them is kept from run to run. `kept` says that it is to speak
    of this very commit from now on, which is the base branch's: others differ from it by little.
    With `moved` False, only where there is no index yet.
    """

    def __init__(
        self,
        repo: Repo,
        commit: str,
        config: Config,
        *,
        kept: bool = False,
        moved: bool = True,
    ) -> None:
        self._repo = repo
        self._config = config
        self.commit = commit
        self._is_contract = path_filter(config)
        self._view: View | None = None
        self._contents: Contents | None = None
        folder = repo.kept_folder()
        index = Index(folder, repo, config) if folder is not None else None
        if index is not None and index.exists():
            self._open(index, kept and moved)
        elif kept and len(self._files) >= MANY:
            folder = repo.kept_folder(make=True)
            if folder is not None:
                self._open(Index(folder, repo, config), kept)

    def _open(self, index: Index, kept: bool) -> None:
        self._view = View(index, self._repo, self.commit, self._is_contract)
        if kept:
            self._asked(lambda view: view.keep())

    def _asked(self, question: Callable[[View], T]) -> T | None:
        """Ask the index; None where there is none, or it cannot be asked any more."""
        if self._view is None:
            return None
        try:
            return question(self._view)
        except UnusableError as error:
            _log.info("the index of contracts is not used: %s", error)
            self._view = None
            return None

    @cached_property
    def _files(self) -> Mapping[str, TreeEntry]:
        # A symbolic link may lead out of the repository: it is no contract.
        return {
            entry.path: entry
            for entry in self._repo.entries(self.commit)
            if entry.is_file and self._is_contract(entry.path)
        }

    def find(self, contract_id: str, *, validate: bool = True) -> Entry | None:
        """Return the contract of this id, or None.

        Raises ContractError where two files claim the id, or the file is not a valid contract
        (`validate` False: only where it cannot be parsed).
        """
        if not _is_text(contract_id):
            return None
        found, broken = _matching(contract_id, self._candidates(contract_id))
        if broken and not found:
            # It may be the very file that is asked for: «not found» would mislead.
            raise broken[0]
        if len(found) > 1:
            raise ContractError(_several(contract_id, [entry.path for entry in found]))
        if not found or not validate:
            return found[0] if found else None
        entry = found[0]
        return Entry(entry.path, read(entry.contract.text.encode(), where=entry.path))

    def prepare(self, ids: Iterable[str]) -> Mapping[str, list[str]]:
        """Have here, fetched at once, the files of many contracts; return their paths by id.

        Of a contract whose file does not state its id plainly, nothing may be known.
        """
        wanted = set(filter(_is_text, ids))

        def ask(view: View) -> list[Line]:
            return [line for each in wanted for line in view.with_id(each)]

        lines = self._asked(ask)
        if lines is None:
            stated = ((plain_id(text), path) for path, text in self.texts.items())
        else:
            self._repo.prepare(line.blob for line in lines if line.blob)
            stated = ((line.id, line.path) for line in lines)
        found: dict[str, list[str]] = {}
        for contract_id, path in stated:
            if contract_id in wanted:
                found.setdefault(contract_id, []).append(path)
        return found

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
        if self._contents is not None:
            return self._contents
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
                problems[entries[0].path] = _several(contract_id, [e.path for e in entries])
        once = [entries[0] for entries in found.values() if len(entries) == 1]
        contents = Contents(tuple(sorted(once, key=lambda entry: entry.path)), problems)
        if self._view is None:
            self._contents = contents
        return contents

    def lines(self) -> Lines:
        """Return what a list tells of every contract, without keeping their documents.

        Where no index knows them, `tagged` is None for all.
        """
        found = self._asked(lambda view: self._learnt(view).lines())
        if found is None:
            return self._lines_read()
        return self._without_doubles(found)

    @staticmethod
    def _without_doubles(found: Iterable[Line]) -> Lines:
        found = sorted(found, key=lambda line: line.path)
        problems = {line.path: line.problem for line in found if line.problem is not None}
        by_id: dict[str | None, list[Line]] = {}
        for line in found:
            if line.problem is None:
                by_id.setdefault(line.id, []).append(line)
        for contract_id, lines in by_id.items():
            if len(lines) > 1:
                paths = [line.path for line in lines]
                problems[paths[0]] = _several(str(contract_id), paths)
        return Lines(tuple(lines[0] for lines in by_id.values() if len(lines) == 1), problems)

    def _learnt(self, view: View) -> View:
        view.learn(self._tag_of)
        view.compare_tags()
        return view

    def _tag_of(self, contract_id: str, version: str) -> str | None:
        is_version = semver.Version.is_valid(version)
        return self._config.tag_of(contract_id, version) if is_version else None

    def _lines_read(self) -> Lines:
        contents = self.read_all()
        return Lines(tuple(map(self._line_of, contents.entries)), contents.problems)

    @staticmethod
    def _line_of(entry: Entry) -> Line:
        contract = entry.contract
        status = str(contract.document.get("status", ""))
        return Line(entry.path, "", contract.id, version=contract.version, status=status)

    def line(self, contract_id: str) -> Line | None:
        """Return what a list tells of one contract; None where there is not just one file of it."""
        try:
            entry = self.find(contract_id, validate=False)
        except ContractError:
            return None
        return None if entry is None else self._line_of(entry)

    def unsettled(self) -> Lines:
        """Return the contracts of which it is not known that they are promoted as they are.

        In a small repository these are all. Once a contract was found to be, `settle` says so.
        """
        waiting = f"settled IS NULL OR settled IS NOT tagged OR {_DOUBLE}"
        found = self._asked(lambda view: self._learnt(view).lines(waiting))
        return self._lines_read() if found is None else self._without_doubles(found)

    def doubtful(self, most: int) -> tuple[Lines, bool]:
        """Return the contracts that may be others than the tags of their versions promote.

        In a small repository these are all. In a large one, those whose tag is another now than the
        one that was found to promote them, and those that were not compared with theirs yet: unless
        there are more than `most`, which is told beside.
        """

        def ask(view: View) -> tuple[Lines, bool]:
            self._learnt(view)
            known = view.compared(ever=True)
            new = view.compared(ever=False, most=most + 1)
            too_many = len(new) > most
            return self._without_doubles(known if too_many else [*known, *new]), too_many

        return self._asked(ask) or (self._lines_read(), False)

    def unquiet(self, slugs: Collection[str]) -> tuple[Lines, int] | None:
        """Return the contracts that have no tag, or are not in force, and those of these slugs.

        With them comes how many others there are. None in a small repository: look at all.
        """

        def ask(view: View) -> tuple[Lines, int]:
            wanted = ", ".join("?" * len(slugs))
            found = self._learnt(view).lines(
                "problem IS NOT NULL OR tagged IS NULL"
                " OR status NOT IN ('active', 'deprecated', 'retired')"
                f" OR slug IN ({wanted}) OR {_DOUBLE}",
                list(slugs),
            )
            return self._without_doubles(found), view.count() - len(found)

        return self._asked(ask)

    def settle(self, lines: Sequence[Line]) -> None:
        """Remember contracts that are promoted as they are."""
        self._asked(lambda view: view.settle(lines))

    def read_lines(self, lines: Iterable[Line]) -> Iterator[tuple[Line, Entry]]:
        """Yield the contracts of lines, as they are in the commit itself; what is none is left out.

        In a large repository a part of them is in memory at a time.
        """
        if self._contents is not None:
            known = {entry.path: entry for entry in self._contents.entries}
            yield from ((line, known[line.path]) for line in lines if line.path in known)
            return
        rest = list(lines)
        self._repo.prepare(line.blob for line in rest if line.blob)
        for start in range(0, len(rest), _AT_ONCE):
            some = rest[start : start + _AT_ONCE]
            texts = self._repo.read_many([(self.commit, line.path) for line in some])
            for line, text in zip(some, texts, strict=True):
                with suppress(ContractError):
                    contract = read(text or b"", where=line.path, validate=False)
                    yield line, Entry(line.path, contract)

    @property
    def indexed(self) -> bool:
        """Whether this is a large repository, and its index can be asked."""
        return self._asked(View.count) is not None

    def ids_below(self, start: str) -> list[tuple[str, str]]:
        """Return files whose path begins so, with the id that each states; a thousand at most."""
        lines = self._asked(lambda view: view.below(start, MANY))
        if lines is None:
            lines = [line for line in self.lines().lines if line.path.startswith(start)]
        return [(line.path, line.id) for line in lines if line.id is not None]

    def with_slug(self, name: str) -> list[str]:
        """Return the files that state an id of this slug."""
        lines = self._asked(lambda view: view.with_slug(name))
        if lines is None:
            lines = [line for line in self.lines().lines if slug(str(line.id)) == name]
        return [line.path for line in lines]

    def with_id(self, contract_id: str) -> list[str]:
        """Return the files that state an id, in the order of paths."""
        lines = self._asked(lambda view: view.with_id(contract_id))
        if lines is not None:
            return sorted(line.path for line in lines)
        mentioning = dict(self._mentioning(contract_id, self.texts))
        valid, _ = _matching(contract_id, mentioning.items())
        plain = {path for path, text in mentioning.items() if plain_id(text) == contract_id}
        return sorted(plain | {entry.path for entry in valid})

    def relating(self, names: Collection[str]) -> Mapping[str, bytes]:
        """Return files that can hold relationships, in the order of paths.

        All that refer to what is called by one of these `names` are among them; see
        `odcs.references.names`.
        """
        lines = self._asked(lambda view: view.relating(names))
        return self._relating if lines is None else self._texts_of(lines)

    @cached_property
    def _relating(self) -> Mapping[str, bytes]:
        return {path: text for path, text in self.texts.items() if may_relate(text)}

    def leading(self, objects: Collection[str], called: Collection[str]) -> Mapping[str, bytes]:
        """Return the files that may declare one of these schema objects, or may be called so.

        They are in the order of paths; what a file is called is its id, or the end of its path.
        """

        def ask(view: View) -> list[Line]:
            if objects:
                view.learn(self._tag_of)
            return [*view.declaring(objects), *view.called(called)]

        lines = self._asked(ask)
        return self.texts if lines is None else self._texts_of(lines)

    def _texts_of(self, lines: Iterable[Line]) -> Mapping[str, bytes]:
        places = {line.path: line.blob for line in lines}
        texts = self._repo.blobs(places.values())
        return {path: texts[blob] for path, blob in sorted(places.items()) if blob in texts}

    def ids(self) -> list[str]:
        """Return the ids of all contracts that can be parsed, sorted."""
        return sorted(str(line.id) for line in self.lines().lines)

    def ids_from(self, start: str, most: int) -> list[str]:
        """Return at most so many ids that files state: `start` and those after it, sorted."""
        found = self._asked(lambda view: view.ids_from(start, most=most))
        return self.ids() if found is None else found

    def on_branch(self, branch: str) -> Entry | None:
        """Return the contract whose drafts are on a branch; None where it is that of none."""
        name = branch.removeprefix(self._config.branch_prefix)
        lines = self._asked(lambda view: view.with_slug(name))
        if lines is None:
            entries: Iterable[Entry] = self.read_all().entries
        else:
            entries = (entry for _, entry in self.read_lines(lines))
        return next((e for e in entries if self._config.branch(e.contract.id) == branch), None)

    def files(self) -> Mapping[str, str]:
        """Return the contract files: path -> the object name of the content."""
        return {path: entry.sha for path, entry in self._files.items()}

    @cached_property
    def texts(self) -> Mapping[str, bytes]:
        """The contract files by path, in the order of paths; unparsed, and read once."""
        blobs = self._repo.blobs([entry.sha for entry in self._files.values()])
        return {path: blobs[entry.sha] for path, entry in sorted(self._files.items())}

    def text_at(self, path: str) -> bytes | None:
        """Return the content of a contract file; None where there is none."""
        return self._repo.read(self.commit, path) if self.holds_path(path) else None

    def holds_path(self, path: str) -> bool:
        """Say whether a contract file lies at `path`."""
        lines = self._asked(lambda view: view.at(path))
        return path in self._files if lines is None else bool(lines)

    def twin(self, path: str) -> str | None:
        """Return the contract file at `path`, or one that some file systems cannot tell from it."""
        name = folded(path)
        lines = self._asked(lambda view: view.twins(path))
        paths = self._files if lines is None else [line.path for line in lines]
        return next((each for each in paths if folded(each) == name), None)

    def _candidates(self, contract_id: str) -> Iterable[tuple[str, bytes]]:
        """Return the files that may be of this id."""

        def ask(view: View) -> list[Line]:
            return [*view.with_id(contract_id), *view.without_id()]

        lines = self._asked(ask)
        if lines is None:
            return self._mentioning(contract_id, self.texts)
        paths = sorted(line.path for line in lines)
        # What is acted upon is read in the commit itself.
        texts = self._repo.read_many([(self.commit, path) for path in paths])
        found = zip(paths, texts, strict=True)
        return self._mentioning(contract_id, {path: text for path, text in found if text})

    @staticmethod
    def _mentioning(contract_id: str, texts: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
        """Yield the files that may be of this id."""
        # A file is parsed only where its bytes can hold this id: written plainly, or with the
        # escapes of a double-quoted text. Quotes may be doubled, and spaces be line breaks.
        plain = contract_id.encode()
        varied = "'" in contract_id or " " in contract_id
        for path, blob in texts.items():
            if varied or plain in blob or b"\\" in blob:
                yield path, blob

    def _nearest(self, contract_id: str) -> str:
        count, known, problems = self._asked(lambda view: _around(view, contract_id)) or self._all()
        close = difflib.get_close_matches(contract_id, known, n=1, cutoff=0.4)
        if close:
            said = f": did you mean {one_line(close[0], 80)!r}? (a first draft needs --new)"
        else:
            globs = ", ".join(self._config.contracts)
            said = f" among the {count} in {globs}: a first draft needs --new"
        if problems:
            path, problem = next(iter(problems.items()))
            more = len(problems) - 1
            said += f"; {path} cannot be used: {problem}" + (f" (and {more} more)" if more else "")
        return said

    def _all(self) -> tuple[int, list[str], Mapping[str, str]]:
        contents = self.lines()
        known = [str(line.id) for line in contents.lines]
        return len(known), known, contents.problems


def _around(view: View, contract_id: str) -> tuple[int, list[str], Mapping[str, str]]:
    """Return how many contracts there are, the ids next to one, and what is known to be broken."""
    near = [*view.ids_from(contract_id, most=_NEAR)]
    near += view.ids_from(contract_id, most=_NEAR, backwards=True)
    problems = {line.path: str(line.problem) for line in view.unusable()}
    return view.count() - len(problems), near, problems


def _is_text(contract_id: str) -> bool:
    """Say whether a file can hold this id: an argument may be no text."""
    return not any("\ud800" <= sign <= "\udfff" for sign in contract_id)


def _matching(
    contract_id: str, files: Iterable[tuple[str, bytes]]
) -> tuple[list[Entry], list[ContractError]]:
    """Return the contracts of this id among files, and what keeps others from being one."""
    found, broken = [], []
    for path, blob in files:
        try:
            contract = read(blob, where=path, validate=False)
        except ContractError as error:
            broken.append(error)
        else:
            if contract.id == contract_id:
                found.append(Entry(path, contract))
    return found, broken


def _several(contract_id: str, paths: Sequence[str]) -> str:
    return (
        f"the contract id {contract_id!r} stands in {len(paths)} files: "
        f"{', '.join(paths)}; keep it in one"
    )


def path_filter(config: Config) -> Callable[[str], bool]:
    """Return the test whether a path is one that the settings count as a contract."""
    matches = [compiled(glob) for glob in config.contracts]
    return lambda path: any(match.fullmatch(path) for match in matches)
