"""`settle`: what the workflow runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.cli import Cli
from support.git import git, make_bare, refs_snapshot
from support.github import GitHub, serve
from support.shop import ORDERS

PATH = "contracts/orders.odcs.yaml"


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    with serve(tmp_path / "hub", files={PATH: ORDERS}) as running:
        monkeypatch.setenv("GITHUB_API_URL", running.api_url)
        monkeypatch.setenv("GITHUB_SERVER_URL", running.web)
        monkeypatch.setenv("GITHUB_TOKEN", running.actions_token())
        monkeypatch.setenv("GITDRAFT_REPO", running.url)
        yield running


@pytest.fixture
def event(tmp_path: Path) -> Path:
    return tmp_path / "event.json"


def drafted(cli: Cli, drifted: Path) -> None:
    assert cli("draft", "orders", "--from", drifted, "--output", "json").json["outcome"] == (
        "created"
    )


def write(event: Path, payload: Any) -> Path:
    event.write_text(json.dumps(payload), "utf-8")
    return event


def test_a_merged_draft_is_promoted(cli: Cli, github: GitHub, drifted: Path, event: Path) -> None:
    drafted(cli, drifted)
    github.merge(1, "squash")
    write(event, github.event("pull_request", "closed"))
    assert cli("settle", "--event", event).out.splitlines() == [
        "#1 promoted orders 1.3.0",
        "promoted orders 1.3.0 (active), tag orders/v1.3.0",
    ]
    assert "refs/tags/orders/v1.3.0" in refs_snapshot(github.path)


def test_the_end_as_json(cli: Cli, github: GitHub, drifted: Path, event: Path) -> None:
    drafted(cli, drifted)
    github.merge(1)
    write(event, github.event("pull_request", "closed"))
    said = cli("settle", "--event", event, "--output", "json").json
    assert set(said) == {"outcome", "reason", "pull_request", "promotion"}
    assert said["outcome"] == "promoted"
    assert said["pull_request"] == {
        "number": 1,
        "url": f"{github.web}/acme/contracts/pull/1",
        "state": "merged",
    }
    assert [each["tag"] for each in said["promotion"]["promoted"]] == ["orders/v1.3.0"]


def test_a_closed_draft_is_rejected(cli: Cli, github: GitHub, drifted: Path, event: Path) -> None:
    drafted(cli, drifted)
    github.close(1, "ana", "Not ours.")
    write(event, github.event("pull_request", "closed"))
    assert cli("settle", "--event", event).out == "#1 was rejected by ana: Not ours.\n"
    again = cli("draft", "orders", "--from", drifted, "--fail-on-rejected", code=1)
    assert "Not ours." in again.out + again.err


def test_a_command_is_obeyed(cli: Cli, github: GitHub, drifted: Path, event: Path) -> None:
    drafted(cli, drifted)
    github.comment(1, "/gitdraft bump major")
    write(event, github.event("issue_comment", "created"))
    out = cli("settle", "--event", event).out
    assert out.startswith("#1: /gitdraft bump major: it is version 2.0.0 now")
    assert "version: 2.0.0" in git(github.path, "show", f"gitdraft/orders:{PATH}")


def test_a_refused_command_is_no_failure_of_the_workflow(
    cli: Cli, github: GitHub, drifted: Path, event: Path
) -> None:
    drafted(cli, drifted)
    github.comment(1, "/gitdraft frobnicate")
    write(event, github.event("issue_comment", "created"))
    assert cli("settle", "--event", event, "--output", "json").json["outcome"] == "refused"


@pytest.mark.parametrize(
    "payload",
    [
        {"ref": "refs/heads/main", "inputs": {}},
        {"action": "drift", "client_payload": {"a": 1}},
        {"action": "opened", "pull_request": {"number": 1}},
        {"action": "created", "comment": {"id": 1}, "issue": {"number": 1}},
    ],
)
def test_other_events_need_no_repository_and_no_token(
    cli: Cli, tmp_path: Path, event: Path, monkeypatch: pytest.MonkeyPatch, payload: object
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "leaves nothing to do" in cli("settle", "--event", write(event, payload)).out


def test_a_merge_that_promotes_nothing_fails(
    cli: Cli, github: GitHub, drifted: Path, event: Path
) -> None:
    drafted(cli, drifted)
    git(github.path, "tag", "orders/v1.3.0", "main")
    github.merge(1)
    write(event, github.event("pull_request", "closed"))
    assert "orders/v1.3.0 has promoted already" in cli("settle", "--event", event, code=4).err


def test_without_github_an_event_is_refused(cli: Cli, tmp_path: Path, event: Path) -> None:
    bare = make_bare(tmp_path / "c.git", {PATH: ORDERS})
    payload = {
        "action": "closed",
        "pull_request": {"number": 1},
        "repository": {"full_name": "acme/contracts"},
    }
    said = cli("settle", "--repo", bare, "--event", write(event, payload), code=2)
    assert "set GITHUB_TOKEN" in said.err


@pytest.mark.parametrize(
    ("text", "said"), [("{", "is not the JSON of an event"), ("[]", "is not the JSON object")]
)
def test_a_file_that_is_no_event_is_named(cli: Cli, event: Path, text: str, said: str) -> None:
    event.write_text(text, "utf-8")
    assert f"{event}: {said}" in cli("settle", "--event", event, code=2).err


def test_a_file_that_is_not_there_is_named(cli: Cli, event: Path) -> None:
    assert f"{event}: cannot be read" in cli("settle", "--event", event, code=2).err
    assert "--event" in cli("settle", code=2).err
