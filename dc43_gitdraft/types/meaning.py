"""What types mean: equal, wider, good enough, and which logical type they imply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dc43_gitdraft.types.grammar import PhysicalType, TypeField, folded

#: The most decimal digits that an integer type needs.
_DIGITS: Mapping[str, int] = {"byte": 3, "short": 5, "int": 10, "long": 19}
_INTEGERS = ("byte", "short", "int", "long")


def same(one: PhysicalType, other: PhysicalType) -> bool:
    """Tell whether two spellings mean one type (`INT` and `integer`); field order is nothing."""
    if not (one.known and other.known):
        return folded(one.text) == folded(other.text)
    if one.name != other.name or _args(one) != _args(other):
        return False
    ours, theirs = by_name(one), by_name(other)
    return (
        ours.keys() == theirs.keys()
        and all(
            ours[name].nullable == theirs[name].nullable
            and same(ours[name].type, theirs[name].type)
            for name in ours
        )
        and all(_same_part(mine, yours) for mine, yours in _parts(one, other))
    )


def _same_part(one: PhysicalType | None, other: PhysicalType | None) -> bool:
    return one is other if one is None or other is None else same(one, other)


def _parts(
    one: PhysicalType, other: PhysicalType
) -> tuple[tuple[PhysicalType | None, PhysicalType | None], ...]:
    return ((one.items, other.items), (one.key, other.key), (one.value, other.value))


def _args(type_: PhysicalType) -> tuple[int, ...]:
    if type_.name == "decimal" and not type_.args:
        return (10, 0)  # Spark's own default
    return type_.args


def by_name(type_: PhysicalType) -> dict[str, TypeField]:
    """Return a struct's fields by their names without letter case."""
    return {item.name.casefold(): item for item in type_.fields}


def widens(old: PhysicalType, new: PhysicalType) -> bool:
    """Tell whether every value of `old` is a value of `new`, which is another type.

    The table is that of Delta's type widening and Iceberg's schema evolution, through arrays,
    maps and structs; a struct may gain nullable fields.
    """
    return old.known and new.known and not same(old, new) and _holds(old, new)


def _holds(old: PhysicalType, new: PhysicalType) -> bool:
    if same(old, new) or old.name == "void":
        return True
    if old.name != new.name or old.name in ("decimal", "varchar"):
        return _scalar_holds(old, new)
    if old.name == "struct":
        return _struct_holds(old, new)
    if old.name in ("array", "map"):
        return all(
            new_part is None or (old_part is not None and _holds(old_part, new_part))
            for old_part, new_part in _parts(old, new)
        )
    return False


def _scalar_holds(old: PhysicalType, new: PhysicalType) -> bool:
    if old.name in _DIGITS:
        return _integer_holds(old.name, new)
    if old.name == "decimal" and new.name == "decimal":
        (precision, scale), (wider, longer) = _args(old), _args(new)
        return wider - precision >= longer - scale >= 0
    if old.name in ("char", "varchar"):
        if new.name == "varchar":
            return bool(old.args) and new.args[0] >= old.args[0]
        return new.name == "string"
    return (old.name, new.name) in {("float", "double"), ("date", "timestamp_ntz")}


def _integer_holds(name: str, new: PhysicalType) -> bool:
    if new.name in _INTEGERS:
        return _INTEGERS.index(new.name) > _INTEGERS.index(name)
    if new.name == "decimal":
        precision, scale = _args(new)
        return precision - scale >= _DIGITS[name] and (name != "long" or scale == 0)
    return new.name == "double" and name != "long"


def _struct_holds(old: PhysicalType, new: PhysicalType) -> bool:
    if not old.fields or not new.fields:
        return not new.fields
    ours, theirs = by_name(old), by_name(new)
    return all(
        name in theirs
        and (theirs[name].nullable or not ours[name].nullable)
        and _holds(ours[name].type, theirs[name].type)
        for name in ours
    ) and all(theirs[name].nullable for name in theirs.keys() - ours.keys())


