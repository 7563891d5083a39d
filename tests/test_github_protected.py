"""Promotion on GitHub where the base branch is protected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.cli import Cli
from support.git import commit_on, git, show
from support.github import GitHub, serve
from support.hosted import ended, hosted, start, use
from support.shop import DISCOUNT, ORDERS, pulled, seen

from dc43_gitdraft import lifecycle, provenance
from dc43_gitdraft.errors import GitError
from dc43_gitdraft.forge.github import api
from dc43_gitdraft.forge.github.forge import GitHubForge
from dc43_gitdraft.model import PullState
from dc43_gitdraft.publish import Desk, publish
from dc43_gitdraft.repo import Repo

BRANCH = "gitdraft/promote@main"
PATH = "contracts/orders.odcs.yaml"


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHub]:
    with serve(tmp_path, files={PATH: ORDERS}) as running:
        yield running


@pytest.fixture
def desk(github: GitHub) -> Iterator[Desk]:
    token = github.token("bot", "write")
    with Repo.open(github.url, token) as repo:
        forge = GitHubForge(repo, api_url=github.api_url, token=token)
        desk = Desk(repo, forge, "main")
        lifecycle.promote(desk)
        yield desk


def merged_draft(github: GitHub, desk: Desk, method: str = "merge") -> int:
    number = pulled(publish("orders", seen(DISCOUNT), desk)).number
    github.merge(number, method=method, by="ana")
    desk.repo.refresh()
    return number


@pytest.mark.parametrize("ruleset", [False, True], ids=["protection", "ruleset"])
@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_draft_becomes_final_by_two_merges(
    github: GitHub, desk: Desk, method: str, ruleset: bool
) -> None:
    github.protect("main", ruleset=ruleset)
    number = merged_draft(github, desk, method)
    promotion = lifecycle.settle_merged(desk, desk.forge.get(number))
    assert [(each.contract, each.version) for each in promotion.proposed] == [("orders", "1.3.0")]
    pull = promotion.pull_request
    assert pull is not None
    assert (pull.head, pull.labels) == (BRANCH, ("gitdraft",))
    assert git(github.path, "tag") == "orders/v1.2.0"

    github.merge(pull.number, method=method, by="ana")
    desk.repo.refresh()
    after = lifecycle.settle_merged(desk, desk.forge.get(pull.number))
    assert [each.tag for each in after.promoted] == ["orders/v1.3.0"]
    assert git(github.path, "rev-parse", "orders/v1.3.0^{}") == git(
        github.path, "rev-parse", "main"
    )
    assert b"status: active" in show(github.path, "orders/v1.3.0", PATH)
    assert b"gitdraft" not in show(github.path, "main", PATH)
    tag = desk.repo.tag("orders/v1.3.0")
    said = provenance.parse(tag.message) if tag else None
    assert said is not None
    assert said.dataset_id == "table:shop.orders"
    assert git(github.path, "branch", "--list", "gitdraft/*") == ""


def test_the_next_run_writes_nothing(github: GitHub, desk: Desk) -> None:
    github.protect("main")
    merged_draft(github, desk)
    lifecycle.promote(desk)
    asked = len(github.calls)
    tip = git(github.path, "rev-parse", BRANCH)
    promotion = lifecycle.promote(desk)
    assert [each.version for each in promotion.proposed] == ["1.3.0"]
    assert git(github.path, "rev-parse", BRANCH) == tip
    assert len(github.calls) == asked + 1


def test_one_that_a_person_closed_stays_closed(github: GitHub, desk: Desk) -> None:
    github.protect("main")
    merged_draft(github, desk)
    pull = lifecycle.promote(desk).pull_request
    assert pull is not None
    github.close(pull.number, by="ana")
    promotion = lifecycle.promote(desk)
    assert promotion.proposed == ()
    assert f"pull request #{pull.number}" in promotion.problems[0]
    assert [each.state for each in desk.forge.find(BRANCH)] == [PullState.CLOSED]


def test_a_draft_that_is_final_from_the_start_needs_one_merge(tmp_path: Path) -> None:
    files = {PATH: ORDERS, ".gitdraft.yaml": "draft-status: active\n"}
    with serve(tmp_path, files=files) as github:
        token = github.token("bot", "write")
        github.protect("main")
        with Repo.open(github.url, token) as repo:
            desk = Desk(repo, GitHubForge(repo, api_url=github.api_url, token=token), "main")
            lifecycle.promote(desk)
            number = merged_draft(github, desk, "squash")
            promotion = lifecycle.settle_merged(desk, desk.forge.get(number))
        assert [each.tag for each in promotion.promoted] == ["orders/v1.3.0"]
        assert promotion.pull_request is None


def test_protected_tags_are_an_error_that_says_what_to_allow(github: GitHub, desk: Desk) -> None:
    github.protect_tags("*")
    merged_draft(github, desk)
    with pytest.raises(GitError, match=r"allow the one who runs this to create tags.*GH013"):
        lifecycle.promote(desk)
    assert git(github.path, "tag") == "orders/v1.2.0"


def test_what_a_squash_lost_is_read_from_the_pull_request(github: GitHub, desk: Desk) -> None:
    squashed_without_message(github, desk)
    assert tagged_from(github) == "table:shop.orders"


def test_commits_that_nobody_has_any_more_stop_no_promotion(github: GitHub, desk: Desk) -> None:
    squashed_without_message(github, desk)
    git(github.path, "update-ref", "-d", "refs/pull/1/head")
    git(github.path, "gc", "-q", "--prune=now")
    assert tagged_from(github) is None


def squashed_without_message(github: GitHub, desk: Desk) -> None:
    number = pulled(publish("orders", seen(DISCOUNT), desk)).number
    issue, _ = github.repository.pull(number)
    github.merge_pull(github.repository, issue, "squash", github.account("ana"), message="")
    github.delete_branch("gitdraft/orders")


def tagged_from(github: GitHub) -> str | None:
    """Promote as somebody who has no clone yet; the dataset that the tag names."""
    token = github.token("other", "write")
    with Repo.open(github.url, token) as repo:
        desk = Desk(repo, GitHubForge(repo, api_url=github.api_url, token=token), "main")
        (promoted,) = lifecycle.promote(desk).promoted
        tag = repo.tag(promoted.tag)
    said = provenance.parse(tag.message) if tag else None
    assert said is not None
    return said.dataset_id


def test_adopting_many_contracts_asks_the_forge_once(tmp_path: Path) -> None:
    files = {
        f"contracts/c{n}.odcs.yaml": ORDERS.replace("id: orders", f"id: c{n}") for n in range(20)
    }
    with serve(tmp_path, files=files) as github:
        token = github.token("bot", "write")
        with Repo.open(github.url, token) as repo:
            desk = Desk(repo, GitHubForge(repo, api_url=github.api_url, token=token), "main")
            assert len(lifecycle.promote(desk).promoted) == 20
        assert len(github.calls) == 1


WAYS: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "lost": {"cut": True, "after": True},
}


@pytest.mark.parametrize("way", WAYS)
def test_each_request_may_fail_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    monkeypatch.setattr(api, "BACKOFF", 0.001)
    cli = Cli(capsys)

    def promoted_in_the_end(github: GitHub, n: int) -> bool:
        """Promote while the n-th request fails, then until it is done; whether one failed."""
        fault = github.fault(nth=n, **WAYS[way])
        first = cli("promote", code=None)
        struck = fault.seen >= n
        github.faults.clear()
        assert first.code in (0, 3), first.err
        if first.code == 3:
            cli("promote")
        assert len([pull for pull in github.pulls("open") if pull["head"]["ref"] == BRANCH]) < 2
        return struck

    with hosted(tmp_path) as shop:
        use(monkeypatch, shop.env())
        github = shop.github
        cli("promote")
        github.protect("main")
        n, struck = 0, True
        while struck:
            n += 1
            commit_on(github.path, "main", {f"contracts/{n}.odcs.yaml": draft_of(n)})
            github.pushed()
            struck = promoted_in_the_end(github, n)
            (pull,) = github.pulls("open")
            assert pull["title"] == f"Promote orders-{n} 1.2.0"
            github.merge(pull["number"], method="squash")
            struck = promoted_in_the_end(github, n) or struck
            assert f"orders-{n}/v1.2.0" in git(github.path, "tag").splitlines()
            assert github.pulls("open") == []
        assert n > 8


def test_promoting_at_once_opens_one_pull_request(tmp_path: Path) -> None:
    with hosted(tmp_path) as shop:
        github = shop.github
        lone = {f"contracts/{n}.odcs.yaml": draft_of(n) for n in range(3)}
        commit_on(github.path, "main", lone)
        github.protect("main")
        processes = [
            start(["promote", "--output", "json"], {**shop.env(), "GITDRAFT_CACHE": "off"})
            for _ in range(4)
        ]
        told = [ended(process) for process in processes]
        assert [each.code for each in told] == [0] * 4, told
        assert {each.json["pull_request"]["number"] for each in told} == {1}
        assert [pull["title"] for pull in github.pulls()] == ["Promote orders-0 1.2.0 and 2 more"]


def draft_of(n: int) -> str:
    return ORDERS.replace("id: orders", f"id: orders-{n}").replace("active", "draft")
