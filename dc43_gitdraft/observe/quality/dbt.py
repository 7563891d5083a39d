"""dbt: `run_results.json`, with the `manifest.json` beside it that says what each test is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import QualityResult, Verdict
from dc43_gitdraft.observe.quality.results import (
    KINDS,
    Finding,
    count,
    load,
    mapping,
    mappings,
    name,
)

#: In bytes. That of 5,000 models has about 60 MB.
MAX_MANIFEST = 128 * 1024 * 1024

_STATUS = {
    "pass": Verdict.OK,
    "success": Verdict.OK,
    "warn": Verdict.WARN,
    "fail": Verdict.BLOCK,
}
#: Tests that count values and not rows.
_OF_VALUES = frozenset({"accepted_values", "unique", "unique_combination_of_columns"})


def claims(document: Any) -> bool:
    """Tell whether this is a run_results.json."""
    version = mapping(mapping(document).get("metadata")).get("dbt_schema_version")
    return isinstance(version, str) and "/run-results/" in version


def read(document: Any, path: Path) -> Iterator[Finding]:
    """Yield the result of each test."""
    tests = _tests(path.parent / "manifest.json")
    for entry in mappings(mapping(document).get("results")):
        unique_id = str(entry.get("unique_id"))
        if unique_id.startswith(("test.", "unit_test.")):
            yield _finding(entry, unique_id, mapping(tests.get(unique_id)))


def _tests(manifest: Path) -> dict[str, Any]:
    if not manifest.exists():
        return {}
    document = mapping(load(manifest, str(manifest), MAX_MANIFEST))
    if "nodes" not in document:
        raise ObservationError("not a manifest of dbt: it has no nodes", where=str(manifest))
    return mapping(document["nodes"])


def _finding(entry: Mapping[str, Any], unique_id: str, test: Mapping[str, Any]) -> Finding:
    kind = name(mapping(test.get("test_metadata")).get("name"))
    # unique_id is test.PROJECT.NAME.HASH; the name says what is known without a manifest.
    called = name(test.get("name")) or name(unique_id.split(".")[2:3] and unique_id.split(".")[2])
    rule = KINDS.get(kind or "") or called or kind or "test"
    # `error_if` and `warn_if` are in the status already: so many failures may well pass.
    verdict = _STATUS.get(str(entry.get("status")), Verdict.UNKNOWN)
    column = name(test.get("column_name"))
    failed = None if kind in _OF_VALUES or not test else count(entry.get("failures"))
    if failed is not None and not _counts_rows(mapping(test.get("config")), failed):
        failed = None
    return Finding(QualityResult(rule, verdict, column, failed), _table(test))


def _counts_rows(config: Mapping[str, Any], failed: int) -> bool:
    """Tell whether the failures of a test are all the rows that fail, and nothing else."""
    limit, calculation = count(config.get("limit")), config.get("fail_calc")
    if limit is not None and failed >= limit:
        return False
    return calculation is None or "".join(str(calculation).split()).lower() == "count(*)"


def _table(test: Mapping[str, Any]) -> str | None:
    """Return the model that a test is of; of a test in SQL that names one only, that one."""
    attached = test.get("attached_node")
    nodes = mapping(test.get("depends_on")).get("nodes")
    if attached is None and isinstance(nodes, list) and len(nodes) == 1:
        attached = nodes[0]
    # model.PROJECT.NAME, model.PROJECT.NAME.v2, source.PROJECT.SOURCE.NAME
    parts = attached.split(".") if isinstance(attached, str) else []
    place = 3 if parts[:1] == ["source"] else 2
    return name(parts[place]) if len(parts) > place else None
