"""Making final what was merged: contracts become active, and their versions are tagged.

It never trusts a pull request's title, label or body. It compares the base branch with the tags: a
contract version without a tag is promoted now, whoever merged it and however, so that running it
twice, or after a crash, ends the same.

Where the base branch is protected, what has to change on it goes into a pull request of its own;
once that is merged, only the tags are left to make.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dc43_gitdraft import provenance, render
from dc43_gitdraft.decisions import OBSOLETE, finished, settled_by_hand
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.errors import (
    GitError,
    LifecycleError,
    NothingPromotedError,
    RefusedError,
    StaleRefError,
)
from dc43_gitdraft.finals import Final, Plan, plan_for
from dc43_gitdraft.model import PullRequest, PullState, Status
from dc43_gitdraft.repo import AT_ONCE, BOT, RefUpdate

_RACES = 5
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Promoted:
    """One contract version that became final: its tag, and the commit the tag names."""

    contract: str
    version: str
    status: Status
    tag: str
    commit: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """One contract version that becomes final when the promotion pull request is merged."""

    contract: str
    version: str
    status: Status


@dataclass(frozen=True, slots=True)
class Promotion:
    """What one run of `promote` did; `problems` are contracts it could not promote, and why.

    `proposed` are those that wait in `pull_request`, as the base branch is protected.
    """

    promoted: tuple[Promoted, ...] = ()
    problems: tuple[str, ...] = ()
    proposed: tuple[Proposed, ...] = ()
    pull_request: PullRequest | None = None


def promote(desk: Desk, only: str | None = None) -> Promotion:
    """Promote every contract version on the base branch that has no tag yet.

    The status `draft` becomes `active`, the `gitdraft` property goes, and the commit and the
    annotated tags arrive in one atomic push; a thousand tags at a time, where a repository that
    adopts the tool has more, and what is left then is for the next run. `only` names one contract.
    Where the base branch is protected, a pull request proposes the commit instead, for all
    contracts.

    Raises NothingPromotedError for a merged draft that cannot be promoted (its version has a
    tag already, or is no semantic version), GitError where the push is refused.
    """
    done: list[Promoted] = []
    for _ in range(_RACES):
        try:
            plan = plan_for(desk, only)
            promotion = _carry_out(desk, plan, only, done)
        except StaleRefError as race:
            _log.info("%s: looking again", race)
            desk.repo.refresh()
        except GitError as error:
            if not done:
                raise
            raise GitError(
                f"{len(done):,} versions are promoted, up to {done[-1].tag}, and the rest is not: "
                f"run again ({error})"
            ) from error
        else:
            # One contract's trouble must not keep the others from being promoted.
            if plan.stuck:
                raise NothingPromotedError("; ".join(plan.stuck))
            return promotion
    raise GitError(f"{desk.base} moved {_RACES} times during the promotion: run again")


def is_promotion(desk: Desk, pull: PullRequest) -> bool:
    """Whether a pull request proposes a promotion, and no draft."""
    return pull.head == desk.config().promotion_branch(desk.base)


def _carry_out(desk: Desk, plan: Plan, only: str | None, done: list[Promoted]) -> Promotion:
    base = f"refs/heads/{desk.base}"
    try:
        _push(desk, plan, plan.finals, done)
    except RefusedError as refusal:
        if base not in refusal.refs or all(each.written for each in plan.finals):
            raise _tags_refused(plan, refusal) from refusal
        _log.info("%s: opening a pull request instead", refusal)
        # It is one for all contracts, or the next one would take the place of this one.
        return _propose(desk, plan if only is None else plan_for(desk, None), refusal, done)
    if only is None:
        _tidy(desk, plan)
    return Promotion(tuple(done), tuple(plan.problems))


def _push(desk: Desk, plan: Plan, finals: Sequence[Final], done: list[Promoted]) -> None:
    """Write the final texts on the base branch, and tag them; add to `done` what has arrived."""
    base = plan.base
    for start in range(0, len(finals), AT_ONCE):
        some, base = _pushed(desk, base, finals[start : start + AT_ONCE])
        done += some


def _pushed(desk: Desk, base: str, finals: Sequence[Final]) -> tuple[list[Promoted], str]:
    """Write and tag these on top of the base branch's commit; return its new one with them."""
    repo, when = desk.repo, desk.clock()
    tip = base
    promoted: list[Promoted] = []
    messages = []
    for each in finals:
        contract = each.entry.contract
        if not each.written:
            tip = _finish(desk, tip, each, when)
        subject = f"{render.plain(contract.id)} {contract.version}"
        messages.append(provenance.message(subject, f"Promoted on {desk.base}.", each.origin))
        promoted.append(Promoted(contract.id, contract.version, each.status, each.tag, tip))
    tags = [(each.tag, each.commit, text) for each, text in zip(promoted, messages, strict=True)]
    made = repo.write_tags(tags, tagger=BOT, when=when)
    updates = [
        RefUpdate(f"refs/tags/{each.tag}", tag, None)
        for each, tag in zip(promoted, made, strict=True)
    ]
    if tip != base:
        updates.insert(0, RefUpdate(f"refs/heads/{desk.base}", tip, base))
    repo.push(updates)
    return promoted, tip


def _finish(desk: Desk, parent: str, final: Final, when: datetime) -> str:
    """Commit the final text of a contract on top of `parent`."""
    contract = final.entry.contract
    return desk.repo.write_commit(
        [parent],
        {final.entry.path: final.text.encode()},
        provenance.message(
            f"Promote {render.plain(contract.id)} {contract.version}",
            "Its draft was merged, so it is final.",
            final.origin,
        ),
        author=BOT,
        when=when,
    )


