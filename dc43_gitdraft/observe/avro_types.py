"""Avro schemas as the types of observed properties; for Avro files and for schema registries.

Avro 1.12 is what is read here: https://avro.apache.org/docs/1.12.0/specification/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from dc43_gitdraft.model import DataType, ObservedProperty
from dc43_gitdraft.observe.enumerations import Enumerations, as_a_string
from dc43_gitdraft.observe.nested import (
    MAX_DEPTH,
    UnknownTypeError,
    array,
    binary,
    decimal,
    mapping,
    struct,
    timestamp,
    uuid,
)
from dc43_gitdraft.observe.storage import name_some, plain

#: In one schema, with those of the records inside it: a name may stand for a large record.
MAX_PROPERTIES = 100_000

#: In characters: a name counts as one property more for each of these.
LONG_NAME = 32

#: Remarks about one schema.
MAX_WARNINGS = 20

#: Of decimals. Postgres has no more digits either.
MAX_PRECISION = 1_000

_PRIMITIVES: Mapping[str, DataType] = {
    "null": DataType(None, "void"),
    "boolean": DataType("boolean", "boolean"),
    "int": DataType("integer", "int"),
    "long": DataType("integer", "bigint"),
    "float": DataType("number", "float"),
    "double": DataType("number", "double"),
    "bytes": binary(),
    "string": DataType("string", "string"),
}
_LOGICAL: Mapping[tuple[str, str], DataType] = {
    ("int", "date"): DataType("date", "date"),
    ("int", "time-millis"): DataType("time", "time"),
    ("long", "time-micros"): DataType("time", "time"),
    **{
        ("long", f"{name}-{unit}"): timestamp(zoned=zoned)
        for name, zoned in (("timestamp", True), ("local-timestamp", False))
        for unit in ("millis", "micros", "nanos")
    },
    ("string", "uuid"): uuid(),
    ("fixed", "uuid"): uuid(),
    ("fixed", "duration"): DataType("string", "interval"),
}
#: What is no name of another type, and lists no values.
_OWN = frozenset({*_PRIMITIVES, "record", "error", "array", "map", "fixed"})
#: Numbers of two widths in one union: the wider one holds both.
_WIDER: Mapping[frozenset[str | None], str] = {
    frozenset({"int", "bigint"}): "long",
    frozenset({"float", "double"}): "double",
}


@dataclass(frozen=True, slots=True)
class AvroRecord:
    """What an Avro schema says; `description` is the record's own `doc`."""

    properties: tuple[ObservedProperty, ...]
    description: str | None
    warnings: tuple[str, ...]


def describe(schema: Any, references: Iterable[Any] = ()) -> AvroRecord:
    """Describe a record's schema, parsed from JSON, that may use the names of `references`.

    Raises UnknownTypeError for what is no schema of a record, or too large.
    """
    known = _Names()
    for each in references:
        known.type(each, "", "", 0)
    known.warnings.clear()
    inner = schema
    while isinstance(inner, dict) and isinstance(inner.get("type"), dict):
        inner = inner["type"]
    if isinstance(inner, str) and inner in known.named:
        inner = known.named[inner][0]
    if not isinstance(inner, dict) or inner.get("type") not in ("record", "error"):
        raise UnknownTypeError("it is not the schema of a record: its values are no rows")
    properties = known.record(inner, "", "", 0).fields
    listed = known.warnings
    more = len(listed) - MAX_WARNINGS
    warnings = listed[:MAX_WARNINGS] + ([f"{more} more remarks of this sort"] if more > 0 else [])
    return AvroRecord(properties, _text(inner.get("doc")), tuple(warnings))


