from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.actions import Machine, Runner
from support.github import GitHub, serve
from support.shop import ORDERS

from dc43_gitdraft import __version__
from dc43_gitdraft.cli.scaffold import templates

#: The machine's index has it.
PINNED = {".github/actions/requirements.txt": f"dc43-gitdraft=={__version__}\n"}


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine.make(tmp_path_factory.mktemp("machine"))


@pytest.fixture(scope="session")
def installed(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the actions' own script has put the tool: once, as in one job with many steps."""
    folder = tmp_path_factory.mktemp("installed")
    actions = folder / "actions"
    actions.mkdir()
    for template in templates():
        if Path(template.path).parent.as_posix() == ".github/actions":
            text = PINNED.get(template.path, template.text)
            (actions / Path(template.path).name).write_text(text, "utf-8")
    subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(actions / "install.sh")],
        check=True,
        env={
            "HOME": str(folder),
            "GITHUB_PATH": os.devnull,
            "RUNNER_TEMP": str(folder),
            **machine.variables,
        },
    )
    return folder / "dc43-gitdraft"


@pytest.fixture
def files() -> dict[str, str]:
    """The files of a contracts repository after `init`, with one active contract."""
    scaffolded = {template.path: template.text for template in templates()}
    return {**scaffolded, **PINNED, "contracts/orders.odcs.yaml": ORDERS}


@pytest.fixture
def github(tmp_path: Path, files: dict[str, str]) -> Iterator[GitHub]:
    with serve(tmp_path / "github", files=files) as github:
        yield github


@pytest.fixture
def runner(github: GitHub, machine: Machine, installed: Path, tmp_path: Path) -> Runner:
    return Runner(github, tmp_path / "jobs", machine.variables, installed)
