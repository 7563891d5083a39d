"""The invisible last line of a pull request, by which the tool knows its own."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from dc43_gitdraft.model import Draft

_MARK = re.compile(r"<!-- gitdraft (\{.*?\}) -->")


def marker(draft: Draft) -> str:
    """Return the line that says which contract, version and drift a text is about."""
    return line(
        {
            "contract": draft.contract_id,
            "version": draft.version,
            "digest": draft.digest,
            "text": fingerprint(draft.text),
        }
    )


def line(fields: Mapping[str, str]) -> str:
    """Return the line that holds these fields; none of them can end it."""
    text = json.dumps(fields).replace("-", "\\u002d").replace(">", "\\u003e")
    return f"<!-- gitdraft {text} -->"


def fingerprint(text: str) -> str:
    """Return what a contract's text is known by in the line: the start of its SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def digest_in(body: str) -> str | None:
    """Return the draft digest that a pull request's body is marked with, or None."""
    return field_in(body, "digest")


def contract_in(body: str) -> str | None:
    """Return the id of the contract that a pull request's body is marked with, or None."""
    return field_in(body, "contract")


def tells(body: str, text: str) -> bool:
    """Whether a pull request's body was written of this very text of its contract."""
    return field_in(body, "text") == fingerprint(text)


def field_in(body: str, name: str) -> str | None:
    """Return a field of the line in a pull request's body, or None."""
    marks = _MARK.findall(body)
    if not marks:
        return None
    try:
        fields = json.loads(marks[-1])
    except (ValueError, RecursionError):  # anybody may edit a body
        return None
    found = fields.get(name)
    return found if isinstance(found, str) else None
