"""`observe`, `show`, `history`: commands that change nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import Cli, program
from support.git import git
from support.shop import ORDERS

from dc43_gitdraft.observe import schemes

PATH = "contracts/orders.odcs.yaml"


@pytest.fixture(autouse=True)
def _repository(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))


def test_the_help_of_observe_names_every_scheme(cli: Cli) -> None:
    said = cli("observe", "--help").out
    assert [each for each in schemes() if f" {each}:" not in said.replace("\n", " ")] == []


def test_observe_prints_an_observation(cli: Cli, drifted: Path) -> None:
    seen = cli("observe", drifted, "--dataset-version", "7").json
    assert seen["version"] == 1
    assert seen["dataset"] == {"id": str(drifted), "version": "7"}
    assert [each["name"] for each in seen["properties"]] == [
        "order_id",
        "amount",
        "note",
        "discount",
    ]


def test_observe_writes_a_file(cli: Cli, drifted: Path, tmp_path: Path) -> None:
    target = tmp_path / "seen.json"
    ended = cli("observe", drifted, "-o", target)
    assert ended.out == ""
    assert f"wrote {target}" in ended.err
    assert target.read_text("utf-8").startswith("{\n")


@pytest.mark.parametrize("command", [["observe"], ["draft", "orders", "--dry-run", "--from"]])
def test_what_was_left_out_of_the_data_is_said(
    command: list[str], cli: Cli, tmp_path: Path
) -> None:
    sheet = tmp_path / "orders.csv"
    sheet.write_text("order_id,,amount\n1,2,3.5\n", "utf-8")
    warning = "left out, without a name in the header: column 2"
    assert f"warning: {warning}\n" in cli(*command, sheet).err
    assert cli("observe", sheet).json["warnings"] == [warning]


def test_observe_does_not_let_data_reach_the_terminal(cli: Cli, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.csv"
    hostile.write_text("a\x1b[31m,b\n1,2\n", "utf-8")
    assert "\x1b" not in cli("observe", hostile, code=None).out


def test_show_prints_the_contract_as_it_is(repo: Path) -> None:
    assert program("show", "orders").out == ORDERS


def test_show_prints_a_promoted_version(promoted: Path) -> None:
    assert program("show", "orders@1.2.0").out == ORDERS


def test_show_as_json(cli: Cli) -> None:
    said = cli("show", "orders", "--output", "json").json
    assert set(said) == {"contract", "version", "status", "text", "document"}
    assert (said["version"], said["status"], said["text"]) == ("1.2.0", "active", ORDERS)


def test_history_lists_versions_and_drafts(cli: Cli, promoted: Path) -> None:
    out = cli("history", "orders").out
    lines = [line.split() for line in out.splitlines()]
    assert [line[0] for line in lines if line] == [
        *("version", "1.3.0", "1.2.0"),
        *("draft", "#2", "#1"),
    ]
    assert "table:shop.orders" in out
    assert "no tax here" in out


def test_history_as_json(cli: Cli, promoted: Path) -> None:
    said = cli("history", "orders", "--output", "json").json
    assert set(said) == {"contract", "versions", "pull_requests"}
    newest = said["versions"][0]
    assert set(newest) == {
        "version",
        "tag",
        "commit",
        "promoted_at",
        "base_version",
        "digest",
        "dataset_id",
        "dataset_version",
        "observed_by",
        "observed_at",
        "run_url",
        "quality_verdict",
        "authored_by",
    }
    assert (newest["version"], newest["tag"]) == ("1.3.0", "orders/v1.3.0")
    assert newest["commit"] == git(promoted, "rev-parse", "orders/v1.3.0^{commit}")
    assert newest["dataset_id"] == "table:shop.orders"
    assert [each["decision"] for each in said["pull_requests"]] == ["rejected", "merged"]
