"""After the steward's decision: merging promotes a contract, closing rejects the draft."""

from __future__ import annotations

import logging

from dc43_gitdraft import render
from dc43_gitdraft.branch import inspect, left_behind
from dc43_gitdraft.decisions import OBSOLETE, REJECTED, UNDECIDED, reopened, settled_by_hand
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.errors import ContractError, LifecycleError, NothingPromotedError
from dc43_gitdraft.finals import PUBLISHED, problem_of
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.model import PullRequest, PullState, Status
from dc43_gitdraft.names import one_line
from dc43_gitdraft.odcs.twins import twins
from dc43_gitdraft.promotion import (
    Promoted,
    Promotion,
    Proposed,
    delete_branch,
    is_promotion,
    promote,
)
from dc43_gitdraft.repo import BOT, Identity, MergeConflict
from dc43_gitdraft.retelling import contract_of, retold

__all__ = [
    "Promoted",
    "Promotion",
    "Proposed",
    "is_promotion",
    "merge",
    "promote",
    "reject",
    "reopen",
    "settle_merged",
]


_log = logging.getLogger(__name__)


def merge(
    desk: Desk, number: int, actor: Identity, method: str = "merge"
) -> tuple[PullRequest, Promotion]:
    """Merge pull request `number` of the local forge, and promote what it brings.

    `method` is `merge` or `squash`. A pull request that is merged already is only settled. Where
    its branch is gone, what it held when the pull request was written last is merged, and logged.

    Raises LifecycleError where it cannot be merged, NothingPromotedError where it would promote
    nothing: the base branch has not moved then.
    """
    if not isinstance(desk.forge, LocalForge):
        raise LifecycleError(
            f"pull request #{number} is not in this repository: merge it where it is"
        )
    pull = desk.forge.get(number)
    drafted = not is_promotion(desk, pull)
    if pull.state is PullState.OPEN and not settled_by_hand(desk, pull) and drafted:
        _rehearse(desk, pull, method)
        if desk.repo.resolve(f"refs/heads/{pull.head}") is None:
            said = "the branch %s is gone: merging what it held when #%d was written last, %s"
            _log.warning(said, pull.head, number, pull.head_sha[:12])
        told = retold(desk, pull)
        if told != pull:  # What is merged is remembered by its words.
            desk.forge.update(
                number, title=told.title, body=told.body, actor=BOT.name, when=desk.clock()
            )
    if pull.state is not PullState.MERGED:
        pull = desk.forge.merge(number, method=method, actor=actor, when=desk.clock())
    return pull, settle_merged(desk, pull)


def _rehearse(desk: Desk, pull: PullRequest, method: str) -> None:
    """Refuse a merge after which the contract could not be promoted; the branch can be mended."""
    contract_id = contract_of(desk, pull)
    base = desk.base_commit()
    branch = inspect(desk.repo, pull.head_sha, base, contract_id, desk.base)
    refused = f"pull request #{pull.number} cannot be merged"
    if branch.dropped:
        raise LifecycleError(f"{refused}: {branch.rewritten(desk.base, pull.head)}")
    if branch.behind and method == "merge":
        raise LifecycleError(f"{refused}: {left_behind(branch.behind, desk.base, pull.head)}")
    refused += ", as it would promote nothing"
    if branch.empty:
        raise NothingPromotedError(
            f"{refused}: {pull.head} holds nothing that {desk.base} lacks: run its job again, or "
            "close it"
        )
    merged = desk.repo.merge(base, pull.head_sha)
    if isinstance(merged, MergeConflict):
        return  # The forge says so, and what to do.
    config = desk.config()
    try:
        entry = desk.catalog(merged).find(contract_id)
    except ContractError as error:
        raise NothingPromotedError(f"{refused}: {error} (on {pull.head})") from error
    if entry is None:
        raise NothingPromotedError(f"{refused}: the contract {contract_id!r} is not in it any more")
    status = entry.contract.status
    problem = problem_of(desk, config, entry, desk.tags())
    twin = next(twins(entry.contract.document), None)
    if twin:
        # Both sides have added one property, and Git keeps both.
        problem = f"with what is on {desk.base}, {twin[1]}"
    if status not in PUBLISHED and status is not Status.PROPOSED:
        said = entry.contract.document.get("status")
        problem = f"its status is {said!r}: write draft, or one of the others that ODCS names"
    if problem:
        raise NothingPromotedError(f"{refused}: {problem} (on {pull.head})")


