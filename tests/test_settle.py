"""Events of GitHub, settled at a GitHub of the tests' own, by a workflow's token."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from support.git import commit_on, git, refs_snapshot
from support.github import GitHub, serve
from support.shop import DISCOUNT, DISCOUNT_AND_TAX, ORDERS, clock, seen

from dc43_gitdraft import steward
from dc43_gitdraft.errors import ConfigError, InputError, NothingPromotedError, RemoteError
from dc43_gitdraft.forge.github.forge import GitHubForge
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.model import DataType, Outcome, OutcomeKind, QualityResult, Verdict
from dc43_gitdraft.publish import NEEDS_REBASE, OBSOLETE, REJECTED, UNDECIDED, Desk, publish
from dc43_gitdraft.repo import Repo
from dc43_gitdraft.settle import (
    Event,
    EventKind,
    Settled,
    SettledKind,
    parse_event,
    settle,
    unheeded,
)

BRANCH = "gitdraft/orders"
PATH = "contracts/orders.odcs.yaml"
HEAD = f"refs/heads/{BRANCH}"
PROMOTED, REJECTED_, OBEYED, REFUSED, NOTHING = SettledKind


@dataclass
class Site:
    """A contracts repository on GitHub, its jobs, and its workflow that settles."""

    github: GitHub

    def __post_init__(self) -> None:
        self.job_token = self.github.token("jobs", "write")
        self.workflow_token = self.github.actions_token()
        self.clock = clock()

    def job(
        self, columns: Mapping[str, DataType] = DISCOUNT, contract: str = "orders", **observed: Any
    ) -> Outcome:
        """Run a job that sees these columns."""
        new, quality = observed.pop("new", False), observed.pop("quality", ())
        look = replace(seen(dict(columns), **observed), quality=quality)
        with Repo.open(self.github.url, self.job_token) as repo:
            desk = self._desk(repo, self.job_token)
            return publish(contract, look, desk, new=new)

    def settle(self, event: Mapping[str, Any] | Event) -> Settled:
        """Run the workflow on an event."""
        told = event if isinstance(event, Event) else parse_event(json.dumps(event).encode(), "e")
        with Repo.open(self.github.url, self.workflow_token) as repo:
            return settle(self._desk(repo, self.workflow_token), told)

    def _desk(self, repo: Repo, token: str) -> Desk:
        forge = GitHubForge(repo, api_url=self.github.api_url, token=token)
        return Desk(repo, forge, "main", self.clock)

    def closed(self) -> Settled:
        """Settle the newest closing."""
        return self.settle(self.github.event("pull_request", "closed"))

    def say(self, text: str, by: str = "ana", number: int = 1) -> Settled:
        """Comment as a person, and settle that."""
        self.github.comment(number, text, by)
        return self.settle(self.github.event("issue_comment", "created"))

    def text(self, ref: str = "main", path: str = PATH) -> str:
        """Return a file at a ref."""
        return git(self.github.path, "show", f"{ref}:{path}") + "\n"

    def edit(self, branch: str, before: str, after: str) -> str:
        """Replace a text of the contract as a person."""
        text = self.text(branch)
        assert before in text
        sha = commit_on(self.github.path, branch, {PATH: text.replace(before, after)}, start="main")
        self.github.pushed()
        return sha

    def answers(self, number: int = 1) -> list[str]:
        """Return the lines of the one comment that answers."""
        said = [each["body"] for each in self.github.comments(number)]
        found = [body for body in said if steward.MARKER in body]
        assert len(found) <= 1
        return found[0].splitlines()[3:] if found else []

    def reactions(self, comment_id: int) -> list[str]:
        """Return what stands at a comment."""
        left = self.github.repository.comment(comment_id).reactions
        return sorted(each.content for each in left)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serve(tmp_path, files={PATH: ORDERS}) as github:
        yield Site(github)


# The event


def closed_event(**changes: Any) -> dict[str, Any]:
    event = {
        "action": "closed",
        "pull_request": {"number": 1},
        "repository": {"full_name": "acme/contracts"},
    }
    return {**event, **changes}


def commented_event(**changes: Any) -> dict[str, Any]:
    event = {
        "action": "created",
        "issue": {"number": 1, "pull_request": {}},
        "comment": {"id": 7},
        "repository": {"full_name": "acme/contracts"},
    }
    return {**event, **changes}


def parsed(event: object) -> Event:
    return parse_event(json.dumps(event).encode(), "event.json")


def test_a_closed_pull_request_and_a_new_comment_are_heeded() -> None:
    assert parsed(closed_event()) == Event(
        EventKind.CLOSED, "a pull request (closed)", "acme/contracts", 1
    )
    assert parsed(commented_event()) == Event(
        EventKind.COMMENTED, "a comment (created)", "acme/contracts", 1, 7
    )


@pytest.mark.parametrize(
    ("event", "what"),
    [
        (closed_event(action="opened"), "a pull request (opened)"),
        (closed_event(action="synchronize"), "a pull request (synchronize)"),
        (closed_event(review={}), "a review (closed)"),
        (commented_event(action="edited"), "a comment (edited)"),
        (commented_event(action="deleted"), "a comment (deleted)"),
        (commented_event(issue={"number": 1}), "a comment (created)"),
        ({"inputs": {"x": "y"}, "ref": "refs/heads/main"}, "a workflow dispatch"),
        ({"action": "drift", "client_payload": {}}, "a repository dispatch (drift)"),
        ({"schedule": "0 0 * * *"}, "a schedule"),
        ({"commits": [], "ref": "refs/heads/main"}, "a push"),
        ({}, "this event"),
        ({"action": ["closed"], "pull_request": 7}, "a pull request"),
        ({"action": "\x1b[31m" + "x" * 99, "issue": 1}, f"an issue ([31m{'x' * 34} …)"),
    ],
)
def test_other_events_leave_nothing_to_do(event: object, what: str) -> None:
    told = parsed(event)
    assert told.kind is EventKind.OTHER
    settled = unheeded(told)
    assert settled is not None
    assert settled.kind is NOTHING
    if "…" not in what:
        assert settled.reason == f"{what} leaves nothing to do"


@pytest.mark.parametrize(
    "event",
    [
        closed_event(pull_request={"number": "1"}),
        closed_event(pull_request={"number": True}),
        closed_event(pull_request={"number": 0}),
        closed_event(pull_request={"number": 2**63}),
        closed_event(pull_request={"number": 1.5}),
        closed_event(pull_request=[1]),
        closed_event(repository={"full_name": "acme/../x"}),
        closed_event(repository={"full_name": "-x"}),
        closed_event(repository={"full_name": None}),
        closed_event(repository="acme/contracts"),
        closed_event(repository=None),
        commented_event(comment={"id": "7; rm -rf /"}),
        commented_event(comment={"id": -1}),
        commented_event(comment=7),
        commented_event(issue={"pull_request": {}, "number": [1]}),
        [],
        "closed",
        None,
    ],
)
def test_a_payload_that_is_not_github_s_is_refused(event: object) -> None:
    with pytest.raises(InputError, match=r"^event\.json: is not"):
        parsed(event)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN'])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"is not the JSON"):
        parse_event(data, "event.json")


def test_a_payload_longer_than_github_s_is_refused() -> None:
    with pytest.raises(InputError, match="longer than the 32 MiB"):
        parse_event(b" " * (33 << 20), "event.json")


def test_the_event_of_another_repository_is_refused(site: Site) -> None:
    with pytest.raises(ConfigError, match="is of acme/other, and not of acme/contracts"):
        site.settle(closed_event(repository={"full_name": "acme/other"}))


def test_an_event_without_github_is_refused(site: Site) -> None:
    with Repo.open(str(site.github.path)) as repo:
        desk = Desk(repo, LocalForge(repo), "main", site.clock)
        with pytest.raises(ConfigError, match="set GITHUB_TOKEN"):
            settle(desk, parsed(closed_event()))


# Merged


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_merged_draft_is_promoted_and_its_branch_deleted(site: Site, method: str) -> None:
    site.job()
    site.github.merge(1, method)
    settled = site.closed()
    assert (settled.kind, settled.reason) == (PROMOTED, "#1 promoted orders 1.3.0")
    assert "status: active" in site.text("orders/v1.3.0")
    assert site.text() == site.text("orders/v1.3.0")
    assert HEAD not in refs_snapshot(site.github.path)


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_branch_that_people_deleted_after_the_merge_is_no_hindrance(
    site: Site, method: str
) -> None:
    site.job()
    site.github.merge(1, method)
    site.github.delete_branch(BRANCH)
    assert site.closed().kind is PROMOTED


def test_settling_a_merge_twice_is_settling_it_once(site: Site) -> None:
    site.job()
    site.github.merge(1)
    site.closed()
    before = refs_snapshot(site.github.path)
    settled = site.closed()
    assert (settled.kind, settled.reason) == (NOTHING, "#1 had nothing left to promote")
    assert refs_snapshot(site.github.path) == before


def test_a_merged_draft_that_promotes_nothing_is_an_error(site: Site) -> None:
    site.job()
    git(site.github.path, "tag", "orders/v1.3.0", "main")
    site.github.merge(1)
    with pytest.raises(NothingPromotedError, match=r"orders/v1\.3\.0"):
        site.closed()


def test_a_protected_base_branch_is_asked_by_a_pull_request(site: Site) -> None:
    site.job()
    site.github.protect("main")
    site.github.merge(1)
    settled = site.closed()
    assert (settled.kind, settled.reason) == (
        PROMOTED,
        "#1 is promoted once its promotion pull request is merged",
    )
    site.github.merge(2)
    settled = site.closed()
    assert settled.reason == "#2 promoted orders 1.3.0"
    assert "status: active" in site.text("orders/v1.3.0")


def test_other_pull_requests_are_let_alone(site: Site) -> None:
    commit_on(site.github.path, "feature", {"README.md": "hello\n"}, start="main")
    number = site.github.open("feature")
    site.github.merge(number)
    before = refs_snapshot(site.github.path)
    settled = site.closed()
    assert (settled.kind, settled.reason) == (NOTHING, "#1 is no draft of this tool")
    assert refs_snapshot(site.github.path) == before


def test_a_merge_into_another_branch_promotes_nothing(site: Site) -> None:
    git(site.github.path, "branch", "next", "main")
    commit_on(site.github.path, BRANCH, {"README.md": "hello\n"}, start="main")
    number = site.github.open(BRANCH, "next")
    site.github.merge(number)
    assert site.closed().reason == "#1 was not for main but for next"


# Closed


def test_a_closed_draft_is_rejected_with_what_its_closer_said(site: Site) -> None:
    site.job()
    site.github.comment(1, "I wonder.", "zoe")
    site.github.close(1, "ana", "Amounts stay whole cents.\n\nMend the job.")
    settled = site.closed()
    said = "Amounts stay whole cents. Mend the job."
    assert (settled.kind, settled.reason) == (REJECTED_, f"#1 was rejected by ana: {said}")
    assert HEAD not in refs_snapshot(site.github.path)
    outcome = site.job()
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, f"rejected by ana: {said}")
    assert REJECTED in [label["name"] for label in site.github.pull(1)["labels"]]


def test_without_a_word_of_the_closer_there_is_no_reason(site: Site) -> None:
    site.job()
    site.github.comment(1, "No!", "zoe")
    site.github.close(1)
    assert site.closed().reason == "#1 was rejected by ana without a reason"


def test_settling_a_closing_twice_is_settling_it_once(site: Site) -> None:
    site.job()
    site.github.close(1, "ana", "No.")
    first = site.closed()
    state = (site.github.comments(1), refs_snapshot(site.github.path))
    assert site.closed() == first
    assert (site.github.comments(1), refs_snapshot(site.github.path)) == state


@pytest.mark.parametrize("by", ["ana", "jobs"])
def test_deleting_the_branch_rejects_too(site: Site, by: str) -> None:
    site.job()
    site.github.delete_branch(BRANCH, by)
    assert site.closed().reason == f"#1 was rejected by {by} without a reason"
    assert site.job().kind is OutcomeKind.REJECTED


def test_a_branch_with_people_s_commits_stays(site: Site) -> None:
    site.job()
    edit = site.edit(BRANCH, "name: discount", "name: discount\n        description: x")
    site.github.close(1)
    assert site.closed().kind is REJECTED_
    assert refs_snapshot(site.github.path)[HEAD] == edit


def test_what_this_tool_closed_as_obsolete_is_no_rejection(site: Site) -> None:
    site.job()
    assert site.job(columns={k: v for k, v in DISCOUNT.items() if k != "discount"}).kind is (
        OutcomeKind.NO_DRIFT
    )
    settled = site.closed()
    assert (settled.kind, settled.reason) == (
        NOTHING,
        "#1 was closed by this tool, as it is obsolete",
    )
    assert [label["name"] for label in site.github.pull(1)["labels"]] == ["gitdraft", OBSOLETE]
    assert site.job().kind is OutcomeKind.CREATED


@pytest.mark.parametrize("first", ["closed", "commented"])
def test_a_reason_said_as_a_command_is_the_reason_whichever_event_comes_first(
    site: Site, first: str
) -> None:
    site.job()
    site.github.close(1, "ana", "/gitdraft reject whole cents, please")
    events = [
        site.github.event("pull_request", "closed"),
        site.github.event("issue_comment", "created"),
    ]
    for event in events if first == "closed" else events[::-1]:
        site.settle(event)
    assert site.job().reason == "rejected by ana: whole cents, please"


@pytest.mark.parametrize("said", [None, "No."])
def test_a_later_command_gives_another_reason(site: Site, said: str | None) -> None:
    site.job()
    site.github.close(1, "ana", said)
    site.closed()
    assert site.say("/gitdraft reject whole cents, please").kind is OBEYED
    assert site.job().reason == "rejected by ana: whole cents, please"
    assert site.closed().reason == "#1 was rejected by ana: whole cents, please"


def test_a_word_of_the_closer_after_the_rejection_is_the_reason(site: Site) -> None:
    site.job()
    site.github.close(1)
    site.closed()
    site.github.comment(1, "Whole cents, please.")
    assert site.job().reason == "rejected by ana: Whole cents, please."


def test_what_this_tool_says_with_a_person_s_token_is_no_reason(site: Site) -> None:
    site.job()
    site.workflow_token = site.github.token("ana")
    site.github.close(1)
    site.closed()
    assert site.job().reason == "rejected by ana without a reason"


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize(
    ("by", "role"), [("tri", "triage"), ("eve", "read"), ("stale[bot]", "write")]
)
def test_a_closing_by_who_may_not_decide_is_no_rejection(
    site: Site, by: str, role: str, settled: bool
) -> None:
    if by.endswith("[bot]"):
        site.github.account(by, "Bot")
    site.github.person(by, role)
    site.job()
    site.github.close(1, by, "No thanks.")
    if settled:
        done = site.closed()
        assert (done.kind, done.reason) == (
            NOTHING,
            f"#1 was closed by {by}, who may not decide: its drift is proposed again",
        )
        assert UNDECIDED in [label["name"] for label in site.github.pull(1)["labels"]]
        assert site.closed() == done
    outcome = site.job()
    assert (outcome.kind, outcome.pull_request and outcome.pull_request.number) == (
        OutcomeKind.CREATED,
        2,
    )


def test_a_label_set_by_hand_makes_no_rejection(site: Site) -> None:
    site.job()
    site.github.person("tri", "triage")
    with site.github.lock:
        issue = site.github.repository.issue(1)
        site.github.label(
            site.github.repository, issue, [REJECTED], site.github.account("tri"), add=True
        )
    site.github.close(1, "tri")
    assert site.closed().kind is NOTHING
    assert site.job().kind is OutcomeKind.CREATED


def test_a_steward_rejects_what_somebody_else_closed(site: Site) -> None:
    site.job()
    site.github.person("tri", "triage")
    site.github.close(1, "tri")
    site.closed()
    assert site.say("/gitdraft reject whole cents").kind is OBEYED
    assert [label["name"] for label in site.github.pull(1)["labels"]] == ["gitdraft", REJECTED]
    assert site.job().reason == "rejected by ana: whole cents"


@pytest.mark.parametrize("seen_by", ["settle", "job"])
def test_a_draft_reopened_on_the_web_is_undecided(site: Site, seen_by: str) -> None:
    site.job()
    body = site.github.pull(1)["body"]
    site.edit(BRANCH, "name: discount", "name: discount\n        description: x")
    site.github.close(1, "ana", "First.")
    site.closed()
    site.github.reopen(1)
    if seen_by == "settle":
        settled = site.settle(site.github.event("pull_request", "reopened"))
        assert (settled.kind, settled.reason) == (NOTHING, "#1 is undecided again")
        assert site.github.pull(1)["body"] == body
    else:
        assert site.job().kind is OutcomeKind.UNCHANGED
    pull = site.github.pull(1)
    assert [label["name"] for label in pull["labels"]] == ["gitdraft"]
    assert "gitdraft-decision" not in pull["body"]


@pytest.mark.parametrize("seen", [True, False])
def test_the_reason_of_a_second_closing_is_its_own(site: Site, seen: bool) -> None:
    site.job()
    site.edit(BRANCH, "name: discount", "name: discount\n        description: x")
    site.github.close(1, "ana", "First.")
    site.closed()
    site.github.reopen(1)
    if seen:
        site.settle(site.github.event("pull_request", "reopened"))
    site.github.person("zoe")
    site.github.close(1, "zoe", "Second.")
    assert site.closed().reason == "#1 was rejected by zoe: Second."
    assert site.job().reason == "rejected by zoe: Second."


def test_reopening_that_is_over_is_let_alone(site: Site) -> None:
    site.job()
    site.github.close(1)
    site.github.reopen(1)
    event = site.github.event("pull_request", "reopened")
    site.github.close(1)
    assert site.settle(event).reason == "#1 is closed again"


def test_a_draft_that_is_open_again_is_let_alone(site: Site) -> None:
    site.job()
    site.github.close(1)
    event = site.github.event("pull_request", "closed")
    site.github.reopen(1)
    assert site.settle(event).reason == "#1 is open again"
    assert site.job().kind is OutcomeKind.UNCHANGED


# Commands


def test_a_command_is_obeyed_and_answered_once(site: Site) -> None:
    site.job()
    settled = site.say("/gitdraft bump major\n\nThis breaks us.")
    assert settled.kind is OBEYED
    assert "version: 2.0.0" in site.text(BRANCH)
    (command,) = [each for each in site.github.comments(1) if each["user"]["login"] == "ana"]
    assert site.reactions(command["id"]) == ["+1", "eyes"]
    (line,) = site.answers()
    assert line.startswith("- ✅ `/gitdraft bump major` (`ana`): it is version `2.0.0` now")
    assert site.github.pull(1)["title"].startswith("orders 2.0.0:")
    site.say("/gitdraft bump minor")
    assert [line.split("`")[1] for line in site.answers()] == [
        "/gitdraft bump major",
        "/gitdraft bump minor",
    ]


def test_the_commit_is_by_the_steward(site: Site) -> None:
    site.job()
    site.say("/gitdraft bump major")
    ana = site.github.account("ana").id
    line = git(site.github.path, "log", "-1", "--format=%an <%ae>|%cn", BRANCH)
    assert line == f"ana <{ana}+ana@users.noreply.127.0.0.1>|dc43-gitdraft"


def test_a_command_settled_twice_is_obeyed_once(site: Site) -> None:
    site.job()
    site.github.comment(1, "/gitdraft bump major")
    event = site.github.event("issue_comment", "created")
    assert site.settle(event).kind is OBEYED
    site.say("/gitdraft bump minor")
    before = refs_snapshot(site.github.path)
    assert site.settle(event).reason == "#1: the command was obeyed before"
    assert refs_snapshot(site.github.path) == before
    assert len(site.answers()) == 2


def test_a_command_that_was_refused_may_be_settled_again(site: Site) -> None:
    site.job()
    site.github.comment(1, "/gitdraft relax required")
    event = site.github.event("issue_comment", "created")
    assert site.settle(event).kind is REFUSED
    site.job(DISCOUNT_AND_TAX, nulls={"order_id": 1})
    assert site.settle(event).kind is OBEYED
    assert len(site.answers()) == 1


@pytest.mark.parametrize("role", ["none", "read", "triage"])
def test_who_may_not_write_is_refused(site: Site, role: str) -> None:
    site.job()
    site.github.person("eve", role)
    before = refs_snapshot(site.github.path)
    settled = site.say("/gitdraft reject no", "eve")
    assert settled.kind is REFUSED
    assert "eve needs the right to write" in settled.reason
    assert refs_snapshot(site.github.path) == before
    assert site.github.pull(1)["state"] == "open"
    assert site.reactions(site.github.comments(1)[0]["id"]) == ["confused"]


def test_strangers_cannot_make_a_command_be_obeyed_again(site: Site) -> None:
    site.job()
    site.github.comment(1, "/gitdraft bump major")
    event = site.github.event("issue_comment", "created")
    site.settle(event)
    site.github.person("eve", "read")
    for _ in range(11):
        site.say("/gitdraft reject no", "eve")
    assert len(site.answers()) == 1
    site.say("/gitdraft bump minor")
    assert site.settle(event).reason == "#1: the command was obeyed before"
    assert "version: 1.3.0" in site.text(BRANCH)


@pytest.mark.parametrize("role", ["write", "maintain", "admin"])
def test_who_may_write_is_obeyed(site: Site, role: str) -> None:
    site.job()
    site.github.person("zoe", role)
    assert site.say("/gitdraft bump major", "zoe").kind is OBEYED


def test_rights_are_asked_of_github_and_not_of_the_event(site: Site) -> None:
    site.job()
    site.github.person("eve", "read")
    site.github.comment(1, "/gitdraft reject no", "eve")
    event = json.loads(json.dumps(site.github.event("issue_comment", "created")))
    event["comment"]["author_association"] = "OWNER"
    event["comment"]["user"] = event["sender"] = {"login": "ana", "id": 1}
    assert site.settle(event).kind is REFUSED


def test_the_text_is_asked_of_github_and_not_of_the_event(site: Site) -> None:
    site.job()
    site.github.comment(1, "Looks good.")
    event = json.loads(json.dumps(site.github.event("issue_comment", "created")))
    event["comment"]["body"] = "/gitdraft reject no"
    settled = site.settle(event)
    assert (settled.kind, settled.reason) == (NOTHING, "the comment is no command")


def test_an_edited_comment_is_no_command(site: Site) -> None:
    site.job()
    identifier = site.github.comment(1, "Looks good.")
    event = site.github.event("issue_comment", "created")
    site.github.edit_comment(identifier, "/gitdraft reject no")
    assert "was edited" in site.settle(event).reason
    assert site.github.pull(1)["state"] == "open"


def test_the_answers_are_no_commands(site: Site) -> None:
    site.job()
    site.say("/gitdraft bump major")
    answer = next(each for each in site.github.comments(1) if steward.MARKER in each["body"])
    event = json.loads(json.dumps(site.github.event("issue_comment", "created")))
    event["comment"]["id"] = answer["id"]
    settled = site.settle(event)
    assert (settled.kind, "a program's" in settled.reason or "edited" in settled.reason) == (
        NOTHING,
        True,
    )


def test_the_person_whose_token_it_is_may_command_too(site: Site) -> None:
    site.job()
    site.workflow_token = site.github.token("ana")
    assert site.say("/gitdraft bump major", "ana").kind is OBEYED
    assert len(site.answers()) == 1


def test_another_program_is_not_obeyed(site: Site) -> None:
    site.job()
    site.github.account("helper[bot]", "Bot")
    site.github.person("helper[bot]", "admin")
    assert site.say("/gitdraft bump major", "helper[bot]").reason == "the comment is a program's"


def test_talk_is_let_alone_and_only_read(site: Site) -> None:
    site.job()
    site.github.comment(1, "Looks good.")
    del site.github.requests[:]
    site.settle(site.github.event("issue_comment", "created"))
    assert [call.partition(" ")[0] for call in site.github.calls] == ["GET", "GET"]


def test_a_comment_that_is_gone_is_let_alone(site: Site) -> None:
    site.job()
    assert site.settle(commented_event(comment={"id": 999_999})).reason == "the comment is gone"


def test_an_unknown_command_is_answered_with_help(site: Site) -> None:
    site.job()
    assert site.say("/gitdraft help").kind is REFUSED
    assert "`bump major|minor|patch`" in site.answers()[0]
    assert site.reactions(site.github.comments(1)[0]["id"]) == ["confused", "eyes"]


def test_a_command_under_another_pull_request_is_answered(site: Site) -> None:
    commit_on(site.github.path, "feature", {"README.md": "hello\n"}, start="main")
    number = site.github.open("feature")
    assert site.say("/gitdraft bump major", number=number).kind is REFUSED
    assert "is not a draft" in site.answers(number)[0].replace("`", "")


def test_reject_by_command_tells_the_job_why(site: Site) -> None:
    site.job()
    assert site.say("/gitdraft reject whole cents, please").kind is OBEYED
    outcome = site.job()
    assert (outcome.kind, outcome.reason) == (
        OutcomeKind.REJECTED,
        "rejected by ana: whole cents, please",
    )
    # The one comment answers; closing says nothing more.
    assert len(site.github.comments(1)) == 2
    assert site.closed().kind is REJECTED_
    assert len(site.github.comments(1)) == 2
    assert site.job().reason == "rejected by ana: whole cents, please"


def test_redraft_goes_on_after_the_base_moved(site: Site) -> None:
    site.job()
    site.edit(BRANCH, "name: discount", "name: discount\n        description: In euros.")
    text = site.text().replace("version: 1.2.0", "version: 1.3.0").replace("Total in", "All in")
    commit_on(site.github.path, "main", {PATH: text})
    site.github.pushed()
    assert site.job(DISCOUNT_AND_TAX).kind is OutcomeKind.BLOCKED
    assert NEEDS_REBASE in [label["name"] for label in site.github.pull(1)["labels"]]
    assert site.say("/gitdraft redraft").kind is OBEYED
    assert NEEDS_REBASE not in [label["name"] for label in site.github.pull(1)["labels"]]
    assert site.job(DISCOUNT_AND_TAX).kind is OutcomeKind.UPDATED
    site.github.merge(1, "squash")
    assert site.closed().reason == "#1 promoted orders 1.4.0"
    final = site.text("orders/v1.4.0")
    for kept in ("description: In euros.", "All in euros.", "name: tax"):
        assert kept in final


def test_relax_after_more_drift(site: Site) -> None:
    site.job(nulls={"order_id": 2})
    site.job(DISCOUNT_AND_TAX, nulls={"order_id": 3})
    assert site.say("/gitdraft relax required").kind is OBEYED
    assert "required: false" in site.text(BRANCH)
    assert site.job(DISCOUNT_AND_TAX, nulls={"order_id": 3}).kind is OutcomeKind.UNCHANGED


def test_rules_are_relaxed_by_what_the_job_counted(site: Site) -> None:
    rule = "quality:\n          - metric: nullValues\n            mustBe: 0"
    site.edit("main", "name: note", f"name: note\n        enum: [value: a]\n        {rule}")
    quality = (
        QualityResult("enum", Verdict.BLOCK, "orders.note", 2, 10),
        QualityResult("nullValues", Verdict.WARN, "orders.note", 3, 10),
    )
    site.job(quality=quality)
    assert "3 of 10" in site.github.pull(1)["body"]
    assert site.say("/gitdraft relax threshold").kind is OBEYED
    assert "mustBeLessOrEqualTo: 3" in site.text(BRANCH)
    assert "enum: [value: a]" in site.text(BRANCH)
    assert site.say("/gitdraft relax enum note").kind is OBEYED
    assert "enum" not in site.text(BRANCH).partition("customProperties")[0]
    assert site.say("/gitdraft relax enum other").kind is REFUSED
    first, second, third = site.answers()
    assert "`orders.note` may break as many rows as were counted now" in first
    assert "`orders.note` may have other values now" in second
    assert "`other`: not to be relaxed here" in third
    body = site.github.pull(1)["body"]
    assert "changes no rule but those that are relaxed above" in body
    assert "3 of 10" in body
    assert site.job(quality=quality).kind is OutcomeKind.UNCHANGED


# When GitHub fails


def struck(site: Site, event: Mapping[str, Any], *, after: bool) -> tuple[Settled, int]:
    """Settle an event again and again, each time with one more of its requests coming through."""
    for nth in range(1, 40):
        fault = site.github.fault(nth=nth, times=99, cut=True, after=after)
        try:
            settled = site.settle(event)
        except RemoteError:
            site.github.faults.clear()
        else:
            if fault.seen < nth:
                return settled, nth
            site.github.faults.clear()
    raise AssertionError("it never came through")


@pytest.fixture
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dc43_gitdraft.forge.github.api.BACKOFF", 0.001)


@pytest.mark.usefixtures("_hurried")
@pytest.mark.parametrize("after", [False, True])
def test_a_command_that_was_cut_off_anywhere_is_finished(site: Site, after: bool) -> None:
    site.job()
    site.github.comment(1, "/gitdraft bump major")
    settled, runs = struck(site, site.github.event("issue_comment", "created"), after=after)
    assert settled.kind in {OBEYED, NOTHING}
    assert runs > 8
    assert site.github.pull(1)["title"].startswith("orders 2.0.0:")
    assert "version: 2.0.0" in site.text(BRANCH)
    assert len(site.answers()) == 1
    assert git(site.github.path, "rev-list", "--count", f"main..{BRANCH}") == "2"


@pytest.mark.usefixtures("_hurried")
@pytest.mark.parametrize("after", [False, True])
def test_a_rejection_that_was_cut_off_anywhere_is_finished(site: Site, after: bool) -> None:
    site.job()
    site.github.close(1, "ana", "No.")
    settled, _ = struck(site, site.github.event("pull_request", "closed"), after=after)
    assert settled.reason == "#1 was rejected by ana: No."
    assert HEAD not in refs_snapshot(site.github.path)
    assert len(site.github.comments(1)) == 2
    assert site.job().reason == "rejected by ana: No."


@pytest.mark.usefixtures("_hurried")
@pytest.mark.parametrize("after", [False, True])
def test_a_promotion_that_was_cut_off_anywhere_is_finished(site: Site, after: bool) -> None:
    site.job()
    site.github.merge(1)
    struck(site, site.github.event("pull_request", "closed"), after=after)
    assert site.text("orders/v1.3.0") == site.text()
    assert HEAD not in refs_snapshot(site.github.path)
    assert git(site.github.path, "rev-list", "--count", "--first-parent", "main") == "3"


@pytest.mark.parametrize(
    "permissions",
    [{"contents": "read"}, {"contents": "read", "issues": "read", "pull_requests": "read"}],
)
def test_a_token_that_may_only_read_says_so(site: Site, permissions: dict[str, str]) -> None:
    site.job()
    site.github.close(1, "ana", "No.")
    site.workflow_token = site.github.actions_token(permissions)
    with pytest.raises(RemoteError, match=r"does not let this token|may not see it"):
        site.closed()


def test_an_invalid_token_says_so(site: Site) -> None:
    site.job()
    site.github.close(1)
    site.github.expire(site.workflow_token)
    with pytest.raises(RemoteError) as caught:
        site.closed()
    assert site.workflow_token not in str(caught.value)


# What a pull request says of commands


def test_a_pull_request_tells_of_commands_where_the_workflow_obeys_them(site: Site) -> None:
    site.job()
    assert "/gitdraft" not in site.github.pull(1)["body"]
    commit_on(site.github.path, "main", {".github/workflows/gitdraft-settle.yml": "on: {}\n"})
    site.github.pushed()
    site.job(DISCOUNT_AND_TAX)
    assert "`/gitdraft bump major|minor|patch`" in site.github.pull(1)["body"]
    site.say("/gitdraft bump major")
    assert "`/gitdraft redraft`" in site.github.pull(1)["body"]


def test_a_draft_that_stands_in_the_way_tells_of_redraft(site: Site) -> None:
    commit_on(site.github.path, "main", {".github/workflows/gitdraft-settle.yml": "on: {}\n"})
    site.job()
    site.edit(BRANCH, "name: discount", "name: discount\n        description: x")
    site.edit("main", "Total in euros.", "All in euros.")
    assert site.job(DISCOUNT_AND_TAX).kind is OutcomeKind.BLOCKED
    assert "or comment `/gitdraft redraft`." in site.github.comments(1)[-1]["body"]
