"""One contract as a range of commits changes it, and what the rules say of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from dc43_gitdraft.changes import compare, implied_bump
from dc43_gitdraft.changes.declared import declared_bump
from dc43_gitdraft.check.state import State
from dc43_gitdraft.model import Bump, Change, DocPath, Level, Perspective
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.odcs.schema import problems


class Said(NamedTuple):
    """A rule's sentence about a place of the new document.

    `level` is set where it is another than the rule's own.
    """

    rule: str
    at: DocPath
    message: str
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A contract before and after. `old_path` is another than `path` where the file moved.

    `changes` are None where there are not two valid documents to compare.
    """

    path: str
    how: str
    old_path: str | None = None
    old: Contract | None = None
    new: Contract | None = None
    changes: tuple[Change, ...] | None = None

    @property
    def implied(self) -> Bump | None:
        """The step that the changes ask for."""
        return None if self.changes is None else implied_bump(self.changes)

    @property
    def declared(self) -> Bump | None:
        """The step that the versions take; None where they take none forward."""
        if self.old is None or self.new is None:
            return None
        return declared_bump(self.old.version, self.new.version)

    @property
    def suffices(self) -> bool:
        """Whether a new version declares what the changes ask for."""
        declared, implied = self.declared, self.implied
        return bool(declared and implied is not None and declared >= implied)


def cases(
    before: State,
    after: State,
    wanted: frozenset[str],
    perspective: Perspective,
    today: date | None = None,
) -> Iterator[Case]:
    """Yield every contract under the wanted paths; a moved one is known again by its id."""
    before.fetch(wanted)
    after.fetch(wanted)
    gone = {path for path in before.paths if path in wanted or path not in after.paths}
    elsewhere: dict[str, str] = {}
    for path in sorted(gone):
        contract = before.contract(path)
        if contract is not None and not _still(contract, path, after):
            elsewhere.setdefault(contract.id, path)
    claimed = {new.id for path in wanted if (new := after.contract(path)) is not None}
    for path in sorted(wanted & after.paths):
        new = after.contract(path)
        same = path in before.paths and not before.differs(path, after)
        old = new if same else before.contract(path)
        if new is not None and (old is None or old.id != new.id) and new.id in elsewhere:
            old_path = elsewhere.pop(new.id)
            yield _case(path, "moved", old_path, before.contract(old_path), new, perspective, today)
        elif new is None or old is None:
            how = "added" if path not in before.paths else _how(path, before, after)
            yield Case(path, how, path if path in before.paths else None, old, new)
        elif old.id == new.id or (old.id in elsewhere and old.id not in claimed):
            elsewhere.pop(old.id, None)
            yield _case(path, _how(path, before, after), path, old, new, perspective, today)
        else:
            yield Case(path, "added", None, None, new)
    for path in sorted(elsewhere.values()):
        if path in wanted and path not in after.paths:
            yield Case(path, "removed", path, before.contract(path))


def _still(contract: Contract, path: str, after: State) -> bool:
    new = after.contract(path) if path in after.paths else None
    return new is not None and new.id == contract.id


def _how(path: str, before: State, after: State) -> str:
    return "edited" if before.differs(path, after) else "unchanged"


def _case(
    path: str,
    how: str,
    old_path: str,
    old: Contract | None,
    new: Contract,
    perspective: Perspective,
    today: date | None,
) -> Case:
    if old is None or not (_is_valid(old) and _is_valid(new)):
        return Case(path, how, old_path, old, new)
    changes = compare(old.document, new.document, perspective=perspective, today=today)
    return Case(path, how, old_path, old, new, changes)


def _is_valid(contract: Contract) -> bool:
    return not problems(contract.document, contract.api_version)
