"""What pull requests share with issues: comments, labels, reactions and their history."""

from __future__ import annotations

from urllib.parse import unquote

from support.github.lives import check_texts
from support.github.routes import Answer, Call, given, route
from support.github.world import Comment, Issue, Label, Reaction, RefusalError, invalid

_REPO = "/repos/{owner}/{repo}"
_ISSUE = _REPO + "/issues/{issue_number}"
_COMMENT = _REPO + "/issues/comments/{comment_id}"
_READ = ("issues", "read")
_WRITE = ("issues", "write")


def _issue(call: Call) -> Issue:
    call.hub.sync(call.repository, call.by.account)
    return call.repository.issue(call.number("issue_number"))


def _comment(call: Call) -> Comment:
    return call.repository.comment(call.number("comment_id"))


@route("GET", _REPO + "/issues", _READ)
def list_issues(call: Call) -> Answer:
    repository = call.repository
    call.hub.sync(repository, call.by.account)
    state = call.query.get("state", "open")
    wanted = {name.lower() for name in call.query.get("labels", "").split(",") if name}
    found = [
        issue
        for issue in reversed(repository.issues.values())
        if state in {"all", issue.state} and wanted <= {name.lower() for name in issue.labels}
    ]
    return Answer([call.shapes.issue(repository, issue) for issue in found], page=True)


@route("GET", _ISSUE, _READ)
def get_issue(call: Call) -> Answer:
    return Answer(call.shapes.issue(call.repository, _issue(call)))


@route("PATCH", _ISSUE, _WRITE)
def update_issue(call: Call) -> Answer:
    issue = _issue(call)
    repository, by = call.repository, call.by.account
    check_texts("Issue", call.body)
    if given(call, "state"):
        call.hub.set_state(repository, issue, given(call, "state"), by.login)
    issue.title = given(call, "title") or issue.title
    issue.body = given(call, "body", issue.body)
    names = given(call, "labels")
    if names is not None:
        wanted = [each if isinstance(each, str) else each["name"] for each in names]
        gone = [name for name in issue.labels if name not in wanted]
        call.hub.label(repository, issue, gone, by, add=False)
        call.hub.label(repository, issue, wanted, by, add=True)
    issue.updated_at = call.hub.now()
    return Answer(call.shapes.issue(repository, issue))


@route("GET", _ISSUE + "/comments", _READ)
def list_comments(call: Call) -> Answer:
    issue = _issue(call)
    shapes = [call.shapes.comment(call.repository, each) for each in issue.comments]
    since = call.query.get("since")
    return Answer([each for each in shapes if not since or each["updated_at"] >= since], page=True)


@route("POST", _ISSUE + "/comments", _WRITE)
def create_comment(call: Call) -> Answer:
    issue = _issue(call)
    comment = call.hub.add_comment(call.repository, issue, call.body["body"], call.by.account)
    return Answer(call.shapes.comment(call.repository, comment), 201)


@route("GET", _COMMENT, _READ)
def get_comment(call: Call) -> Answer:
    return Answer(call.shapes.comment(call.repository, _comment(call)))


@route("PATCH", _COMMENT, _WRITE)
def update_comment(call: Call) -> Answer:
    comment = _comment(call)
    call.hub.change_comment(call.repository, comment, call.body["body"], call.by.account)
    return Answer(call.shapes.comment(call.repository, comment))


@route("DELETE", _COMMENT, _WRITE)
def delete_comment(call: Call) -> Answer:
    comment = _comment(call)
    call.repository.issue(comment.issue).comments.remove(comment)
    return Answer(status=204)


def _react(call: Call, reactions: list[Reaction]) -> Answer:
    content, by = given(call, "content"), call.by.account
    for each in reactions:
        if (each.content, each.account) == (content, by):
            return Answer(call.shapes.reaction(each))
    new = Reaction(content, by, call.hub.now())
    reactions.append(new)
    return Answer(call.shapes.reaction(new), 201)


def _reactions(call: Call, reactions: list[Reaction]) -> Answer:
    content = call.query.get("content")
    found = [each for each in reactions if content in {None, each.content}]
    return Answer([call.shapes.reaction(each) for each in found], page=True)


def _unreact(call: Call, reactions: list[Reaction]) -> Answer:
    for each in reactions:
        if each.id == call.number("reaction_id"):
            reactions.remove(each)
            return Answer(status=204)
    raise RefusalError(404, "Not Found")


