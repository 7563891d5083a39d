"""A report as a forge shows it at a commit: one line, a page, and notes at lines."""

from __future__ import annotations

from dc43_gitdraft.findings import Report, ending, worst_first
from dc43_gitdraft.findings.markdown import summary
from dc43_gitdraft.forge.talk import Note, Result
from dc43_gitdraft.model import Level
from dc43_gitdraft.names import one_line

NAME = "dc43-gitdraft"
#: Ten requests bring them; nobody reads more.
NOTES = 500
#: GitHub refuses a check run's page of 65,536 characters.
_PAGE = 60_000


def posted(report: Report, fail_on: Level | None, url: str | None = None) -> Result:
    """Return what a check came to; `url` is the run that made it."""
    findings = worst_first(report.findings)
    more = len(findings) - NOTES
    left = f"\n… {more:,} findings are not shown at their lines.\n" if more > 0 else ""
    return Result(
        name=NAME,
        passed=fail_on is None or not report.reaches(fail_on),
        title=ending(report),
        summary=summary(report, _PAGE) + left,
        notes=tuple(
            Note(each.path, each.line or 1, each.level, one_line(each.rule), one_line(each.message))
            for each in findings[:NOTES]
        ),
        url=url,
    )
