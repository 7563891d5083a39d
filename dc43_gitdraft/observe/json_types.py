"""JSON Schema as the types of observed properties; for schema files and for schema registries.

Drafts 4 to 2020-12: https://json-schema.org/draft/2020-12/json-schema-validation
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from dc43_gitdraft.model import DataType, ObservedProperty
from dc43_gitdraft.observe import without_secrets
from dc43_gitdraft.observe.documents import record, records, text_of
from dc43_gitdraft.observe.enumerations import Enumerations
from dc43_gitdraft.observe.json_kinds import both, is_null, kinds, limits
from dc43_gitdraft.observe.json_values import (
    Values,
    common,
    either,
    enumerated,
    is_all,
    lists,
    with_both,
    with_either,
)
from dc43_gitdraft.observe.nested import MAX_DEPTH, UnknownTypeError
from dc43_gitdraft.observe.storage import name_some, plain

#: In one schema, with everything that it refers to.
MAX_PROPERTIES = 100_000

#: Remarks about one schema.
MAX_WARNINGS = 20

_FORMATS: Mapping[str, DataType] = {
    "date": DataType("date", inferred=True),
    "date-time": DataType("timestamp", options={"timezone": True}, inferred=True),
    "time": DataType("time", inferred=True),
}
#: OpenAPI's names of widths, as ODCS calls them.
_WIDTHS: Mapping[str, Mapping[str, str]] = {
    "integer": {"int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64", "uint8": "u8"}
    | {"uint16": "u16", "uint32": "u32", "uint64": "u64"},
    "number": {"float": "f32", "double": "f64"},
}
_CONDITIONS = ("if", "not", "dependentSchemas", "dependentRequired", "dependencies", "contains")

#: Gets another document by the name under which a schema refers to it; None: it is not there.
Load = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """What a JSON Schema says of one row."""

    properties: tuple[ObservedProperty, ...]
    description: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """A schema, and the document in which its references are looked up."""

    schema: Mapping[str, Any] | bool
    document: str


@dataclass(slots=True)
class _Facts:
    """What all schemas that hold at once say of a value."""

    kinds: tuple[str, ...] | None = None
    said: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, list[_Place]] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    items: list[_Place] = field(default_factory=list)
    values: list[_Place] = field(default_factory=list)
    choices: list[list[_Place]] = field(default_factory=list)
    listed: list[Sequence[object]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Told:
    """What schemas say of a value; `values` are the only ones that it may have."""

    type: DataType
    nullable: bool
    values: Values = None


def describe(schema: Any, load: Load, pointer: str | None = None) -> JsonRecord:
    """Describe the schema of an object, or of an array of objects.

    `pointer` names a part of the document: `#/$defs/Order`, or `Order`. Raises UnknownTypeError.
    """
    reader = _Reader(schema, load)
    place = reader.start(pointer)
    with reader.guard(""):
        found = reader.type([place], "", 0).type
        if found.logical == "array" and found.items is not None:
            found = found.items
    if found.logical != "object":
        raise UnknownTypeError("it is not the schema of an object: its values are no rows")
    if not found.fields:
        raise UnknownTypeError("it is a schema that names no property")
    more = len(reader.warnings) - MAX_WARNINGS
    rest = [f"{more} more remarks of this sort"] if more > 0 else []
    shown = reader.warnings[:MAX_WARNINGS] + rest
    return JsonRecord(found.fields, _described(place.schema), tuple(shown))


class _Reader:
    """Follows references, and describes what schemas say together."""

    def __init__(self, schema: Any, load: Load) -> None:
        self.warnings: list[str] = []
        self._documents: dict[str, Any] = {"": schema}
        self._anchors: dict[str, dict[str, Any]] = {}
        self._load = load
        self._open: list[int] = []
        self._size = 0
        self._enumerations = Enumerations()

    def start(self, pointer: str | None) -> _Place:
        """Return the schema that is meant."""
        root = self._documents[""]
        if pointer is None:
            return self._place(root, "", "the document")
        if not pointer.startswith("/"):
            for key in ("$defs", "definitions", "schemas"):
                found = record(record(root).get(key)).get(pointer)
                if found is not None:
                    return self._place(found, "", pointer)
            listed = [*record(record(root).get("$defs")), *record(record(root).get("definitions"))]
            there = f"; there is {name_some([plain(each) for each in listed])}" if listed else ""
            raise UnknownTypeError(f"it defines no `{plain(pointer)}`{there}")
        return self._resolve(f"#{pointer}", "", "the SOURCE")

    def _place(self, schema: Any, document: str, path: str) -> _Place:
        if not isinstance(schema, (dict, bool)):
            raise UnknownTypeError(f"`{plain(path)}` is no JSON Schema")
        return _Place(schema, document)

    @contextmanager
    def guard(self, path: str) -> Iterator[None]:
        """Refuse what no memory holds."""
        self._size += 1 + len(path) // 512
        if self._size > MAX_PROPERTIES:
            raise UnknownTypeError(f"it has more than {MAX_PROPERTIES:,} properties")
        yield

    def _warn(self, message: str) -> None:
        if message not in self.warnings[-MAX_WARNINGS:]:
            self.warnings.append(message)

    # -- references -------------------------------------------------------------------------------

    def _resolve(self, ref: Any, document: str, path: str) -> _Place:
        if not isinstance(ref, str):
            raise UnknownTypeError(f"`{plain(path)}`: a $ref that is no text")
        name, _, fragment = ref.partition("#")
        target = name or document
        if target not in self._documents:
            found = self._load(target)
            if found is None:
                raise UnknownTypeError(
                    f"`{plain(path)}` refers to `{plain(without_secrets(target))}`, which is not at"
                    " hand: nothing is fetched from elsewhere"
                )
            self._documents[target] = found
        schema = self._documents[target]
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            schema = self._named(target).get(fragment)
        elif fragment:
            for part in fragment[1:].split("/"):
                key = part.replace("~1", "/").replace("~0", "~")
                if isinstance(schema, list) and key.isdecimal() and int(key) < len(schema):
                    schema = schema[int(key)]
                else:
                    schema = record(schema).get(key)
        if schema is None:
            name = plain(without_secrets(ref))
            raise UnknownTypeError(f"`{plain(path)}` refers to `{name}`, which is not there")
        return self._place(schema, target, path)

    def _named(self, document: str) -> dict[str, Any]:
        """Return what has an anchor in a document."""
        if document not in self._anchors:
            found: dict[str, Any] = {}
            waiting = [self._documents[document]]
            while waiting:
                each = waiting.pop()
                if isinstance(each, dict):
                    for key in ("$anchor", "$dynamicAnchor", "$id", "id"):
                        if isinstance(each.get(key), str):
                            found.setdefault(each[key].lstrip("#"), each)
                    waiting.extend(each.values())
                elif isinstance(each, list):
                    waiting.extend(each)
            self._anchors[document] = found
        return self._anchors[document]

    # -- types ------------------------------------------------------------------------------------

    def type(self, places: list[_Place], path: str, depth: int) -> _Told:
        """Return the type that all of these schemas allow, and whether null is allowed."""
        if depth > MAX_DEPTH:
            raise UnknownTypeError(f"`{plain(path)}`: nested more than {MAX_DEPTH} levels deep")
        facts = _Facts()
        opened = len(self._open)
        around = frozenset(self._open)
        try:
            for place in places:
                if not self._gather(place, facts, path, around, 0):
                    self._warn(
                        f"`{plain(path)}` refers to what it is itself inside of: its properties"
                        " are not described again"
                    )
                    return _Told(DataType("object", inferred=True), nullable=True)
            return self._chosen(facts, path, depth)
        finally:
            del self._open[opened:]

    def _gather(
        self, place: _Place, facts: _Facts, path: str, around: frozenset[int], depth: int
    ) -> bool:
        """Add what one schema says; False where it leads back to what is around it."""
        schema = place.schema
        if isinstance(schema, bool):
            return True
        if id(schema) in around:
            return False
        if id(schema) in self._open:
            return True  # said already
        if depth > MAX_DEPTH:
            raise UnknownTypeError(f"`{plain(path)}`: references more than {MAX_DEPTH} long")
        self._open.append(id(schema))
        for key in ("$ref", "$dynamicRef", "$recursiveRef"):
            if key in schema and not self._gather(
                self._resolve(schema[key], place.document, path), facts, path, around, depth + 1
            ):
                return False
        for each in records(schema.get("allOf")):
            if not self._gather(_Place(each, place.document), facts, path, around, depth + 1):
                return False
        self._take(schema, place.document, facts, path)
        return True

    def _take(self, schema: Mapping[str, Any], document: str, facts: _Facts, path: str) -> None:
        found = kinds(schema)
        if found is not None:
            facts.kinds = found if facts.kinds is None else both(facts.kinds, found)
        facts.listed += lists(schema)
        for name, inner in record(schema.get("properties")).items():
            if isinstance(inner, (dict, bool)):
                facts.fields.setdefault(name, []).append(_Place(inner, document))
        required = schema.get("required")
        if isinstance(required, list):
            facts.required |= {each for each in required if isinstance(each, str)}
        others = [schema.get(key) for key in ("additionalProperties", "unevaluatedProperties")]
        values = records([*record(schema.get("patternProperties")).values(), *others])
        facts.values += [_Place(each, document) for each in values]
        items = schema.get("items")  # a list of them is a tuple, before 2020-12
        inside = records(items if isinstance(items, list) else [items])
        inside += records(schema.get("prefixItems"))
        facts.items += [_Place(each, document) for each in inside]
        for key in ("anyOf", "oneOf"):
            if branches := records(schema.get(key)):
                facts.choices.append([_Place(each, document) for each in branches])
        for key in _CONDITIONS:
            if key in schema:
                self._warn(f"`{plain(path) or 'the row'}` has a condition (`{key}`): left out")
        facts.said |= {key: value for key, value in schema.items() if key not in facts.said}

    def _chosen(self, facts: _Facts, path: str, depth: int) -> _Told:
        """Join what is said with the alternatives."""
        nullable = facts.kinds is None or "null" in facts.kinds
        kinds = None if facts.kinds is None else tuple(k for k in facts.kinds if k != "null")
        found = self._of_kinds(kinds, facts, path, depth) if kinds or facts.fields else None
        for branches in facts.choices:
            kept = [each for each in branches if not is_null(each.schema)]
            options = [self.type([each], path, depth + 1) for each in kept]
            nullable = nullable and (
                len(kept) < len(branches) or any(each.nullable for each in options)
            )
            values = either([each.values for each in options])
            if values is not None:
                facts.listed.append(values)
            joined = self._union([each.type for each in options], path)
            if found is None or found.logical is None:
                found = joined
            elif found.logical == "object" and joined is not None and joined.fields:
                found = replace(found, fields=with_both(found.fields, joined.fields))
                self._warn_of_lost([joined], found, path)
        if found is None:
            if kinds == ():
                return _Told(DataType(None, inferred=True), nullable=True)
            self._warn(f"`{plain(path)}` may be anything: its logical type is for a person to say")
            found = DataType(None, "any", inferred=True)
        return _Told(found, nullable, common(facts.listed))

    def _union(self, options: list[DataType], path: str) -> DataType | None:
        if not options:
            return None
        names = list(dict.fromkeys(each.logical or each.physical or "null" for each in options))
        if len(names) == 1:
            found = with_either(options) if len(options) > 1 else options[0]
            if len(options) > 1 and found.fields:
                self._warn(f"`{plain(path)}` has alternatives: the properties of all are described")
            self._warn_of_lost(options, found, path)
            return found
        if set(names) == {"integer", "number"}:
            return DataType("number", inferred=True)
        self._warn(
            f"`{plain(path)}` may be of several types ({name_some(names)}): its logical type is"
            " for a person to say"
        )
        return DataType(None, " | ".join(names), inferred=True)

    def _of_kinds(
        self, kinds: tuple[str, ...] | None, facts: _Facts, path: str, depth: int
    ) -> DataType:
        if kinds is None:
            return self._object(facts, path, depth)
        found = self._union([self._of_kind(kind, facts, path, depth) for kind in kinds], path)
        return found if found is not None else DataType(None, inferred=True)

    def _of_kind(self, kind: str, facts: _Facts, path: str, depth: int) -> DataType:
        if kind == "object":
            return self._object(facts, path, depth)
        if kind == "array":
            return self._array(facts, path, depth)
        said = facts.said
        options = limits(kind, said)
        known = _FORMATS.get(str(said.get("format")))
        if kind == "string" and known is not None:
            return known
        if kind == "string" and "contentEncoding" in said:
            options.setdefault("format", "byte")
        if kind == "number" and said.get("multipleOf") == 1:
            kind = "integer"
        width = _WIDTHS.get(kind, {}).get(str(said.get("format")))
        if width is not None:
            options["format"] = width
        return DataType(kind, options=options, inferred=True)

    def _array(self, facts: _Facts, path: str, depth: int) -> DataType:
        options = limits("array", facts.said)
        if not facts.items:
            self._warn(f"`{plain(path)}` is an array, and of what it does not say")
            return DataType("array", options=options, inferred=True)
        found = [self._inside(each, f"{path}[]", depth) for each in facts.items]
        return DataType(
            "array", options=options, inferred=True, items=self._union(found, f"{path}[]")
        )

    def _inside(self, place: _Place, path: str, depth: int) -> DataType:
        """Return the type of what is in an array or a map: there is no place for its values."""
        found = self.type([place], path, depth + 1)
        if found.values is not None and not is_all(found.values, found.type.logical):
            self._warn_of_values(path)
        return found.type

    def _warn_of_lost(self, before: list[DataType], after: DataType, path: str) -> None:
        """Say for which properties values were listed, and are no more."""
        kept = set(enumerated(after, path))
        for each in dict.fromkeys(name for one in before for name in enumerated(one, path)):
            if each not in kept:
                self._warn_of_values(each)

    def _warn_of_values(self, path: str) -> None:
        self._warn(f"`{plain(path)}` may have certain values only, which are not drafted")

    def _object(self, facts: _Facts, path: str, depth: int) -> DataType:
        options = limits("object", facts.said)
        if not facts.fields and facts.values:
            found = [self._inside(each, f"{path}{{value}}", depth) for each in facts.values]
            # In JSON every key is a text, whatever it is elsewhere.
            key, value = DataType(None, inferred=True), self._union(found, f"{path}{{value}}")
            return DataType("map", inferred=True, key=key, value=value)
        if facts.values:
            self._warn(f"`{plain(path) or 'the row'}` may have other properties beside those named")
        fields = tuple(
            self._field(name, places, facts, f"{path}.{name}" if path else name, depth)
            for name, places in facts.fields.items()
            if name.strip() and not any(place.schema is False for place in places)
        )
        return DataType("object", options=options, inferred=True, fields=fields)

    def _field(
        self, name: str, places: list[_Place], facts: _Facts, path: str, depth: int
    ) -> ObservedProperty:
        try:
            name.encode()
        except UnicodeEncodeError:
            raise UnknownTypeError("a name in it is not valid Unicode") from None
        with self.guard(path):
            found = self.type(places, path, depth + 1)
        values = self._stated(found, path)
        described = next((text for each in places if (text := _described(each.schema))), None)
        null = found.nullable or name not in facts.required
        return ObservedProperty(name, found.type, null, description=described, enum=values)

    def _stated(self, found: _Told, path: str) -> tuple[str | int, ...]:
        """Return the values of a property; say so where a draft cannot list them."""
        if found.values is None or is_all(found.values, found.type.logical):
            return ()
        stated = self._enumerations.stated(found.type.logical, found.values)
        if not stated:
            self._warn_of_values(path)
        return stated


def _described(schema: Mapping[str, Any] | bool) -> str | None:
    if isinstance(schema, bool):
        return None
    return text_of(schema.get("description")) or text_of(schema.get("title"))
