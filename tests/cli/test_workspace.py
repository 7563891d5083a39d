"""Where a command works, and who is asking."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.git import git

from dc43_gitdraft.cli.options import Common, run_url
from dc43_gitdraft.cli.workspace import open_desk, person, split_version, token_for


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("orders", ("orders", None)),
        ("orders@1.2.0", ("orders", "1.2.0")),
        ("orders@v1.2.0", ("orders", "1.2.0")),
        ("orders@1.2.0-rc.1+b2", ("orders", "1.2.0-rc.1+b2")),
        ("urn:shop:a@b@2.0.0", ("urn:shop:a@b", "2.0.0")),
        ("team@shop", ("team@shop", None)),
        ("@1.2.0", ("@1.2.0", None)),
        ("HEAD@{1}:contracts/orders.odcs.yaml", ("HEAD@{1}:contracts/orders.odcs.yaml", None)),
    ],
)
def test_a_version_follows_the_last_at_sign(text: str, split: tuple[str, str | None]) -> None:
    assert split_version(text) == split


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("https://github.com/shop/contracts.git", "secret"),
        ("https://github.example.org/shop/contracts.git", "secret"),
        ("https://elsewhere.example.net/shop/contracts.git", None),
        ("http://github.com/shop/contracts.git", None),
        ("git@github.com:shop/contracts.git", None),
        (".", None),
    ],
)
def test_the_token_goes_to_its_own_server_only(
    url: str, token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    assert token_for(url, "https://github.example.org/api/v3") == token


def test_the_person_is_whom_git_knows(repo: Path) -> None:
    git(repo, "config", "user.name", "Ana Steward")
    git(repo, "config", "user.email", "ana@example.org")
    with open_desk(Common(str(repo), None, "auto", None, "text")) as desk:
        assert str(person(desk)) == "Ana Steward <ana@example.org>"


def test_the_person_is_the_workflows_actor_where_git_knows_nobody(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTOR", "ana")
    with open_desk(Common(str(repo), None, "auto", None, "text")) as desk:
        assert str(person(desk)) == "ana <ana@users.noreply.github.com>"


def test_the_person_is_the_machines_user_otherwise(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ana")
    with open_desk(Common(str(repo), None, "auto", None, "text")) as desk:
        assert str(person(desk)) == "ana <ana@localhost>"


def test_a_workflow_run_has_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_url() is None
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.example.org")
    monkeypatch.setenv("GITHUB_REPOSITORY", "shop/jobs")
    monkeypatch.setenv("GITHUB_RUN_ID", "42")
    assert run_url() == "https://github.example.org/shop/jobs/actions/runs/42"
