"""The workflow that drafts from an Observation that a job elsewhere wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.actions import Ran, Runner
from support.actions.events import like_the_example
from support.cli import program
from support.git import commit_on
from support.github import GitHub

WORKFLOW = "gitdraft-draft.yml"
ROWS = [
    {"order_id": 1, "amount": 10.5, "note": "a", "discount": 0.5},
    {"order_id": 2, "amount": 11.25, "note": "b", "discount": 0.25},
]


@pytest.fixture
def observation(tmp_path: Path) -> str:
    """What a job without access to the repository saw, as it prints it."""
    data = tmp_path / "orders.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    return program("observe", data).out


def by_hand(github: GitHub, **inputs: str) -> Any:
    payload = {"inputs": inputs, "ref": "refs/heads/main", "repository": _repository(github)}
    return like_the_example("workflow_dispatch", payload)


def by_program(github: GitHub, **client_payload: Any) -> Any:
    payload = {
        "action": "gitdraft-draft",
        "client_payload": client_payload,
        "repository": _repository(github),
    }
    return like_the_example("repository_dispatch", payload, "on-demand-test")


def _repository(github: GitHub) -> Any:
    return github.shapes.repository(github.repository)


def ran(ended: Ran | None, code: int = 0) -> Ran:
    assert ended is not None
    assert ended.code == code, ended.out
    return ended


def test_a_dispatch_by_hand_opens_a_pull_request(
    github: GitHub, runner: Runner, observation: str
) -> None:
    event = by_hand(github, contract="orders", observation=observation)
    ended = ran(runner.run(WORKFLOW, "workflow_dispatch", event))
    (pull,) = github.pulls("open")
    assert pull["title"].startswith("orders 1.3.0")
    assert ended.outputs["draft"] == {
        "outcome": "created",
        "number": str(pull["number"]),
        "url": pull["html_url"],
    }
    (check,) = github.repository.checks.values()
    assert check.sent["head_sha"] == pull["head"]["sha"]
    assert check.sent["conclusion"] == "success"
    assert ended.executed == runner.steps("draft")
    assert ended.summary == f"Draft: created: [#{pull['number']}]({pull['html_url']})\n"


def test_a_job_keeps_no_clone_for_those_after_it_on_the_machine(
    github: GitHub, runner: Runner, observation: str
) -> None:
    event = by_hand(github, contract="orders", observation=observation)
    ran(runner.run(WORKFLOW, "workflow_dispatch", event))
    assert list(runner.folder.glob("job-*/home/*")) == []
    assert list(runner.folder.glob("job-*/home/.cache")) == []
    assert len(list(runner.folder.glob("job-*/temp/gitdraft-cache/*"))) > 0


def test_the_same_observation_again_changes_nothing(
    github: GitHub, runner: Runner, observation: str
) -> None:
    event = by_hand(github, contract="orders", observation=observation)
    ran(runner.run(WORKFLOW, "workflow_dispatch", event))
    ended = ran(runner.run(WORKFLOW, "workflow_dispatch", event))
    assert ended.outputs["draft"]["outcome"] == "unchanged"
    assert len(github.pulls()) == 1


def test_a_dispatch_by_a_program_opens_a_pull_request(
    github: GitHub, runner: Runner, observation: str
) -> None:
    event = by_program(github, contract="orders", observation=json.loads(observation))
    ended = ran(runner.run(WORKFLOW, "repository_dispatch", event))
    assert ended.outputs["draft"]["outcome"] == "created"


def test_a_dispatch_of_another_kind_is_not_for_us(github: GitHub, runner: Runner) -> None:
    event = {**by_program(github, contract="orders"), "action": "deploy"}
    assert runner.run(WORKFLOW, "repository_dispatch", event) is None


def test_a_program_may_send_an_observation_that_no_variable_could_hold(
    github: GitHub, runner: Runner, tmp_path: Path
) -> None:
    deep: Any = {"leaf": 1}
    for _ in range(6):
        deep = {"a": 1, "b": 2, "c": 3, "x": deep}
    data = tmp_path / "deep.jsonl"
    data.write_text(json.dumps({f"n{number}": deep for number in range(25)}), "utf-8")
    observation = json.loads(program("observe", data).out)
    assert len(json.dumps(observation, indent=2)) > 131_072, "Linux takes no longer text"
    event = by_program(github, contract="orders", observation=observation)
    ended = ran(runner.run(WORKFLOW, "repository_dispatch", event))
    assert ended.outputs["draft"]["outcome"] == "created"


def test_an_observation_may_be_sent_as_text_too(
    github: GitHub, runner: Runner, observation: str
) -> None:
    event = by_program(github, contract="orders", observation=observation)
    ended = ran(runner.run(WORKFLOW, "repository_dispatch", event))
    assert ended.outputs["draft"]["outcome"] == "created"


def test_a_result_that_was_not_shown_is_shown_by_the_next_run(
    github: GitHub, runner: Runner, observation: str
) -> None:
    event = by_hand(github, contract="orders", observation=observation)
    fault = github.fault(method="POST", path="check-runs", status=422, times=100)
    ran(runner.run(WORKFLOW, "workflow_dispatch", event), code=3)
    assert github.repository.checks == {}
    github.faults.remove(fault)
    ended = ran(runner.run(WORKFLOW, "workflow_dispatch", event))
    assert ended.outputs["draft"]["outcome"] == "unchanged"
    (check,) = github.repository.checks.values()
    assert check.sent["head_sha"] == github.pull(1)["head"]["sha"]


def test_nothing_that_the_repository_holds_is_run(
    github: GitHub, runner: Runner, observation: str
) -> None:
    stop = "raise SystemExit('the file of the repository was run')\n"
    names = ("json", "os", "secrets", "sys", "dc43_gitdraft")
    commit_on(github.path, "main", {f"{name}.py": stop for name in names})
    github.pushed()
    event = by_hand(github, contract="orders", observation=observation)
    ended = ran(runner.run(WORKFLOW, "workflow_dispatch", event))
    assert "was run" not in ended.out
    github.comment(1, "/gitdraft bump major", by="ana")
    comment = like_the_example("issue_comment", github.event("issue_comment", "created"))
    ended = ran(runner.run("gitdraft-settle.yml", "issue_comment", comment))
    assert "was run" not in ended.out


def test_an_artifact_of_another_run_is_drafted_from(
    github: GitHub, runner: Runner, observation: str, tmp_path: Path
) -> None:
    folder = tmp_path / "artifact"
    folder.mkdir()
    (folder / "what-ever.json").write_text(observation, "utf-8")
    runner.artifacts["815", "orders-seen"] = folder
    event = by_hand(github, contract="orders", artifact="orders-seen", **{"run-id": "815"})
    ended = ran(runner.run(WORKFLOW, "workflow_dispatch", event))
    assert ended.outputs["draft"]["outcome"] == "created"


def test_an_artifact_that_is_not_there_ends_the_job(github: GitHub, runner: Runner) -> None:
    event = by_program(github, contract="orders", artifact="orders-seen")
    ran(runner.run(WORKFLOW, "repository_dispatch", event), code=1)
    assert github.pulls() == []


def test_no_observation_at_all_is_told(github: GitHub, runner: Runner) -> None:
    ended = ran(runner.run(WORKFLOW, "workflow_dispatch", by_hand(github, contract="orders")), 2)
    assert "::error::one Observation is wanted, and there are 0" in ended.out


def test_a_text_that_is_no_observation_is_told(github: GitHub, runner: Runner) -> None:
    event = by_hand(github, contract="orders", observation="hello")
    ended = ran(runner.run(WORKFLOW, "workflow_dispatch", event), code=2)
    assert "observation.json" in ended.out
    assert github.pulls() == []


def test_a_new_contract_has_to_be_allowed(github: GitHub, runner: Runner, observation: str) -> None:
    event = by_hand(github, contract="returns", observation=observation, new="false")
    assert "--new" in ran(runner.run(WORKFLOW, "workflow_dispatch", event), code=2).out
    event = by_hand(github, contract="returns", observation=observation, new="true")
    ended = ran(runner.run(WORKFLOW, "workflow_dispatch", event))
    assert ended.outputs["draft"]["outcome"] == "created"


@pytest.mark.parametrize(
    "contract", ["--help", "$(touch pwned)", "`touch pwned`", "'; touch pwned; '", "a\nb=c"]
)
def test_a_contracts_id_is_never_run(
    contract: str, github: GitHub, runner: Runner, observation: str, tmp_path: Path
) -> None:
    event = by_hand(github, contract=contract, observation=observation)
    ended = ran(runner.run(WORKFLOW, "workflow_dispatch", event), code=2)
    assert list(tmp_path.rglob("pwned")) == []
    assert ended.outputs == {"draft": {}}


@pytest.mark.parametrize("word", ["::error::gone", "x ##[add-matcher]m.json"])
def test_what_is_printed_of_the_data_is_no_order_to_the_runner(
    word: str, github: GitHub, runner: Runner, observation: str
) -> None:
    event = by_hand(github, contract=word, observation=observation, new="true")
    ended = runner.run(WORKFLOW, "workflow_dispatch", event)
    assert ended is not None
    assert ended.commands == ["stop-commands"]


def test_a_draft_that_may_not_be_opened_fails_with_the_address_to_open_it(
    github: GitHub, runner: Runner, observation: str
) -> None:
    github.repository.actions_may_open = False
    event = by_hand(github, contract="orders", observation=observation)
    ended = ran(runner.run(WORKFLOW, "workflow_dispatch", event), code=3)
    assert f"{github.web}/acme/contracts/compare/main...gitdraft/orders" in ended.out


def test_the_token_stands_in_no_output(github: GitHub, runner: Runner, observation: str) -> None:
    event = by_hand(github, contract="orders", observation=observation)
    ended = ran(runner.run(WORKFLOW, "workflow_dispatch", event))
    for token in github.tokens:
        assert token not in ended.out + ended.summary
        for path in runner.folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                assert token.encode() not in path.read_bytes(), path


def test_a_github_app_drafts_where_it_is_given(
    github: GitHub, runner: Runner, observation: str
) -> None:
    app = github.app("contract-bot")
    runner.secrets = {
        "GITDRAFT_APP_ID": str(app.id),
        "GITDRAFT_APP_PRIVATE_KEY": app.private_key,
    }
    event = by_hand(github, contract="orders", observation=observation)
    ran(runner.run(WORKFLOW, "workflow_dispatch", event))
    (pull,) = github.pulls("open")
    assert pull["user"]["login"] == "contract-bot[bot]"
    assert github.repository.checks == {}, "for an App's pull request the workflow runs"
