"""The process's standard streams: a full or closed one ends as an exit code, never a traceback.

Set up before anything else is loaded, so that every write passes here, whoever makes it.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TextIO

from dc43_gitdraft.errors import OutputError

_Buffer = bytes | bytearray | memoryview


def guard() -> None:
    """Take over standard output and standard error of this process."""
    spare = os.open(os.devnull, os.O_RDONLY)
    while spare <= 2:  # Else a closed stream's number goes to the next file that is opened.
        spare = os.open(os.devnull, os.O_RDONLY)
    # A stream that the caller closed is None: what is written there fails, and is told.
    out = sys.stdout.fileno() if sys.stdout else spare
    err = sys.stderr.fileno() if sys.stderr else spare
    sys.stdout = _text(_Results(out, "w", closefd=False), sys.stdout)
    sys.stderr = _text(_Remarks(err, "w", closefd=False), sys.stderr)
    if spare not in (out, err):
        os.close(spare)


class _Results(io.FileIO):
    """Standard output: the first failure is an error, and nothing is written after it."""

    failed = False

    def write(self, data: _Buffer, /) -> int:  # type: ignore[override]
        if not self.failed:
            try:
                return super().write(data)
            except OSError as error:
                self.failed = True
                if isinstance(error, BrokenPipeError):
                    raise
                closed = error.errno == errno.EBADF
                why = "standard output is closed" if closed else error.strerror
                raise OutputError(f"the result cannot be written: {why}") from error
        return len(data)


class _Remarks(io.FileIO):
    """Standard error: where it cannot be written, the work goes on without it."""

    failed = False

    def write(self, data: _Buffer, /) -> int:  # type: ignore[override]
        if not self.failed:
            try:
                return super().write(data)
            except OSError:
                self.failed = True
        return len(data)


def _text(raw: io.FileIO, before: TextIO | None) -> io.TextIOWrapper:
    encoding = before.encoding if before else "utf-8"
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding,
        # Text that the terminal's encoding lacks is escaped, never an error.
        errors="backslashreplace",
        line_buffering=True,
    )
