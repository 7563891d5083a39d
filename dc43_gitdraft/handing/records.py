"""Which promoted versions were handed on to which hook, and handing on the rest.

Refs
    refs/gitdraft/handed/<hook>/<tag>   stands where the tag stood when its version was handed on

The ref is set after the hook has taken the version. So what fails, or is interrupted, is handed on
by the next run, and a hook may see a version twice. A version waits until the hook has taken the
lower ones of its contract, so that a receiver which keeps the last one keeps the highest.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from dc43_gitdraft.catalog import Catalog
from dc43_gitdraft.check.promoted import Promoted, PromotedVersion
from dc43_gitdraft.errors import GitdraftError, GitError, InputError, StaleRefError
from dc43_gitdraft.handing import Asked, Handed, Hook
from dc43_gitdraft.names import one_line
from dc43_gitdraft.publish import Desk
from dc43_gitdraft.repo import RefUpdate

_HANDED = "refs/gitdraft/handed/"
#: After so many failures in a row, a hook is left alone until the next run.
_PATIENCE = 3
#: So many notes are written down at once; what is lost when a machine dies is handed on again.
_BATCH = 20
#: So many contracts are searched for one by one; reading all takes as long then.
_SEARCHED = 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failed:
    """A version that a hook did not take, and why."""

    version: PromotedVersion
    reason: str


@dataclass(slots=True)
class Handing:
    """What became of one hook; `waiting` versions were not tried, because of what failed.

    `refused` says that its settings are wrong, so that running again does not help.
    """

    hook: str
    handed: list[PromotedVersion] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    waiting: int = 0
    problem: str | None = None
    refused: bool = False

    @property
    def complete(self) -> bool:
        """Whether the hook has all versions now."""
        return not self.failed and not self.waiting and self.problem is None


def hand_on(desk: Desk, hooks: Iterable[Asked], *, dry_run: bool = False) -> tuple[Handing, ...]:
    """Hand on to each hook the promoted versions that it does not have.

    What fails is told in the result, and stops neither the other hooks nor other contracts.
    `dry_run` tells what would be handed on; it makes the hooks, so that wrong settings are told.
    Raises GitError where the repository fails.
    """
    shelf = _Shelf(desk)
    return tuple(_to(hook, shelf, dry_run=dry_run) for hook in hooks)


def _to(asked: Asked, shelf: _Shelf, *, dry_run: bool) -> Handing:
    result = Handing(asked.name)
    missing = shelf.missing(asked.name)
    if not missing and not dry_run:
        return result
    try:
        hook = asked.make()
    except Exception as error:
        result.problem, result.waiting = _reason(error), len(missing)
        result.refused = isinstance(error, InputError)
        return result
    try:
        if dry_run:
            result.handed = missing
        else:
            _all_to(hook, missing, shelf, result)
    finally:
        _close(hook, result)
    return result


def _all_to(hook: Hook, missing: Sequence[PromotedVersion], shelf: _Shelf, result: Handing) -> None:
    behind: set[str] = set()
    in_a_row = 0
    try:
        for version in missing:
            if version.contract in behind or in_a_row == _PATIENCE:
                result.waiting += 1
                continue
            try:
                hook.hand(shelf.handed(version))
            except Exception as error:
                # Another's program: whatever it is, the rest must not suffer from it.
                _log.debug("%s: %s", result.hook, version.tag, exc_info=True)
                result.failed.append(Failed(version, _reason(error)))
                behind.add(version.contract)
                in_a_row += 1
            else:
                result.handed.append(version)
                in_a_row = 0
                shelf.note(result.hook, version)
    finally:
        shelf.record()


def _close(hook: Hook, result: Handing) -> None:
    try:
        hook.close()
    except Exception as error:
        result.problem = _reason(error)


def _reason(error: Exception) -> str:
    if isinstance(error, GitdraftError):
        return str(error)
    # Its first line: others may quote the whole contract.
    said = one_line(str(error).partition("\n")[0], 300)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


class _Shelf:
    """The promoted versions of a repository, and the notes of who has them."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._repo, self._config = desk, desk.repo, desk.config()
        self._catalog = Catalog(desk.repo, desk.base_commit(), self._config)
        self._promoted = Promoted(desk.repo, self._config)
        self._versions = self._promoted.everything(self._catalog)
        self._known: dict[str, str] = {}
        self._noted: list[RefUpdate] = []
        self._searched = 0

    def missing(self, hook: str) -> list[PromotedVersion]:
        """Return what a hook does not have, by contract and version."""
        self._known |= self._repo.refs(f"{_HANDED}{hook}/")
        return [
            version
            for version in self._versions
            if self._known.get(_note(hook, version)) != version.sha
        ]

    def handed(self, version: PromotedVersion) -> Handed:
        """Return a version with all that a hook is given."""
        found = self._promoted.get(version.contract, version.version, self._paths(version.contract))
        tag = self._repo.tag(version.tag)
        contract = found.contract
        commit = self._repo.resolve(f"refs/tags/{version.tag}") or version.sha
        return Handed(
            id=f"msg_{version.sha}",
            contract=contract.id,
            version=contract.version,
            status=str(contract.document.get("status", "")),
            text=contract.text,
            path=found.path,
            tag=version.tag,
            commit=commit,
            repository=self._repo.url or self._repo.origin() or self._repo.name,
            promoted_at=tag.tagged_at if tag else None,
        )

    def _paths(self, contract_id: str) -> Iterator[str]:
        yield self._config.path_of_new(contract_id)
        self._searched += 1
        if self._searched > _SEARCHED:
            if contract_id in self._places:
                yield self._places[contract_id]
        elif (entry := self._catalog.find(contract_id, validate=False)) is not None:
            yield entry.path

    @cached_property
    def _places(self) -> dict[str, str]:
        return {each.contract.id: each.path for each in self._catalog.read_all().entries}

    def note(self, hook: str, version: PromotedVersion) -> None:
        """Note that a hook has a version."""
        name = _note(hook, version)
        self._noted.append(RefUpdate(name, version.sha, self._known.get(name)))
        if len(self._noted) >= _BATCH:
            self.record()

    def record(self) -> None:
        """Write down what was noted. Raises GitError."""
        noted, self._noted = self._noted, []
        _retried(lambda: self._repo.push(noted, "gitdraft: handed on"), self._again(noted))

    def _again(self, noted: list[RefUpdate]) -> Callable[[], None]:
        def again() -> None:
            # Another run hands on too.
            self._repo.refresh()
            now = self._repo.refs(_HANDED)
            left = [
                RefUpdate(each.name, each.new, now.get(each.name))
                for each in noted
                if now.get(each.name) != each.new
            ]
            self._repo.push(left, "gitdraft: handed on")

        return again


def _retried(attempt: Callable[[], None], again: Callable[[], None]) -> None:
    try:
        attempt()
        return
    except StaleRefError as race:
        _log.info("%s: looking again", race)
    for _ in range(3):
        try:
            again()
            return
        except StaleRefError as race:
            last = race
    raise GitError(f"what was handed on could not be written down: {last}") from last


def _note(hook: str, version: PromotedVersion) -> str:
    return f"{_HANDED}{hook}/{version.tag}"
