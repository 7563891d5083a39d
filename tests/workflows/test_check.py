"""The workflow that checks pull requests, run on the payloads of real events."""

from __future__ import annotations

from typing import Any

from support.actions import Ran, Runner
from support.actions.events import like_the_example
from support.git import commit_on, git
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
    opened(github, ORDERS.replace("      - name: note\n", "      - name: remark\n"))
    ended = ran(runner.run(WORKFLOW, "pull_request", event(github, "opened")))
    assert ended.code == 1, ended.out
    (run,) = github.repository.checks.values()
    assert run.sent["head_sha"] == github.pull(1)["head"]["sha"]
    assert (run.sent["name"], run.sent["conclusion"]) == ("dc43-gitdraft", "failure")
    assert {note["path"] for note in run.annotations} == {ORDERS_FILE}
    assert "orders" in ended.summary


def test_a_fork_without_the_right_to_write_gets_the_workflows_annotations(
    github: GitHub, runner: Runner
) -> None:
    opened(github, ORDERS.replace("      - name: note\n", "      - name: remark\n"))
    payload = event(github, "opened")
    payload["pull_request"]["head"]["repo"]["full_name"] = "eve/contracts"
    ended = ran(runner.run(WORKFLOW, "pull_request", payload))
    assert ended.code == 1, ended.out
    assert f"::error file={ORDERS_FILE},line=" in ended.out
    assert "error" in ended.commands
    assert github.repository.checks == {}


def test_a_later_push_is_checked_again(github: GitHub, runner: Runner) -> None:
    opened(github, ORDERS.replace("      - name: note\n", "      - name: remark\n"))
    commit_on(github.path, "people/orders", {ORDERS_FILE: WIDER})
    github.pushed()
    ended = ran(runner.run(WORKFLOW, "pull_request", event(github, "synchronize")))
    assert ended.code == 0, ended.out


def test_a_closed_pull_request_is_not_checked(github: GitHub, runner: Runner) -> None:
    opened(github, WIDER)
    github.close(1)
    assert runner.run(WORKFLOW, "pull_request", event(github, "closed")) is None


def test_all_that_the_job_writes_is_its_result(github: GitHub, runner: Runner) -> None:
    opened(github, WIDER)
    before = git(github.path, "for-each-ref")
    ran(runner.run(WORKFLOW, "pull_request", event(github, "opened")))
    assert github.calls == ["POST /repos/acme/contracts/check-runs"]
    assert git(github.path, "for-each-ref") == before
