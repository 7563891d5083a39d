"""How GitHub writes things: the JSON of its answers and of its events."""

from __future__ import annotations

import zlib
from collections import Counter
from typing import Any
from urllib.parse import quote

from support.github.places import Places
from support.github.world import (
    Account,
    App,
    CheckRun,
    Comment,
    Happening,
    Issue,
    Json,
    Label,
    Reaction,
    Repository,
    Status,
    stamp,
)

_EMOJI = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


class Shapes(Places):
    """The JSON of one server, whose addresses begin with `web` and `api`."""

    def label(self, repository: Repository, label: Label) -> Json:
        return {
            "id": label.id,
            "node_id": f"LA_{label.id}",
            "url": f"{self.repo_url(repository)}/labels/{quote(label.name)}",
            "name": label.name,
            "color": label.color,
            "default": False,
            # Null at GitHub; its description forbids that for the labels of a list of pulls.
            "description": label.description or "",
            "archived_at": None,
            "archived_by": None,
        }

    def labels(self, repository: Repository, issue: Issue) -> list[Json]:
        return [self.label(repository, repository.label(name)) for name in issue.labels]

    def reactions(self, url: str, reactions: list[Reaction]) -> Json:
        counted = Counter(reaction.content for reaction in reactions)
        counts = {name: counted[name] for name in _EMOJI}
        return {"url": f"{url}/reactions", "total_count": len(reactions), **counts}

    def reaction(self, reaction: Reaction) -> Json:
        return {
            "id": reaction.id,
            "node_id": f"REA_{reaction.id}",
            "user": self.user(reaction.account),
            "content": reaction.content,
            "created_at": stamp(reaction.created_at),
        }

    def comment(self, repository: Repository, comment: Comment) -> Json:
        issue = f"{self.repo_url(repository)}/issues/{comment.issue}"
        url = f"{self.repo_url(repository)}/issues/comments/{comment.id}"
        page = f"{self.web}/{repository.full_name}/pull/{comment.issue}"
        return {
            "id": comment.id,
            "node_id": f"IC_{comment.id}",
            "url": url,
            "html_url": f"{page}#issuecomment-{comment.id}",
            "issue_url": issue,
            "user": self.user(comment.account),
            "created_at": stamp(comment.created_at),
            "updated_at": stamp(comment.updated_at),
            "author_association": association(repository, comment.account),
            "performed_via_github_app": None,
            "body": comment.body,
            "reactions": self.reactions(url, comment.reactions),
        }

    def issue(self, repository: Repository, issue: Issue) -> Json:
        url = f"{self.repo_url(repository)}/issues/{issue.number}"
        kind = "pull" if issue.pull else "issues"
        page = f"{self.web}/{repository.full_name}/{kind}/{issue.number}"
        shape: Json = {
            "id": issue.id,
            "node_id": f"I_{issue.id}",
            "url": url,
            "repository_url": self.repo_url(repository),
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "timeline_url": f"{url}/timeline",
            "html_url": page,
            "number": issue.number,
            "state": issue.state,
            "state_reason": None,
            "title": issue.title,
            "body": issue.body,
            "user": self.user(issue.account),
            "labels": self.labels(repository, issue),
            "assignee": None,
            "assignees": [],
            "milestone": None,
            "locked": False,
            "active_lock_reason": None,
            "comments": len(issue.comments),
            "created_at": stamp(issue.created_at),
            "updated_at": stamp(issue.updated_at),
            "closed_at": stamp(issue.closed_at),
            "closed_by": self.user(issue.closed_by) if issue.closed_by else None,
            "author_association": association(repository, issue.account),
            "performed_via_github_app": None,
            "reactions": self.reactions(url, issue.reactions),
        }
        if issue.pull:
            shape["draft"] = False
            shape["pull_request"] = {
                "url": f"{self.repo_url(repository)}/pulls/{issue.number}",
                "html_url": page,
                "diff_url": f"{page}.diff",
                "patch_url": f"{page}.patch",
                "merged_at": stamp(issue.pull.merged_at),
            }
        return shape

    def pull(self, repository: Repository, issue: Issue) -> Json:
        """Return a pull request as lists show it."""
        pull = issue.pull
        assert pull is not None
        api = self.repo_url(repository)
        url = f"{api}/pulls/{issue.number}"
        page = f"{self.web}/{repository.full_name}/pull/{issue.number}"
        links = {
            "self": url,
            "html": page,
            "issue": f"{api}/issues/{issue.number}",
            "comments": f"{api}/issues/{issue.number}/comments",
            "review_comments": f"{url}/comments",
            "review_comment": f"{api}/pulls/comments{{/number}}",
            "commits": f"{url}/commits",
            "statuses": f"{api}/statuses/{pull.head_sha}",
        }
        return {
            "id": pull.id,
            "node_id": f"PR_{pull.id}",
            "url": url,
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "issue_url": links["issue"],
            "comments_url": links["comments"],
            "review_comments_url": links["review_comments"],
            "review_comment_url": links["review_comment"],
            "commits_url": links["commits"],
            "statuses_url": links["statuses"],
            "number": issue.number,
            "state": issue.state,
            "locked": False,
            "active_lock_reason": None,
            "title": issue.title,
            "body": issue.body,
            "user": self.user(issue.account),
            "labels": self.labels(repository, issue),
            "milestone": None,
            "assignee": None,
            "assignees": [],
            "requested_reviewers": [self.user(self.accounts[name]) for name in pull.reviewers],
            "requested_teams": [self.team(repository, slug) for slug in pull.teams],
            "created_at": stamp(issue.created_at),
            "updated_at": stamp(issue.updated_at),
            "closed_at": stamp(issue.closed_at),
            "merged_at": stamp(pull.merged_at),
            # Of one that is not merged it names a trial merge: never proof of a merge.
            "merge_commit_sha": pull.merge_sha or pull.head_sha[::-1],
            "head": self._end(repository, pull.head, pull.head_sha),
            "base": self._end(repository, pull.base, pull.base_sha),
            "_links": {key: {"href": value} for key, value in links.items()},
            "author_association": association(repository, issue.account),
            "auto_merge": None,
            "draft": False,
        }

    def full_pull(
        self, repository: Repository, issue: Issue, facts: tuple[int, int, int, int], clean: bool
    ) -> Json:
        """Return one pull request; `facts` are its commits, files, additions and deletions."""
        pull = issue.pull
        assert pull is not None
        commits, files, additions, deletions = facts
        opened = issue.state == "open"
        return {
            **self.pull(repository, issue),
            "merged": pull.merged_at is not None,
            "merged_by": self.user(pull.merged_by) if pull.merged_by else None,
            "mergeable": clean if opened else None,
            "rebaseable": clean if opened else None,
            "mergeable_state": ("clean" if clean else "dirty") if opened else "unknown",
            "comments": len(issue.comments),
            "review_comments": 0,
            "maintainer_can_modify": False,
            "commits": commits,
            "changed_files": files,
            "additions": additions,
            "deletions": deletions,
        }

    def _end(self, repository: Repository, branch: str, sha: str) -> Json:
        return {
            "label": f"{repository.owner.login}:{branch}",
            "ref": branch,
            "sha": sha,
            "user": self.user(repository.owner),
            "repo": self.repository(repository),
        }

    def team(self, repository: Repository, slug: str) -> Json:
        url = f"{self.api}/organizations/{repository.owner.id}/team/{slug}"
        return {
            "id": zlib.crc32(slug.encode()),
            "node_id": f"T_{slug}",
            "url": url,
            "html_url": f"{self.web}/orgs/{repository.owner.login}/teams/{slug}",
            "name": slug,
            "slug": slug,
            "description": None,
            "permission": "push",
            "privacy": "closed",
            "notification_setting": "notifications_enabled",
            "members_url": f"{url}/members{{/member}}",
            "repositories_url": f"{url}/repos",
            "type": "organization",
            "organization_id": repository.owner.id,
            "parent": None,
        }

    def happening(self, repository: Repository, issue: Issue, entry: Happening) -> Json:
        shape: Json = {
            "id": entry.id,
            "node_id": f"EV_{entry.id}",
            "url": f"{self.repo_url(repository)}/issues/events/{entry.id}",
            "actor": self.user(entry.account),
            "event": entry.event,
            "commit_id": entry.commit,
            "commit_url": f"{self.repo_url(repository)}/commits/{entry.commit}"
            if entry.commit
            else None,
            "created_at": stamp(entry.created_at),
            "performed_via_github_app": None,
        }
        if entry.label is not None:
            label = repository.label(entry.label)
            shape["label"] = {"name": label.name, "color": label.color}
        return shape

    def status(self, repository: Repository, sha: str, status: Status) -> Json:
        return {
            "id": status.id,
            "node_id": f"SC_{status.id}",
            "url": f"{self.repo_url(repository)}/statuses/{sha}",
            "avatar_url": f"{self.web}/avatars/{status.account.id}",
            "state": status.state,
            "description": status.description,
            "target_url": status.target_url,
            "context": status.context,
            "created_at": stamp(status.created_at),
            "updated_at": stamp(status.created_at),
            "creator": self.user(status.account),
        }

    def check_run(self, repository: Repository, run: CheckRun, app: Json | None) -> Json:
        sent = run.sent
        url = f"{self.repo_url(repository)}/check-runs/{run.id}"
        output = sent.get("output") or {}
        return {
            "id": run.id,
            "node_id": f"CR_{run.id}",
            "head_sha": sent["head_sha"],
            "external_id": sent.get("external_id"),
            "url": url,
            "html_url": f"{self.web}/{repository.full_name}/runs/{run.id}",
            "details_url": sent.get("details_url"),
            "status": "completed" if "conclusion" in sent else sent.get("status", "queued"),
            "conclusion": sent.get("conclusion"),
            "started_at": sent.get("started_at") or stamp(run.started_at),
            "completed_at": sent.get("completed_at")
            or (stamp(run.started_at) if "conclusion" in sent else None),
            "name": sent["name"],
            "output": {
                "title": output.get("title"),
                "summary": output.get("summary"),
                "text": output.get("text"),
                "annotations_count": len(run.annotations),
                "annotations_url": f"{url}/annotations",
            },
            "check_suite": {"id": run.id},
            "app": app,
            "pull_requests": [],
        }

    def app(self, app: App, owner: Account) -> Json:
        return {
            "id": app.id,
            "slug": app.slug,
            "node_id": f"A_{app.id}",
            "client_id": f"Iv{app.id}",
            "owner": self.user(owner),
            "name": app.slug,
            "description": None,
            "external_url": "https://example.org",
            "html_url": f"{self.web}/apps/{app.slug}",
            "created_at": "2024-01-01T00:00:00Z",
            "updated_at": "2024-01-01T00:00:00Z",
            "permissions": app.permissions,
            "events": [],
        }


def association(repository: Repository, account: Account) -> str:
    """Return how an account belongs to a repository, as GitHub writes it beside what it says."""
    if account.login == repository.owner.login:
        return "OWNER"
    role = repository.roles.get(account.login, "none")
    return "COLLABORATOR" if role != "none" else "NONE"


def codeowners_error(path: str, line: int, kind: str, source: str) -> dict[str, Any]:
    """Return an error of a CODEOWNERS file."""
    return {
        "line": line,
        "column": 1,
        "kind": kind,
        "source": source,
        "suggestion": None,
        "message": f"{kind} on line {line}: {source}",
        "path": path,
    }
