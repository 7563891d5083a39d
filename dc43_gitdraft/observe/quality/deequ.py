"""Deequ and PyDeequ: the results of checks as JSON (`checkResultsAsJson`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dc43_gitdraft.model import QualityResult, Verdict
from dc43_gitdraft.observe.quality.results import Finding, failing, mappings, name

#: `CompletenessConstraint(Completeness(order_id,None,None))`
_CONSTRAINT = re.compile(r"\s*(\w+?)(?:Constraint)?\((\w+)\((.*)\)\)\s*", re.DOTALL)
#: What `isContainedIn` and the checks of signs call themselves.
_SAID = re.compile(r"(\S+) (contained in|is non-negative|is positive)")
_KINDS = {"Completeness": "required", "Uniqueness": "unique", "Size": "rowCount"}


def claims(document: Any) -> bool:
    """Tell whether this is a list of results of constraints."""
    rows = mappings(document)
    return bool(rows) and all("constraint_status" in row for row in rows)


def read(document: Any, _path: Path) -> Iterator[Finding]:
    """Yield the result of each constraint. Deequ tells shares of rows and no counts."""
    for row in mappings(document):
        rule, column = _rule(str(row.get("constraint") or ""))
        yield Finding(QualityResult(rule, _verdict(row), column))


def _verdict(row: Mapping[str, Any]) -> Verdict:
    status = row.get("constraint_status")
    if status == "Success":
        return Verdict.OK
    # Any other message is about a metric that could not be computed.
    measured = str(row.get("constraint_message") or "").startswith("Value:")
    return failing(row.get("check_level")) if status == "Failure" and measured else Verdict.UNKNOWN


def _rule(constraint: str) -> tuple[str, str | None]:
    """Return the rule and the property; of what it is parametrised with, nothing else."""
    found = _CONSTRAINT.fullmatch(constraint)
    if found is None:
        return name(constraint.partition("(")[0]) or "constraint", None
    analyzer, arguments = found[2], found[3]
    if analyzer == "Compliance":
        said = _SAID.match(arguments)
        if said is None:
            return name(arguments.partition(",")[0]) or analyzer, None
        rule = "enum" if said[2] == "contained in" else said[2].replace("is ", "")
        return rule, name(said[1])
    return _KINDS.get(analyzer, analyzer), _column(arguments)


def _column(arguments: str) -> str | None:
    several = re.match(r"List\(([^()]*)\)", arguments)
    first = several[1] if several else arguments.partition(",")[0]
    return name(first) if first not in ("None", "") and "," not in first else None
