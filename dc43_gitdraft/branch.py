"""The one living branch of a contract: whose commits it holds, and what the bot last wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from shlex import quote

from dc43_gitdraft import provenance
from dc43_gitdraft.model import Provenance
from dc43_gitdraft.repo import BOT, Commit, Repo


@dataclass(frozen=True, slots=True)
class DraftBranch:
    """The commits of a draft branch that are not the base branch's.

    `fork` is where it left the base branch; `dropped` says that people rewrote that one since, and
    it holds `fork` no more, or what a merge brought from it: then `fork` is that. It is `tip` where
    nothing tells which commit that was. `bot` is what the bot's last commit says of itself, None
    where a person made the branch. `edits` are the people's runs of commits, oldest first, each as
    the commit before the run and the run's last. A merge of the base branch that Git made without
    help is no edit, nor is the bot's commit that a person rebased as it was. `behind` is a commit
    that the base branch dropped and that the branch still holds, though it was made anew: where a
    server forbids forced pushes.
    """

    tip: str
    fork: str
    bot: Provenance | None
    edits: tuple[tuple[str, str], ...]
    dropped: bool = False
    behind: str | None = None

    @property
    def edited(self) -> bool:
        """Whether people's commits are on it."""
        return bool(self.edits)

    @property
    def empty(self) -> bool:
        """Whether the base branch holds all of it already."""
        # A branch of a history of its own has no fork; what is on it is on it alone.
        return self.tip == self.fork and self.bot is None and not self.edits

    def rewritten(self, base: str, name: str) -> str:
        """Say that `base` was rewritten under this branch, called `name`, and what to do."""
        how = f"keep elsewhere what you want of {name}, and push {base} to it with --force"
        if self.fork != self.tip:
            # The names of branches may hold what a shell obeys.
            command = f"git rebase --onto {quote(base)} {self.fork[:12]} {quote(name)}"
            how = f"run `{command}` where {base} is as it is now, and push {name} with --force"
        first = "run its job again, or " if self.bot and not self.edited else ""
        return f"{base} no longer holds what {name} stands on: {first}{how}"


def inspect(repo: Repo, tip: str, base: str, contract_id: str, base_name: str) -> DraftBranch:
    """Read the branch that ends at commit `tip` against the base branch's commit `base`.

    `base_name` is what the base branch is called, as merges of it say.
    """
    common = repo.merge_base(tip, base)
    commits = repo.log([tip], exclude=[base], first_parent=True)
    stands_on = _dropped_by(repo, base, base_name, common, commits)
    held = [base]
    if stands_on is not None:
        held.append(stands_on)
        commits = repo.log([tip], exclude=held, first_parent=True)
    fork = stands_on or common or tip
    bot: Provenance | None = None
    edits: list[tuple[str, str]] = []
    people = False
    before = fork
    for commit in reversed(commits):
        written = written_by_bot(commit, contract_id) or _replayed(repo, commit, contract_id)
        if written is not None:
            bot, people = written, False
        elif _catches_up(repo, commit, held):
            people = False
        elif people:
            edits[-1] = (edits[-1][0], commit.sha)
        else:
            edits.append((before, commit.sha))
            people = True
        before = commit.sha
    dropped = stands_on is not None or common is None
    merges = any(len(commit.parents) > 1 for commit in commits)
    behind = brought_back(repo, tip, base, base_name) if merges and not dropped else None
    return DraftBranch(tip, fork, bot, tuple(edits), dropped, behind)


def brought_back(repo: Repo, tip: str, base: str, base_name: str) -> str | None:
    """Return a commit that was the base branch's, and that merging a draft would bring back."""
    commits = repo.log([tip], exclude=[base])
    brought = {commit.sha for commit in commits}
    stood_on = (_stood_on(commit, base_name) for commit in commits)
    return next((each for each in stood_on if each in brought), None)


def left_behind(behind: str, base: str, name: str) -> str:
    """Say what merging the branch called `name` would bring back, and what to do."""
    return (
        f"{name} could not be pushed with --force and still holds {behind[:12]}, which {base} "
        "dropped: squash it on merging, as a merge or a rebase brings that back"
    )


def _dropped_by(
    repo: Repo, base: str, base_name: str, fork: str | None, commits: Iterable[Commit]
) -> str | None:
    """Return the newest commit of the base branch that a draft stands on, and `base` dropped.

    `commits` are the draft's, newest first, and `fork` is the newest that both branches hold.
    """
    for commit in commits:
        stood_on = _stood_on(commit, base_name)
        if stood_on is not None and stood_on != fork and not repo.is_ancestor(stood_on, base):
            return stood_on
    return None


def _stood_on(commit: Commit, base_name: str) -> str | None:
    """Return the commit of the base branch that one was made on, or brought in; None of others."""
    made_on = provenance.made_on(commit.message)
    # One that was rebased since stands elsewhere.
    if made_on in commit.parents and commit.committer.email == BOT.email:
        return made_on
    # Only what Git, or a server, called it tells this from a merge of people's own branch.
    brings_base = (
        rf"Merged? (?:(?:remote-tracking )?branch )?'?(?:[\w.-]+/)?{re.escape(base_name)}'?"
        r"(?: of | into |\n|$)"
    )
    merges = len(commit.parents) == 2 and re.match(brings_base, commit.message)
    return commit.parents[1] if merges else None


def written_by_bot(commit: Commit, contract_id: str) -> Provenance | None:
    """Return what a commit of the bot says of this contract's draft, or None.

    The trailers alone prove nothing: a person's squash or amend keeps them.
    """
    said = provenance.parse(commit.message)
    if said is None or commit.committer.email != BOT.email or said.contract_id != contract_id:
        return None
    return said


def _replayed(repo: Repo, commit: Commit, contract_id: str) -> Provenance | None:
    """Return what a commit of the bot says that was rebased, and holds what the bot wrote."""
    said = provenance.parse(commit.message)
    if said is None or commit.author.email != BOT.email or said.contract_id != contract_id:
        return None
    changed = repo.diff_names(commit.parents[0], commit.sha) if len(commit.parents) == 1 else ()
    text = repo.read(commit.sha, changed[0]) if len(changed) == 1 else None
    return said if text is not None and provenance.wrote(commit.message, text) else None


def _catches_up(repo: Repo, commit: Commit, held: Iterable[str]) -> bool:
    """Whether a commit merges what the base branch holds, or held, just as Git does it alone."""
    if len(commit.parents) != 2:
        return False
    if not any(repo.is_ancestor(commit.parents[1], each) for each in held):
        return False
    return repo.merge(*commit.parents) == commit.tree
