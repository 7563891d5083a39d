"""A command gets the contract and nothing that is secret, without a shell."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from pathlib import Path

import pytest

from dc43_gitdraft.errors import ConfigError, HandingError
from dc43_gitdraft.handing import Handed
from dc43_gitdraft.handing.command import Command

VERSION = Handed(
    id="msg_1",
    contract="shop/orders",
    version="1.2.0",
    status="active",
    text="id: shop/orders  # é\n",
    path="contracts/orders.odcs.yaml",
    tag="shop-orders-1/v1.2.0",
    commit="c" * 40,
    repository="contracts.git",
)
SECRETS = [
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "GITHUB_ENTERPRISE_TOKEN",
    "GH_ENTERPRISE_TOKEN",
    "GITDRAFT_APP_ID",
    "GITDRAFT_APP_PRIVATE_KEY",
    "GITDRAFT_HAND_ON",
    "GITDRAFT_SCHEMA_REGISTRY_AUTH",
    "GITDRAFT_SCHEMA_REGISTRY_TOKEN",
    "GITDRAFT_WEBHOOK_SECRET",
    "GITDRAFT_WEBHOOK_SECRET_X",
]


def python(code: str, *arguments: str | Path) -> Command:
    argv = [sys.executable, "-c", code, *map(str, arguments)]
    return Command(shlex.join(argv), name="command")


def test_the_contract_is_on_standard_input_and_in_a_file(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib\n"
        "read = pathlib.Path(os.environ['GITDRAFT_FILE']).read_bytes()\n"
        "pathlib.Path(sys.argv[1]).write_bytes(sys.stdin.buffer.read() + read)\n"
    )
    python(code, tmp_path / "got").hand(VERSION)
    assert (tmp_path / "got").read_bytes() == VERSION.text.encode() * 2


def test_the_facts_are_in_its_environment(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib\n"
        "names = ('CONTRACT', 'VERSION', 'STATUS', 'TAG', 'ID')\n"
        "told = ' '.join(os.environ['GITDRAFT_' + name] for name in names)\n"
        "pathlib.Path(sys.argv[1]).write_text(told)\n"
    )
    python(code, tmp_path / "got").hand(VERSION)
    told = (tmp_path / "got").read_text()
    assert told == "shop/orders 1.2.0 active shop-orders-1/v1.2.0 msg_1"


def test_no_secret_of_ours_is_in_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "s3cret")
    code = (
        "import os, sys, pathlib\n"
        "pathlib.Path(sys.argv[1]).write_text(repr([*os.environ.values()]))\n"
    )
    python(code, tmp_path / "got").hand(VERSION)
    assert "s3cret" not in (tmp_path / "got").read_text()


def test_what_else_is_in_our_environment_is_in_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOGUE_TOKEN", "its own")
    code = (
        "import os, sys, pathlib\n"
        "pathlib.Path(sys.argv[1]).write_text(os.environ['CATALOGUE_TOKEN'])\n"
    )
    python(code, tmp_path / "got").hand(VERSION)
    assert (tmp_path / "got").read_text() == "its own"


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    code = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"
    Command(
        f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} {tmp_path / 'got'} '$HOME;`id`'",
        name="command",
    ).hand(VERSION)
    assert (tmp_path / "got").read_text() == "$HOME;`id`"


def test_a_command_that_does_not_read_is_no_failure() -> None:
    big = VERSION.text * 100_000
    python("pass").hand(
        Handed(**{**{name: getattr(VERSION, name) for name in VERSION.__slots__}, "text": big})
    )


def test_a_failure_tells_the_last_line_that_was_said() -> None:
    with pytest.raises(HandingError, match=r"ended with 3: no room \[31m\Z"):
        python("print('loading'); print('no room\\x1b[31m\\n'); raise SystemExit(3)").hand(VERSION)


def test_a_program_that_does_not_end_is_ended() -> None:
    hook = python("import time; time.sleep(3600)")
    hook.patience = 0.5
    with pytest.raises(HandingError, match="did not end within"):
        hook.hand(VERSION)


def test_what_a_program_leaves_running_is_not_waited_for(tmp_path: Path) -> None:
    code = (
        "import pathlib, subprocess, sys\n"
        "left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)'])\n"
        "pathlib.Path(sys.argv[1]).write_text(str(left.pid))\n"
    )
    python(code, tmp_path / "left").hand(VERSION)
    os.kill(int((tmp_path / "left").read_text()), signal.SIGKILL)


def test_a_program_that_is_not_there_is_said() -> None:
    with pytest.raises(HandingError, match="absent cannot be run: No such file"):
        Command("/nowhere/absent", name="command").hand(VERSION)


@pytest.mark.parametrize("argument", ["", "  ", "'unclosed"])
def test_no_program_is_refused(argument: str) -> None:
    with pytest.raises(ConfigError):
        Command(argument, name="command")
