"""The steps that the program takes outside itself, counted, and what goes wrong at one of them.

A step is a Git command, each of the two writes of a ref transaction (prepare, commit), or a request
over HTTP. They are seen where they leave the process: in the class that starts processes, and in
the adapter that sends requests. Nothing of the program itself is replaced.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any

import requests
from requests.adapters import HTTPAdapter

#: What may go wrong. The first three end this process with SIGKILL: before a step, while the
#: command is at work on its own (nothing was sent to it yet), after a step.
KILLS = ("before", "amid", "after")
#: A step that is not carried out; one that is, whose answer is lost; one that answers late.
FAULTS = ("fails", "lost", "late")

_REFUSAL = "printf 'fatal: this went wrong on purpose\\n' >&2; exit 128"


@dataclass(frozen=True)
class Trouble:
    """What goes wrong at the `nth` step, counted from 1, and at the `times - 1` after it."""

    way: str
    nth: int
    times: int = 1


@dataclass
class Step:
    """One step: its number, and what goes wrong at it ("" for nothing)."""

    number: int
    way: str


class Boundary:
    """Counts steps, tells `log` the name of each, and lets one go wrong."""

    def __init__(self, log: Callable[[str], None], trouble: Trouble | None) -> None:
        self._log, self._trouble = log, trouble
        self._count = 0

    def begin(self, name: str) -> Step:
        """Begin a step."""
        self._count += 1
        self._log(name)
        trouble = self._trouble
        struck = trouble and trouble.nth <= self._count < trouble.nth + trouble.times
        step = Step(self._count, trouble.way if trouble and struck else "")
        self._die(step, "before")
        return step

    def amid(self, step: Step) -> None:
        """Say that a step is under way."""
        self._die(step, "amid")

    def end(self, step: Step) -> None:
        """Say that a step is over, and its answer here."""
        if step.way == "late":
            time.sleep(0.02)
        self._die(step, "after")

    def _die(self, step: Step, way: str) -> None:
        if step.way == way:
            os.kill(os.getpid(), signal.SIGKILL)


def watch(boundary: Boundary) -> None:
    """Let this process, to its end, take its steps across `boundary`."""
    import git.cmd

    class Watched(_Process):
        pass

    Watched.boundary = boundary
    git.cmd.safer_popen = Watched
    send = HTTPAdapter.send

    def sending(self: HTTPAdapter, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        step = boundary.begin(f"{request.method} {request.path_url.partition('?')[0]}")
        if step.way == "fails":
            raise requests.ConnectionError("this went wrong on purpose")
        response = send(self, request, *args, **kwargs)
        if step.way == "lost":
            response.close()
            raise requests.ReadTimeout("this went wrong on purpose")
        boundary.end(step)
        return response

    HTTPAdapter.send = sending  # type: ignore[method-assign]


def command_of(arguments: Sequence[str]) -> str:
    """Name the Git command that a process is started for."""
    rest = list(arguments[arguments.index("git") + 1 :])
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in ("-c", "-C"):
            rest.pop(0)
    return f"git {rest[0]}"


class _Process(subprocess.Popen[bytes]):
    """A Git process whose start and end are a step."""

    boundary: Boundary

    def __init__(self, args: Sequence[str], **kwargs: Any) -> None:
        self._step = self.boundary.begin(command_of(args))
        fails = self._step.way == "fails"
        super().__init__(["sh", "-c", _REFUSAL] if fails else args, **kwargs)
        if fails:
            return
        if "--batch" in args:
            # It answers until the program ends. Reading moves nothing: that it is there is all.
            self.boundary.amid(self._step)
            if self._step.way == "lost":
                self.kill()
            self.boundary.end(self._step)
        elif "update-ref" in args and "-m" in args:
            assert self.stdin is not None
            self.stdin = _Instructions(self.stdin, self)  # type: ignore[assignment]

    def communicate(self, *args: Any, **kwargs: Any) -> tuple[bytes, bytes]:
        self.boundary.amid(self._step)
        out, error = super().communicate(*args, **kwargs)
        if self._step.way == "lost":
            self.returncode = 128
            out, error = b"", b"fatal: this went wrong on purpose\n"
        self.boundary.end(self._step)
        return out, error


class _Instructions:
    """What is written to an open ref transaction: each piece is a step."""

    def __init__(self, stream: IO[bytes], process: _Process) -> None:
        self._stream, self._process = stream, process

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, data: bytes) -> int:
        process, boundary = self._process, self._process.boundary
        verb = data.rstrip(b"\0").rpartition(b"\0")[2].decode()
        step = boundary.begin(f"git update-ref: {verb}")
        if step.way == "fails":
            process.terminate()  # It takes its locks away.
            process.wait()
            return len(data)
        written = self._stream.write(data)
        self._stream.flush()
        if step.way == "lost":
            assert process.stdout is not None
            while (line := process.stdout.readline()) and not line.startswith(verb.encode()):
                pass
            process.terminate()
        boundary.end(step)
        return written
