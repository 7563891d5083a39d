"""dc43's contract store over a repository on GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.git import git
from support.github import GitHub
from support.github import serve as serve_github
from support.governance import CONTRACT

from dc43_gitdraft import handing, lifecycle
from dc43_gitdraft.dc43 import GitContractStore
from dc43_gitdraft.handing.records import hand_on
from dc43_gitdraft.model import OutcomeKind
from dc43_gitdraft.workplace import open_desk


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    files = {"contracts/orders.odcs.yaml": CONTRACT}
    with serve_github(tmp_path / "github", files=files) as running:
        monkeypatch.setenv("GITHUB_TOKEN", running.token("bot"))
        monkeypatch.setenv("GITHUB_API_URL", running.api_url)
        with open_desk(running.url) as desk:
            lifecycle.promote(desk)
        yield running


def test_a_draft_is_a_pull_request_there_and_its_merge_a_version(server: GitHub) -> None:
    with GitContractStore(server.url, clock=lambda: 0.0) as store:
        draft = store.get("orders", "1.2.0")
        draft.status, draft.name = "draft", "Orders of the shop"
        assert store.propose(draft).kind is OutcomeKind.CREATED
        assert [pull["title"] for pull in server.pulls("open")] == ["orders 1.2.1: change name"]
        assert store.list_versions("orders") == ["1.2.0"]
        server.merge(1)
        with open_desk(server.url) as desk:
            lifecycle.promote(desk)
        assert store.get("orders", "1.2.1").name == "Orders of the shop"


def test_what_was_handed_on_is_remembered_there(server: GitHub, tmp_path: Path) -> None:
    hooks = [f"command:tee -a {tmp_path / 'shelf'}"]
    for expected in (1, 0):
        with open_desk(server.url) as desk:
            (result,) = hand_on(desk, handing.asked(hooks))
        assert (len(result.handed), result.complete) == (expected, True)
    assert (tmp_path / "shelf").read_text("utf-8") == CONTRACT
    notes = git(server.path, "for-each-ref", "--format=%(refname)", "refs/gitdraft/handed/")
    assert notes == "refs/gitdraft/handed/command/orders/v1.2.0"