class _Names:
    """Knows the named types of a schema, and describes types by them.

    `named` are their schemas and the namespaces in which they stand, `_open` those that are being
    described.
    """

    def __init__(self) -> None:
        self.named: dict[str, tuple[dict[str, Any], str]] = {}
        self.warnings: list[str] = []
        self._open: list[str] = []
        self._size = 0
        self._enumerations = Enumerations()

    def type(self, schema: Any, namespace: str, path: str, depth: int) -> DataType:
        """Describe a type that stands in this namespace, at this path."""
        if depth > MAX_DEPTH:
            raise UnknownTypeError(f"`{plain(path)}`: nested more than {MAX_DEPTH} levels deep")
        if isinstance(schema, str):
            return self._name(schema, namespace, path, depth)
        if isinstance(schema, list):
            return self._union(schema, namespace, path, depth)
        kind = schema.get("type") if isinstance(schema, dict) else None
        if isinstance(kind, (dict, list)):
            return self.type(kind, namespace, path, depth + 1)
        if not isinstance(kind, str):
            raise UnknownTypeError(f"`{plain(path)}`: its type is no Avro schema")
        if kind in ("record", "error"):
            return self.record(schema, namespace, path, depth)
        if kind == "array":
            return array(self._inside(schema.get("items"), namespace, f"{path}[]", depth))
        if kind == "map":
            value = self._inside(schema.get("values"), namespace, f"{path}{{value}}", depth)
            return mapping(_PRIMITIVES["string"], value)
        if kind in ("enum", "fixed"):
            self._define(schema, namespace, path)
        elif kind not in _PRIMITIVES:
            return self._name(kind, namespace, path, depth)
        return self._annotated(schema, kind, path)

    def _inside(self, schema: Any, namespace: str, path: str, depth: int) -> DataType:
        """Describe what is in an array or a map: there is no place for the values of an enum."""
        found = self.type(schema, namespace, path, depth + 1)
        symbols = self._symbols(schema, namespace)
        if symbols:
            self.warnings.append(as_a_string(path, symbols))
        return found

    def record(self, schema: dict[str, Any], namespace: str, path: str, depth: int) -> DataType:
        """Describe a record."""
        full = self._define(schema, namespace, path)
        if full in self._open:
            self.warnings.append(
                f"`{plain(path)}` is a `{plain(full)}` inside of a `{plain(full)}`: its properties"
                " are not described again"
            )
            return struct(())
        fields = schema.get("fields")
        if not isinstance(fields, list):
            raise UnknownTypeError(f"`{plain(path or full)}`: a record without a list of fields")
        self._open.append(full)
        inner = full.rpartition(".")[0]
        found = tuple(self._field(each, inner, path, depth) for each in fields)
        self._open.pop()
        names = {each.name for each in found}
        if len(names) != len(found):
            raise UnknownTypeError(f"`{plain(path or full)}`: two fields have the same name")
        return struct(found)

    def _field(self, field: Any, namespace: str, above: str, depth: int) -> ObservedProperty:
        name = field.get("name") if isinstance(field, dict) else None
        if not isinstance(name, str) or not name:
            raise UnknownTypeError(f"`{plain(above)}`: a field without a name")
        _encodable(name)
        # A name is spelled again in the type of all that is around it.
        self._size += 1 + len(name) // LONG_NAME
        if self._size > MAX_PROPERTIES:
            raise UnknownTypeError(f"it has more than {MAX_PROPERTIES:,} properties")
        path = f"{above}.{name}" if above else name
        schema = field.get("type")
        found = self.type(schema, namespace, path, depth + 1)
        return ObservedProperty(
            name,
            found,
            may_be_null(schema),
            description=_text(field.get("doc")),
            enum=self._stated(schema, namespace, path),
        )

    def _stated(self, schema: Any, namespace: str, path: str) -> tuple[str | int, ...]:
        """Return the symbols of a type that was described, for the property that has it."""
        symbols = self._symbols(schema, namespace)
        if not symbols:
            return ()
        found = self._enumerations.stated("string", symbols)
        if not found:
            self.warnings.append(as_a_string(path, symbols))
        return found

    def _symbols(self, schema: Any, namespace: str) -> list[str]:
        """Return the only values of a type that was described; none where there are others."""
        if isinstance(schema, list):
            branches = [self._symbols(each, namespace) for each in schema if not is_null(each)]
            return [each for listed in branches for each in listed] if all(branches) else []
        if isinstance(schema, str):
            found = self.named.get(full_name(schema, namespace)) or self.named.get(schema)
            return [] if found is None or schema in _PRIMITIVES else self._symbols(*found)
        kind = schema["type"]
        if kind == "enum":
            return _listed(schema)
        plainly = isinstance(kind, str) and kind in _OWN
        return [] if plainly else self._symbols(kind, namespace)

    def _name(self, name: str, namespace: str, path: str, depth: int) -> DataType:
        if name in _PRIMITIVES:
            return _PRIMITIVES[name]
        full = full_name(name, namespace)
        found = self.named.get(full) or self.named.get(name)
        if found is None:
            raise UnknownTypeError(
                f"`{plain(path)}`: the type `{plain(name)}` is defined nowhere before"
            )
        return self.type(*found, path, depth + 1)

    def _union(self, schema: list[Any], namespace: str, path: str, depth: int) -> DataType:
        if not schema or any(isinstance(each, list) for each in schema):
            raise UnknownTypeError(f"`{plain(path)}`: an empty union, or one inside of another")
        branches = [each for each in schema if not is_null(each)]
        found = [self.type(each, namespace, path, depth + 1) for each in branches]
        if len(found) < 2:
            return found[0] if found else _PRIMITIVES["null"]
        spelled = frozenset(each.physical for each in found)
        if len(spelled) == 1:
            if not self._symbols(schema, namespace):  # not all of them are enums
                lost = [self._symbols(each, namespace) for each in branches]
                self.warnings += [as_a_string(path, each) for each in lost if each]
            return found[0]
        if spelled in _WIDER:
            return _PRIMITIVES[_WIDER[spelled]]
        types = name_some([plain(each.physical or "?") for each in found])
        self.warnings.append(
            f"`{plain(path)}` is a union of {types}, which ODCS does not have: it is described as"
            " an object with a member for each, as Spark reads it"
        )
        members = (
            ObservedProperty(
                f"member{at}", each, nullable=True, enum=self._stated(branch, namespace, path)
            )
            for at, (branch, each) in enumerate(zip(branches, found, strict=True))
        )
        return struct(tuple(members))

    def _annotated(self, schema: dict[str, Any], kind: str, path: str) -> DataType:
        """Describe a primitive, an enum or a fixed, by its logicalType where it has one."""
        logical = schema.get("logicalType")
        if logical == "decimal" and kind in ("bytes", "fixed"):
            precision, scale = schema.get("precision"), schema.get("scale", 0)
            if _is_count(precision) and _is_count(scale) and scale <= precision <= MAX_PRECISION:
                return decimal(precision, scale)
        found = _LOGICAL.get((kind, logical)) if isinstance(logical, str) else None
        if found is not None:
            return found
        if isinstance(logical, str):
            # As the specification asks: what is not understood is its underlying type.
            self.warnings.append(
                f"the logicalType `{plain(logical)}` of `{plain(path)}` is not known for {kind}:"
                " the underlying type counts"
            )
        if kind == "enum":
            if not _listed(schema):
                self.warnings.append(as_a_string(path, ()))
            return _PRIMITIVES["string"]
        if kind == "fixed":
            self.warnings.append(
                f"`{plain(path)}` always has {schema['size']} bytes, and is described as binary"
            )
            return _PRIMITIVES["bytes"]
        return _PRIMITIVES[kind]

    def _define(self, schema: dict[str, Any], namespace: str, path: str) -> str:
        """Remember a named type under its full name, and return that."""
        full = name_of(schema, namespace)
        if full is None:
            raise UnknownTypeError(f"`{plain(path)}`: a {schema['type']} without a name")
        if schema["type"] == "fixed" and not _is_count(schema.get("size")):
            raise UnknownTypeError(f"`{plain(path)}`: a fixed without a size")
        known = self.named.setdefault(full, (schema, namespace))
        if known[0] is not schema:
            raise UnknownTypeError(f"the name `{plain(full)}` is defined twice")
        return full


