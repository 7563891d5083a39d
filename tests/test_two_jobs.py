"""Jobs that see the same drift, or another, at the same time: one pull request, no commit lost."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.git import commit_files, git
from support.github import GitHub, serve
from support.hosted import Hosted
from support.shop import ORDERS
from support.worker import Worker, together

PAIRS = 10


def contract(n: int) -> str:
    return f"orders-{n}"


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHub]:
    files: dict[str, str | bytes] = {
        f"contracts/{contract(n)}.odcs.yaml": ORDERS.replace("id: orders", f"id: {contract(n)}")
        for n in range(PAIRS)
    }
    with serve(tmp_path / "github", files=files) as github:
        yield github


@contextmanager
def two(github: GitHub, folder: Path, machines: int) -> Iterator[list[Worker]]:
    """Start two processes, on one machine (with one cache) or on two."""
    env = Hosted(github, folder, github.token("bot")).env()
    workers = [
        Worker(
            {**env, "XDG_CACHE_HOME": str(folder / f"cache-{n % machines}")},
            folder / f"worker-{n}.log",
        )
        for n in range(2)
    ]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.close()


def draft(n: int, data: Path) -> list[str | Path]:
    return ["draft", contract(n), "--from", data, "--dataset-id", "t", "--output", "json"]


def is_kept(github: GitHub, commit: str, n: int) -> bool:
    """Whether the branch of a contract holds a commit."""
    held = git(github.path, "rev-list", f"gitdraft/{contract(n)}").split()
    return commit in held


@pytest.mark.parametrize("machines", [1, 2])
def test_two_jobs_at_once_leave_one_pull_request(
    github: GitHub, tmp_path: Path, machines: int
) -> None:
    shop = Hosted(github, tmp_path, "")
    data = [shop.data("discount", name="a.jsonl"), shop.data("discount", "tax", name="b.jsonl")]
    with two(github, tmp_path, machines) as workers:
        for n in range(PAIRS):
            # Both see the same, or one sees more.
            seen = [data[0], data[n % 2]]
            told = together(workers, [draft(n, each) for each in seen])
            outcomes = sorted(each["outcome"] for each in told)
            assert outcomes in (["created", "unchanged"], ["created", "updated"])
            assert {each["pull_request"]["number"] for each in told} == {n + 1}
            assert all(is_kept(github, each["commit"], n) for each in told)
            assert len(github.pulls("open")) == n + 1
            tip = git(github.path, "rev-parse", f"gitdraft/{contract(n)}")
            body = github.pull(n + 1)["body"]
            digest = next(each["digest"] for each in told if each["commit"] == tip)
            assert digest in body


def test_a_steward_among_two_jobs_loses_no_commit(github: GitHub, tmp_path: Path) -> None:
    shop = Hosted(github, tmp_path, "")
    clone = tmp_path / "steward"
    url = github.url.replace("//", f"//x-access-token:{github.token('ana')}@")
    git(tmp_path, "clone", "-q", url, str(clone))
    columns = ["discount"]
    first = shop.data(*columns)
    with two(github, tmp_path, 2) as workers:
        together(workers[:1], [draft(0, first)])
        said: list[str] = []
        for n in range(5):
            columns.append(f"tax_{n}")
            more = shop.data(*columns, name=f"{n}.jsonl")
            for worker in workers:
                worker.tell(*draft(0, more))
            said.append(edit(clone, n))
            ends = [worker.answer() for worker in workers]
            assert [code for code, _ in ends] == [0, 0], ends
        (told,) = together(workers[:1], [draft(0, more)])
    assert told["outcome"] in ("unchanged", "updated")
    assert all(is_kept(github, commit, 0) for commit in said)
    assert [pull["number"] for pull in github.pulls()] == [1]
    text = git(github.path, "show", "gitdraft/orders-0:contracts/orders-0.odcs.yaml")
    assert [f"# word {n}" in text for n in range(5)] == [True] * 5
    assert [f"- name: tax_{n}" in text for n in range(5)] == [True] * 5


def edit(clone: Path, n: int) -> str:
    """Write a comment into the draft as a person does: pull, edit, push, and again where late."""
    path = "contracts/orders-0.odcs.yaml"
    for _ in range(20):
        git(clone, "fetch", "-q", "origin")
        git(clone, "checkout", "-q", "--detach", "origin/gitdraft/orders-0")
        text = (clone / path).read_text("utf-8")
        sha = commit_files(clone, {path: f"# word {n}\n{text}"}, f"Word {n}")
        pushed = subprocess.run(
            ["git", "push", "-q", "origin", "HEAD:refs/heads/gitdraft/orders-0"],
            cwd=clone,
            capture_output=True,
            check=False,
        )
        if pushed.returncode == 0:
            return sha
    raise AssertionError("the steward never got through")
