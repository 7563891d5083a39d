"""A contract's own keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from dc43_gitdraft.changes import classification, schema, surroundings
from dc43_gitdraft.changes.core import (
    Context,
    Finding,
    Pair,
    Part,
    by_key,
    dotted,
    mappings,
    walk,
)
from dc43_gitdraft.types import dialect_of

#: The name of the custom property that marks a draft; it is no part of the contract.
DRAFT_PROPERTY = "gitdraft"
_POSITIONAL = frozenset({"csv", "tsv", "psv"})


def find(
    old: Mapping[str, Any], new: Mapping[str, Any], today: date | None = None
) -> Iterator[Finding]:
    """Yield every difference of two documents."""
    old, new = _without_draft(old), _without_draft(new)
    context = Context(
        positional=_is_positional(old) or _is_positional(new),
        old_dialect=dialect_of(old),
        new_dialect=dialect_of(new),
        today=today,
    )
    yield from walk(Pair(old, new, "", (), (), context=context), _CONTRACT)


def _without_draft(document: Mapping[str, Any]) -> dict[str, Any]:
    """Drop what belongs to the version's life and not to what is agreed."""
    left = dict(document)
    listed = mappings(left.get("customProperties"))
    if listed:
        kept = [entry for _, entry in listed if entry.get("property") != DRAFT_PROPERTY]
        if len(kept) != len(listed):
            left["customProperties"] = kept
            if not kept:
                del left["customProperties"]
    return left


def _is_positional(document: Mapping[str, Any]) -> bool:
    return any(
        str(server.get("format", "")).lower() in _POSITIONAL or server.get("delimiter")
        for _, server in mappings(document.get("servers")) or []
    )


def _status(both: Pair) -> Iterator[Finding]:
    # Other steps of a contract's life are no difference in what is agreed.
    new = both.new.get("status")
    if new in ("deprecated", "retired"):
        yield both.found(f"status-{new}", "status", path="status")


def _version(_both: Pair) -> Iterator[Finding]:
    yield from ()


def _description(both: Pair) -> Iterator[Finding]:
    old, new = both.old.get("description"), both.new.get("description")
    before = old if isinstance(old, dict) else {"": old}
    after = new if isinstance(new, dict) else {"": new}
    inner = both.child("description", before, after, "description")
    count = 0
    for name in {**after, **before}:
        if inner.differs(name):
            count += 1
            path = dotted("description", name) if name else "description"
            yield inner.found("documentation-changed", name or None, path=path)
    if not count:
        yield both.found("documentation-changed", "description", path="description")


_CONTRACT: tuple[Part, ...] = (
    by_key("contract-id-changed", "id", named=True),
    by_key("kind-changed", "kind", named=True),
    by_key("odcs-api-version-changed", "apiVersion", named=True),
    (("version",), _version),
    (("status",), _status),
    by_key("name-changed", "name", named=True),
    by_key("ownership-changed", "domain", "tenant", "dataProduct", named=True),
    (("description",), _description),
    classification.TAGS,
    by_key(
        "documentation-changed",
        *("authoritativeDefinitions", "customProperties", "context", "contractCreatedTs"),
        named=True,
    ),
    surroundings.SERVERS,
    (("schema",), schema.objects),
    surroundings.SLA,
    by_key("sla-changed-unknown-direction", "slaDefaultElement", named=True),
    surroundings.ROLES,
    surroundings.TEAM,
    surroundings.SUPPORT,
    surroundings.PRICE,
)
