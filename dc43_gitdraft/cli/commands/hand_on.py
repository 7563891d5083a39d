"""`hand-on`: brings promoted versions to where others look for them."""

from __future__ import annotations

import click

from dc43_gitdraft import handing
from dc43_gitdraft.cli import handing_on
from dc43_gitdraft.cli.options import Common, common, example
from dc43_gitdraft.cli.output import say, say_json
from dc43_gitdraft.cli.workspace import open_desk
from dc43_gitdraft.errors import ConfigError


@click.command(
    epilog=example(
        "hand-on webhook:https://hooks.example.org/contracts --repo contracts.git",
        "hand-on 'catalogue=command:/opt/catalogue/load --upsert' --dry-run",
    )
)
@click.argument("hooks", metavar="[[NAME=]KIND[:ARGUMENT]]...", nargs=-1)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Only make the hooks, and say what would be handed on.",
)
@common
def hand_on(options: Common, hooks: tuple[str, ...], dry_run: bool) -> None:
    """Hand promoted versions on to hooks that do not have them yet.

    KIND is command (a program, the contract on its standard input), webhook (a URL, signed with
    GITDRAFT_WEBHOOK_SECRET), dc43 (a settings file of dc43, whose contract store takes it), or what
    is installed. Without hooks, those that GITDRAFT_HAND_ON names, one in each line.

    What a hook has taken is remembered in the repository under its NAME (by default its KIND).
    """
    if not handing.asked(hooks):
        raise ConfigError(
            f"no hook is named: write one behind `hand-on`, or set {handing.VARIABLE}"
        )
    with open_desk(options) as desk:
        handings = handing_on.hand_on(desk, hooks, dry_run=dry_run)
    if options.json:
        say_json({"hooks": handing_on.of_handing(handings)})
        handing_on.say_failures(handings)
    else:
        handing_on.say_handing(handings, dry_run=dry_run)
        if not any(each.handed or not each.complete for each in handings):
            say("nothing to hand on")
    handing_on.end(handings)
