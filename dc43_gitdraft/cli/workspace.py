"""Where a command works: the repository, its forge and base branch, and who is asking."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click
from click.shell_completion import CompletionItem

from dc43_gitdraft import workplace
from dc43_gitdraft.catalog import Catalog, config_at
from dc43_gitdraft.cli.options import Common, now
from dc43_gitdraft.cli.output import progress
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.errors import GitdraftError
from dc43_gitdraft.forge import Forge
from dc43_gitdraft.names import one_line, slug
from dc43_gitdraft.repo import Identity, Repo
from dc43_gitdraft.workplace import Choice

#: Of a large repository, how many ids are offered to complete one.
_OFFERED = 1000
_VERSION = re.compile(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")


@contextmanager
def open_desk(options: Common) -> Iterator[Desk]:
    """Open the repository that the options name, or the one around the current directory."""
    choice = Choice(options.base, options.forge, options.api_url, now, progress)
    with workplace.open_desk(options.repo or ".", choice) as desk:
        yield desk


def github_of(repo: Repo, options: Common) -> Forge:
    """Return the forge of a repository on GitHub, also where `repo` is a clone of it on disk."""
    return workplace.github_of(repo, forge=options.forge, api_url=options.api_url)


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
        ids = Catalog(repo, base, config_at(repo, base)).ids_from(incomplete, _OFFERED)
        return [CompletionItem(each) for each in ids if each.startswith(incomplete)]
    return []
