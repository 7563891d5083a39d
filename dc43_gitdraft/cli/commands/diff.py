"""`diff`: what changed between two contracts, and which step of the version it asks for."""

from __future__ import annotations

from collections.abc import Sequence

import click

from dc43_gitdraft import render
from dc43_gitdraft.cli.changes_text import say_changes
from dc43_gitdraft.cli.documents import of_comparison, of_comparisons
from dc43_gitdraft.cli.options import (
    FAIL_ON,
    Common,
    common_with,
    example,
    fail_on_option,
    now,
    perspective_option,
)
from dc43_gitdraft.cli.output import paint, say, say_json, say_painted
from dc43_gitdraft.cli.sides import Shelf, open_shelf
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.findings.annotations import workflow_commands
from dc43_gitdraft.findings.comparison import Comparison, Side
from dc43_gitdraft.model import Level, Perspective
from dc43_gitdraft.names import one_line


@click.command(
    epilog=example(
        "diff main:contracts/orders.odcs.yaml contracts/orders.odcs.yaml",
        "diff orders@1.2.0 orders@1.3.0 --fail-on error",
        "diff --transitive contracts/orders.odcs.yaml",
    )
)
@click.argument("sides", nargs=-1, metavar="OLD NEW")
@click.option(
    "--transitive", is_flag=True, help="Compare NEW with every promoted version; OLD may be absent."
)
@perspective_option
@fail_on_option("never")
@common_with("markdown", "github")
def diff(
    options: Common,
    sides: tuple[str, ...],
    transitive: bool,
    perspective: str | None,
    fail_on: str,
) -> None:
    """Classify the changes from OLD to NEW, and say the bump that they imply.

    Each is a file, REV:PATH (a file in a commit), or ID@VERSION (a promoted version).
    """
    if len(sides) != 2 and not (transitive and len(sides) == 1):
        raise click.UsageError("give two contracts, OLD and NEW, or --transitive and NEW")
    with open_shelf(options) as shelf:
        *olds, new = [shelf.get(side) for side in sides]
        if transitive:
            olds += _promoted(shelf, new, olds)
        viewpoint = Perspective(perspective) if perspective else shelf.config.perspective
        today = now().date()
        found = [Comparison.of(old, new, viewpoint, shelf.config.rules, today) for old in olds]
    if transitive:
        _print_all(found, new, options.output)
    else:
        _print(found[0], options.output)
    level = FAIL_ON[fail_on]
    if level is not None and any(each.worst >= level for each in found):
        raise click.exceptions.Exit(1)


def _promoted(shelf: Shelf, new: Side, beside: Sequence[Side]) -> list[Side]:
    """Return the promoted versions of the contract, newest first, without itself and `beside`."""
    contract_id = new.contract.id
    versions = shelf.promoted.versions(contract_id)
    if not versions:
        raise ContractError(f"no version of {contract_id!r} is promoted yet", where=new.path)
    found = [shelf.promoted.get(contract_id, version) for version in versions]
    sides = [Side(entry.contract, entry.path) for entry in found]
    known = [side.contract.document for side in (new, *beside)]
    return [side for side in sides if side.contract.document not in known]


def _print(found: Comparison, output: str) -> None:
    if output == "json":
        say_json(of_comparison(found))
    elif output == "markdown":
        say(render.changes_table(found.changes))
        say(f"\nBump **{found.implied}**. {render.prose(_sentence(found))}.")
    elif output == "github":
        _annotate(found)
    elif found.changes:
        _say(found)
    else:
        say("no changes")


def _sentence(found: Comparison) -> str:
    return f"Version {found.declaration()}"


def _annotate(found: Comparison) -> None:
    for command in workflow_commands(found.findings()):
        say(command)


def _say(found: Comparison) -> None:
    say_changes(found.changes)
    say_painted(f"{paint('bump', dim=True)} {paint(str(found.implied), bold=True)}")
    color = "green" if found.enough else "yellow"
    say_painted(f"{paint('version', dim=True)} {paint(found.declaration(), fg=color)}")


def _print_all(found: Sequence[Comparison], new: Side, output: str) -> None:
    if output == "json":
        say_json(of_comparisons(found, new))
        return
    if output == "github":
        for each in found:
            _annotate(each)
        say(_summary(found, new))
        return
    for each in found:
        if output == "markdown":
            versions = f"{render.code(each.old.version)} → {render.code(new.version)}"
            say(f"### {versions}\n")
            _print(each, output)
        else:
            say(f"{each.old.version} → {new.version}", bold=True)
            _print(each, output)
        say()
    say(render.prose(_summary(found, new)) if output == "markdown" else _summary(found, new))


def _summary(found: Sequence[Comparison], new: Side) -> str:
    broken = [each.old.version for each in found if each.worst is Level.ERROR]
    small = [each.old.version for each in found if not each.enough]
    count = len(found)
    said = f"{new.version} against {count} version{'' if count == 1 else 's'}: "
    said += f"breaks {', '.join(broken)}" if broken else "breaks none"
    return one_line(said + (f"; too small a step from {', '.join(small)}" if small else ""))
