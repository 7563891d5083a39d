"""The one living branch of a contract: whose commits it holds, and what the bot last wrote."""

from __future__ import annotations

from dataclasses import dataclass

from dc43_gitdraft import provenance
from dc43_gitdraft.model import Provenance
from dc43_gitdraft.repo import BOT, Commit, Repo


@dataclass(frozen=True, slots=True)
class DraftBranch:
    """The commits of a draft branch that the base branch does not hold.

    `fork` is where it left the base branch. `bot` is what the bot's last commit says of itself,
    None where a person made the branch. `edits` are the people's runs of commits, oldest first,
    each as the commit before the run and the run's last. A merge of the base branch that Git made
    without help is no edit, nor is the bot's commit that a person rebased as it was.
    """

    tip: str
    fork: str
    bot: Provenance | None
    edits: tuple[tuple[str, str], ...]

    @property
    def edited(self) -> bool:
        """Whether people's commits are on it."""
        return bool(self.edits)

    @property
    def empty(self) -> bool:
        """Whether the base branch holds all of it already."""
        # A branch of a history of its own has no fork; what is on it is on it alone.
        return self.tip == self.fork and self.bot is None and not self.edits


def inspect(repo: Repo, tip: str, base: str, contract_id: str) -> DraftBranch:
    """Read the branch that ends at commit `tip` against the base branch's commit `base`."""
    fork = repo.merge_base(tip, base) or tip
    bot: Provenance | None = None
    edits: list[tuple[str, str]] = []
    people = False
    before = fork
    for commit in reversed(repo.log([tip], exclude=[base], first_parent=True)):
        written = written_by_bot(commit, contract_id) or _replayed(repo, commit, contract_id)
        if written is not None:
            bot, people = written, False
        elif _catches_up(repo, commit, base):
            people = False
        elif people:
            edits[-1] = (edits[-1][0], commit.sha)
        else:
            edits.append((before, commit.sha))
            people = True
        before = commit.sha
    return DraftBranch(tip, fork, bot, tuple(edits))


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


def _catches_up(repo: Repo, commit: Commit, base: str) -> bool:
    """Whether a commit merges the base branch just as Git does it alone."""
    if len(commit.parents) != 2 or not repo.is_ancestor(commit.parents[1], base):
        return False
    return repo.merge(*commit.parents) == commit.tree
