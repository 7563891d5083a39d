"""`demo`: what it prints can be typed, and does what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support.cli import Cli, program
from support.git import files_snapshot, git, refs_snapshot

from dc43_gitdraft.cli.demo_data import rows, sample_contracts, write_jsonlines
from dc43_gitdraft.odcs import read

SAMPLES = sample_contracts()


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder in which the demo ran, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    ended = program("demo", cwd=folder)
    assert ended.code == 0, ended.err
    return folder, ended.out


def commands(out: str) -> list[str]:
    """Return the lines after the heading that are typed and not read."""
    lines = out.split("Decide, as a steward:\n")[1].splitlines()
    return [line.strip() for line in lines if not line.strip().startswith("#")]


def test_the_demo_ends_with_open_pull_requests(shown: tuple[Path, str]) -> None:
    folder, out = shown
    refs = refs_snapshot(folder / "gitdraft-demo" / "contracts.git")
    assert "refs/heads/gitdraft/orders" in refs
    assert "refs/heads/gitdraft/customers" in refs
    assert "refs/tags/orders/v1.2.0" in refs
    assert "refs/tags/orders/v1.3.0" not in refs
    assert out.lstrip("\n").startswith("#1 orders 1.3.0: add discount")


def test_the_demo_shows_the_pull_request_with_its_diff(shown: tuple[Path, str]) -> None:
    _, out = shown
    assert "Compatible · 1.2.0 → 1.3.0 (minor)" in out
    assert "+version: 1.3.0" in out
    assert "+      - name: discount" in out


def test_the_demo_fits_a_screen_and_a_half(shown: tuple[Path, str]) -> None:
    _, out = shown
    assert len(out.splitlines()) <= 75


def test_the_commands_work_as_they_are_shown(tmp_path: Path) -> None:
    out = program("demo", cwd=tmp_path).out
    show, merge, reject, again, history = commands(out)

    def typed(command: str) -> str:
        return subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout

    assert typed(show).startswith("#2 customers 3.0.0")
    assert "promoted orders 1.3.0 (active), tag orders/v1.3.0" in typed(merge)
    assert typed(reject).startswith("rejected #2 customers")
    told = typed(again).splitlines()
    assert told[0] == "customers: already rejected in pull request #2"
    assert told[1].endswith("points are whole numbers: mend the job")
    assert re.search(r"^1\.3\.0 .*orders/v1\.3\.0", typed(history), re.MULTILINE)


def test_the_commands_start_the_program_as_it_was_started(shown: tuple[Path, str]) -> None:
    _, out = shown
    assert all(
        command.startswith(f"{sys.executable} -m dc43_gitdraft ") for command in commands(out)
    )


def test_the_demo_takes_another_directory_and_quotes_it(tmp_path: Path) -> None:
    folder = tmp_path / "it's here"
    said = program("demo", folder, "--output", "json").json
    assert set(said) == {"repository", "drafts", "next"}
    assert said["repository"] == str(folder / "contracts.git")
    assert [draft["outcome"] for draft in said["drafts"]] == ["created", "created"]
    assert shlex.split(said["next"][0])[-1] == said["repository"]


def test_the_demo_refuses_a_directory_that_holds_something(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine\n", "utf-8")
    before = files_snapshot(tmp_path)
    ended = cli("demo", tmp_path, code=2)
    assert "not empty" in ended.err
    assert files_snapshot(tmp_path) == before


def test_the_demo_refuses_a_file(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("mine\n", "utf-8")
    cli("demo", path, code=2)
    cli("demo", path / "below", code=2)
    assert path.read_text("utf-8") == "mine\n"


def test_two_demos_write_the_same_data(cli: Cli, tmp_path: Path) -> None:
    for name in ("one", "two"):
        cli("demo", tmp_path / name)
    one, two = (files_snapshot(tmp_path / name / "data") for name in ("one", "two"))
    assert one == two


@pytest.mark.parametrize("path", SAMPLES)
def test_data_as_a_sample_contract_says_is_no_drift(path: str, cli: Cli, tmp_path: Path) -> None:
    contract = read(SAMPLES[path], where=path)
    cli("demo", tmp_path / "demo")
    repo, data = tmp_path / "demo" / "contracts.git", tmp_path / "data.jsonl"
    write_jsonlines(data, rows(contract.document, 50))
    said = cli(
        *("draft", contract.id, "--from", data, "--repo", repo, "--dry-run", "--output", "json")
    ).json
    # The demo's own drafts are of other data: those are left alone.
    assert said["outcome"] == "no-drift"
    assert git(repo, "branch", "--list", "gitdraft/orders")
