"""`pulls`, `promote`, `reject`, `reopen`: what a steward types."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import Cli
from support.git import commit_on, git, refs_snapshot
from support.shop import ORDERS

PULL = {
    "number",
    "url",
    "state",
    "title",
    "head",
    "base",
    "head_sha",
    "labels",
    "reviewers",
    "author",
    "opened_at",
    "decided_by",
    "decided_at",
    "reason",
    "merge_sha",
}


@pytest.fixture(autouse=True)
def _drafted(repo: Path, drifted: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))
    cli("draft", "orders", "--from", drifted)


def test_the_list_shows_open_pull_requests(cli: Cli) -> None:
    lines = cli("pulls", "list").out.splitlines()
    assert lines[0].split() == ["state", "title", "branch"]
    assert lines[1].split()[:2] == ["#1", "open"]
    assert "orders 1.3.0: add discount" in lines[1]


def test_the_list_as_json(cli: Cli) -> None:
    (pull,) = cli("pulls", "list", "--output", "json").json["pull_requests"]
    assert set(pull) == PULL
    assert (pull["number"], pull["state"], pull["head"]) == (1, "open", "gitdraft/orders")


def test_the_list_can_be_empty(cli: Cli) -> None:
    assert cli("pulls", "list", "--state", "merged").out == "no merged pull request\n"


def test_a_steward_reads_the_body_and_the_diff(cli: Cli) -> None:
    out = cli("pulls", "show", "1").out
    assert out.startswith("#1 orders 1.3.0: add discount\n")
    assert "gitdraft/orders → main" in out
    assert "How to decide. Merging promotes version 1.3.0" in out
    assert "+      - name: discount" in out
    assert "<!--" not in out


def test_a_pull_request_as_json_has_body_and_diff(cli: Cli) -> None:
    pull = cli("pulls", "show", "1", "--output", "json").json
    assert set(pull) == PULL | {"body", "diff"}
    assert "+      - name: discount" in pull["diff"]


def test_a_steward_sees_labels_and_reviewers(cli: Cli, repo: Path, drifted: Path) -> None:
    commit_on(
        repo, "main", {".gitdraft.yaml": "labels: [gitdraft, money]\nreviewers: [ana, shop/data]\n"}
    )
    data = drifted.with_name("returns.jsonl")
    data.write_bytes(drifted.read_bytes())
    cli("draft", "returns", "--new", "--from", data)
    lines = cli("pulls", "show", "2").out.splitlines()
    assert lines[1] == "open  gitdraft/returns → main  [gitdraft, money]"
    assert lines[2] == "reviewers: ana, shop/data"
    (newest, _) = cli("pulls", "list", "--output", "json").json["pull_requests"]
    assert newest["labels"] == ["gitdraft", "money"]
    assert newest["reviewers"] == ["ana", "shop/data"]


def test_merging_promotes_and_tags(cli: Cli, repo: Path) -> None:
    out = cli("pulls", "merge", "1").out.splitlines()
    assert out == [
        "merged #1 orders 1.3.0: add discount",
        "promoted orders 1.3.0 (active), tag orders/v1.3.0",
    ]
    text = git(repo, "show", "orders/v1.3.0:contracts/orders.odcs.yaml")
    assert "status: active" in text
    assert "gitdraft" not in text
    assert git(repo, "show", "main:contracts/orders.odcs.yaml") == text


def test_merging_as_json(cli: Cli) -> None:
    said = cli("pulls", "merge", "1", "--output", "json").json
    assert set(said) == PULL | {"promoted", "problems", "proposed", "pull_request"}
    (promoted,) = said["promoted"]
    assert set(promoted) == {"contract", "version", "status", "tag", "commit"}
    assert (said["state"], promoted["tag"]) == ("merged", "orders/v1.3.0")


def test_a_merged_pull_request_still_shows_its_diff(cli: Cli) -> None:
    cli("pulls", "merge", "1")
    assert "+      - name: discount" in cli("pulls", "show", "1").out


def test_a_merge_bears_the_name_of_the_person(cli: Cli, repo: Path) -> None:
    git(repo, "config", "user.name", "Ana Steward")
    git(repo, "config", "user.email", "ana@example.org")
    said = cli("pulls", "merge", "1", "--output", "json").json
    assert said["decided_by"] == "Ana Steward"
    assert git(repo, "log", "-1", "--format=%an", said["merge_sha"]) == "Ana Steward"


def test_rejecting_deletes_the_branch_and_keeps_the_reason(cli: Cli, repo: Path) -> None:
    out = cli("reject", "1", "--reason", "not ours").out
    assert out == "rejected #1 orders 1.3.0: add discount\n  not ours\n"
    assert "refs/heads/gitdraft/orders" not in refs_snapshot(repo)
    pull = cli("pulls", "show", "1", "--output", "json").json
    assert (pull["state"], pull["reason"]) == ("closed", "not ours")


def test_closing_a_pull_request_rejects_its_draft(cli: Cli, drifted: Path) -> None:
    cli("pulls", "close", "1", "--reason", "not ours")
    said = cli("draft", "orders", "--from", drifted, "--output", "json").json
    assert said["outcome"] == "rejected"


def test_a_reopened_draft_is_undecided(cli: Cli, drifted: Path) -> None:
    cli("reject", "1", "--reason", "not ours")
    assert cli("reopen", "1").out == "reopened #1 orders 1.3.0: add discount\n"
    said = cli("draft", "orders", "--from", drifted, "--output", "json").json
    assert said["outcome"] == "unchanged"


def test_a_merged_draft_cannot_be_rejected(cli: Cli, repo: Path) -> None:
    cli("pulls", "merge", "1")
    before = refs_snapshot(repo)
    cli("reject", "1", "--reason", "too late", code=4)
    assert refs_snapshot(repo) == before


def test_promoting_tags_what_has_no_tag_and_twice_is_once(cli: Cli, repo: Path) -> None:
    said = cli("promote", "--output", "json").json
    assert set(said) == {"promoted", "problems", "proposed", "pull_request"}
    assert [each["tag"] for each in said["promoted"]] == ["orders/v1.2.0"]
    before = refs_snapshot(repo)
    assert cli("promote").out == "nothing to promote\n"
    assert refs_snapshot(repo) == before


def test_promoting_an_unknown_contract_is_2_and_names_the_nearest(cli: Cli, repo: Path) -> None:
    before = refs_snapshot(repo)
    ended = cli("promote", "oders", code=2)
    assert "did you mean 'orders'" in ended.err
    assert refs_snapshot(repo) == before


def test_promoting_one_contract_promotes_only_that(cli: Cli, repo: Path) -> None:
    commit_on(repo, "main", {"contracts/tax.odcs.yaml": ORDERS.replace("orders", "tax")})
    assert "tag tax/v1.2.0" in cli("promote", "tax").out
    assert "refs/tags/orders/v1.2.0" not in refs_snapshot(repo)


@pytest.mark.parametrize("output", ["text", "json"])
def test_what_cannot_be_promoted_is_2_after_the_rest_was(output: str, cli: Cli, repo: Path) -> None:
    odd = ORDERS.replace("orders", "tax").replace("1.2.0", "banana")
    commit_on(repo, "main", {"contracts/broken.odcs.yaml": "id: [", "contracts/tax.odcs.yaml": odd})
    ended = cli("promote", "--output", output, code=2)
    assert "orders/v1.2.0" in ended.out
    assert "refs/tags/orders/v1.2.0" in refs_snapshot(repo)
    said = [line for line in ended.err.splitlines() if line.startswith("not promoted: ")]
    assert len(said) == 2
    assert "'banana' is not a semantic version" in ended.err
    assert "contracts/broken.odcs.yaml" in ended.err


def test_nothing_to_promote_and_problems_is_2(cli: Cli, repo: Path) -> None:
    cli("promote")
    commit_on(repo, "main", {"contracts/broken.odcs.yaml": "id: ["})
    assert cli("promote", code=2).out == "nothing to promote\n"
