"""What a first version asks of its steward: no data can tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dc43_gitdraft.render.contents import properties

#: What is missing -> the question.
_ASKED = (
    ("team", "Who owns this data, and who is asked about it? (`team`)"),
    ("purpose", "What is it for? (`description.purpose`)"),
    ("limitations", "What may it not be used for? (`description.limitations`)"),
    ("classification", "Which properties are personal or confidential? (`classification`)"),
    ("sla", "How fresh is it, and how long is it kept? (`slaProperties`)"),
)


def questions(document: Mapping[str, Any]) -> str:
    """Return the part of a pull request that asks for what a first version lacks, or nothing."""
    if not document:
        return ""
    listed = [node for _, node in properties(document)]
    there = {
        "team": bool(document.get("team")),
        "classification": any(each.get("classification") for each in listed),
        "sla": bool(document.get("slaProperties")),
    }
    described = document.get("description")
    said = described if isinstance(described, Mapping) else {}
    there |= {name: bool(said.get(name)) for name in ("purpose", "limitations")}
    asked = [question for name, question in _ASKED if not there[name]]
    bare = sum(not each.get("description") for each in listed)
    if bare:
        of = "none" if bare == len(listed) else f"{len(listed) - bare:,}"
        asked.append(
            f"What do the properties mean? Of {len(listed):,}, {of} "
            f"{'is' if of == '1' else 'are'} described. (`description`)"
        )
    if not asked:
        return ""
    return "\n".join(
        [
            "**Please say what no data can tell**, by editing the file on this branch, before "
            "merging or later:",
            "",
            *(f"- [ ] {question}" for question in asked),
        ]
    )
