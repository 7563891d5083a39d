"""What types mean: equal, wider, good enough, and which logical type they imply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dc43_gitdraft.types.arguments import PRECISIONS
from dc43_gitdraft.types.dialects import DIALECTS
from dc43_gitdraft.types.grammar import ALIASES, PhysicalType, TypeField, folded, parse

#: Bits of each integer type, and whether it has a sign.
_INTEGERS: Mapping[str, tuple[int, bool]] = {
    "byte": (8, True),
    "short": (16, True),
    "mediumint": (24, True),
    "int": (32, True),
    "long": (64, True),
    "hugeint": (128, True),
    "int256": (256, True),
    "ubyte": (8, False),
    "ushort": (16, False),
    "umediumint": (24, False),
    "uint": (32, False),
    "ulong": (64, False),
    "uhugeint": (128, False),
    "uint256": (256, False),
}
#: Integers of at most so many bits are exact in a double.
_DOUBLE_BITS = 32
_ZONED = frozenset({"timestamp", "timestamp_tz"})
_UNZONED = frozenset({"timestamp_ntz", "datetime", "smalldatetime"})
#: Digits of fractions of a second where nothing is said.
_DEFAULT_PRECISION = 6


def same(one: PhysicalType, other: PhysicalType) -> bool:
    """Tell whether two spellings mean one type (`INT` and `integer`); field order is nothing."""
    if not (one.known and other.known):
        return folded(one.text) == folded(other.text)
    if (one.name, _args(one), one.detail) != (other.name, _args(other), other.detail):
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
    if not type_.args:
        if type_.name == "decimal":
            return (10, 0)  # Spark's own default
        if type_.name in PRECISIONS:
            return (_DEFAULT_PRECISION,)
    return type_.args


def by_name(type_: PhysicalType) -> dict[str, TypeField]:
    """Return a struct's fields by their names without letter case."""
    return {item.name.casefold(): item for item in type_.fields}


def widens(old: PhysicalType, new: PhysicalType) -> bool:
    """Tell whether every value of `old` is a value of `new`, which is another type.

    The table is that of Delta's type widening and Iceberg's schema evolution, through arrays,
    maps and structs; a struct may gain nullable fields. Other dialects' types follow its pattern:
    unsigned integers, national character sets, longer binaries, more digits of a second.
    """
    return old.known and new.known and not same(old, new) and _holds(old, new)


def _holds(old: PhysicalType, new: PhysicalType) -> bool:
    if same(old, new) or old.name == "void":
        return True
    if new.name == "nullable" and new.items is not None:
        inner = old.items if old.name == "nullable" else old
        return inner is not None and _holds(inner, new.items)
    if old.detail != new.detail and (old.name, old.detail, new.detail) not in _LOOSER_DETAILS:
        return old.name == new.name == "array" and not new.detail and _holds_parts(old, new)
    if old.name == new.name == "struct":
        return _struct_holds(old, new)
    if old.name == new.name and old.name in ("array", "map"):
        return _holds_parts(old, new)
    return _scalar_holds(old, new)


def _holds_parts(old: PhysicalType, new: PhysicalType) -> bool:
    return all(
        new_part is None or (old_part is not None and _holds(old_part, new_part))
        for old_part, new_part in _parts(old, new)
    )


def _scalar_holds(old: PhysicalType, new: PhysicalType) -> bool:
    if old.name in _INTEGERS:
        return _integer_holds(old.name, new)
    if old.name == "decimal":
        return new.name == "numeric" or (new.name == "decimal" and _decimal_holds(old, new))
    if old.name == new.name and old.name in PRECISIONS:
        return _args(new) >= _args(old)
    if new.name in _LONGER.get(old.name, ()):
        fits = bool(old.args) and bool(new.args) and new.args[0] >= old.args[0]
        return fits or not new.args
    return (old.name, new.name) in _WIDENING


#: Texts and binaries: what may hold what, if it is long enough or has no length.
_LONGER: Mapping[str, frozenset[str]] = {
    "char": frozenset({"varchar", "string", "nchar", "nvarchar", "nstring"}),
    "varchar": frozenset({"varchar", "string", "nvarchar", "nstring"}),
    "string": frozenset({"nstring"}),
    "nchar": frozenset({"nvarchar", "nstring"}),
    "nvarchar": frozenset({"nvarchar", "nstring"}),
    "fixedbinary": frozenset({"varbinary", "binary"}),
    "varbinary": frozenset({"varbinary", "binary"}),
    "bit": frozenset({"varbit"}),
    "varbit": frozenset({"varbit"}),
}
#: Characters take more room than bytes; a value that may be null holds one that may not.
_LOOSER_DETAILS = frozenset(
    {("varchar", "", "char"), ("char", "", "char"), ("map", "not null", "")}
)
_WIDENING = frozenset(
    {
        ("float", "double"),
        ("half", "float"),
        ("half", "double"),
        ("date", "timestamp_ntz"),
        ("smalldatetime", "datetime"),
        ("smalldatetime", "timestamp_ntz"),
        ("datetime", "timestamp_ntz"),
        ("smallmoney", "money"),
        ("date", "datetime"),
    }
)


