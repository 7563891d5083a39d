"""Many drafts in one run on GitHub: what is asked, and what a run that is cut off leaves to do."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.git import Processes
from support.github import GitHub, serve
from support.shop import DISCOUNT, ORDERS, clock, seen

from dc43_gitdraft.batch import Ended, Wanted, publish_all
from dc43_gitdraft.errors import ForgeError
from dc43_gitdraft.forge.github import forge, pace
from dc43_gitdraft.forge.github.forge import GitHubForge
from dc43_gitdraft.model import PullRequest
from dc43_gitdraft.publish import Desk
from dc43_gitdraft.repo import Repo

NAMES = [f"c{number}" for number in range(6)]
FILES = {
    f"contracts/{name}.odcs.yaml": ORDERS.replace("id: orders", f"id: {name}").replace(
        "- name: orders", f"- name: {name}"
    )
    for name in NAMES
}


def run(github: GitHub) -> tuple[Ended, ...]:
    token = github.token("bot", "write")
    with Repo.open(github.url, token) as repo:
        desk = Desk(repo, GitHubForge(repo, api_url=github.api_url, token=token), "main", clock())
        return publish_all([Wanted(n, seen(DISCOUNT, dataset=f"table:{n}")) for n in NAMES], desk)


def kinds(ended: tuple[Ended, ...]) -> list[str]:
    return [each.outcome.kind.value if each.outcome else "failed" for each in ended]


def asked_of(github: GitHub, since: int = 0) -> Counter[str]:
    """Count the requests to the API by their methods."""
    return Counter(each.method for each in github.requests[since:] if each.kind == "api")


def test_a_batch_takes_one_push_and_two_requests_for_each(tmp_path: Path) -> None:
    with serve(tmp_path, files=FILES) as github:
        processes = Processes(tmp_path)
        assert kinds(run(github)) == ["created"] * len(NAMES)
        ran = Counter(processes.take())
        asked = asked_of(github)
        # What is on the way: the trial of a new clone, the texts, and the refs before the push.
        assert (ran["push"], ran["fetch"]) == (1, 3)
        assert asked == {"GET": 1, "POST": 2 * len(NAMES)}


def test_where_pull_requests_are_very_many_each_branch_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(tmp_path, files=FILES) as github:
        run(github)
        before = len(github.requests)
        monkeypatch.setattr(forge, "PER_PAGE", 1)
        assert kinds(run(github)) == ["unchanged"] * len(NAMES)
        assert asked_of(github, before) == {"GET": 1 + len(NAMES)}


def test_a_batch_that_is_cut_off_is_finished_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter(range(3))
    real = GitHubForge.open

    def open_some(self: GitHubForge, *given: Any, **named: Any) -> tuple[PullRequest, bool]:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return real(self, *given, **named)

    with serve(tmp_path, files=FILES) as github:
        with monkeypatch.context() as patch:
            patch.setattr(GitHubForge, "open", open_some)
            with pytest.raises(KeyboardInterrupt):
                run(github)
        assert len(github.pulls()) == 3
        processes = Processes(tmp_path)
        assert kinds(run(github)) == ["unchanged"] * 3 + ["created"] * 3
        assert "push" not in processes.take()
        assert [pull["head"]["ref"] for pull in github.pulls()] == [f"gitdraft/{n}" for n in NAMES]


def test_what_an_hour_does_not_allow_is_done_by_a_later_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(tmp_path, files=FILES) as github:
        monkeypatch.setattr(pace, "WRITES_AN_HOUR", 4)
        first = run(github)
        assert kinds(first) == ["created", "created", *["failed"] * 4]
        assert all(isinstance(each.error, ForgeError) for each in first[2:])
        assert "run again after" in str(first[2].error)
        monkeypatch.undo()
        before = len(github.requests)
        assert kinds(run(github)) == ["unchanged", "unchanged", *["created"] * 4]
        assert asked_of(github, before)["POST"] == 2 * 4
