"""Looks at data and says what is there: the lookup of observers.

SOURCE is `scheme:rest` or a path. An observer is a function `(Request) -> Observation`; third
parties add theirs in the entry-point group `dc43_gitdraft.observers`, where the name of the
entry point is the scheme.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Dataset, Observation
from dc43_gitdraft.observe.as_json import from_json, to_json

__all__ = ["Observer", "Request", "from_json", "observe", "schemes", "to_json", "without_secrets"]

GROUP = "dc43_gitdraft.observers"

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
