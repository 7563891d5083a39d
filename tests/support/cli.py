"""Running the command line in this process, and as the program that people start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dc43_gitdraft.cli.boundary import run


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Cli:
    """The program; `capture` reads what it prints."""

    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str | Path, code: int | None = 0) -> Ended:
        """Run a command, and assert its exit code (None: any)."""
        self.capture.readouterr()
        got = run([str(argument) for argument in arguments])
        out, err = self.capture.readouterr()
        if code is not None:
            assert got == code, err
        return Ended(got, out, err)


def program(
    *arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Ended:
    """Run the program in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "dc43_gitdraft", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


#: Undoes what the test run may have inherited: a job in the background ignores SIGINT.
#: (Not `preexec_fn`, which a process with threads may not use.)
AFRESH = """
import os, signal, sys
for each in (signal.SIGINT, signal.SIGTERM):
    signal.signal(each, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, "-m", "dc43_gitdraft", *sys.argv[1:]])
"""


def start(*arguments: str | Path, env: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start the program as a group of its own, as a terminal does."""
    return subprocess.Popen(
        [sys.executable, "-c", AFRESH, *map(str, arguments)],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