@route("POST", _COMMENT + "/reactions", _WRITE)
def react_to_comment(call: Call) -> Answer:
    return _react(call, _comment(call).reactions)


@route("GET", _COMMENT + "/reactions", _READ)
def list_comment_reactions(call: Call) -> Answer:
    return _reactions(call, _comment(call).reactions)


@route("DELETE", _COMMENT + "/reactions/{reaction_id}", _WRITE)
def unreact_to_comment(call: Call) -> Answer:
    return _unreact(call, _comment(call).reactions)


@route("POST", _ISSUE + "/reactions", _WRITE)
def react_to_issue(call: Call) -> Answer:
    return _react(call, _issue(call).reactions)


@route("GET", _ISSUE + "/reactions", _READ)
def list_issue_reactions(call: Call) -> Answer:
    return _reactions(call, _issue(call).reactions)


@route("DELETE", _ISSUE + "/reactions/{reaction_id}", _WRITE)
def unreact_to_issue(call: Call) -> Answer:
    return _unreact(call, _issue(call).reactions)


@route("GET", _ISSUE + "/events", _READ)
def list_history(call: Call) -> Answer:
    issue = _issue(call)
    repository = call.repository
    entries = [call.shapes.happening(repository, issue, each) for each in issue.history]
    return Answer(entries, page=True)


def _names(call: Call) -> list[str]:
    sent = call.body.get("labels", []) if isinstance(call.body, dict) else call.body or []
    return [each if isinstance(each, str) else each["name"] for each in sent]


def _labels(call: Call, issue: Issue) -> Answer:
    return Answer(call.shapes.labels(call.repository, issue))


@route("GET", _ISSUE + "/labels", _READ)
def list_issue_labels(call: Call) -> Answer:
    return Answer(call.shapes.labels(call.repository, _issue(call)), page=True)


@route("POST", _ISSUE + "/labels", _WRITE)
def add_labels(call: Call) -> Answer:
    issue = _issue(call)
    call.hub.label(call.repository, issue, _names(call), call.by.account, add=True)
    return _labels(call, issue)


@route("PUT", _ISSUE + "/labels", _WRITE)
def set_labels(call: Call) -> Answer:
    issue, wanted = _issue(call), _names(call)
    gone = [name for name in issue.labels if name not in wanted]
    call.hub.label(call.repository, issue, gone, call.by.account, add=False)
    call.hub.label(call.repository, issue, wanted, call.by.account, add=True)
    return _labels(call, issue)


@route("DELETE", _ISSUE + "/labels/{name}", _WRITE)
def remove_label(call: Call) -> Answer:
    issue, name = _issue(call), unquote(call.params["name"])
    held = [each for each in issue.labels if each.lower() == name.lower()]
    if not held:
        raise RefusalError(404, "Label does not exist")
    call.hub.label(call.repository, issue, held, call.by.account, add=False)
    return _labels(call, issue)


@route("GET", _REPO + "/labels", _READ)
def list_labels(call: Call) -> Answer:
    repository = call.repository
    return Answer(
        [call.shapes.label(repository, label) for label in repository.labels.values()], page=True
    )


@route("POST", _REPO + "/labels", _WRITE)
def create_label(call: Call) -> Answer:
    repository, name = call.repository, call.body["name"]
    if any(label.name.lower() == name.lower() for label in repository.labels.values()):
        refusal = invalid("Label", "name")
        refusal.body["errors"][0]["code"] = "already_exists"
        raise refusal
    label = Label(name, given(call, "color", "ededed"), given(call, "description"))
    repository.labels[name] = label
    return Answer(call.shapes.label(repository, label), 201)


def _label(call: Call) -> Label:
    name = unquote(call.params["name"])
    for label in call.repository.labels.values():
        if label.name.lower() == name.lower():
            return label
    raise RefusalError(404, "Not Found")


@route("GET", _REPO + "/labels/{name}", _READ)
def get_label(call: Call) -> Answer:
    return Answer(call.shapes.label(call.repository, _label(call)))


@route("PATCH", _REPO + "/labels/{name}", _WRITE)
def update_label(call: Call) -> Answer:
    label = _label(call)
    label.color = given(call, "color", label.color)
    label.description = given(call, "description", label.description)
    return Answer(call.shapes.label(call.repository, label))
