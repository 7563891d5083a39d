"""dc43: a ValidationResult, as its services send it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dc43_gitdraft.model import QualityResult, Verdict
from dc43_gitdraft.observe.quality.results import Finding, count, mapping, name

_PREFIX = "violations."
#: How its expectations begin, before `_` and the column, and what they are.
_KINDS = {
    "enum": "enum",
    "exact_format": "format",
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "not_null": "required",
    "regex": "pattern",
    "required": "required",
    "unique": "unique",
}


def claims(document: Any) -> bool:
    """Tell whether this is a ValidationResult."""
    return isinstance(document, dict) and {"ok", "errors", "metrics"} <= document.keys()


def read(document: Any, _path: Path) -> Iterator[Finding]:
    """Yield the violations that were counted, and the verdict where it is not theirs."""
    metrics = mapping(document.get("metrics"))
    total = count(metrics.get("row_count"))
    whole = _verdict(document)
    failed = 0
    for metric, value in metrics.items():
        violations = count(value)
        if not metric.startswith(_PREFIX) or violations is None:
            continue
        rule, column = _rule(metric[len(_PREFIX) :])
        # Its errors are sentences; where it is lenient, it says so for all of them.
        worst = Verdict.WARN if whole in (Verdict.OK, Verdict.WARN) else Verdict.BLOCK
        verdict = worst if violations else Verdict.OK
        failed += bool(violations)
        yield Finding(QualityResult(rule, verdict, column, violations, total))
    if not failed and whole is not Verdict.OK:
        yield Finding(QualityResult("validation", whole, total=total))


def _verdict(document: Mapping[str, Any]) -> Verdict:
    if document.get("ok") is False:
        return Verdict.BLOCK
    status = document.get("status")
    known = [each for each in Verdict if each is not Verdict.UNKNOWN and each.value == status]
    if known:
        return known[0]
    return Verdict.WARN if document.get("warnings") else Verdict.OK


def _rule(key: str) -> tuple[str, str | None]:
    for prefix in sorted(_KINDS, key=len, reverse=True):
        if key.startswith(f"{prefix}_") and len(key) > len(prefix) + 1:
            return _KINDS[prefix], name(key[len(prefix) + 1 :])
    return name(key) or "expectation", None
