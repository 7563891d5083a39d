"""datacontract-cli: what `datacontract test --output-format json` writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dc43_gitdraft import strictyaml
from dc43_gitdraft.errors import InputError
from dc43_gitdraft.model import QualityResult, Verdict
from dc43_gitdraft.observe.quality.results import Finding, count, mapping, mappings, name

_RESULTS = {"passed": Verdict.OK, "warning": Verdict.WARN, "failed": Verdict.BLOCK}
#: Its word for what a contract states, where that is another than the contract's.
_KINDS = {
    "field_enum": "enum",
    "field_exclusive_maximum": "exclusiveMaximum",
    "field_exclusive_minimum": "exclusiveMinimum",
    "field_max_items": "maxItems",
    "field_max_length": "maxLength",
    "field_maximum": "maximum",
    "field_min_items": "minItems",
    "field_min_length": "minLength",
    "field_minimum": "minimum",
    "field_primary_key_required": "primaryKey",
    "field_primary_key_unique": "primaryKey",
    "field_regex": "pattern",
    "field_required": "required",
    "field_unique": "unique",
    "field_unique_items": "uniqueItems",
    "primary_key_unique": "primaryKey",
    "row_count": "rowCount",
}
#: Metrics that count the rows that fail.
_OF_ROWS = frozenset({"invalid_count", "missing_count"})


def claims(document: Any) -> bool:
    """Tell whether this is a run of datacontract-cli."""
    return isinstance(document, dict) and {"runId", "checks", "result"} <= document.keys()


def read(document: Any, _path: Path) -> Iterator[Finding]:
    """Yield the result of each check; one that was not made is unknown."""
    for check in mappings(document.get("checks")):
        counts = mapping(check.get("diagnostics"))
        failed = count(counts.get("failed_rows"))
        if failed is None and str(counts.get("metric")) in _OF_ROWS:
            failed = count(counts.get("value"))
        verdict = _RESULTS.get(str(check.get("result")), Verdict.UNKNOWN)
        total = count(counts.get("row_count"))
        yield Finding(
            QualityResult(_rule(check), verdict, name(check.get("field")), failed, total),
            name(check.get("model")),
        )


def _rule(check: Mapping[str, Any]) -> str:
    """Return what the contract calls the rule: it is quoted for rules that people wrote."""
    text = check.get("qualityDefinition")
    if isinstance(text, str):
        try:
            stated = strictyaml.load(text, "qualityDefinition")
        except InputError:
            stated = None
        for key in ("name", "id", "metric", "rule"):
            if found := name(mapping(stated).get(key)):
                return found
    kind = name(check.get("type"))
    return _KINDS.get(kind or "") or kind or "check"