def _tags_refused(plan: Plan, refusal: RefusedError) -> GitError:
    return GitError(
        f"the tags of promoted versions may not be made: allow the one who runs this to create "
        f"tags like {plan.config.tag!r}, and run again ({refusal})"
    )


def _propose(desk: Desk, plan: Plan, refusal: RefusedError, done: list[Promoted]) -> Promotion:
    """Tag what is final on the base branch already, and open a pull request for the rest."""
    tagged = {each.tag for each in done}
    left = [each for each in plan.finals if each.written and each.tag not in tagged]
    try:
        _push(desk, plan, left, done)
    except RefusedError as tags:
        raise _tags_refused(plan, tags) from tags
    waiting = [each for each in plan.finals if not each.written]
    proposed = tuple(
        Proposed(each.entry.contract.id, each.entry.contract.version, each.status)
        for each in waiting
    )
    pull, problem = _request(desk, plan, waiting, proposed, refusal)
    problems = [*plan.problems, *([problem] if problem else [])]
    return Promotion(tuple(done), tuple(problems), () if problem else proposed, pull)


def _request(
    desk: Desk,
    plan: Plan,
    waiting: Sequence[Final],
    proposed: Sequence[Proposed],
    refusal: RefusedError,
) -> tuple[PullRequest | None, str | None]:
    """Bring the promotion pull request up to date, and return it; or say why it cannot be."""
    branch = plan.config.promotion_branch(desk.base)
    said = [(each.contract, each.version, each.status.value) for each in proposed]
    title = render.promotion_title(said)
    body = render.promotion_body(said, [each.text for each in waiting], desk.base)
    standing = plan.standing
    if standing is None:
        closed = _closed(desk, branch, body)
        if closed is not None:
            return closed, (
                f"pull request #{closed.number}, which makes {title.partition(' ')[2]} final, was "
                f"closed: reopen and merge it, or push to {desk.base} what is final"
            )
    problem = _push_branch(desk, plan, branch, waiting, refusal)
    if problem:
        return standing, problem
    who, when = BOT.name, desk.clock()
    if standing is None:
        labels, reviewers = plan.config.labels, plan.config.reviewers
        standing, made = desk.forge.open(
            branch, desk.base, title, body, labels, reviewers, actor=who, when=when
        )
        if made:
            return standing, None
    standing = finished(desk, plan.config, standing)
    if render.promotion_in(standing.body) != render.promotion_in(body):
        standing = desk.forge.update(standing.number, title=title, body=body, actor=who, when=when)
    return standing, None


def _closed(desk: Desk, branch: str, body: str) -> PullRequest | None:
    """Return the pull request in which a person closed this very promotion."""
    for pull in desk.forge.find(branch):
        if pull.state is PullState.CLOSED and OBSOLETE not in pull.labels:
            return pull if render.promotion_in(pull.body) == render.promotion_in(body) else None
    return None


def _push_branch(
    desk: Desk, plan: Plan, branch: str, waiting: Sequence[Final], refusal: RefusedError
) -> str | None:
    """Make the branch hold the final texts; say why not, where people's commits are on it."""
    repo, ref, when = desk.repo, f"refs/heads/{branch}", desk.clock()
    tip = repo.resolve(ref)
    made = plan.base
    for each in waiting:
        made = _finish(desk, made, each, when)
    if tip is not None:
        if repo.merge(plan.base, tip) == repo.commit(made).tree:
            return None
        people = [c for c in repo.log([tip], exclude=[plan.base]) if c.committer.email != BOT.email]
        if people:
            return (
                f"people's commits are on {branch}, which proposes another promotion than is due "
                "now: merge or delete it, and run again"
            )
    try:
        repo.push([RefUpdate(ref, made, tip)])
    except RefusedError as again:
        raise GitError(
            f"neither {desk.base} nor the branch {branch} of a promotion pull request may be "
            f"pushed to: allow the one who runs this to make that branch ({again})"
        ) from refusal
    return None


def _tidy(desk: Desk, plan: Plan) -> None:
    """Close the promotion pull request, which has nothing left to do, and delete its branch.

    Where people merged it with Git alone, or a run ended in between, only the branch is left.
    """
    if plan.standing is not None:
        _close(desk, plan.standing)
        return
    branch = plan.config.promotion_branch(desk.base)
    if desk.repo.resolve(f"refs/heads/{branch}") is None:
        return
    last = next(iter(desk.forge.find(branch)), None)
    closed = last is not None and last.state is PullState.CLOSED and OBSOLETE in last.labels
    if last is not None and (closed or last.state is PullState.MERGED):
        delete_branch(desk, last)


def _close(desk: Desk, pull: PullRequest) -> None:
    """Close a promotion pull request whose contracts are all promoted."""
    if settled_by_hand(desk, pull):  # What it proposes has just been pushed.
        delete_branch(desk, pull)
        return
    try:
        desk.forge.update(
            pull.number,
            state=PullState.CLOSED,
            add_labels=[OBSOLETE],
            comment="All of this is promoted: nothing is left to merge.",
            reason="all of it is promoted",
            actor=BOT.name,
            when=desk.clock(),
        )
    except LifecycleError as gone:
        _log.info("%s", gone)  # Merged a moment ago.
    delete_branch(desk, pull)


def delete_branch(desk: Desk, pull: PullRequest) -> None:
    """Delete the branch of a decided pull request.

    Somebody may have gone on working there: only what the pull request keeps is deleted.
    """
    ref = f"refs/heads/{pull.head}"
    tip = desk.repo.resolve(ref)
    if tip is not None and tip == pull.head_sha:
        try:
            desk.repo.push([RefUpdate(ref, None, tip)])
        except (StaleRefError, RefusedError) as kept:
            _log.info("the branch stays: %s", kept)