def settle_merged(desk: Desk, pull: PullRequest) -> Promotion:
    """Promote what a merged pull request brought, and delete its branch.

    Raises NothingPromotedError where nothing came out of it.
    """
    if is_promotion(desk, pull):
        promotion = promote(desk)
        delete_branch(desk, pull)
        return promotion
    contract_id = contract_of(desk, pull)
    promotion = promote(desk, contract_id)
    if not promotion.pull_request and not promotion.promoted and not _is_settled(desk, contract_id):
        why = f": {promotion.problems[0]}" if promotion.problems else ""
        raise NothingPromotedError(
            f"pull request #{pull.number} was merged and promotes no version of "
            f"{contract_id!r}{why}: look at the contract's status and version on {desk.base}"
        )
    delete_branch(desk, pull)
    return promotion


def reject(
    desk: Desk, number: int, reason: str | None, actor: str, *, comment: bool = True
) -> PullRequest:
    """Reject the draft of pull request `number`: close, label, say why, delete its branch.

    The same drift is not proposed again; a job that sees it learns `reason`. A branch with
    people's commits stays. Rejecting twice is rejecting once; another reason takes the place of the
    one before. Without `comment` nothing is said under the pull request: somebody else does.

    Raises LifecycleError for a merged pull request, with Git alone too, or one that is no draft.
    """
    pull = desk.forge.get(number)
    by_hand = pull.state is PullState.OPEN and settled_by_hand(desk, pull)
    if by_hand or pull.state is PullState.MERGED:
        raise LifecycleError(
            f"pull request #{number} is merged: its version stays; change the contract anew"
        )
    if is_promotion(desk, pull):
        raise LifecycleError(
            f"pull request #{number} makes final what was merged, and is no draft: merge it, or "
            f"take the contracts that it names back on {desk.base}"
        )
    contract_id = contract_of(desk, pull)
    said = one_line(reason or "")
    known = pull.state is PullState.CLOSED and REJECTED in pull.labels and pull.recorded
    if not known or (said and said != pull.reason):
        text = f"Rejected by {render.code(actor)}" + (
            f": {render.code(said, 1000)}" if said else "."
        )
        pull = desk.forge.update(
            number,
            state=PullState.CLOSED,
            add_labels=[REJECTED],
            remove_labels=[OBSOLETE, UNDECIDED],
            comment=text if comment else None,
            reason=said or None,
            actor=actor,
            when=desk.clock(),
        )
    branch = inspect(desk.repo, pull.head_sha, desk.base_commit(), contract_id, desk.base)
    if not branch.edited:
        delete_branch(desk, pull)
    return pull


def reopen(desk: Desk, number: int, actor: str) -> PullRequest:
    """Open a rejected draft again; its drift counts as undecided from now on.

    Raises LifecycleError for a merged pull request, or where another one is open for the same
    contract.
    """
    pull = desk.forge.get(number)
    if pull.state is PullState.OPEN:
        return reopened(desk, pull)
    return desk.forge.update(
        number,
        state=PullState.OPEN,
        remove_labels=[REJECTED, OBSOLETE, UNDECIDED],
        actor=actor,
        when=desk.clock(),
    )


def _is_settled(desk: Desk, contract_id: str) -> bool:
    """Whether the contract on the base branch has its tag, or is one that people only propose."""
    config = desk.config()
    entry = desk.catalog().find(contract_id, validate=False)
    if entry is None:
        return False
    tag = config.tag_of(contract_id, entry.contract.version)
    proposed = entry.contract.status is Status.PROPOSED
    return proposed or desk.repo.resolve(f"refs/tags/{tag}") is not None
