"""Drafts the next version of a contract from an observation: pure, no I/O and no clock."""

from __future__ import annotations

from dc43_gitdraft.draft.marks import digest
from dc43_gitdraft.draft.merging import merge_edits, merge_saying
from dc43_gitdraft.draft.versions import next_version
from dc43_gitdraft.draft.work import (
    feedback,
    make_draft,
    make_proposal,
    redraft,
    remarks,
    suggestions,
)

__all__ = [
    "digest",
    "feedback",
    "make_draft",
    "make_proposal",
    "merge_edits",
    "merge_saying",
    "next_version",
    "redraft",
    "remarks",
    "suggestions",
]
