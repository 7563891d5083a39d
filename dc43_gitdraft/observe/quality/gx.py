"""Great Expectations: the result of a validation or checkpoint (0.x, 1.x), or its `describe`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dc43_gitdraft.model import QualityResult, Verdict
from dc43_gitdraft.observe.quality.results import (
    KINDS,
    Finding,
    count,
    failing,
    mapping,
    mappings,
    name,
)


def claims(document: Any) -> bool:
    """Tell whether this is a result of Great Expectations."""
    if not isinstance(document, dict) or "success" not in document:
        return False
    if "run_results" in document or "validation_results" in document:
        return True
    return "results" in document and bool({"statistics", "meta"} & document.keys())


def read(document: Any, _path: Path) -> Iterator[Finding]:
    """Yield the result of each expectation."""
    for validation in _validations(document):
        batch = mapping(mapping(validation.get("meta")).get("active_batch_definition"))
        table = name(batch.get("data_asset_name"))
        for entry in mappings(validation.get("results")):
            yield Finding(_result(entry, mapping(entry.get("expectation_config"))), table)
        for entry in mappings(validation.get("expectations")):  # as `describe` writes it
            yield Finding(_result(entry, entry), table)


def _validations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    runs = document.get("run_results")
    if isinstance(runs, dict):
        for run in runs.values():
            yield mapping(mapping(run).get("validation_result")) or mapping(run)
    elif "validation_results" in document:
        yield from mappings(document["validation_results"])
    else:
        yield mapping(document)


def _result(entry: Mapping[str, Any], config: Mapping[str, Any]) -> QualityResult:
    kind = name(config.get("type")) or name(config.get("expectation_type")) or "expectation"
    rule = KINDS.get(kind, kind)
    counts = mapping(entry.get("result"))
    failed, total = count(counts.get("unexpected_count")), count(counts.get("element_count"))
    if rule == "rowCount":
        total = count(counts.get("observed_value"))
    success = entry.get("success")
    verdict = Verdict.OK if success is True else failing(config.get("severity"))
    if success is not True and (_raised(entry.get("exception_info")) or not counts):
        # An exception, or a result format that tells nothing: no evidence about the data.
        verdict = Verdict.UNKNOWN
    column = name(mapping(config.get("kwargs")).get("column"))
    return QualityResult(rule, verdict, column, failed, total)


def _raised(info: Any) -> bool:
    """Tell whether there was an exception: said at once, or for each metric."""
    said = [mapping(info), *map(mapping, mapping(info).values())]
    return any(each.get("raised_exception") is True for each in said)
