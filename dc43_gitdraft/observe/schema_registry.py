"""Schemas of streams: `schema-registry:URL#SUBJECT`, `schema-registry:URL#SUBJECT@VERSION`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Dataset, Layout, Observation, ObservedProperty
from dc43_gitdraft.observe import Request
from dc43_gitdraft.observe.documents import parse_json
from dc43_gitdraft.observe.nested import UnknownTypeError
from dc43_gitdraft.observe.registry import Registry, Schema, Subject
from dc43_gitdraft.observe.sql_types import foreign
from dc43_gitdraft.observe.storage import plain

_Found = tuple[tuple[ObservedProperty, ...], str | None, tuple[str, ...]]


def observe(request: Request) -> Observation:
    """Observe the schema of a subject, and the level by which the registry checks its versions."""
    subject = Subject.of(request)
    with closing(Registry(subject.url, request)) as registry:
        schema = registry.schema(subject.name, subject.version)
        level = registry.compatibility(subject.name)
    read = _READERS.get(schema.kind)
    if read is None:
        raise ObservationError(
            f"schemas of the type {plain(schema.kind)} cannot be read (there are:"
            f" {', '.join(_READERS)})",
            where=request.source,
        )
    try:
        properties, description, warnings = read(schema, request.source)
    except UnknownTypeError as error:
        raise ObservationError(str(error), where=request.source) from None
    except RecursionError:
        raise ObservationError("its schema is nested too deeply", where=request.source) from None
    given = request.dataset
    name = f"schema-registry:{subject.url}#{plain(subject.name)}"
    return Observation(
        dataset=Dataset(
            given.id if given.id != request.source else name,
            given.version or (str(schema.version) if schema.version else None),
        ),
        properties=properties,
        observed_by="dc43-gitdraft schema-registry",
        object=request.object,
        layout=Layout(schema.kind.lower()),
        observed_at=request.now,
        context={"the registry's compatibility level": level} if level else {},
        warnings=(*warnings, *foreign(properties, None)),
        description=description,
    )


def _avro(schema: Schema, where: str) -> _Found:
    from dc43_gitdraft.observe.avro_types import describe

    parsed = _parsed(schema.text, where)
    found = describe(parsed, [_parsed(each, where) for each in schema.references.values()])
    return found.properties, found.description, found.warnings


def _json(schema: Schema, where: str) -> _Found:
    from dc43_gitdraft.observe.json_types import describe

    parsed: dict[str, Any] = {}

    def load(name: str) -> Any:
        if name not in parsed and name in schema.references:
            parsed[name] = _parsed(schema.references[name], where)
        return parsed.get(name)

    found = describe(_parsed(schema.text, where), load)
    return found.properties, found.description, found.warnings


def _protobuf(schema: Schema, where: str) -> _Found:
    try:
        from dc43_gitdraft.observe.proto_types import describe
    except ModuleNotFoundError:
        raise ObservationError(
            "schemas of Protobuf need proto-schema-parser: pip install 'dc43-gitdraft[streams]'",
            where=where,
        ) from None
    return describe(schema.text, schema.references)


def _parsed(text: str, where: str) -> Any:
    if text.lstrip()[:1] not in ("{", "["):  # a name alone, as Avro allows
        text = text if text.lstrip().startswith('"') else f'"{text.strip()}"'
    return parse_json(text, where)


_READERS: Mapping[str, Callable[[Schema, str], _Found]] = {
    "AVRO": _avro,
    "JSON": _json,
    "PROTOBUF": _protobuf,
}
