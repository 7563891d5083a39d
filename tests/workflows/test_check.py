"""The workflow that checks pull requests, run on the payloads of real events."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML
from support.actions import Ran, Runner
from support.actions.events import like_the_example
from support.git import commit_on, git
from support.github import GitHub
from support.shop import ORDERS

from dc43_gitdraft.cli.scaffold import templates
from dc43_gitdraft.findings.posted import NAME

ORDERS_FILE = "contracts/orders.odcs.yaml"
WIDER = ORDERS.replace("version: 1.2.0", "version: 1.3.0") + (
    "      - name: discount\n        logicalType: number\n"
)
BROKEN = ORDERS.replace("      - name: note\n", "      - name: remark\n")
WORKFLOW = "gitdraft-check.yml"


def opened(github: GitHub, text: str, branch: str = "people/orders") -> None:
    commit_on(github.path, branch, {ORDERS_FILE: text})
    github.pushed()
    github.open(branch)


def event(github: GitHub, action: str) -> Any:
    """The newest event of that kind, in the shape of GitHub's own example."""
    return like_the_example("pull_request", github.event("pull_request", action))


def ran(ended: Ran | None) -> Ran:
    assert ended is not None
    return ended


def test_a_good_change_passes(github: GitHub, runner: Runner) -> None:
    opened(github, WIDER)
    ended = ran(runner.run(WORKFLOW, "pull_request", event(github, "opened")))
    assert ended.code == 0, ended.out
    assert "1 contract checked" in ended.out
    assert ended.executed == runner.steps("check")


def test_a_breaking_change_fails_and_is_noted_at_its_line(github: GitHub, runner: Runner) -> None:
    opened(github, BROKEN)
    ended = ran(runner.run(WORKFLOW, "pull_request", event(github, "opened")))
    assert ended.code == 1, ended.out
    assert f"::error file={ORDERS_FILE},line=" in ended.out
    assert "error" in ended.commands
    assert "orders" in ended.summary


def test_the_job_is_the_check_that_other_workflows_show_at_their_commits() -> None:
    (text,) = (each.text for each in templates() if each.path.endswith(WORKFLOW))
    assert YAML(typ="safe").load(text)["jobs"]["check"]["name"] == NAME


def test_a_fork_without_the_right_to_write_gets_the_same(github: GitHub, runner: Runner) -> None:
    opened(github, BROKEN)
    payload = event(github, "opened")
    payload["pull_request"]["head"]["repo"]["full_name"] = "eve/contracts"
    ended = ran(runner.run(WORKFLOW, "pull_request", payload))
    assert ended.code == 1, ended.out
    assert f"::error file={ORDERS_FILE},line=" in ended.out
    assert github.repository.checks == {}


def test_a_later_push_is_checked_again(github: GitHub, runner: Runner) -> None:
    opened(github, BROKEN)
    commit_on(github.path, "people/orders", {ORDERS_FILE: WIDER})
    github.pushed()
    ended = ran(runner.run(WORKFLOW, "pull_request", event(github, "synchronize")))
    assert ended.code == 0, ended.out


def test_a_closed_pull_request_is_not_checked(github: GitHub, runner: Runner) -> None:
    opened(github, WIDER)
    github.close(1)
    assert runner.run(WORKFLOW, "pull_request", event(github, "closed")) is None


@pytest.mark.parametrize(("text", "code"), [(WIDER, 0), (BROKEN, 1)])
def test_a_merge_queues_group_is_checked_against_its_base(
    text: str, code: int, github: GitHub, runner: Runner
) -> None:
    git(github.path, "branch", "trunk", "main")
    branch = "gh-readonly-queue/trunk/pr-1-0123"
    sha = commit_on(github.path, branch, {ORDERS_FILE: text})
    # What is checked against is the group's base, and no other branch.
    commit_on(github.path, "main", {ORDERS_FILE: text})
    payload = {
        "action": "checks_requested",
        "merge_group": {
            "base_ref": "refs/heads/trunk",
            "base_sha": git(github.path, "rev-parse", "trunk").strip(),
            "head_ref": f"refs/heads/{branch}",
            "head_sha": sha,
        },
        "repository": github.shapes.repository(github.repository),
    }
    ended = ran(runner.run(WORKFLOW, "merge_group", payload))
    assert ended.code == code, ended.out
    assert "1 contract checked" in ended.out


def test_the_job_writes_nothing(github: GitHub, runner: Runner) -> None:
    opened(github, WIDER)
    before = git(github.path, "for-each-ref")
    ran(runner.run(WORKFLOW, "pull_request", event(github, "opened")))
    assert github.calls == []
    assert git(github.path, "for-each-ref") == before
