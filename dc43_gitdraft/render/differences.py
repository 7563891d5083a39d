"""Unified diffs, and the step of a version in a word."""

from __future__ import annotations

import difflib

from dc43_gitdraft.model import Bump, Draft


def diff(before: str, after: str, path: str) -> str:
    """Return a unified diff as Git would show it."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"a/{path}", f"b/{path}", lineterm=""
    )
    return "\n".join(lines)


def bump_of(draft: Draft) -> str:
    """Return the step as JSON says it: patch, minor, major, or none for a first version."""
    return str(Bump.NONE if draft.base_version is None else draft.bump)
