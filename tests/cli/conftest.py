from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.cli import Cli
from support.git import make_bare
from support.shop import ORDERS

ROWS = [
    {"order_id": 1, "amount": 10.5, "note": "a", "discount": 0.5},
    {"order_id": 2, "amount": 11.25, "note": "b", "discount": 0.25},
]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A bare contracts repository with one active contract."""
    return make_bare(tmp_path / "contracts.git", {"contracts/orders.odcs.yaml": ORDERS})


@pytest.fixture
def drifted(tmp_path: Path) -> Path:
    """Data of that contract with one property more."""
    path = tmp_path / "orders.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    return path


@pytest.fixture
def agreeing(tmp_path: Path) -> Path:
    """Data of that contract as the contract says."""
    path = tmp_path / "agreeing.jsonl"
    rows = [{key: value for key, value in row.items() if key != "discount"} for row in ROWS]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def promoted(cli: Cli, repo: Path, drifted: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository after one promotion of 1.2.0, a merged 1.3.0 and a rejected 1.4.0."""
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))
    cli("promote")
    cli("draft", "orders", "--from", drifted, "--dataset-id", "table:shop.orders")
    cli("pulls", "merge", "1")
    drifted.write_text(drifted.read_text("utf-8").replace('"note"', '"tax": 1.5, "note"'), "utf-8")
    cli("draft", "orders", "--from", drifted)
    cli("reject", "2", "--reason", "no tax here")
    return repo
