"""Runs the program's commands, one for each line of standard input: a job that need not start.

Each line is a JSON list of arguments. What the command prints is followed by a line with a record
separator and the exit code.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

END = "\x1e"


class Worker:
    """A process of its own that runs commands when told."""

    def __init__(self, env: Mapping[str, str], log: Path) -> None:
        self._log = log.open("wb")
        self._process = subprocess.Popen(
            # Not this file by its path: its folder has a git and a github of its own.
            [sys.executable, "-m", "support.worker"],
            env={**os.environ, **env, "PYTHONPATH": str(Path(__file__).parents[1])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    def tell(self, *arguments: str | Path) -> None:
        """Let it start a command, and do not wait."""
        assert self._process.stdin is not None
        line = json.dumps([str(argument) for argument in arguments]) + "\n"
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()

    def answer(self) -> tuple[int, str]:
        """Wait for the command's end: exit code and output."""
        assert self._process.stdout is not None
        lines: list[str] = []
        for raw in self._process.stdout:
            line = raw.decode()
            if line.startswith(END):
                return int(line[1:]), "".join(lines)
            lines.append(line)
        raise AssertionError(f"the worker ended: {''.join(lines)}")

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
        self._log.close()


def together(workers: Sequence[Worker], commands: Sequence[Sequence[str | Path]]) -> list[Any]:
    """Run one command in each process at the same time; what each printed as JSON."""
    for worker, command in zip(workers, commands, strict=True):
        worker.tell(*command)
    told = [worker.answer() for worker in workers]
    assert [code for code, _ in told] == [0] * len(told), told
    return [json.loads(out) for _, out in told]


def main() -> None:
    from dc43_gitdraft.cli.boundary import run

    for line in sys.stdin:
        code = run(json.loads(line))
        sys.stdout.write(f"{END}{code}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
