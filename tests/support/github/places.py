"""How GitHub writes accounts and repositories, with all their addresses."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from support.github.world import Account, Json, Repository, Token, stamp

_OF_USER = {
    "events_url": "/events{/privacy}",
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "organizations_url": "/orgs",
    "received_events_url": "/received_events",
    "repos_url": "/repos",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "url": "",
}

_OF_REPOSITORY = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
    "url": "",
}


class Places:
    """The JSON of one server, whose addresses begin with `web` and `api`."""

    def __init__(self, web: str, api: str, accounts: Mapping[str, Account]) -> None:
        self.web, self.api, self.accounts = web, api, accounts

    def user(self, account: Account) -> Json:
        url = f"{self.api}/users/{quote(account.login)}"
        page = account.login.removesuffix("[bot]")
        return {
            "login": account.login,
            "id": account.id,
            "node_id": f"U_{account.id}",
            "avatar_url": f"{self.web}/avatars/{account.id}",
            "gravatar_id": "",
            "html_url": f"{self.web}/{page}"
            if page == account.login
            else f"{self.web}/apps/{page}",
            "type": account.type,
            "site_admin": False,
            **{key: url + rest for key, rest in _OF_USER.items()},
        }

    def repo_url(self, repository: Repository) -> str:
        return f"{self.api}/repos/{repository.full_name}"

    def minimal_repository(self, repository: Repository) -> Json:
        url = self.repo_url(repository)
        return {
            "id": repository.id,
            "node_id": f"R_{repository.id}",
            "name": repository.name,
            "full_name": repository.full_name,
            "owner": self.user(repository.owner),
            "private": repository.private,
            "html_url": f"{self.web}/{repository.full_name}",
            "description": None,
            "fork": False,
            **{key: url + rest for key, rest in _OF_REPOSITORY.items()},
        }

    def repository(self, repository: Repository) -> Json:
        host = self.web.partition("://")[2]
        opened = sum(issue.state == "open" for issue in repository.issues.values())
        return {
            **self.minimal_repository(repository),
            "clone_url": f"{self.web}/{repository.full_name}.git",
            "git_url": f"git://{host}/{repository.full_name}.git",
            "ssh_url": f"git@{host}:{repository.full_name}.git",
            "svn_url": f"{self.web}/{repository.full_name}",
            "mirror_url": None,
            "default_branch": repository.default_branch,
            "forks": 0,
            "forks_count": 0,
            "watchers": 0,
            "watchers_count": 0,
            "stargazers_count": 0,
            "open_issues": opened,
            "open_issues_count": opened,
            "size": 1,
            "has_issues": True,
            "has_projects": False,
            "has_wiki": False,
            "has_pages": False,
            "has_downloads": False,
            "has_discussions": False,
            "homepage": None,
            "language": None,
            "archived": False,
            "disabled": False,
            "license": None,
            "visibility": "private" if repository.private else "public",
            "allow_forking": True,
            "is_template": False,
            "topics": [],
            "web_commit_signoff_required": False,
            "created_at": stamp(repository.created_at),
            "updated_at": stamp(repository.created_at),
            "pushed_at": stamp(repository.created_at),
        }

    def full_repository(self, repository: Repository, token: Token | None) -> Json:
        shape = {**self.repository(repository), "network_count": 0, "subscribers_count": 0}
        if token is not None and not token.installation:
            shape["permissions"] = permissions(repository.role(token.account))
        if repository.owner.type == "Organization":
            shape["organization"] = self.user(repository.owner)
        return shape


def permissions(role: str) -> dict[str, bool]:
    """Return what a role may, as GitHub writes it in a repository."""
    order = ["none", "read", "triage", "write", "maintain", "admin"]
    rank = order.index(role)
    names = {"pull": 1, "triage": 2, "push": 3, "maintain": 4, "admin": 5}
    return {name: rank >= least for name, least in names.items()}
