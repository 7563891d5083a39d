"""What the tests' GitHub knows: accounts, tokens, repositories, pull requests and what is said."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

Json = dict[str, Any]

LEVELS = {"none": 0, "read": 1, "triage": 1, "write": 2, "maintain": 2, "admin": 3}

_ids = itertools.count(1001)


def next_id() -> int:
    """Return a number that nothing else has, as GitHub's ids are."""
    return next(_ids)


def stamp(when: datetime | None) -> str | None:
    """Write a moment as GitHub does: UTC, in whole seconds."""
    return None if when is None else when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class RefusalError(Exception):
    """An answer of GitHub's that says no."""

    def __init__(
        self,
        status: int,
        message: str,
        *errors: Json | str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body: Json = {
            "message": message,
            "documentation_url": "https://docs.github.com/rest",
            "status": str(status),
        }
        if errors:
            self.body["errors"] = list(errors)


def invalid(resource: str, field_name: str | None, message: str | None = None) -> RefusalError:
    """Return the 422 that names what is wrong with what was sent."""
    error: Json = {"resource": resource, "code": "custom" if message else "invalid"}
    if field_name:
        error["field"] = field_name
    if message:
        error["message"] = message
    return RefusalError(422, "Validation Failed", error)


@dataclass
class Account:
    """A person, a bot or an organisation."""

    login: str
    type: str = "User"
    id: int = field(default_factory=next_id)

    @property
    def email(self) -> str:
        return f"{self.id}+{self.login}@users.noreply.github.com"


@dataclass
class Token:
    """What a request shows: whose it is, and what it may do.

    `permissions` None: everything that its account may (a classic token); otherwise the least of
    the two, as for a fine-grained token, or for an installation's these alone.
    """

    value: str
    account: Account
    permissions: dict[str, str] | None = None
    installation: bool = False
    expired: bool = False
    app: int | None = None


@dataclass
class Label:
    name: str
    color: str = "ededed"
    description: str | None = None
    id: int = field(default_factory=next_id)


@dataclass
class Reaction:
    content: str
    account: Account
    created_at: datetime
    id: int = field(default_factory=next_id)


@dataclass
class Comment:
    issue: int
    body: str
    account: Account
    created_at: datetime
    updated_at: datetime
    reactions: list[Reaction] = field(default_factory=list)
    id: int = field(default_factory=next_id)


@dataclass
class Happening:
    """An entry of an issue's history (`closed`, `reopened`, `labeled`, ...)."""

    event: str
    account: Account
    created_at: datetime
    label: str | None = None
    commit: str | None = None
    id: int = field(default_factory=next_id)


@dataclass
class Issue:
    """An issue, or what a pull request shares with issues."""

    number: int
    title: str
    body: str | None
    account: Account
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    closed_at: datetime | None = None
    closed_by: Account | None = None
    labels: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    history: list[Happening] = field(default_factory=list)
    id: int = field(default_factory=next_id)
    pull: Pull | None = None


@dataclass
class Pull:
    """What a pull request has beside its issue."""

    head: str
    base: str
    head_sha: str
    base_sha: str
    merged_at: datetime | None = None
    merged_by: Account | None = None
    merge_sha: str | None = None
    reviewers: list[str] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)
    id: int = field(default_factory=next_id)


@dataclass
class Status:
    """A commit status."""

    state: str
    context: str
    description: str | None
    target_url: str | None
    account: Account
    created_at: datetime
    id: int = field(default_factory=next_id)


@dataclass
class CheckRun:
    """A check run as it was sent, with its annotations collected."""

    sent: Json
    annotations: list[Json]
    app: int
    started_at: datetime
    id: int = field(default_factory=next_id)


@dataclass
class Protection:
    """A rule that keeps refs from being pushed to.

    `ruleset` refuses as repository rules do (GH013) and not as branch protection (GH006). `kinds`
    are the types of a ruleset's rules, as the API names them; what they mean is not played.
    """

    pattern: str
    reviews: int = 1
    bypass: tuple[str, ...] = ()
    ruleset: bool = False
    kinds: tuple[str, ...] = ("pull_request",)


@dataclass
class Repository:
    """A repository: its bare Git repository at `path`, and what is around it."""

    owner: Account
    name: str
    path: Path
    created_at: datetime
    default_branch: str = "main"
    private: bool = True
    roles: dict[str, str] = field(default_factory=dict)
    teams: list[str] = field(default_factory=list)
    issues: dict[int, Issue] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    statuses: dict[str, list[Status]] = field(default_factory=dict)
    checks: dict[int, CheckRun] = field(default_factory=dict)
    protections: list[Protection] = field(default_factory=list)
    actions_enabled: bool = True
    actions_may_open: bool = True
    actions_default: str = "read"
    codeowners_errors: list[Json] = field(default_factory=list)
    id: int = field(default_factory=next_id)

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def role(self, account: Account) -> str:
        if account.login == self.owner.login:
            return "admin"
        return self.roles.get(account.login, "none" if self.private else "read")

    def pulls(self) -> list[Issue]:
        return [issue for issue in self.issues.values() if issue.pull is not None]

    def issue(self, number: int) -> Issue:
        found = self.issues.get(number)
        if found is None:
            raise RefusalError(404, "Not Found")
        return found

    def pull(self, number: int) -> tuple[Issue, Pull]:
        issue = self.issue(number)
        if issue.pull is None:
            raise RefusalError(404, "Not Found")
        return issue, issue.pull

    def comment(self, identifier: int) -> Comment:
        for issue in self.issues.values():
            for comment in issue.comments:
                if comment.id == identifier:
                    return comment
        raise RefusalError(404, "Not Found")

    def label(self, name: str) -> Label:
        """Return the label of that name, made where there is none; GitHub's fold case."""
        for label in self.labels.values():
            if label.name.lower() == name.lower():
                return label
        return self.labels.setdefault(name, Label(name))


@dataclass
class App:
    """A GitHub App with one installation, on every repository of its owner."""

    id: int
    slug: str
    private_key: str
    public_key: str
    permissions: dict[str, str]
    account: Account
    installation: int = field(default_factory=next_id)
