"""Looks at the values in blocks of Avro records, decoded as no more than bytes, numbers and nulls.

Neither texts nor dates nor decimals are made of what the file holds, so that no value can fail to
be one. Memory stays in proportion to a block, which is why some schemas are not decoded at all.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from fastavro import parse_schema, schemaless_reader
from fastavro.schema import SchemaParseException

from dc43_gitdraft import types
from dc43_gitdraft.model import ObservedProperty
from dc43_gitdraft.observe.avro_types import is_null, may_be_null, name_of
from dc43_gitdraft.observe.nested import MAX_DEPTH
from dc43_gitdraft.observe.tallies import Tally

#: In bytes: a block up to this size is decoded at once, a larger one record by record. A record
#: of one byte takes 250 in memory.
AT_ONCE = 256 * 1024

#: What is profiled. Bytes and UUIDs, of which the type has options, are no texts.
_PROFILED = ("date", "integer", "number", "string")

_EPOCH = date(1970, 1, 1)

#: From then, to the days that Python knows both ways.
_DAYS = 700_000

#: Of a decimal with 38 digits.
_DECIMAL_BYTES = 16

#: What fastavro raises for bytes that are none of the schema's.
BAD_BYTES = (EOFError, IndexError, KeyError, OverflowError, TypeError, ValueError)

#: By how the values are encoded.
_WIRE = {
    "boolean": "boolean",
    "bytes": "bytes",
    "double": "double",
    "enum": "int",
    "float": "float",
    "int": "long",
    "long": "long",
    "string": "bytes",
}


class UncountableError(ValueError):
    """Values of the schema cannot be decoded within bounded memory; says why."""


@dataclass(slots=True)
class _Place:
    """A property whose values are looked at, or that holds such; `at` is its place in its record.

    `logical` and `tally` are there where it is profiled; of a decimal, its `scale` too.
    """

    at: int
    key: str
    nulls: int = 0
    inner: list[_Place] = field(default_factory=list)
    logical: str = ""
    scale: int | None = None
    tally: Tally | None = None

    def take(self, values: list[Any]) -> None:
        """Take in the values that a block has for it."""
        self.nulls += values.count(None)
        if self.tally is not None:
            for value in values:
                if value is not None:
                    self._tell(self.tally, value)

    def _tell(self, tally: Tally, value: Any) -> None:
        """Give a tally a value, as what the type says that its bytes or its number is."""
        logical = self.logical
        if logical == "string" and isinstance(value, bytes):
            tally.text(value.decode("utf-8", "replace"))
        elif logical == "date" and isinstance(value, int) and abs(value) < _DAYS:
            tally.text((_EPOCH + timedelta(days=value)).isoformat())
        elif self.scale is not None and isinstance(value, bytes) and len(value) <= _DECIMAL_BYTES:
            tally.number(Decimal(f"{int.from_bytes(value, 'big', signed=True)}E-{self.scale}"))
        elif logical in ("integer", "number") and isinstance(value, (int, float)):
            tally.number(value)
        else:
            tally.other()


class Nulls:
    """Counts the nulls of one schema's records, and profiles their values where that is asked for.

    `nullable` tells whether anything may be null. Raises UncountableError.
    """

    def __init__(self, schema: Any, *, profiled: bool = False) -> None:
        bare = _Bare(every=profiled)
        self.places: list[_Place] = []
        found = bare.type(schema, "", self.places, 0)
        self.arrays = bare.arrays
        self.nullable = bare.nullable
        self._record = found
        if found is not None:
            try:
                self._one = parse_schema(found)
                self._many = parse_schema({"type": "array", "items": found})
            except SchemaParseException as error:
                raise UncountableError("fastavro does not know its schema") from error

    def profile(self, properties: Sequence[ObservedProperty], limit: int) -> int:
        """Prepare to profile at most so many of these properties; return how many there are."""
        return _prepare(self.places, properties, limit)

    def add(self, count: int, data: bytes) -> None:
        """Take in a block of `count` records. Raises one of BAD_BYTES."""
        if self._record is None or not self.places:
            return
        if count > len(data):
            raise EOFError
        if len(data) <= AT_ONCE:
            # Records one after another are what an array of them is, between its length and 0.
            stream = io.BytesIO(_long(count) + data + b"\0")
            records: Any = schemaless_reader(stream, self._many, None)
            _count(self.places, records)
            return
        stream = io.BytesIO(data)
        for _ in range(count):
            _count(self.places, [schemaless_reader(stream, self._one, None)])


def _prepare(places: Iterable[_Place], properties: Sequence[ObservedProperty], limit: int) -> int:
    done = 0
    for place in places:
        kind = properties[place.at].type
        done += _prepare(place.inner, kind.fields, limit - done)
        if done < limit and kind.logical in _PROFILED and not kind.options:
            place.logical, place.tally = kind.logical, Tally()
            parsed = types.parse(kind.physical or "")
            place.scale = int(parsed.args[1]) if parsed.name == "decimal" else None
            done += 1
    return done


def with_nulls(
    properties: Sequence[ObservedProperty], places: Iterable[_Place], rows: int
) -> tuple[ObservedProperty, ...]:
    """Add the counts to the properties; `rows` is how often what holds them was there."""
    found = {place.at: place for place in places}
    result = []
    for at, each in enumerate(properties):
        place = found.get(at)
        nulls = place.nulls if place else rows if each.type.logical is None else 0
        kind = each.type
        if place and place.inner:
            kind = replace(kind, fields=with_nulls(kind.fields, place.inner, rows - nulls))
        profile = place.tally.profile(each.type) if place and place.tally else None
        result.append(replace(each, type=kind, nulls=nulls, profile=profile))
    return tuple(result)


def _count(places: Iterable[_Place], records: list[Any]) -> None:
    for place in places:
        values = [record[place.key] for record in records]
        place.take(values)
        if place.inner:
            _count(place.inner, [value for value in values if value is not None])


def _long(number: int) -> bytes:
    """Encode a number that is not negative as Avro does."""
    rest = number << 1
    encoded = bytearray()
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


class _Bare:
    """Strips a schema to how its values are encoded; what takes no bytes becomes None.

    The schema is one that `avro_types.describe` accepts. `arrays` tells whether it has any,
    `nullable` whether anything may be null. With `every`, all properties are noted.
    """

    def __init__(self, *, every: bool) -> None:
        self.arrays = self.nullable = False
        self._every = every
        self._named: dict[str, tuple[dict[str, Any], str]] = {}
        self._open: list[str] = []
        self._made = 0

    def type(self, schema: Any, namespace: str, places: list[_Place] | None, depth: int) -> Any:
        """Strip one type, and note in `places` (None: not here) what in it is to be counted."""
        if isinstance(schema, list):
            return [self.type(each, namespace, None, depth + 1) or "null" for each in schema]
        if isinstance(schema, str):
            return self._name(schema, namespace, places, depth)
        kind = schema["type"]
        if isinstance(kind, (dict, list)):
            return self.type(kind, namespace, places, depth + 1)
        if kind in ("record", "error"):
            return self._fields(schema, namespace, places, depth)
        if kind == "array":
            return self._array(schema["items"], namespace, depth)
        if kind == "map":
            return self._map(schema["values"], namespace, depth)
        full = name_of(schema, namespace)
        if full is not None and kind in ("enum", "fixed"):
            self._named[full] = (schema, namespace)
        if kind == "fixed":
            return self._fixed(schema["size"])
        return self._name(kind, namespace, places, depth)

    def _name(self, name: str, namespace: str, places: list[_Place] | None, depth: int) -> Any:
        if name == "null":
            return None
        if name in _WIRE:
            return _WIRE[name]
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        found = self._named.get(full) or self._named[name]
        return self.type(*found, places, depth + 1)

    def _fields(
        self, schema: dict[str, Any], namespace: str, places: list[_Place] | None, depth: int
    ) -> Any:
        full = name_of(schema, namespace) or ""
        if full in self._open or depth > MAX_DEPTH:
            raise UncountableError("a record inside of itself may go as deep as memory lasts")
        self._named[full] = (schema, namespace)
        self._open.append(full)
        fields = []
        for at, each in enumerate(schema["fields"]):
            place = _Place(at, f"f{at}")
            wanted = None if places is None else place.inner
            kind, inner = each["type"], full.rpartition(".")[0]
            bare = self._field(kind, inner, wanted, depth)
            if bare is None:
                continue
            fields.append({"name": place.key, "type": bare})
            if places is None:
                continue
            nullable = may_be_null(kind)
            self.nullable = self.nullable or nullable
            if nullable or place.inner or self._every:
                places.append(place)
        self._open.pop()
        self._made += 1
        return {"type": "record", "name": f"r{self._made}", "fields": fields} if fields else None

    def _field(self, kind: Any, namespace: str, places: list[_Place] | None, depth: int) -> Any:
        """Strip a field's type; of a union with null, what the other branch holds counts too."""
        if not isinstance(kind, list):
            return self.type(kind, namespace, places, depth + 1)
        alone = places if sum(not is_null(each) for each in kind) == 1 else None
        return [self.type(each, namespace, alone, depth + 1) or "null" for each in kind]

    def _array(self, items: Any, namespace: str, depth: int) -> Any:
        self.arrays = True
        bare = self.type(items, namespace, None, depth + 1)
        if bare is None:
            raise UncountableError("an array of values without any bytes may have any length")
        return {"type": "array", "items": bare}

    def _map(self, values: Any, namespace: str, depth: int) -> Any:
        self.arrays = True
        bare = self.type(values, namespace, None, depth + 1)
        self._made += 1
        pair = [{"name": "k", "type": "bytes"}]
        if bare is not None:
            pair.append({"name": "v", "type": bare})
        record = {"type": "record", "name": f"r{self._made}", "fields": pair}
        return {"type": "array", "items": record}

    def _fixed(self, size: int) -> Any:
        if not size:
            return None
        self._made += 1
        return {"type": "fixed", "name": f"x{self._made}", "size": size}
