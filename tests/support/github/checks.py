"""What is told at commits: check runs, for Apps alone, and commit statuses."""

from __future__ import annotations

from support.github import gitside
from support.github.facts import commit_named
from support.github.routes import Answer, Call, given, route
from support.github.world import CheckRun, Json, RefusalError, Status

_REPO = "/repos/{owner}/{repo}"


@route("GET", _REPO + "/commits/{ref}/check-runs", ("checks", "read"))
def list_check_runs(call: Call) -> Answer:
    sha, name = commit_named(call), call.query.get("check_name")
    found = [
        _run_shape(call, run)
        for run in call.repository.checks.values()
        if run.sent["head_sha"] == sha and name in {None, run.sent["name"]}
    ]
    return Answer({"total_count": len(found), "check_runs": found})


@route("GET", _REPO + "/commits/{ref}/status", ("statuses", "read"))
def combined_status(call: Call) -> Answer:
    sha = commit_named(call)
    repository = call.repository
    newest: dict[str, Status] = {}
    for each in repository.statuses.get(sha, []):
        newest[each.context] = each
    states = {each.state for each in newest.values()}
    state = "success" if states == {"success"} else "pending"
    if states & {"failure", "error"}:
        state = "failure"
    api = call.shapes.repo_url(repository)
    return Answer(
        {
            "state": state,
            "statuses": [call.shapes.status(repository, sha, each) for each in newest.values()],
            "sha": sha,
            "total_count": len(newest),
            "repository": call.shapes.minimal_repository(repository),
            "commit_url": f"{api}/commits/{sha}",
            "url": f"{api}/commits/{sha}/status",
        }
    )


@route("GET", _REPO + "/commits/{ref}/statuses", ("statuses", "read"))
def list_statuses(call: Call) -> Answer:
    sha, repository = commit_named(call), call.repository
    newest = reversed(repository.statuses.get(sha, []))
    return Answer([call.shapes.status(repository, sha, each) for each in newest], page=True)


@route("POST", _REPO + "/statuses/{sha}", ("statuses", "write"))
def create_status(call: Call) -> Answer:
    sha, repository = commit_named(call, "sha"), call.repository
    said = given(call, "description")
    if said and len(said) > 140:
        raise RefusalError(
            422, "Validation Failed", "Description is too long (maximum is 140 characters)"
        )
    status = Status(
        call.body["state"],
        given(call, "context", "default"),
        said,
        given(call, "target_url"),
        call.by.account,
        call.hub.now(),
    )
    repository.statuses.setdefault(sha, []).append(status)
    return Answer(call.shapes.status(repository, sha, status), 201)


def _run_shape(call: Call, run: CheckRun) -> Json:
    app = call.hub.apps.get(run.app)
    owner = call.repository.owner
    shape = call.shapes.app(app, owner) if app else None
    return call.shapes.check_run(call.repository, run, shape)


def _annotations(call: Call) -> list[Json]:
    output = given(call, "output") or {}
    annotations: list[Json] = output.get("annotations") or []
    if len(annotations) > 50:
        raise RefusalError(
            422, "Invalid request.\n\nNo more than 50 items are allowed; 51 were supplied."
        )
    return annotations


@route("POST", _REPO + "/check-runs", ("checks", "write"))
def create_check_run(call: Call) -> Answer:
    if gitside.tip(call.repository.path, call.body["head_sha"]) is None:
        raise RefusalError(422, f"No commit found for SHA: {call.body['head_sha']}")
    run = CheckRun(dict(call.body), _annotations(call), call.by.app or 15368, call.hub.now())
    call.repository.checks[run.id] = run
    return Answer(_run_shape(call, run), 201)


@route("PATCH", _REPO + "/check-runs/{check_run_id}", ("checks", "write"))
def update_check_run(call: Call) -> Answer:
    run = call.repository.checks.get(call.number("check_run_id"))
    if run is None:
        raise RefusalError(404, "Not Found")
    output = {**(run.sent.get("output") or {}), **(given(call, "output") or {})}
    run.annotations += _annotations(call)
    run.sent.update(call.body)
    run.sent["output"] = output
    return Answer(_run_shape(call, run))


@route("GET", _REPO + "/check-runs/{check_run_id}/annotations", ("checks", "read"))
def list_annotations(call: Call) -> Answer:
    run = call.repository.checks.get(call.number("check_run_id"))
    if run is None:
        raise RefusalError(404, "Not Found")
    blank = {"start_column": None, "end_column": None, "title": None, "raw_details": None}
    url = f"{call.shapes.repo_url(call.repository)}/contents"
    found = [{**blank, **each, "blob_href": f"{url}/{each['path']}"} for each in run.annotations]
    return Answer(found, page=True)
