"""What there is to say about contract files, with rule, level and place, and how it is written.

As annotations of a workflow, as Markdown, as JUnit's XML; all of it pure text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dc43_gitdraft.changes import RULES
from dc43_gitdraft.model import Bump, Change, DocPath, Document, Level
from dc43_gitdraft.names import one_line
from dc43_gitdraft.render.inline import value

_VALUE = 60
_NAMES = ("id", "name", "server", "property", "username", "role", "channel", "column", "url")


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about a file, at a line and column from 1 where it stands somewhere in it."""

    rule: str
    level: Level
    message: str
    path: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """One contract that was checked.

    `contract` is its id, None where the file cannot be read. `how` it came into the range is one
    of added, edited, moved, removed, unchanged. `declared` is the step of the two versions,
    `implied` the one that the changes ask for.
    """

    path: str
    contract: str | None
    how: str
    base_version: str | None = None
    version: str | None = None
    declared: Bump | None = None
    implied: Bump | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def title(self) -> str:
        """What the contract is called where people read."""
        return self.contract or self.path


@dataclass(frozen=True, slots=True)
class Report:
    """All that a check found; `missing` says why it had no contract to look at, if so."""

    checked: tuple[Checked, ...]
    missing: str | None = None

    @property
    def findings(self) -> list[Finding]:
        """Every finding, in the order of contracts."""
        return [finding for checked in self.checked for finding in checked.findings]

    def reaches(self, level: Level) -> bool:
        """Say whether a finding is of this level, or of a higher one."""
        return any(finding.level >= level for finding in self.findings)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by level, those of one level as they were."""
    return sorted(findings, key=lambda finding: -finding.level)


def counted(findings: Iterable[Finding]) -> str:
    """Return how many there are of each level: `1 error, 2 warnings`."""
    said = []
    levels = [finding.level for finding in findings]
    for level, word in ((Level.ERROR, "error"), (Level.WARNING, "warning"), (Level.INFO, "note")):
        if count := levels.count(level):
            said.append(f"{count:,} {word}{'s' if count > 1 else ''}")
    return ", ".join(said) or "no findings"


def ending(report: Report) -> str:
    """Return a report in one line: `2 contracts checked: 1 error`."""
    count = len(report.checked)
    if report.missing and not count:
        return f"no contract here: {report.missing}"
    if not count:
        return "no contract changed"
    return f"{count:,} contract{'' if count == 1 else 's'} checked: {counted(report.findings)}"


def sentence(change: Change) -> str:
    """Return a change in one line: where, what, and from what to what."""
    before, after = (one_line(value(side), _VALUE) for side in (change.before, change.after))
    values = f" ({before} → {after})" if before and after else ""
    if not values and (before or after):
        values = f" ({before or after})"
    words, message = change.rule.replace("-", " "), one_line(change.message)
    more = f": {message}" if message and message != words else ""
    where = one_line(change.path, 120) or "contract"
    return f"{where}: {words}{values}{more}"


def is_policy(rule: str) -> bool:
    """Say whether a rule has one level, whatever the perspective."""
    return RULES[rule].level is not None


def in_new(at: DocPath, old: Document, new: Document) -> DocPath:
    """Turn a path of the old document into the nearest place of the new one.

    Entries of lists are known again by what names them; where one is gone, its list is the place.
    """
    found: list[str | int] = []
    before: Any = old
    after: Any = new
    for part in at:
        before = _step(before, part)
        if isinstance(part, int):
            place = _same(before, after)
            if place is None:
                break
            part = place
        after = _step(after, part)
        if after is None:
            break
        found.append(part)
    return tuple(found)


def _step(node: Any, part: str | int) -> Any:
    try:
        return node[part]
    except (KeyError, IndexError, TypeError):
        return None


def _same(entry: Any, entries: Any) -> int | None:
    if not isinstance(entry, dict) or not isinstance(entries, list):
        return None
    for key in _NAMES:
        name = entry.get(key)
        if name is None:
            continue
        for place, other in enumerate(entries):
            if isinstance(other, dict) and other.get(key) == name:
                return place
    return None
