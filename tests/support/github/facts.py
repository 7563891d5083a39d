"""Facts of the repository, its branches and commits, and of who is asking."""

from __future__ import annotations

import base64

from support.github import gitside
from support.github.routes import Answer, Call, given, route
from support.github.world import LEVELS, Json, RefusalError

_REPO = "/repos/{owner}/{repo}"
_META = ("metadata", "read")
_CONTENTS = ("contents", "read")
_ADMIN = ("administration", "read")


@route("GET", "/user")
def get_user(call: Call) -> Answer:
    if call.token is None:
        raise RefusalError(401, "Requires authentication")
    if call.token.installation:
        raise RefusalError(403, "Resource not accessible by integration")
    return Answer(_public_user(call, call.token.account.login))


@route("GET", "/users/{username}")
def get_a_user(call: Call) -> Answer:
    if call.params["username"] not in call.hub.accounts:
        raise RefusalError(404, "Not Found")
    return Answer(_public_user(call, call.params["username"]))


def _public_user(call: Call, login: str) -> Json:
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    absent = ("name", "company", "location", "email", "hireable", "bio")
    return {
        **call.shapes.user(call.hub.accounts[login]),
        **dict.fromkeys(absent),
        **counts,
        "blog": "",
        "created_at": "2024-01-01T00:00:00Z",
        "updated_at": "2024-01-01T00:00:00Z",
    }


@route("GET", "/rate_limit")
def rate_limit(call: Call) -> Answer:
    one = {"limit": 5000, "used": 0, "remaining": 5000, "reset": 4102444800}
    return Answer({"resources": {"core": one, "search": one}, "rate": one})


@route("GET", _REPO, _META)
def get_repository(call: Call) -> Answer:
    return Answer(call.shapes.full_repository(call.repository, call.token))


@route("GET", _REPO + "/collaborators/{username}/permission", _META)
def get_permission(call: Call) -> Answer:
    account = call.hub.accounts.get(call.params["username"])
    if account is None:
        raise RefusalError(404, f"{call.params['username']} is not a user")
    role = call.repository.role(account)
    legacy = {"triage": "read", "maintain": "write"}.get(role, role)
    user = {
        **call.shapes.user(account),
        "role_name": role,
        "permissions": {
            "pull": LEVELS[role] >= 1,
            "triage": role in {"triage", "write", "maintain", "admin"},
            "push": LEVELS[role] >= 2,
            "maintain": role in {"maintain", "admin"},
            "admin": role == "admin",
        },
    }
    return Answer({"permission": legacy, "role_name": role, "user": user})


@route("GET", _REPO + "/git/ref/{ref}", _CONTENTS)
def get_ref(call: Call) -> Answer:
    name = f"refs/{call.params['ref']}"
    found = gitside.refs(call.repository.path, name).get(name)
    if found is None:
        raise RefusalError(404, "Not Found")
    return Answer(_ref(call, name, found))


def _ref(call: Call, name: str, found: str) -> Json:
    kind = gitside.run(call.repository.path, "cat-file", "-t", found)
    api = call.shapes.repo_url(call.repository)
    return {
        "ref": name,
        "node_id": f"REF_{found}",
        "url": f"{api}/git/{name}",
        "object": {"type": kind, "sha": found, "url": f"{api}/git/{kind}s/{found}"},
    }


@route("POST", _REPO + "/git/refs", ("contents", "write"))
def create_ref(call: Call) -> Answer:
    repository, ref, sha = call.repository, str(given(call, "ref")), str(given(call, "sha"))
    if gitside.tip(repository.path, ref) is not None:
        raise RefusalError(422, "Reference already exists")
    if gitside.tip(repository.path, sha) is None:
        raise RefusalError(422, "Object does not exist")
    gitside.set_ref(repository.path, ref, sha)
    call.hub.sync(repository, call.by.account)
    return Answer(_ref(call, ref, sha), 201)


@route("GET", _REPO + "/branches/{branch}/protection", _ADMIN)
def get_protection(call: Call) -> Answer:
    rule = call.hub.protection_of(call.repository, call.params["branch"])
    if rule is None or rule.ruleset:
        raise RefusalError(404, "Branch not protected")
    url = f"{call.shapes.repo_url(call.repository)}/branches/{call.params['branch']}/protection"
    return Answer(
        {
            "url": url,
            "required_pull_request_reviews": {
                "url": f"{url}/required_pull_request_reviews",
                "dismiss_stale_reviews": False,
                "require_code_owner_reviews": False,
                "required_approving_review_count": rule.reviews,
            },
            "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": True},
        }
    )


@route("GET", _REPO + "/branches/{branch}", _CONTENTS)
def get_branch(call: Call) -> Answer:
    repository, name = call.repository, call.params["branch"]
    sha = gitside.tip(repository.path, f"refs/heads/{name}")
    if sha is None:
        raise RefusalError(404, "Branch not found")
    url = f"{call.shapes.repo_url(repository)}/branches/{name}"
    rule = call.hub.protection_of(repository, name)
    checks: Json = {"enforcement_level": "off", "contexts": [], "checks": []}
    return Answer(
        {
            "name": name,
            "commit": commit_shape(call, sha),
            "_links": {
                "self": url,
                "html": f"{call.shapes.web}/{repository.full_name}/tree/{name}",
            },
            "protected": rule is not None and not rule.ruleset,
            "protection": {
                "enabled": rule is not None and not rule.ruleset,
                "required_status_checks": checks,
            },
            "protection_url": f"{url}/protection",
        }
    )


