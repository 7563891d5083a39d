"""The one place where the program ends: exit codes, one sentence, quiet ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
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


def test_a_reader_that_goes_away_is_no_error() -> None:
    script = f"{sys.executable} -m dc43_gitdraft --help | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.strip() in {"0", "141"}


def test_a_closed_pipe_is_141_and_silent(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "dc43_gitdraft", "--help"],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (141, "")


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dc43_gitdraft", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("dc43-gitdraft 0.")


def test_an_interrupt_is_130(tmp_path: Path) -> None:
    started = tmp_path / "started"
    slow = tmp_path / "git"
    slow.write_text(f"#!/bin/sh\ntouch {started}\nexec sleep 60\n", "utf-8")
    slow.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-m", "dc43_gitdraft", "status", "--repo", str(tmp_path)],
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    try:
        deadline = time.monotonic() + 30
        while not started.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        # As the terminal does: to the program and to what it started.
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, out, err) == (130, "", "Error: interrupted\n")


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


def test_output_to_a_narrow_encoding_is_escaped(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dc43_gitdraft", "observe", str(tmp_path / "数.csv")],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "\\u6570.csv" in done.stderr
