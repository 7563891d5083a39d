"""What ends the program from outside: it unwinds, says little, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.cli import start


@pytest.fixture
def slow_git(tmp_path: Path) -> dict[str, str]:
    """An environment in which cloning goes on until somebody ends it."""
    real = shutil.which("git")
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "git"
    program.write_text(
        "#!/bin/sh\n"
        f'case " $* " in *" clone "*) ;; *) exec {real} "$@" ;; esac\n'
        f'mkdir "$PWD/clone.git" && echo $$ > {tmp_path}/pid && mv {tmp_path}/pid {tmp_path}/slow\n'
        "exec sleep 60\n",
        "utf-8",
    )
    program.chmod(0o755)
    (tmp_path / "tmp").mkdir()
    return {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "TMPDIR": str(tmp_path / "tmp"),
    }


def wait_for(path: Path) -> str:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} does not appear"
        time.sleep(0.02)
    return path.read_text("utf-8")


def test_an_interrupt_is_130(tmp_path: Path, repo: Path, slow_git: dict[str, str]) -> None:
    process = start("status", "--repo", f"file://{repo}", env=slow_git)
    try:
        wait_for(tmp_path / "slow")
        # As the terminal does: to the program and to what it started.
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, out, err) == (130, "", "Error: interrupted\n")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_being_terminated_is_143_quiet_and_leaves_nothing(
    tmp_path: Path, repo: Path, slow_git: dict[str, str]
) -> None:
    process = start("status", "--repo", f"file://{repo}", env=slow_git)
    try:
        git = int(wait_for(tmp_path / "slow"))
        # As a supervisor does: to the program alone.
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, out, err) == (143, "", "")
    assert list((tmp_path / "tmp").iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(git, 0)


def test_an_interrupt_while_the_program_loads_is_quiet(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n", "utf-8"
    )
    process = start("--help", env={"PYTHONPATH": str(tmp_path)})
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "")


def test_a_program_told_to_ignore_the_end_ignores_it() -> None:
    script = (
        "import signal\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "import sys\n"
        "sys.argv[1:] = ['--version']\n"
        "from dc43_gitdraft.cli import main\n"
        "try:\n    main()\n"
        "finally:\n    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN\n"
    )
    subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
