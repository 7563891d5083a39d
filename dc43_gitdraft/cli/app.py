"""The program's commands by name."""

from __future__ import annotations

import click

from dc43_gitdraft.cli.lazy import LazyGroup
from dc43_gitdraft.cli.output import say

_COMMANDS = "dc43_gitdraft.cli.commands"

COMMANDS = {
    "demo": (f"{_COMMANDS}.demo:demo", "Try it all on a repository made for it."),
    "init": (f"{_COMMANDS}.init:init", "Set a contracts repository up on GitHub."),
    "observe": (f"{_COMMANDS}.observe:observe", "Print what is seen of a dataset, as JSON."),
    "draft": (f"{_COMMANDS}.draft:draft", "Draft a contract's next version from data."),
    "author": (f"{_COMMANDS}.author:author", "Write contracts on a page, and propose them."),
    "diff": (f"{_COMMANDS}.diff:diff", "Classify the changes between two contracts."),
    "check": (f"{_COMMANDS}.check:check", "Check the contracts that a branch changes."),
    "rules": (f"{_COMMANDS}.rules:rules", "Print the rules that classify changes."),
    "pulls": (f"{_COMMANDS}.pulls:pulls", "Read and decide pull requests."),
    "promote": (f"{_COMMANDS}.decide:promote", "Publish and tag merged versions."),
    "hand-on": (f"{_COMMANDS}.hand_on:hand_on", "Hand promoted versions on to others."),
    "reject": (f"{_COMMANDS}.decide:reject", "Reject a draft, with the reason."),
    "reopen": (f"{_COMMANDS}.decide:reopen", "Reopen a rejected draft."),
    "settle": (f"{_COMMANDS}.settle:settle", "Carry out what was decided on GitHub."),
    "show": (f"{_COMMANDS}.read:show", "Print a contract."),
    "history": (f"{_COMMANDS}.read:history", "List a contract's versions."),
    "status": (f"{_COMMANDS}.status:status", "List the contracts and their open drafts."),
    "site": (f"{_COMMANDS}.site:site", "Write all of it as a static site."),
    "doctor": (f"{_COMMANDS}.doctor:doctor", "Say what is missing, and what mends it."),
}

HELP = """\
Drafts the next version of an ODCS data contract from the data that a job reads and writes, and
opens a pull request for it in the contracts repository. Merging promotes it, closing rejects it.

\b
Begin with:
  dc43-gitdraft demo
"""

EPILOG = """\
\b
Exit codes:
  0 done   1 findings   2 wrong input
  3 git or the forge failed, or the output cannot be written: a retry may help
  4 the contract's state does not allow it   70 a bug   130 interrupted   143 terminated

\b
Shell completion, for bash (zsh and fish likewise):
  eval "$(_DC43_GITDRAFT_COMPLETE=bash_source dc43-gitdraft)"
"""


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from dc43_gitdraft import __version__

        say(f"dc43-gitdraft {__version__}")
        ctx.exit()


app = LazyGroup("dc43-gitdraft", commands_at=COMMANDS, help=HELP, epilog=EPILOG)
app.params.append(
    click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_print_version,
        help="Print the version and exit.",
    )
)
