"""The workflows that carry out decisions, run on the payloads of real events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.actions import Ran, Runner
from support.actions.events import like_the_example
from support.git import commit_on, git
from support.github import GitHub
from support.receiver import receive
from support.shop import DISCOUNT, seen

from dc43_gitdraft import __version__
from dc43_gitdraft.forge.github.forge import GitHubForge
from dc43_gitdraft.model import Outcome
from dc43_gitdraft.publish import Desk, publish
from dc43_gitdraft.repo import Repo

SETTLE = "gitdraft-settle.yml"
PROMOTE = "gitdraft-promote.yml"


def draft(github: GitHub) -> Outcome:
    """Run a job somewhere that opens a pull request."""
    token = github.token("job", "write")
    with Repo.open(github.url, token) as repo:
        forge = GitHubForge(repo, api_url=github.api_url, token=token)
        return publish("orders", seen(DISCOUNT), Desk(repo, forge, "main"))


def ran(ended: Ran | None, code: int = 0) -> Ran:
    assert ended is not None
    assert ended.code == code, ended.out
    return ended


def event(github: GitHub, name: str, action: str) -> Any:
    """The newest event of that kind, in the shape of GitHub's own example."""
    return like_the_example(name, github.event(name, action))


def pushed(github: GitHub, ref: str = "refs/heads/main") -> Any:
    repository = github.shapes.repository(github.repository)
    return like_the_example("push", {"ref": ref, "repository": repository})


def status(github: GitHub, ref: str = "main") -> str:
    text = git(github.path, "show", f"{ref}:contracts/orders.odcs.yaml")
    return next(line for line in text.splitlines() if line.startswith("status:"))


def checked(github: GitHub) -> list[str]:
    """The commits at which the result of a check is shown."""
    return [run.sent["head_sha"] for run in github.repository.checks.values()]


def tags(github: GitHub) -> list[str]:
    return git(github.path, "tag").split()


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_merged_draft_is_promoted(method: str, github: GitHub, runner: Runner) -> None:
    draft(github)
    github.merge(1, method=method)
    ended = ran(runner.run(SETTLE, "pull_request", event(github, "pull_request", "closed")))
    assert "orders/v1.3.0" in ended.out
    assert ended.executed == runner.steps("settle")
    assert ended.commands == ["stop-commands"]
    assert status(github) == "status: active"
    assert "orders/v1.3.0" in tags(github)
    assert git(github.path, "branch", "--list", "gitdraft/*") == ""


def test_the_push_of_a_merge_promotes_it_as_well(github: GitHub, runner: Runner) -> None:
    draft(github)
    github.merge(1)
    ran(runner.run(PROMOTE, "push", pushed(github)))
    assert status(github) == "status: active"
    assert "orders/v1.3.0" in tags(github)


def test_what_was_promoted_is_handed_on_to_the_hooks_that_are_a_secret(
    github: GitHub, runner: Runner
) -> None:
    draft(github)
    github.merge(1)
    with receive() as receiver:
        runner.secrets = {
            "GITDRAFT_HAND_ON": f"webhook:{receiver.url}\n",
            "GITDRAFT_WEBHOOK_SECRET": "k" * 32,
        }
        receiver.answers = [(400, {})]
        ran(runner.run(SETTLE, "pull_request", event(github, "pull_request", "closed")), code=3)
        assert "orders/v1.3.0" in tags(github)
        ended = ran(runner.run(PROMOTE, "push", pushed(github)))
        assert "handed on orders 1.3.0 to webhook" in ended.out
        assert "k" * 32 not in ended.out
        assert len(receiver.posts) == 2


def test_both_after_one_merge_do_no_more_than_one(github: GitHub, runner: Runner) -> None:
    draft(github)
    github.merge(1)
    ran(runner.run(PROMOTE, "push", pushed(github)))
    before = git(github.path, "rev-parse", "main")
    ran(runner.run(SETTLE, "pull_request", event(github, "pull_request", "closed")))
    assert git(github.path, "rev-parse", "main") == before


@pytest.mark.parametrize("name", ["schedule", "workflow_dispatch"])
def test_promotion_runs_at_times_and_by_hand(name: str, github: GitHub, runner: Runner) -> None:
    repository = github.shapes.repository(github.repository)
    ran(runner.run(PROMOTE, name, {"repository": repository}))
    assert tags(github) == ["orders/v1.2.0"]


def test_a_push_to_another_branch_starts_no_promotion(github: GitHub, runner: Runner) -> None:
    assert runner.run(PROMOTE, "push", pushed(github, "refs/heads/gitdraft/orders")) is None


def test_a_closed_draft_is_rejected_with_the_closers_words(github: GitHub, runner: Runner) -> None:
    draft(github)
    github.close(1, comment="no discounts here")
    ran(runner.run(SETTLE, "pull_request", event(github, "pull_request", "closed")))
    again = draft(github)
    assert again.kind.value == "rejected"
    assert again.reason is not None
    assert "no discounts here" in again.reason


def test_a_draft_that_people_reopened_is_undecided(github: GitHub, runner: Runner) -> None:
    draft(github)
    tip = git(github.path, "rev-parse", "gitdraft/orders")
    github.close(1, comment="no discounts here")
    ran(runner.run(SETTLE, "pull_request", event(github, "pull_request", "closed")))
    git(github.path, "branch", "gitdraft/orders", tip)  # "Restore branch"
    github.reopen(1)
    ran(runner.run(SETTLE, "pull_request", event(github, "pull_request", "reopened")))
    assert [label["name"] for label in github.pull(1)["labels"]] == ["gitdraft"]
    assert draft(github).kind.value == "unchanged"


