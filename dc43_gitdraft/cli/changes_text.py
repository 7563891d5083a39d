"""Classified changes as aligned lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dc43_gitdraft import render
from dc43_gitdraft.cli.output import say_table
from dc43_gitdraft.model import Change
from dc43_gitdraft.names import one_line

_LEVEL_STYLES: Mapping[str, Mapping[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow"},
    "info": {"fg": "green"},
}


def say_changes(changes: Iterable[Change]) -> None:
    """Print one line a change: level, rule, place, before and after."""
    rows = [
        (str(change.level), change.rule, one_line(change.path, 60), _values(change))
        for change in sorted(changes, key=lambda change: -change.level)
    ]
    say_table(rows, style=_level_style)


def _level_style(cell: str) -> Mapping[str, Any]:
    return _LEVEL_STYLES.get(cell, {})


def _values(change: Change) -> str:
    before, after = (one_line(render.value(side), 40) for side in (change.before, change.after))
    if before and after:
        return f"{before} → {after}"
    return after or before
