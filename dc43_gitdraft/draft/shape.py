"""Properties that are new to a contract, written as its other properties are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dc43_gitdraft import types
from dc43_gitdraft.draft.evidence import fit, stated_type
from dc43_gitdraft.model import DataType, ObservedProperty

_BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_TEXTS = frozenset({"pattern", "format", "defaultTimezone"})
_FLAGS = frozenset({"timezone", "uniqueItems"})
_OPTIONS: Mapping[str, frozenset[str]] = {
    "string": frozenset({"minLength", "maxLength", "pattern", "format"}),
    "date": _BOUNDS | {"format"},
    "timestamp": _BOUNDS | {"format", "timezone", "defaultTimezone"},
    "time": _BOUNDS | {"format", "timezone", "defaultTimezone"},
    "integer": _BOUNDS | {"format", "multipleOf"},
    "number": _BOUNDS | {"format", "multipleOf"},
    "object": frozenset({"maxProperties", "minProperties", "required"}),
    "array": frozenset({"maxItems", "minItems", "uniqueItems"}),
}


def fitting(options: Mapping[str, Any], logical: str) -> dict[str, Any]:
    """Return the logicalTypeOptions that ODCS knows for a logicalType.

    Bounds of numbers are numbers, those of dates and times are texts.
    """
    allowed = _OPTIONS.get(logical, frozenset())
    text = logical in ("date", "timestamp", "time")
    return {
        name: value
        for name, value in options.items()
        if name in allowed and (name not in _BOUNDS or isinstance(value, str) is text)
    }


def _proper(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options whose values ODCS takes; whoever wrote the Observation may not know."""
    return {name: value for name, value in options.items() if _is_proper(name, value)}


def _is_proper(name: str, value: Any) -> bool:
    if name in _TEXTS or name in _FLAGS:
        return isinstance(value, str if name in _TEXTS else bool)
    if name in _BOUNDS and isinstance(value, str):
        return True
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    if name in _BOUNDS or name == "multipleOf":
        return name != "multipleOf" or value > 0
    return isinstance(value, int) and value >= 0


@dataclass(frozen=True, slots=True)
class Manner:
    """Which keys the neighbours of a new property use, and how they spell types.

    `samples` are spellings, one of each type, in the contract's dialect; `seen` is the dialect
    of the types that were seen (None: Spark's).
    """

    api_version: str
    logical: bool = True
    physical: bool = True
    physical_name: bool = False
    samples: tuple[str, ...] = ()
    dialect: str | None = None
    seen: str | None = None

    @classmethod
    def of(
        cls,
        siblings: Iterable[Mapping[str, Any]],
        api_version: str,
        dialect: str | None = None,
        seen: str | None = None,
    ) -> Manner:
        """Return the manner of properties; of none, the fullest."""
        listed = list(siblings)
        if not listed:
            return cls(api_version, dialect=dialect, seen=seen)
        stated = [
            stated_type(str(one["physicalType"]), dialect)
            for one in listed
            if one.get("physicalType")
        ]
        samples = {one.name: one.text for one in reversed(stated) if one.known}
        most = len(listed) / 2
        return cls(
            api_version,
            # Only with a physicalType can a property do without.
            logical=not stated or any("logicalType" in one for one in listed),
            physical=bool(stated),
            physical_name=sum("physicalName" in one for one in listed) > most,
            samples=tuple(reversed(samples.values())),
            dialect=dialect,
            seen=seen,
        )

    def spell(self, physical: str) -> str:
        """Spell a type as the neighbours do."""
        wanted = types.parse(physical, self.seen)
        if not wanted.known:
            return physical
        known = [types.parse(sample, self.dialect) for sample in self.samples]
        alike = next((one for one in known if one.name == wanted.name), None)
        pattern = alike or next(iter(known), None)
        if pattern is None:
            verbatim = self.dialect is None or self.dialect == self.seen
            return physical if verbatim else types.respell("", wanted, self.dialect)
        text = types.respell(pattern.text, wanted, self.dialect)
        if self.seen is None or types.same(types.parse(text, self.dialect), wanted):
            return text
        return physical  # no word of the contract's own says the same


def new_property(seen: ObservedProperty, manner: Manner) -> dict[str, Any]:
    """Return the property for a column or nested field that was seen."""
    node: dict[str, Any] = {"name": seen.name}
    if manner.physical_name:
        node["physicalName"] = seen.name
    kind = type_keys(seen.type, manner)
    structure = {name: kind.pop(name) for name in ("properties", "items", "map") if name in kind}
    node |= kind
    if seen.nullable is False:
        node["required"] = True
    if seen.unique:
        node["unique"] = True
    if seen.key is not None:
        node["primaryKey"] = True
        node["primaryKeyPosition"] = seen.key
    if seen.partition is not None:
        node["partitioned"] = True
        node["partitionKeyPosition"] = seen.partition
    if seen.description:
        node["description"] = seen.description
    if seen.tags:
        node["tags"] = list(seen.tags)
    if seen.enum:
        node = with_values(node, seen.enum, manner.api_version)
    return node | structure


def with_values(node: dict[str, Any], values: Iterable[Any], api_version: str) -> dict[str, Any]:
    """Return a property that may have these values only, as this version of ODCS says it."""
    if api_version >= "v3.2":
        return {**node, "enum": [{"value": each} for each in values]}
    if api_version < "v3.1":  # no rule there lists values
        return node
    rule = {"metric": "invalidValues", "arguments": {"validValues": list(values)}, "mustBe": 0}
    return {**node, "quality": [*(node.get("quality") or []), rule]}


def type_keys(seen: DataType, manner: Manner) -> dict[str, Any]:
    """Return the keys that state a type, with everything inside of it."""
    logical = fit(seen.logical or "string", manner.api_version)
    node: dict[str, Any] = {"logicalType": logical} if manner.logical else {}
    if manner.physical and seen.physical:
        node["physicalType"] = manner.spell(seen.physical)
    options = fitting(_proper(seen.options), logical) if manner.logical else {}
    if options:
        node["logicalTypeOptions"] = options
    return node | structure(seen, manner)


def structure(seen: DataType, manner: Manner) -> dict[str, Any]:
    """Return the key that states what is inside of an object, an array or a map."""
    # Of a field that only held JSON nulls the type is not known.
    fields = [field for field in seen.fields if field.type.logical or not field.type.inferred]
    if fields:
        return {"properties": [new_property(field, manner) for field in fields]}
    if seen.items is not None and seen.items.logical is not None:
        return {"items": type_keys(seen.items, manner)}
    if seen.logical == "map" and fit("map", manner.api_version) == "map":
        key, value = seen.key or DataType("string"), seen.value or DataType("string")
        return {"map": {"key": type_keys(key, manner), "value": type_keys(value, manner)}}
    return {}
