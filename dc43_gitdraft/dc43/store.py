"""dc43's contract store over a contracts repository: reads what is promoted, proposes what is put.

A version comes into being by a merge and in no other way. So what is read are the tags, drafts
are never among them, and `put` takes a draft and opens or updates its pull request.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from types import TracebackType

from dc43_service_backends.contracts.backend.stores.interface import ContractStore
from open_data_contract_standard.model import OpenDataContractStandard
from semver import Version

from dc43_gitdraft.base_contract import document_of, dumped, json_like, refusal, untouched
from dc43_gitdraft.catalog import Catalog
from dc43_gitdraft.check.promoted import Promoted
from dc43_gitdraft.config import Config
from dc43_gitdraft.dc43.drafts import Drafted, spelt
from dc43_gitdraft.errors import ConfigError, ContractError, LifecycleError, RemoteError
from dc43_gitdraft.model import Bump, Document, Outcome, Policy, Status
from dc43_gitdraft.names import check_contract_id, one_line
from dc43_gitdraft.proposing import Proposal, propose
from dc43_gitdraft.publish import Desk
from dc43_gitdraft.repo import Repo
from dc43_gitdraft.workplace import Choice, Place, open_desk, run_url

#: In seconds: how long what a remote said of its versions counts.
EVERY = 30.0

_TAGS = "refs/tags/"
_log = logging.getLogger(__name__)


class NoSuchVersionError(ContractError, FileNotFoundError):
    """A contract version that is not promoted.

    dc43's services take a missing file for a missing contract, wherever it is kept.
    """

    def __str__(self) -> str:
        return self.message


@dataclass
class _Shelf:
    """The promoted versions as they were when last looked at, and the base branch then."""

    repo: Repo
    config: Config
    base: str
    tags: Mapping[str, str]
    seen_at: float

    @cached_property
    def promoted(self) -> Promoted:
        return Promoted(self.repo, self.config)

    @cached_property
    def catalog(self) -> Catalog:
        return Catalog(self.repo, self.base, self.config)

    @cached_property
    def ids(self) -> list[str]:
        """The contracts that have a promoted version, by id."""
        return sorted({each.contract for each in self.promoted.everything(self.catalog)})


class GitContractStore(ContractStore):  # type: ignore[misc]
    """The contracts of a repository as a store of dc43's services; it may be shared by threads.

    `repo` is a path, a URL, or what is open already; `every` is how long, in seconds, what a
    remote said of its versions counts. Close it when done, or use it as a context manager.

    Raises ConfigError where there is no such repository, GitError where it cannot be reached.
    """

    def __init__(
        self,
        repo: Place,
        *,
        base: str | None = None,
        every: float = EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._every, self._clock = every, clock
        self._lock = threading.RLock()
        self._opened = ExitStack()
        self._shelf: _Shelf | None = None
        #: Where contracts were found: read there first, a tree of thousands need not be searched.
        self._paths: dict[str, str] = {}
        self._desk: Desk | None = self._opened.enter_context(open_desk(repo, Choice(base)))

    def close(self) -> None:
        """End the work on the repository."""
        with self._lock:
            self._desk = self._shelf = None
            self._opened.close()

    def __enter__(self) -> GitContractStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Reading

    def list_contracts(self) -> list[str]:
        """Return the ids of the contracts that have a promoted version."""
        with self._lock:
            return list(self._now().ids)

    def list_versions(self, contract_id: str) -> list[str]:
        """Return the promoted versions of a contract, lowest first; none for an unknown one."""
        with self._lock:
            return self._now().promoted.versions(contract_id)[::-1]

    def get(self, contract_id: str, version: str) -> OpenDataContractStandard:
        """Return a promoted version.

        Raises NoSuchVersionError where it is not promoted, ContractError where dc43's model cannot
        hold it.
        """
        return _model(self.document(contract_id, version))

    def latest(self, contract_id: str) -> OpenDataContractStandard | None:
        """Return the highest promoted version; None where there is none."""
        with self._lock:
            versions = self.list_versions(contract_id)
            return self.get(contract_id, versions[-1]) if versions else None

    def document(self, contract_id: str, version: str) -> Document:
        """Return a promoted version as it is written, with all that dc43's model drops."""
        with self._lock:
            shelf = self._now()
            if not shelf.promoted.has(contract_id, version):
                # It may have been promoted a moment ago; what is promoted stays as it is.
                shelf = self._now(fresh=True)
            if not shelf.promoted.has(contract_id, version):
                known = ", ".join(shelf.promoted.versions(contract_id)[:10])
                raise NoSuchVersionError(
                    f"there is no promoted version {one_line(version, 60)!r} of "
                    f"{one_line(contract_id, 60)!r}: "
                    + (f"promoted are {known}" if known else "none is promoted yet")
                )
            usual = shelf.config.path_of_new(contract_id)
            paths = [self._paths.get(contract_id, usual), usual]
            found = shelf.promoted.get(contract_id, version, paths)
            self._paths[contract_id] = found.path
            return found.contract.document

    # Proposing

    def put(self, contract: OpenDataContractStandard) -> None:
        """Open or update the pull request of a draft; `propose` also tells how that ended.

        A draft that dc43 made from a job's data is only logged where it cannot be published: the
        job goes on, and the next one that sees the same drafts it again. Raises what `propose` does
        for any other draft.
        """
        try:
            outcome = self.propose(contract)
        except (LifecycleError, RemoteError) as error:
            if not Drafted.of(dumped(contract)).observed:
                raise
            _log.warning("%s was not drafted: %s", contract.id, error)
            return
        pull = outcome.pull_request
        _log.info(
            "%s: %s%s%s",
            outcome.contract,
            outcome.kind.value,
            f" ({pull.url})" if pull else "",
            f": {outcome.reason}" if outcome.reason else "",
        )

    def propose(self, contract: OpenDataContractStandard) -> Outcome:
        """Bring a draft before a steward: what it says otherwise than the version it is made from.

        That is the version that dc43 notes in it, else the highest promoted one. The pull request
        has a version of its own.

        Raises LifecycleError for what is no draft, ContractError for a draft that is no contract,
        EditedDraftError where people's work is in the way, GitError and ForgeError.
        """
        contract_id = check_contract_id(str(contract.id or ""))
        _refuse_final(contract, contract_id)
        with self._lock:
            desk = self._at_desk()
            self._now(fresh=True)
            draft = Drafted.of(dumped(contract))
            outcome = propose(
                contract_id,
                self._proposal(contract, contract_id, draft),
                desk,
                adjust=_step_of(draft, self._base_version(contract_id, draft)),
            )
            self._shelf = None
            return outcome

    def _proposal(
        self, contract: OpenDataContractStandard, contract_id: str, draft: Drafted
    ) -> Proposal:
        version = self._base_version(contract_id, draft)
        observed_at = self._at_desk().clock()
        if version is not None:
            original = self.document(contract_id, version)
        else:
            entry = self._now().catalog.find(contract_id)
            if entry is None:
                said = draft.observation(None, observed_at, run_url())
                return Proposal(None, spelt(draft.document), said, self._author())
            original = entry.contract.document
        said = draft.observation(original, observed_at, run_url())
        if draft.observed:
            return Proposal(original, draft.decided(original, untouched(contract, original)), said)
        return Proposal(original, document_of(contract, original), said, self._author())

    def _author(self) -> str:
        """Return who puts a draft that no data made, as Git's configuration knows them."""
        who = self._at_desk().repo.identity()
        return f"{who.name} <{who.email}>" if who is not None else "somebody"

    def _base_version(self, contract_id: str, draft: Drafted) -> str | None:
        versions = self.list_versions(contract_id)
        if draft.base_version in versions:
            return draft.base_version
        return versions[-1] if versions else None

    # The repository

    def _at_desk(self) -> Desk:
        if self._desk is None:
            raise ConfigError("this contract store is closed: make another one")
        return self._desk

    def _now(self, *, fresh: bool = False) -> _Shelf:
        """Return the promoted versions, read anew where that may matter."""
        desk, shelf, now = self._at_desk(), self._shelf, self._clock()
        if shelf is not None and not fresh and self._is_recent(shelf, now):
            return shelf
        if desk.repo.url is not None and (shelf is not None or fresh):
            desk.repo.refresh()
        base, tags = desk.base_commit(), desk.repo.refs(_TAGS)
        if shelf is None or base != shelf.base or tags != shelf.tags:
            shelf = self._shelf = _Shelf(desk.repo, desk.config(), base, tags, now)
        shelf.seen_at = now
        return shelf

    def _is_recent(self, shelf: _Shelf, now: float) -> bool:
        # One on disk is asked each time: that costs next to nothing.
        return self._at_desk().repo.url is not None and now - shelf.seen_at < self._every


