"""The invisible last line of a pull request, by which the tool knows its own."""

from __future__ import annotations

import json
import re

from dc43_gitdraft.model import Draft

_MARK = re.compile(r"<!-- gitdraft (\{.*?\}) -->")


def marker(draft: Draft) -> str:
    """Return the line that says which contract, version and drift a text is about."""
    fields = {"contract": draft.contract_id, "version": draft.version, "digest": draft.digest}
    text = json.dumps(fields).replace("-", "\\u002d").replace(">", "\\u003e")
    return f"<!-- gitdraft {text} -->"


def digest_in(text: str) -> str | None:
    """Return the draft digest that a pull request's body is marked with, or None."""
    marks = _MARK.findall(text)
    if not marks:
        return None
    try:
        fields = json.loads(marks[-1])
    except ValueError:
        return None
    digest = fields.get("digest")
    return digest if isinstance(digest, str) else None
