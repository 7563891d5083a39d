"""Where a command works: the repository, its forge and base branch, and who is asking."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import click
from click.shell_completion import CompletionItem

from dc43_gitdraft.catalog import Catalog, config_at
from dc43_gitdraft.cli.options import Common, now
from dc43_gitdraft.cli.output import progress
from dc43_gitdraft.errors import ConfigError, GitdraftError
from dc43_gitdraft.forge import connect
from dc43_gitdraft.names import one_line, slug
from dc43_gitdraft.publish import Desk
from dc43_gitdraft.repo import Identity, Repo

_VERSION = re.compile(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")


@contextmanager
def open_desk(options: Common) -> Iterator[Desk]:
    """Open the repository that the options name, or the one around the current directory."""
    where = options.repo or "."
    with Repo.open(where, token_for(where, options.api_url)) as repo:
        desk = _desk(repo, options)
        if options.forge == "auto":
            _tell_where_pulls_are(repo)
        yield desk


def _desk(repo: Repo, options: Common) -> Desk:
    name = "local" if options.forge == "auto" else options.forge
    token = token_for(repo.url or "", options.api_url)
    forge = connect(name, repo, api_url=options.api_url, token=token)
    base = options.base
    if base is None:
        base = repo.default_branch()
    elif f"refs/heads/{base}" not in repo.refs("refs/heads/"):
        raise ConfigError(f"there is no branch {base!r} in {repo.name}: name another with --base")
    return Desk(repo, forge, base, now)


def _tell_where_pulls_are(repo: Repo) -> None:
    """Say that there will be no pull request on GitHub, where people may expect one."""
    host = _host(repo.url or repo.origin() or "")
    if host in {"github.com", _host(_server())}:
        progress(f"pull requests stay inside this repository (local forge), not on {host}")


def _server() -> str:
    return os.environ.get("GITHUB_SERVER_URL") or "https://github.com"


def _host(url: str) -> str | None:
    """Return the host of a URL or of `user@host:path`."""
    if "://" not in url:
        before, colon, _ = url.partition(":")
        return before.rpartition("@")[2].lower() if colon and "/" not in before else None
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def token_for(where: str, api_url: str | None) -> str | None:
    """Return the environment's token, where it is meant for the server of this URL."""
    server = _server()
    hosts = {urlsplit(url).hostname for url in (server, api_url) if url}
    if not where.startswith("https://") or urlsplit(where).hostname not in hosts:
        return None
    return os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN") or None


def person(desk: Desk) -> Identity:
    """Return who decides, as Git's configuration or else the machine knows them."""
    identity = desk.repo.identity()
    if identity is not None:
        return identity
    if actor := one_line(os.environ.get("GITHUB_ACTOR", "")):
        return Identity(actor, f"{slug(actor)}@users.noreply.github.com")
    # KeyError before Python 3.13, OSError since: the user has no name.
    with suppress(KeyError, OSError):
        user = one_line(getpass.getuser())
        return Identity(user, f"{slug(user)}@localhost")
    return Identity("somebody", "somebody@localhost")


def split_version(text: str) -> tuple[str, str | None]:
    """Split ID@VERSION; what follows an `@` and is no version belongs to the id."""
    contract_id, at, version = text.rpartition("@")
    if at and contract_id and _VERSION.fullmatch(version.removeprefix("v")):
        return contract_id, version.removeprefix("v")
    return text, None


def contract_ids(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the id of a contract from the repository; silent where there is none."""
    where = ctx.params.get("repo") or os.environ.get("GITDRAFT_REPO") or "."
    # Completing must not reach over the network, and there is nobody to tell of an error.
    if "://" in where:
        return []
    with suppress(GitdraftError), Repo.open(where) as repo:
        base = repo.resolve(f"refs/heads/{ctx.params.get('base') or repo.default_branch()}") or ""
        entries = Catalog(repo, base, config_at(repo, base)).read_all().entries
        ids = sorted(entry.contract.id for entry in entries)
        return [CompletionItem(each) for each in ids if each.startswith(incomplete)]
    return []
