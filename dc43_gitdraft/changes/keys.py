"""The primary key of an object (or of a nested one): a set of properties in an order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dc43_gitdraft.changes.core import Finding, Pair
from dc43_gitdraft.changes.pairing import Entry, Pairing


def find(pair: Pair, pairing: Pairing) -> Iterator[Finding]:
    """Yield the change of the key that the paired properties make up, if any."""
    olds = [old for old, _ in pairing.pairs] + list(pairing.removed)
    news = [new for _, new in pairing.pairs] + list(pairing.added)
    before, after = _key(olds), _key(news)
    partner = {old[0]: new[0] for old, new in pairing.pairs}
    kept = [partner.get(place, -1) for place, _ in before]
    now = [place for place, _ in after]
    names: dict[str, Any] = {"before": _names(before) or None, "after": _names(after) or None}
    if kept == now:
        yield from _wording(pair, pairing)
    elif not before:
        yield pair.found("primary-key-added", "properties", **names)
    elif not after:
        yield pair.found("primary-key-removed", "properties", **names)
    elif set(kept) == set(now) and -1 not in kept:
        yield pair.found("primary-key-position-changed", "properties", **names)
    else:
        yield pair.found("primary-key-changed", "properties", **names)


def _key(entries: list[Entry]) -> list[Entry]:
    members = [entry for entry in entries if entry[1].get("primaryKey") is True]
    return sorted(members, key=lambda entry: (_position(entry[1]), entry[0]))


def _position(entry: Mapping[str, Any]) -> int:
    position = entry.get("primaryKeyPosition")
    return position if isinstance(position, int) and position > 0 else 1 << 30


def _names(entries: list[Entry]) -> list[str]:
    return [str(entry.get("name", place)) for place, entry in entries]


def _wording(pair: Pair, pairing: Pairing) -> Iterator[Finding]:
    """Positions renumbered, or defaults stated: the key is the same."""
    for old, new in pairing.pairs:
        inner = Pair(
            old[1],
            new[1],
            pair.path,
            (*pair.old_at, "properties", old[0]),
            (*pair.new_at, "properties", new[0]),
        )
        for key in ("primaryKey", "primaryKeyPosition"):
            if inner.differs(key):
                yield inner.found("documentation-changed", key, message=f"{key}: the key is kept")
