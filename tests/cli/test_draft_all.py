"""`draft --all`: for every contract that data of a pattern is of."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.cli import Cli
from support.git import commit_on, git, refs_snapshot
from support.shop import ORDERS

RETURNS = ORDERS.replace("id: orders", "id: returns").replace("- name: orders", "- name: returns")
ROW = {"order_id": 1, "amount": 1.5, "note": "x"}


@pytest.fixture(autouse=True)
def _repository(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit_on(repo, "main", {"contracts/returns.odcs.yaml": RETURNS})
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    folder = tmp_path / "lake"
    folder.mkdir()
    for name, more in (("orders", {"discount": 2}), ("returns", {}), ("refunds", {})):
        (folder / f"{name}.jsonl").write_text(json.dumps({**ROW, **more}) + "\n")
    return folder


def test_a_table_says_how_each_ended(cli: Cli, lake: Path) -> None:
    said = cli("draft", "--all", "--from", f"{lake}/*")
    lines = [line.split() for line in said.out.splitlines()]
    assert ["created", "orders", f"{lake}/orders.jsonl", "1.2.0", "→", "1.3.0", "#1"] in lines
    assert ["no", "drift", "returns", f"{lake}/returns.jsonl"] in lines
    assert said.out.splitlines()[-1] == "3 looked at: 1 created, 1 no drift, 1 no contract"
    assert "observing" in said.err


def test_one_json_document_lists_the_outcomes(cli: Cli, lake: Path) -> None:
    said = cli("draft", "--all", "--from", f"{lake}/*", "--output", "json").json
    alone = cli("draft", "orders", "--from", lake / "orders.jsonl", "--output", "json").json
    assert set(said) == {"outcomes", "counts", "problems"}
    by = {row["source"].rpartition("/")[2]: row for row in said["outcomes"]}
    assert all(set(row) == {"source", "dataset", *alone} for row in said["outcomes"])
    assert by["orders.jsonl"]["outcome"] == "created"
    assert by["orders.jsonl"]["digest"] == alone["digest"]
    assert by["refunds.jsonl"]["outcome"] == "no-contract"
    assert said["counts"] == {"created": 1, "no-contract": 1, "no-drift": 1}


def test_a_failure_is_told_and_gives_its_exit_code(cli: Cli, lake: Path) -> None:
    (lake / "returns.jsonl").write_text("{")
    said = cli("draft", "--all", "--from", f"{lake}/*", code=2)
    assert "1 created, 1 failed" in said.out
    assert "not valid JSON" in said.out


def test_a_dry_run_writes_nothing_and_prints_the_diffs(cli: Cli, repo: Path, lake: Path) -> None:
    before = refs_snapshot(repo)
    said = cli("draft", "--all", "--from", f"{lake}/*", "--dry-run")
    assert refs_snapshot(repo) == before
    assert "+      - name: discount" in said.out


def test_several_patterns_are_one_run(cli: Cli, repo: Path, lake: Path) -> None:
    options = ("--from", f"{lake}/o*", "--from", f"{lake}/r*", "--new")
    said = cli("draft", "--all", *options, "--output", "json").json
    assert said["counts"] == {"created": 2, "no-drift": 1}
    assert git(
        repo, "for-each-ref", "--format=%(refname:short)", "refs/heads/gitdraft"
    ).split() == [
        "gitdraft/orders",
        "gitdraft/refunds",
    ]


def test_a_rejected_draft_fails_only_where_that_is_asked(cli: Cli, lake: Path) -> None:
    cli("draft", "--all", "--from", f"{lake}/*")
    cli("reject", "1", "--reason", "no")
    assert "1 rejected" in cli("draft", "--all", "--from", f"{lake}/*").out
    cli("draft", "--all", "--from", f"{lake}/*", "--fail-on-rejected", code=1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("orders", "--all", "--from", "lake/*"),
        ("--all", "--from", "lake/*", "--object", "orders"),
        ("--all", "--from", "lake/*", "--dataset-id", "x"),
        ("--from", "lake/orders.jsonl"),
        ("orders", "--from", "a.jsonl", "--from", "b.jsonl"),
    ],
)
def test_what_does_not_go_together_is_refused(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert "--all" in cli("draft", *arguments, code=2).err


def test_on_a_terminal_a_bar_shows_how_far_it_is(lake: Path) -> None:
    ours, theirs = pty.openpty()
    command: list[Any] = [sys.executable, "-m", "dc43_gitdraft", "draft", "--all"]
    done = subprocess.run(
        [*command, "--from", f"{lake}/*"],
        stderr=theirs,
        stdout=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm"},
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert b"1 created" in done.stdout
    assert "observing" in shown
    assert "publishing" in shown
    assert "100%" in shown
