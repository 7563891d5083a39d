"""The workflow that publishes the site of the contracts, where somebody asked for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.actions import Ran, Runner
from support.actions.events import like_the_example
from support.git import files_snapshot
from support.github import GitHub
from support.shop import DISCOUNT, seen

from dc43_gitdraft.cli.scaffold import templates
from dc43_gitdraft.forge.github.forge import GitHubForge
from dc43_gitdraft.publish import Desk, publish
from dc43_gitdraft.repo import Repo

WORKFLOW = "gitdraft-site.yml"


@pytest.fixture
def asked(runner: Runner) -> Runner:
    """A repository whose people want the site."""
    return replace(runner, settings={"GITDRAFT_SITE": "true"})


def pushed(github: GitHub) -> Any:
    repository = github.shapes.repository(github.repository)
    return like_the_example("push", {"ref": "refs/heads/main", "repository": repository})


def ran(ended: Ran | None) -> Ran:
    assert ended is not None
    assert ended.code == 0, ended.out
    return ended


def test_a_push_publishes_what_contracts_and_pull_requests_say(
    github: GitHub, asked: Runner
) -> None:
    token = github.token("job", "write")
    with Repo.open(github.url, token) as repo:
        forge = GitHubForge(repo, api_url=github.api_url, token=token)
        publish("orders", seen(DISCOUNT), Desk(repo, forge, "main"))
    github.close(1, by="ana", comment="No discounts here.")
    ended = ran(asked.run(WORKFLOW, "push", pushed(github)))
    assert ended.commands == ["stop-commands"]
    pages = files_snapshot(asked.artifacts["4711", "github-pages"])
    assert {"index.html", "style.css", "c/orders.html"} <= set(pages)
    assert b"No discounts here." in pages["decisions.html"]
    assert f"{github.web}/acme/contracts/pull/1".encode() in pages["c/orders.html"]
    assert b"<title>Contracts \xc2\xb7 acme/contracts</title>" in pages["index.html"]


def test_nothing_is_published_where_nobody_asked(github: GitHub, runner: Runner) -> None:
    assert runner.run(WORKFLOW, "push", pushed(github)) is None


def test_nothing_is_published_of_a_fork(github: GitHub, asked: Runner) -> None:
    payload = pushed(github)
    payload["repository"]["fork"] = True
    assert asked.run(WORKFLOW, "push", payload) is None


def test_only_what_deploys_may_write_and_it_runs_nothing_of_the_repository() -> None:
    (text,) = (each.text for each in templates() if each.path.endswith(WORKFLOW))
    jobs = YAML(typ="safe").load(text)["jobs"]
    assert set(jobs["build"]["permissions"].values()) == {"read"}
    assert jobs["deploy"]["permissions"] == {"id-token": "write", "pages": "write"}
    assert jobs["deploy"]["needs"] == "build"
    assert [step["uses"].partition("@")[0] for step in jobs["deploy"]["steps"]] == [
        "actions/deploy-pages"
    ]