def _model(document: Document) -> OpenDataContractStandard:
    try:
        return OpenDataContractStandard.model_validate(json_like(document))
    except ValueError as error:
        shown = one_line(f"{document['id']} {document.get('version')}", 100)
        raise ContractError(
            f"dc43 cannot read {shown}: {refusal(error)}; `document` has it as it is written"
        ) from error


def _refuse_final(contract: OpenDataContractStandard, contract_id: str) -> None:
    said = str(contract.status or "").strip().lower()
    if said != Status.DRAFT.value:
        shown = f"its status is {one_line(said, 40)!r}" if said else "it has no status"
        raise LifecycleError(
            f"{contract_id} {one_line(str(contract.version), 40)} was not put, as {shown}: here a "
            "version is published by merging a pull request; put it with the status 'draft', which "
            "opens one"
        )


def _step_of(draft: Drafted, base: str | None) -> Callable[[Policy], Policy]:
    """Return what a draft's own version asks for; those that dc43 makes up ask for nothing."""
    version = str(draft.document.get("version", ""))
    if draft.observed or base is None or not Version.is_valid(version):
        return lambda policy: policy
    wanted, now = Version.parse(version), Version.parse(base)
    if wanted.prerelease or wanted <= now:
        return lambda policy: policy
    step = Bump.MAJOR if wanted.major > now.major else Bump.MINOR
    step = Bump.PATCH if (wanted.major, wanted.minor) == (now.major, now.minor) else step
    return lambda policy: replace(policy, bump=step)
