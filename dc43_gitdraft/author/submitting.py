"""What a person wrote, brought before a steward as a job's draft is.

On the same branch and with the same checks; but as the person's own commit, so that jobs keep it
as they keep every edit of people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dc43_gitdraft import provenance, render
from dc43_gitdraft.author.composing import Basis, Wording, complaints, compose, merged, worded
from dc43_gitdraft.branch import DraftBranch
from dc43_gitdraft.catalog import Entry
from dc43_gitdraft.errors import ContractError, LifecycleError
from dc43_gitdraft.model import (
    Dataset,
    Draft,
    Observation,
    Outcome,
    OutcomeKind,
    Policy,
    Provenance,
    PullRequest,
    PullState,
)
from dc43_gitdraft.names import one_line
from dc43_gitdraft.odcs import Contract, read
from dc43_gitdraft.publish import Desk, Publication, Scene, Steps, is_known, published
from dc43_gitdraft.rebase import DisputedError, DraftInBranch, rebase
from dc43_gitdraft.repo import Identity

#: What `provenance` keeps of a reason.
REASON_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Written:
    """What the editor holds, what it began with, and why it is to change."""

    basis: Basis
    text: str
    reason: str = ""


def submit(given: Written, desk: Desk, who: Identity) -> Outcome:
    """Open or update the pull request that proposes what a person wrote.

    Raises ContractError for what cannot be a contract, DisputedError where the repository changed
    the same places meanwhile, LifecycleError where a branch is in the way, and GitError and
    ForgeError where the outside fails: what was done then is finished by the next call.
    """
    wording = worded(given.basis, given.text)
    found = complaints(wording.document)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise ContractError(found[0].message + more)
    contract_id = str(wording.document["id"])
    return published(contract_id, desk, lambda scene: _Authored(given, wording, scene, who).run())


class _Authored(Publication):
    """One attempt, on one state of the repository."""

    def __init__(self, given: Written, wording: Wording, scene: Scene, who: Identity) -> None:
        contract_id = str(wording.document["id"])
        reason = one_line(given.reason, REASON_LENGTH)
        nothing = Observation(
            Dataset(""), (), "a person", context={"reason": reason} if reason else {}
        )
        is_new = given.basis.approved is None
        super().__init__(contract_id, nothing, scene, lambda policy: policy, is_new, False)
        if is_new and self.contract is not None:
            raise LifecycleError(
                f"there is a contract {contract_id!r} by now: begin from it, or choose another id"
            )
        self.basis, self.wording, self.reason = given.basis, wording, reason
        self.writer = who
        #: What the draft's commit comes after, and the job's draft that it goes on.
        self.parent = self.base
        self.job: Provenance | None = None

    def _found(self) -> Entry | None:
        # What is invalid can be mended by hand.
        return self.catalog.find(self.id, validate=False)

    def _made(
        self, pull: PullRequest | None, branch: DraftBranch | None, pulls: list[PullRequest]
    ) -> Draft | None:
        now = self.contract
        if branch is not None and self._is_living(pull, branch, pulls):
            self.parent, self.job = branch.tip, branch.bot
            if self._moved(branch):
                self.parent = self._rebased(branch)
            now = self._on(self.parent)
        wording = self.wording
        if now is not None:
            wording, places = merged(self.basis, wording, now.document)
            if places:
                raise DisputedError(
                    "the contract was changed meanwhile, in the same places", places
                )
        draft = compose(wording, now, self.contract, self.policy, self.writer.name)
        self._refuse_what_is_broken(draft)
        return draft

    def _rebased(self, branch: DraftBranch) -> str:
        """Bring the open draft onto the base branch first."""
        try:
            return rebase(DraftInBranch.of(self.desk, self.id, branch.tip), self.writer).commit
        except DisputedError as disputed:
            raise LifecycleError(
                f"{self.desk.base} and the open draft changed the same places "
                f"({', '.join(disputed.places[:3])}): merge {self.desk.base} into {self.branch}, "
                "or close the draft"
            ) from None

    def _refuse_what_is_broken(self, draft: Draft | None) -> None:
        """Raise ContractError: a merge of two valid documents need not be valid."""
        if draft is not None:
            read(draft.text, where=self.path)

    def _is_living(
        self, pull: PullRequest | None, branch: DraftBranch, pulls: list[PullRequest]
    ) -> bool:
        """Whether what the branch holds is proposed, or was about to be when a run ended."""
        if pull is not None:
            return not branch.empty
        return not is_known(branch, pulls)

    def _is_told(self, draft: Draft, pull: PullRequest, branch: DraftBranch) -> bool:
        return render.digest_in(pull.body) == draft.digest

    def _no_drift(
        self, pull: PullRequest | None, branch: DraftBranch | None, pulls: list[PullRequest]
    ) -> Steps:
        reason = "this is what the approved contract says already"
        if pull is not None:
            reason += f"; to withdraw what #{pull.number} proposes, close it"
        yield from ()
        return self._outcome(OutcomeKind.NO_DRIFT, None, pull=pull, reason=reason)

    def _update(self, draft: Draft, pull: PullRequest, branch: DraftBranch) -> Steps:
        if self._is_there(draft, branch):
            return (yield from self._unchanged(draft, pull, branch.tip))
        commit = yield from self._commit(draft, self.parent, expected=branch.tip)
        pull = yield from self._describe(draft, pull, commit)
        return self._outcome(OutcomeKind.UPDATED, draft, commit=commit, pull=pull)

    def _create(self, draft: Draft, branch: DraftBranch | None, pulls: list[PullRequest]) -> Steps:
        if branch is None or is_known(branch, pulls):
            tip = branch.tip if branch else None
            commit = yield from self._commit(draft, self.base, expected=tip)
        elif not self._is_ours(branch):
            raise self._foreign()
        elif self._is_there(draft, branch):
            commit = branch.tip
        else:
            commit = yield from self._commit(draft, self.parent, expected=branch.tip)
        return (yield from self._opened(draft, commit))

    def _is_there(self, draft: Draft, branch: DraftBranch) -> bool:
        return self.parent == branch.tip and self._held(branch.tip) == draft.text.encode()

    def _is_ours(self, branch: DraftBranch) -> bool:
        said = provenance.parse(self.repo.commit(branch.tip).message)
        return branch.bot is not None or (said is not None and said.contract_id == self.id)

    def _said(self, origin: Provenance) -> str:
        return f"Written by {self.writer.name}" + (f": {self.reason}" if self.reason else ".")

    def _provenance(self, draft: Draft) -> Provenance:
        origin = self.job or Provenance(contract_id=self.id, draft_version=draft.version)
        return replace(
            origin,
            draft_version=draft.version,
            base_version=draft.base_version,
            digest=draft.digest,
            authored_by=str(self.writer),
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is of a contract: approved, and proposed in a pull request that is open.

    `path` is where it lies, or would; `policy` what the settings decide.
    """

    path: str
    policy: Policy
    approved: Contract | None
    proposed: Contract | None = None
    pull: PullRequest | None = None

    @property
    def now(self) -> Contract | None:
        """What somebody goes on from."""
        return self.proposed or self.approved


def standing(desk: Desk, contract_id: str) -> Standing:
    """Look at a contract as the repository has it now. Raises ContractError where it is broken."""
    scene = Scene.of(desk)
    entry = scene.catalog.find(contract_id, validate=False)
    path = entry.path if entry else scene.config.path_of_new(contract_id)
    there = Standing(path, scene.policy(contract_id), entry.contract if entry else None)
    branch = scene.config.branch(contract_id)
    tip = desk.repo.resolve(f"refs/heads/{branch}")
    opened = (pull for pull in scene.pulls(branch) if pull.state is PullState.OPEN)
    pull = next((pull for pull in opened if pull.base == desk.base), None)
    if tip is None or pull is None:
        return there
    held = desk.repo.read(tip, path)
    if held is None:
        raise LifecycleError(
            f"{path} is not on the branch of #{pull.number} any more: close it, or put it back"
        )
    proposed = read(held, where=f"{branch}:{path}", validate=False)
    return replace(there, proposed=proposed, pull=pull)
