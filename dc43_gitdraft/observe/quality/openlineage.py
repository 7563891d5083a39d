"""OpenLineage: the assertions (`dataQualityAssertions`) in an event, or in one in each line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import Any

from dc43_gitdraft.model import QualityResult, Verdict
from dc43_gitdraft.observe.quality.results import KINDS, Finding, failing, mapping, mappings, name

_FACET = "dataQualityAssertions"
#: In characters. The id of a run is a UUID.
_LONGEST_ID = 100
_FAILED = ("FAIL", "ABORT")


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
    lost = set(failed_runs(_events(document)))
    for event in _events(document):
        for dataset, output in _datasets(event):
            table = name(dataset.get("name"))
            unsure = output and came_to_nothing(event, lost)
            found = [Finding(each, table, failed_run=unsure) for each in assertions(dataset)]
            if found:
                key = str(dataset.get("namespace")) + "\n" + str(table)
                (failed if unsure else latest)[key] = found
    for each in {**failed, **latest}.values():
        yield from each


def failed_runs(events: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the id of each run that some event says failed or was aborted."""
    for event in events:
        identity = _run(event)
        if identity is not None and _state(event) in _FAILED:
            yield identity


def came_to_nothing(event: Mapping[str, Any], failed: Set[str]) -> bool:
    """Tell whether an event is of a run that failed: its outputs may not be there.

    `failed` are such runs, so that their first events are known too. What is said to be complete
    is there.
    """
    return _state(event) in _FAILED or (_state(event) != "COMPLETE" and _run(event) in failed)


def _state(event: Mapping[str, Any]) -> str:
    return str(event.get("eventType")).upper()


def _run(event: Mapping[str, Any]) -> str | None:
    identity = mapping(event.get("run")).get("runId")
    known = isinstance(identity, str) and 0 < len(identity) <= _LONGEST_ID
    return identity if known else None


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
