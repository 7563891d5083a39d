"""The command line: parse, call, render, exit.

Only click and the standard library load here; each command's module loads when it is called.
"""

from __future__ import annotations

import sys

from dc43_gitdraft.cli.boundary import run


def main() -> None:
    """Run the program on this process's arguments and end it with the exit code."""
    sys.exit(run(sys.argv[1:]))
