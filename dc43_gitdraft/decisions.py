"""What people decided of a draft: how it is labelled, who may decide, and what undoes a closing."""

from __future__ import annotations

from dc43_gitdraft.config import Config
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.forge import OpensInSteps
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.forge.talk import DECIDERS, Talk
from dc43_gitdraft.model import PullRequest, PullState
from dc43_gitdraft.repo import BOT, Commit, Identity

OBSOLETE = "gitdraft:obsolete"
NEEDS_REBASE = "gitdraft:needs-rebase"
REJECTED = "gitdraft:rejected"
#: Closed by somebody who may not decide, or by a server, as nothing was left on its branch.
UNDECIDED = "gitdraft:undecided"


def settled_by_hand(desk: Desk, pull: PullRequest) -> bool:
    """Record a pull request as merged that people merged with Git alone; say whether they did.

    A forge with a server knows by itself. Squashed or picked counts as merged: what matters is
    that the base branch holds it.
    """
    forge, repo = desk.forge, desk.repo
    if not isinstance(forge, LocalForge) or pull.base != desk.base:
        return False
    base = repo.commit(desk.base_commit())
    head = pull.head_sha
    within = repo.is_ancestor(head, base.sha)
    if within and forge.last_known(pull.number) != head:
        # People may have put the branch back onto the base: what it held before counts.
        head = forge.last_known(pull.number)
        within = repo.is_ancestor(head, base.sha)
    if not within:
        fork = repo.merge_base(head, base.sha)
        # A branch from which people took everything out again is no merged one.
        emptied = fork is None or repo.commit(fork).tree == repo.commit(head).tree
        if emptied or repo.merge(base.sha, head) != base.tree:
            return False
    forge.merge(pull.number, actor=hand_of(base), when=desk.clock())
    return True


def hand_of(commit: Commit) -> Identity:
    """Return who made a commit: the author of one that was picked is whoever drafted.

    A server that makes one for a person signs it itself, and names the person as its author.
    """
    by_server = commit.committer.email.startswith("noreply@")
    return commit.author if by_server else commit.committer


def is_rejected(desk: Desk, pull: PullRequest) -> bool:
    """Whether a closed draft was closed by this program, or by a person who may decide.

    `pull` is complete, as the forge's `get` returns it.
    """
    forge, by = desk.forge, pull.decided_by
    if pull.recorded or not isinstance(forge, Talk):
        return True
    return by is not None and not by.endswith("[bot]") and forge.permission(by) in DECIDERS


def closed_when_emptied(pull: PullRequest, emptied: str) -> bool:
    """Whether a server closed this by itself, as its branch was put back to a commit of the base.

    `emptied` is where the branch ends, and the base branch holds it.
    """
    closed = pull.state is PullState.CLOSED and not pull.recorded
    return closed and pull.head_sha == emptied and UNDECIDED not in pull.labels


def undecided(desk: Desk, pull: PullRequest) -> PullRequest:
    """Remember of a closed draft that nobody decided it."""
    return desk.forge.update(
        pull.number,
        add_labels=[UNDECIDED],
        remove_labels=[REJECTED],
        actor=BOT.name,
        when=desk.clock(),
    )


def reopened(desk: Desk, pull: PullRequest) -> PullRequest:
    """Take off an open draft what is left of its closing, where people opened it again."""
    left = [label for label in (REJECTED, OBSOLETE, UNDECIDED) if label in pull.labels]
    if not left and not pull.recorded:
        return pull
    return desk.forge.update(
        pull.number, body=pull.body, remove_labels=left, actor=BOT.name, when=desk.clock()
    )


def finished(desk: Desk, config: Config, pull: PullRequest) -> PullRequest:
    """Give an open pull request what a run that ended right after opening it left out."""
    if not isinstance(desk.forge, OpensInSteps):
        return pull
    return desk.forge.finish_opening(pull, config.labels, config.reviewers)
