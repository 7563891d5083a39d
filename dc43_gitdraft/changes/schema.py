"""Schema objects and properties, through every nesting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from dc43_gitdraft.changes import classification, datatypes, keys, moves, quality, relationships
from dc43_gitdraft.changes.core import (
    Finding,
    Pair,
    Part,
    by_key,
    dotted,
    equal,
    flag,
    mappings,
    walk,
)
from dc43_gitdraft.changes.pairing import Entry, Pairing, key, pair
from dc43_gitdraft.changes.renames import possible_renames
from dc43_gitdraft.changes.sunset import sunset
from dc43_gitdraft.model import DocPath


def _physical_name(entry: Mapping[str, Any]) -> str | None:
    name = entry.get("physicalName") or entry.get("name")
    return name if isinstance(name, str) else None


def pair_elements(old: Sequence[Entry], new: Sequence[Entry]) -> Pairing:
    """Pair schema objects or properties."""
    return pair(old, new, key("id"), key("name"), _physical_name)


def objects(contract: Pair) -> Iterator[Finding]:
    """Yield the changes of a contract's schema."""
    old, new = mappings(contract.old.get("schema")), mappings(contract.new.get("schema"))
    if old is None or new is None:
        yield contract.found("unclaimed-change", "schema", path="schema")
        return
    pairing = pair_elements(old, new)
    renames = possible_renames(pairing, contract.context, "")
    for before, after in pairing.merged():
        if before is None and after is not None:
            at = (*contract.new_at, "schema", after[0])
            said = renames.added.get(after[0], "")
            yield Finding("object-added", _name("", after), at, None, after[1], said)
        elif before is not None and after is None:
            at = (*contract.old_at, "schema", before[0])
            said = renames.removed.get(before[0], "")
            yield Finding("object-removed", _name("", before), at, before[1], None, said)
        elif before is not None and after is not None and not equal(before[1], after[1]):
            yield from _object(_child(contract, "schema", before, after, ""))


def _object(both: Pair) -> Iterator[Finding]:
    """Yield the changes of an object; what left one place in it for another one has moved."""
    yield from moves.settle(list(walk(both, _OBJECT)), both.context, _property)


def _property(both: Pair) -> Iterator[Finding]:
    yield from walk(both, _PROPERTY)


def _name(path: str, entry: Entry) -> str:
    name = entry[1].get("name")
    return dotted(path, name if isinstance(name, str) else f"[{entry[0]}]")


def _child(parent: Pair, under: str, old: Entry, new: Entry, path: str) -> Pair:
    return Pair(
        old[1],
        new[1],
        _name(path, new),
        (*parent.old_at, under, old[0]),
        (*parent.new_at, under, new[0]),
        context=parent.context,
    )


def _identity(kind: str) -> Part:
    """Return the part for the names of an object or a property."""

    def finder(both: Pair) -> Iterator[Finding]:
        renamed = both.differs("name")
        if renamed:
            yield both.found(f"{kind}-renamed", "name")
        if both.differs("physicalName"):
            if _physical_name(both.old) != _physical_name(both.new):
                yield both.found(f"{kind}-physical-name-changed", "physicalName")
            elif not renamed:
                message = "physicalName states what the name said"
                yield both.found("documentation-changed", "physicalName", message=message)
        if both.differs("id"):
            yield both.found("documentation-changed", "id", message="id changed")

    return ("name", "physicalName", "id"), finder


def _properties(both: Pair) -> Iterator[Finding]:
    old, new = mappings(both.old.get("properties")), mappings(both.new.get("properties"))
    if old is None or new is None:
        yield both.found("unclaimed-change", "properties", path=dotted(both.path, "properties"))
        return
    count = 0
    for finding in _listed(both, old, new):
        count += 1
        yield finding
    if not count:
        yield both.found("documentation-changed", "properties", message="another order")


def _listed(both: Pair, old: list[Entry], new: list[Entry]) -> Iterator[Finding]:
    pairing = pair_elements(old, new)
    yield from keys.find(both, pairing)
    places = [before[0] for before, _ in pairing.pairs]
    if both.context.positional and places != sorted(places):
        names = ([entry.get("name") for _, entry in old], [entry.get("name") for _, entry in new])
        yield both.found("property-reordered", "properties", before=names[0], after=names[1])
    renames = possible_renames(pairing, both.context, both.path)
    classify = _classify(old)
    for before, after in pairing.merged():
        if before is None and after is not None:
            at = (*both.new_at, "properties", after[0])
            said = renames.added.get(after[0], "")
            yield from _added(_name(both.path, after), at, after[1], classify, said)
        elif before is not None and after is None:
            at = (*both.old_at, "properties", before[0])
            said = renames.removed.get(before[0], "")
            yield _removed(_name(both.path, before), at, before[1], both.context.today, said)
        elif before is not None and after is not None and not equal(before[1], after[1]):
            yield from _property(_child(both, "properties", before, after, both.path))


