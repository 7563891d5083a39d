"""What GitHub answers, as this program's own data. Pure.

Why a draft was closed, by whom and with which labels is kept in the pull request's body too, in a
comment that nobody sees: a list of pull requests tells it then without asking for each, and
it is there where the token may not set labels.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from dc43_gitdraft.errors import ForgeError
from dc43_gitdraft.forge.talk import Comment
from dc43_gitdraft.model import PullRequest, PullState
from dc43_gitdraft.names import one_line

#: GitHub refuses longer bodies.
BODY_LIMIT = 65_536
TITLE_LIMIT = 256

_DECISION = re.compile(r"\n\n<!-- gitdraft-decision: (\{.*\}) -->\s*\Z")
_REJECT = re.compile(r"/gitdraft[ \t]+reject[ \t]+(.+)", re.IGNORECASE)
#: What commands begin with, and what this program says itself.
_NO_WORDS = ("/", "<!-- gitdraft", "Rejected by `")
#: How far the clocks of this machine and of GitHub may be apart.
_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Decision:
    """How a draft was closed, as its body keeps it.

    `exact` says that `at` is GitHub's own time of the closing, which was over already.
    """

    at: datetime
    by: str | None = None
    reason: str | None = None
    labels: tuple[str, ...] = ()
    exact: bool = False

    def holds(self, closed_at: datetime | None) -> bool:
        """Say whether it is about this closing, and not one before a reopening."""
        if closed_at is None or self.exact:
            return closed_at == self.at
        return closed_at <= self.at + _SKEW


@contextmanager
def understood(host: str) -> Iterator[None]:
    """Turn what is not shaped as GitHub's answers are into a ForgeError."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ForgeError(
            f"{host} answered what is not of GitHub's API ({type(error).__name__}: "
            f"{one_line(str(error), 100)}): look at --api-url"
        ) from error


def pull_of(raw: Mapping[str, Any]) -> PullRequest:
    """Read a pull request, of a list or alone; who closed it is told by its decision at most."""
    merged_at, closed_at = moment(raw.get("merged_at")), moment(raw.get("closed_at"))
    state = PullState.MERGED if merged_at else PullState(raw["state"])
    body, decision = split(raw.get("body"))
    pull = PullRequest(
        number=raw["number"],
        url=raw["html_url"],
        state=state,
        title=raw["title"],
        body=body,
        head=_head(raw),
        base=raw["base"]["ref"],
        head_sha=raw["head"]["sha"],
        labels=tuple(label["name"] for label in raw["labels"]),
        author=login(raw.get("user")),
        opened_at=moment(raw["created_at"]),
        reviewers=reviewers_of(raw),
    )
    if state is PullState.OPEN:
        return replace(pull, recorded=decision is not None)
    pull = replace(pull, decided_at=merged_at or closed_at)
    if state is PullState.MERGED:
        by = login(raw.get("merged_by"))
        return replace(pull, decided_by=by, merge_sha=raw["merge_commit_sha"])
    if decision is None or not decision.holds(closed_at):
        return pull
    labels = tuple(dict.fromkeys([*pull.labels, *decision.labels]))
    return replace(
        pull, decided_by=decision.by, reason=decision.reason, labels=labels, recorded=True
    )


