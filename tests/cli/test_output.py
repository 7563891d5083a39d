"""What reaches a terminal: nothing that it would obey, colours only where wanted."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dc43_gitdraft.cli.output import printable, say_json, say_json_text, say_table

HOSTILE = "a\x1b]0;title\x07b\x9b31mc\u202ed\u2028e\x7ff\rg\ud800h"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("prix café 数 🎉", "prix café 数 🎉"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b31m", "\\x9b31m"),
        ("a\rb", "a\\rb"),
        ("a\u202eb", "a\\u202eb"),
        ("a\x7fb", "a\\x7fb"),
        ("a\ud800b", "a\\ud800b"),
    ],
)
def test_a_control_character_is_spelt_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters()))
def test_no_text_moves_the_cursor(text: str) -> None:
    assert all(
        char.isprintable() or char in "\n\t\xa0" or ord(char) > 0xA0 for char in printable(text)
    )


def test_json_is_safe_and_means_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"text": HOSTILE})
    out = capsys.readouterr().out
    assert out == printable(out)
    assert json.loads(out) == {"text": HOSTILE}


def test_json_text_of_others_is_made_safe(capsys: pytest.CaptureFixture[str]) -> None:
    say_json_text('{"text": "a\x7f\x9b"}\n')
    assert capsys.readouterr().out == '{"text": "a\\u007f\\u009b"}\n'


def test_a_table_is_aligned_by_width(capsys: pytest.CaptureFixture[str]) -> None:
    say_table([("数数", "x"), ("abc", "y"), ("e\u0301", "z")], head=("id", "n"))
    assert capsys.readouterr().out == "id    n\n数数  x\nabc   y\ne\u0301     z\n"


def test_an_empty_table_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    say_table([], head=("id", "n"))
    assert capsys.readouterr().out == ""


def on_a_terminal(**environment: str) -> bytes:
    """Return what the program writes to a terminal when it fails."""
    master, slave = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, "-m", "dc43_gitdraft", "observe", "no-such-file.csv"],
            stdout=slave,
            stderr=slave,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "TERM": "xterm", **environment},
            check=False,
        )
        return os.read(master, 65536)
    finally:
        os.close(slave)
        os.close(master)


def test_a_terminal_gets_colours() -> None:
    assert b"\x1b[31m" in on_a_terminal()


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_colours_can_be_refused(environment: dict[str, str]) -> None:
    shown = on_a_terminal(**environment)
    assert b"Error" in shown
    assert b"\x1b" not in shown


def test_a_pipe_gets_no_colours() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dc43_gitdraft", "observe", "no-such-file.csv"],
        capture_output=True,
        check=False,
    )
    assert b"Error" in done.stderr
    assert b"\x1b" not in done.stderr
