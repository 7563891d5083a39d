"""The contracts repository as a job reaches it: what fails there never stops the data."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from dc43_gitdraft.desk import Desk
from dc43_gitdraft.errors import ConfigError, GitdraftError, ObservationError, RemoteError
from dc43_gitdraft.model import Observation, Outcome, Policy
from dc43_gitdraft.names import one_line
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.publish import publish
from dc43_gitdraft.repo import Repo, is_url
from dc43_gitdraft.spark.outbox import Outbox
from dc43_gitdraft.workplace import Choice, Place, open_desk, run_url

_log = logging.getLogger(__name__)

Adjust = Callable[[Policy], Policy]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of telling the repository: an outcome, or where the Observation waits and why."""

    outcome: Outcome | None = None
    kept: Path | None = None
    failure: str | None = None


class Office:
    """One contract in its repository, for one job; a context manager.

    Where the repository cannot be reached, `failure` says why, and Observations are kept.
    """

    def __init__(
        self,
        contract_id: str,
        repo: Place,
        *,
        base: str | None = None,
        outbox: Path,
        adjust: Adjust,
        new: bool = False,
    ) -> None:
        self.id = contract_id
        self.failure: str | None = None
        self._place, self._base, self._adjust, self._new = repo, base, adjust, new
        self._outbox = Outbox(outbox, _named(repo), contract_id)
        self._opened = ExitStack()
        self._desk: Desk | None = None
        self._policy = Policy()

    def __enter__(self) -> Office:
        self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.close()

    def contract(self) -> Contract | None:
        """Return the approved contract; None where it is new or cannot be reached now.

        Raises ContractError where there is none, or it cannot be used.
        """
        if self._desk is None:
            return None
        try:
            config = self._desk.config()
            self._policy = config.policy()
            catalog = self._desk.catalog()
            entry = catalog.find(self.id)
            if entry is None and not self._new:
                entry = catalog.get(self.id)
        except RemoteError as error:
            self._failed(error)
            return None
        return entry.contract if entry else None

    def policy(self) -> Policy:
        """Return the policy that came with the contract, as the job adjusts it."""
        return self._adjust(self._policy)

    def foresee(self, observation: Observation) -> Outcome | None:
        """Say how telling would end, and write nothing; None where that cannot be known."""
        if self._desk is None or self.failure is not None:
            return None
        try:
            return self._publish(observation, self._desk, dry_run=True)
        except RemoteError as error:
            self._failed(error)
        except GitdraftError as error:
            _log.warning("%s: how a draft would end is not known: %s", self.id, error)
        return None

    def tell(self, observation: Observation) -> Told:
        """Publish what was seen, after what still waits; keep it where that fails. Never raises."""
        observation = replace(observation, run_url=observation.run_url or run_url())
        try:
            if self._desk is None or self.failure is not None:
                return self._keep(observation, self.failure or "the repository is not open")
            self._flush(self._desk)
            return Told(self._publish(observation, self._desk))
        except GitdraftError as error:
            return self._keep(observation, str(error))
        except Exception as error:
            # The data is what matters here: a bug in the telling must not cost the job its end.
            _log.exception("a bug kept %s from being published", self.id)
            return self._keep(observation, f"{type(error).__name__}: {error}")

    def refresh(self) -> None:
        """See the repository as it is now, for a job that runs long."""
        self.failure = None
        if self._desk is None:
            self._open()
            return
        try:
            self._desk.repo.refresh()
        except RemoteError as error:
            self._failed(error)

    def _open(self) -> None:
        try:
            self._desk = self._opened.enter_context(open_desk(self._place, Choice(self._base)))
        except RemoteError as error:
            self._failed(error)
        except ConfigError as error:
            # Where a share is not mounted, nothing tells that from a typing error.
            if not _is_missing(self._place):
                raise
            self._failed(error)

    def _failed(self, error: GitdraftError) -> None:
        self.failure = str(error)
        _log.warning("%s: the contracts repository cannot be reached: %s", self.id, error)

    def _publish(self, observation: Observation, desk: Desk, *, dry_run: bool = False) -> Outcome:
        return publish(
            self.id, observation, desk, adjust=self._adjust, new=self._new, dry_run=dry_run
        )

    def _flush(self, desk: Desk) -> None:
        """Publish what earlier runs kept. What cannot be used stays, and does not stop the rest."""
        for path in self._outbox.superseded():
            self._outbox.done(path)
        for path, waiting in self._outbox.waiting():
            try:
                if isinstance(waiting, ObservationError):
                    raise waiting
                outcome = self._publish(waiting, desk)
            except RemoteError:
                raise
            except GitdraftError as error:
                _log.warning("%s stays in the outbox: %s", path, error)
            except Exception:
                # A bug that an older file shows must not keep back what was seen now.
                _log.exception("a bug keeps %s in the outbox", path)
            else:
                self._outbox.done(path)
                _log.info("%s from the outbox: %s", path.name, outcome.kind.value)

    def _keep(self, observation: Observation, failure: str) -> Told:
        try:
            kept = self._outbox.keep(observation)
        except OSError as error:
            _log.error("%s was neither published (%s) nor kept: %s", self.id, failure, error)
            return Told(failure=f"{failure}; the outbox cannot be written: {error}")
        _log.warning(
            "%s was not published: %s; the next run will, or: "
            "dc43-gitdraft draft %s --from 'observation:%s'",
            self.id,
            failure,
            self.id,
            kept,
        )
        return Told(kept=kept, failure=failure)


def _is_missing(place: Place) -> bool:
    """Tell whether nothing at all is at a place on disk."""
    if isinstance(place, (Desk, Repo)) or is_url(str(place)):
        return False
    return not Path(place).expanduser().exists()


def _named(place: Place) -> str:
    """Return what an outbox calls the repository: the same for each run of a job."""
    repo = place.repo if isinstance(place, Desk) else place
    name = repo.url or repo.name if isinstance(repo, Repo) else str(repo)
    return one_line(name if is_url(name) else str(Path(name).expanduser().absolute()))
