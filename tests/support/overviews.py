"""Repositories as they are seen at one moment, made without any repository."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from support.drafts import change, draft

from dc43_gitdraft.model import Link, Provenance, PullRequest, PullState, Verdict
from dc43_gitdraft.names import slug
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.overview import Overview, Portrait, Proposal, Release
from dc43_gitdraft.publish import REJECTED

NOW = datetime(2024, 6, 30, 12, 0, tzinfo=timezone.utc)


def properties(count: int, text: str = "text") -> list[dict[str, Any]]:
    """Return as many properties, which say `text` wherever they can."""
    return [
        {
            "name": f"{text}_{number}",
            "logicalType": "string",
            "physicalType": text,
            "classification": text,
            "description": text,
            "required": True,
        }
        for number in range(count)
    ]


def document(contract_id: str, text: str = "text", count: int = 3) -> dict[str, Any]:
    """Return a contract that says `text` wherever it can."""
    return {
        "id": contract_id,
        "version": "1.2.0",
        "status": "active",
        "name": text,
        "domain": text,
        "dataProduct": text,
        "tenant": text,
        "description": {"purpose": text, "limitations": text, "usage": text},
        "team": {"name": text, "members": [{"username": text, "role": text}]},
        "schema": [
            {
                "name": text,
                "physicalName": text,
                "description": text,
                "properties": [
                    *properties(count, text),
                    {"name": text, "items": {"properties": properties(1, text)}},
                    {"name": text, "map": {"value": {"properties": properties(1, text)}}},
                ],
            }
        ],
    }


def pull(number: int, state: PullState, text: str = "text", **fields: Any) -> PullRequest:
    """Return a pull request of a draft that says `text` wherever it can."""
    return PullRequest(
        number=number,
        url=fields.pop("url", f"https://git.example.org/shop/contracts/pull/{number}"),
        state=state,
        title=text,
        body=text,
        head="gitdraft/orders",
        base="main",
        head_sha="0" * 40,
        opened_at=NOW - timedelta(days=12),
        **fields,
    )


def rejected(number: int = 2, text: str = "text") -> PullRequest:
    """Return a draft that was rejected two days ago."""
    return pull(
        number,
        PullState.CLOSED,
        text,
        labels=(REJECTED,),
        decided_by=text,
        decided_at=NOW - timedelta(days=2),
        reason=text,
    )


def merged(number: int = 1, text: str = "text") -> PullRequest:
    """Return a draft that was merged ten days ago."""
    at = NOW - timedelta(days=10)
    return pull(number, PullState.MERGED, text, decided_by=text, decided_at=at)


def proposal(number: int = 3, text: str = "text") -> Proposal:
    """Return an open draft that removes a property."""
    gone = replace(change("property-removed", "orders.note", {"physicalType": text}), path=text)
    return Proposal(
        pull(number, PullState.OPEN, text), Verdict.BLOCK, "Breaking", draft(gone, version="2.0.0")
    )


def releases(count: int, text: str = "text") -> tuple[Release, ...]:
    """Return as many versions, newest first."""
    origin = Provenance(
        "orders", "1", dataset_id=text, dataset_version=text, observed_by=text, authored_by=text
    )
    return tuple(
        Release(
            f"1.{minor}.0",
            f"orders/v1.{minor}.0",
            NOW - timedelta(days=20 + count - minor),
            origin,
            pull=merged(1, text) if minor == count - 1 else None,
        )
        for minor in reversed(range(count))
    )


def portrait(contract_id: str = "orders", text: str = "text", **fields: Any) -> Portrait:
    """Return a contract with all that there can be, which says `text` wherever it can."""
    made = Portrait(
        slug=slug(contract_id),
        id=contract_id,
        status="active",
        path=f"contracts/{text}.odcs.yaml",
        contract=Contract("", document(contract_id, text)),
        promoted=True,
        releases=releases(3, text),
        proposal=proposal(text=text),
        decided=(rejected(text=text), merged(text=text)),
    )
    return replace(made, **fields)


def small(number: int) -> Portrait:
    """Return a contract with next to nothing in it."""
    name = f"contract-{number}"
    return portrait(name, releases=releases(1), proposal=None, decided=(), path=f"{name}.yaml")


def overview(portraits: Sequence[Portrait], links: Iterable[Link] = ()) -> Overview:
    """Return what is seen of a repository of these."""
    return Overview("main", "0" * 40, NOW, tuple(portraits), tuple(links))
