"""Where jobs and commands work: a contracts repository, its forge and its base branch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.forge import connect
from dc43_gitdraft.publish import Desk, now
from dc43_gitdraft.repo import Repo

#: The way to a contracts repository: a path, a URL, or one that is open already.
Place = str | Path | Repo | Desk


@contextmanager
def open_desk(
    where: Place,
    *,
    base: str | None = None,
    forge: str = "auto",
    api_url: str | None = None,
    clock: Callable[[], datetime] = now,
) -> Iterator[Desk]:
    """Open the repository at a path or URL, with the environment's token where it is meant for it.

    What is given open stays open, and a Desk is taken as it is. Raises ConfigError where there is
    no such repository, GitError where it cannot be reached.
    """
    if isinstance(where, Desk):
        yield where
    elif isinstance(where, Repo):
        yield desk_of(where, base=base, forge=forge, api_url=api_url, clock=clock)
    else:
        with Repo.open(str(where), token_for(str(where), api_url)) as repo:
            yield desk_of(repo, base=base, forge=forge, api_url=api_url, clock=clock)


def desk_of(
    repo: Repo,
    *,
    base: str | None,
    forge: str,
    api_url: str | None,
    clock: Callable[[], datetime] = now,
) -> Desk:
    """Return the desk in an open repository; ConfigError where it has no such base branch."""
    name = "local" if forge == "auto" else forge
    connected = connect(name, repo, api_url=api_url, token=token_for(repo.url or "", api_url))
    if base is None:
        base = repo.default_branch()
    elif f"refs/heads/{base}" not in repo.refs("refs/heads/"):
        raise ConfigError(f"there is no branch {base!r} in {repo.name}: name another with --base")
    return Desk(repo, connected, base, clock)


def server() -> str:
    """Return the address of the GitHub that the environment is of."""
    return os.environ.get("GITHUB_SERVER_URL") or "https://github.com"


def token_for(where: str, api_url: str | None) -> str | None:
    """Return the environment's token, where it is meant for the server of this URL."""
    hosts = {urlsplit(url).hostname for url in (server(), api_url) if url}
    if not where.startswith("https://") or urlsplit(where).hostname not in hosts:
        return None
    return os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN") or None


def run_url() -> str | None:
    """Return the address of the workflow run that this is part of, if it is."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    address, repository, run = (os.environ.get(name) for name in names)
    return f"{address}/{repository}/actions/runs/{run}" if address and repository and run else None
