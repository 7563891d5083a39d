"""Git: the contracts repository, read and written without a checkout."""

from __future__ import annotations

from dc43_gitdraft.repo.command import Token
from dc43_gitdraft.repo.history import MergeConflict
from dc43_gitdraft.repo.location import is_url, work_tree
from dc43_gitdraft.repo.objects import (
    BOT,
    Commit,
    Identity,
    Tag,
    TreeEntry,
    UnusablePathError,
    check_path,
)
from dc43_gitdraft.repo.refs import AT_ONCE, RefUpdate
from dc43_gitdraft.repo.repository import Repo

__all__ = [
    "AT_ONCE",
    "BOT",
    "Commit",
    "Identity",
    "MergeConflict",
    "RefUpdate",
    "Repo",
    "Tag",
    "Token",
    "TreeEntry",
    "UnusablePathError",
    "check_path",
    "is_url",
    "work_tree",
]
