"""What a forge that people look at can do besides keeping pull requests.

They comment there, and are answered; what a check found stands at the lines of a commit. The
forge of GitHub has these methods, the local one has not: callers ask with `isinstance`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from dc43_gitdraft.model import Level

#: Rights in a repository that let a person decide on drafts.
DECIDERS = frozenset({"write", "maintain", "admin"})


@dataclass(frozen=True, slots=True)
class Comment:
    """Something said under a pull request.

    `pull` is the number of the pull request (or issue) it stands under. `author_id` is what the
    forge knows the author by, whatever name he takes. `own` says that this program's token wrote
    it; `edited`, that somebody changed it since.
    """

    id: int
    pull: int
    body: str
    author: str
    author_id: int
    at: datetime
    own: bool = False
    edited: bool = False


@runtime_checkable
class Talk(Protocol):
    """A forge whose pull requests people comment on. Methods raise as those of `Forge` do."""

    def full_name(self) -> str:
        """Return `owner/name` of the repository."""

    def permission(self, login: str) -> str:
        """Return a person's right: none, read, triage, write, maintain or admin."""

    def comment(self, comment_id: int) -> Comment | None:
        """Read one comment under an issue or pull request; None where it is gone."""

    def comments(self, number: int) -> list[Comment]:
        """List the comments under a pull request, oldest first."""

    def react(self, comment_id: int, content: str) -> None:
        """Leave a reaction (`eyes`, `+1`, `confused`); twice is once."""

    def answer(self, number: int, text: str, marker: str) -> None:
        """Write the one comment of this program that holds `marker`, or edit it."""


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence at a line, from 1, of a file of a commit."""

    path: str
    line: int
    level: Level
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class Result:
    """What a check of one commit came to; `title` is one line, `summary` Markdown."""

    name: str
    passed: bool
    title: str
    summary: str
    notes: Sequence[Note] = ()
    url: str | None = None


@runtime_checkable
class Checks(Protocol):
    """A forge that shows at a commit what a check found."""

    def check_run(self, sha: str, result: Result) -> str:
        """Show a result with its notes at their lines; return its address.

        Raises ForbiddenError where this token may not.
        """

    def status(self, sha: str, result: Result) -> str:
        """Show a result's title as a mark of the commit; return its address.

        Raises ForbiddenError where this token may not.
        """
