"""Looks at data and says what is there: the lookup of observers, and Observations as JSON.

SOURCE is `scheme:rest` or a path. An observer is a function `(Request) -> Observation`; third
parties add theirs in the entry-point group `dc43_gitdraft.observers`, where the name of the
entry point is the scheme.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timezone
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files as resources
from pathlib import Path
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

__all__ = ["Observer", "Request", "from_json", "observe", "schemes", "to_json", "without_secrets"]

GROUP = "dc43_gitdraft.observers"

#: The version of the JSON that `to_json` writes; the schema's file name carries it too.
VERSION = 1

#: In characters. 100,000 properties with descriptions stay below it.
MAX_TEXT = 32 * 1024 * 1024

#: Scheme -> `module:function`, so that what a module imports is loaded only when it is used.
BUILT_IN = {
    "arrow": "dc43_gitdraft.observe.arrow_files:observe_arrow",
    "avro": "dc43_gitdraft.observe.avro_files:observe",
    "csv": "dc43_gitdraft.observe.csv_files:observe",
    "dbt": "dc43_gitdraft.observe.dbt:observe",
    "ddl": "dc43_gitdraft.observe.ddl:observe",
    "dlt": "dc43_gitdraft.observe.dlt:observe",
    "delta": "dc43_gitdraft.observe.delta:observe",
    "feather": "dc43_gitdraft.observe.arrow_files:observe_arrow",
    "iceberg": "dc43_gitdraft.observe.iceberg:observe",
    "json": "dc43_gitdraft.observe.jsonlines:observe",
    "jsonschema": "dc43_gitdraft.observe.json_schema:observe",
    "observation": "dc43_gitdraft.observe.recorded:observe",
    "openlineage": "dc43_gitdraft.observe.openlineage:observe",
    "orc": "dc43_gitdraft.observe.arrow_files:observe_orc",
    "parquet": "dc43_gitdraft.observe.parquet:observe",
    "schema-registry": "dc43_gitdraft.observe.schema_registry:observe",
    "spark": "dc43_gitdraft.observe.spark.tables:observe",
}

#: What observers import that may not be installed, and the extra that brings it.
_EXTRAS = {
    **dict.fromkeys(("deltalake", "fastavro", "fsspec", "pyarrow", "pyiceberg"), "files"),
    "pyspark": "spark",
}

#: Keys of counts and places: JSON has one kind of number only.
_COUNTS = frozenset(
    {
        *("rows", "nulls", "partition", "key", "files", "bytes", "failed", "total"),
        *("count", "distinct", "min_length", "max_length"),
    }
)

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):(.*)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: Past a `#` or `?` only where what follows the `:` is no port, but a password with such a sign.
_USER_INFO = re.compile(r"(?<=://)(?:[^/?#\s]*@|[^/?#@\s:\[]*:(?!\d*(?:[/?#\s]|$))[^/@\s]*@)")
#: Of a URL: what is signed in it is as good as a password.
_QUERY = re.compile(r"(://[^?#\s]*)\?[^#\s]*")

#: Whose files may lie behind a URL.
_FETCHED = frozenset({"arrow", "avro", "csv", "feather", "json", "orc", "parquet"})


@dataclass(frozen=True, slots=True)
class Request:
    """What an observer is asked.

    `source` is for messages, `rest` is the SOURCE without its scheme, `now` the time (UTC) to
    write into the Observation, `object` the schema object that the caller named. `profile` asks
    what the values are like; `contract` (an `odcs.Contract`) is what an observer that reads the
    rows measures on its way.
    """

    source: str
    rest: str
    dataset: Dataset
    now: datetime
    object: str | None = None
    profile: bool = False
    contract: Any = None


Observer = Callable[[Request], Observation]


def observe(
    source: str,
    *,
    dataset_id: str | None = None,
    dataset_version: str | None = None,
    now: datetime,
    object: str | None = None,  # noqa: A002 - the model's and the option's word
    profile: bool = False,
    contract: Any = None,
) -> Observation:
    """Observe SOURCE; `profile` and `contract` are those of Request.

    The dataset's id is SOURCE where none is given, without control characters and without the
    user name, password and query of a URL. Raises ObservationError.
    """
    shown = without_secrets(source)
    if not shown.strip():
        raise ObservationError("the SOURCE is empty: give a path or scheme:rest")
    if "\0" in source:
        raise ObservationError("the SOURCE holds a NUL character", where=shown)
    scheme, rest = _split(source, shown)
    dataset = Dataset(dataset_id if dataset_id is not None else shown, dataset_version)
    request = Request(shown, rest, dataset, now, object, profile, contract)
    found = _seen(scheme, request)
    if not isinstance(found, Observation):
        raise ObservationError(f"the observer `{scheme}` did not return an Observation")
    if scheme == "observation":
        # It names its dataset itself: only what the caller gave replaces that.
        named = Dataset(dataset_id or found.dataset.id, dataset_version or found.dataset.version)
        return replace(found, dataset=named, object=object or found.object)
    if profile and not any(each.profile for each in found.properties):
        none = f"no profile was made: `{scheme}:` makes none, or there are no rows"
        return replace(found, warnings=(*found.warnings, none))
    return found


def without_secrets(source: str) -> str:
    """Return SOURCE for messages: no control characters, nor user, password or query of a URL."""
    plain = _USER_INFO.sub("", _CONTROL.sub("", source))
    return _QUERY.sub(r"\1", plain).encode("utf-8", "replace").decode()


def _seen(scheme: str, request: Request) -> Any:
    observer = _observer(scheme, request.source)
    if scheme not in _FETCHED or "://" not in request.rest:
        return observer(request)
    try:
        fetched = import_module("dc43_gitdraft.observe.remote").fetched
    except ModuleNotFoundError as error:
        raise ObservationError(
            f"URLs need {error.name}: pip install 'dc43-gitdraft[files]'", where=request.source
        ) from None
    with fetched(request, scheme) as local:
        return observer(local)


def schemes() -> tuple[str, ...]:
    """List every scheme that SOURCE may have, built in or installed."""
    return tuple(sorted({*BUILT_IN, *entry_points(group=GROUP).names}))


def _split(source: str, shown: str) -> tuple[str, str]:
    """Split off the scheme; a plain path gets the scheme that its name or content tells."""
    match = _SCHEME.fullmatch(source)
    known = schemes()
    if match and match[1] in known:
        if not match[2].strip():
            raise ObservationError(
                f"the SOURCE `{match[1]}:` names no data: write after the colon where it is"
            )
        return match[1], match[2]
    if match and match[2].startswith("//") and match[1] not in known:
        by_name = import_module("dc43_gitdraft.observe.storage").format_of(source.partition("?")[0])
        if by_name is None:
            raise ObservationError(
                "a URL whose name does not say the format: say it, as in `parquet:URL`",
                where=shown,
            )
        return by_name, source
    if match and not Path(source).exists():
        raise _unknown(match[1], known, shown)
    recognise = import_module("dc43_gitdraft.observe.storage").recognise
    scheme = recognise(source, shown)
    if scheme not in known:
        raise _unknown(scheme, known, shown)
    return scheme, source


def _unknown(scheme: str, known: tuple[str, ...], shown: str) -> ObservationError:
    near = difflib.get_close_matches(scheme, known, n=1)
    hint = f"; did you mean `{near[0]}:`?" if near else ""
    return ObservationError(
        f"nothing here can observe `{scheme}:` (there are: {', '.join(known)}){hint}", where=shown
    )


def _observer(scheme: str, shown: str) -> Observer:
    target = BUILT_IN.get(scheme)
    entry = (
        EntryPoint(scheme, target, GROUP)
        if target
        else next(iter(entry_points(group=GROUP, name=scheme)))
    )
    try:
        loaded: Observer = entry.load()
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if target and library in _EXTRAS:
            raise ObservationError(
                f"`{scheme}` needs {library}: pip install 'dc43-gitdraft[{_EXTRAS[library]}]'",
                where=shown,
            ) from None
        raise ObservationError(
            f"the observer `{scheme}` needs the module `{error.name}`, which is not installed",
            where=shown,
        ) from error
    except (ImportError, AttributeError) as error:
        raise ObservationError(
            f"the observer `{scheme}` ({entry.value}) cannot be loaded: {error}", where=shown
        ) from error
    return loaded


# -- Observations as JSON -----------------------------------------------------------------------


def to_json(observation: Observation) -> str:
    """Write the Observation as a JSON document that `from_json` reads back equal.

    What is unknown is left out; `observation-1.schema.json` describes the rest.
    """
    seen = observation
    document = {
        "version": VERSION,
        "dataset": _filled(id=seen.dataset.id, version=seen.dataset.version),
        **_filled(object=seen.object, description=seen.description),
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
            property=seen.property, failed=seen.failed, total=seen.total, message=seen.message
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
            QualityResult(**{**each, "verdict": Verdict(each["verdict"])})
            for each in document.get("quality", ())
        ),
        observed_at=observed_at and _moment(observed_at),
        run_url=document.get("run_url"),
        context=document.get("context", {}),
        warnings=tuple(document.get("warnings", ())),
        dialect=document.get("dialect"),
        description=document.get("description"),
    )


def _property(document: Mapping[str, Any]) -> ObservedProperty:
    found = {**document, "type": _type(document["type"])}
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
