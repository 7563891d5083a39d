"""What was removed and what was added that may be one thing with another name.

A guess never changes what is said: the removal stays a removal. It only adds a remark, with its
reasons, for the person who decides.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from dc43_gitdraft import types
from dc43_gitdraft.changes.core import Context, dotted, mappings
from dc43_gitdraft.changes.pairing import Entry, Pairing

#: Names are alike from this share of common letters on.
_ALIKE = 0.7
#: Objects and structs are alike if this share of their properties has the same names.
_COMMON = 0.5
#: Descriptions that are shorter say too little.
_SAYING = 12
#: Above so many pairs, only those in one place or with one description are looked at.
_MOST_PAIRS = 2_500


@dataclass(slots=True)
class Renames:
    """Remarks by the place of what was removed, and of what was added."""

    removed: dict[int, str] = field(default_factory=dict)
    added: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Side:
    """One that was removed or added: what it is like, and between which others it stands."""

    place: int
    name: str
    kind: Hashable
    spot: tuple[int, int, int]
    description: str
    parts: frozenset[str]
    words: frozenset[str]


def possible_renames(pairing: Pairing, context: Context, path: str) -> Renames:
    """Match what was removed with what was added, the likeliest first."""
    found = Renames()
    if not pairing.removed or not pairing.added:
        return found
    old, new = _sides(pairing, 0, context.old_dialect), _sides(pairing, 1, context.new_dialect)
    scored = []
    for one, other in _candidates(old, new):
        reasons = _reasons(one, other)
        if reasons:
            score = sum(weight for weight, _ in reasons)
            scored.append((-score, one.place, other.place, one, other, reasons))
    for _, before, after, one, other, reasons in sorted(scored, key=lambda row: row[:3]):
        if before not in found.removed and after not in found.added:
            names = f"{dotted(path, one.name)} to {dotted(path, other.name)}"
            why = ", ".join(reason for _, reason in reasons)
            found.removed[before] = found.added[after] = f"possible rename of {names}: {why}"
    return found


def kind_of(node: Mapping[str, Any], dialect: str | None) -> Hashable:
    """Return the type of a property as something to compare; None where it states none."""
    logical, physical = node.get("logicalType"), node.get("physicalType")
    if logical is None and physical is None:
        return None
    parsed = types.parse(str(physical), dialect) if physical is not None else None
    return str(logical), types.spell(parsed).casefold() if parsed is not None else None


def _sides(pairing: Pairing, side: int, dialect: str | None) -> list[_Side]:
    """Describe the entries of one side; their spots are told by the new list's paired entries."""
    left = pairing.removed if side == 0 else pairing.added
    rows: list[tuple[int, int | None, Entry | None]] = [
        (both[side][0], both[1][0], None) for both in pairing.pairs
    ]
    rows += [(entry[0], None, entry) for entry in left]
    rows.sort(key=lambda row: row[0])
    following = [1 << 30] * len(rows)
    for at in range(len(rows) - 2, -1, -1):
        beside = rows[at + 1][1]
        following[at] = following[at + 1] if beside is None else beside
    sides: list[_Side] = []
    before, run = -1, 0
    for (place, partner, entry), after in zip(rows, following, strict=True):
        if entry is None:
            before, run = -1 if partner is None else partner, 0
            continue
        sides.append(_side(place, entry[1], (before, run, after), dialect))
        run += 1
    return sides


def _side(
    place: int, node: Mapping[str, Any], spot: tuple[int, int, int], dialect: str | None
) -> _Side:
    name, description = node.get("name"), node.get("description")
    name = name if isinstance(name, str) else str(place)
    inside = mappings(node.get("properties")) or []
    return _Side(
        place,
        name,
        kind_of(node, dialect),
        spot,
        " ".join(description.split()).casefold() if isinstance(description, str) else "",
        frozenset(str(part.get("name")).casefold() for _, part in inside),
        frozenset(_words(name)),
    )


def _words(name: str) -> list[str]:
    """Split `customerName` and `customer_name` alike."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return [word for word in re.split(r"[\W_]+", parted.casefold()) if word]


def _candidates(old: Sequence[_Side], new: Sequence[_Side]) -> Iterator[tuple[_Side, _Side]]:
    if len(old) * len(new) <= _MOST_PAIRS:
        yield from ((one, other) for one in old for other in new)
        return
    for key in (_spot, _description):
        waiting = {key(side): side for side in reversed(new)}
        for one in old:
            other = waiting.get(key(one)) if key(one) is not None else None
            if other is not None:
                yield one, other


def _spot(side: _Side) -> Hashable:
    return side.spot


def _description(side: _Side) -> Hashable:
    return side.description or None


def _reasons(one: _Side, other: _Side) -> list[tuple[float, str]]:
    """Return why two may be one, each reason with its weight; empty where that is not enough."""
    if one.kind != other.kind:
        return []
    common = _share(one.parts, other.parts)
    if common is not None and common < _COMMON:
        return []
    reasons: list[tuple[float, str]] = []
    if one.kind is not None:
        reasons.append((1.0, "the same type"))
    if one.spot == other.spot:
        reasons.append((1.0, "in the same place"))
    likeness = _likeness(one, other)
    if likeness >= _ALIKE:
        reasons.append((2 * likeness, "a similar name"))
    if one.description == other.description and len(one.description) >= _SAYING:
        reasons.append((2.0, "the same description"))
    if common is not None:
        reasons.append((2 * common, "mostly the same properties"))
    # A place alone, or a type alone, is no more than chance.
    return reasons if sum(weight for weight, _ in reasons) > 1 and len(reasons) > 1 else []


def _likeness(one: _Side, other: _Side) -> float:
    if one.words and other.words and (one.words <= other.words or other.words <= one.words):
        return 1.0 if one.words == other.words else _ALIKE
    matcher = SequenceMatcher(None, one.name.casefold(), other.name.casefold(), autojunk=False)
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()


def _share(one: frozenset[str], other: frozenset[str]) -> float | None:
    """Return the share of names that both have; None where one of them has none."""
    return len(one & other) / len(one | other) if one and other else None
