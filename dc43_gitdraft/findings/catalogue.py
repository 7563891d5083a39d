"""The catalogue of rules as rows and as documents."""

from __future__ import annotations

from typing import Any

from dc43_gitdraft.changes import Direction, Rule
from dc43_gitdraft.changes.core import level_of
from dc43_gitdraft.model import Perspective

COLUMNS = ("rule", "detects", "consumer", "producer", "both", "bump", "example")
_WHOM = {
    Direction.NONE: "none",
    Direction.CONSUMER: "consumer",
    Direction.PRODUCER: "producer",
    Direction.BOTH: "both",
    Direction.POLICY: "policy",
}


def levels(rule: Rule) -> dict[str, str]:
    """Return the level of a rule from every perspective."""
    return {each.value: str(level_of(rule, None, each)) for each in Perspective}


def row(rule: Rule) -> tuple[str, ...]:
    """Return a rule as the cells of COLUMNS."""
    of = levels(rule)
    bump = "" if rule.by_check else str(rule.bump)
    return (rule.id, rule.detects, of["consumer"], of["producer"], of["both"], bump, rule.example)


def document(rule: Rule) -> dict[str, Any]:
    """Return a rule as JSON says it."""
    return {
        "id": rule.id,
        "detects": rule.detects,
        "direction": _WHOM[rule.direction],
        "levels": levels(rule),
        "bump": str(rule.bump),
        "example": rule.example or None,
        "found_by": "check" if rule.by_check else "diff",
    }
