"""`check --report`: the result at the commit on GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.cli import Cli, Ended
from support.git import commit_files, commit_on, git
from support.github import GitHub, serve
from support.shop import ORDERS

PATH = "contracts/orders.odcs.yaml"
BROKEN = ORDERS.replace("      - name: amount", "      - name: total")


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    with serve(tmp_path / "hub", files={PATH: ORDERS}) as running:
        monkeypatch.setenv("GITHUB_API_URL", running.api_url)
        monkeypatch.setenv("GITHUB_TOKEN", running.actions_token())
        yield running


@pytest.fixture
def clone(github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with a branch that breaks a contract, pushed and proposed."""
    where = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(github.path), str(where))
    git(where, "remote", "set-url", "origin", github.url)
    git(where, "checkout", "-q", "-b", "change")
    commit_files(where, {PATH: BROKEN})
    git(where, "push", "-q", str(github.path), "change")
    github.open("change")
    monkeypatch.chdir(where)
    return where


def head(clone: Path) -> str:
    return git(clone, "rev-parse", "HEAD")


def lines(ended: Ended) -> list[str]:
    return [line for line in ended.out.splitlines() if line.startswith("::")]


def runs(github: GitHub) -> list[dict[str, Any]]:
    """The check runs as they were sent, with all their notes."""
    found = github.repository.checks.values()
    return [{**run.sent, "notes": run.annotations} for run in found]


def test_a_check_run_has_the_result_and_notes_at_the_lines(
    cli: Cli, github: GitHub, clone: Path
) -> None:
    said = cli("check", "--report", "auto", code=1)
    (run,) = runs(github)
    output = run["output"]
    assert (run["head_sha"], run["conclusion"]) == (head(clone), "failure")
    assert output["title"] == said.out.splitlines()[-1]
    assert output["summary"].startswith("### Contracts: 1 contract checked, ")
    removed = next(n for n in run["notes"] if n["title"] == "property-removed")
    assert (removed["path"], removed["annotation_level"]) == (PATH, "failure")
    version = next(n for n in run["notes"] if n["title"].startswith("version-"))
    assert version["start_line"] == 1 + ORDERS.split("\n").index("version: 1.2.0  # semantic")


def test_with_a_check_run_there_are_no_workflow_commands(
    cli: Cli, github: GitHub, clone: Path
) -> None:
    assert lines(cli("check", "--report", "off", "--output", "github", code=1))
    assert not runs(github)
    assert not lines(cli("check", "--report", "auto", "--output", "github", code=1))


def test_a_check_that_passes_is_a_success(cli: Cli, github: GitHub, clone: Path) -> None:
    cli("check", "--report", "check-run", "--fail-on", "never")
    assert [run["conclusion"] for run in runs(github)] == ["success"]


def test_without_the_right_to_check_runs_it_is_a_status(
    cli: Cli, github: GitHub, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", github.actions_token({"statuses": "write"}))
    said = cli("check", "--report", "auto", "--output", "github", code=1)
    ((sha, (status,)),) = github.repository.statuses.items()
    assert (sha, status.state) == (head(clone), "failure")
    assert status.description == said.out.splitlines()[-1]
    assert lines(said)
    assert not runs(github)


def test_without_any_right_the_findings_decide_alone(
    cli: Cli, github: GitHub, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", github.actions_token({"contents": "read"}))
    said = cli("check", "--report", "auto", "--output", "github", code=1)
    assert "the result is not shown at the commit" in said.err
    assert lines(said)
    cli("check", "--report", "auto", "--fail-on", "never")


@pytest.mark.parametrize("kind", ["check-run", "status"])
def test_what_is_asked_for_by_name_has_to_work(
    cli: Cli, github: GitHub, clone: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", github.actions_token({"contents": "read"}))
    said = cli("check", "--report", kind, "--output", "github", code=3)
    assert lines(said)  # printed all the same


def test_in_a_workflow_the_proposed_commit_is_meant(
    cli: Cli, github: GitHub, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed = head(clone)
    git(clone, "checkout", "-q", "--detach", "origin/main")
    git(clone, "merge", "-q", "--no-ff", "-m", "Merge", "change")
    monkeypatch.setenv("GITHUB_REF", "refs/pull/1/merge")
    monkeypatch.setenv("GITHUB_SHA", head(clone))
    monkeypatch.setenv("GITHUB_SERVER_URL", github.web)
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/contracts")
    monkeypatch.setenv("GITHUB_RUN_ID", "7")
    cli("check", "--base", "main", "--report", "auto", code=1)
    (run,) = runs(github)
    assert run["head_sha"] == proposed
    assert run["details_url"] == f"{github.web}/acme/contracts/actions/runs/7"


def test_many_findings_come_in_batches_of_fifty(cli: Cli, github: GitHub, clone: Path) -> None:
    extra = "".join(
        f"      - name: p{n}\n        logicalType: string\n        required: true\n"
        for n in range(120)
    )
    commit_files(clone, {PATH: ORDERS + extra})
    git(clone, "push", "-q", str(github.path), "change")
    github.pushed()
    cli("check", "--report", "auto", code=1)
    (run,) = runs(github)
    assert len(run["notes"]) >= 120
    sent = [r for r in github.requests if r.body and "output" in r.body]
    assert [len(r.body["output"]["annotations"]) for r in sent[:2]] == [50, 50]


def test_settings_that_are_broken_on_the_base_are_posted(
    cli: Cli, github: GitHub, clone: Path
) -> None:
    commit_on(github.path, "main", {".gitdraft.yaml": "pth: x\n"})
    git(clone, "pull", "-q", "--no-edit", "--no-rebase", str(github.path), "main:main")
    commit_files(clone, {".gitdraft.yaml": "labels: [gitdraft]\n", PATH: ORDERS})
    git(clone, "push", "-q", str(github.path), "change")
    github.pushed()
    cli("check", "--report", "auto")
    (run,) = runs(github)
    assert run["conclusion"] == "success"
    assert [note["annotation_level"] for note in run["notes"]] == ["warning"]


def test_a_report_needs_a_commit(cli: Cli, github: GitHub, clone: Path) -> None:
    assert "give no --report" in cli("check", PATH, "--report", "auto", code=2).err


def test_a_repository_elsewhere_is_refused(cli: Cli, github: GitHub, clone: Path) -> None:
    git(clone, "remote", "remove", "origin")
    assert "not known where it is on GitHub" in cli("check", "--report", "auto", code=2).err
