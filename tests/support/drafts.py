"""Drafts, changes and neighbours to render, made without any data."""

from __future__ import annotations

import itertools
from dataclasses import replace

from dc43_gitdraft.changes import RULES
from dc43_gitdraft.changes.core import level_of
from dc43_gitdraft.model import Bump, Change, Draft, Impact, Link, Perspective, Provenance

ORIGIN = Provenance(
    "orders",
    "1.3.0",
    base_version="1.2.0",
    dataset_id="json:orders.jsonl",
    dataset_version="2024-05-30",
    observed_by="orders-job",
    observed_at="2024-05-30T12:00:00+00:00",
    run_url="https://ci.example/runs/7",
)


def change(
    rule: str, path: str, before: object = None, after: object = None, message: str = ""
) -> Change:
    """Return a change with the level and the bump that its rule has for consumers."""
    known = RULES[rule]
    level = level_of(known, None, Perspective.CONSUMER)
    at = ("schema", 0) if path.startswith("orders") else ()
    return Change(rule, path, level, known.bump, before, after, at, message)


ADDED = change("property-added-optional", "orders.discount", None, {"physicalType": "double"})
WIDENED = change("physical-type-widened", "orders.amount", "int", "bigint")
REMOVED = change("property-removed", "orders.note", {"physicalType": "string"})
RENAMED = change("property-renamed", "orders.remark", "note", "remark")
_GUESS = "possible rename of orders.sku to orders.sku_code: the same type"
GUESSED = (
    change("property-removed", "orders.sku", {"physicalType": "int"}, None, _GUESS),
    change("property-added-optional", "orders.sku_code", None, {"physicalType": "int"}, _GUESS),
)
MOVED = change(
    "property-moved", "orders.address.city", "orders.city", "orders.address.city", "moved from x"
)
REWORDED = change("documentation-changed", "orders.amount", "Total.", "Total, with VAT.")


def draft(*changes: Change, **fields: object) -> Draft:
    """Return a draft of `orders` that makes these changes."""
    bump = max((each.bump for each in changes), default=Bump.MINOR)
    made = Draft(
        contract_id="orders",
        version="1.3.0",
        bump=bump,
        implied=bump,
        text="id: orders\n",
        changes=changes,
        digest="ab" * 32,
        base_version="1.2.0",
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def chain(length: int) -> Impact:
    """Return the neighbours of `orders`: a chain of contracts each of which refers to the next."""
    names = ["orders", *(f"contract_{number}" for number in range(length))]
    return Impact(
        "orders",
        tuple((name, place) for place, name in enumerate(names) if place),
        (),
        tuple(
            Link(holder, target, ((f"{holder}.id", f"{target}.id"),))
            for target, holder in itertools.pairwise(names)
        ),
    )
