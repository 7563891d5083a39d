"""One contract for one job: what it says, how data is judged by it, and whom to tell."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

from dc43_gitdraft.base_contract import BaseContract, contract_of
from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.model import Bump, Observation, Outcome, Policy, Verdict
from dc43_gitdraft.names import check_contract_id
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.spark.judging import Validation, judge
from dc43_gitdraft.spark.office import Office, Told
from dc43_gitdraft.spark.outbox import default_outbox
from dc43_gitdraft.workplace import Place

_BUMPS = {"auto": None, "patch": Bump.PATCH, "minor": Bump.MINOR, "major": Bump.MAJOR}


def bump_of(word: str | None) -> Callable[[Policy], Policy]:
    """Return what a bump's word makes of a policy; None leaves what the settings say."""
    if word is None:
        return lambda policy: policy
    if word not in _BUMPS:
        raise ConfigError(f"the bump is one of {', '.join(_BUMPS)}, not {word!r}")
    return lambda policy: replace(policy, bump=_BUMPS[word])


@dataclass(frozen=True, slots=True)
class Asked:
    """What a job says of its contract and repository, as its arguments have it.

    `contract` is the id of a contract in the repository, or a contract itself. `every` is how
    long, in seconds, what the repository said counts without asking it again.
    """

    contract: BaseContract
    repo: Place | None = None
    base: str | None = None
    object: str | None = None
    bump: str | None = None
    new: bool = False
    outbox: str | Path | None = None
    every: float = 0.0

    @property
    def place(self) -> Place | None:
        """The repository: what was named, else what the environment names."""
        return self.repo if self.repo is not None else os.environ.get("GITDRAFT_REPO") or None

    @property
    def outbox_folder(self) -> Path:
        """The directory of the outbox."""
        return default_outbox() if self.outbox is None else Path(self.outbox)

    def adjust(self, policy: Policy) -> Policy:
        """Return the repository's policy as this job wants it."""
        return replace(bump_of(self.bump)(policy), object=self.object)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the repository said of a drift, and when."""

    told: Told
    at: float


@dataclass(slots=True)
class _Known:
    """What was asked already."""

    read_at: float = -1.0
    answers: dict[object, _Answer] = field(default_factory=dict)


class Job:
    """A context manager; the repository is open inside.

    `contract` is the approved one; None where it is new, or cannot be known: then `unknown` says
    why.
    """

    def __init__(self, asked: Asked, clock: Callable[[], float] = time.monotonic) -> None:
        bump_of(asked.bump)
        self._asked, self._clock = asked, clock
        self._known = _Known()
        self._given = _given(asked.contract)
        self.id = self._given.id if self._given else check_contract_id(str(asked.contract))
        self.contract: Contract | None = self._given
        self.unknown: str | None = None
        self._office: Office | None = None
        if asked.place is not None:
            self._office = Office(
                self.id,
                asked.place,
                base=asked.base,
                outbox=asked.outbox_folder,
                adjust=asked.adjust,
                new=asked.new,
            )
        elif self._given is None and not asked.new:
            raise ConfigError(
                f"{self.id!r} names a contract of a repository: give repo=, or set GITDRAFT_REPO"
            )

    def __enter__(self) -> Job:
        if self._office is not None:
            self._office.__enter__()
            try:
                self._read(self._office)
            except BaseException:
                self._office.__exit__(None, None, None)
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._office is not None:
            self._office.__exit__(kind, error, trace)

    def renew(self) -> None:
        """See the repository and the contract as they are now, where the last look is too old."""
        if self._office is not None and self._clock() - self._known.read_at >= self._asked.every:
            self._office.refresh()
            self._read(self._office)

    def judge(self, observation: Observation) -> Validation:
        """Compare what was seen with the contract."""
        if self.unknown is not None:
            reason = f"the contract is not known: {self.unknown}"
            return Validation(Verdict.UNKNOWN, observation, self.id, reason=reason)
        policy = self._asked.adjust(Policy()) if self._office is None else self._office.policy()
        return judge(self.contract, observation, policy, self.id)

    def foresee(self, judged: Validation) -> Outcome | None:
        """Say how telling would end, without doing it; None where nobody can be asked."""
        if self._office is None:
            return None
        if (known := self._answer(judged)) is not None:
            return known.outcome
        return self._office.foresee(judged.observation)

    def tell(self, judged: Validation) -> Told:
        """Tell the repository what was seen; nothing where there is none. Never raises."""
        if self._office is None:
            return Told()
        if (known := self._answer(judged)) is not None:
            return known
        told = self._office.tell(judged.observation)
        if told.outcome is not None or told.kept is not None:
            self._known.answers[_signature(judged)] = _Answer(told, self._clock())
        return told

    def _read(self, office: Office) -> None:
        found = office.contract()
        self.unknown = office.failure if found is None and self._given is None else None
        self.contract = found if office.failure is None else found or self._given
        self._known = _Known(self._clock())

    def _answer(self, judged: Validation) -> Told | None:
        answer = self._known.answers.get(_signature(judged))
        fresh = answer is not None and self._clock() - answer.at < self._asked.every
        return answer.told if answer is not None and fresh else None


def _given(contract: BaseContract) -> Contract | None:
    """Return the contract where one was handed over; None for the id of one."""
    # An id has no line break, and a document has many.
    return None if isinstance(contract, str) and "\n" not in contract else contract_of(contract)


def _signature(judged: Validation) -> object:
    """Return what makes telling again worthwhile when it differs: the drift and the failures."""
    failed = frozenset((each.rule, each.property, each.verdict) for each in judged.quality)
    return judged.draft.digest if judged.draft else None, failed
