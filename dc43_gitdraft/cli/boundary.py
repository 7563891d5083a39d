"""The one place where the program ends: every exception becomes a sentence and an exit code."""

from __future__ import annotations

import io
import os
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

import click

from dc43_gitdraft.cli import INTERRUPTED
from dc43_gitdraft.cli.app import app
from dc43_gitdraft.cli.output import fail
from dc43_gitdraft.errors import GitdraftError

PROGRAM = "dc43-gitdraft"
BUG = 70
#: 128 + SIGPIPE, as the shell counts a program that the signal ends.
READER_WENT_AWAY = 141


@dataclass
class Run:
    """What the boundary must know of a run: set by the options as they are parsed."""

    verbose: int = 0


def run(arguments: Sequence[str]) -> int:
    """Run the program on `arguments` and return its exit code."""
    state = Run()
    try:
        return _ended(arguments, state)
    except BrokenPipeError:
        return READER_WENT_AWAY
    except KeyboardInterrupt:
        return INTERRUPTED


def _ended(arguments: Sequence[str], state: Run) -> int:
    try:
        return _invoke(arguments, state)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.UsageError as error:
        shown = io.StringIO()
        error.show(shown)
        fail(shown.getvalue().rstrip("\n"), label=False)
        return error.exit_code
    except click.ClickException as error:
        fail(error.format_message())
        return click.UsageError.exit_code
    except (KeyboardInterrupt, click.Abort):
        fail("interrupted")
        return INTERRUPTED
    except GitdraftError as error:
        fail(str(error))
        _trace(state)
        return error.exit_code
    except BrokenPipeError:
        raise
    except Exception as error:
        hint = "" if state.verbose else "; -v shows where"
        fail(f"this is a bug: {type(error).__name__}: {error}{hint}")
        _trace(state)
        return BUG


def _invoke(arguments: Sequence[str], state: Run) -> int:
    if f"_{PROGRAM.upper().replace('-', '_')}_COMPLETE" in os.environ:
        app.main(args=list(arguments), prog_name=PROGRAM)  # ends the program
    # Not app.main: it ends with 1 when the reader of a pipe goes away, which here means findings.
    with app.make_context(PROGRAM, list(arguments), obj=state) as context:
        app.invoke(context)
    return 0


def _trace(state: Run) -> None:
    if state.verbose:
        fail(traceback.format_exc().rstrip(), label=False)