def kept(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is ever asked of a pull request: GitHub tells ten times as much."""
    head, base = raw["head"], raw["base"]
    owner = {"login": base["repo"]["owner"]["login"]}
    return {
        **{name: raw[name] for name in _KEPT if name in raw},
        "head": {
            "ref": head["ref"],
            "sha": head["sha"],
            "label": head.get("label"),
            "repo": {"id": (head.get("repo") or {}).get("id")},
        },
        "base": {"ref": base["ref"], "repo": {"id": base["repo"]["id"], "owner": owner}},
        "labels": [{"name": label["name"]} for label in raw["labels"]],
        "user": _named(raw.get("user"), "login"),
        "merged_by": _named(raw.get("merged_by"), "login"),
        "requested_reviewers": [
            _named(user, "login") for user in raw.get("requested_reviewers") or ()
        ],
        "requested_teams": [_named(team, "slug") for team in raw.get("requested_teams") or ()],
    }


_KEPT = (
    *("number", "html_url", "state", "title", "body", "merge_commit_sha"),
    *("created_at", "updated_at", "closed_at", "merged_at"),
)


def _named(one: Mapping[str, Any] | None, name: str) -> dict[str, Any] | None:
    return None if one is None else {name: one[name]} if name in one else {}


def reviewers_of(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return who is asked to review: users, and teams as `owner/team`."""
    owner = raw["base"]["repo"]["owner"]["login"]
    people = [user["login"] for user in raw.get("requested_reviewers") or () if "login" in user]
    teams = [f"{owner}/{team['slug']}" for team in raw.get("requested_teams") or ()]
    return (*people, *teams)


def comment_of(raw: Mapping[str, Any], own: bool) -> Comment:
    """Read a comment under an issue or pull request."""
    user = raw.get("user") or {}
    return Comment(
        id=raw["id"],
        pull=int(str(raw["issue_url"]).rpartition("/")[2]),
        body=plain(raw.get("body")),
        author=user.get("login") or "ghost",
        author_id=user.get("id") or 0,
        at=known_moment(raw["created_at"]),
        own=own,
        edited=raw["updated_at"] != raw["created_at"],
    )


def said_why(comment: str) -> str | None:
    """Return what a comment of the one who closed gives as the reason, if it is about that.

    `/gitdraft reject REASON` may be the very comment that closed it.
    """
    asked = _REJECT.match(comment)
    if asked is not None:
        return one_line(asked[1]) or None
    return None if comment.startswith(_NO_WORDS) else one_line(comment) or None


def login(user: Mapping[str, Any] | None) -> str | None:
    """Return a user's login; None where the account is gone."""
    return user["login"] if user else None


def moment(text: str | None) -> datetime | None:
    """Read a time such as 2024-05-30T12:30:00Z."""
    return known_moment(text) if text else None


def known_moment(text: str) -> datetime:
    """Read a time that is there; one without a zone is no time of GitHub's."""
    read = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if read.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return read.astimezone(timezone.utc)


def plain(text: str | None) -> str:
    """Return a text as it was written: browsers send other line ends."""
    return (text or "").replace("\r\n", "\n")


def split(body: str | None) -> tuple[str, Decision | None]:
    """Take the decision out of a body."""
    text = plain(body)
    match = _DECISION.search(text)
    if match is None:
        return text, None
    return text[: match.start()], _decision(match[1])


def joined(body: str, decision: Decision | None) -> str:
    """Put a decision at the end of a body, unless GitHub would not take so long a one."""
    if decision is None:
        return body
    # In an HTML comment, `--` and `>` must not occur.
    told = json.dumps(
        {
            "at": decision.at.isoformat(),
            "by": decision.by,
            "reason": decision.reason,
            "labels": decision.labels,
            "exact": decision.exact,
        }
    )
    told = told.replace(">", "\\u003e").replace("<", "\\u003c").replace("--", "-\\u002d")
    whole = f"{body}\n\n<!-- gitdraft-decision: {told} -->"
    return whole if len(whole) <= BODY_LIMIT else body


def _decision(text: str) -> Decision | None:
    """Read what anybody who may edit the body may have written."""
    try:
        told = json.loads(text)
        at = known_moment(told["at"])
        by, reason, labels = told["by"], told["reason"], told["labels"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    if not isinstance(labels, list):
        return None
    texts = [*labels, *(each for each in (by, reason) if each is not None)]
    if not all(isinstance(each, str) for each in texts):
        return None
    by, reason = (one_line(each) if each else None for each in (by, reason))
    return Decision(at, by, reason, tuple(labels), told.get("exact") is True)


def _head(raw: Mapping[str, Any]) -> str:
    """Return the branch; that of a fork with its owner, which no branch's own name looks like."""
    head = raw["head"]
    if (head.get("repo") or {}).get("id") == raw["base"]["repo"]["id"]:
        return str(head["ref"])
    return str(head.get("label") or f"unknown:{head['ref']}")
