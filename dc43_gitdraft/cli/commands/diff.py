"""`diff`: what changed between two contracts, and which step of the version it asks for."""

from __future__ import annotations

from pathlib import Path

import click

from dc43_gitdraft import story
from dc43_gitdraft.catalog import config_at
from dc43_gitdraft.changes import compare, implied_bump
from dc43_gitdraft.cli.changes_text import say_changes
from dc43_gitdraft.cli.documents import of_comparison
from dc43_gitdraft.cli.options import Common, common, example
from dc43_gitdraft.cli.output import paint, say, say_json, say_painted
from dc43_gitdraft.cli.workspace import desk_if_any, open_desk, split_version
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import Level, Perspective
from dc43_gitdraft.odcs import Contract, read
from dc43_gitdraft.publish import Desk

_LEVELS = {str(level): level for level in (Level.INFO, Level.WARNING, Level.ERROR)}


@click.command(
    epilog=example(
        "diff main:contracts/orders.odcs.yaml contracts/orders.odcs.yaml",
        "diff orders@1.2.0 orders@1.3.0 --fail-on error",
    )
)
@click.argument("old")
@click.argument("new")
@click.option(
    "--perspective",
    type=click.Choice([each.value for each in Perspective]),
    help="Whose breakage is an error. [default: what the repository's settings say]",
)
@click.option(
    "--fail-on",
    type=click.Choice(list(_LEVELS)),
    help="Exit 1 where a change has this level, or a higher one.",
)
@common
def diff(options: Common, old: str, new: str, perspective: str | None, fail_on: str | None) -> None:
    """Classify the changes from OLD to NEW, and say the bump that they imply.

    Each is a file, REV:PATH (a file in a commit), or ID@VERSION (a promoted version).
    """
    with desk_if_any(options) as desk:
        before, after = (_contract(side, desk, options) for side in (old, new))
        config = config_at(desk.repo, desk.base_commit()) if desk else Config()
    changes = compare(
        before.document,
        after.document,
        perspective=Perspective(perspective) if perspective else config.perspective,
        levels=config.rules,
    )
    bump = implied_bump(changes)
    if options.json:
        say_json(of_comparison(changes, bump))
    elif changes:
        say_changes(changes)
        say_painted(f"{paint('bump', dim=True)} {paint(str(bump), bold=True)}")
    else:
        say("no changes")
    if fail_on and any(change.level >= _LEVELS[fail_on] for change in changes):
        raise click.exceptions.Exit(1)


def _contract(side: str, desk: Desk | None, options: Common) -> Contract:
    path = Path(side)
    if path.is_file():
        try:
            return read(path.read_bytes(), where=side)
        except OSError as error:
            raise ContractError(f"cannot be read: {error.strerror}", where=side) from error
    contract_id, version = split_version(side)
    if version is None and ":" not in side:
        raise ContractError(
            "there is no such file: give a file, REV:PATH, or ID@VERSION", where=side
        )
    if desk is None:
        # Says why there is no repository.
        with open_desk(options):
            raise AssertionError("the repository could not be opened and then could")
    if version is not None:
        return story.show(desk, contract_id, version)
    return _in_commit(side, desk)


def _in_commit(side: str, desk: Desk) -> Contract:
    revision, _, path = side.partition(":")
    commit = desk.repo.resolve(revision)
    if commit is None:
        raise ContractError(f"there is no commit {revision!r} here", where=side)
    text = desk.repo.read(commit, path)
    if text is None:
        raise ContractError(f"{revision} holds no file {path!r}", where=side)
    return read(text, where=side)
