"""The program in processes that cost nothing to start, so that killing hundreds of them is cheap.

One process imports the program and then forks for each command. It has no threads, which a forked
process would miss; the tests' own process has some. Each line of standard input asks for one
command, each line of standard output says how it ended.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from support.crashes.boundary import Boundary, Trouble, watch

#: Seconds after which a command hangs; the alarm ends it.
_LONGEST = 300
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of Linux


@dataclass(frozen=True)
class Ran:
    """How a command ended: its exit code (negative: the signal), its words, the steps it took."""

    code: int
    out: str
    err: str
    steps: tuple[str, ...]


class Forks:
    """Runs commands in forked processes; its files lie in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            # Not this file by its path: its folder has modules of other names.
            [sys.executable, "-m", "support.crashes.forks", str(folder)],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(
        self,
        arguments: Sequence[str | Path],
        env: Mapping[str, str],
        trouble: Trouble | None = None,
    ) -> Ran:
        """Run a command to its end, and wait until all that it started has ended too."""
        asked = {
            "arguments": [str(each) for each in arguments],
            "env": dict(env),
            "trouble": asdict(trouble) if trouble else None,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        told = self._process.stdout.readline()
        if not told:
            raise AssertionError("the process that forks has ended")
        out, err, steps = (
            (self._folder / name).read_text("utf-8", "replace") for name in ("out", "err", "steps")
        )
        return Ran(json.loads(told)["code"], out, err, tuple(steps.splitlines()))

    def close(self) -> None:
        """End the process that forks."""
        self._process.communicate()


def main(folder: Path) -> None:
    """Fork for each command that is asked for."""
    from dc43_gitdraft.cli.boundary import run
    from dc43_gitdraft.forge.github import api

    _import_what_commands_use()
    api.BACKOFF = 0.001  # Less patience, the same behaviour.
    # What a killed process leaves behind becomes a child of this one, to be waited for.
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 70
            try:
                _prepare(folder, asked)
                code = run(asked["arguments"])
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        _wait_for_the_rest()
        told = {"code": os.waitstatus_to_exitcode(status)}
        os.write(1, json.dumps(told).encode() + b"\n")


def _import_what_commands_use() -> None:
    """Load what is else loaded when it is used, and what it makes once."""
    import git.cmd  # noqa: F401

    import dc43_gitdraft.forge.github.forge
    import dc43_gitdraft.forge.local
    import dc43_gitdraft.settle  # noqa: F401
    from dc43_gitdraft.cli.commands import decide, draft, pulls, settle  # noqa: F401


def _prepare(folder: Path, asked: Mapping[str, Any]) -> None:
    """Make this process one of its own, with its files, environment and boundary."""
    signal.alarm(_LONGEST)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for name, target in (("out", 1), ("err", 2)):
        opened = os.open(folder / name, flags, 0o600)
        os.dup2(opened, target)
        os.close(opened)
    steps = os.open(folder / "steps", flags, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(asked["env"])
    trouble = Trouble(**asked["trouble"]) if asked["trouble"] else None
    watch(Boundary(lambda name: _told(steps, name), trouble))


def _told(file: int, name: str) -> None:
    os.write(file, f"{name}\n".encode())


def _wait_for_the_rest() -> None:
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
