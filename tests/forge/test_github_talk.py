"""What is said under pull requests and at commits, and what a repository is set up for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.forge_contract import HEAD
from support.git import commit_on, git
from support.github import GitHub, serve

from dc43_gitdraft.errors import ForbiddenError
from dc43_gitdraft.forge.github import api
from dc43_gitdraft.forge.github.forge import GitHubForge
from dc43_gitdraft.forge.github.inspect import Protection
from dc43_gitdraft.forge.talk import Checks, Note, Result, Talk
from dc43_gitdraft.model import Level
from dc43_gitdraft.repo import Repo


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHub]:
    with serve(tmp_path, files={"README.md": "contracts\n"}) as running:
        commit_on(running.path, HEAD, {"a.txt": "x"})
        running.open(HEAD)
        yield running


def as_seen_by(github: GitHub, token: str) -> GitHubForge:
    repo = Repo.open(github.url, token)
    with repo:
        return GitHubForge(repo, api_url=github.api_url, token=token)


@pytest.fixture
def forge(github: GitHub) -> GitHubForge:
    return as_seen_by(github, github.actions_token())


@pytest.fixture
def sha(github: GitHub) -> str:
    return git(github.path, "rev-parse", HEAD)


def result(notes: int = 0, *, passed: bool = True) -> Result:
    return Result(
        "contracts",
        passed,
        "2 contracts checked: no findings" if passed else "1 error",
        "All is *well*.",
        [Note("a.txt", n + 1, Level.WARNING, f"rule-{n}", "Look here") for n in range(notes)],
        "https://ci.example.org/1",
    )


def test_it_can_talk_and_check(forge: GitHubForge) -> None:
    assert isinstance(forge, Talk)
    assert isinstance(forge, Checks)
    assert forge.full_name() == "acme/contracts"


@pytest.mark.parametrize("role", ["read", "triage", "write", "maintain", "admin", "none"])
def test_a_right_is_what_github_says_it_is(role: str, github: GitHub, forge: GitHubForge) -> None:
    github.person("kim", role)
    assert forge.permission("kim") == role


def test_whom_github_does_not_know_has_no_right(forge: GitHubForge) -> None:
    assert forge.permission("no/../body") == "none"


def test_a_comment_is_read_with_its_author(github: GitHub, forge: GitHubForge) -> None:
    number = github.comment(1, "/gitdraft bump\r\nmajor", by="ana")
    comment = forge.comment(number)
    assert comment is not None
    assert (comment.pull, comment.body, comment.author) == (1, "/gitdraft bump\nmajor", "ana")
    assert (comment.author_id, comment.own, comment.edited) == (
        github.account("ana").id,
        False,
        False,
    )
    github.edit_comment(number, "other")
    edited = forge.comment(number)
    assert edited is not None
    assert edited.edited
    assert forge.comment(10**9) is None


def test_comments_are_listed_oldest_first_over_pages(
    github: GitHub, forge: GitHubForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PER_PAGE", 2)
    for n in range(5):
        github.comment(1, f"{n}")
    assert [comment.body for comment in forge.comments(1)] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("who", ["a workflow", "a person"])
def test_an_answer_is_one_comment_that_is_edited(who: str, github: GitHub) -> None:
    token = github.actions_token() if who == "a workflow" else github.token("kim")
    forge = as_seen_by(github, token)
    github.comment(1, "<!-- mine --> says ana", by="ana")
    forge.answer(1, "first <!-- mine -->", "<!-- mine -->")
    forge.answer(1, "second <!-- mine -->", "<!-- mine -->")
    calls = len(github.calls)
    forge.answer(1, "second <!-- mine -->", "<!-- mine -->")
    assert not any(call.startswith(("POST", "PATCH")) for call in github.calls[calls:])
    assert [comment["body"] for comment in github.comments(1)] == [
        "<!-- mine --> says ana",
        "second <!-- mine -->",
    ]


def test_an_answer_whose_receipt_is_lost_is_not_given_twice(
    github: GitHub, forge: GitHubForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "BACKOFF", 0.01)
    github.fault(method="POST", path="/comments$", cut=True, after=True)
    forge.answer(1, "first <!-- mine -->", "<!-- mine -->")
    assert len(github.comments(1)) == 1


def test_a_reaction_twice_is_one(github: GitHub, forge: GitHubForge) -> None:
    number = github.comment(1, "/gitdraft bump major")
    for _ in range(2):
        forge.react(number, "+1")
    assert github.comments(1)[0]["reactions"]["+1"] == 1


def test_a_check_run_has_all_its_notes(github: GitHub, forge: GitHubForge, sha: str) -> None:
    address = forge.check_run(sha, result(120, passed=False))
    (run,) = github.repository.checks.values()
    assert (run.sent["conclusion"], run.sent["head_sha"]) == ("failure", sha)
    assert run.sent["output"]["title"] == "1 error"
    assert [note["start_line"] for note in run.annotations] == list(range(1, 121))
    assert {note["annotation_level"] for note in run.annotations} == {"warning"}
    assert address.startswith(github.web)
    assert sum("check-runs" in call for call in github.calls) == 3


def test_a_check_run_whose_receipt_is_lost_is_not_made_twice(
    github: GitHub, forge: GitHubForge, sha: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "BACKOFF", 0.01)
    github.fault(method="POST", path="/check-runs$", cut=True, after=True)
    forge.check_run(sha, result())
    assert len(github.repository.checks) == 1


def test_a_person_may_not_make_check_runs_and_makes_a_status(github: GitHub, sha: str) -> None:
    forge = as_seen_by(github, github.token("kim"))
    with pytest.raises(ForbiddenError):
        forge.check_run(sha, result())
    forge.status(sha, result())
    (status,) = github.repository.statuses[sha]
    assert (status.state, status.context, status.description) == (
        "success",
        "contracts",
        "2 contracts checked: no findings",
    )


def test_the_repository_tells_itself_and_the_tokens_rights(github: GitHub) -> None:
    facts = as_seen_by(github, github.token("kim", "write")).repository()
    assert (facts.full_name, facts.default_branch, facts.private) == (
        "acme/contracts",
        "main",
        True,
    )
    assert facts.rights is not None
    assert {"pull", "push"} <= facts.rights
    assert "admin" not in facts.rights


def test_protection_is_told_as_far_as_the_token_sees_it(github: GitHub) -> None:
    admin = as_seen_by(github, github.token("root", "admin"))
    writer = as_seen_by(github, github.token("kim", "write"))
    assert admin.protection("main") == Protection(False, (), None)
    assert admin.protection("nope") is None
    github.protect("main", reviews=2)
    assert admin.protection("main") == Protection(True, (), 2)
    assert writer.protection("main") == Protection(True, (), None)
    github.unprotect()
    github.protect("main", ruleset=True)
    found = writer.protection("main")
    assert found is not None
    assert found.rules


def test_whether_workflows_may_open_pull_requests_is_for_admins_to_know(github: GitHub) -> None:
    assert as_seen_by(github, github.token("root", "admin")).actions_may_open_pulls() is True
    github.repository.actions_may_open = False
    assert as_seen_by(github, github.token("root", "admin")).actions_may_open_pulls() is False
    assert as_seen_by(github, github.token("kim", "write")).actions_may_open_pulls() is None


def test_labels_and_code_owners_are_told(github: GitHub, forge: GitHubForge) -> None:
    github.repository.label("gitdraft")
    assert forge.labels() == ("gitdraft",)
    assert forge.codeowners_errors() in (None, ())
    assert as_seen_by(github, github.token("kim")).viewer() == "kim"
    assert forge.viewer() is None
