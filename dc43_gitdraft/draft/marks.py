"""What marks a document as a draft: status, version, one custom property, and its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from dc43_gitdraft.changes import DRAFT_PROPERTY
from dc43_gitdraft.model import (
    Change,
    Document,
    Observation,
    Policy,
    Provenance,
    QualityResult,
    Status,
    Verdict,
)

_FINAL = frozenset({Status.DEPRECATED.value, Status.RETIRED.value})


def digest(contract_id: str, changes: Iterable[Change]) -> str:
    """Return the fingerprint of a drift, in hexadecimal.

    It knows the contract and what changed; nothing of versions, levels, datasets and times.
    """
    rows = sorted(
        json.dumps(
            [change.rule, change.path, change.before, change.after], sort_keys=True, default=str
        )
        for change in changes
    )
    return hashlib.sha256("\n".join([json.dumps(contract_id), *rows]).encode()).hexdigest()


def draft_property(
    observation: Observation,
    fingerprint: str,
    base_version: str | None,
    feedback: Sequence[QualityResult],
) -> dict[str, Any]:
    """Return the custom property: nothing in it differs from one run to the next."""
    value: dict[str, Any] = {
        "baseVersion": base_version,
        "datasetId": observation.dataset.id,
        "datasetVersion": observation.dataset.version,
        "observedBy": observation.observed_by,
        "digest": fingerprint,
        "feedback": _results(feedback),
    }
    kept = {name: said for name, said in value.items() if said not in (None, [], "")}
    return {"property": DRAFT_PROPERTY, "value": kept}


def _results(feedback: Sequence[QualityResult]) -> list[dict[str, str]]:
    # Several tools may say the same.
    said = {tuple(found.items()): found for found in map(_result, feedback)}
    return list(said.values())


def _result(result: QualityResult) -> dict[str, str]:
    # Without counts: they are others in each run.
    said = {"rule": result.rule, "property": result.property, "verdict": result.verdict.value}
    return {name: text for name, text in said.items() if text is not None}


def recorded(document: Document) -> tuple[QualityResult, ...]:
    """Return the feedback that a draft carries, without counts; what people broke is left out."""
    listed = document.get("customProperties")
    for entry in filter(is_draft_property, listed if isinstance(listed, list) else []):
        value = entry.get("value")
        found = value.get("feedback") if isinstance(value, dict) else None
        results = map(_parsed, found if isinstance(found, list) else [])
        return tuple(result for result in results if result is not None)
    return ()


def counted(document: Document, origin: Provenance | None) -> tuple[QualityResult, ...]:
    """Return the feedback that a draft carries, with the counts that its commit tells.

    `origin` is what the bot's last commit says; a draft with its final status carries none itself.
    """
    told = origin.results if origin else ()
    listed = document.get("customProperties")
    if not any(map(is_draft_property, listed if isinstance(listed, list) else [])):
        return told
    found: dict[QualityResult, None] = {}
    for each in recorded(document):
        same = [one for one in told if (one.rule, one.property) == (each.rule, each.property)]
        found.update(dict.fromkeys(same or [each]))
    return tuple(found)


def _parsed(said: Any) -> QualityResult | None:
    try:
        rule, place, verdict = said["rule"], said.get("property"), Verdict(said["verdict"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    if not isinstance(rule, str) or not isinstance(place, str | None):
        return None
    return QualityResult(rule, verdict, place)


def mark(document: Document, version: str, policy: Policy, draft: dict[str, Any]) -> Document:
    """Return the document as a draft of this version, or as the version itself."""
    final = policy.draft_status is Status.ACTIVE
    before = document.get("status")
    status = before if before in _FINAL else policy.draft_status.value
    marked: Document = {}
    for name, value in document.items():
        marked[name] = value
        if name == "version" and "status" not in document:
            marked["status"] = status
    marked |= {"version": version, "status": status}
    listed = document.get("customProperties")
    others = [entry for entry in listed or [] if not is_draft_property(entry)]
    place = next((at for at, entry in enumerate(listed or []) if is_draft_property(entry)), None)
    if not final:
        others.insert(len(others) if place is None else place, draft)
    if others:
        marked["customProperties"] = others
    elif listed:
        del marked["customProperties"]
    return marked


def is_draft_property(entry: Any) -> bool:
    """Tell whether a custom property is the one that marks a draft."""
    return isinstance(entry, dict) and entry.get("property") == DRAFT_PROPERTY
