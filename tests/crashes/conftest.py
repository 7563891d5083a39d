"""Processes to kill, and worlds for them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.crashes.forks import Forks
from support.crashes.worlds import GitHubWorld, LocalWorld, World
from support.github import serve
from support.shop import ORDERS

SETTINGS = "labels: [gitdraft, data]\nreviewers: [zoe]\n"
FILES: dict[str, str | bytes] = {
    ".gitdraft.yaml": SETTINGS,
    **{
        f"contracts/{name}.odcs.yaml": ORDERS.replace("id: orders", f"id: {name}").replace(
            "- name: orders", f"- name: {name}"
        )
        for name in ("orders", "items", "customers")
    },
}


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    if sys.platform != "linux":
        pytest.skip("what a killed process leaves behind is waited for in a way that Linux has")
    forks = Forks(tmp_path_factory.mktemp("forks"))
    try:
        yield forks
    finally:
        forks.close()


@pytest.fixture
def world(request: pytest.FixtureRequest, forks: Forks, tmp_path: Path) -> Iterator[World]:
    """A world of the kind that the test is parametrized with: path, url or github."""
    kind = request.param
    if kind != "github":
        yield _used(LocalWorld(tmp_path, forks, FILES, remote=kind == "url"))
        return
    with serve(tmp_path / "github", files=FILES) as github:
        github.person("zoe")
        yield _used(GitHubWorld(tmp_path, forks, github))


def _used(world: World) -> World:
    """Let the machine have a clone, as it has after its first job."""
    world.done("status")
    return world
