"""Every request of every step fails once, in every way: a clear error or success, never twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.cli import Cli
from support.git import git, show
from support.github import GitHub
from support.hosted import Hosted, hosted, use
from support.shop import ORDERS

from dc43_gitdraft.forge.github import api

MOST = 24  # requests of one step, at least

WAYS: Mapping[str, dict[str, Any]] = {
    "401": {"status": 401, "body": {"message": "Bad credentials"}},
    "404": {"status": 404, "body": {"message": "Not Found"}},
    "422": {"status": 422, "body": {"message": "Validation Failed"}},
    "limit": {
        "status": 403,
        "headers": {"Retry-After": "0"},
        "body": {"message": "You have exceeded a secondary rate limit."},
    },
    "500": {"status": 500},
    "500-after": {"status": 502, "after": True},
    "cut": {"cut": True},
    "lost": {"cut": True, "after": True},
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosted]:
    more = {
        f"contracts/{n}.odcs.yaml": ORDERS.replace("id: orders", f"id: orders-{n}")
        for n in range(1, MOST)
    }
    # Less patience, the same behaviour.
    monkeypatch.setattr(api, "BACKOFF", 0.001)
    with hosted(tmp_path, "labels: [gitdraft]\nreviewers: [ana]\n", more=more) as shop:
        use(monkeypatch, shop.env())
        yield shop


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


@dataclass
class Rounds:
    """Steps on one contract after another: in the n-th round each step's n-th request fails."""

    cli: Cli
    shop: Hosted
    way: str

    def __post_init__(self) -> None:
        self.n = 0
        self.struck = True

    def __iter__(self) -> Iterator[int]:
        while self.struck:
            self.struck = False
            self.n += 1
            assert self.n < MOST
            yield self.n

    def step(self, *arguments: str | Path) -> None:
        """Run a command whose n-th request fails; then, unless it got through, run it again."""
        fault = self.shop.github.fault(nth=self.n, **WAYS[self.way])
        first = self.cli(*arguments, code=None)
        if fault.seen >= self.n:
            self.struck = True
        self.shop.github.faults.clear()
        # 404 is how GitHub says that there is no such pull request.
        assert first.code in ((0, 3, 4) if self.way == "404" else (0, 3)), first.err
        assert self.shop.token not in first.out + first.err
        if first.code:
            assert first.err.splitlines()[-1].startswith("Error: "), first.err
            self.cli(*arguments)

    def draft(self, data: Path) -> None:
        self.step("draft", f"orders-{self.n}", "--from", data, "--dataset-id", "t")

    def settle(self) -> None:
        self.step("settle", "--event", self.shop.event("pull_request", "closed"))


def subjects(github: GitHub, *which: str) -> list[str]:
    return git(github.path, "log", "--format=%s", *which).splitlines()


def mine(github: GitHub, n: int) -> list[dict[str, Any]]:
    """Return all pull requests for the draft of a contract."""
    return [pull for pull in github.pulls() if pull["head"]["ref"] == f"gitdraft/orders-{n}"]


@pytest.mark.parametrize("way", WAYS)
def test_from_drift_to_promotion(cli: Cli, shop: Hosted, way: str) -> None:
    github = shop.github
    first, more = shop.data("discount"), shop.data("discount", "tax", name="more.jsonl")
    rounds = Rounds(cli, shop, way)
    for n in rounds:
        branch, path = f"gitdraft/orders-{n}", f"contracts/{n}.odcs.yaml"
        rounds.draft(first)
        (pull,) = mine(github, n)
        assert pull["state"] == "open"
        assert len(subjects(github, f"main..{branch}")) == 1
        rounds.draft(more)
        (pull,) = mine(github, n)
        assert len(subjects(github, f"main..{branch}")) == 2
        assert "tax" in pull["body"]
        github.merge(pull["number"])
        rounds.settle()
        cli("promote")
        final = show(github.path, "main", path).decode()
        assert "status: active" in final
        assert final == show(github.path, f"refs/tags/orders-{n}/v1.3.0", path).decode()
        assert git(github.path, "branch", "--list", branch) == ""
        promoted = [each for each in subjects(github, "main") if f"orders-{n} 1.3.0" in each]
        assert len([each for each in promoted if each.startswith("Promote")]) == 1
        assert len(mine(github, n)) == 1
    assert rounds.n > 10


@pytest.mark.parametrize("way", ["500", "lost"])
def test_from_drift_to_rejection_and_back(cli: Cli, shop: Hosted, way: str) -> None:
    github = shop.github
    data = shop.data("discount")
    rounds = Rounds(cli, shop, way)
    for n in rounds:
        command = ("draft", f"orders-{n}", "--from", data, "--dataset-id", "t")
        cli(*command)
        (pull,) = mine(github, n)
        number = pull["number"]
        github.close(number, by="ana", comment="not ours")
        rounds.settle()
        rounds.settle()
        said = [comment["user"]["login"] for comment in github.comments(number)]
        assert said == ["ana", "bot"]
        assert "already rejected" in cli(*command).out
        rounds.step("reopen", str(number))
        (pull,) = mine(github, n)
        assert pull["state"] == "open"
        assert [label["name"] for label in pull["labels"]] == ["gitdraft"]
    assert rounds.n > 10


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("bad", "does not accept the token: give a valid one in GITHUB_TOKEN"),
        ("read", "denied to rob"),
        ("none", "not found"),
    ],
)
def test_a_token_that_may_not_is_told_so(
    cli: Cli, shop: Hosted, monkeypatch: pytest.MonkeyPatch, token: str, said: str
) -> None:
    value = "ghp_nobody" if token == "bad" else shop.github.token("rob", token)
    monkeypatch.setenv("GITHUB_TOKEN", value)
    ended = cli("draft", "orders", "--from", shop.data("discount"), code=3)
    assert said in ended.err.splitlines()[-1]
    assert value not in ended.err + ended.out
    assert shop.github.pulls() == []
    assert git(shop.github.path, "branch", "--list", "gitdraft/*") == ""


def test_where_pull_requests_may_not_be_created_the_branch_is_pushed(
    cli: Cli, shop: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.github.repository.actions_may_open = False
    monkeypatch.setenv("GITHUB_TOKEN", shop.github.actions_token())
    ended = cli("draft", "orders", "--from", shop.data("discount"), code=3)
    assert f"{shop.github.web}/acme/contracts/compare/main...gitdraft/orders" in ended.err
    assert git(shop.github.path, "branch", "--list", "gitdraft/orders")


def test_a_limit_is_waited_for(cli: Cli, shop: Hosted) -> None:
    shop.github.secondary_limit(retry_after=1, method="POST", path="/pulls$")
    shop.github.primary_limit(reset_in=0, method="GET", path="/pulls$")
    cli("draft", "orders", "--from", shop.data("discount"))
    assert len(shop.github.pulls("open")) == 1
    refused = [request.status for request in shop.github.requests if request.status == 403]
    assert refused == [403, 403]


def test_a_limit_that_takes_too_long_is_an_error(cli: Cli, shop: Hosted) -> None:
    shop.github.primary_limit(reset_in=3000, path="/pulls$")
    ended = cli("draft", "orders", "--from", shop.data("discount"), code=3)
    assert "run again after" in ended.err
