"""GitHub as a forge, at a GitHub of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.forge_contract import HEAD, Desk, ForgeContract
from support.github import GitHub, serve

from dc43_gitdraft.forge.github.forge import GitHubForge
from dc43_gitdraft.repo import Repo


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHub]:
    with serve(tmp_path, files={"README.md": "contracts\n"}) as running:
        running.person("zoe")
        yield running


@pytest.fixture
def token(github: GitHub) -> str:
    return github.token("bot", "write")


@pytest.fixture
def desk(github: GitHub, token: str) -> Iterator[Desk]:
    with Repo.open(github.url, token) as repo:
        forge = GitHubForge(repo, api_url=github.api_url, token=token)
        yield Desk(forge, repo, github.merge)


@pytest.fixture
def forge(desk: Desk) -> GitHubForge:
    assert isinstance(desk.forge, GitHubForge)
    return desk.forge


class TestContract(ForgeContract):
    pass
