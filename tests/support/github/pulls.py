"""Pull requests over the API."""

from __future__ import annotations

from support.github import gitside
from support.github.lives import check_texts
from support.github.routes import Answer, Call, given, route
from support.github.world import Happening, Issue, Json, Pull, RefusalError, invalid

_PULLS = "/repos/{owner}/{repo}/pulls"
_ONE = _PULLS + "/{pull_number}"
_READ = ("pull_requests", "read")
_WRITE = ("pull_requests", "write")


def _pull(call: Call) -> tuple[Issue, Pull]:
    call.hub.sync(call.repository, call.by.account)
    return call.repository.pull(call.number("pull_number"))


@route("GET", _PULLS, _READ)
def list_pulls(call: Call) -> Answer:
    repository = call.repository
    call.hub.sync(repository, call.by.account)
    state = call.query.get("state", "open")
    owner, colon, head = call.query.get("head", "").rpartition(":")
    base = call.query.get("base")
    found = [
        issue
        for issue in repository.pulls()
        if issue.pull
        and state in {"all", issue.state}
        # A head without its owner is no filter: GitHub leaves it out of account.
        and (not colon or (owner, head) == (repository.owner.login, issue.pull.head))
        and (base is None or issue.pull.base == base)
    ]
    updated = call.query.get("sort") in {"updated", "popularity"}
    down = call.query.get("direction", "asc" if updated else "desc") == "desc"
    found.sort(key=lambda each: each.updated_at if updated else each.created_at, reverse=down)
    return Answer([call.shapes.pull(repository, issue) for issue in found], page=True)


@route("POST", _PULLS, _WRITE)
def create_pull(call: Call) -> Answer:
    repository = call.repository
    if call.by.account is call.hub.actions_bot and not repository.actions_may_open:
        raise RefusalError(
            403, "GitHub Actions is not permitted to create or approve pull requests."
        )
    issue = call.hub.open_pull(repository, call.by.account, call.body)
    return Answer(call.hub.full_pull(repository, issue), 201)


@route("GET", _ONE, _READ)
def get_pull(call: Call) -> Answer:
    issue, _ = _pull(call)
    return Answer(call.hub.full_pull(call.repository, issue))


@route("PATCH", _ONE, _WRITE)
def update_pull(call: Call) -> Answer:
    issue, pull = _pull(call)
    repository = call.repository
    check_texts("PullRequest", call.body)
    state = given(call, "state")
    if state is not None:
        call.hub.set_state(repository, issue, state, call.by.account.login)
    _edit(call, issue)
    base = given(call, "base")
    if base is not None:
        if gitside.tip(repository.path, f"refs/heads/{base}") is None:
            raise invalid("PullRequest", "base")
        pull.base = base
    return Answer(call.hub.full_pull(repository, issue))


def _edit(call: Call, issue: Issue) -> None:
    for name in ("title", "body"):
        new = given(call, name)
        if new is not None and new != getattr(issue, name):
            setattr(issue, name, new)
            issue.updated_at = call.hub.now()


@route("GET", _ONE + "/merge", _READ)
def is_merged(call: Call) -> Answer:
    _, pull = _pull(call)
    if pull.merged_at is None:
        raise RefusalError(404, "Not Found")
    return Answer(status=204)


@route("PUT", _ONE + "/merge", ("contents", "write"))
def merge_pull(call: Call) -> Answer:
    issue, pull = _pull(call)
    repository = call.repository
    expected = given(call, "sha")
    if expected is not None and expected != pull.head_sha:
        raise RefusalError(409, "Head branch was modified. Review and try the merge again.")
    rule = call.hub.protection_of(repository, pull.base)
    if rule is not None and rule.reviews and call.by.account.login not in rule.bypass:
        raise RefusalError(
            405, "At least 1 approving review is required by reviewers with write access."
        )
    sha = call.hub.merge_pull(
        repository,
        issue,
        given(call, "merge_method", "merge"),
        call.by.account,
        title=given(call, "commit_title"),
        message=given(call, "commit_message"),
    )
    return Answer({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


@route("GET", _ONE + "/files", _READ)
def list_files(call: Call) -> Answer:
    _, pull = _pull(call)
    path, api = call.repository.path, call.shapes.repo_url(call.repository)
    page = f"{call.shapes.web}/{call.repository.full_name}"
    kinds = {"A": "added", "M": "modified", "D": "removed"}
    files = []
    for kind, name in gitside.changed_files(path, pull.base_sha, pull.head_sha):
        blob = gitside.run(
            path, "rev-parse", f"{pull.head_sha if kind != 'D' else pull.base_sha}:{name}"
        )
        files.append(
            {
                "sha": blob,
                "filename": name,
                "status": kinds.get(kind, "changed"),
                "additions": 0,
                "deletions": 0,
                "changes": 0,
                "blob_url": f"{page}/blob/{pull.head_sha}/{name}",
                "raw_url": f"{page}/raw/{pull.head_sha}/{name}",
                "contents_url": f"{api}/contents/{name}?ref={pull.head_sha}",
            }
        )
    return Answer(files, page=True)


def _reviewers(call: Call) -> tuple[list[str], list[str]]:
    return given(call, "reviewers") or [], given(call, "team_reviewers") or []


@route("POST", _ONE + "/requested_reviewers", _WRITE)
def request_reviewers(call: Call) -> Answer:
    issue, pull = _pull(call)
    repository = call.repository
    people, teams = _reviewers(call)
    if issue.account.login in people:
        raise RefusalError(422, "Review cannot be requested from pull request author.")
    unknown = [name for name in people if repository.roles.get(name, "none") == "none"]
    if unknown or set(teams) - set(repository.teams):
        raise RefusalError(
            422,
            "Reviews may only be requested from collaborators. One or more of the users or teams "
            f"you specified is not a collaborator of the {repository.full_name} repository.",
        )
    pull.reviewers += [name for name in dict.fromkeys(people) if name not in pull.reviewers]
    pull.teams += [name for name in dict.fromkeys(teams) if name not in pull.teams]
    issue.updated_at = call.hub.now()
    issue.history.append(Happening("review_requested", call.by.account, issue.updated_at))
    return Answer(call.shapes.pull(repository, issue), 201)


@route("DELETE", _ONE + "/requested_reviewers", _WRITE)
def remove_reviewers(call: Call) -> Answer:
    issue, pull = _pull(call)
    people, teams = _reviewers(call)
    pull.reviewers = [name for name in pull.reviewers if name not in people]
    pull.teams = [name for name in pull.teams if name not in teams]
    return Answer(call.shapes.pull(call.repository, issue))


@route("GET", _ONE + "/requested_reviewers", _READ)
def list_reviewers(call: Call) -> Answer:
    issue, _ = _pull(call)
    shape: Json = call.shapes.pull(call.repository, issue)
    return Answer({"users": shape["requested_reviewers"], "teams": shape["requested_teams"]})
