"""What people say under pull requests, and what is told them there and at commits."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote

from dc43_gitdraft.forge.github.api import Api, ApiError, anew
from dc43_gitdraft.forge.github.facts import comment_of, plain, understood
from dc43_gitdraft.forge.github.place import Place
from dc43_gitdraft.forge.talk import Comment, Note, Result
from dc43_gitdraft.model import Level

#: Annotations that one request may bring.
_NOTES_AT_ONCE = 50
_LEVELS = {Level.ERROR: "failure", Level.WARNING: "warning", Level.INFO: "notice"}
#: Longest texts of a check run's output, and of a commit status.
_SUMMARY, _MESSAGE, _TITLE, _STATUS = 65_535, 60_000, 255, 140


class GitHubTalk:
    """The conversation in a repository: `Talk` and `Checks` of `dc43_gitdraft.forge.talk`."""

    def __init__(self, api: Api, place: Place) -> None:
        """Talk about the repository at `place`."""
        self._api = api
        self._be_at(place)

    def _be_at(self, place: Place) -> None:
        self._place = place
        self._path = f"/repos/{quote(place.owner)}/{quote(place.name)}"

    @property
    def place(self) -> Place:
        """The addresses of the repository."""
        return self._place

    def full_name(self) -> str:
        """Return `owner/name` of the repository."""
        return self._place.full_name

    def viewer(self) -> str | None:
        """Return whose token this is; None where it is an App's or a workflow's."""
        return self._viewer

    @cached_property
    def _viewer(self) -> str | None:
        try:
            return str(self._api.get("/user")["login"])
        except ApiError as error:
            if error.status in (403, 404):
                return None
            raise

    def permission(self, login: str) -> str:
        """Return a person's right: none, read, triage, write, maintain or admin."""
        try:
            told = self._api.get(f"{self._path}/collaborators/{quote(login, safe='')}/permission")
        except ApiError as error:
            if error.status == 404:
                return "none"
            raise
        with understood(self._api.host):
            finer = str(told.get("role_name") or "")
            # A role that an organisation has made is known by what it comes to.
            return finer if finer in ("triage", "maintain") else str(told["permission"])

    def comment(self, comment_id: int) -> Comment | None:
        """Read one comment under an issue or pull request; None where it is gone."""
        try:
            raw = self._api.get(f"{self._path}/issues/comments/{comment_id}")
        except ApiError as error:
            if error.status in (404, 410):
                return None
            raise
        return self._comment(raw)

    def comments(self, number: int) -> builtins.list[Comment]:
        """List the comments under a pull request, oldest first."""
        found = map(self._comment, self._api.pages(f"{self._path}/issues/{number}/comments"))
        return sorted(found, key=lambda comment: (comment.at, comment.id))

    def _comment(self, raw: Mapping[str, Any]) -> Comment:
        with understood(self._api.host):
            user = raw.get("user") or {}
            bot, name = user.get("type") == "Bot", user.get("login")
        own = name == self._viewer if self._viewer else bot
        with understood(self._api.host):
            return comment_of(raw, own)

    def react(self, comment_id: int, content: str) -> None:
        """Leave a reaction (`eyes`, `+1`, `confused`); twice is once."""
        path = f"{self._path}/issues/comments/{comment_id}/reactions"
        self._api.post(path, {"content": content}, anew)

    def answer(self, number: int, text: str, marker: str) -> None:
        """Write the one comment of this program that holds `marker`, or edit it."""
        standing = self._standing(number, marker)
        if standing is None:
            self._say(number, text, lambda: self._standing(number, marker))
        elif standing.body.strip() != text.strip():
            self._api.patch(f"{self._path}/issues/comments/{standing.id}", {"body": text})

    def _standing(self, number: int, marker: str) -> Comment | None:
        found = (each for each in self.comments(number) if each.own and marker in each.body)
        return next(found, None)

    def _say_once(self, number: int, text: str) -> None:
        """Add a comment, unless it stands there already."""

        def said() -> Any:
            words = plain(text).strip()
            found = self._api.pages(f"{self._path}/issues/{number}/comments")
            return next((raw for raw in found if plain(raw.get("body")).strip() == words), None)

        if said() is None:
            self._say(number, text, said)

    def _say(self, number: int, text: str, landed: Any) -> None:
        self._api.post(f"{self._path}/issues/{number}/comments", {"body": text}, landed)

    def check_run(self, sha: str, result: Result) -> str:
        """Show a result with its notes at their lines; return its address.

        Raises ForbiddenError where this token may not.
        """
        batches = [
            result.notes[start : start + _NOTES_AT_ONCE]
            for start in range(0, len(result.notes), _NOTES_AT_ONCE)
        ] or [()]
        body = {
            "name": result.name,
            "head_sha": sha,
            "status": "completed",
            "conclusion": "success" if result.passed else "failure",
            "output": _output(result, batches[0]),
            **({"details_url": result.url} if result.url else {}),
        }
        title = _output(result, ())["title"]

        def landed() -> Any:
            runs = self._api.pages(f"{self._path}/commits/{sha}/check-runs", check_name=result.name)
            return next((run for run in runs if run["output"]["title"] == title), None)

        run, _ = self._api.post(f"{self._path}/check-runs", body, landed)
        with understood(self._api.host):
            run_id, address = int(run["id"]), str(run["html_url"])
        for batch in batches[1:]:
            self._api.patch(f"{self._path}/check-runs/{run_id}", {"output": _output(result, batch)})
        return address

    def status(self, sha: str, result: Result) -> str:
        """Show a result's title as a mark of the commit; return its address.

        Raises ForbiddenError where this token may not.
        """
        body = {
            "state": "success" if result.passed else "failure",
            "context": result.name,
            "description": _cut(result.title, _STATUS),
            **({"target_url": result.url} if result.url else {}),
        }
        told, _ = self._api.post(f"{self._path}/statuses/{sha}", body, anew)
        with understood(self._api.host):
            return str(
                told.get("target_url") or f"{self._place.web}/{self.full_name()}/commit/{sha}"
            )


def _output(result: Result, notes: Sequence[Note]) -> dict[str, Any]:
    return {
        "title": _cut(result.title, _TITLE),
        "summary": _cut(result.summary, _SUMMARY),
        "annotations": [
            {
                "path": note.path,
                "start_line": note.line,
                "end_line": note.line,
                "annotation_level": _LEVELS[note.level],
                "title": _cut(note.title, _TITLE),
                "message": _cut(note.message, _MESSAGE),
            }
            for note in notes
        ],
    }


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
