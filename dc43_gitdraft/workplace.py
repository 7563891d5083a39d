"""Where jobs and commands work: a contracts repository, its forge and its base branch."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dc43_gitdraft.desk import Desk, now
from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.forge import Forge, connect
from dc43_gitdraft.forge.github.credentials import credentials, is_there
from dc43_gitdraft.forge.github.place import LOOPBACK, host_of, web_of, without_user
from dc43_gitdraft.repo import Repo, Token

#: The way to a contracts repository: a path, a URL, or one that is open already.
Place = str | Path | Repo | Desk

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was said of the repository beside where it is; `say` tells people what is assumed."""

    base: str | None = None
    forge: str = "auto"
    api_url: str | None = None
    clock: Callable[[], datetime] = now
    say: Callable[[str], None] = _log.info


@contextmanager
def open_desk(where: Place, choice: Choice = Choice()) -> Iterator[Desk]:
    """Open the repository at a path or URL, with the environment's token where it is meant for it.

    What is given open stays open, and a Desk is taken as it is. Where pull requests are kept on
    GitHub, a clone on disk only says which repository it is: drafts are made there, and the clone
    is left alone. Raises ConfigError where there is no such repository, GitError where it cannot
    be reached.
    """
    if isinstance(where, Desk):
        yield where
    elif isinstance(where, Repo):
        token = token_for(where.url or "", choice.api_url)
        with _at_desk(where, token, choice) as desk:
            yield desk
    else:
        token = token_for(str(where), choice.api_url)
        with Repo.open(str(where), token) as repo, _at_desk(repo, token, choice) as desk:
            yield desk


@contextmanager
def _at_desk(repo: Repo, token: Token | None, choice: Choice) -> Iterator[Desk]:
    remote = repo.url or repo.origin() or ""
    name = _forge_of(remote, choice)
    if name != "github" or repo.url is not None:
        yield _desk(repo, name, remote, token, choice)
        return
    if not remote:
        raise ConfigError(
            f"{repo.name} has no remote called origin, so it is not known where it is on GitHub: "
            "name its URL with --repo"
        )
    url = without_user(remote)
    choice.say(f"working on {url}; the clone here is left alone")
    token = token_for(url, choice.api_url)
    with Repo.open(url, token) as there:
        yield _desk(there, name, url, token, choice)


def _forge_of(remote: str, choice: Choice) -> str:
    """Return the name of the forge: GitHub's where the remote is there, and we have a token."""
    if choice.forge != "auto":
        return choice.forge
    host = host_of(remote)
    if host not in {"github.com", *_our_hosts(choice.api_url)}:
        return "local"
    if host in _our_hosts(choice.api_url) and is_there(os.environ):
        return "github"
    choice.say(f"pull requests stay inside this repository (local forge), not on {host}")
    return "local"


def _desk(repo: Repo, name: str, remote: str, token: Token | None, choice: Choice) -> Desk:
    api_url = choice.api_url
    if name == "github":
        api_url = api_url_for(remote, api_url)
        # Git's, where it has one: an App's token is asked for once.
        token = token or _api_token(remote, choice.api_url)
    forge = connect(name, repo, api_url=api_url, token=token)
    base = choice.base
    if base is None:
        base = repo.default_branch()
    elif f"refs/heads/{base}" not in repo.refs("refs/heads/"):
        raise ConfigError(f"there is no branch {base!r} in {repo.name}: name another with --base")
    return Desk(repo, forge, base, choice.clock)


def github_of(repo: Repo, *, forge: str, api_url: str | None) -> Forge:
    """Return the forge of a repository on GitHub, also where `repo` is a clone of it on disk."""
    remote = repo.url or repo.origin() or ""
    name = "github" if forge == "auto" else forge
    token = _api_token(remote, api_url) if host_of(remote) else None
    return connect(name, repo, api_url=api_url_for(remote, api_url), token=token)


def api_url_for(remote: str, given: str | None) -> str | None:
    """Return where the API of a remote's server is, None for its usual place.

    A workflow's GITHUB_API_URL is that of the server that runs it, which need not be the remote's.
    """
    told = os.environ.get("GITHUB_API_URL")
    if given or not told:
        return given
    return told if host_of(web_of(told)) == host_of(remote) else None


def _our_hosts(api_url: str | None) -> set[str | None]:
    """Return the servers that the environment's token is meant for."""
    apis = (url for url in (api_url, os.environ.get("GITHUB_API_URL")) if url)
    server = os.environ.get("GITHUB_SERVER_URL") or "https://github.com"
    return {host_of(server), *(host_of(web_of(url)) for url in apis)}


def _api_token(remote: str, api_url: str | None) -> Token | None:
    host = host_of(remote)
    if host in _our_hosts(api_url):
        return credentials(os.environ, remote, api_url_for(remote, api_url))
    if is_there(os.environ):
        raise ConfigError(
            f"the token is not sent to {host}, which is not known as its server: "
            f"name the API with --api-url, such as https://{host}/api/v3"
        )
    return None


def token_for(where: str, api_url: str | None) -> Token | None:
    """Return the environment's token for Git, where it is meant for the server of this URL."""
    safe = where.startswith("https://") or (
        where.startswith("http://") and host_of(where) in LOOPBACK
    )
    if not safe or host_of(where) not in _our_hosts(api_url):
        return None
    return credentials(os.environ, where, api_url_for(where, api_url))


def run_url() -> str | None:
    """Return the address of the workflow run that this is part of, if it is."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    address, repository, run = (os.environ.get(name) for name in names)
    return f"{address}/{repository}/actions/runs/{run}" if address and repository and run else None
