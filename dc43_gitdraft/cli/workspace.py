"""Where a command works: the repository, its forge and base branch, and who is asking."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click
from click.shell_completion import CompletionItem

from dc43_gitdraft.catalog import Catalog
from dc43_gitdraft.cli.options import Common, now
from dc43_gitdraft.errors import ConfigError, GitdraftError
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.names import one_line, slug
from dc43_gitdraft.publish import Desk
from dc43_gitdraft.repo import Identity, Repo

_VERSION = re.compile(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")


@contextmanager
def open_desk(options: Common) -> Iterator[Desk]:
    """Open the repository that the options name, or the one around the current directory."""
    with Repo.open(options.repo or ".") as repo:
        yield _desk(repo, options)


@contextmanager
def desk_if_any(options: Common) -> Iterator[Desk | None]:
    """Do the same where none is needed: None where none was named and none is around."""
    try:
        repo = Repo.open(options.repo or ".")
    except ConfigError:
        if options.repo is not None:
            raise
        yield None
        return
    with repo:
        yield _desk(repo, options)


def _desk(repo: Repo, options: Common) -> Desk:
    if options.forge == "github":
        raise ConfigError("this version keeps pull requests in the repository only: --forge local")
    return Desk(repo, LocalForge(repo), options.base or repo.default_branch(), now)


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
        desk = Desk(repo, LocalForge(repo), ctx.params.get("base") or repo.default_branch(), now)
        ids = Catalog(repo, desk.base_commit(), desk.config()).ids()
        return [CompletionItem(each) for each in ids if each.startswith(incomplete)]
    return []
