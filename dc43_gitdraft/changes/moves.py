"""Properties that left one place in an object and are now at another depth of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dc43_gitdraft.changes.core import Context, Finding, Pair, dotted, mappings
from dc43_gitdraft.changes.renames import kind_of
from dc43_gitdraft.model import DocPath


@dataclass(frozen=True, slots=True)
class _Spot:
    """A property that was removed or added: by itself (`root`), or inside of one that was."""

    node: Mapping[str, Any]
    path: str
    at: DocPath
    finding: int
    root: bool


def settle(
    findings: Sequence[Finding], context: Context, inside: Callable[[Pair], Iterator[Finding]]
) -> Iterator[Finding]:
    """Yield an object's findings, with a move for each removal and addition of one property.

    One property it is by its id, or by name, physicalName and type, where only one was removed
    and one was added that are alike. `inside` finds what else differs in it.
    """
    old = _spots(findings, ("property-removed", "property-removed-after-sunset"), removed=True)
    new = _spots(findings, ("property-added-optional", "property-added-required"), removed=False)
    moves = _matched(old, new, context) if old and new else []
    if not moves:
        yield from findings
        return
    gone = {spot.finding for move in moves for spot in move if spot.root}
    dropped = {spot.at for move in moves for spot in move if spot.root}
    for at, finding in enumerate(findings):
        if at not in gone and not (
            finding.rule == "classification-missing" and finding.at in dropped
        ):
            yield _without_guess(finding, moves)
        for before, after in moves:
            # Where it is now; inside of a new property, where it was.
            if at == (after if after.root else before).finding:
                yield from _moved(before, after, context, inside)


def _moved(
    before: _Spot, after: _Spot, context: Context, inside: Callable[[Pair], Iterator[Finding]]
) -> Iterator[Finding]:
    message = f"moved from {before.path}"
    yield Finding("property-moved", after.path, after.at, before.path, after.path, message)
    yield from inside(
        Pair(before.node, after.node, after.path, before.at, after.at, context=context)
    )


def _without_guess(finding: Finding, moves: Sequence[tuple[_Spot, _Spot]]) -> Finding:
    """Take back a possible rename of what has moved."""
    for before, after in moves:
        if finding.message.startswith(f"possible rename of {before.path} to ") or (
            f" to {after.path}: " in finding.message
        ):
            return replace(finding, message="")
    return finding


def _spots(findings: Sequence[Finding], rules: Sequence[str], *, removed: bool) -> list[_Spot]:
    spots: list[_Spot] = []
    for number, finding in enumerate(findings):
        node = finding.before if removed else finding.after
        if finding.rule in rules and isinstance(node, dict):
            spots.append(_Spot(node, finding.path, finding.at, number, True))
            spots += _nested(node, finding.path, finding.at, number)
    return spots


def _nested(node: Mapping[str, Any], path: str, at: DocPath, number: int) -> Iterator[_Spot]:
    for place, inner in mappings(node.get("properties")) or []:
        name = inner.get("name")
        here = dotted(path, name if isinstance(name, str) else f"[{place}]")
        where = (*at, "properties", place)
        yield _Spot(inner, here, where, number, False)
        yield from _nested(inner, here, where, number)
    items, mapping = node.get("items"), node.get("map")
    if isinstance(items, dict):
        yield from _nested(items, path + "[]", (*at, "items"), number)
    if isinstance(mapping, dict) and isinstance(mapping.get("value"), dict):
        yield from _nested(mapping["value"], path + "{value}", (*at, "map", "value"), number)


def _matched(
    old: Sequence[_Spot], new: Sequence[_Spot], context: Context
) -> list[tuple[_Spot, _Spot]]:
    moves: list[tuple[_Spot, _Spot]] = []

    def free(spot: _Spot, side: int) -> bool:
        return not any(_overlap(spot, move[side]) for move in moves)

    for by_id in (True, False):
        before_key = _id if by_id else _named(context.old_dialect)
        after_key = _id if by_id else _named(context.new_dialect)
        ours = _unique([spot for spot in old if free(spot, 0)], before_key)
        theirs = _unique([spot for spot in new if free(spot, 1)], after_key)
        for key, before in ours.items():
            after = theirs.get(key)
            # Both inside of others and alike by name: it is rather their parents that are one.
            if after is None or not (by_id or before.root or after.root):
                continue
            if free(before, 0) and free(after, 1):
                moves.append((before, after))
    return moves


def _overlap(spot: _Spot, other: _Spot) -> bool:
    """Tell whether one of two properties is the other one, or inside of it."""
    shorter = min(len(spot.at), len(other.at))
    return spot.at[:shorter] == other.at[:shorter]


def _unique(
    spots: Sequence[_Spot], key: Callable[[Mapping[str, Any]], Hashable]
) -> dict[Hashable, _Spot]:
    keys = [key(spot.node) for spot in spots]
    counts = Counter(keys)
    return {
        name: spot
        for name, spot in zip(keys, spots, strict=True)
        if name is not None and counts[name] == 1
    }


def _id(node: Mapping[str, Any]) -> Hashable:
    value = node.get("id")
    return value if isinstance(value, (str, int)) else None


def _named(dialect: str | None) -> Callable[[Mapping[str, Any]], Hashable]:
    def key(node: Mapping[str, Any]) -> Hashable:
        name, kind = node.get("name"), kind_of(node, dialect)
        if not isinstance(name, str) or kind is None:
            return None
        return name, str(node.get("physicalName") or name), kind

    return key
