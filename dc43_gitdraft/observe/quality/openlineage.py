"""OpenLineage: the assertions (`dataQualityAssertions`) in an event, or in one in each line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dc43_gitdraft.model import QualityResult, Verdict
from dc43_gitdraft.observe.quality.results import KINDS, Finding, failing, mapping, mappings, name

_FACET = "dataQualityAssertions"


def claims(document: Any) -> bool:
    """Tell whether these are events of OpenLineage."""
    events = _events(document)
    return bool(events) and all(
        "eventTime" in event and bool({"run", "job", "dataset"} & event.keys()) for event in events
    )


def read(document: Any, _path: Path) -> Iterator[Finding]:
    """Yield the assertions on each dataset: of several events with some, those of the last."""
    latest: dict[str, list[Finding]] = {}
    for event in _events(document):
        for dataset in _datasets(event):
            table = name(dataset.get("name"))
            found = [Finding(each, table) for each in assertions(dataset)]
            if found:
                latest[str(dataset.get("namespace")) + "\n" + str(table)] = found
    for each in latest.values():
        yield from each


def assertions(dataset: dict[str, Any]) -> Iterator[QualityResult]:
    """Yield the assertions on a dataset of an event."""
    for key in ("facets", "inputFacets", "outputFacets"):
        facet = mapping(mapping(dataset.get(key)).get(_FACET))
        for entry in mappings(facet.get("assertions")):
            kind = name(entry.get("assertion")) or "assertion"
            success = entry.get("success")
            verdict = Verdict.OK if success is True else Verdict.UNKNOWN
            if success is False:
                verdict = failing(entry.get("severity"))
            yield QualityResult(KINDS.get(kind, kind), verdict, name(entry.get("column")))


def _events(document: Any) -> list[dict[str, Any]]:
    return [document] if isinstance(document, dict) else mappings(document)


def _datasets(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from mappings(event.get("inputs"))
    yield from mappings(event.get("outputs"))
    if isinstance(event.get("dataset"), dict):
        yield event["dataset"]
