"""The tests' GitHub answers as GitHub does: judged with PyGithub, with Git, and over plain HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from typing import Any

import github
import jwt
import pytest
from support import npm
from support.git import commit_on, git
from support.github import GitHub, serve
from support.github.routes import ROUTES

ORDERS = {"contracts/orders.yaml": "id: orders\n"}
PULLS = "/repos/acme/contracts/pulls"
HEAD = "gitdraft/orders"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[GitHub]:
    with serve(tmp_path / "github", files=ORDERS) as running:
        yield running


@pytest.fixture
def repo(hub: GitHub) -> Iterator[github.Repository.Repository]:
    with github.Github(
        auth=github.Auth.Token(hub.token("bot")),
        base_url=hub.api_url,
        retry=None,
        seconds_between_requests=0,
        seconds_between_writes=0,
    ) as client:
        yield client.get_repo("acme/contracts")


def branch(hub: GitHub, name: str = HEAD, text: str = "id: orders\nv: 2\n") -> str:
    sha = commit_on(hub.path, name, {"contracts/orders.yaml": text}, start="main")
    hub.pushed()
    return sha


class Said:
    """An answer."""

    def __init__(self, status: int, headers: dict[str, str], text: bytes) -> None:
        self.status, self.headers = status, headers
        self.json: Any = json.loads(text) if text else None


@pytest.fixture
def ask(hub: GitHub) -> Callable[..., Said]:
    default = hub.token("bot")

    def ask(method: str, path: str, body: Any = None, token: str | None = default) -> Said:
        connection = HTTPConnection("127.0.0.1", hub.port, timeout=10)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        sent = None if body is None else json.dumps(body)
        try:
            connection.request(method, f"/api/v3{path}", sent, headers)
            got = connection.getresponse()
            return Said(got.status, dict(got.getheaders()), got.read())
        finally:
            connection.close()

    return ask


Ask = Callable[..., Said]


def test_a_pull_request_is_opened_changed_and_merged(
    hub: GitHub, repo: github.Repository.Repository
) -> None:
    sha = branch(hub)
    pull = repo.create_pull("main", HEAD, title="orders 2", body="Body")
    assert (pull.number, pull.head.sha, pull.state, pull.user.login) == (1, sha, "open", "bot")
    pull.edit(title="orders 2.0")
    pull.add_to_labels("gitdraft", "contract")
    pull.remove_from_labels("contract")
    pull.create_issue_comment("Look.").edit("Look again.")
    merged = hub.merge(1, "merge", by="ana")
    pull = repo.get_pull(1)
    assert (pull.title, pull.merged, pull.merged_by.login) == ("orders 2.0", True, "ana")
    assert pull.merge_commit_sha == merged
    assert [label.name for label in pull.labels] == ["gitdraft"]
    assert [comment.body for comment in pull.get_issue_comments()] == ["Look again."]
    assert git(hub.path, "show", "main:contracts/orders.yaml") == "id: orders\nv: 2"


def test_git_and_the_api_share_an_address_and_tokens(hub: GitHub, tmp_path: Path) -> None:
    url = hub.url.replace("//", f"//x-access-token:{hub.token('bot')}@")
    git(tmp_path, "clone", "-q", url, "clone")
    commit_on(tmp_path / "clone", "gitdraft/a", {"a.txt": "a"}, start="main")
    git(tmp_path / "clone", "push", "-q", "origin", "gitdraft/a")
    assert git(hub.path, "rev-parse", "--abbrev-ref", "gitdraft/a") == "gitdraft/a"
    assert hub.event("push")["ref"] == "refs/heads/gitdraft/a"
    assert {request.user for request in hub.requests if request.status == 200} == {"bot"}


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"head": "none"}, {"resource": "PullRequest", "code": "invalid", "field": "head"}),
        ({"base": "none"}, {"resource": "PullRequest", "code": "invalid", "field": "base"}),
        (
            {"head": "same"},
            {
                "resource": "PullRequest",
                "code": "custom",
                "message": "No commits between main and same",
            },
        ),
        (
            {"body": "x" * 65537},
            {
                "resource": "PullRequest",
                "code": "custom",
                "field": "body",
                "message": "body is too long (maximum is 65536 characters)",
            },
        ),
    ],
)
def test_a_pull_request_that_cannot_be_is_refused(
    hub: GitHub, ask: Ask, sent: dict[str, str], error: dict[str, str]
) -> None:
    branch(hub)
    git(hub.path, "branch", "same", "main")
    said = ask("POST", PULLS, {"head": HEAD, "base": "main", "title": "T", **sent})
    assert (said.status, said.json["errors"]) == (422, [error])


def test_a_second_pull_request_for_a_branch_is_refused(hub: GitHub, ask: Ask) -> None:
    branch(hub)
    sent = {"head": HEAD, "base": "main", "title": "T"}
    assert ask("POST", PULLS, sent).status == 201
    said = ask("POST", PULLS, {**sent, "head": f"acme:{HEAD}"})
    assert said.status == 422
    assert said.json["errors"][0]["message"] == f"A pull request already exists for acme:{HEAD}."


def test_lists_come_in_pages(hub: GitHub, ask: Ask) -> None:
    for n in range(1, 6):
        branch(hub, f"b{n}", f"{n}\n")
        hub.open(f"b{n}")
    first = ask("GET", f"{PULLS}?state=all&per_page=2")
    assert [pull["number"] for pull in first.json] == [5, 4]
    assert f'{hub.api_url}{PULLS}?state=all&per_page=2&page=2>; rel="next"' in first.headers["Link"]
    last = ask("GET", f"{PULLS}?state=all&per_page=2&page=3")
    assert [pull["number"] for pull in last.json] == [1]
    assert 'rel="next"' not in last.headers["Link"]
    assert [pull["number"] for pull in ask("GET", f"{PULLS}?head=acme:b3").json] == [3]
    assert len(ask("GET", f"{PULLS}?head=b3").json) == 5  # Without its owner it is no filter.


def test_who_may_not_is_told_how_github_tells(hub: GitHub, ask: Ask) -> None:
    branch(hub)
    sent = {"head": HEAD, "base": "main", "title": "T"}
    assert ask("GET", PULLS, token=None).status == 401
    assert ask("GET", PULLS, token="wrong").json["message"] == "Bad credentials"
    assert ask("GET", PULLS, token=hub.token("eve", "none")).status == 404
    read = hub.token("rob", "read")
    assert ask("GET", PULLS, token=read).status == 200
    assert ask("POST", PULLS, sent, token=read).status == 403
    workflow = hub.actions_token({"contents": "read"})
    said = ask("POST", PULLS, sent, token=workflow)
    assert (said.status, said.json["message"]) == (403, "Resource not accessible by integration")
    hub.repository.actions_may_open = False
    said = ask("POST", PULLS, sent, token=hub.actions_token())
    assert said.status == 403
    assert "not permitted to create or approve pull requests" in said.json["message"]
    gone = hub.token("bot")
    hub.expire(gone)
    assert ask("GET", PULLS, token=gone).status == 401


@pytest.mark.parametrize(("token", "code"), [("read", 403), ("bad", 401), ("none", 404)])
def test_git_refuses_who_may_not_push(hub: GitHub, tmp_path: Path, token: str, code: int) -> None:
    value = "bad" if token == "bad" else hub.token("rob", token)
    url = hub.url.replace("//", f"//x-access-token:{value}@")
    git(tmp_path, "init", "-q", "clone")
    git(tmp_path / "clone", "commit", "-q", "--allow-empty", "-m", "x")
    git(tmp_path / "clone", "push", "-q", url, "HEAD:refs/heads/a", check=False)
    assert hub.requests[-1].status == code
    assert git(hub.path, "branch", "--list", "a") == ""


def test_an_app_gets_tokens_for_its_installation(hub: GitHub, ask: Ask) -> None:
    app = hub.app(permissions={"pull_requests": "write", "contents": "read"})
    now = int(time.time())

    def signed(**claims: int) -> str:
        given = {"iss": str(app.id), "iat": now - 60, "exp": now + 300, **claims}
        return jwt.encode(given, app.private_key, algorithm="RS256")

    found = ask("GET", "/repos/acme/contracts/installation", token=signed())
    url = f"/app/installations/{found.json['id']}/access_tokens"
    made = ask("POST", url, token=signed())
    assert made.status == 201
    branch(hub)
    token = made.json["token"]
    pull = ask("POST", PULLS, {"head": HEAD, "base": "main", "title": "T"}, token=token)
    assert pull.json["user"]["login"] == "gitdraft[bot]"
    assert ask("POST", url, token=signed(exp=now - 10)).status == 401
    assert ask("POST", url, token=signed(exp=now + 3600)).status == 401
    assert ask("POST", url, token="a.b.c").status == 401


def test_squash_and_rebase_are_real(hub: GitHub) -> None:
    branch(hub, "one")
    hub.open("one", title="First")
    hub.merge(1, "squash")
    assert git(hub.path, "log", "-1", "--format=%s|%P|%an", "main").endswith("|ana")
    assert len(git(hub.path, "log", "-1", "--format=%P", "main").split()) == 1
    commit_on(hub.path, "two", {"a.txt": "a"}, "Add a", start="main")
    commit_on(hub.path, "two", {"b.txt": "b"}, "Add b")
    commit_on(hub.path, "main", {"c.txt": "c"}, "Add c")
    hub.open("two")
    merged = hub.merge(2, "rebase")
    assert git(hub.path, "log", "-3", "--format=%s", "main").split("\n") == [
        "Add b",
        "Add a",
        "Add c",
    ]
    assert hub.pull(2)["merge_commit_sha"] == merged == git(hub.path, "rev-parse", "main")


def test_a_conflict_is_not_merged(hub: GitHub, ask: Ask) -> None:
    branch(hub)
    hub.open(HEAD)
    commit_on(hub.path, "main", {"contracts/orders.yaml": "id: other\n"})
    assert ask("PUT", f"{PULLS}/1/merge", {}).status == 405
    assert ask("PUT", f"{PULLS}/1/merge", {"sha": "0" * 40}).status == 409
    assert ask("GET", f"{PULLS}/1").json["mergeable_state"] == "dirty"


def test_a_protected_branch_refuses_pushes_and_takes_merges(hub: GitHub, tmp_path: Path) -> None:
    hub.protect("main")
    hub.protect_tags("v*")
    url = hub.url.replace("//", f"//x-access-token:{hub.token('bot')}@")
    git(tmp_path, "clone", "-q", url, "clone")
    clone = tmp_path / "clone"
    git(clone, "commit", "-q", "--allow-empty", "-m", "x")
    git(clone, "tag", "v1")
    before = git(hub.path, "rev-parse", "main")
    git(
        clone,
        "push",
        "-q",
        "origin",
        "HEAD:refs/heads/main",
        "v1",
        "HEAD:refs/heads/b",
        check=False,
    )
    assert git(hub.path, "rev-parse", "main") == before
    assert git(hub.path, "tag") == ""
    assert git(hub.path, "rev-parse", "b")
    branch(hub)
    hub.open(HEAD)
    assert hub.merge(1) == git(hub.path, "rev-parse", "main")


def test_open_pull_requests_follow_their_branches(hub: GitHub) -> None:
    branch(hub)
    hub.open(HEAD)
    sha = branch(hub, text="id: orders\nv: 3\n")
    assert hub.pull(1)["head"]["sha"] == sha
    assert hub.event("pull_request", "synchronize")["after"] == sha
    hub.delete_branch(HEAD)
    assert hub.pull(1)["state"] == "closed"
    branch(hub, "other", "x\n")
    hub.open("other")
    git(hub.path, "update-ref", "refs/heads/main", "refs/heads/other")
    assert hub.pull(2)["merged"] is True  # As somebody pushed its commits.


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (lambda hub: hub.delete_branch(HEAD), "branch was deleted"),
        (lambda hub: (branch(hub, text="x\n"), hub.open(HEAD)), "already exists"),
        (
            lambda hub: git(hub.path, "update-ref", f"refs/heads/{HEAD}", "refs/heads/main"),
            "force-pushed or recreated",
        ),
    ],
)
def test_what_cannot_be_reopened_is_refused(
    hub: GitHub, ask: Ask, meanwhile: Callable[[GitHub], object], why: str
) -> None:
    branch(hub)
    hub.open(HEAD)
    hub.close(1)
    meanwhile(hub)
    said = ask("PATCH", f"{PULLS}/1", {"state": "open"})
    assert said.status == 422
    assert why in said.json["errors"][0]["message"]


def test_a_closed_one_is_reopened(hub: GitHub, ask: Ask) -> None:
    branch(hub)
    hub.open(HEAD)
    hub.close(1, by="ana", comment="not ours")
    assert ask("GET", "/repos/acme/contracts/issues/1").json["closed_by"]["login"] == "ana"
    assert ask("PATCH", f"{PULLS}/1", {"state": "open"}).json["state"] == "open"
    assert ask("GET", "/repos/acme/contracts/issues/1").json["closed_by"] is None


def test_reviewers_are_collaborators(hub: GitHub, ask: Ask) -> None:
    branch(hub)
    hub.open(HEAD, by="bot")
    hub.repository.teams.append("data")
    url = f"{PULLS}/1/requested_reviewers"
    said = ask("POST", url, {"reviewers": ["ana"], "team_reviewers": ["data"]})
    assert [each["login"] for each in said.json["requested_reviewers"]] == ["ana"]
    assert [each["slug"] for each in said.json["requested_teams"]] == ["data"]
    for wrong in ({"reviewers": ["zoe"]}, {"team_reviewers": ["none"]}, {"reviewers": ["bot"]}):
        assert ask("POST", url, wrong).status == 422
    assert ask("DELETE", url, {"reviewers": ["ana"]}).json["requested_reviewers"] == []
    assert ask("GET", url).json["users"] == []


def test_code_owners_are_asked_by_github_itself(hub: GitHub) -> None:
    commit_on(hub.path, "main", {".github/CODEOWNERS": "* @ana\n/other/ @bob\n"})
    branch(hub)
    hub.open(HEAD, by="bot")
    assert [each["login"] for each in hub.pull(1)["requested_reviewers"]] == ["ana"]


@pytest.mark.parametrize(
    ("role", "permission"), [("maintain", "write"), ("triage", "read"), ("none", "none")]
)
def test_permissions_are_told_in_the_old_words(
    hub: GitHub, ask: Ask, role: str, permission: str
) -> None:
    hub.person("zoe", role)
    said = ask("GET", "/repos/acme/contracts/collaborators/zoe/permission").json
    assert (said["permission"], said["role_name"]) == (permission, role)
    assert ask("GET", "/repos/acme/contracts/collaborators/nobody/permission").status == 404


def test_reactions_are_one_each(hub: GitHub, ask: Ask) -> None:
    branch(hub)
    hub.open(HEAD)
    url = f"/repos/acme/contracts/issues/comments/{hub.comment(1, 'Hm.')}/reactions"
    assert [ask("POST", url, {"content": "eyes"}).status for _ in range(2)] == [201, 200]
    found = ask("GET", url).json
    assert [(each["content"], each["user"]["login"]) for each in found] == [("eyes", "bot")]
    assert ask("DELETE", f"{url}/{found[0]['id']}").status == 204
    assert hub.comments(1)[0]["reactions"]["total_count"] == 0


def test_check_runs_are_for_apps_and_statuses_for_all(hub: GitHub, ask: Ask) -> None:
    sha = branch(hub)
    base = "/repos/acme/contracts"
    note = {
        "path": "a.yaml",
        "start_line": 1,
        "end_line": 1,
        "annotation_level": "failure",
        "message": "x",
    }
    output = {"title": "T", "summary": "S", "annotations": [note]}
    run = {"name": "contracts", "head_sha": sha, "conclusion": "failure", "output": output}
    assert ask("POST", f"{base}/check-runs", run).status == 403
    token = hub.actions_token()
    made = ask("POST", f"{base}/check-runs", run, token=token)
    assert (made.status, made.json["output"]["annotations_count"]) == (201, 1)
    url = f"{base}/check-runs/{made.json['id']}"
    assert (
        ask("PATCH", url, {"output": output}, token=token).json["output"]["annotations_count"] == 2
    )
    assert len(ask("GET", f"{url}/annotations", token=token).json) == 2
    assert ask("GET", f"{base}/commits/{sha}/check-runs", token=token).json["total_count"] == 1
    status = {"state": "success", "context": "contracts", "description": "ok"}
    assert ask("POST", f"{base}/statuses/{sha}", status).status == 201
    assert ask("GET", f"{base}/commits/{sha}/status").json["state"] == "success"
    assert ask("GET", f"{base}/commits/{HEAD}/statuses").json[0]["context"] == "contracts"


def test_facts_are_told(hub: GitHub, ask: Ask) -> None:
    base, admin = "/repos/acme/contracts", hub.token("ada", "admin")
    assert ask("GET", base).json["permissions"]["push"] is True
    assert ask("GET", "/user").json["login"] == "bot"
    assert ask("GET", "/users/ana").json["login"] == "ana"
    assert ask("GET", "/rate_limit").json["rate"]["limit"] == 5000
    assert ask("GET", f"{base}/branches/main").json["protected"] is False
    assert ask("GET", f"{base}/branches/main/protection").status == 403
    assert ask("GET", f"{base}/branches/main/protection", token=admin).status == 404
    hub.protect("main", reviews=2)
    rule = ask("GET", f"{base}/branches/main/protection", token=admin).json
    assert rule["required_pull_request_reviews"]["required_approving_review_count"] == 2
    assert ask("GET", f"{base}/branches/main").json["protected"] is True
    assert ask("GET", f"{base}/rules/branches/main").json == []
    hub.unprotect()
    hub.protect("main", ruleset=True)
    assert ask("GET", f"{base}/rules/branches/main").json[0]["type"] == "pull_request"
    may = ask("GET", f"{base}/actions/permissions/workflow", token=admin).json
    assert may["can_approve_pull_request_reviews"] is True
    assert ask("GET", f"{base}/actions/permissions", token=admin).json["enabled"] is True
    assert ask("GET", f"{base}/codeowners/errors").json == {"errors": []}
    assert ask("GET", f"{base}/contents/contracts/orders.yaml").json["size"] == 11
    sha = git(hub.path, "rev-parse", "main")
    assert ask("GET", f"{base}/git/ref/heads/main").json["object"]["sha"] == sha
    assert ask("GET", f"{base}/commits/main").json["commit"]["message"] == "First commit"


def test_labels_are_made_and_found(hub: GitHub, ask: Ask) -> None:
    branch(hub)
    hub.open(HEAD)
    base = "/repos/acme/contracts"
    assert ask("POST", f"{base}/labels", {"name": "gitdraft", "color": "0e8a16"}).status == 201
    assert ask("POST", f"{base}/labels", {"name": "Gitdraft"}).status == 422
    assert ask("GET", f"{base}/labels/gitdraft").json["color"] == "0e8a16"
    assert ask("PATCH", f"{base}/labels/gitdraft", {"color": "ffffff"}).status == 200
    url = f"{base}/issues/1/labels"
    assert len(ask("POST", url, {"labels": ["gitdraft", "a b"]}).json) == 2
    assert len(ask("DELETE", f"{url}/a%20b").json) == 1
    assert ask("DELETE", f"{url}/a%20b").json["message"] == "Label does not exist"
    assert [each["name"] for each in ask("PUT", url, {"labels": ["x"]}).json] == ["x"]
    assert len(ask("GET", url).json) == 1
    assert len(ask("GET", f"{base}/labels").json) == 3
    assert len(ask("GET", f"{base}/issues?labels=x").json) == 1
    history = [each["event"] for each in ask("GET", f"{base}/issues/1/events").json]
    assert history == ["labeled", "labeled", "unlabeled", "unlabeled", "labeled"]
    assert ask("PATCH", f"{base}/issues/1", {"labels": []}).json["labels"] == []


def test_files_and_comments_are_listed(hub: GitHub, ask: Ask) -> None:
    branch(hub)
    hub.open(HEAD)
    assert [each["filename"] for each in ask("GET", f"{PULLS}/1/files").json] == [
        "contracts/orders.yaml"
    ]
    url = "/repos/acme/contracts/issues/1/comments"
    made = ask("POST", url, {"body": "One"}).json
    assert (
        ask("PATCH", f"/repos/acme/contracts/issues/comments/{made['id']}", {"body": "1"}).json[
            "body"
        ]
        == "1"
    )
    assert len(ask("GET", url).json) == 1
    assert ask("GET", f"/repos/acme/contracts/issues/comments/{made['id']}").status == 200
    assert ask("DELETE", f"/repos/acme/contracts/issues/comments/{made['id']}").status == 204
    assert ask("GET", f"{PULLS}/1/merge").status == 404
    assert ask("GET", f"{PULLS}/9").status == 404


def test_a_lost_answer_is_not_a_lost_write(hub: GitHub, ask: Ask) -> None:
    branch(hub)
    sent = {"head": HEAD, "base": "main", "title": "T"}
    hub.fault(method="POST", path="/pulls$", cut=True)
    with pytest.raises(RemoteDisconnected):
        ask("POST", PULLS, sent)
    assert hub.pulls() == []
    hub.fault(method="POST", path="/pulls$", cut=True, after=True)
    with pytest.raises(RemoteDisconnected):
        ask("POST", PULLS, sent)
    assert len(hub.pulls()) == 1
    assert [request.status for request in hub.requests] == [0, 0]


def test_faults_strike_the_request_they_name(hub: GitHub, ask: Ask) -> None:
    hub.fault(nth=2, times=2, status=502)
    assert [ask("GET", PULLS).status for _ in range(4)] == [200, 502, 502, 200]
    hub.secondary_limit(retry_after=7)
    said = ask("GET", PULLS)
    assert (said.status, said.headers["Retry-After"]) == (403, "7")
    hub.primary_limit(reset_in=3)
    said = ask("GET", PULLS)
    assert (said.status, said.headers["X-RateLimit-Remaining"]) == (403, "0")


def test_all_that_happens_is_told_in_events_that_githubkit_reads(hub: GitHub, ask: Ask) -> None:
    from githubkit.webhooks import parse

    branch(hub)
    hub.open(HEAD)
    hub.comment(1, "/gitdraft redraft")
    ask("POST", "/repos/acme/contracts/issues/1/labels", {"labels": ["a"]})
    branch(hub, text="x\n")
    hub.close(1)
    hub.reopen(1)
    hub.merge(1)
    ask(
        "POST", "/repos/acme/contracts/dispatches", {"event_type": "go", "client_payload": {"a": 1}}
    )
    names = [(event.name, event.payload.get("action")) for event in hub.events]
    assert names == [
        ("pull_request", "opened"),
        ("issue_comment", "created"),
        ("pull_request", "labeled"),
        ("pull_request", "synchronize"),
        ("pull_request", "closed"),
        ("pull_request", "reopened"),
        ("pull_request", "closed"),
        ("repository_dispatch", "go"),
    ]
    for event in hub.events:
        assert parse(event.name, json.dumps(event.payload))


def violations(folder: Path, method: str, path: str, body: Any = None) -> str:
    """Send one request to a GitHub of its own; what fails the test at its end."""
    try:
        with serve(folder, files=ORDERS) as hub:
            commit_on(hub.path, HEAD, {"a": "b"}, start="main")
            connection = HTTPConnection("127.0.0.1", hub.port, timeout=10)
            headers = {"Authorization": f"token {hub.token('bot')}"}
            sent = None if body is None else json.dumps(body)
            connection.request(method, f"/api/v3{path}", sent, headers)
            connection.getresponse().read()
            connection.close()
    except AssertionError as error:
        return str(error)
    return ""


def test_a_route_that_is_not_served_fails_the_test(tmp_path: Path) -> None:
    assert violations(tmp_path, "GET", "/gists") == "no such route here: GET /gists"


@pytest.mark.parametrize(
    ("method", "path", "body", "wrong"),
    [
        ("POST", PULLS, {"base": "main", "title": "T"}, "head"),
        ("POST", PULLS, {"head": HEAD, "base": "main", "titel": "T"}, "titel"),
        ("GET", f"{PULLS}?status=open", None, "status"),
        ("GET", f"{PULLS}?state=merged", None, "merged"),
    ],
)
def test_a_request_that_github_would_not_understand_fails_the_test(
    tmp_path: Path, method: str, path: str, body: Any, wrong: str
) -> None:
    npm.package("@octokit/openapi")
    assert wrong in violations(tmp_path, method, path, body)


def test_every_route_is_one_of_githubs() -> None:
    npm.package("@octokit/openapi")
    from support.github.description import Description, loaded

    description = loaded()
    assert isinstance(description, Description)
    assert {f"{each.method} {each.template}" for each in ROUTES} == set(description.operations)
