"""What the README shows is what happens."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dc43_gitdraft import config
from dc43_gitdraft.cli.app import COMMANDS
from dc43_gitdraft.model import OutcomeKind

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def steps() -> list[tuple[str, list[str]]]:
    """Return every command of the README with the output that it shows."""
    found: list[tuple[str, list[str]]] = []
    for line in "".join(BLOCKS).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def matches(shown: list[str], printed: str) -> bool:
    """Whether `printed` is what is shown, where a line `…` stands for any lines."""
    pattern = "".join(r"(?:.*\n)*" if line == "…" else re.escape(line) + r"\n" for line in shown)
    return re.fullmatch(pattern, printed) is not None


def test_every_command_prints_what_is_shown(tmp_path: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path}
    assert len(steps()) >= 6
    for command, shown in steps():
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            environment[name] = value
            continue
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)
        assert matches(shown, done.stdout), (command, done.stdout)


@pytest.mark.parametrize("word", [*COMMANDS, *(kind.value for kind in OutcomeKind)])
def test_every_command_and_outcome_is_explained(word: str) -> None:
    assert re.search(rf"`{word}\b", README)


def test_every_setting_is_explained() -> None:
    keys = re.findall(r"^\| `([a-z-]+)` \|.*\|.*\|$", README.split("## Settings")[1], re.MULTILINE)
    assert keys == list(config._KEYS)


def test_the_line_for_developers_is_the_one_of_contributing() -> None:
    line = "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest"
    contributing = Path(__file__).parents[1] / ".github" / "CONTRIBUTING.md"
    assert line in README
    assert line in contributing.read_text("utf-8")
