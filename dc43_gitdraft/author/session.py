"""What the page asks for: pieces of work that begin, are looked at, and are proposed.

All of it is kept here and not in the browser, so that a page that is loaded again goes on where
it was. One thing is done at a time.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dc43_gitdraft import odcs, render
from dc43_gitdraft.author.composing import (
    Basis,
    blank,
    complaints,
    compose,
    merged,
    shown,
    unmarked,
    worded,
)
from dc43_gitdraft.author.submitting import Standing, Written, standing, submit
from dc43_gitdraft.draft import make_draft
from dc43_gitdraft.errors import ContractError, InputError, LifecycleError
from dc43_gitdraft.findings import sentence
from dc43_gitdraft.model import Draft, OutcomeKind, Policy, PullState
from dc43_gitdraft.names import check_contract_id
from dc43_gitdraft.observe import observe, without_secrets
from dc43_gitdraft.odcs import Contract, Locator, read
from dc43_gitdraft.publish import Desk, Scene
from dc43_gitdraft.render.tables import worst_first
from dc43_gitdraft.repo import Identity

#: Pieces of work that are kept; the oldest are forgotten.
_KEPT = 50
#: What one of them was based on before: pages that were open then still say what they changed.
_BASES = 20
_SHOWN = 500
_PUBLISHED = frozenset({OutcomeKind.CREATED, OutcomeKind.UPDATED, OutcomeKind.UNCHANGED})


class NoWorkError(InputError):
    """A piece of work that is not kept any more."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What the editor of one page holds, and the number of the basis that it was typed on."""

    text: str
    basis: int


@dataclass
class Work:
    """One contract under somebody's hands: what it began with, and what the editor holds."""

    id: str
    contract: str
    basis: Basis
    policy: Policy
    path: str
    told: str
    text: str
    reason: str
    notes: list[str] = field(default_factory=list)
    revision: int = 0
    #: Another page of the same work may still write on what this one went on from.
    number: int = 0
    older: dict[int, Basis] = field(default_factory=dict)

    def basis_of(self, typed: Typed) -> Basis:
        """Return what a page began with, so that it takes nothing back which it never saw."""
        if typed.basis == self.number:
            return self.basis
        if typed.basis not in self.older:
            raise LifecycleError(
                "this contract was proposed from other pages meanwhile: copy what you typed, "
                "and begin from it again"
            )
        return self.older[typed.basis]

    def go_on(self, basis: Basis, text: str) -> None:
        """Let further edits begin with `basis`."""
        self.older[self.number] = self.basis
        for old in list(self.older)[:-_BASES]:
            del self.older[old]
        self.basis, self.number = basis, self.number + 1
        self.text, self.revision = text, self.revision + 1

    def as_json(self) -> dict[str, Any]:
        """Return what the page needs to go on."""
        approved = self.basis.approved
        return {
            "id": self.id,
            "contract": self.contract,
            "approved": approved.version if approved else None,
            "told": self.told,
            "text": shown(self.text),
            "basis": self.number,
            "revision": self.revision,
            "notes": self.notes,
            "reason": self.reason,
        }


