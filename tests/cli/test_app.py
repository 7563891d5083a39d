"""The list of commands: light to load, true to the commands behind it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from dc43_gitdraft.cli.app import COMMANDS, app

HEAVY = (
    "pyspark",
    "github",
    "requests",
    "jwt",
    "git",
    "pyarrow",
    "jsonschema_rs",
    "ruamel",
    "semver",
    "yaml",
)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["no-such-command"]], ids=" ".join
)
def test_the_list_of_commands_loads_no_heavy_library(arguments: list[str]) -> None:
    script = (
        "import sys\n"
        "from dc43_gitdraft.cli.boundary import run\n"
        f"run({arguments!r})\n"
        f"print('loaded', [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded []"


def commands() -> list[tuple[str, click.Command]]:
    """Return every command with its words, those of groups included."""
    context = click.Context(app, info_name="dc43-gitdraft")
    found = []
    for name in COMMANDS:
        command = app.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found += [(f"{name} {inner}", command.commands[inner]) for inner in command.commands]
        else:
            found.append((name, command))
    return found


@pytest.mark.parametrize(("name", "command"), commands(), ids=lambda value: str(value))
def test_a_commands_help_has_an_example(name: str, command: click.Command) -> None:
    context = click.Context(command, info_name=f"dc43-gitdraft {name}")
    text = command.get_help(context)
    assert f"dc43-gitdraft {name}" in text.split("Example", 1)[1]


@pytest.mark.parametrize(("name", "command"), commands(), ids=lambda value: str(value))
def test_every_command_takes_the_common_options(name: str, command: click.Command) -> None:
    options = {option for param in command.params for option in param.opts}
    assert {"--repo", "--base", "--forge", "--api-url", "--output", "-v"} <= options


@pytest.mark.parametrize(("name", "command"), commands(), ids=lambda value: str(value))
def test_every_option_is_explained(name: str, command: click.Command) -> None:
    silent = [
        param.name for param in command.params if isinstance(param, click.Option) and not param.help
    ]
    assert silent == []


def complete(words: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "dc43_gitdraft"],
        env={
            **os.environ,
            "_DC43_GITDRAFT_COMPLETE": "bash_complete",
            "COMP_WORDS": f"dc43-gitdraft {words}",
            "COMP_CWORD": str(len(words.split(" "))),
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_shell_completes_commands() -> None:
    assert complete("pr").splitlines() == ["plain,promote"]


def test_the_shell_completes_the_ids_of_contracts(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))
    assert complete("history or").splitlines() == ["plain,orders"]


def test_the_shell_completes_nothing_where_there_is_no_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(tmp_path))
    assert complete("history or").split() == []


@pytest.mark.parametrize(("name", "command"), commands(), ids=lambda value: str(value))
def test_help_names_the_forges(name: str, command: click.Command) -> None:
    text = command.get_help(click.Context(command, info_name=f"dc43-gitdraft {name}"))
    assert "auto|local|github" in text
    assert "--api-url" in text