def full_name(name: str, namespace: str) -> str:
    """Return the full name of what is called so in a namespace."""
    return name if "." in name or not namespace else f"{namespace}.{name}"


def name_of(schema: Mapping[str, Any], namespace: str) -> str | None:
    """Return the full name of a record, an enum or a fixed that stands in this namespace."""
    name, own = schema.get("name"), schema.get("namespace")
    if not isinstance(name, str) or not name:
        return None
    return full_name(name, own if isinstance(own, str) else namespace)


def is_null(schema: Any) -> bool:
    """Tell whether this is the type of nothing but null."""
    return schema == "null" or (isinstance(schema, dict) and schema.get("type") == "null")


def may_be_null(schema: Any) -> bool:
    """Tell whether null is among the values of this type."""
    if isinstance(schema, list):
        return any(is_null(each) for each in schema)
    if isinstance(schema, dict) and isinstance(schema.get("type"), (dict, list)):
        return may_be_null(schema["type"])
    return is_null(schema)


def _listed(schema: Mapping[str, Any]) -> list[str]:
    """Return the symbols of an enum; none where they are no list of texts."""
    listed = schema.get("symbols")
    found = listed if isinstance(listed, list) else []
    return found if all(isinstance(each, str) for each in found) else []


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _encodable(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise UnknownTypeError("a name in it is not valid Unicode") from None


def _text(doc: Any) -> str | None:
    return doc if isinstance(doc, str) and doc.strip() else None