def test_a_command_of_a_steward_is_obeyed(github: GitHub, runner: Runner) -> None:
    draft(github)
    github.comment(1, "/gitdraft bump major", by="ana")
    ran(runner.run(SETTLE, "issue_comment", event(github, "issue_comment", "created")))
    text = git(github.path, "show", "gitdraft/orders:contracts/orders.odcs.yaml")
    assert "\nversion: 2.0.0" in text
    assert checked(github) == [github.pull(1)["head"]["sha"]]


def test_a_result_that_was_not_shown_is_shown_when_the_job_runs_again(
    github: GitHub, runner: Runner
) -> None:
    draft(github)
    github.comment(1, "/gitdraft bump major", by="ana")
    payload = event(github, "issue_comment", "created")
    fault = github.fault(method="POST", path="check-runs", status=422, times=100)
    ran(runner.run(SETTLE, "issue_comment", payload), code=3)
    assert checked(github) == []
    github.faults.remove(fault)
    ran(runner.run(SETTLE, "issue_comment", payload))
    assert checked(github) == [github.pull(1)["head"]["sha"]]


def test_a_command_of_somebody_who_may_only_read_is_not_obeyed(
    github: GitHub, runner: Runner
) -> None:
    draft(github)
    github.person("eve", "read")
    github.comment(1, "/gitdraft bump major", by="eve")
    ran(runner.run(SETTLE, "issue_comment", event(github, "issue_comment", "created")))
    text = git(github.path, "show", "gitdraft/orders:contracts/orders.odcs.yaml")
    assert "\nversion: 1.3.0" in text


def test_other_comments_start_no_job(github: GitHub, runner: Runner) -> None:
    draft(github)
    github.comment(1, "what about /gitdraft bump major?")
    assert runner.run(SETTLE, "issue_comment", event(github, "issue_comment", "created")) is None


def test_other_peoples_pull_requests_are_nothing_to_do(github: GitHub, runner: Runner) -> None:
    commit_on(github.path, "people/docs", {"README.md": "more\n"})
    github.pushed()
    github.open("people/docs")
    github.close(1)
    before = git(github.path, "for-each-ref")
    ran(runner.run(SETTLE, "pull_request", event(github, "pull_request", "closed")))
    assert git(github.path, "for-each-ref") == before


def test_a_pull_request_from_a_fork_starts_no_job(github: GitHub, runner: Runner) -> None:
    draft(github)
    github.close(1)
    payload = event(github, "pull_request", "closed")
    payload["pull_request"]["head"]["repo"]["full_name"] = "eve/contracts"
    assert runner.run(SETTLE, "pull_request", payload) is None


@pytest.mark.parametrize(
    ("workflow", "name"),
    [
        (PROMOTE, "push"),
        (PROMOTE, "workflow_dispatch"),
        (SETTLE, "pull_request"),
        (SETTLE, "issue_comment"),
        ("gitdraft-draft.yml", "repository_dispatch"),
    ],
)
def test_a_fork_of_the_repository_decides_nothing(
    workflow: str, name: str, github: GitHub, runner: Runner
) -> None:
    draft(github)
    github.comment(1, "/gitdraft bump major", by="ana")
    github.close(1)
    payload = {
        "push": lambda: pushed(github),
        "pull_request": lambda: event(github, "pull_request", "closed"),
        "issue_comment": lambda: event(github, "issue_comment", "created"),
    }.get(name, lambda: {"repository": {}, "action": "gitdraft-draft"})()
    payload["repository"]["fork"] = True
    assert runner.run(workflow, name, payload) is None


def test_text_of_an_event_is_never_run(github: GitHub, runner: Runner, tmp_path: Path) -> None:
    draft(github)
    github.comment(1, "/gitdraft reject $(touch pwned) `touch pwned` '; touch pwned;'")
    payload = event(github, "issue_comment", "created")
    payload["issue"]["title"] = "$(touch pwned)"
    ran(runner.run(SETTLE, "issue_comment", payload))
    assert list(tmp_path.rglob("pwned")) == []


def test_the_first_job_of_a_machine_installs_what_the_repository_pins(
    github: GitHub, runner: Runner
) -> None:
    runner.installed = None
    repository = github.shapes.repository(github.repository)
    ended = ran(runner.run(PROMOTE, "workflow_dispatch", {"repository": repository}))
    assert ended.out.startswith(f"dc43-gitdraft {__version__}\n")
    assert tags(github) == ["orders/v1.2.0"]


def test_a_protected_base_branch_gets_the_promotion_as_a_pull_request(
    github: GitHub, runner: Runner
) -> None:
    github.protect("main")
    draft(github)
    github.merge(1)
    ran(runner.run(SETTLE, "pull_request", event(github, "pull_request", "closed")))
    (pull,) = github.pulls("open")
    assert checked(github) == [pull["head"]["sha"]]
    github.merge(pull["number"])
    ran(runner.run(SETTLE, "pull_request", event(github, "pull_request", "closed")))
    assert status(github) == "status: active"
    assert "orders/v1.3.0" in tags(github)
