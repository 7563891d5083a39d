"""The tests' GitHub answers as GitHub does, judged with PyGithub and with Git."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import github
import pytest
from support.git import commit_on, git
from support.github import GitHub, serve

ORDERS = {"contracts/orders.yaml": "id: orders\n"}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[GitHub]:
    with serve(tmp_path / "github", files=ORDERS) as running:
        yield running


Client = Callable[[str], github.Github]


@pytest.fixture
def client(hub: GitHub) -> Iterator[Client]:
    made: list[github.Github] = []

    def connect(token: str) -> github.Github:
        made.append(
            github.Github(
                auth=github.Auth.Token(token),
                base_url=hub.api_url,
                retry=None,
                seconds_between_requests=0,
                seconds_between_writes=0,
            )
        )
        return made[-1]

    yield connect
    for each in made:
        each.close()


def branch(hub: GitHub, name: str = "gitdraft/orders", text: str = "id: orders\nv: 2\n") -> str:
    sha = commit_on(hub.path, name, {"contracts/orders.yaml": text}, start="main")
    hub.pushed()
    return sha


def test_a_pull_request_is_opened_changed_and_merged(hub: GitHub, client: Client) -> None:
    sha = branch(hub)
    repo = client(hub.token("bot")).get_repo("acme/contracts")
    pull = repo.create_pull("main", "gitdraft/orders", title="orders 2", body="Body")
    assert (pull.number, pull.head.sha, pull.state, pull.user.login) == (1, sha, "open", "bot")
    pull.edit(title="orders 2.0")
    pull.add_to_labels("gitdraft", "contract")
    pull.create_issue_comment("Look.")
    merged = hub.merge(1, "merge", by="ana")
    pull = repo.get_pull(1)
    assert (pull.title, pull.merged, pull.merged_by.login) == ("orders 2.0", True, "ana")
    assert pull.merge_commit_sha == merged
    assert [label.name for label in pull.labels] == ["gitdraft", "contract"]
    assert git(hub.path, "show", "main:contracts/orders.yaml") == "id: orders\nv: 2"
    assert hub.event("pull_request", "closed")["pull_request"]["merged"] is True


def test_git_and_the_api_share_an_address_and_tokens(hub: GitHub, tmp_path: Path) -> None:
    url = hub.url.replace("//", f"//x-access-token:{hub.token('bot')}@")
    git(tmp_path, "clone", "-q", url, "clone")
    commit_on(tmp_path / "clone", "gitdraft/a", {"a.txt": "a"}, start="main")
    git(tmp_path / "clone", "push", "-q", "origin", "gitdraft/a")
    assert git(hub.path, "rev-parse", "--abbrev-ref", "gitdraft/a") == "gitdraft/a"
    assert hub.event("push")["ref"] == "refs/heads/gitdraft/a"
