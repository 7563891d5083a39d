"""`promote`, `reject`, `reopen`: the life of a draft after somebody looked at it."""

from __future__ import annotations

import click

from dc43_gitdraft import lifecycle
from dc43_gitdraft.cli import handing_on
from dc43_gitdraft.cli.documents import of_promotion, of_pull
from dc43_gitdraft.cli.options import Common, common, example
from dc43_gitdraft.cli.output import paint, progress, say, say_json, say_painted
from dc43_gitdraft.cli.workspace import contract_ids, open_desk, person
from dc43_gitdraft.errors import InputError


@click.command(epilog=example("promote --repo contracts.git"))
@click.argument("contract", required=False, shell_complete=contract_ids)
@handing_on.hand_on_option
@common
def promote(options: Common, contract: str | None, hooks: tuple[str, ...]) -> None:
    """Publish and tag every merged version that has no tag yet, or those of CONTRACT.

    Compares the base branch with the tags, so that running it twice does no more than once.
    """
    with open_desk(options) as desk:
        if contract is not None:
            catalog = desk.catalog()
            if catalog.find(contract, validate=False) is None:
                catalog.get(contract)  # says which id is nearest
        promotion = lifecycle.promote(desk, contract)
        if not options.json:
            say_promotion(promotion)
            if not promotion.promoted and not promotion.proposed:
                say("nothing to promote")
        handed = handing_on.after_promotion(desk, hooks)
    if options.json:
        say_json({**of_promotion(promotion), **handed.document})
        _say_problems(promotion)
        handing_on.say_failures(handed.handings)
    else:
        handed.say()
    if promotion.problems:
        raise click.exceptions.Exit(InputError.exit_code)
    handed.end()


@click.command(epilog=example("reject 2 --reason 'amounts stay whole cents: mend the job'"))
@click.argument("number", type=click.IntRange(min=1))
@click.option(
    "--reason", metavar="TEXT", help="What the job is told when it sees this drift again."
)
@common
def reject(options: Common, number: int, reason: str | None) -> None:
    """Reject the draft of pull request NUMBER: the same drift is not proposed again."""
    reject_draft(options, number, reason)


def reject_draft(options: Common, number: int, reason: str | None) -> None:
    """Reject a draft and say so."""
    with open_desk(options) as desk:
        pull = lifecycle.reject(desk, number, reason, person(desk).name)
    if options.json:
        say_json(of_pull(pull))
        return
    say_painted(f"{paint('rejected', fg='yellow')} #{pull.number} {paint(pull.title)}")
    if pull.reason:
        say(f"  {pull.reason}")


@click.command(epilog=example("reopen 2"))
@click.argument("number", type=click.IntRange(min=1))
@common
def reopen(options: Common, number: int) -> None:
    """Open a rejected draft again: its drift is undecided from now on."""
    with open_desk(options) as desk:
        pull = lifecycle.reopen(desk, number, person(desk).name)
    if options.json:
        say_json(of_pull(pull))
    else:
        say_painted(f"{paint('reopened', fg='green')} #{pull.number} {paint(pull.title)}")


def say_promotion(promotion: lifecycle.Promotion) -> None:
    """Print what became final, one line a version, and say what did not."""
    for each in promotion.promoted:
        say_painted(
            f"{paint('promoted', fg='green')} {paint(each.contract, bold=True)} "
            f"{paint(each.version)} ({paint(each.status.value)}), tag {paint(each.tag)}"
        )
    pull = promotion.pull_request
    for waiting in promotion.proposed:
        say_painted(
            f"{paint('proposed', fg='yellow')} {paint(waiting.contract, bold=True)} "
            f"{paint(waiting.version)} ({paint(waiting.status.value)})"
        )
    if promotion.proposed and pull is not None:
        say(f"{pull.base} is protected: merge pull request #{pull.number} to promote: {pull.url}")
    _say_problems(promotion)


def _say_problems(promotion: lifecycle.Promotion) -> None:
    for problem in promotion.problems:
        progress(f"not promoted: {problem}")
