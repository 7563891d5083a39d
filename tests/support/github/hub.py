"""The tests' GitHub itself: its state, and what people and programs do to it."""

from __future__ import annotations

import fnmatch
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

from support.github import gitside
from support.github.description import Judge
from support.github.events import Event, Events
from support.github.faults import Fault, primary_limit, secondary_limit
from support.github.lives import HEADS, Lives
from support.github.shapes import Shapes
from support.github.world import (
    Account,
    App,
    Json,
    Protection,
    RefusalError,
    Repository,
    Token,
    stamp,
)


@dataclass(frozen=True)
class Request:
    """One request as it came in; `status` 0 where the connection was cut."""

    kind: str
    method: str
    path: str
    query: Mapping[str, str]
    status: int
    user: str | None
    body: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class GitHub(Lives):
    """A running GitHub; everything a test asks of it or does to it as a person."""

    folder: Path
    port: int
    judge: Judge
    accounts: dict[str, Account] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    apps: dict[int, App] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)
    #: Former names of repositories, and the ones they have now.
    former: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._start = datetime.now(timezone.utc).replace(microsecond=0)
        self.ticks = 0
        self.judge.violations = self.violations
        self.shapes = Shapes(self.web, self.api_url, self.accounts)
        self.told = Events(self.shapes)
        self.actions_bot = self.account("github-actions[bot]", "Bot")

    # Where it is

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.web}/api/v3"

    @property
    def repository(self) -> Repository:
        """The first repository, which most tests have alone."""
        return next(iter(self.repositories.values()))

    @property
    def url(self) -> str:
        """The clone URL of the first repository."""
        return self.url_of(self.repository)

    def url_of(self, repository: Repository) -> str:
        return f"{self.web}/{repository.full_name}.git"

    @property
    def path(self) -> Path:
        """The bare Git repository of the first repository."""
        return self.repository.path

    def now(self) -> datetime:
        """Return the time: every answer is a second later than the one before."""
        self.ticks += 1
        return self._start + timedelta(seconds=self.ticks)

    # What was asked and what happened

    @property
    def events(self) -> list[Event]:
        """The webhook payloads of all that happened, oldest first."""
        return self.told.happened

    def event(self, name: str, action: str | None = None) -> Json:
        """Return the newest payload of that event."""
        for event in reversed(self.events):
            if event.name == name and action in {None, event.payload.get("action")}:
                return event.payload
        raise AssertionError(f"there was no event {name} {action or ''}")

    @property
    def calls(self) -> list[str]:
        """The requests to the API, as `METHOD /path`."""
        return [str(request) for request in self.requests if request.kind == "api"]

    # Accounts and tokens

    def account(self, login: str, kind: str = "User") -> Account:
        """Return an account, made where there is none."""
        if login not in self.accounts:
            self.accounts[login] = Account(login, kind)
        return self.accounts[login]

    def person(self, login: str, role: str = "write") -> Account:
        """Return an account with a role in every repository (none, read, triage, write, ...)."""
        account = self.account(login)
        for repository in self.repositories.values():
            repository.roles[login] = role
        return account

    def token(
        self, login: str, role: str = "write", permissions: Mapping[str, str] | None = None
    ) -> str:
        """Return a token of a person with that role; `permissions` make it a fine-grained one.

        A token of a person who may only read is fine-grained too, as such tokens mostly are.
        """
        account = self.person(login, role)
        if permissions is None and role == "read":
            permissions = {"contents": "read", "pull_requests": "read", "issues": "read"}
        prefix = "ghp_" if permissions is None else "github_pat_"
        return self._keep(prefix, account, permissions)

    def actions_token(self, permissions: Mapping[str, str] | None = None) -> str:
        """Return the GITHUB_TOKEN of a workflow, which may what its `permissions:` say."""
        given = permissions or {
            "contents": "write",
            "pull_requests": "write",
            "issues": "write",
            "checks": "write",
            "statuses": "write",
        }
        return self._keep("ghs_", self.actions_bot, given, installation=True)

    def app(self, slug: str = "gitdraft", permissions: Mapping[str, str] | None = None) -> App:
        """Return a GitHub App with its private key, installed for the repositories' owner."""
        private, public = _keys()
        given = dict(
            permissions
            or {"contents": "write", "pull_requests": "write", "issues": "write", "checks": "write"}
        )
        app = App(
            id=len(self.apps) + 42,
            slug=slug,
            private_key=private,
            public_key=public,
            permissions={"metadata": "read", **given},
            account=self.account(f"{slug}[bot]", "Bot"),
        )
        self.apps[app.id] = app
        return app

    def installation_token(self, app: App) -> str:
        """Return a token of an App's installation."""
        return self._keep("ghs_", app.account, app.permissions, installation=True, app=app.id)

    def _keep(
        self,
        prefix: str,
        account: Account,
        permissions: Mapping[str, str] | None,
        *,
        installation: bool = False,
        app: int | None = None,
    ) -> str:
        value = prefix + secrets.token_hex(18)
        rights = None if permissions is None else dict(permissions)
        self.tokens[value] = Token(value, account, rights, installation, app=app)
        return value

    def expire(self, token: str) -> None:
        """Let a token be known no more."""
        self.tokens[token].expired = True

    # Repositories

    def add_repository(
        self, full_name: str, *, private: bool = True, branch: str = "main"
    ) -> Repository:
        """Add an empty repository of an organisation."""
        owner, _, name = full_name.partition("/")
        path = self.folder / owner / f"{name}.git"
        gitside.make_bare(path, branch)
        account = self.account(owner, "Organization")
        repository = Repository(account, name, path, self.now(), branch, private)
        self.repositories[full_name] = repository
        return repository

    def find_repository(self, full_name: str, token: Token | None) -> Repository:
        """Return a repository that a token may see; otherwise there is none (404)."""
        repository = self.repositories.get(full_name)
        if repository is None:
            raise RefusalError(404, "Not Found")
        seen = token is not None and (
            token.installation or repository.role(token.account) != "none"
        )
        if repository.private and not seen:
            raise RefusalError(404, "Not Found")
        return repository

    def protect(
        self, branch: str = "main", *, reviews: int = 1, bypass: tuple[str, ...] = (), **more: Any
    ) -> None:
        """Protect a branch (a glob): pushes to it are refused with GH006, merging is allowed.

        `ruleset=True` refuses as repository rules do (GH013). `bypass` names accounts.
        """
        self._rule(Protection(f"{HEADS}{branch}", reviews, bypass, **more))

    def protect_tags(self, pattern: str = "*", *, bypass: tuple[str, ...] = ()) -> None:
        """Refuse tags whose names match a glob, as repository rules do."""
        self._rule(Protection(f"refs/tags/{pattern}", 0, bypass, ruleset=True))

    def unprotect(self) -> None:
        """Remove all protection."""
        self.repository.protections.clear()
        gitside.protect(self.path, [])

    def _rule(self, rule: Protection) -> None:
        self.repository.protections.append(rule)
        gitside.protect(self.path, self.repository.protections)

    def protection_of(self, repository: Repository, branch: str) -> Protection | None:
        for rule in repository.protections:
            if fnmatch.fnmatchcase(f"{HEADS}{branch}", rule.pattern):
                return rule
        return None

    # Faults

    def fault(self, **which: Any) -> Fault:
        """Let something go wrong; see `Fault`."""
        return self._add(Fault(**which))

    def secondary_limit(self, retry_after: int = 1, **which: Any) -> Fault:
        """Answer as to one who asks too fast: 403 with Retry-After."""
        return self._add(secondary_limit(retry_after, **which))

    def primary_limit(self, reset_in: int = 1, **which: Any) -> Fault:
        """Answer as to one who has asked too often: 403 with X-RateLimit-Remaining: 0."""
        return self._add(primary_limit(reset_in, **which))

    def _add(self, fault: Fault) -> Fault:
        with self.lock:
            self.faults.append(fault)
        return fault

    def struck(self, method: str, path: str) -> Fault | None:
        """Return what is to go wrong with a request."""
        with self.lock:
            hits = [fault for fault in self.faults if fault.strikes(method, path)]
        return hits[0] if hits else None

    # What people do on the web pages

    def open(
        self, head: str, base: str = "main", title: str = "Change", body: str = "", by: str = "ana"
    ) -> int:
        """Open a pull request as a person; its number."""
        with self.lock:
            issue = self.open_pull(
                self.repository, self.account(by), {"head": head, "base": base, "title": title}
            )
            issue.body = body
            return issue.number

    def merge(self, number: int, method: str = "merge", by: str = "ana") -> str:
        """Merge a pull request as a person: `merge`, `squash` or `rebase`; the merge's commit."""
        with self.lock:
            self.sync(self.repository, self.account(by))
            issue, _ = self.repository.pull(number)
            return self.merge_pull(self.repository, issue, method, self.account(by))

    def close(self, number: int, by: str = "ana", comment: str | None = None) -> None:
        """Close a pull request as a person, perhaps with a comment before it."""
        if comment is not None:
            self.comment(number, comment, by)
        with self.lock:
            self.set_state(self.repository, self.repository.issue(number), "closed", by)

    def reopen(self, number: int, by: str = "ana") -> None:
        """Reopen a pull request as a person."""
        with self.lock:
            self.set_state(self.repository, self.repository.issue(number), "open", by)

    def comment(self, number: int, text: str, by: str = "ana") -> int:
        """Comment as a person; the comment's id."""
        with self.lock:
            account = self.account(by)
            return self.add_comment(
                self.repository, self.repository.issue(number), text, account
            ).id

    def edit_comment(self, identifier: int, text: str, by: str = "ana") -> None:
        """Edit a comment as a person."""
        with self.lock:
            comment = self.repository.comment(identifier)
            self.change_comment(self.repository, comment, text, self.account(by))

    def delete_branch(self, branch: str, by: str = "ana") -> None:
        """Delete a branch as a person."""
        with self.lock:
            gitside.set_ref(self.path, HEADS + branch, None)
            self.sync(self.repository, self.account(by))

    def pushed(self, by: str = "ana") -> None:
        """Take notice of what a test did to the bare repository itself."""
        with self.lock:
            self.sync(self.repository, self.account(by))

    def pull(self, number: int) -> Json:
        """Return a pull request as the API writes it."""
        with self.lock:
            self.sync(self.repository, self.actions_bot)
            return self.full_pull(self.repository, self.repository.issue(number))

    def pulls(self, state: str = "all") -> list[Json]:
        """Return the pull requests in a state, oldest first."""
        with self.lock:
            self.sync(self.repository, self.actions_bot)
            return [
                self.shapes.pull(self.repository, issue)
                for issue in self.repository.pulls()
                if state in {"all", issue.state}
            ]

    def comments(self, number: int) -> list[Json]:
        """Return the comments of a pull request, oldest first."""
        issue = self.repository.issue(number)
        return [self.shapes.comment(self.repository, each) for each in issue.comments]

    def token_expires(self) -> str:
        """Return when a token made now expires: in an hour."""
        return stamp(datetime.now(timezone.utc) + timedelta(hours=1)) or ""


@cache
def _keys() -> tuple[str, str]:
    """Make the key pair of the tests' Apps: private and public, in PEM."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()