@route("GET", _REPO + "/rules/branches/{branch}", _META)
def get_rules(call: Call) -> Answer:
    rule = call.hub.protection_of(call.repository, call.params["branch"])
    if rule is None or not rule.ruleset:
        return Answer([], page=True)
    parameters: dict[str, Json] = {
        "pull_request": {
            "allowed_merge_methods": ["merge", "squash", "rebase"],
            "dismiss_stale_reviews_on_push": False,
            "require_code_owner_review": False,
            "require_last_push_approval": False,
            "required_approving_review_count": rule.reviews,
            "required_review_thread_resolution": False,
        },
        "merge_queue": {
            "check_response_timeout_minutes": 60,
            "grouping_strategy": "ALLGREEN",
            "max_entries_to_build": 5,
            "max_entries_to_merge": 5,
            "merge_method": "MERGE",
            "min_entries_to_merge": 1,
            "min_entries_to_merge_wait_minutes": 5,
        },
    }
    return Answer(
        [
            {
                "type": kind,
                "ruleset_source_type": "Repository",
                "ruleset_source": call.repository.full_name,
                "ruleset_id": 1,
                **({"parameters": parameters[kind]} if kind in parameters else {}),
            }
            for kind in rule.kinds
        ],
        page=True,
    )


def commit_shape(call: Call, sha: str) -> Json:
    """Return a commit as the API writes it."""
    repository = call.repository
    form = "%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%T%x00%P%x00%B"
    text = gitside.run(repository.path, "log", "-1", f"--format={form}", sha)
    an, ae, at, cn, ce, ct, tree, parents, message = text.split("\0", 8)
    api = call.shapes.repo_url(repository)
    page = f"{call.shapes.web}/{repository.full_name}/commit"
    return {
        "sha": sha,
        "node_id": f"C_{sha}",
        "url": f"{api}/commits/{sha}",
        "html_url": f"{page}/{sha}",
        "comments_url": f"{api}/commits/{sha}/comments",
        "commit": {
            "url": f"{api}/git/commits/{sha}",
            "author": {"name": an, "email": ae, "date": at},
            "committer": {"name": cn, "email": ce, "date": ct},
            "message": message.rstrip("\n"),
            "comment_count": 0,
            "tree": {"sha": tree, "url": f"{api}/git/trees/{tree}"},
        },
        "author": None,
        "committer": None,
        "parents": [
            {"sha": each, "url": f"{api}/commits/{each}", "html_url": f"{page}/{each}"}
            for each in parents.split()
        ],
    }


def commit_named(call: Call, name: str = "ref") -> str:
    given_name = call.params[name]
    sha = gitside.tip(call.repository.path, f"refs/heads/{given_name}") or gitside.tip(
        call.repository.path, given_name
    )
    if sha is None:
        raise RefusalError(422, f"No commit found for SHA: {given_name}")
    return sha


@route("GET", _REPO + "/commits/{ref}", _CONTENTS)
def getcommit_named(call: Call) -> Answer:
    return Answer(commit_shape(call, commit_named(call)))


@route("GET", _REPO + "/actions/permissions", _ADMIN)
def actions_permissions(call: Call) -> Answer:
    enabled = call.repository.actions_enabled
    return Answer({"enabled": enabled, "allowed_actions": "all", "sha_pinning_required": False})


@route("GET", _REPO + "/actions/permissions/workflow", _ADMIN)
def actions_workflow_permissions(call: Call) -> Answer:
    return Answer(
        {
            "default_workflow_permissions": call.repository.actions_default,
            "can_approve_pull_request_reviews": call.repository.actions_may_open,
        }
    )


@route("GET", _REPO + "/codeowners/errors", _CONTENTS)
def codeowners_errors(call: Call) -> Answer:
    return Answer({"errors": call.repository.codeowners_errors})


@route("GET", _REPO + "/contents/{path}", _CONTENTS)
def get_content(call: Call) -> Answer:
    repository, path = call.repository, call.params["path"]
    ref = call.query.get("ref", repository.default_branch)
    content = gitside.blob(repository.path, ref, path)
    if content is None:
        raise RefusalError(404, "Not Found")
    sha = gitside.run(repository.path, "rev-parse", f"{ref}:{path}")
    api = call.shapes.repo_url(repository)
    url, page = f"{api}/contents/{path}?ref={ref}", f"{call.shapes.web}/{repository.full_name}"
    links = {
        "self": url,
        "git": f"{api}/git/blobs/{sha}",
        "html": f"{page}/blob/{ref}/{path}",
    }
    return Answer(
        {
            "type": "file",
            "encoding": "base64",
            "size": len(content),
            "name": path.rpartition("/")[2],
            "path": path,
            "content": base64.encodebytes(content).decode(),
            "sha": sha,
            "url": url,
            "git_url": links["git"],
            "html_url": links["html"],
            "download_url": f"{page}/raw/{ref}/{path}",
            "_links": links,
        }
    )


@route("POST", _REPO + "/dispatches", ("contents", "write"))
def dispatch_repository(call: Call) -> Answer:
    payload = given(call, "client_payload") or {}
    call.hub.dispatched(
        call.repository, "repository_dispatch", call.by.account, call.body["event_type"], payload
    )
    return Answer(status=204)
