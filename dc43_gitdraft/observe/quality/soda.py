"""Soda: the results of a scan (`soda scan --scan-results-file`, `Scan.get_scan_results()`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dc43_gitdraft.model import QualityResult, Verdict
from dc43_gitdraft.observe.quality.results import Finding, count, mapping, mappings, name

_OUTCOMES = {"pass": Verdict.OK, "warn": Verdict.WARN, "fail": Verdict.BLOCK}
#: Metrics whose failure is one of a key that contracts have.
_KINDS = {
    "duplicate": "unique",
    "invalid": "invalidValues",
    "missing": "required",
    "row": "rowCount",
}
_METRIC = re.compile(r"\s*(missing|invalid|duplicate|row)_(?:count|percent)\b")


def claims(document: Any) -> bool:
    """Tell whether this is the result of a scan."""
    known = {"checks", "hasFailures"}
    return isinstance(document, dict) and known <= document.keys()


def read(document: Any, _path: Path) -> Iterator[Finding]:
    """Yield the result of each check."""
    rows = _rows(document)
    for check in mappings(document.get("checks")):
        table = name(check.get("table"))
        verdict = _OUTCOMES.get(str(check.get("outcome")), Verdict.UNKNOWN)
        rule = _rule(check)
        total = rows.get(table or "")
        if rule == "rowCount":
            total = count(mapping(check.get("diagnostics")).get("value"))
        failed = None if rule in ("unique", "rowCount") else _failed(check)
        yield Finding(QualityResult(rule, verdict, name(check.get("column")), failed, total), table)


def _rule(check: Mapping[str, Any]) -> str:
    """Return the key that a built-in metric means, else what the check is called."""
    definition = str(check.get("definition") or "").partition(":\n")[2]
    metric = _METRIC.match(definition.lstrip(" -"))
    return _KINDS[metric[1]] if metric else name(check.get("name")) or "check"


def _failed(check: Mapping[str, Any]) -> int | None:
    """Return how many rows failed; a check of another metric (an average) has no such count."""
    diagnostics = mapping(check.get("diagnostics"))
    for block in mappings(diagnostics.get("blocks")):
        found = count(block.get("totalFailingRows"))
        if found is None and block.get("type") == "file":
            found = count(mapping(block.get("file")).get("totalRowCount"))
        if found is not None:
            return found
    return None


def _rows(document: Mapping[str, Any]) -> dict[str, int]:
    """Return the number of rows of each table that the scan counted."""
    found = {}
    for metric in mappings(document.get("metrics")):
        rows = count(metric.get("value"))
        table = re.fullmatch(r"metric-[^-]+-(.+)-row_count", str(metric.get("identity")))
        if metric.get("metricName") == "row_count" and rows is not None and table:
            found[table[1]] = rows
    return found