def _decimal_holds(old: PhysicalType, new: PhysicalType) -> bool:
    (precision, scale), (wider, longer) = _args(old), _args(new)
    return wider - precision >= longer - scale >= 0


def _integer_holds(name: str, new: PhysicalType) -> bool:
    bits, signed = _INTEGERS[name]
    if new.name in _INTEGERS:
        wider, sign = _INTEGERS[new.name]
        return wider > bits and (sign or not signed)
    if new.name == "decimal":
        precision, scale = _args(new)
        digits = len(str(2 ** (bits - signed) - 1))
        return precision - scale >= digits and (bits <= _DOUBLE_BITS or scale == 0)
    if new.name == "numeric":
        return True
    return new.name == "double" and bits <= _DOUBLE_BITS


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
    """Tell whether one is a timestamp (or a time) with a time zone and the other one without."""
    names = {one.name, other.name}
    zones = (names & _ZONED and names & _UNZONED) or names == {"time", "timetz"}
    return bool(zones) and one.known and other.known


def is_own(type_: PhysicalType) -> bool:
    """Tell whether every word of a type is of our own grammar, and not some other dialect's."""
    parts = (type_.items, type_.key, type_.value, *(item.type for item in type_.fields))
    return (
        type_.known
        and (type_.name.startswith("interval") or type_.word.lower() in ALIASES)
        and all(part is None or is_own(part) for part in parts)
    )


def speaks(type_: PhysicalType) -> bool:
    """Tell whether every word of a type is of its own dialect, or of our own grammar.

    What is not understood is nobody else's word either: a type that somebody made.
    """
    if not type_.known:
        return True
    dialect = DIALECTS.get(type_.dialect)
    words = dialect.words if dialect is not None else {}
    word = type_.word.lower()
    own = type_.name.startswith("interval") or word in ALIASES or word in words
    parts = (type_.items, type_.key, type_.value, *(item.type for item in type_.fields))
    return own and all(part is None or speaks(part) for part in parts)


def expresses(stated: PhysicalType, seen: PhysicalType) -> bool:
    """Tell whether data whose type is `seen` may be what a contract calls `stated`.

    More lenient than `same` by exactly what a source cannot say: another dialect's spelling and
    its types that no file format has, the length of a text that is stored as string, the
    precision where the contract states none, fields of a struct that neither side lists, NOT NULL
    inside of a type. `seen` is a type of Spark.
    """
    if not (stated.known and seen.known) or seen.name == "void":
        return True
    if stated.name == "nullable" and stated.items is not None:
        return expresses(stated.items, seen)
    if _as_kept(seen, stated):
        return True
    family = stated.name.split(" ")[0]
    lenient = _LENIENT.get(family)
    if lenient is not None and lenient(stated, seen):
        return True
    if lenient is None and family not in _IN_FILES:
        return True  # no source has such a type
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


def _as_kept(seen: PhysicalType, stated: PhysicalType) -> bool:
    """Tell whether the contract's dialect has no other type for `seen` than the stated one."""
    dialect = DIALECTS.get(stated.dialect)
    spelling = dialect.spells.get(seen.name) if dialect is not None else None
    if spelling is None:
        return False
    if seen.args and "(" not in spelling:
        spelling += f"({','.join(map(str, seen.args))})"
    return same(parse(spelling, stated.dialect), stated)


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


def _decimal_seen(stated: PhysicalType, seen: PhysicalType) -> bool:
    """Where no digits are written, what fits does; some dialects have no other integers."""
    if seen.name == "decimal" and "(" not in stated.text:
        return not stated.args or same(stated, seen) or _decimal_holds(seen, stated)
    dialect = DIALECTS.get(stated.dialect)
    whole = dialect is not None and dialect.integers_are_decimals and _args(stated)[1] == 0
    return whole and seen.name in ("byte", "short", "int", "long")


