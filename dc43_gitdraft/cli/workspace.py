"""Where a command works: the repository, its forge and base branch, and who is asking."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click
from click.shell_completion import CompletionItem

from dc43_gitdraft.catalog import Catalog, config_at
from dc43_gitdraft.cli.options import Common, now
from dc43_gitdraft.cli.output import progress
from dc43_gitdraft.errors import ConfigError, GitdraftError
from dc43_gitdraft.forge import Forge, connect
from dc43_gitdraft.forge.github.credentials import credentials, is_there
from dc43_gitdraft.forge.github.place import LOOPBACK, host_of, web_of, without_user
from dc43_gitdraft.names import one_line, slug
from dc43_gitdraft.publish import Desk
from dc43_gitdraft.repo import Identity, Repo, Token

_VERSION = re.compile(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")


@contextmanager
def open_desk(options: Common) -> Iterator[Desk]:
    """Open the repository that the options name, or the one around the current directory.

    Where pull requests are kept on GitHub, a clone on disk only says which repository it is:
    drafts are made there, and the clone is left alone.
    """
    where = options.repo or "."
    token = token_for(where, options.api_url)
    with Repo.open(where, token) as repo:
        remote = repo.url or repo.origin() or ""
        name = _forge_of(remote, options)
        if name != "github" or repo.url is not None:
            yield _desk(repo, name, remote, token, options)
            return
    if not remote:
        raise ConfigError(
            f"{repo.name} has no remote called origin, so it is not known where it is on GitHub: "
            "name its URL with --repo"
        )
    url = without_user(remote)
    progress(f"working on {url}; the clone here is left alone")
    token = token_for(url, options.api_url)
    with Repo.open(url, token) as repo:
        yield _desk(repo, name, url, token, options)


def _forge_of(remote: str, options: Common) -> str:
    """Return the name of the forge: GitHub's where the remote is there, and we have a token."""
    if options.forge != "auto":
        return options.forge
    host = host_of(remote)
    if host not in {"github.com", *_our_hosts(options.api_url)}:
        return "local"
    if host in _our_hosts(options.api_url) and is_there(os.environ):
        return "github"
    progress(f"pull requests stay inside this repository (local forge), not on {host}")
    return "local"


def _desk(repo: Repo, name: str, remote: str, token: Token | None, options: Common) -> Desk:
    api_url = options.api_url
    if name == "github":
        api_url = api_url_for(remote, api_url)
        # Git's, where it has one: an App's token is asked for once.
        token = token or _api_token(remote, options)
    forge = connect(name, repo, api_url=api_url, token=token)
    base = options.base
    if base is None:
        base = repo.default_branch()
    elif f"refs/heads/{base}" not in repo.refs("refs/heads/"):
        raise ConfigError(f"there is no branch {base!r} in {repo.name}: name another with --base")
    return Desk(repo, forge, base, now)


def github_of(repo: Repo, options: Common) -> Forge:
    """Return the forge of a repository on GitHub, also where `repo` is a clone of it on disk."""
    remote = repo.url or repo.origin() or ""
    name = "github" if options.forge == "auto" else options.forge
    token = _api_token(remote, options) if host_of(remote) else None
    return connect(name, repo, api_url=api_url_for(remote, options.api_url), token=token)


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


def _api_token(remote: str, options: Common) -> Token | None:
    host = host_of(remote)
    if host in _our_hosts(options.api_url):
        return credentials(os.environ, remote, api_url_for(remote, options.api_url))
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