class Session:
    """What one run of the page works on. `offered` is what it was started with."""

    def __init__(
        self,
        desk: Desk,
        who: Identity,
        clock: Callable[[], datetime],
        offered: Mapping[str, str] | None = None,
    ) -> None:
        self._desk, self._who, self._clock = desk, who, clock
        self._offered = dict(offered or {})
        self._works: dict[str, Work] = {}
        self._lock = threading.Lock()

    def state(self) -> dict[str, Any]:
        """Tell where the page works, for whom, and what it was started with."""
        return {
            "repository": self._desk.repo.name,
            "base": self._desk.base,
            "author": self._who.name,
            "address": self._who.email,
            "offered": self._offered,
        }

    def contracts(self) -> list[dict[str, Any]]:
        """List the contracts by id, each with the number of its open draft."""
        with self._lock:
            repo = self._desk.repo
            repo.refresh()
            scene = Scene.of(self._desk)
            drafts = {pull.head: pull.number for pull in self._desk.forge.list(PullState.OPEN)}
            return [
                {"id": each, "draft": drafts.get(scene.config.branch(each))}
                for each in scene.catalog.ids()
            ]

    def begin(self, contract: str, source: str | None) -> dict[str, Any]:
        """Begin with a contract, or with a new one; data that is named says what it holds."""
        with self._lock:
            self._desk.repo.refresh()
            work = self._begun(contract.strip(), (source or "").strip())
            self._works[work.id] = work
            for old in list(self._works)[:-_KEPT]:
                del self._works[old]
            return work.as_json()

    def get(self, work_id: str) -> dict[str, Any]:
        """Return a piece of work as it is now."""
        with self._lock:
            return self._work(work_id).as_json()

    def look(self, work_id: str, typed: Typed, revision: int) -> dict[str, Any]:
        """Keep what the editor holds, and say what it comes to.

        `stale` is a page that another one has overtaken: the work holds that one's text.
        """
        with self._lock:
            work = self._work(work_id)
            basis = work.basis_of(typed)
            stale = typed.basis != work.number
            kept = not stale and revision >= work.revision
            if kept:
                work.text, work.revision = typed.text, revision
            said = preview(work, basis, typed.text, self._who.name)
            return {**said, "kept": kept, "stale": stale}

    def propose(self, work_id: str, typed: Typed, reason: str) -> dict[str, Any]:
        """Open or update the pull request."""
        with self._lock:
            work = self._work(work_id)
            basis = work.basis_of(typed)
            if typed.basis == work.number:
                work.text, work.reason = typed.text, reason
            self._desk.repo.refresh()
            outcome = submit(Written(basis, typed.text, reason), self._desk, self._who)
            pull, draft = outcome.pull_request, outcome.draft
            now = work.as_json()
            if outcome.kind in _PUBLISHED:
                self._go_on(work, outcome.contract)
                now = work.as_json()
            elif typed.basis != work.number:
                # Nothing was joined: the page keeps what it holds.
                now |= {"text": shown(typed.text), "basis": typed.basis, "reason": reason}
            return {
                "outcome": outcome.kind.value,
                "contract": outcome.contract,
                "version": draft.version if draft else None,
                "pull": {"number": pull.number, "url": pull.url, "title": pull.title}
                if pull
                else None,
                "branch": outcome.branch,
                "reason": outcome.reason,
                "work": now,
            }

    def take_over(self, work_id: str, typed: Typed) -> dict[str, Any]:
        """Bring the work onto what the repository holds now; where both differ, that stays."""
        with self._lock:
            work = self._work(work_id)
            basis = work.basis_of(typed)
            self._desk.repo.refresh()
            wording = worded(basis, typed.text)
            there = standing(self._desk, str(wording.document["id"]))
            now = there.now
            if now is None:
                return {**work.as_json(), "places": []}
            brought, places = merged(basis, wording, now.document)
            document = brought.document
            if brought.chosen is not None:
                document = {**document, "version": brought.chosen}
            self._rebase(work, there, odcs.rewrite(now.text, document))
            return {**work.as_json(), "places": list(places)}

    def _go_on(self, work: Work, contract: str) -> None:
        """Let further edits begin with what was proposed."""
        there = standing(self._desk, contract)
        if there.now is not None:
            work.contract = contract
            self._rebase(work, there, there.now.text)

    def _rebase(self, work: Work, there: Standing, text: str) -> None:
        now = there.now
        assert now is not None  # noqa: S101 - both callers looked
        work.go_on(Basis.of(there.approved, now.text), text)
        work.told = _told(there)

    def _work(self, work_id: str) -> Work:
        if work_id not in self._works:
            raise NoWorkError("this piece of work is not kept any more: begin again")
        return self._works[work_id]

    def _begun(self, contract: str, source: str) -> Work:
        if not contract:
            raise ContractError("name the contract: its id, such as shop.orders")
        there = standing(self._desk, contract)
        now, policy = there.now, there.policy
        check_contract_id(contract, new=now is None)
        notes: list[str] = []
        if now is not None:
            basis = Basis.of(there.approved, now.text)
            told = _told(there)
        else:
            basis = Basis.of(None, blank(contract, policy.first_version), held=False)
            told = "a new contract"
        text = basis.text
        if source:
            drafted = self._drafted(contract, now, source, policy)
            notes = [*drafted.notes] if drafted else ["the data agrees with the contract"]
            text = unmarked(drafted.text, basis.document) if drafted else text
            told += f", with what {without_secrets(source)} holds"
            if now is None:
                basis = Basis.of(None, text, held=False)
        name = secrets.token_urlsafe(9)
        reason = f"what {without_secrets(source)} holds" if source else ""
        return Work(name, contract, basis, policy, there.path, told, text, reason, notes)

    def _drafted(
        self, contract: str, now: Contract | None, source: str, policy: Policy
    ) -> Draft | None:
        seen = observe(source, now=self._clock(), contract=now)
        return make_draft(now, seen, policy, contract_id=contract)


def refuse_impossible(desk: Desk, contract: str) -> None:
    """Raise ContractError for an id that no contract has and that none can be given."""
    check_contract_id(contract)
    try:
        check_contract_id(contract, new=True)
    except ContractError:
        if Scene.of(desk).catalog.find(contract, validate=False) is None:
            raise


def _told(there: Standing) -> str:
    if there.pull is not None:
        return f"the draft that pull request #{there.pull.number} proposes"
    return f"the approved version {there.approved.version}" if there.approved else "a new contract"


def preview(work: Work, basis: Basis, text: str, author: str) -> dict[str, Any]:
    """Say what is wrong with a text, what it changes, and which version that makes."""
    said: dict[str, Any] = {
        "problems": [],
        "changes": [],
        "version": None,
        "approved": basis.approved.version if basis.approved else None,
        "step": None,
        "verdict": None,
        "words": None,
        "diff": "",
        "ready": False,
    }
    try:
        wording = worded(basis, text)
        locate = Locator(text)
        said["problems"] = [
            {"message": each.message, "line": locate(each.path)[0]}
            for each in complaints(wording.document)[:_SHOWN]
        ]
        now = read(basis.text, validate=False) if basis.held else None
        draft = compose(wording, now, basis.approved, work.policy, author)
    except InputError as error:
        said["problems"] = [*said["problems"], {"message": error.message, "line": error.line}]
        return said
    if draft is None:
        return {**said, "words": "Nothing differs from the approved contract"}
    judged = render.judgement(draft)
    said |= {
        "changes": [
            {"level": str(each.level), "rule": each.rule, "text": sentence(each)}
            for each in worst_first(draft.changes)[:_SHOWN]
        ],
        "more": max(0, len(draft.changes) - _SHOWN),
        "version": draft.version,
        "step": render.bump_of(draft),
        "small": draft.base_version is not None and draft.bump < draft.implied,
        "implied": str(draft.implied),
        "verdict": judged.verdict.value,
        "words": judged.words,
        "diff": render.diff(basis.text if basis.held else "", draft.text, work.path),
        "ready": not said["problems"],
    }
    return said