def _added(
    path: str, at: DocPath, node: Mapping[str, Any], classify: bool, said: str
) -> Iterator[Finding]:
    kind = "required" if node.get("required") is True else "optional"
    yield Finding(f"property-added-{kind}", path, at, None, node, said)
    if classify and not node.get("classification"):
        yield Finding("classification-missing", path, at)


def _removed(
    path: str, at: DocPath, node: Mapping[str, Any], today: date | None, said: str
) -> Finding:
    day = sunset(node)
    if today is None or day is None or today < day:
        return Finding("property-removed", path, at, node, None, said)
    message = f"it was to go on {day.isoformat()}" + (f"; {said}" if said else "")
    return Finding("property-removed-after-sunset", path, at, node, None, message)


def _classify(nodes: list[Entry]) -> bool:
    """Tell whether it is the custom here to state how confidential a property is."""
    classified = sum(bool(node.get("classification")) for _, node in nodes)
    return bool(classified) and classified * 2 >= len(nodes)


def _items(both: Pair) -> Iterator[Finding]:
    old, new = both.old.get("items"), both.new.get("items")
    path = both.path + "[]"
    if old is None:
        yield both.found("item-type-narrowed", "items", path=path)
    elif new is None:
        yield both.found("item-type-widened", "items", path=path)
    elif isinstance(old, dict) and isinstance(new, dict):
        inner = both.child("items", old, new, path)
        at = (inner.old_at, inner.new_at)
        yield from walk(Pair(old, new, path, *at, True, both.context), _ANONYMOUS)
    else:
        yield both.found("unclaimed-change", "items", path=path)


def _map(both: Pair) -> Iterator[Finding]:
    old, new = both.old.get("map"), both.new.get("map")
    if old is None:
        yield both.found("logical-type-narrowed", "map", path=both.path + "{value}")
    elif new is None:
        yield both.found("logical-type-widened", "map", path=both.path + "{value}")
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from walk(
            both.child("map", old, new, both.path), (_map_part("key"), _map_part("value"))
        )
    else:
        yield both.found("unclaimed-change", "map", path=dotted(both.path, "map"))


def _map_part(name: str) -> Part:
    def finder(both: Pair) -> Iterator[Finding]:
        old, new = both.old.get(name), both.new.get(name)
        path = f"{both.path}{{{name}}}"
        if isinstance(old, dict) and isinstance(new, dict):
            yield from walk(both.child(name, old, new, path), _ANONYMOUS)
        else:
            yield both.found("unclaimed-change", name, path=path)

    return (name,), finder


def _partition(both: Pair) -> Iterator[Finding]:
    if _partition_of(both.old) != _partition_of(both.new):
        yield both.found(
            "partition-changed",
            before=_partition_of(both.old) or None,
            after=_partition_of(both.new) or None,
        )
        return
    for name in ("partitioned", "partitionKeyPosition"):
        if both.differs(name):
            yield both.found("documentation-changed", name, message=f"{name} states the default")


def _partition_of(node: Mapping[str, Any]) -> dict[str, Any]:
    if node.get("partitioned") is not True:
        return {}
    position = node.get("partitionKeyPosition", -1)
    return {"partitioned": True, "partitionKeyPosition": position}


def _claimed_by_the_list(both: Pair) -> Iterator[Finding]:
    """Find nothing: a primary key is that of the whole list of properties."""
    yield from ()


_WORDING = by_key(
    "documentation-changed",
    *("description", "businessName", "authoritativeDefinitions", "customProperties"),
    *("deprecated", "synonyms", "context"),
)
_OBJECT: tuple[Part, ...] = (
    _identity("object"),
    by_key("object-physical-type-changed", "physicalType"),
    by_key("object-granularity-changed", "dataGranularityDescription"),
    (("quality",), quality.find),
    relationships.PART,
    classification.TAGS,
    _WORDING,
    by_key("documentation-changed", "logicalType"),
    (("properties",), _properties),
)
_ANONYMOUS: tuple[Part, ...] = (
    _identity("property"),
    (datatypes.KEYS, datatypes.find),
    flag("required", "property-became-required", "property-became-nullable"),
    flag("unique", "unique-added", "unique-removed"),
    (("partitioned", "partitionKeyPosition"), _partition),
    classification.CLASSIFICATION,
    by_key("encrypted-name-changed", "encryptedName"),
    by_key("critical-data-element-changed", "criticalDataElement"),
    by_key("transform-changed", "transformLogic", "transformSourceObjects", "transformDescription"),
    (quality.KEYS, quality.find),
    relationships.PART,
    classification.TAGS,
    _WORDING,
    by_key("documentation-changed", "examples", "semanticType"),
    (("properties",), _properties),
    (("items",), _items),
    (("map",), _map),
    by_key("documentation-changed", "primaryKey", "primaryKeyPosition"),
)
_PROPERTY: tuple[Part, ...] = (
    *_ANONYMOUS[:-1],
    (("primaryKey", "primaryKeyPosition"), _claimed_by_the_list),
)
