"""The command line: parse, call, render, exit.

Only click and the standard library load here, and they too not before the process's streams and
signals are seen to; each command's module loads when it is called.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType

#: 128 + SIGINT, 128 + SIGTERM, as the shell counts a program that the signal ends.
INTERRUPTED = 130
TERMINATED = 143


def main() -> None:
    """Run the program on this process's arguments and end it with the exit code."""
    try:
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:
            signal.signal(signal.SIGTERM, _terminate)
        from dc43_gitdraft.cli import streams

        streams.guard()
        from dc43_gitdraft.cli.boundary import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    """Unwind, so that temporary clones are removed; who asks again asks for what is under way."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(TERMINATED)
