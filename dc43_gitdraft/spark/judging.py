"""Whether data may pass for what its contract says: one verdict, and why."""

from __future__ import annotations

from dataclasses import dataclass

from dc43_gitdraft.draft import make_draft
from dc43_gitdraft.model import (
    Change,
    Draft,
    Level,
    Observation,
    Outcome,
    OutcomeKind,
    Policy,
    QualityResult,
    Verdict,
)
from dc43_gitdraft.odcs import Contract

#: From harmless to not.
_ORDER = (Verdict.OK, Verdict.UNKNOWN, Verdict.WARN, Verdict.BLOCK)

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Validation:
    """What became of checking data against a contract.

    `verdict` is block where a change breaks somebody (an error by the repository's settings) or
    a rule that must hold does not; warn for any other drift or failed rule; unknown where
    something could not be checked. `reason` says why it is not ok. `draft` is the next version
    that the data asks for, None where there is no drift.
    """

    verdict: Verdict
    observation: Observation
    contract: str
    version: str | None = None
    draft: Draft | None = None
    reason: str | None = None

    @property
    def changes(self) -> tuple[Change, ...]:
        """How the data differs from the contract."""
        return self.draft.changes if self.draft else ()

    @property
    def quality(self) -> tuple[QualityResult, ...]:
        """What became of each rule."""
        return self.observation.quality


def judge(
    contract: Contract | None, observation: Observation, policy: Policy, contract_id: str
) -> Validation:
    """Compare what was seen with the contract. Without one, all of it is new.

    Raises ContractError where the schema object is not clear.
    """
    draft = make_draft(contract, observation, policy, contract_id=contract_id)
    found = [(result.verdict, _failure(result)) for result in observation.quality]
    if contract is None:
        found.insert(0, (Verdict.WARN, "there is no such contract yet"))
    elif draft is not None:
        found = [*map(_difference, draft.changes), *found]
    verdict = max((each for each, _ in found), key=_ORDER.index, default=Verdict.OK)
    wrong = [each for each in found if each[0] is not Verdict.OK]
    wrong.sort(key=lambda each: -_ORDER.index(each[0]))
    return Validation(
        verdict,
        observation,
        contract_id,
        contract.version if contract else None,
        draft,
        _sentence([reason for _, reason in wrong]),
    )


def rejection(outcome: Outcome | None) -> str | None:
    """Say who rejected this drift and why, where somebody did."""
    if outcome is None or outcome.kind is not OutcomeKind.REJECTED:
        return None
    pull = outcome.pull_request
    where = f"pull request #{pull.number} " if pull else ""
    return f"{where}{outcome.reason or 'was rejected'}"


def _difference(change: Change) -> tuple[Verdict, str]:
    broken = change.level is Level.ERROR
    return (Verdict.BLOCK if broken else Verdict.WARN), f"{change.rule} of {change.path}"


def _failure(result: QualityResult) -> str:
    rule = f"{result.rule} of {result.property or 'the object'}"
    if result.verdict is Verdict.UNKNOWN:
        return f"{rule} was not measured" + (f": {result.message}" if result.message else "")
    if result.failed is not None and result.total:
        return f"{rule} fails in {result.failed:,} of {result.total:,} rows"
    return f"{rule} fails" + (f": {result.message}" if result.message else "")


def _sentence(said: list[str]) -> str | None:
    more = f", and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
    return ", ".join(said[:_NAMED]) + more if said else None
