"""The lives of pull requests: how they open, follow their branches, are merged, closed, reopened.

What people do on the web pages and programs over the API comes to the same, and is here.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from datetime import datetime

from support.github import gitside
from support.github.events import Events
from support.github.shapes import Shapes
from support.github.world import (
    Account,
    Comment,
    Happening,
    Issue,
    Json,
    Pull,
    RefusalError,
    Repository,
    invalid,
)

HEADS = "refs/heads/"


class Lives:
    """What may happen to pull requests; each change is told in `told`."""

    shapes: Shapes
    told: Events

    def account(self, login: str, kind: str = "User") -> Account:
        """Return an account, made where there is none."""
        raise NotImplementedError

    def now(self) -> datetime:
        """Return the time."""
        raise NotImplementedError

    def full_pull(self, repository: Repository, issue: Issue) -> Json:
        pull = issue.pull
        assert pull is not None
        clean = False
        if issue.state == "open":
            base = gitside.tip(repository.path, HEADS + pull.base) or pull.base_sha
            clean = gitside.merged_tree(repository.path, base, pull.head_sha) is not None
        facts = gitside.facts(repository.path, pull.base_sha, pull.head_sha)
        return self.shapes.full_pull(repository, issue, facts, clean)

    def open_pull(self, repository: Repository, by: Account, sent: Json) -> Issue:
        """Open a pull request, refused as GitHub refuses."""
        self.sync(repository, by)
        owner, _, head = str(sent["head"]).rpartition(":")
        base = sent["base"]
        if owner not in {"", repository.owner.login}:
            raise invalid("PullRequest", "head")
        tips = {name: gitside.tip(repository.path, HEADS + name) for name in (head, base)}
        for name, key in ((head, "head"), (base, "base")):
            if tips[name] is None:
                raise invalid("PullRequest", key)
        taken = [each for each in repository.pulls() if each.state == "open" and each.pull]
        if any(each.pull and (each.pull.head, each.pull.base) == (head, base) for each in taken):
            said = f"A pull request already exists for {repository.owner.login}:{head}."
            raise invalid("PullRequest", None, said)
        head_sha, base_sha = tips[head] or "", tips[base] or ""
        if not gitside.commits(repository.path, base_sha, head_sha):
            said = f"No commits between {base} and {head}"
            raise invalid("PullRequest", None, said)
        check_texts("PullRequest", sent)
        now = self.now()
        issue = Issue(
            number=max(repository.issues, default=0) + 1,
            title=str(sent["title"]),
            body=sent.get("body"),
            account=by,
            created_at=now,
            updated_at=now,
            pull=Pull(head, base, head_sha, base_sha),
        )
        assert issue.pull is not None
        repository.issues[issue.number] = issue
        gitside.set_ref(repository.path, f"refs/pull/{issue.number}/head", head_sha)
        issue.pull.reviewers += self._code_owners(repository, issue.pull, by)
        self.told.pull(repository, issue, "opened", by, self.full_pull(repository, issue))
        return issue

    def _code_owners(self, repository: Repository, pull: Pull, author: Account) -> list[str]:
        for name in (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"):
            text = gitside.blob(repository.path, pull.base_sha, name)
            if text is not None:
                break
        else:
            return []
        found: list[str] = []
        changed = gitside.changed_files(repository.path, pull.base_sha, pull.head_sha)
        for _, path in changed:
            owners: list[str] = []
            for line in text.decode().splitlines():
                pattern, *names = line.partition("#")[0].split() or [""]
                if pattern and owned(pattern, path):
                    owners = names
            found += [name[1:] for name in owners if "/" not in name]
        known = [name for name in found if repository.roles.get(name, "none") != "none"]
        return [name for name in dict.fromkeys(known) if name != author.login]

    def merge_pull(
        self,
        repository: Repository,
        issue: Issue,
        method: str,
        by: Account,
        *,
        title: str | None = None,
        message: str | None = None,
    ) -> str:
        """Merge with real Git, as the web page does; RefusalError where it cannot be."""
        pull = issue.pull
        assert pull is not None
        if issue.state != "open":
            raise RefusalError(405, "Pull Request is not mergeable")
        path = repository.path
        base = gitside.tip(path, HEADS + pull.base)
        assert base is not None
        tree = gitside.merged_tree(path, base, pull.head_sha)
        if tree is None:
            raise RefusalError(405, "Pull Request is not mergeable")
        if method == "rebase":
            sha = gitside.rebase(path, base, pull.head_sha, by)
            if sha is None:
                raise RefusalError(405, "This branch can't be rebased")
        elif method == "squash":
            subject, said = squashed(issue, gitside.messages(path, base, pull.head_sha))
            text = f"{title or subject}\n\n{message if message is not None else said}".strip()
            sha = gitside.commit_tree(path, tree, [base], text, by)
        else:
            branch = f"{repository.owner.login}/{pull.head}"
            subject = title or f"Merge pull request #{issue.number} from {branch}"
            text = f"{subject}\n\n{message if message is not None else issue.title}"
            sha = gitside.commit_tree(path, tree, [base, pull.head_sha], text, by)
        gitside.set_ref(path, HEADS + pull.base, sha)
        self._merged(repository, issue, sha, by)
        self.sync(repository, by)
        return sha

    def _merged(self, repository: Repository, issue: Issue, sha: str, by: Account) -> None:
        pull = issue.pull
        assert pull is not None
        pull.merged_at = issue.closed_at = issue.updated_at = self.now()
        pull.merged_by, pull.merge_sha = by, sha
        issue.state, issue.closed_by = "closed", by
        issue.history += [
            Happening("merged", by, pull.merged_at, commit=sha),
            Happening("closed", by, pull.merged_at),
        ]
        self.told.pull(repository, issue, "closed", by, self.full_pull(repository, issue))

    def set_state(self, repository: Repository, issue: Issue, state: str, by: str) -> None:
        """Close or reopen, refused as GitHub refuses."""
        account = self.account(by)
        self.sync(repository, account)
        if state == issue.state:
            return
        if state == "open" and issue.pull:
            self._check_reopening(repository, issue)
        issue.state = state
        issue.updated_at = self.now()
        issue.closed_at = issue.updated_at if state == "closed" else None
        issue.closed_by = account if state == "closed" else None
        action = "closed" if state == "closed" else "reopened"
        issue.history.append(Happening(action, account, issue.updated_at))
        if issue.pull:
            self.sync(repository, account)
            self.told.pull(repository, issue, action, account, self.full_pull(repository, issue))

    def _check_reopening(self, repository: Repository, issue: Issue) -> None:
        pull = issue.pull
        assert pull is not None
        tip = gitside.tip(repository.path, HEADS + pull.head)
        why = None
        if pull.merged_at is not None:
            why = "The pull request is merged."
        elif any(
            other.pull and other.state == "open" and other.pull.head == pull.head
            for other in repository.pulls()
        ):
            why = f"A pull request already exists for {repository.owner.login}:{pull.head}."
        elif tip is None:
            why = f"The {pull.head} branch was deleted."
        elif not gitside.is_ancestor(repository.path, pull.head_sha, tip):
            why = f"The {pull.head} branch was force-pushed or recreated."
        elif not gitside.commits(repository.path, pull.base, tip):
            why = f"There are no new commits on the {pull.head} branch."
        if why:
            raise invalid("PullRequest", "state", f"state cannot be changed. {why}")

    def add_comment(self, repository: Repository, issue: Issue, text: str, by: Account) -> Comment:
        check_texts("IssueComment", {"body": text})
        now = self.now()
        comment = Comment(issue.number, text, by, now, now)
        issue.comments.append(comment)
        issue.updated_at = now
        self.told.comment(repository, issue, comment, "created", by)
        return comment

    def change_comment(
        self, repository: Repository, comment: Comment, text: str, by: Account
    ) -> None:
        check_texts("IssueComment", {"body": text})
        comment.body, comment.updated_at = text, self.now()
        issue = repository.issue(comment.issue)
        self.told.comment(repository, issue, comment, "edited", by)

    def label(
        self, repository: Repository, issue: Issue, names: list[str], by: Account, *, add: bool
    ) -> None:
        """Put labels on an issue, or take them off."""
        for name in names:
            label = repository.label(name).name
            if add == (label in issue.labels):
                continue
            (issue.labels.append if add else issue.labels.remove)(label)
            issue.updated_at = self.now()
            event = "labeled" if add else "unlabeled"
            issue.history.append(Happening(event, by, issue.updated_at, label=label))
            if issue.pull:
                full = self.full_pull(repository, issue)
                self.told.pull(repository, issue, event, by, full, label=label)

    def sync(self, repository: Repository, by: Account) -> None:
        """Let open pull requests follow their branches, as GitHub does after a push."""
        heads = gitside.refs(repository.path, HEADS)
        for issue in repository.pulls():
            pull = issue.pull
            if issue.state != "open" or pull is None:
                continue
            tip, base = heads.get(HEADS + pull.head), heads.get(HEADS + pull.base)
            if tip is None or base is None:
                self.set_closed_for_its_branch(repository, issue, by)
                continue
            pull.base_sha = base
            forced = not gitside.is_ancestor(repository.path, pull.head_sha, tip)
            if tip != pull.head_sha:
                before, pull.head_sha = pull.head_sha, tip
                issue.updated_at = self.now()
                gitside.set_ref(repository.path, f"refs/pull/{issue.number}/head", tip)
                full = self.full_pull(repository, issue)
                self.told.pull(repository, issue, "synchronize", by, full, before=before, after=tip)
            if forced and gitside.is_ancestor(repository.path, tip, base):
                # Nothing is left of it: that closes it, and merges nothing.
                self.set_closed_for_its_branch(repository, issue, by)
            elif gitside.is_ancestor(repository.path, tip, base):
                # Somebody pushed its commits to the base branch: that merges it.
                pull.base_sha = gitside.tip(repository.path, f"{base}^1") or base
                self._merged(repository, issue, tip, by)

    def set_closed_for_its_branch(self, repository: Repository, issue: Issue, by: Account) -> None:
        """Close a pull request whose branch was deleted, or has nothing of its own."""
        issue.state, issue.closed_by = "closed", by
        issue.closed_at = issue.updated_at = self.now()
        issue.history.append(Happening("closed", by, issue.closed_at))
        self.told.pull(repository, issue, "closed", by, self.full_pull(repository, issue))

    def dispatched(
        self, repository: Repository, name: str, by: Account, action: str, payload: Json
    ) -> None:
        """Tell of a dispatch, which starts a workflow."""
        branch = repository.default_branch
        self.told.add(
            name,
            repository,
            by,
            action=action,
            branch=branch,
            client_payload=payload,
            installation={"id": 1, "node_id": "I_1"},
        )

    def push_event(self, repository: Repository, before: Mapping[str, str], by: Account) -> None:
        """Tell of what a push moved, and let pull requests follow."""
        after = gitside.refs(repository.path, HEADS, "refs/tags/")
        for ref in sorted({*before, *after}):
            if before.get(ref) != after.get(ref):
                self.told.push(repository, ref, before.get(ref), after.get(ref), by)
        self.sync(repository, by)


def check_texts(resource: str, sent: Json) -> None:
    """Refuse texts that are longer than GitHub keeps."""
    for name, most in (("title", 256), ("body", 65536)):
        if len(sent.get(name) or "") > most:
            said = f"{name} is too long (maximum is {most} characters)"
            raise invalid(resource, name, said)


def owned(pattern: str, path: str) -> bool:
    """Tell whether a pattern of CODEOWNERS names a path (the simple ones)."""
    name = pattern.lstrip("/")
    return (
        pattern == "*"
        or fnmatch.fnmatchcase(path, name)
        or path.startswith(name.rstrip("/") + "/")
        or (not pattern.startswith("/") and fnmatch.fnmatchcase(path.rpartition("/")[2], name))
    )


def squashed(issue: Issue, messages: list[str]) -> tuple[str, str]:
    """Return the subject and body that the web page proposes for a squash merge."""
    if len(messages) == 1:
        subject, _, body = messages[0].partition("\n")
        return f"{subject} (#{issue.number})", body.strip("\n")
    listed = "\n\n".join(f"* {message}" for message in messages)
    return f"{issue.title} (#{issue.number})", listed
