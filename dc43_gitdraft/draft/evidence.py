"""What data proves against a stated type. Everything else is no drift.

A source that declares types (Parquet, a table) proves its physical type, except where it cannot
say what the contract says (`types.expresses`). A source whose types were inferred proves only
what the tables below say: text may hold anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from dc43_gitdraft import types
from dc43_gitdraft.model import DataType


class Source(Enum):
    """How a type was learnt."""

    DECLARED = "declared"
    TEXT = "text"  # CSV, and the names of partition directories
    JSON = "json"


def _table(rows: str) -> Mapping[str, frozenset[str]]:
    """Read the table: the stated type, and what contradicts it when it is seen."""
    lines = (line.partition(":") for line in rows.strip().splitlines())
    return {stated.strip(): frozenset(seen.split()) for stated, _, seen in lines}


# Stated: what contradicts it. A number column may hold integers; a timestamp may be written as a
# date, or as the number of an epoch; a date may be 20240131 or 31.01.24. Text is never wrong for
# what a CSV file has to write as text.
_TEXT = _table("""
    string:
    integer:   number boolean date timestamp time string
    number:    boolean date timestamp time string
    boolean:   number date timestamp time string
    date:      boolean timestamp time
    timestamp: boolean time
    time:      boolean date timestamp
    object:
    array:
    map:
    vector:
""")
# JSON has strings, numbers, booleans, objects and arrays of its own. A date in it is a string.
_JSON = _table("""
    string:    integer number boolean object array map
    integer:   number boolean date timestamp time string object array map
    number:    boolean date timestamp time string object array map
    boolean:   integer number date timestamp time string object array map
    date:      boolean timestamp time object array map
    timestamp: boolean time object array map
    time:      boolean date timestamp object array map
    object:    integer number boolean date timestamp time string array
    array:     integer number boolean date timestamp time string object map
    map:       integer number boolean date timestamp time string array
    vector:    boolean date timestamp time object map
""")
# By logicalType alone: what a declared type may be seen as, besides itself. Integers are numbers;
# a map is an object before ODCS 3.2; times and vectors have no type of their own everywhere.
_DECLARED: Mapping[str, frozenset[str]] = {
    "number": frozenset({"integer"}),
    "object": frozenset({"map"}),
    "time": frozenset({"string", "integer"}),
    "vector": frozenset({"array", "string"}),
}
#: logicalType of older versions of ODCS for one that they lack.
_SINCE: Mapping[str, tuple[str, str]] = {
    "timestamp": ("v3.1", "date"),
    "time": ("v3.1", "string"),
    "map": ("v3.2", "object"),
    "vector": ("v3.2", "array"),
}
#: What a format that lacks a type stores it as; by Layout.format.
_STORED: Mapping[str, Mapping[str, str]] = {
    "avro": {"byte": "int", "short": "int"},
    "iceberg": {"byte": "int", "short": "int"},
    "protobuf": {"byte": "int", "short": "int"},
}
#: Integer and number formats of ODCS by physical type.
_FORMATS: Mapping[str, str] = {
    "byte": "i8",
    "short": "i16",
    "int": "i32",
    "long": "i64",
    "float": "f32",
    "double": "f64",
}


def fit(logical: str, api_version: str) -> str:
    """Return the logicalType by which this version of ODCS calls what newer ones call `logical`."""
    since, before = _SINCE.get(logical, ("", logical))
    return before if api_version < since else logical


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What data proves to be otherwise than stated.

    `logical` and `physical` are what is right; None where the statement may stay. `foreign` says
    that the stated physicalType is of a dialect that is not understood, and wrong.
    """

    logical: str | None = None
    physical: types.PhysicalType | None = None
    foreign: bool = False
    timezone: bool | None = None


def stated_type(text: str, dialect: str | None) -> types.PhysicalType:
    """Parse a physicalType of a contract; None for the dialect where its servers name none.

    Without a dialect, a word that is not of our own grammar proves nothing: who wrote it may mean
    something else than others do.
    """
    parsed = types.parse(text, dialect)
    return parsed if dialect is not None or types.is_own(parsed) else replace(parsed, known=False)


def contradiction(
    stated: Mapping[str, Any],
    seen: DataType,
    source: Source,
    api_version: str,
    dialect: str | None = None,
    seen_dialect: str | None = None,
    format: str | None = None,  # noqa: A002 - the model's word
) -> Contradiction | None:
    """Return what the type that was seen proves wrong about a property, or None.

    `dialect` is that of the contract's servers, `seen_dialect` that of the source (None: Spark's);
    `format` is how the data is stored.
    """
    if seen.logical is None:
        return None
    text = stated.get("physicalType")
    physical = stated_type(str(text), dialect) if text else None
    if source is not Source.DECLARED:
        return _inferred(stated, seen, source, api_version, physical)
    there = types.parse(seen.physical, seen_dialect) if seen.physical else None
    if physical is not None and there is not None and _comparable(physical, there):
        stored = _stored(physical, _STORED.get(format or "", {}))
        if types.expresses(stored, there) or _says_so(physical, there):
            return None
        logical = stated.get("logicalType")
        wrong = logical is not None and not _admits(logical, seen, api_version)
        return Contradiction(
            logical=fit(seen.logical, api_version) if wrong else None,
            physical=types.adopt(physical, there),
            timezone=seen.options.get("timezone"),
        )
    logical = stated.get("logicalType")
    if logical is None:
        return None
    if not _admits(logical, seen, api_version):
        return Contradiction(fit(seen.logical, api_version), foreign=physical is not None)
    return _timezone(stated, seen)


