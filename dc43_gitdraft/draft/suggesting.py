"""Constraints that statistics suggest and nobody states: for a steward to take or to leave.

Nothing is suggested of a property that is classified or marked as personal, itself or by what
holds it. Of one that is new, nobody has said yet what it is: only counts and lengths are told of
it. Bounds and lengths are rounded outwards, so that the next run suggests the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from dc43_gitdraft.changes import dotted
from dc43_gitdraft.changes.classification import PERSONAL
from dc43_gitdraft.changes.quality import valid_values
from dc43_gitdraft.draft.rounding import away, number
from dc43_gitdraft.draft.shape import fitting, with_values
from dc43_gitdraft.matching import match
from dc43_gitdraft.model import ObservedProperty, Profile, Suggestion

Node = dict[str, Any]

#: Fewer rows suggest nothing.
MIN_ROWS = 100
#: An enumeration has at most so many values, each of them this often on average.
MAX_VALUES = 20
_REPEATED = 10
#: An estimate of distinct values so near to the number of values may be all of them.
_NEARLY_ALL = Decimal("0.97")
_PUBLIC = frozenset({"open", "public", "unclassified"})
#: What a stated key makes a suggestion superfluous or wrong.
_STATED: Mapping[str, frozenset[str]] = {
    "maximum": frozenset({"maximum", "exclusiveMaximum"}),
    "maxLength": frozenset({"maxLength", "pattern", "format"}),
    "minimum": frozenset({"minimum", "exclusiveMinimum"}),
    "minLength": frozenset({"minLength", "pattern", "format"}),
}


def is_private(node: Mapping[str, Any]) -> bool:
    """Tell whether a contract, an object or a property is classified, or marked as personal."""
    classification = str(node.get("classification") or "public").strip().lower()
    if classification not in _PUBLIC or node.get("encryptedName"):
        return True
    tags = node.get("tags")
    marks = list(tags) if isinstance(tags, list) else []
    custom = node.get("customProperties")
    for each in custom if isinstance(custom, list) else []:
        if isinstance(each, dict) and each.get("value") not in (None, False):
            marks.append(each.get("property"))
    return any(isinstance(mark, str) and mark.strip().lower() in PERSONAL for mark in marks)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: `known` are the paths of the approved contract's properties.

    `failed` holds the rules that failed, each with its path: what a tool found broken is not
    suggested. `rows` is the number of rows; `ignored` tells paths that are left alone.
    """

    api_version: str
    rows: int | None
    known: frozenset[str]
    failed: frozenset[tuple[str, str | None]]
    ignored: Callable[[str], bool]

    def suggestions(
        self, node: Mapping[str, Any], seen: Sequence[ObservedProperty], path: str
    ) -> Iterator[Suggestion]:
        """Yield what is suggested for the properties inside of an object that is not private."""
        stated = node.get("properties") or []
        if is_private(node):
            return
        for place, column in match(stated, seen).items():
            each = stated[place]
            inner = dotted(path, each.get("name", ""))
            if self.ignored(inner) or is_private(each):
                continue
            for one in self._property(each, column, inner):
                if (one.key, inner) not in self.failed:
                    yield one
            nested = replace(self, rows=None)
            yield from nested.suggestions(each, column.type.fields, inner)

    def _property(
        self, node: Mapping[str, Any], column: ObservedProperty, path: str
    ) -> Iterator[Suggestion]:
        profile = column.profile
        rows = self.rows if self.rows is not None else (profile.count if profile else None)
        if rows is None or rows < MIN_ROWS:
            return
        if "required" not in node and not node.get("primaryKey") and column.nulls == 0:
            yield Suggestion(path, "required", True, f"no row of {rows:,} lacks a value")
        if profile is None or profile.count < MIN_ROWS:
            return
        yield from self._unique(node, profile, path)
        if _is_enumerated(node):
            return
        values = self._values(node, profile, path)
        if values is not None:
            yield values
            return
        told = (
            {**_bounds(profile), **_lengths(profile)} if path in self.known else _lengths(profile)
        )
        yield from self._options(node, told, profile, path)

    def _unique(self, node: Mapping[str, Any], profile: Profile, path: str) -> Iterator[Suggestion]:
        if "unique" in node or node.get("primaryKey") or profile.distinct is None:
            return
        if profile.distinct >= profile.count * _NEARLY_ALL and not profile.values:
            why = (
                f"about as many distinct values as there are values, {profile.count:,}: an estimate"
            )
            yield Suggestion(path, "unique", True, why, sure=False)

    def _values(self, node: Mapping[str, Any], profile: Profile, path: str) -> Suggestion | None:
        found = profile.values
        few = 2 <= len(found) <= MAX_VALUES and len(found) * _REPEATED <= profile.count
        # Before 3.1 there is no rule that lists values.
        if not few or path not in self.known or self.api_version < "v3.1":
            return None
        if node.get("logicalType") not in ("string", "integer"):
            return None
        if not all(isinstance(each, (str, int)) for each in found):
            return None
        why = f"{profile.count:,} values are among {len(found)}"
        return Suggestion(path, "enum", list(found), why)

    def _options(
        self, node: Mapping[str, Any], found: Mapping[str, Any], profile: Profile, path: str
    ) -> Iterator[Suggestion]:
        stated = node.get("logicalTypeOptions") or {}
        fit = fitting(found, str(node.get("logicalType")))
        for key, value in fit.items():
            if not _STATED[key] & stated.keys():
                yield Suggestion(path, key, value, f"of {profile.count:,} values, rounded outwards")


