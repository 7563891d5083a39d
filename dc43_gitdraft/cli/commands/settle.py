"""`settle`: what a workflow runs after somebody decided in a pull request."""

from __future__ import annotations

from pathlib import Path

import click

from dc43_gitdraft.cli import handing_on
from dc43_gitdraft.cli.commands.decide import say_promotion
from dc43_gitdraft.cli.documents import of_settled
from dc43_gitdraft.cli.options import Common, common, example
from dc43_gitdraft.cli.output import say, say_json
from dc43_gitdraft.cli.workspace import open_desk
from dc43_gitdraft.errors import InputError
from dc43_gitdraft.settle import EVENT_LIMIT, Settled, parse_event, unheeded
from dc43_gitdraft.settle import settle as carry_out


@click.command(
    epilog=example(
        'settle --event "$GITHUB_EVENT_PATH"     # in a workflow, on pull_request: closed',
    )
)
@click.option(
    "--event", metavar="FILE", required=True, help="The event's payload, as GitHub writes it."
)
@handing_on.hand_on_option
@common
def settle(options: Common, event: str, hooks: tuple[str, ...]) -> None:
    """Carry out what people decided in a pull request on GitHub.

    A merged draft is promoted, a closed one rejected, and a command in a comment (`/gitdraft bump
    major`) obeyed. Any other event is nothing to do. Twice is once.
    """
    told = parse_event(_read(event), event)
    settled = unheeded(told)
    handed = handing_on.HandedOn()
    if settled is None:
        with open_desk(options) as desk:
            settled = carry_out(desk, told)
            if not options.json:
                _say(settled)
            if settled.promotion is not None:
                handed = handing_on.after_promotion(desk, hooks)
    elif not options.json:
        _say(settled)
    if options.json:
        say_json({**of_settled(settled), **handed.document})
        handing_on.say_failures(handed.handings)
    else:
        handed.say()
    if settled.promotion is not None and settled.promotion.problems:
        raise click.exceptions.Exit(InputError.exit_code)
    handed.end()


def _say(settled: Settled) -> None:
    say(settled.reason)
    if settled.promotion is not None:
        say_promotion(settled.promotion)


def _read(name: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            return file.read(EVENT_LIMIT + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=name) from error
