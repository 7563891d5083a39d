"""`draft`: from data to a pull request, as a job runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import Cli, program
from support.git import commit_on, git, refs_snapshot
from support.shop import ORDERS

KEYS = {
    "contract",
    "outcome",
    "base_version",
    "version",
    "bump",
    "branch",
    "commit",
    "pull_request",
    "digest",
    "changes",
    "reason",
}


@pytest.fixture(autouse=True)
def _repository(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))


def test_drift_opens_a_pull_request(cli: Cli, repo: Path, drifted: Path) -> None:
    said = cli("draft", "orders", "--from", drifted, "--output", "json").json
    assert set(said) == KEYS
    assert said["contract"] == "orders"
    assert said["outcome"] == "created"
    assert (said["base_version"], said["version"], said["bump"]) == ("1.2.0", "1.3.0", "minor")
    assert said["branch"] == "gitdraft/orders"
    assert said["commit"] == git(repo, "rev-parse", "gitdraft/orders")
    assert set(said["pull_request"]) == {"number", "url", "state"}
    assert (said["pull_request"]["number"], said["pull_request"]["state"]) == (1, "open")
    (change,) = said["changes"]
    assert set(change) == {"rule", "path", "level", "before", "after"}
    assert (change["rule"], change["path"]) == ("property-added-optional", "orders.discount")
    assert change["level"] == "info"
    assert said["reason"] is None


def test_the_same_drift_again_moves_nothing(cli: Cli, repo: Path, drifted: Path) -> None:
    first = cli("draft", "orders", "--from", drifted, "--output", "json").json
    before = refs_snapshot(repo)
    again = cli("draft", "orders", "--from", drifted, "--output", "json").json
    assert refs_snapshot(repo) == before
    assert again["outcome"] == "unchanged"
    assert again["pull_request"] == first["pull_request"]
    assert again["digest"] == first["digest"]


def test_data_that_agrees_is_no_drift(cli: Cli, repo: Path, agreeing: Path) -> None:
    before = refs_snapshot(repo)
    said = cli("draft", "orders", "--from", agreeing, "--output", "json").json
    assert set(said) == KEYS
    assert (said["outcome"], said["changes"]) == ("no-drift", [])
    assert said["base_version"] == "1.2.0"
    assert (said["version"], said["commit"], said["pull_request"]) == (None, None, None)
    assert refs_snapshot(repo) == before


def test_people_read_what_happened_and_what_changed(cli: Cli, drifted: Path) -> None:
    ended = cli("draft", "orders", "--from", drifted)
    first, *rest = ended.out.splitlines()
    assert first == "orders: opened pull request #1"
    assert "  version 1.2.0 → 1.3.0 (minor)" in rest
    assert any("property-added-optional" in line and "orders.discount" in line for line in rest)
    assert f"reading {drifted}" in ended.err


def test_a_dry_run_prints_the_diff_and_writes_nothing(cli: Cli, repo: Path, drifted: Path) -> None:
    before = refs_snapshot(repo)
    ended = cli("draft", "orders", "--from", drifted, "--dry-run")
    assert refs_snapshot(repo) == before
    lines = ended.out.splitlines()
    assert lines[0] == "orders: would open a pull request"
    assert "--- a/contracts/orders.odcs.yaml" in lines
    assert "+++ b/contracts/orders.odcs.yaml" in lines
    assert "-version: 1.2.0  # semantic" in lines
    assert "+version: 1.3.0  # semantic" in lines
    assert "+      - name: discount" in lines


def test_the_diff_of_a_dry_run_is_what_the_real_run_commits(
    cli: Cli, repo: Path, drifted: Path
) -> None:
    said = cli("draft", "orders", "--from", drifted, "--dry-run", "--output", "json").json
    assert set(said) == KEYS | {"diff"}
    assert (said["outcome"], said["commit"], said["pull_request"]) == ("created", None, None)
    cli("draft", "orders", "--from", drifted)
    real = git(repo, "diff", "main", "gitdraft/orders")
    hunks = real[real.index("@@") :]
    added = [line for line in hunks.splitlines() if line.startswith(("+", "-"))]
    shown = said["diff"].splitlines()
    assert [line for line in shown[2:] if line.startswith(("+", "-"))] == added


def test_a_rejected_drift_tells_the_job_why(cli: Cli, drifted: Path) -> None:
    cli("draft", "orders", "--from", drifted)
    cli("reject", "1", "--reason", "discounts live elsewhere")
    said = cli("draft", "orders", "--from", drifted, "--output", "json").json
    assert said["outcome"] == "rejected"
    assert said["pull_request"]["number"] == 1
    assert "discounts live elsewhere" in said["reason"]


def test_a_rejected_drift_fails_the_job_where_it_asks(cli: Cli, drifted: Path) -> None:
    cli("draft", "orders", "--from", drifted)
    cli("reject", "1", "--reason", "no")
    ended = cli("draft", "orders", "--from", drifted, "--fail-on-rejected", code=1)
    assert ended.out.splitlines()[0] == "orders: already rejected in pull request #1"


def test_an_edited_draft_on_a_moved_base_is_4(cli: Cli, repo: Path, drifted: Path) -> None:
    cli("draft", "orders", "--from", drifted)
    path = "contracts/orders.odcs.yaml"
    drafted = git(repo, "show", f"gitdraft/orders:{path}")
    commit_on(repo, "gitdraft/orders", {path: f"{drafted}\n# edited\n"})
    commit_on(repo, "main", {path: ORDERS.replace("Total in euros.", "Total in cents.")})
    ended = cli("draft", "orders", "--from", drifted, "--output", "json", code=4)
    assert ended.json["outcome"] == "blocked"


def test_the_job_can_choose_the_bump(cli: Cli, drifted: Path) -> None:
    said = cli("draft", "orders", "--from", drifted, "--bump", "major", "--output", "json").json
    assert (said["version"], said["bump"]) == ("2.0.0", "major")


def test_a_first_draft_needs_new(cli: Cli, repo: Path, drifted: Path) -> None:
    said = cli("draft", "returns", "--from", drifted, "--new", "--output", "json").json
    assert (said["outcome"], said["base_version"], said["version"]) == ("created", None, "1.0.0")
    assert "id: returns" in git(repo, "show", "gitdraft/returns:contracts/returns.odcs.yaml")


def test_a_first_version_is_called_that(cli: Cli, drifted: Path) -> None:
    lines = cli("draft", "returns", "--new", "--from", drifted).out.splitlines()
    assert lines[:2] == ["returns: opened pull request #1", "  first version 1.0.0"]


def test_what_the_job_says_is_in_the_pull_request(cli: Cli, drifted: Path) -> None:
    cli(
        *("draft", "orders", "--from", drifted, "--context", "ticket=DATA-7"),
        *("--dataset-id", "table:shop.orders", "--dataset-version", "42"),
    )
    body = cli("pulls", "show", "1", "--output", "json").json["body"]
    assert "DATA-7" in body
    assert "table:shop.orders" in body


def test_an_observation_written_before_drafts_the_same(
    cli: Cli, tmp_path: Path, drifted: Path
) -> None:
    seen = tmp_path / "seen.observation.json"
    cli("observe", drifted, "-o", seen)
    first = cli("draft", "orders", "--from", drifted, "--output", "json").json
    again = cli("draft", "orders", "--from", f"observation:{seen}", "--output", "json").json
    assert (again["outcome"], again["digest"]) == ("unchanged", first["digest"])


def test_it_runs_as_a_program(drifted: Path, repo: Path) -> None:
    ended = program("draft", "orders", "--from", drifted)
    assert (ended.code, ended.out.splitlines()[0]) == (0, "orders: opened pull request #1")


def test_a_work_tree_is_found_around_the_current_directory(
    repo: Path, drifted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITDRAFT_REPO")
    git(tmp_path, "clone", "-q", str(repo), "clone")
    ended = program("draft", "orders", "--from", drifted, cwd=tmp_path / "clone" / "contracts")
    assert ended.code == 0, ended.err
    assert git(tmp_path / "clone", "branch", "--list", "gitdraft/orders")


def test_a_remote_repository_is_drafted_into_and_read(cli: Cli, repo: Path, drifted: Path) -> None:
    url = f"file://{repo}"
    said = cli("draft", "orders", "--from", drifted, "--repo", url, "--output", "json").json
    assert said["outcome"] == "created"
    refs = refs_snapshot(repo)
    assert refs["refs/heads/gitdraft/orders"] == said["commit"]
    assert "refs/gitdraft/pulls/1" in refs
    assert "+      - name: discount" in cli("pulls", "show", "1", "--repo", url).out
    cli("pulls", "merge", "1", "--repo", url)
    assert "refs/tags/orders/v1.3.0" in refs_snapshot(repo)
