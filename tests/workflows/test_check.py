"""The workflow that checks pull requests, run on the payloads of real events."""

from __future__ import annotations

from support.actions import Ran, Runner
from support.git import commit_on
from support.github import GitHub
from support.shop import ORDERS

ORDERS_FILE = "contracts/orders.odcs.yaml"
WIDER = ORDERS.replace("version: 1.2.0", "version: 1.3.0") + (
    "      - name: discount\n        logicalType: number\n"
)
WORKFLOW = "gitdraft-check.yml"


def opened(github: GitHub, text: str, branch: str = "people/orders") -> None:
    commit_on(github.path, branch, {ORDERS_FILE: text})
    github.pushed()
    github.open(branch)


def ran(ended: Ran | None) -> Ran:
    assert ended is not None
    return ended


def test_a_good_change_passes(github: GitHub, runner: Runner) -> None:
    opened(github, WIDER)
    ended = ran(runner.run(WORKFLOW, "pull_request", github.event("pull_request", "opened")))
    assert ended.code == 0, ended.out
    assert "1 contract checked" in ended.out


def test_a_breaking_change_fails_and_annotates_its_line(github: GitHub, runner: Runner) -> None:
    opened(github, ORDERS.replace("      - name: note\n", "      - name: remark\n"))
    ended = ran(runner.run(WORKFLOW, "pull_request", github.event("pull_request", "opened")))
    assert ended.code == 1, ended.out
    assert f"::error file={ORDERS_FILE},line=" in ended.out
    assert "orders" in ended.summary


def test_a_later_push_is_checked_again(github: GitHub, runner: Runner) -> None:
    opened(github, ORDERS.replace("      - name: note\n", "      - name: remark\n"))
    commit_on(github.path, "people/orders", {ORDERS_FILE: WIDER})
    github.pushed()
    ended = ran(runner.run(WORKFLOW, "pull_request", github.event("pull_request", "synchronize")))
    assert ended.code == 0, ended.out


def test_a_closed_pull_request_is_not_checked(github: GitHub, runner: Runner) -> None:
    opened(github, WIDER)
    github.close(1)
    assert runner.run(WORKFLOW, "pull_request", github.event("pull_request", "closed")) is None


def test_the_job_that_checks_may_only_read(github: GitHub, runner: Runner) -> None:
    opened(github, WIDER)
    ran(runner.run(WORKFLOW, "pull_request", github.event("pull_request", "opened")))
    assert github.calls == []
