"""Classified changes as a Markdown table, the worst first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dc43_gitdraft.model import Change, Level
from dc43_gitdraft.render.inline import cell, prose, value

ICONS = {Level.ERROR: "❌", Level.WARNING: "⚠️", Level.INFO: "ℹ️", Level.OFF: ""}
_HEAD = ("| | change | where | before | after |", "|---|---|---|---|---|")
_PATH_LIMIT = 100
_MESSAGE_LIMIT = 160


def size(text: str) -> int:
    """Return the length as a forge may count it: an emoji is two characters in UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def worst_first(changes: Iterable[Change]) -> list[Change]:
    """Return the changes by level, those of one level in the order of the contract."""
    return sorted(changes, key=lambda change: -change.level)


def changes_table(changes: Iterable[Change]) -> str:
    """Return all changes as a Markdown table, the worst first; a sentence where there are none."""
    ordered = worst_first(changes)
    if not ordered:
        return "No changes."
    table = "\n".join([*_HEAD, *map(_row, ordered)])
    notes = [f"- {prose(note)}" for note in possible_renames(ordered)]
    return "\n".join([table, "", *notes]) if notes else table


def possible_renames(changes: Iterable[Change]) -> list[str]:
    """Return the guesses that a removed and an added thing are one; both changes say it."""
    return list(dict.fromkeys(each.message for each in changes if _is_guess(each)))


def _is_guess(change: Change) -> bool:
    return change.message.startswith("possible rename of ")


@dataclass(frozen=True, slots=True)
class Cut:
    """A table that ends with a whole row, and the changes for which there was no room."""

    text: str
    rest: tuple[Change, ...]


def table_within(ordered: Sequence[Change], room: int) -> Cut:
    """Return as many rows as fit into `room` characters."""
    lines = list(_HEAD)
    room -= sum(size(line) + 1 for line in lines)
    for place, change in enumerate(ordered):
        line = _row(change)
        room -= size(line) + 1
        if room < 0:
            return Cut("\n".join(lines) if place else "", tuple(ordered[place:]))
        lines.append(line)
    return Cut("\n".join(lines), ())


def said(change: Change) -> str:
    """Return what happened in words: the rule's, and the finder's where there are any."""
    words = in_words(change.rule)
    # Before and after tell where it lay.
    if change.message in {"", words} or change.rule == "property-moved":
        return words
    if _is_guess(change):
        return f"{words}: possibly renamed"
    message = prose(change.message, _MESSAGE_LIMIT).replace("|", "\\|")
    return message if change.rule == "documentation-changed" else f"{words}: {message}"


def in_words(rule: str) -> str:
    """Return a rule's id as words."""
    return re.sub(r"added (optional|required)$", r"added (\1)", rule.replace("-", " "))


def _row(change: Change) -> str:
    before, after = (cell(value(side)) for side in (change.before, change.after))
    where = cell(change.path, _PATH_LIMIT)
    return f"| {ICONS[change.level]} | {said(change)} | {where} | {before} | {after} |"
