"""The differences of two contract documents, each classified by one rule.

A new rule is one row in `rules`, a finder's yield, and one row in the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from dc43_gitdraft.changes import contract
from dc43_gitdraft.changes.contract import DRAFT_PROPERTY
from dc43_gitdraft.changes.core import (
    Direction,
    Finding,
    Rule,
    dotted,
    equal,
    level_for,
    level_of,
)
from dc43_gitdraft.changes.rules import RULES
from dc43_gitdraft.model import Bump, Change, Document, Level, Perspective

__all__ = [
    "DRAFT_PROPERTY",
    "RULES",
    "Direction",
    "Rule",
    "compare",
    "dotted",
    "equal",
    "implied_bump",
    "level_for",
]


def compare(
    old: Document,
    new: Document,
    *,
    perspective: Perspective = Perspective.CONSUMER,
    levels: Mapping[str, Level] | None = None,
    today: date | None = None,
) -> tuple[Change, ...]:
    """Classify every difference of two documents, in document order.

    `levels` overrides the level of rules; those that it turns off are left out. The version, the
    `gitdraft` custom property, and the steps between proposed, draft and active are no differences.
    Physical types mean what the dialect of each document's servers says. `today` is the day that
    counts for properties that were to go on a declared day; without it no such day has come.
    Where `after` is None, `at` leads into the old document.
    """
    found = contract.find(old, new, today)
    changes = (_change(finding, perspective, levels or {}) for finding in found)
    return tuple(change for change in changes if change.level is not Level.OFF)


def _change(finding: Finding, perspective: Perspective, levels: Mapping[str, Level]) -> Change:
    rule = RULES[finding.rule]
    level = levels.get(rule.id)
    if level is None:
        level = level_of(rule, finding.direction, perspective)
    return Change(
        rule=rule.id,
        path=finding.path,
        level=level,
        bump=rule.bump if finding.bump is None else finding.bump,
        before=finding.before,
        after=finding.after,
        at=finding.at,
        message=finding.message,
    )


def implied_bump(changes: Iterable[Change]) -> Bump:
    """Return the highest step in versions that the changes ask for."""
    return max((change.bump for change in changes), default=Bump.NONE)
