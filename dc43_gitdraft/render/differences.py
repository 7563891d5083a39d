"""The step of a version in a word."""

from __future__ import annotations

from dc43_gitdraft.model import Bump, Draft


def bump_of(draft: Draft) -> str:
    """Return the step as JSON says it: patch, minor, major, or none for a first version."""
    return str(Bump.NONE if draft.base_version is None else draft.bump)
