"""From somebody's own version of a contract to its pull request: what no data shows, but says.

Another tool drafts, or a person edits a model in a program: what they wrote is applied to the
contract as it is by now, and goes the way of every draft.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dc43_gitdraft.branch import DraftBranch
from dc43_gitdraft.draft import make_proposal, merge_saying, redraft
from dc43_gitdraft.errors import EditedDraftError
from dc43_gitdraft.model import (
    Document,
    Draft,
    Observation,
    Outcome,
    OutcomeKind,
    Policy,
    Provenance,
    PullRequest,
)
from dc43_gitdraft.names import check_contract_id, one_line
from dc43_gitdraft.publish import Desk, Publication, Scene, Steps, published


@dataclass(frozen=True, slots=True)
class Proposal:
    """A contract as somebody wants it: `after`, made from `before` (None: from nothing).

    `observation` says through what it came and of which dataset it is; where it has properties,
    what they prove is drafted too. `author` is who wrote it by hand, as `Name <address>`.
    """

    before: Document | None
    after: Document
    observation: Observation
    author: str | None = None


def propose(
    contract_id: str,
    proposal: Proposal,
    desk: Desk,
    *,
    adjust: Callable[[Policy], Policy] = lambda policy: policy,
) -> Outcome:
    """Bring a proposal before a steward; idempotent. A contract that does not exist yet is new.

    Raises what `publish` does, and EditedDraftError where the contract changed meanwhile in the
    very place that the proposal changes.
    """
    check_contract_id(contract_id)
    return published(
        contract_id,
        desk,
        lambda scene: _Proposing(contract_id, proposal, scene, adjust).run(),
    )


class _Proposing(Publication):
    """One attempt to publish a proposal, on one state of the repository."""

    def __init__(
        self,
        contract_id: str,
        proposal: Proposal,
        scene: Scene,
        adjust: Callable[[Policy], Policy],
    ) -> None:
        super().__init__(contract_id, proposal.observation, scene, adjust, new=True, dry_run=False)
        self.proposal = proposal

    def _made(
        self, pull: PullRequest | None, branch: DraftBranch | None, pulls: list[PullRequest]
    ) -> Draft | None:
        return make_proposal(
            self.contract, self._document(), self.observation, self.policy, contract_id=self.id
        )

    def _document(self) -> Document:
        """Return what is proposed, of the contract as it is now."""
        before, after = self.proposal.before, self.proposal.after
        if self.contract is None or before is None:
            return after
        now = self.contract.document
        # The version is never theirs to change.
        ours = {name: now.get(name) for name in ("version", "status")}
        document, disputed = merge_saying({**before, **ours}, {**after, **ours}, now)
        if disputed:
            raise EditedDraftError(
                f"{one_line(disputed[0], 200)} of {self.id!r} was changed on {self.desk.base} "
                "meanwhile: make the change again in the contract as it is now"
            )
        return document

    def _on_top(self, draft: Draft, branch: DraftBranch) -> Draft:
        if self.contract is None:
            return super()._on_top(draft, branch)
        edits = [(self._on(before), self._on(after)) for before, after in branch.edits]
        on_top = redraft(
            self.contract,
            edits,
            self._on(branch.tip),
            self.observation,
            self.policy,
            contract_id=self.id,
            made=draft,
        )
        return on_top or draft

    def _no_drift(
        self, pull: PullRequest | None, branch: DraftBranch | None, pulls: list[PullRequest]
    ) -> Steps:
        # What is open is somebody else's, and stays.
        yield from ()
        reason = "the contract says that already"
        return self._outcome(OutcomeKind.NO_DRIFT, None, reason=reason)

    def _provenance(self, draft: Draft) -> Provenance:
        return replace(super()._provenance(draft), authored_by=self.proposal.author)

    def _said(self, origin: Provenance) -> str:
        of = f", of {origin.dataset_id}" if origin.dataset_id else ""
        return f"Proposed through {origin.observed_by}{of}."