_SPARKS = ("", "spark", "databricks")
_TEXTS = ("string", "char", "varchar")
_DURATIONS = ("time", "string", "int", "long")
#: Types that a source may hold under another name, or less precisely.
_LENIENT: Mapping[str, Callable[[PhysicalType, PhysicalType], bool]] = {
    "char": _seen_as("string"),
    "varchar": _seen_as("string"),
    "nchar": _seen_as(*_TEXTS),
    "nvarchar": _seen_as(*_TEXTS),
    "nstring": _seen_as(*_TEXTS),
    "citext": _seen_as(*_TEXTS),
    "name": _seen_as(*_TEXTS),
    "enum": _seen_as(*_TEXTS, "byte", "short", "int"),
    "uuid": _seen_as(*_TEXTS, "binary"),
    "time": _seen_as(*_DURATIONS),
    "timetz": _seen_as(*_DURATIONS),
    "interval": lambda _stated, seen: (
        seen.name.startswith("interval") or seen.name in ("string", "int", "long")
    ),
    "variant": lambda stated, seen: (
        stated.dialect not in _SPARKS or seen.name in ("string", "binary", "struct")
    ),
    # Snowflake's TIMESTAMP is what a parameter of the account says; ClickHouse has only one.
    "timestamp_ntz": lambda stated, seen: (
        (stated.dialect, stated.word.lower(), seen.name) == ("snowflake", "timestamp", "timestamp")
    ),
    "timestamp": lambda stated, seen: (
        stated.dialect == "clickhouse" and seen.name == "timestamp_ntz"
    ),
    "decimal": _decimal_seen,
    "numeric": _seen_as("decimal", "byte", "short", "int", "long", "string", "double"),
    "decfloat": _seen_as("decimal", "double", "string"),
    "half": _seen_as("float"),
    "money": _seen_as("decimal", "string", "double"),
    "smallmoney": _seen_as("decimal", "string", "double"),
    "mediumint": _seen_as("int"),
    "ubyte": _seen_as("byte", "short", "int"),
    "ushort": _seen_as("short", "int"),
    "umediumint": _seen_as("int"),
    "uint": _seen_as("int", "long"),
    "ulong": _seen_as("long", "decimal"),
    "fixedbinary": _seen_as("binary"),
    "varbinary": _seen_as("binary"),
    "rowversion": _seen_as("binary", "long", "string"),
    "timestamp_tz": _seen_as("timestamp", "string"),
    "datetime": _seen_as("timestamp_ntz"),
    "smalldatetime": _seen_as("timestamp_ntz"),
}
#: What files and tables have types for: only these can be contradicted by another type.
_IN_FILES = frozenset(
    {"boolean", "byte", "short", "int", "long", "float", "double", "decimal", "string", "char"}
    | {"varchar", "binary", "date", "timestamp", "timestamp_ntz", "time", "interval"}
    | {"array", "map", "struct", "variant"}
)


_LOGICAL: Mapping[str, str] = {
    **dict.fromkeys(_INTEGERS, "integer"),
    **dict.fromkeys(("bignum", "year", "oid"), "integer"),
    **dict.fromkeys(("float", "double", "half", "decfloat", "decimal", "numeric"), "number"),
    **dict.fromkeys(("money", "smallmoney"), "number"),
    "boolean": "boolean",
    "date": "date",
    **dict.fromkeys(_ZONED | _UNZONED, "timestamp"),
    **dict.fromkeys(("time", "timetz"), "time"),
    **dict.fromkeys(("variant", "json", "jsonb", "sql_variant", "struct", "union"), "object"),
    "array": "array",
    "vector": "vector",
    **dict.fromkeys(("map", "hstore"), "map"),
}
_BINARY = frozenset({"binary", "varbinary", "fixedbinary", "rowversion"})
#: Types that hold anything, so that nothing that is seen contradicts them.
ANYTHING = frozenset({"variant", "json", "jsonb", "sql_variant"})


def implied(type_: PhysicalType) -> tuple[str | None, dict[str, Any]]:
    """Return the logicalType and logicalTypeOptions that a physical type implies.

    The logicalType is None where nothing is known (an unknown spelling, void). What has no
    logicalType of its own (an address, a geometry) is a string, as every source can write it.
    """
    if not type_.known or type_.name == "void":
        return None, {}
    if type_.name == "nullable" and type_.items is not None:
        return implied(type_.items)
    options: dict[str, Any] = {}
    if type_.name in ("char", "varchar", "nchar", "nvarchar") and type_.args:
        options["maxLength"] = type_.args[0]
    elif type_.name in _BINARY:
        options["format"] = "binary"
    elif type_.name == "uuid":
        options["format"] = "uuid"
    elif type_.name in _ZONED | _UNZONED:
        options["timezone"] = type_.name in _ZONED
    elif type_.name == "decimal" and type_.args and type_.args[1] <= 0:
        return "integer", {}
    return _LOGICAL.get(type_.name, "string"), options
