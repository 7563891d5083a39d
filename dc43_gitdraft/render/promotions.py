"""The pull request that makes final, on a protected branch, what was merged as a draft."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from dc43_gitdraft.render.inline import cell, code, plain
from dc43_gitdraft.render.marks import field_in, line
from dc43_gitdraft.render.titles import TITLE_LIMIT

#: Contracts that are shown.
_SHOWN = 100


def promotion_title(versions: Sequence[tuple[str, str, str]]) -> str:
    """Return the title; each version is a contract's id, its version and its status to be."""
    contract, version, _ = versions[0]
    more = f" and {len(versions) - 1:,} more" if len(versions) > 1 else ""
    room = TITLE_LIMIT - len("Promote  ") - len(version) - len(more)
    return f"Promote {plain(contract, room)} {version}{more}"


def promotion_body(
    versions: Sequence[tuple[str, str, str]], texts: Sequence[str], base: str
) -> str:
    """Return the body, marked with the fingerprint of `texts`: the final text of each contract."""
    rows = [f"| {cell(each)} | {version} | {status} |" for each, version, status in versions]
    left = len(rows) - _SHOWN
    parts = [
        f"These drafts were merged. {code(base)} is protected, so their last step needs a merge "
        "too.",
        "\n".join(["| contract | version | becomes |", "|---|---|---|", *rows[:_SHOWN]]),
        f"… and {left:,} more: see the files of this pull request." if left > 0 else "",
        "**What merging does.** Each contract gets its final status, and the mark of the draft "
        "goes; nothing else changes. The versions are tagged then, by the next "
        "`dc43-gitdraft promote`. Until it is merged, they count as drafts.",
        "**Without such pull requests:** `draft-status: active` in `.gitdraft.yaml` gives drafts "
        "their final status from the start.",
        line({"promotion": _fingerprint(versions, texts)}),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def promotion_in(body: str) -> str | None:
    """Return the fingerprint that the body of a promotion pull request is marked with, or None."""
    return field_in(body, "promotion")


def _fingerprint(versions: Sequence[tuple[str, str, str]], texts: Sequence[str]) -> str:
    said = json.dumps([list(map(list, versions)), list(texts)])
    return hashlib.sha256(said.encode()).hexdigest()
