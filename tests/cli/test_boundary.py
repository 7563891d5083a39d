"""The one place where the program ends: exit codes, one sentence, quiet ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from dc43_gitdraft.cli.app import app
from dc43_gitdraft.cli.boundary import run
from dc43_gitdraft.errors import (
    ContractError,
    EditedDraftError,
    ForgeError,
    GitError,
    InputError,
    NothingPromotedError,
)

Raising = Callable[[BaseException], None]


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> Raising:
    """Return a function that makes the command `observe` raise."""

    def prepare(error: BaseException) -> None:
        @click.command()
        @click.option("-v", "verbose", is_flag=True)
        @click.pass_obj
        def failing(state: object, verbose: bool) -> None:
            if verbose:
                vars(state)["verbose"] = 1
            raise error

        monkeypatch.setattr(app, "get_command", lambda _ctx, _name: failing)

    return prepare


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("odd"), 2),
        (ContractError("odd", where="a.yaml", line=3), 2),
        (click.UsageError("odd"), 2),
        (click.FileError("a.yaml", "odd"), 2),
        (GitError("odd"), 3),
        (ForgeError("odd"), 3),
        (EditedDraftError("odd"), 4),
        (NothingPromotedError("odd"), 4),
        (ZeroDivisionError("odd"), 70),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (BrokenPipeError(), 141),
        (click.exceptions.Exit(1), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_an_exception_becomes_its_exit_code(
    raising: Raising, error: BaseException, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    raising(error)
    assert run(["observe"]) == code
    assert capfd.readouterr().out == ""


def test_an_error_is_one_sentence_with_file_and_line(
    raising: Raising, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(ContractError("the key 'id' is missing: add it", where="a.yaml", line=3, column=1))
    run(["observe"])
    assert capsys.readouterr().err == "Error: a.yaml:3:1: the key 'id' is missing: add it\n"


def test_control_characters_of_an_argument_do_not_reach_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["\x1b[31m"])
    run(["pulls", "show", "\x1b[31m"])
    assert "\x1b" not in capsys.readouterr().err


def test_a_bug_says_so_without_a_traceback(
    raising: Raising, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(ZeroDivisionError("by zero"))
    run(["observe"])
    err = capsys.readouterr().err
    assert err == "Error: this is a bug: ZeroDivisionError: by zero; -v shows where\n"


def test_verbose_shows_where_a_bug_arose(
    raising: Raising, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(ZeroDivisionError("by zero"))
    run(["observe", "-v"])
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "test_boundary.py" in err


def test_control_characters_of_a_message_do_not_reach_the_terminal(
    raising: Raising, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(InputError("the id 'a\x1b[31mb' is odd"))
    run(["observe"])
    assert capsys.readouterr().err == "Error: the id 'a\\x1b[31mb' is odd\n"


def test_a_message_begins_no_line_of_its_own(
    raising: Raising, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(InputError("the key 'a\n::add-mask::b' is odd"))
    run(["observe"])
    assert capsys.readouterr().err == "Error: the key 'a\\n::add-mask::b' is odd\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["--no-such-option"],
        ["observe"],
        ["observe", "data.csv", "--output", "xml"],
        ["draft", "orders"],
        ["pulls", "show", "one"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "Usage: dc43-gitdraft" in capsys.readouterr().err


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dc43_gitdraft", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("dc43-gitdraft 0.")


def test_a_machine_without_git_is_told(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dc43_gitdraft", "status", "--repo", str(tmp_path)],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "install git" in done.stderr
