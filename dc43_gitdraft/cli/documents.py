"""What `--output json` says: the shapes that other programs rely on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dc43_gitdraft import render
from dc43_gitdraft.model import Bump, Change, Outcome, PullRequest


def of_change(change: Change) -> dict[str, Any]:
    """Return one classified difference."""
    return {
        "rule": change.rule,
        "path": change.path,
        "level": str(change.level),
        "before": change.before,
        "after": change.after,
    }


def of_outcome(outcome: Outcome) -> dict[str, Any]:
    """Return the end of `draft`."""
    draft, pull = outcome.draft, outcome.pull_request
    return {
        "contract": outcome.contract,
        "outcome": outcome.kind.value,
        "base_version": draft.base_version if draft else None,
        "version": draft.version if draft else None,
        "bump": render.bump_of(draft) if draft else None,
        "branch": outcome.branch,
        "commit": outcome.commit,
        "pull_request": {"number": pull.number, "url": pull.url, "state": pull.state.value}
        if pull
        else None,
        "digest": draft.digest if draft else None,
        "changes": [of_change(change) for change in draft.changes] if draft else [],
        "reason": outcome.reason,
    }


def of_comparison(changes: Iterable[Change], bump: Bump) -> dict[str, Any]:
    """Return the end of `diff`."""
    return {"changes": [of_change(change) for change in changes], "bump": str(bump)}


def of_pull(pull: PullRequest) -> dict[str, Any]:
    """Return one pull request."""
    return {
        "number": pull.number,
        "url": pull.url,
        "state": pull.state.value,
        "title": pull.title,
        "head": pull.head,
        "base": pull.base,
        "head_sha": pull.head_sha,
        "labels": list(pull.labels),
        "author": pull.author,
        "opened_at": pull.opened_at.isoformat() if pull.opened_at else None,
        "decided_by": pull.decided_by,
        "decided_at": pull.decided_at.isoformat() if pull.decided_at else None,
        "reason": pull.reason,
        "merge_sha": pull.merge_sha,
    }
