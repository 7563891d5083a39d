"""The whole story on GitHub, over HTTP: from drift to a promoted or a rejected contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.cli import Cli
from support.git import git
from support.hosted import BRANCH, Hosted, hosted, use


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosted]:
    with hosted(tmp_path, "labels: [gitdraft]\nreviewers: [ana]\n") as shop:
        use(monkeypatch, shop.env())
        yield shop


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


def job(cli: Cli, shop: Hosted, *columns: str) -> Any:
    """Run the job on data with these columns more; what it prints."""
    data = shop.data(*columns)
    return cli("draft", "orders", "--from", data, "--output", "json").json


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_the_whole_story(cli: Cli, shop: Hosted, method: str) -> None:
    github = shop.github
    # Drift becomes a pull request, once.
    told = job(cli, shop, "discount")
    assert (told["outcome"], told["version"], told["branch"]) == ("created", "1.3.0", BRANCH)
    assert told["pull_request"]["url"] == f"{github.web}/acme/contracts/pull/1"
    assert job(cli, shop, "discount")["outcome"] == "unchanged"
    # The steward edits it, and more drift comes on top.
    edited = shop.edit("  - name: discount\n", "  - name: discount  # Ana's words\n")
    told = job(cli, shop, "discount", "tax")
    assert (told["outcome"], told["pull_request"]["number"]) == ("updated", 1)
    assert git(github.path, "merge-base", "--is-ancestor", edited, BRANCH) == ""
    draft = shop.text(BRANCH)
    assert "# Ana's words" in draft
    assert "- name: tax" in draft
    # Merging promotes: active and tagged, everything that people wrote kept.
    github.merge(1, method)
    done = cli("settle", "--event", shop.event("pull_request", "closed"))
    assert "1.3.0" in done.out
    final = shop.text("main")
    assert final == shop.text("refs/tags/orders/v1.3.0")
    assert "status: active" in final
    assert "# Ana's words" in final
    assert "# The orders of the web shop." in final
    assert "gitdraft" not in final
    assert git(github.path, "branch", "--list", "gitdraft/*") == ""
    assert "Draft-Digest: " in git(github.path, "tag", "-n99", "--list", "orders/v1.3.0")
    before = git(github.path, "show-ref")
    cli("settle", "--event", shop.event("pull_request", "closed"))
    cli("promote")
    assert git(github.path, "show-ref") == before
    assert job(cli, shop, "discount", "tax")["outcome"] == "no-drift"
    # Closing rejects: the job is told why, and nothing is opened.
    told = job(cli, shop, "discount", "tax", "colour")
    assert (told["outcome"], told["pull_request"]["number"]) == ("created", 2)
    github.close(2, by="ana", comment="Colours belong to the catalogue.")
    cli("settle", "--event", shop.event("pull_request", "closed"))
    told = job(cli, shop, "discount", "tax", "colour")
    assert (told["outcome"], told["pull_request"]["number"]) == ("rejected", 2)
    assert told["reason"] == "rejected by ana: Colours belong to the catalogue."
    assert github.pulls("open") == []
    assert git(github.path, "branch", "--list", "gitdraft/*") == ""
    # Reopened, it is undecided again.
    cli("reopen", "2")
    told = job(cli, shop, "discount", "tax", "colour")
    assert (told["outcome"], told["pull_request"]["number"]) == ("unchanged", 2)
    assert [pull["number"] for pull in github.pulls("open")] == [2]
    # All of it was said where it is seen, and nothing is left over.
    assert [pull["title"].partition(":")[0] for pull in github.pulls()]
    assert {request.status for request in github.requests if request.kind == "api"} <= {
        *(200, 201, 204),
        422,  # Reopening a pull request whose branch is gone.
    }