def _is_enumerated(node: Mapping[str, Any]) -> bool:
    rules = node.get("quality")
    listed = rules if isinstance(rules, list) else []
    return bool(node.get("enum")) or any(
        isinstance(rule, dict) and valid_values(rule) is not None for rule in listed
    )


def places(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the path of every property of a contract, apart from those inside of arrays."""

    def inside(node: Mapping[str, Any], path: str) -> Iterator[str]:
        for each in node.get("properties") or []:
            name = dotted(path, each.get("name", ""))
            yield name
            yield from inside(each, name)

    for node in document.get("schema") or []:
        yield from inside(node, str(node.get("name", "")))


def _bounds(profile: Profile) -> dict[str, Any]:
    """Return the bounds of numbers; those of days move on by themselves."""
    least, most = profile.minimum, profile.maximum
    found: dict[str, Any] = {}
    if isinstance(least, (int, float)) and not isinstance(least, bool):
        found["minimum"] = 0 if least >= 0 else -number(away(Decimal(str(-least))))
    if isinstance(most, (int, float)) and not isinstance(most, bool):
        found["maximum"] = 0 if most <= 0 else number(away(Decimal(str(most))))
    return found


def _lengths(profile: Profile) -> dict[str, Any]:
    least, most = profile.min_length, profile.max_length
    if most is None or most == 0:
        return {}
    if least == most:
        return {"minLength": most, "maxLength": most}
    return {"maxLength": int(away(Decimal(most)))}


def applied(node: Node, path: str, wanted: Sequence[Suggestion], api_version: str) -> Node:
    """Return an object with the constraints that are suggested for what is in it, the sure ones."""
    listed = node.get("properties")
    if not isinstance(listed, list):
        return node
    revised = []
    for each in listed:
        inner = dotted(path, each.get("name", ""))
        own = [one for one in wanted if one.path == inner and one.sure]
        for one in own:
            each = _with(each, one, api_version)
        revised.append(applied(each, inner, wanted, api_version))
    same = all(new is old for new, old in zip(revised, listed, strict=True))
    return node if same else {**node, "properties": revised}


def _with(node: Node, suggestion: Suggestion, api_version: str) -> Node:
    key, value = suggestion.key, suggestion.value
    if key == "required":
        return {**node, key: value}
    if key == "enum":
        return with_values(node, value, api_version)
    options = node.get("logicalTypeOptions") or {}
    return {**node, "logicalTypeOptions": {**options, key: value}}
