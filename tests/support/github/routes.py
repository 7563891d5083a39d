"""Which function answers which request, and who may ask."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.github.shapes import Shapes
from support.github.world import LEVELS, App, Json, RefusalError, Repository, Token

if TYPE_CHECKING:
    from support.github.hub import GitHub


@dataclass
class Call:
    """One request to the API."""

    hub: GitHub
    method: str
    path: str
    query: dict[str, str]
    body: Any
    token: Token | None
    app: App | None
    params: dict[str, str]

    @property
    def shapes(self) -> Shapes:
        return self.hub.shapes

    @property
    def by(self) -> Token:
        assert self.token is not None
        return self.token

    @property
    def repository(self) -> Repository:
        return self.hub.find_repository(f"{self.params['owner']}/{self.params['repo']}", self.token)

    def number(self, name: str) -> int:
        return int(self.params[name])


@dataclass
class Answer:
    """What is answered; `body` None is none at all. A `page` is cut to the size asked for."""

    body: Any = None
    status: int = 200
    page: bool = False


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    method: str
    template: str
    needs: tuple[str, str] | None
    handler: Handler
    pattern: re.Pattern[str]


ROUTES: list[Route] = []


def route(
    method: str, template: str, needs: tuple[str, str] | None = None
) -> Callable[[Handler], Handler]:
    """Let a function answer requests; `needs` is a permission and a level."""
    # Branch names and paths of files have slashes.
    pieces = re.sub(r"\{(branch|ref|path|basehead)\}", r"(?P<\1>.+)", template)
    pieces = re.sub(r"\{(\w+_number|\w+_id)\}", r"(?P<\1>-?\\d+)", pieces)
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pieces))

    def keep(handler: Handler) -> Handler:
        ROUTES.append(Route(method, template, needs, handler, pattern))
        return handler

    return keep


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the route of a request with its parameters; the most detailed of several."""
    found = [
        (each, match.groupdict())
        for each in ROUTES
        if each.method == method and (match := each.pattern.fullmatch(path))
    ]
    return max(found, key=lambda each: len(each[0].template), default=None)


def check_rights(call: Call, needs: tuple[str, str]) -> None:
    """Refuse what the request's token may not do, as GitHub does."""
    token = call.token
    if token is None:
        if call.app is not None:
            raise RefusalError(401, "A JSON web token could not be decoded")
        raise RefusalError(401, "Requires authentication")
    permission, level = needs
    asked = LEVELS[level]
    repository = call.repository  # 404 for one that the token may not see.
    if permission == "checks" and level == "write" and not token.installation:
        raise RefusalError(403, "You must authenticate via a GitHub App.")
    if token.permissions is not None and permission != "metadata":
        granted = token.permissions.get(permission, "none")
        if permission == "issues" and LEVELS[granted] < asked:
            # What pull requests share with issues may be done with either permission.
            granted = token.permissions.get("pull_requests", "none")
        if LEVELS[granted] < asked:
            kind = "integration" if token.installation else "personal access token"
            raise RefusalError(403, f"Resource not accessible by {kind}")
    if token.installation:
        return
    role = repository.role(token.account)
    have = LEVELS[role]
    if role == "triage" and permission in {"issues", "pull_requests"}:
        have = 2
    if permission == "administration":
        asked = LEVELS["admin"]
    if have < asked:
        raise RefusalError(403, "Must have admin rights to Repository.")


def paged(call: Call, items: list[Any]) -> tuple[list[Any], str | None]:
    """Cut a list to the page asked for, with the Link header to the others."""
    size = min(int(call.query.get("per_page", 30)), 100)
    page = max(int(call.query.get("page", 1)), 1)
    last = max((len(items) + size - 1) // size, 1)
    given = {key: value for key, value in call.query.items() if key != "page"}

    def to(number: int) -> str:
        query = "&".join(f"{key}={value}" for key, value in [*given.items(), ("page", number)])
        return f"{call.shapes.api}{call.path}?{query}"

    links = []
    if page < last:
        links += [f'<{to(page + 1)}>; rel="next"', f'<{to(last)}>; rel="last"']
    if page > 1:
        links += [f'<{to(1)}>; rel="first"', f'<{to(page - 1)}>; rel="prev"']
    return items[(page - 1) * size : page * size], ", ".join(links) or None


def answer(call: Call) -> tuple[int, dict[str, str], bytes]:
    """Do what is asked, and return status, headers and body."""
    headers: dict[str, str] = {}
    try:
        found = find(call.method, call.path)
        if found is None:
            call.hub.violations.append(f"no such route here: {call.method} {call.path}")
            raise RefusalError(404, "Not Found")
        chosen, call.params = found
        if chosen.needs:
            check_rights(call, chosen.needs)
        call.hub.judge.request(chosen.method, chosen.template, call)
        done = chosen.handler(call)
        body = done.body
        if done.page:
            body, link = paged(call, body)
            if link:
                headers["Link"] = link
        call.hub.judge.answer(chosen.method, chosen.template, done.status, body)
        status = done.status
    except RefusalError as refusal:
        status, body = refusal.status, refusal.body
        headers.update(refusal.headers)
    except Exception as error:
        # Our own mistake, not GitHub's: the test must not take it for an outage.
        call.hub.violations.append(f"{call.method} {call.path}: {error!r}")
        status, body = 500, {"message": "Server Error"}
    if body is None:
        return status, headers, b""
    headers["Content-Type"] = "application/json; charset=utf-8"
    return status, headers, json.dumps(body, ensure_ascii=False).encode()


def given(call: Call, name: str, default: Any = None) -> Any:
    """Return a member of the request's body."""
    body: Json = call.body if isinstance(call.body, dict) else {}
    return body.get(name, default)
