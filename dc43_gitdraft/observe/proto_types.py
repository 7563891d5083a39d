"""Protobuf schemas as the types of observed properties.

https://protobuf.dev/programming-guides/proto3/#json for what the types mean to others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from antlr4.error.ErrorListener import ErrorListener
from proto_schema_parser import ast
from proto_schema_parser.parser import Parser

from dc43_gitdraft.model import DataType, ObservedProperty
from dc43_gitdraft.observe.enumerations import Enumerations, as_a_string
from dc43_gitdraft.observe.nested import (
    MAX_DEPTH,
    UnknownTypeError,
    array,
    binary,
    mapping,
    struct,
    timestamp,
)
from dc43_gitdraft.observe.storage import name_some, plain

#: In characters, of one schema: a parser of this kind takes a second for a tenth of it.
MAX_SCHEMA = 1024 * 1024

#: In one schema, with those of the messages inside it.
MAX_PROPERTIES = 100_000
MAX_WARNINGS = 20

_INTS = {"int32": "int", "sint32": "int", "sfixed32": "int", "uint32": "bigint"}
_LONGS = {"fixed32": "bigint", "int64": "bigint", "sint64": "bigint", "sfixed64": "bigint"}
_SCALARS: Mapping[str, DataType] = {
    "double": DataType("number", "double"),
    "float": DataType("number", "float"),
    "bool": DataType("boolean", "boolean"),
    "string": DataType("string", "string"),
    "bytes": binary(),
    **{name: DataType("integer", kind) for name, kind in (_INTS | _LONGS).items()},
    # Spark has no unsigned integers: the next wider type holds them.
    **dict.fromkeys(("uint64", "fixed64"), DataType("integer", "decimal(20,0)")),
}
_WRAPPED = {"Double": "double", "Float": "float", "Int64": "int64", "UInt64": "uint64"}
_WRAPPED |= {"Int32": "int32", "UInt32": "uint32", "Bool": "bool", "String": "string"}
_WELL_KNOWN: Mapping[str, DataType] = {
    "google.protobuf.Timestamp": timestamp(zoned=True),
    "google.protobuf.Duration": DataType("string", "interval day to second"),
    "google.protobuf.FieldMask": _SCALARS["string"],
    "google.protobuf.BytesValue": _SCALARS["bytes"],
    "google.type.Date": DataType("date", "date"),
    "google.type.TimeOfDay": DataType("time", "time"),
    "google.type.DateTime": timestamp(zoned=True),
    **{f"google.protobuf.{name}Value": _SCALARS[kind] for name, kind in _WRAPPED.items()},
}
#: What holds anything; its own name stands as the physical type.
_ANYTHING = ("Any", "Struct", "Value", "ListValue", "NullValue", "Empty")


@dataclass(frozen=True, slots=True)
class _Definition:
    """A message or an enum, with the names around it."""

    node: Any
    name: str
    comment: str | None = None


def describe(
    text: str, references: Mapping[str, str]
) -> tuple[tuple[ObservedProperty, ...], str | None, tuple[str, ...]]:
    """Describe the first message of a schema: properties, description, warnings.

    `references` are the imported files by the names under which they are imported. Raises
    UnknownTypeError.
    """
    reader = _Reader()
    for name, each in references.items():
        reader.define(_parsed(each, name))
    first = reader.define(_parsed(text, "the schema"))
    if not first:
        raise UnknownTypeError("it defines no message")
    if len(first) > 1:
        names = [plain(each.name.rpartition(".")[2]) for each in first]
        reader.warnings.append(f"of its messages ({name_some(names)}) the first is described")
    found = reader.message(first[0], "", 0)
    if not found.fields:
        raise UnknownTypeError(f"the message `{plain(first[0].name)}` has no field")
    more = len(reader.warnings) - MAX_WARNINGS
    rest = [f"{more} more remarks of this sort"] if more > 0 else []
    return found.fields, first[0].comment, (*reader.warnings[:MAX_WARNINGS], *rest)


class _Strict(ErrorListener):  # type: ignore[misc]
    """Refuses what the parser would mend and pass over."""

    def __init__(self, name: str) -> None:
        self._name = name

    def syntaxError(  # noqa: N802 - the library's name
        self, _parser: Any, _symbol: Any, line: int, column: int, _said: str, _error: Any
    ) -> NoReturn:
        raise UnknownTypeError(
            f"{plain(self._name)} is not Protobuf: line {line}, column {column + 1}"
        )


def _parsed(text: str, name: str) -> ast.File:
    if len(text) > MAX_SCHEMA:
        raise UnknownTypeError(f"{plain(name)} is longer than {MAX_SCHEMA:,} characters")

    def strict(part: Any) -> None:
        part.removeErrorListeners()
        part.addErrorListener(_Strict(name))

    try:
        return Parser(setup_lexer=strict, setup_parser=strict).parse(text)
    except RecursionError:
        raise UnknownTypeError(f"{plain(name)} is nested too deeply") from None
    except (ValueError, AttributeError) as error:
        if isinstance(error, UnknownTypeError):
            raise
        raise UnknownTypeError(f"{plain(name)} is not Protobuf") from None


class _Reader:
    """Knows the definitions of all files, and describes messages by them."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self._known: dict[str, _Definition] = {}
        self._open: list[str] = []
        self._size = 0
        self._enumerations = Enumerations()

    def define(self, file: ast.File) -> list[_Definition]:
        """Remember what a file defines; return its own messages."""
        package = next((e.name for e in file.file_elements if isinstance(e, ast.Package)), "")
        return list(self._define(file.file_elements, package))

    def _define(self, elements: Iterable[Any], scope: str) -> Iterator[_Definition]:
        for node, comment in _commented(elements):
            if isinstance(node, (ast.Message, ast.Enum)):
                name = f"{scope}.{node.name}".lstrip(".")
                found = self._known[name] = _Definition(node, name, comment)
                if isinstance(node, ast.Message):
                    yield found
                    list(self._define(node.elements, name))

    def message(self, found: _Definition, path: str, depth: int) -> DataType:
        """Describe a message."""
        if depth > MAX_DEPTH:
            raise UnknownTypeError(f"`{plain(path)}`: nested more than {MAX_DEPTH} levels deep")
        if found.name in self._open:
            self.warnings.append(
                f"`{plain(path)}` is a `{plain(found.name)}` inside of a `{plain(found.name)}`: its"
                " properties are not described again"
            )
            return struct(())
        self._open.append(found.name)
        fields = tuple(self._fields(found.node.elements, found.name, path, depth))
        self._open.pop()
        return struct(fields)

    def _fields(
        self, elements: Iterable[Any], scope: str, path: str, depth: int
    ) -> Iterator[ObservedProperty]:
        for node, comment in _commented(elements):
            if isinstance(node, ast.OneOf):
                inner = self._fields(node.elements, scope, path, depth)
                yield from (replace(each, nullable=True) for each in inner)
            elif isinstance(node, (ast.Field, ast.MapField, ast.Group)):
                self._size += 1
                if self._size > MAX_PROPERTIES:
                    raise UnknownTypeError(f"it has more than {MAX_PROPERTIES:,} properties")
                name = node.name.lower() if isinstance(node, ast.Group) else node.name
                place = f"{path}.{name}" if path else name
                kind, nullable = self._field(node, scope, place, depth)
                values = self._values(node, kind, scope, place)
                yield ObservedProperty(name, kind, nullable, description=comment, enum=values)

    def _values(self, node: Any, kind: DataType, scope: str, path: str) -> tuple[str | int, ...]:
        """Return the names of the enum that a field has; say where there is no place for them."""
        if isinstance(node, ast.Group):
            return ()
        mapped = isinstance(node, ast.MapField)
        name = node.value_type if mapped else node.type
        found = None if name in _SCALARS else self._find(name, scope)
        if found is None or not isinstance(found.node, ast.Enum):
            return ()
        names = [each.name for each in found.node.elements if isinstance(each, ast.EnumValue)]
        stated = self._enumerations.stated(kind.logical, names)
        if not stated:
            self.warnings.append(as_a_string(f"{path}{{value}}" if mapped else path, names))
        return stated

    def _field(self, node: Any, scope: str, path: str, depth: int) -> tuple[DataType, bool | None]:
        if isinstance(node, ast.MapField):
            key = self._type(node.key_type, scope, f"{path}{{key}}", depth)
            return mapping(key, self._type(node.value_type, scope, f"{path}{{value}}", depth)), None
        if isinstance(node, ast.Group):
            name = f"{scope}.{node.name}"
            kind = self.message(_Definition(node, name), path, depth + 1)
        else:
            kind = self._type(node.type, scope, path, depth)
        cardinality = getattr(node.cardinality, "value", None)
        if cardinality == "REPEATED":
            return array(kind), None
        if cardinality == "REQUIRED":
            return kind, False
        # A scalar of proto3 that was not set is the default of its type: that says nothing.
        return kind, True if cardinality == "OPTIONAL" or kind.logical == "object" else None

    def _type(self, name: str, scope: str, path: str, depth: int) -> DataType:
        if name in _SCALARS:
            return _SCALARS[name]
        found = self._find(name, scope)
        full = name.lstrip(".")
        if found is None and full in _WELL_KNOWN:
            return _WELL_KNOWN[full]
        if found is None and full.startswith("google.protobuf.") and full[16:] in _ANYTHING:
            return DataType(None, full)
        if found is None:
            raise UnknownTypeError(
                f"`{plain(path)}`: the type `{plain(name)}` is defined neither here nor in what the"
                " registry refers to"
            )
        if isinstance(found.node, ast.Enum):
            return _SCALARS["string"]
        return self.message(found, path, depth + 1)

    def _find(self, name: str, scope: str) -> _Definition | None:
        """Find a definition as Protobuf does: from the innermost scope outwards."""
        if name.startswith("."):
            return self._known.get(name[1:])
        parts = scope.split(".")
        for count in range(len(parts), -1, -1):
            found = self._known.get(".".join([*parts[:count], name]))
            if found is not None:
                return found
        return None


def _commented(elements: Iterable[Any]) -> Iterator[tuple[Any, str | None]]:
    """Yield each element with the comment before it, or behind it on its line."""
    listed = list(elements)
    before: list[str] = []
    for at, node in enumerate(listed):
        if isinstance(node, ast.Comment):
            if not node.inline:
                before.append(node.text)
            continue
        behind = listed[at + 1] if at + 1 < len(listed) else None
        lines = before
        if not lines and isinstance(behind, ast.Comment) and behind.inline:
            lines = [behind.text]
        yield node, _plain_comment(lines)
        before = []


def _plain_comment(texts: Iterable[str]) -> str | None:
    lines = "\n".join(texts).removeprefix("/*").removesuffix("*/").splitlines()
    said = " ".join(filter(None, (line.strip().lstrip("/*").strip() for line in lines)))
    return said or None
