"""What a first version asks of its steward: no data can tell it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dc43_gitdraft import odcs
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import Draft

#: What is missing -> the question.
_ASKED = (
    ("team", "Who owns this data, and who is asked about it? (`team`)"),
    ("purpose", "What is it for? (`description.purpose`)"),
    ("limitations", "What may it not be used for? (`description.limitations`)"),
    ("classification", "Which properties are personal or confidential? (`classification`)"),
    ("sla", "How fresh is it, and how long is it kept? (`slaProperties`)"),
)


def questions(draft: Draft) -> str:
    """Return the part of a pull request that asks for what a first version lacks, or nothing."""
    if draft.base_version is not None:
        return ""
    try:
        document = odcs.read(draft.text, validate=False).document
    except ContractError:
        return ""  # people are at work on it: `check` says what is wrong
    properties = list(_properties(document))
    there = {
        "team": bool(document.get("team")),
        "classification": any(each.get("classification") for each in properties),
        "sla": bool(document.get("slaProperties")),
    }
    described = document.get("description")
    said = described if isinstance(described, Mapping) else {}
    there |= {name: bool(said.get(name)) for name in ("purpose", "limitations")}
    asked = [question for name, question in _ASKED if not there[name]]
    bare = sum(not each.get("description") for each in properties)
    if bare:
        of = "none" if bare == len(properties) else f"{len(properties) - bare:,}"
        asked.append(
            f"What do the properties mean? Of {len(properties):,}, {of} "
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


def _properties(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the properties of all objects, those inside of others too."""
    waiting = _mappings(document.get("schema"))
    while waiting:
        node = waiting.pop()
        inside = _mappings(node.get("properties"))
        yield from inside
        waiting += inside
        if isinstance(node.get("items"), Mapping):
            waiting.append(node["items"])


def _mappings(value: object) -> list[Mapping[str, Any]]:
    # People may be at work on the document: anything may stand anywhere.
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
