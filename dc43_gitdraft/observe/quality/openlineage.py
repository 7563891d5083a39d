"""OpenLineage: the assertions (`dataQualityAssertions`) in an event, or in one in each line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    """Yield the assertions on each dataset: of several events with some, those of the last.

    What a run that failed says of its outputs counts where nothing else is said.
    """
    latest: dict[str, list[Finding]] = {}
    failed: dict[str, list[Finding]] = {}
    for event in _events(document):
        for dataset, output in _datasets(event):
            table = name(dataset.get("name"))
            unsure = output and came_to_nothing(event)
            found = [Finding(each, table, failed_run=unsure) for each in assertions(dataset)]
            if found:
                key = str(dataset.get("namespace")) + "\n" + str(table)
                (failed if unsure else latest)[key] = found
    for each in {**failed, **latest}.values():
        yield from each


def came_to_nothing(event: Mapping[str, Any]) -> bool:
    """Tell whether an event ends a run that failed: its outputs may not be there."""
    return str(event.get("eventType")).upper() in ("FAIL", "ABORT")


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


def _datasets(event: dict[str, Any]) -> Iterator[tuple[dict[str, Any], bool]]:
    """Yield each dataset, and whether it is an output."""
    yield from ((each, False) for each in mappings(event.get("inputs")))
    yield from ((each, True) for each in mappings(event.get("outputs")))
    if isinstance(event.get("dataset"), dict):
        yield event["dataset"], False