def zone_differs(one: PhysicalType, other: PhysicalType) -> bool:
    """Tell whether one is a timestamp with a time zone and the other one without."""
    return {one.name, other.name} == {"timestamp", "timestamp_ntz"} and one.known and other.known


def expresses(stated: PhysicalType, seen: PhysicalType) -> bool:
    """Tell whether data whose type is `seen` may be what a contract calls `stated`.

    More lenient than `same` by exactly what a source cannot say: another dialect's spelling, the
    length of a text that is stored as string, the precision where the contract states none,
    fields of a struct that neither side lists, NOT NULL inside of a type.
    """
    if not (stated.known and seen.known) or seen.name == "void":
        return True
    lenient = _LENIENT.get(stated.name.split(" ")[0])
    if lenient is not None and lenient(stated, seen):
        return True
    if stated.name != seen.name:
        return False
    if stated.name == "struct" and stated.fields and seen.fields:
        ours, theirs = by_name(stated), by_name(seen)
        return ours.keys() == theirs.keys() and all(
            expresses(ours[name].type, theirs[name].type) for name in ours
        )
    if stated.args and seen.args and stated.args != seen.args:
        return False
    return all(
        one is None or other is None or expresses(one, other) for one, other in _parts(stated, seen)
    )


def adopt(stated: PhysicalType, seen: PhysicalType) -> PhysicalType:
    """Return `seen`, with what it cannot express as it was stated, and names as they were."""
    if expresses(stated, seen):
        return stated
    if stated.name != seen.name:
        return seen
    theirs = by_name(seen)
    if not stated.fields or not theirs:
        return replace(
            seen,
            items=_adopted(stated.items, seen.items),
            key=_adopted(stated.key, seen.key),
            value=_adopted(stated.value, seen.value),
        )
    kept = {
        name: replace(ours, type=adopt(ours.type, theirs[name].type))
        for name, ours in by_name(stated).items()
        if name in theirs
    }
    added = [field for name, field in theirs.items() if name not in kept]
    return replace(seen, fields=(*kept.values(), *added))


def _adopted(stated: PhysicalType | None, seen: PhysicalType | None) -> PhysicalType | None:
    return seen if stated is None or seen is None else adopt(stated, seen)


def _seen_as(*names: str) -> Callable[[PhysicalType, PhysicalType], bool]:
    return lambda _stated, seen: seen.name in names


#: Types that a source may hold under another name, or less precisely.
_LENIENT: Mapping[str, Callable[[PhysicalType, PhysicalType], bool]] = {
    "char": _seen_as("string"),
    "varchar": _seen_as("string"),
    "time": _seen_as("time", "string", "int", "long"),
    "interval": lambda _stated, seen: (
        seen.name.startswith("interval") or seen.name in ("string", "int", "long")
    ),
    "variant": _seen_as("string", "binary", "struct"),
    "decimal": lambda stated, seen: not stated.args and seen.name == "decimal",
}


_LOGICAL: Mapping[str, str] = {
    "boolean": "boolean",
    "byte": "integer",
    "short": "integer",
    "int": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "string": "string",
    "char": "string",
    "varchar": "string",
    "binary": "string",
    "date": "date",
    "timestamp": "timestamp",
    "timestamp_ntz": "timestamp",
    "time": "time",
    "variant": "object",
    "array": "array",
    "map": "map",
    "struct": "object",
}


def implied(type_: PhysicalType) -> tuple[str | None, dict[str, Any]]:
    """Return the logicalType and logicalTypeOptions that a physical type implies.

    The logicalType is None where nothing is known (an unknown spelling, void).
    """
    if not type_.known or type_.name == "void":
        return None, {}
    if type_.name.startswith("interval"):
        return "string", {}
    options: dict[str, Any] = {}
    if type_.name in ("char", "varchar") and type_.args:
        options["maxLength"] = type_.args[0]
    elif type_.name == "binary":
        options["format"] = "binary"
    elif type_.name in ("timestamp", "timestamp_ntz"):
        options["timezone"] = type_.name == "timestamp"
    elif type_.name == "decimal" and type_.args and type_.args[1] == 0:
        return "integer", {}
    return _LOGICAL[type_.name], options
