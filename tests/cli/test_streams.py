"""Standard streams that are full, closed, or whose reader went away."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.git import refs_snapshot

PROGRAM = [sys.executable, "-m", "dc43_gitdraft"]
FULL = Path("/dev/full")

needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
os_dependent = pytest.mark.os_dependent


def shell(redirections: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the program with its streams redirected by a shell."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", *PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(
    params=[
        ["status", "--repo"],
        ["status", "--output", "json", "--repo"],
        ["show", "orders", "--repo"],
        ["promote", "--repo"],
    ],
    ids=" ".join,
)
def asking(request: pytest.FixtureRequest, repo: Path) -> list[str]:
    """A command that has something to say."""
    return [*request.param, str(repo)]


def test_a_closed_output_is_3_and_said(asking: list[str]) -> None:
    done = shell(">&-", *asking)
    assert done.returncode == 3
    assert done.stderr == "Error: the result cannot be written: standard output is closed\n"


@needs_full
@os_dependent
def test_a_full_output_is_3_and_said(asking: list[str]) -> None:
    done = shell(">/dev/full", *asking)
    assert done.returncode == 3
    assert done.stderr == "Error: the result cannot be written: No space left on device\n"


@needs_full
@os_dependent
@pytest.mark.parametrize("arguments", [["--help"], ["status", "--help"], ["--version"]])
def test_help_to_a_full_output_is_3(arguments: list[str]) -> None:
    done = shell(">/dev/full", *arguments)
    assert done.returncode == 3
    assert done.stderr == "Error: the result cannot be written: No space left on device\n"


@needs_full
@os_dependent
@pytest.mark.parametrize("streams", [">/dev/full 2>/dev/full", "<&- >&- 2>&-"])
def test_where_nothing_can_be_said_the_exit_code_does(streams: str, repo: Path) -> None:
    done = shell(streams, "status", "--repo", repo)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")


@needs_full
@os_dependent
@pytest.mark.parametrize("streams", ["2>/dev/full", "2>&-"])
def test_a_draft_is_published_where_progress_cannot_be_said(
    streams: str, repo: Path, drifted: Path
) -> None:
    done = shell(streams, "draft", "orders", "--from", drifted, "--repo", repo, "--output", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["outcome"] == "created"
    assert "refs/heads/gitdraft/orders" in refs_snapshot(repo)


@needs_full
@os_dependent
def test_an_error_keeps_its_exit_code_where_it_cannot_be_said(repo: Path) -> None:
    assert shell("2>/dev/full", "show", "oders", "--repo", repo).returncode == 2


def test_the_reader_of_the_progress_may_go_away(repo: Path, drifted: Path) -> None:
    read, write = subprocess.PIPE, subprocess.PIPE
    process = subprocess.Popen(
        [*PROGRAM, "draft", "orders", "--from", str(drifted), "--repo", str(repo)],
        stdout=read,
        stderr=write,
        text=True,
    )
    assert process.stderr is not None
    process.stderr.close()
    process.communicate()
    assert process.returncode == 0
    assert "refs/heads/gitdraft/orders" in refs_snapshot(repo)


def test_a_long_result_to_a_closed_output_is_3(repo: Path, tmp_path: Path) -> None:
    wide = tmp_path / "wide.csv"
    wide.write_text(",".join(f"column_{number}" for number in range(2000)) + "\n", "utf-8")
    assert shell(">&-", "observe", wide).returncode == 3


def test_a_reader_that_goes_away_is_no_error() -> None:
    script = f"{sys.executable} -m dc43_gitdraft --help | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.strip() in {"0", "141"}


def test_a_closed_pipe_is_141_and_silent() -> None:
    process = subprocess.Popen(
        [*PROGRAM, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate()
    assert (process.returncode, err) == (141, "")


def test_output_to_a_narrow_encoding_is_escaped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    done = shell("", "observe", tmp_path / "数.csv")
    assert done.returncode == 2
    assert "\\u6570.csv" in done.stderr