def _stored(stated: types.PhysicalType, names: Mapping[str, str]) -> types.PhysicalType:
    """Return the type as a format stores it that lacks some."""
    if not names:
        return stated

    def inner(part: types.PhysicalType | None) -> types.PhysicalType | None:
        return None if part is None else _stored(part, names)

    return replace(
        stated,
        name=names.get(stated.name, stated.name),
        fields=tuple(replace(each, type=_stored(each.type, names)) for each in stated.fields),
        items=inner(stated.items),
        key=inner(stated.key),
        value=inner(stated.value),
    )


def _comparable(stated: types.PhysicalType, seen: types.PhysicalType) -> bool:
    """Tell whether both mean something by the same measure.

    A type of another dialect that has no counterpart of its own here proves no physical type.
    """
    if not (stated.known and seen.known):
        return False
    return not seen.dialect or stated.dialect == seen.dialect or types.is_own(seen)


def _says_so(stated: types.PhysicalType, seen: types.PhysicalType) -> bool:
    """Tell whether a source that has a dialect of its own agrees with what is stated.

    Between dialects, what holds every value of the other is no drift: a lake keeps a
    `varchar(40)` as a string.
    """
    if types.same(stated, seen):
        return True
    foreign = bool(seen.dialect) and stated.dialect != seen.dialect
    return foreign and types.widens(seen, stated)


def _admits(logical: str, seen: DataType, api_version: str) -> bool:
    found = {seen.logical, fit(seen.logical or logical, api_version)}
    return logical in found or bool(found & _DECLARED.get(logical, frozenset()))


def _timezone(stated: Mapping[str, Any], seen: DataType) -> Contradiction | None:
    options = stated.get("logicalTypeOptions")
    zone = options.get("timezone") if isinstance(options, dict) else None
    found = seen.options.get("timezone")
    if not isinstance(zone, bool) or not isinstance(found, bool) or zone == found:
        return None
    return Contradiction(timezone=found)


def _inferred(
    stated: Mapping[str, Any],
    seen: DataType,
    source: Source,
    api_version: str,
    physical: types.PhysicalType | None,
) -> Contradiction | None:
    logical = stated.get("logicalType")
    if logical is None and physical is not None and physical.name not in types.ANYTHING:
        logical = types.implied(physical)[0]
    if logical is None or seen.logical is None:
        return None
    table = _TEXT if source is Source.TEXT else _JSON
    found = fit(seen.logical, api_version)
    if seen.logical not in table.get(logical, frozenset()) or found == logical:
        return None
    options = stated.get("logicalTypeOptions")
    if logical in ("date", "time") and isinstance(options, dict) and options.get("format"):
        return None  # its own way of writing them
    return Contradiction(
        logical=found if stated.get("logicalType") is not None else None,
        physical=types.parse(widest(seen)) if physical is not None and physical.known else None,
        foreign=physical is not None and not physical.known,
    )


_WIDEST: Mapping[str | None, str] = {
    None: "string",
    "integer": "bigint",
    "number": "double",
    "time": "time",
}


def widest(seen: DataType) -> str:
    """Return the Spark type that holds whatever the logical type may hold."""
    if seen.logical == "timestamp":
        return "timestamp_ntz" if seen.options.get("timezone") is False else "timestamp"
    if seen.logical == "array":
        return f"array<{widest(seen.items or DataType(None))}>"
    if seen.logical == "map":
        key, value = seen.key or DataType(None), seen.value or DataType(None)
        return f"map<{widest(key)},{widest(value)}>"
    if seen.logical == "object":
        fields = (f"{types.quoted(field.name)}:{widest(field.type)}" for field in seen.fields)
        return f"struct<{','.join(fields)}>" if seen.fields else "struct"
    return _WIDEST.get(seen.logical, seen.logical or "string")


def with_format(
    options: Mapping[str, Any], old: types.PhysicalType, new: types.PhysicalType
) -> dict[str, Any]:
    """Return options whose integer or number format follows the physical type.

    A format of integers is none of numbers: where it cannot follow, it goes.
    """
    before, after = _FORMATS.get(old.name), _FORMATS.get(new.name)
    kept = dict(options)
    if before is not None and kept.pop("format", None) == before:
        return {**kept, "format": after} if after and after[0] == before[0] else kept
    return dict(options)
