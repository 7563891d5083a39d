"""Where drafts are published, and what is found there at one moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone

from dc43_gitdraft.catalog import Catalog, config_at
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.forge import Forge
from dc43_gitdraft.forge.talk import Talk
from dc43_gitdraft.model import PullRequest
from dc43_gitdraft.repo import Repo

#: The name of the workflow file that settles decisions.
WORKFLOW = "gitdraft-settle"


def now() -> datetime:
    """Return the time in UTC, in whole seconds as Git keeps it."""
    return datetime.now(timezone.utc).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where drafts are published: a repository, its forge, its base branch, and a clock."""

    repo: Repo
    forge: Forge
    base: str
    clock: Callable[[], datetime] = now

    def base_commit(self) -> str:
        """Return the commit at the tip of the base branch."""
        commit = self.repo.resolve(f"refs/heads/{self.base}")
        if commit is None:
            raise ConfigError(
                f"there is no branch {self.base!r} in {self.repo.name}: name another with --base"
            )
        return commit

    def config(self) -> Config:
        """Return the settings on the base branch."""
        return config_at(self.repo, self.base_commit())

    def obeys(self) -> bool:
        """Whether commands in comments are obeyed: there are comments, and the workflow is set."""
        if not isinstance(self.forge, Talk):
            return False
        folder = self.repo.entries(self.base_commit(), ".github/workflows")
        return any(f"{WORKFLOW}." in entry.path for entry in folder)


@dataclass(frozen=True, slots=True)
class Scene:
    """What publications find: the approved contracts, the settings and the tags of one moment.

    `pulls` lists the pull requests of a branch, in all states, newest first.
    """

    desk: Desk
    base: str
    config: Config
    catalog: Catalog
    tags: tuple[str, ...]
    pulls: Callable[[str], list[PullRequest]] = field(repr=False)

    @classmethod
    def of(cls, desk: Desk) -> Scene:
        """Look at the repository of this desk as it is now."""
        base = desk.base_commit()
        config = config_at(desk.repo, base)
        tags = tuple(name[len("refs/tags/") :] for name in desk.repo.refs("refs/tags/"))
        return cls(desk, base, config, Catalog(desk.repo, base, config), tags, desk.forge.find)
