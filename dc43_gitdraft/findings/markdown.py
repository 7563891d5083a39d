"""A report and the rule catalogue as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dc43_gitdraft.changes import Rule
from dc43_gitdraft.findings import Checked, Finding, Report, counted, worst_first
from dc43_gitdraft.findings.catalogue import COLUMNS, row
from dc43_gitdraft.model import Level
from dc43_gitdraft.render.inline import cell, code, prose

#: GitHub refuses a step summary of more than 1 MiB.
LIMIT = 900_000
_ICONS = {Level.ERROR: "❌", Level.WARNING: "⚠️", Level.INFO: "ℹ️"}


def summary(report: Report, limit: int = LIMIT) -> str:
    """Return the report; where it has to be cut, whole rows are missing and it says so."""
    count = len(report.checked)
    contracts = f"{count:,} contract{'' if count == 1 else 's'}"
    lines = [f"### Contracts: {contracts} checked, {counted(report.findings)}", ""]
    if not report.checked:
        said = f"none here: {prose(report.missing)}" if report.missing else "none changed"
        lines = [f"### Contracts: {said}", ""]
    room = limit - sum(map(_size, lines)) - 200
    left = 0
    for checked in sorted(report.checked, key=_worst):
        for text in _of_contract(checked):
            room -= _size(text)
            if room < 0:
                left += 1
            else:
                lines.append(text)
    if left:
        lines.append(f"\n… and {left:,} lines more: the log of this step has all of them.")
    return "\n".join(lines).rstrip("\n") + "\n"


def _size(line: str) -> int:
    return len(line.encode("utf-8", "surrogatepass")) + 1


def _worst(checked: Checked) -> int:
    return -max((finding.level for finding in checked.findings), default=Level.OFF)


def _of_contract(checked: Checked) -> Iterator[str]:
    worst = max((finding.level for finding in checked.findings), default=None)
    icon = "✅" if worst is None else _ICONS[worst]
    yield f"{icon} **{code(checked.title)}** {step(checked)}".rstrip() + "  "
    yield f"{code(checked.path, 200)}, {checked.how}"
    yield ""
    if checked.findings:
        yield "| | rule | line | |"
        yield "|---|---|--:|---|"
        yield from map(_row, worst_first(checked.findings))
        yield ""


def step(checked: Checked) -> str:
    """Return the versions before and after, and whether the step suffices, safe in Markdown."""
    if checked.version is None:
        return ""
    if checked.base_version is None:
        return code(checked.version)
    if checked.base_version == checked.version:
        said = code(checked.version)
    else:
        said = f"{code(checked.base_version)} → {code(checked.version)}"
    if checked.declared is None or checked.implied is None:
        return said
    if checked.declared < checked.implied:
        return f"{said} ({checked.declared}; the changes ask for {checked.implied})"
    return f"{said} ({checked.declared})" if checked.declared else said


def _row(finding: Finding) -> str:
    line = "" if finding.line is None else str(finding.line)
    said = prose(finding.message, 400).replace("|", "\\|")
    return f"| {_ICONS[finding.level]} | {cell(finding.rule)} | {line} | {said} |"


def catalogue(rules: Iterable[Rule]) -> str:
    """Return rules as a Markdown table."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    for rule in rules:
        name, detects, *of, example = row(rule)
        cells = [cell(name), detects, *of, cell(example)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
