"""`show`, `history`: what the repository holds of one contract."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from dc43_gitdraft import story
from dc43_gitdraft.cli.documents import of_contract, of_history
from dc43_gitdraft.cli.options import Common, common, example
from dc43_gitdraft.cli.output import progress, say, say_exactly, say_json, say_table
from dc43_gitdraft.cli.workspace import contract_ids, open_desk, split_version


@click.command(epilog=example("show orders", "show orders@1.2.0 > orders-1.2.0.odcs.yaml"))
@click.argument("contract", metavar="ID[@VERSION]", shell_complete=contract_ids)
@common
def show(options: Common, contract: str) -> None:
    """Print a contract: the one on the base branch, or a promoted version of it."""
    contract_id, version = split_version(contract)
    with open_desk(options) as desk:
        found = story.show(desk, contract_id, version)
    if options.json:
        say_json(of_contract(found))
    elif sys.stdout.isatty():
        say(found.text.removesuffix("\n"))
    else:
        say_exactly(found.text)


def _origin(version: story.Version) -> str:
    said = version.provenance
    return (said.dataset_id or said.authored_by or "") if said else ""


@click.command(epilog=example("history orders"))
@click.argument("contract", metavar="ID", shell_complete=contract_ids)
@common
def history(options: Common, contract: str) -> None:
    """List a contract's promoted versions and its drafts, newest first."""
    with open_desk(options) as desk:
        found = story.history(desk, contract)
    if options.json:
        say_json(of_history(found))
        return
    say_table(
        (
            (
                version.version,
                _day(version.promoted_at),
                version.tag,
                _origin(version),
            )
            for version in found.versions
        ),
        head=("version", "promoted", "tag", "drafted from"),
    )
    if found.versions and found.pulls:
        say()
    say_table(
        (
            (
                f"#{pull.number}",
                story.decision(pull),
                _day(pull.decided_at or pull.opened_at),
                pull.title,
                pull.reason or "",
            )
            for pull in found.pulls
        ),
        head=("draft", "state", "since", "title", "reason"),
    )
    if not found.versions and not found.pulls:
        progress(f"{contract} has no promoted version and no draft yet")


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else ""
