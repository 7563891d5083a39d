"""Observations as JSON: a versioned document with a schema of its own."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timezone
from functools import cache
from importlib.resources import files as resources
from typing import Any

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import (
    Dataset,
    DataType,
    Layout,
    Observation,
    ObservedProperty,
    Profile,
    QualityResult,
    Verdict,
)

#: The version of the JSON that `to_json` writes; the schema's file name carries it too.
VERSION = 1

#: In characters. 100,000 properties with descriptions stay below it.
MAX_TEXT = 32 * 1024 * 1024

#: Keys of counts and places: JSON has one kind of number only.
_COUNTS = frozenset(
    {
        *("rows", "nulls", "partition", "key", "files", "bytes", "failed", "total"),
        *("count", "distinct", "min_length", "max_length"),
    }
)


def to_json(observation: Observation) -> str:
    """Write the Observation as a JSON document that `from_json` reads back equal.

    What is unknown is left out; `observation-1.schema.json` describes the rest.
    """
    seen = observation
    document = {
        "version": VERSION,
        "dataset": _filled(id=seen.dataset.id, version=seen.dataset.version),
        **_filled(object=seen.object, description=seen.description, tags=_listed(seen.tags)),
        "observed_by": seen.observed_by,
        **_filled(
            observed_at=None if seen.observed_at is None else _stamp(seen.observed_at),
            run_url=seen.run_url,
            rows=seen.rows,
        ),
        "complete": seen.complete,
        **_filled(dialect=seen.dialect),
        **_filled(layout=None if seen.layout is None else _layout_json(seen.layout)),
        "properties": [_property_json(each) for each in seen.properties],
        **({"quality": [_quality_json(each) for each in seen.quality]} if seen.quality else {}),
        **({"context": dict(seen.context)} if seen.context else {}),
        **({"warnings": list(seen.warnings)} if seen.warnings else {}),
    }
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def from_json(text: str, where: str = "observation") -> Observation:
    """Read what `to_json` wrote. Raises ObservationError with the line where it is not JSON."""
    document = _parsed(text, where)
    version = document.get("version")
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        raise ObservationError(
            f"this Observation is of version {version} and this dc43-gitdraft reads version"
            f" {VERSION}: upgrade it (pip install --upgrade dc43-gitdraft)",
            where=where,
        )
    try:
        error = next(_validator().iter_errors(document), None)
    except (UnicodeEncodeError, ValueError) as problem:
        raise ObservationError("it holds text that is not valid Unicode", where=where) from problem
    if error is not None:
        at = "".join(
            f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.instance_path
        )
        raise ObservationError(
            f"not an Observation: {at.lstrip('.') or 'the document'}: {error.message}", where=where
        )
    try:
        return _observation(document)
    except (OverflowError, ValueError):  # what the pattern lets through: February 30
        raise ObservationError(
            "not an Observation: observed_at: no such time", where=where
        ) from None


def _parsed(text: str, where: str) -> dict[str, Any]:
    if len(text) > MAX_TEXT:
        raise ObservationError(
            f"an Observation has at most {MAX_TEXT // 1024 // 1024} Mi characters", where=where
        )

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ObservationError("a key occurs twice in one JSON object", where=where)
        for key in _COUNTS & found.keys():
            if isinstance(found[key], float) and found[key].is_integer():
                found[key] = int(found[key])  # 10.0 is a whole number in JSON
        return found

    def finite(digits: str) -> float:
        number = float(digits)
        if not math.isfinite(number):
            raise ObservationError("it holds a number that is too large, or none", where=where)
        return number

    try:
        document = json.loads(
            text.removeprefix("\ufeff"),
            object_pairs_hook=unique,
            parse_float=finite,
            parse_constant=finite,
        )
    except json.JSONDecodeError as error:
        raise ObservationError(
            f"not valid JSON: {error.msg}", where=where, line=error.lineno, column=error.colno
        ) from None
    except ValueError:  # an integer of thousands of digits
        raise ObservationError("it holds a number that is too long", where=where) from None
    except RecursionError:
        raise ObservationError("it is nested too deeply", where=where) from None
    if not isinstance(document, dict):
        raise ObservationError("not an Observation: the document is no JSON object", where=where)
    return document


@cache
def _validator() -> Any:
    from jsonschema_rs import Draft202012Validator

    schema = resources(__package__).joinpath(f"observation-{VERSION}.schema.json")
    # Masked: a message says what is wrong with a value, and not the value.
    return Draft202012Validator(json.loads(schema.read_text("utf-8")), mask="the value")


def _filled(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _listed(texts: tuple[str, ...]) -> list[str] | None:
    return list(texts) or None


def _stamp(moment: datetime) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return aware.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def _moment(text: str) -> datetime:
    # Python 3.10 reads neither `Z` nor fractions of other than 3 or 6 digits.
    whole, fraction, zone = re.fullmatch(r"([^.]+?)(\.\d+)?(Z|[+-]\d\d:\d\d)", text).groups()  # type: ignore[union-attr]
    digits = (fraction or "").ljust(7, "0") if fraction else ""
    return datetime.fromisoformat(whole + digits + zone.replace("Z", "+00:00")).astimezone(
        timezone.utc
    )


def _layout_json(layout: Layout) -> dict[str, Any]:
    parts = {"partitions": list(layout.partitions)} if layout.partitions else {}
    return {"format": layout.format, **_filled(files=layout.files, bytes=layout.bytes), **parts}


def _property_json(seen: ObservedProperty) -> dict[str, Any]:
    return {
        "name": seen.name,
        "type": _type_json(seen.type),
        **_filled(
            nullable=seen.nullable,
            nulls=seen.nulls,
            description=seen.description,
            partition=seen.partition,
            key=seen.key,
            unique=seen.unique,
            profile=None if seen.profile is None else _profile_json(seen.profile),
            tags=_listed(seen.tags),
            enum=list(seen.enum) or None,
        ),
    }


def _profile_json(seen: Profile) -> dict[str, Any]:
    facts = {field.name: getattr(seen, field.name) for field in fields(seen)}
    return {**_filled(**{**facts, "values": list(seen.values) or None})}


def _type_json(seen: DataType) -> dict[str, Any]:
    return {
        "logical": seen.logical,
        **_filled(physical=seen.physical),
        **({"options": dict(seen.options)} if seen.options else {}),
        **({"inferred": True} if seen.inferred else {}),
        **({"fields": [_property_json(each) for each in seen.fields]} if seen.fields else {}),
        **{
            part: _type_json(inner)
            for part, inner in (("items", seen.items), ("key", seen.key), ("value", seen.value))
            if inner is not None
        },
    }


def _quality_json(seen: QualityResult) -> dict[str, Any]:
    return {
        "rule": seen.rule,
        "verdict": seen.verdict.value,
        **_filled(
            property=seen.property,
            failed=seen.failed,
            total=seen.total,
            message=seen.message,
            tools=_listed(seen.tools),
        ),
    }


def _observation(document: Mapping[str, Any]) -> Observation:
    """Build the Observation of a document that the schema accepts."""
    layout = document.get("layout")
    observed_at = document.get("observed_at")
    return Observation(
        dataset=Dataset(**document["dataset"]),
        properties=tuple(_property(each) for each in document["properties"]),
        observed_by=document["observed_by"],
        complete=document["complete"],
        object=document.get("object"),
        rows=document.get("rows"),
        layout=layout
        and Layout(
            layout["format"],
            layout.get("files"),
            layout.get("bytes"),
            tuple(layout.get("partitions", ())),
        ),
        quality=tuple(
            QualityResult(
                **{
                    **each,
                    "verdict": Verdict(each["verdict"]),
                    "tools": tuple(each.get("tools", ())),
                }
            )
            for each in document.get("quality", ())
        ),
        observed_at=observed_at and _moment(observed_at),
        run_url=document.get("run_url"),
        context=document.get("context", {}),
        warnings=tuple(document.get("warnings", ())),
        dialect=document.get("dialect"),
        description=document.get("description"),
        tags=tuple(document.get("tags", ())),
    )


def _property(document: Mapping[str, Any]) -> ObservedProperty:
    tags, values = tuple(document.get("tags", ())), tuple(document.get("enum", ()))
    found = {**document, "type": _type(document["type"]), "tags": tags, "enum": values}
    if "profile" in document:
        values = tuple(document["profile"].get("values", ()))
        found["profile"] = Profile(**{**document["profile"], "values": values})
    return ObservedProperty(**found)


def _type(document: Mapping[str, Any]) -> DataType:
    inner = {part: _type(document[part]) for part in ("items", "key", "value") if part in document}
    return DataType(
        logical=document["logical"],
        physical=document.get("physical"),
        options=document.get("options", {}),
        inferred=document.get("inferred", False),
        fields=tuple(_property(each) for each in document.get("fields", ())),
        **inner,
    )
