"""Where drafts are published, and what is found there at one moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from dc43_gitdraft.catalog import Catalog, config_at
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.forge import Forge
from dc43_gitdraft.forge.talk import Talk
from dc43_gitdraft.model import Policy, PullRequest, PullState
from dc43_gitdraft.repo import Repo
from dc43_gitdraft.room import Room
from dc43_gitdraft.tags import Tags

#: The name of the workflow file that settles decisions.
WORKFLOW = "gitdraft-settle"


def now() -> datetime:
    """Return the time in UTC, in whole seconds as Git keeps it."""
    return datetime.now(timezone.utc).replace(microsecond=0)


@dataclass(slots=True)
class _Seen:
    """What was read of the base branch's commit `base`, which never changes."""

    base: str
    config: Config
    catalogs: dict[str, Catalog] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where drafts are published: a repository, its forge, its base branch, and a clock."""

    repo: Repo
    forge: Forge
    base: str
    clock: Callable[[], datetime] = now
    _seen: list[_Seen] = field(default_factory=list, init=False, repr=False, compare=False)

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
        return self._look().config

    def catalog(self, commit: str | None = None) -> Catalog:
        """Return the contracts on the base branch, or those at another commit."""
        seen = self._look()
        commit = commit or seen.base
        if commit not in seen.catalogs:
            for other in list(seen.catalogs)[2:]:  # Branches are looked at one after the other.
                del seen.catalogs[other]
            kept = commit == seen.base
            seen.catalogs[commit] = Catalog(self.repo, commit, seen.config, kept=kept)
        return seen.catalogs[commit]

    def _look(self) -> _Seen:
        base = self.base_commit()
        if not self._seen or self._seen[0].base != base:
            self._seen[:] = [_Seen(base, config_at(self.repo, base))]
        return self._seen[0]

    def tags(self, *, many: bool = False) -> Tags:
        """Return the promoted versions as they are now; `many` contracts will be asked for."""
        return Tags(self.repo, self.config(), many=many)

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
    tags: Tags = field(repr=False)
    pulls: Callable[[str], list[PullRequest]] = field(repr=False)
    room: Room = field(repr=False)

    @classmethod
    def of(cls, desk: Desk) -> Scene:
        """Look at the repository of this desk as it is now."""
        base, config, catalog = desk.base_commit(), desk.config(), desk.catalog()
        forge = desk.forge
        room = Room(config, lambda: forge.list(PullState.OPEN), desk.clock)
        return cls(desk, base, config, catalog, desk.tags(), forge.find, room)

    def policy(self, contract_id: str) -> Policy:
        """Return the settings' policy, which proposes no version that has a tag."""
        return replace(self.config.policy(), taken=frozenset(self.tags.of(contract_id)))
