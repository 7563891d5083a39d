"""`draft --suggest`: constraints in the pull request, and in the contract only when asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.cli import Cli
from support.git import git, refs_snapshot
from support.shop import AGREEING, DISCOUNT, seen

from dc43_gitdraft.model import DataType, Profile
from dc43_gitdraft.observe import to_json

PATH = "contracts/orders.odcs.yaml"
PROFILES = {
    "amount": Profile(count=990, distinct=600, minimum=1.5, maximum=977),
    "note": Profile(count=990, distinct=2, values=("a|b", "`x` @ana")),
    "order_id": Profile(count=1000, distinct=1003),
    "discount": Profile(count=1000, distinct=2, values=("SECRET", "SECRETER")),
}


@pytest.fixture(autouse=True)
def _repository(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))


@pytest.fixture
def observation(tmp_path: Path) -> Callable[..., str]:
    """Write what a job saw that made a profile."""

    def write(columns: dict[str, DataType], rows: int = 1000) -> str:
        look = seen(columns)
        found = tuple(
            replace(each, nulls=0 if each.name == "amount" else 5, profile=PROFILES[each.name])
            for each in look.properties
        )
        path = tmp_path / "orders.observation.json"
        path.write_text(to_json(replace(look, properties=found, rows=rows)), "utf-8")
        return f"observation:{path}"

    return write


def drafted(cli: Cli, source: str, *more: str) -> Any:
    return cli("draft", "orders", "--from", source, *more, "--output", "json").json


def body(cli: Cli) -> str:
    return str(cli("pulls", "show", "1", "--output", "json").json["body"])


def test_suggestions_are_in_the_pull_request_and_not_in_the_contract(
    cli: Cli, repo: Path, observation: Callable[..., str]
) -> None:
    plain = drafted(cli, observation(DISCOUNT), "--dry-run")
    said = drafted(cli, observation(DISCOUNT), "--suggest")
    assert said["digest"] == plain["digest"]
    assert [each["path"] for each in said["changes"]] == ["orders.discount"]
    text = body(cli)
    assert "<summary>5 suggested constraints</summary>" in text
    for row in (
        "| `orders.amount` | `required: true` |",
        "| `orders.amount` | `minimum: 0` |",
        "| `orders.amount` | `maximum: 1000` |",
        "| `orders.note` | ``enum: a\\|b, `x` @ana`` |",
        "| `orders.order_id` | `unique: true` (perhaps) |",
    ):
        assert row in text
    assert "SECRET" not in text
    held = git(repo, "show", f"gitdraft/orders:{PATH}")
    assert "maximum" not in held
    assert "enum" not in held


def test_the_same_suggestions_again_write_nothing(
    cli: Cli, repo: Path, observation: Callable[..., str]
) -> None:
    drafted(cli, observation(DISCOUNT), "--suggest")
    before = refs_snapshot(repo)
    said = drafted(cli, observation(DISCOUNT, 1001), "--suggest")
    assert said["outcome"] == "unchanged"
    assert refs_snapshot(repo) == before


def test_an_open_pull_request_learns_of_suggestions(
    cli: Cli, repo: Path, observation: Callable[..., str]
) -> None:
    drafted(cli, observation(DISCOUNT))
    assert "suggested" not in body(cli)
    tip = git(repo, "rev-parse", "gitdraft/orders")
    assert drafted(cli, observation(DISCOUNT), "--suggest")["outcome"] == "unchanged"
    assert "5 suggested constraints" in body(cli)
    assert git(repo, "rev-parse", "gitdraft/orders") == tip


def test_without_drift_they_are_said_and_nothing_is_opened(
    cli: Cli, repo: Path, observation: Callable[..., str]
) -> None:
    before = refs_snapshot(repo)
    said = drafted(cli, observation(AGREEING), "--suggest")
    assert said["outcome"] == "no-drift"
    assert said["reason"].endswith(
        "; suggested and not written: unique of orders.order_id, required of orders.amount, "
        "minimum of orders.amount and 2 more"
    )
    assert refs_snapshot(repo) == before


def test_they_are_written_when_asked(cli: Cli, repo: Path, observation: Callable[..., str]) -> None:
    said = drafted(cli, observation(AGREEING), "--apply-suggestions")
    assert said["outcome"] == "created"
    assert {each["rule"] for each in said["changes"]} == {
        "property-became-required",
        "enum-introduced",
        "option-minimum-increased",
        "option-maximum-decreased",
    }
    held = git(repo, "show", f"gitdraft/orders:{PATH}")
    assert "maximum: 1000" in held
    assert "unique" not in held
    assert "`unique: true` (perhaps)" in body(cli)
    assert drafted(cli, observation(AGREEING), "--apply-suggestions")["outcome"] == "unchanged"


def test_people_read_them_without_values(cli: Cli, observation: Callable[..., str]) -> None:
    lines = cli("draft", "orders", "--from", observation(DISCOUNT), "--suggest").out.splitlines()
    told = [line.strip() for line in lines if "suggested:" in line]
    assert "suggested: required of orders.amount: no row of 1,000 lacks a value" in told
    assert "suggested: enum of orders.note: 990 values are among 2" in told


def test_rows_that_are_read_anyway_suggest_by_themselves(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "orders.jsonl"
    rows = [{"order_id": n, "amount": 1.5, "note": None if n else "a"} for n in range(100)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    said = drafted(cli, str(path), "--suggest")
    assert said["reason"].endswith(
        "; suggested and not written: unique of orders.order_id, minimum of orders.order_id, "
        "maximum of orders.order_id and 3 more"
    )
