"""Forges: where pull requests are kept and decided.

A forge is found by its name: `github` and `local` are built in, others are entry points of the
group `dc43_gitdraft.forges`. Each is a callable that returns a `Forge`; it is called as
`factory(repo, api_url=..., token=...)`.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from dc43_gitdraft.errors import ConfigError, GitdraftError
from dc43_gitdraft.model import PullRequest, PullState

if TYPE_CHECKING:
    import builtins

    from dc43_gitdraft.repo import Repo, Token

GROUP = "dc43_gitdraft.forges"

BUILT_IN = {
    "github": "dc43_gitdraft.forge.github.forge:GitHubForge",
    "local": "dc43_gitdraft.forge.local:LocalForge",
}


class Forge(Protocol):
    """Pull requests, however they are kept.

    `head` and `base` are branch names without refs/heads/. What is returned asks nothing more of
    the forge when it is read, and is complete, but that `find` and `list` may not tell who decided
    and why: `get` does. `actor` and `when` say on whose behalf and at what moment;
    a forge that knows both by itself (from its token and its clock) ignores them.

    All methods raise ForgeError or GitError where the outside fails, and LifecycleError where
    the state of things does not allow what was asked, an unknown number included.
    """

    def find(self, head: str) -> list[PullRequest]:
        """List the pull requests of a branch, in all states, newest first."""

    def get(self, number: int) -> PullRequest:
        """Read one pull request."""

    def list(self, state: PullState | None = None) -> builtins.list[PullRequest]:
        """List pull requests in a state (None: in any), newest first."""

    def open(
        self,
        head: str,
        base: str,
        title: str,
        body: str,
        labels: Sequence[str] = (),
        reviewers: Sequence[str] = (),
        *,
        actor: str | None = None,
        when: datetime | None = None,
    ) -> tuple[PullRequest, bool]:
        """Open a pull request, or return the one that is open for `head`, as it is.

        With it comes whether it was made now. At most one is ever open for a branch, however many
        try at once: one of them made it. Raises LifecycleError
        where a branch is missing, or `head` has nothing that `base` lacks.
        """

    def update(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        add_labels: Sequence[str] = (),
        remove_labels: Sequence[str] = (),
        comment: str | None = None,
        state: PullState | None = None,
        reason: str | None = None,
        actor: str | None = None,
        when: datetime | None = None,
    ) -> PullRequest:
        """Change what is given, and leave the rest.

        `state` opens or closes; merging is no update. Closing keeps `reason`. A comment whose
        text stands there already is not added again, so that an update may be repeated.
        """


@dataclass(frozen=True, slots=True)
class Opening:
    """A pull request that is to be opened; see `Forge.open`."""

    head: str
    base: str
    title: str
    body: str
    labels: Sequence[str] = ()
    reviewers: Sequence[str] = ()
    actor: str | None = None
    when: datetime | None = None

    def on(self, forge: Forge) -> tuple[PullRequest, bool]:
        """Open it."""
        return forge.open(
            self.head,
            self.base,
            self.title,
            self.body,
            self.labels,
            self.reviewers,
            actor=self.actor,
            when=self.when,
        )


@runtime_checkable
class FindsTogether(Protocol):
    """A forge that can list the pull requests of many branches sooner than branch by branch."""

    def find_all(self, heads: Collection[str]) -> Mapping[str, list[PullRequest]] | None:
        """List the pull requests of branches that have some, as `find` does.

        None where branch by branch is as good.
        """


@runtime_checkable
class OpensTogether(Protocol):
    """A forge that opens many pull requests in one go, where one by one takes longer for each."""

    def open_all(self, wanted: Sequence[Opening]) -> list[tuple[PullRequest, bool] | GitdraftError]:
        """Open pull requests of different branches; return for each what `Forge.open` does.

        An error that `Forge.open` would raise is returned in its place.
        """


@runtime_checkable
class OpensInSteps(Protocol):
    """A forge where labels and reviewers come after the opening, each by a request of its own."""

    def finish_opening(
        self, pull: PullRequest, labels: Sequence[str], reviewers: Sequence[str]
    ) -> PullRequest:
        """Set what a run that ended right after opening left out; else do nothing.

        What people took away stays away.
        """


class ForgeFactory(Protocol):
    """What an entry point of the group gives."""

    def __call__(self, repo: Repo, *, api_url: str | None, token: Token | None) -> Forge:
        """Return the forge of a repository."""


def names() -> tuple[str, ...]:
    """Name every forge, built in or installed."""
    return tuple(sorted({*BUILT_IN, *entry_points(group=GROUP).names}))


def connect(
    name: str, repo: Repo, *, api_url: str | None = None, token: Token | None = None
) -> Forge:
    """Return the forge of that name for a repository.

    Raises ConfigError where there is none of that name.
    """
    if name in BUILT_IN:
        entry = EntryPoint(name, BUILT_IN[name], GROUP)
    else:
        found = tuple(entry_points(group=GROUP, name=name))
        if not found:
            near = difflib.get_close_matches(name, names(), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ConfigError(f"there is no forge {name!r} (there are: {', '.join(names())}){hint}")
        entry = found[0]
    try:
        factory: ForgeFactory = entry.load()
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"the forge {name!r} needs the module {error.name!r}, which is not installed"
        ) from error
    return factory(repo, api_url=api_url, token=token)
