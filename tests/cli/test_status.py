"""`status`: where contracts stand, what open drafts mean, and what was decided."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.cli import Cli
from support.git import commit_on
from support.shop import ORDERS

PATH = "contracts/orders.odcs.yaml"
REFUNDS = ORDERS.replace("id: orders", "id: refunds").replace("- name: orders", "- name: refunds")
RELATED = REFUNDS + "        relationships:\n          - to: orders.order_id\n"


@pytest.fixture(autouse=True)
def _repository(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))


def test_status_lists_contracts_and_their_drafts(cli: Cli, drifted: Path) -> None:
    cli("draft", "orders", "--from", drifted)
    head, line = cli("status").out.splitlines()
    assert head.split("  ")[-1] == "open draft"
    assert line.startswith("orders")
    assert "active, not promoted" in line
    assert "Compatible  today  #1 orders 1.3.0: add discount" in line


def test_status_without_a_draft_has_no_columns_of_drafts(cli: Cli) -> None:
    assert cli("status").out.splitlines()[0].split() == ["contract", "version", "status"]


def test_status_as_json(cli: Cli) -> None:
    said = cli("status", "--output", "json").json
    assert set(said) == {"contracts"}
    assert said["contracts"] == [
        {
            "contract": "orders",
            "path": PATH,
            "version": "1.2.0",
            "status": "active",
            "promoted": False,
            "pull_request": None,
            "draft": None,
        }
    ]


def test_status_as_json_tells_what_a_draft_means(cli: Cli, drifted: Path) -> None:
    cli("draft", "orders", "--from", drifted)
    (line,) = cli("status", "--output", "json").json["contracts"]
    draft = line["draft"]
    assert draft.pop("opened_at")
    assert draft == {
        "version": "1.3.0",
        "verdict": "ok",
        "consequence": "Compatible",
        "changes": 1,
        "days": 0,
    }


def test_status_shows_a_breaking_draft_as_such(cli: Cli, tmp_path: Path) -> None:
    lost = tmp_path / "lost.jsonl"
    lost.write_text(json.dumps({"order_id": "x1", "amount": 1.5, "note": "a"}) + "\n", "utf-8")
    cli("draft", "orders", "--from", lost)
    (line,) = cli("status", "--output", "json").json["contracts"]
    assert (line["draft"]["verdict"], line["draft"]["consequence"]) == ("block", "Breaking")


def test_status_says_where_a_draft_cannot_be_read(cli: Cli, drifted: Path, repo: Path) -> None:
    cli("draft", "orders", "--from", drifted)
    commit_on(repo, "gitdraft/orders", {PATH: "id: ["})
    assert "Unreadable" in cli("status").out
    (line,) = cli("status", "--output", "json").json["contracts"]
    assert (line["draft"]["verdict"], line["draft"]["version"]) == ("unknown", None)


def test_status_lists_first_drafts_as_new(cli: Cli, drifted: Path) -> None:
    cli("draft", "returns", "--new", "--from", drifted)
    line = cli("status").out.splitlines()[-1]
    assert line.split() == [
        *("returns", "new", "First", "version", "today"),
        *("#1", "returns", "1.0.0:", "first", "version"),
    ]
    new = cli("status", "--output", "json").json["contracts"][-1]
    assert new["pull_request"]["number"] == 1
    assert (new["contract"], new["path"], new["version"]) == ("returns", None, None)
    assert (new["status"], new["promoted"]) == ("new", False)
    assert new["draft"]["version"] == "1.0.0"


def test_status_lists_a_file_that_is_no_contract(cli: Cli, repo: Path) -> None:
    commit_on(repo, "main", {"contracts/broken.odcs.yaml": "id: ["})
    line = cli("status").out.splitlines()[-1]
    assert line.split() == ["contracts/broken.odcs.yaml", "unusable"]


def test_decisions_tell_who_decided_and_why(cli: Cli, promoted: Path) -> None:
    lines = cli("status", "--decisions").out.splitlines()
    head, newest, oldest = (line.split() for line in lines[-3:])
    assert head == ["contract", "draft", "decision", "by", "on", "title", "reason"]
    assert newest[:3] == ["orders", "#2", "rejected"]
    assert newest[-3:] == ["no", "tax", "here"]
    assert oldest[:3] == ["orders", "#1", "merged"]


def test_decisions_as_json(cli: Cli, promoted: Path) -> None:
    said = cli("status", "--decisions", "--output", "json").json
    assert [
        (each["contract"], each["number"], each["decision"], each["reason"])
        for each in said["decisions"]
    ] == [("orders", 2, "rejected", "no tax here"), ("orders", 1, "merged", None)]
    assert all(each["decided_by"] and each["decided_at"] for each in said["decisions"])


def test_relationships_tell_which_contract_refers_to_which(cli: Cli, repo: Path) -> None:
    commit_on(repo, "main", {"contracts/refunds.odcs.yaml": RELATED})
    assert cli("status", "--relationships").out.splitlines()[-1].split() == [
        *("refunds", "orders", "refunds.note", "→", "orders.order_id"),
    ]
    assert cli("status", "--relationships", "--output", "json").json["relationships"] == [
        {
            "contract": "refunds",
            "refers_to": "orders",
            "properties": [{"from": "refunds.note", "to": "orders.order_id"}],
        }
    ]


def test_where_there_is_nothing_it_is_said(cli: Cli) -> None:
    ended = cli("status", "--decisions", "--relationships")
    assert "nothing was decided yet" in ended.err
    assert "no contract refers to another one" in ended.err
