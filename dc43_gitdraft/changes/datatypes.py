"""Logical and physical types, and the options of logical types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import inf
from typing import Any

from dc43_gitdraft import types
from dc43_gitdraft.changes.core import Direction, Finding, Pair, dotted
from dc43_gitdraft.model import Bump

KEYS = ("logicalType", "physicalType", "logicalTypeOptions")

_LOGICAL_WIDENING = frozenset({("integer", "number"), ("date", "timestamp")})
#: Larger is tighter, smaller is tighter.
LOWER_BOUNDS = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
UPPER_BOUNDS = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
_VECTOR = (
    "dimensions",
    "elementType",
    "distanceMetric",
    "embeddingModel",
    "embeddingModelVersion",
    "normalized",
)


def find(pair: Pair) -> Iterator[Finding]:
    """Yield the changes of a property's type."""
    if pair.differs("logicalType"):
        yield _logical(pair)
    if pair.differs("physicalType"):
        yield _physical(pair)
    if pair.differs("logicalTypeOptions"):
        yield from _options(pair)


def _logical(pair: Pair) -> Finding:
    old, new = pair.old.get("logicalType"), pair.new.get("logicalType")
    family = "item-type" if pair.item else "logical-type"
    if old is None or (new, old) in _LOGICAL_WIDENING:
        return pair.found(f"{family}-narrowed", "logicalType")
    if new is None or (old, new) in _LOGICAL_WIDENING:
        return pair.found(f"{family}-widened", "logicalType")
    return pair.found(f"{family}-changed", "logicalType")


def _physical(pair: Pair) -> Finding:
    before, after = pair.old.get("physicalType"), pair.new.get("physicalType")
    if before is None:
        # Said for the first time: stricter, but nothing that was said has changed.
        return pair.found("physical-type-narrowed", "physicalType", bump=Bump.MINOR)
    if after is None:
        return pair.found("physical-type-widened", "physicalType")
    old = types.parse(str(before), pair.context.old_dialect)
    new = types.parse(str(after), pair.context.new_dialect)
    if types.same(old, new):
        return pair.found("physical-type-alias", "physicalType")
    if types.zone_differs(old, new):
        return pair.found("timestamp-timezone-changed", "physicalType")
    if types.widens(old, new):
        return pair.found("physical-type-widened", "physicalType")
    if types.widens(new, old):
        return pair.found("physical-type-narrowed", "physicalType")
    return pair.found("physical-type-changed", "physicalType")


def _options(pair: Pair) -> Iterator[Finding]:
    before = pair.old.get("logicalTypeOptions") or {}
    after = pair.new.get("logicalTypeOptions") or {}
    if not (isinstance(before, dict) and isinstance(after, dict)):
        yield pair.found(
            "unclaimed-change", "logicalTypeOptions", path=dotted(pair.path, "logicalTypeOptions")
        )
        return
    options = pair.child("logicalTypeOptions", before, after, pair.path)
    names = [name for name in {**after, **before} if options.differs(name)]
    for name in names:
        yield from _option(options, name)
    if not names:  # an empty mapping, or a null
        yield pair.found(
            "documentation-changed", "logicalTypeOptions", message="no options either way"
        )


def _option(options: Pair, name: str) -> Iterator[Finding]:
    old, new = options.old.get(name), options.new.get(name)
    if name in LOWER_BOUNDS:
        yield options.found(_bound(name, old, new, tighter="increased"), name)
    elif name in UPPER_BOUNDS:
        yield options.found(_bound(name, old, new, tighter="decreased"), name)
    elif name in ("pattern", "format"):
        step = "added" if old is None else "removed" if new is None else "changed"
        yield options.found(f"option-{name}-{step}", name)
    elif name == "multipleOf":
        yield _multiple(options, old, new)
    elif name == "uniqueItems":
        yield _unique_items(options)
    elif name == "required":
        yield from _required(options, old, new)
    elif name in ("timezone", "defaultTimezone"):
        yield options.found("timestamp-timezone-changed", name)
    elif name in _VECTOR:
        yield options.found("logical-type-changed", name, message=f"{name} changed")
    else:
        yield options.found(
            "unclaimed-change", name, path=dotted(dotted(options.path, "logicalTypeOptions"), name)
        )


def _bound(name: str, old: Any, new: Any, *, tighter: str) -> str:
    looser = {"increased": "decreased", "decreased": "increased"}[tighter]
    if old is None:
        return f"option-{name}-{tighter}"
    if new is None:
        return f"option-{name}-unset"
    larger = _larger(old, new)
    if larger is None:  # a number and a date: nobody can tell, so as if it were loosened
        return f"option-{name}-{looser}"
    return f"option-{name}-{'increased' if larger else 'decreased'}"


def _larger(old: Any, new: Any) -> bool | None:
    numbers = (int, float)
    if isinstance(old, numbers) and isinstance(new, numbers):
        return bool(new > old)
    if isinstance(old, str) and isinstance(new, str):
        return new > old  # dates and times in ISO 8601
    return None


def _multiple(options: Pair, old: Any, new: Any) -> Finding:
    tighter, looser = old is None, new is None
    if not tighter and not looser:
        ours, theirs = _fraction(old), _fraction(new)
        if ours and theirs:
            tighter, looser = theirs % ours == 0, ours % theirs == 0
    if tighter:
        step: dict[str, Any] = {"direction": Direction.PRODUCER, "bump": Bump.MINOR}
    elif looser:
        step = {"direction": Direction.CONSUMER, "bump": Bump.MAJOR}
    else:
        step = {}
    return options.found("option-multipleOf-changed", "multipleOf", **step)


def _fraction(value: Any) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < inf:
        return None
    return Fraction(str(value))


def _unique_items(options: Pair) -> Finding:
    old, new = bool(options.old.get("uniqueItems")), bool(options.new.get("uniqueItems"))
    if old == new:
        return options.found("documentation-changed", "uniqueItems", message="states the default")
    return options.found(f"option-uniqueItems-{'added' if new else 'removed'}", "uniqueItems")


def _required(options: Pair, old: Any, new: Any) -> Iterator[Finding]:
    before, after = _names(old), _names(new)
    added = [name for name in after if name not in before]
    removed = [name for name in before if name not in after]
    if added:
        yield options.found("option-object-required-added", "required", before=None, after=added)
    if removed:
        yield options.found(
            "option-object-required-removed", "required", before=removed, after=None
        )
    if not added and not removed:
        yield options.found("documentation-changed", "required", message="another order")


def _names(value: Any) -> Mapping[str, None]:
    return dict.fromkeys(str(name) for name in value) if isinstance(value, list) else {}
