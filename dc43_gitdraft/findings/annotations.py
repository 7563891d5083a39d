"""Findings as the workflow commands by which GitHub annotates the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dc43_gitdraft.findings import Finding, worst_first
from dc43_gitdraft.model import Level
from dc43_gitdraft.names import one_line

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "notice"}
#: GitHub cuts longer ones.
_LONGEST = 4000


def workflow_commands(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield one command a finding, the worst first: GitHub shows ten of each level and step."""
    for finding in worst_first(findings):
        fields = [f"file={_field(finding.path)}"]
        if finding.line is not None:
            fields.append(f"line={finding.line}")
            fields.append(f"col={finding.column or 1}")
        fields.append(f"title={_field(finding.rule)}")
        yield f"::{_COMMANDS[finding.level]} {','.join(fields)}::{_message(finding.message)}"


def _message(text: str) -> str:
    # One line first: what a terminal or the runner could obey does not get this far.
    return one_line(text, _LONGEST).replace("%", "%25")


def _field(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
