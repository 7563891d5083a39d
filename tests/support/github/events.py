"""Webhook payloads: what GitHub tells of what happened, as a workflow finds it in its event."""

from __future__ import annotations

from dataclasses import dataclass, field

from support.github.shapes import Shapes
from support.github.world import Account, Comment, Issue, Json, Repository

_NONE = "0" * 40


@dataclass(frozen=True)
class Event:
    """One event: its name (`pull_request`, `issue_comment`, `push`, ...) and its payload."""

    name: str
    payload: Json


@dataclass
class Events:
    """All that happened, oldest first."""

    shapes: Shapes
    happened: list[Event] = field(default_factory=list)

    def add(self, name: str, repository: Repository, by: Account, **payload: object) -> None:
        """Tell of something."""
        shape = {
            **payload,
            "repository": self.shapes.repository(repository),
            "sender": self.shapes.user(by),
        }
        if repository.owner.type == "Organization":
            login = repository.owner.login
            url = f"{self.shapes.api}/orgs/{login}"
            shape["organization"] = {
                "login": login,
                "id": repository.owner.id,
                "node_id": f"O_{repository.owner.id}",
                "url": url,
                "repos_url": f"{url}/repos",
                "events_url": f"{url}/events",
                "hooks_url": f"{url}/hooks",
                "issues_url": f"{url}/issues",
                "members_url": f"{url}/members{{/member}}",
                "public_members_url": f"{url}/public_members{{/member}}",
                "avatar_url": f"{self.shapes.web}/avatars/{repository.owner.id}",
                "description": None,
            }
        self.happened.append(Event(name, shape))

    def pull(
        self,
        repository: Repository,
        issue: Issue,
        action: str,
        by: Account,
        full: Json,
        *,
        label: str | None = None,
        **more: str,
    ) -> None:
        """Tell of a pull request."""
        extra: Json = dict(more)
        if label is not None:
            extra["label"] = self.shapes.label(repository, repository.label(label))
        self.add(
            "pull_request",
            repository,
            by,
            action=action,
            number=issue.number,
            pull_request=full,
            **extra,
        )

    def comment(
        self, repository: Repository, issue: Issue, comment: Comment, action: str, by: Account
    ) -> None:
        """Tell of a comment."""
        extra: Json = {"changes": {"body": {"from": ""}}} if action == "edited" else {}
        self.add(
            "issue_comment",
            repository,
            by,
            action=action,
            issue=self.shapes.issue(repository, issue),
            comment=self.shapes.comment(repository, comment),
            **extra,
        )

    def push(
        self, repository: Repository, ref: str, before: str | None, after: str | None, by: Account
    ) -> None:
        """Tell of a ref that moved."""
        self.add(
            "push",
            repository,
            by,
            ref=ref,
            before=before or _NONE,
            after=after or _NONE,
            created=before is None,
            deleted=after is None,
            forced=False,
            base_ref=None,
            compare=f"{self.shapes.web}/{repository.full_name}/compare",
            commits=[],
            head_commit=None,
            pusher={"name": by.login, "email": by.email},
        )
