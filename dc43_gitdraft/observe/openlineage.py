"""OpenLineage events: `openlineage:FILE`, `openlineage:DIR#shop.orders`.

Facets: https://openlineage.io/docs/spec/facets/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from dc43_gitdraft import types
from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Dataset, DataType, Layout, Observation, ObservedProperty
from dc43_gitdraft.observe import Request
from dc43_gitdraft.observe.addresses import address, choose, named
from dc43_gitdraft.observe.documents import count_of, record, records, text_of, weight
from dc43_gitdraft.observe.event_log import events, moment
from dc43_gitdraft.observe.nested import MAX_DEPTH, array, mapping, struct
from dc43_gitdraft.observe.quality.openlineage import assertions, came_to_nothing, failed_runs
from dc43_gitdraft.observe.sql_types import check_names, data_type, foreign
from dc43_gitdraft.observe.storage import name_some, plain

#: Datasets and failed runs that are remembered, and fields in the schema of one.
MAX_DATASETS = 10_000
MAX_RUNS = 1_000_000
MAX_FIELDS = 100_000

#: Parts of all facets that are kept at one time: some 400 MB.
MAX_PARTS = 4_000_000

#: Other datasets named in the lineage.
MAX_NEIGHBOURS = 8

_BEGINNING = datetime.min.replace(tzinfo=timezone.utc)
#: The facets that are kept; others may be as large as the data.
_KEPT = frozenset(
    {"schema", "dataSource", "version", "ownership", "columnLineage", "documentation"}
    | {"dataQualityMetrics", "dataQualityAssertions", "outputStatistics", "inputStatistics"}
)
#: What namespaces begin with, where it is not what ODCS calls the server.
_SCHEMES: Mapping[str, str] = {
    "awsathena": "trino",
    "mssql": "tsql",
    "sqlserver": "tsql",
    "snowflake": "snowflake",
}


@dataclass(slots=True)
class _Seen:
    """What all events said of one dataset: of each facet the last one, with its time."""

    namespace: str
    name: str
    facets: dict[str, Any] = field(default_factory=dict)
    times: dict[str, datetime] = field(default_factory=dict)
    output: bool = False
    spark: bool = False
    job: str | None = None
    failed: bool = False


def observe(request: Request) -> Observation:
    """Observe a dataset as the events of its jobs describe it."""
    where = address(request)
    log = _read(where.path)
    known = {name: each for name, each in log.items() if records_of(each, "schema", "fields")}
    if log and not known:
        raise ObservationError("no event in it states a schema", where=where.path)
    written = {name: each for name, each in known.items() if each.output}
    there = known if where.part is not None or not written else written
    name = choose(where, there, request, "dataset", hint="#DATASET")
    seen = known[name]
    dialect = _dialect(seen)
    try:
        properties = _fields(records_of(seen, "schema", "fields"), dialect, 0)
    except ValueError as error:
        raise ObservationError(str(error), where=where.path) from None
    if wrong := check_names(properties):
        raise ObservationError(wrong, where=where.path)
    rows, counted = _metrics(seen)
    return Observation(
        dataset=_dataset(named(request, where, name), seen),
        properties=tuple(replace(each, nulls=counted.get(each.name)) for each in properties),
        observed_by="dc43-gitdraft openlineage",
        object=request.object,
        rows=rows,
        layout=_layout(seen),
        quality=tuple(assertions({"facets": seen.facets})),
        observed_at=seen.times["schema"] if seen.times["schema"] > _BEGINNING else request.now,
        context=dict(_context(seen, log)),
        warnings=(*_unsure(seen), *foreign(properties, dialect)),
        dialect=dialect,
        description=text_of(record(seen.facets.get("documentation")).get("description")),
    )


def records_of(seen: _Seen, facet: str, key: str) -> list[dict[str, Any]]:
    """Return the list of objects in a facet."""
    return records(record(seen.facets.get(facet)).get(key))


def _read(path: str) -> dict[str, _Seen]:
    """Read all events into what they say of each dataset."""
    found: dict[tuple[str, str], _Seen] = {}
    failed: dict[tuple[str, str], _Seen] = {}
    any_event, parts = False, 0
    lost = _failed_runs(path)
    for event in events(path):
        time = moment(event.get("eventTime")) or _BEGINNING
        any_event = any_event or "eventTime" in event
        for dataset, output in _datasets(event):
            namespace, name = text_of(dataset.get("namespace")), text_of(dataset.get("name"))
            if name is None:
                continue
            key = (namespace or "", name)
            into = failed if output and came_to_nothing(event, lost) else found
            if key not in into:
                if len(into) >= MAX_DATASETS:
                    raise ObservationError(f"more than {MAX_DATASETS:,} datasets", where=path)
                into[key] = _Seen(*key, failed=into is failed)
            parts += _take(into[key], dataset, event, time, output=output)
            if parts > MAX_PARTS:
                raise ObservationError("its facets together are too large", where=path)
    if not any_event:
        raise ObservationError("it holds no event of OpenLineage", where=path)
    for key, each in failed.items():
        other = found.setdefault(key, each)
        if other is not each and "schema" not in other.facets:
            each.facets.update(other.facets)
            each.times.update(other.times)
            found[key] = each
    names = [name for _, name in found]
    return {
        (name if names.count(name) == 1 else f"{namespace}/{name}"): each
        for (namespace, name), each in found.items()
    }


def _failed_runs(path: str) -> set[str]:
    """Return the runs that failed: how one ends is said last, perhaps in another file."""
    found: set[str] = set()
    for run in failed_runs(events(path)):
        found.add(run)
        if len(found) > MAX_RUNS:
            raise ObservationError(f"more than {MAX_RUNS:,} runs that failed", where=path)
    return found


def _unsure(seen: _Seen) -> Iterator[str]:
    if seen.failed:
        yield "only runs that failed or were aborted describe it: the data may not be there"


def _datasets(event: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], bool]]:
    for each in records(event.get("inputs")):
        yield each, False
    for each in records(event.get("outputs")):
        yield each, True
    if isinstance(event.get("dataset"), dict):
        yield event["dataset"], True


def _take(
    seen: _Seen,
    dataset: Mapping[str, Any],
    event: Mapping[str, Any],
    time: datetime,
    *,
    output: bool,
) -> int:
    """Keep what an event says of a dataset; return how much more is kept."""
    more = 0
    seen.output = seen.output or output
    for group in ("facets", "inputFacets", "outputFacets"):
        for name, facet in record(dataset.get(group)).items():
            if name not in _KEPT or time < seen.times.get(name, _BEGINNING):
                continue
            deleted = record(facet).get("_deleted") is True
            more += weight(facet) - weight(seen.facets.get(name))
            seen.facets[name] = None if deleted else facet
            seen.times[name] = time
            if name == "schema":
                seen.spark = "spark" in str(event.get("producer"))
    job = record(event.get("job"))
    if output and text_of(job.get("name")):
        seen.job = f"{job.get('namespace') or ''}/{job['name']}".lstrip("/")
    return more


def _dialect(seen: _Seen) -> str | None:
    """Return the dialect of the source's types; Spark writes its own, whatever it reads."""
    if seen.spark:
        return None
    uri = text_of(record(seen.facets.get("dataSource")).get("uri")) or seen.namespace
    scheme = uri.removeprefix("jdbc:").partition(":")[0].lower()
    return _SCHEMES.get(scheme) or types.SERVERS.get(scheme)


def _fields(
    listed: list[dict[str, Any]], dialect: str | None, depth: int
) -> tuple[ObservedProperty, ...]:
    """Describe the fields of a schema. Raises ValueError where there are too many."""
    if depth > MAX_DEPTH:
        raise ValueError(f"its schema is nested more than {MAX_DEPTH} levels deep")
    if len(listed) > MAX_FIELDS:
        raise ValueError(f"it has more than {MAX_FIELDS:,} fields")
    places = [count_of(each.get("ordinal_position")) for each in listed]
    if all(place is not None for place in places):
        order = sorted(range(len(listed)), key=lambda at: places[at] or 0)
        listed = [listed[at] for at in order]
    return tuple(
        ObservedProperty(
            text_of(each.get("name")) or "",
            _type(each, dialect, depth),
            description=text_of(each.get("description")),
        )
        for each in listed
    )


def _type(entry: Mapping[str, Any], dialect: str | None, depth: int) -> DataType:
    """Describe the type of a field; its parts stand as fields of it."""
    text = text_of(entry.get("type")) or "unknown"
    found = data_type(text, dialect)
    parts = _fields(records(entry.get("fields")), dialect, depth + 1)
    if not parts:
        return found
    names = [each.name for each in parts]
    if found.logical == "array":
        inner = parts[0].type if names == ["_element"] else struct(parts)
        built = array(inner)
    elif found.logical == "map" and names == ["key", "value"]:
        built = mapping(parts[0].type, parts[1].type)
    else:
        built = struct(parts)
    # `struct` alone says less than its fields do; a whole spelling is the source's own.
    return built if text.isalpha() and dialect is None else replace(built, physical=text)


def _metrics(seen: _Seen) -> tuple[int | None, dict[str, int]]:
    """Return the rows, and the nulls of columns where all rows were looked at."""
    facet = record(seen.facets.get("dataQualityMetrics"))
    nulls = {
        str(name): count
        for name, each in record(facet.get("columnMetrics")).items()
        if (count := count_of(record(each).get("nullCount"))) is not None
    }
    statistics = record(seen.facets.get("outputStatistics") or seen.facets.get("inputStatistics"))
    rows = count_of(facet.get("rowCount"))
    return (rows if rows is not None else count_of(statistics.get("rowCount"))), nulls


def _layout(seen: _Seen) -> Layout | None:
    facet = record(seen.facets.get("outputStatistics") or seen.facets.get("dataQualityMetrics"))
    size = facet.get("size") if "size" in facet else facet.get("bytes")
    files, total = count_of(facet.get("fileCount")), count_of(size)
    return None if files is None and total is None else Layout("table", files, total)


def _dataset(given: Dataset, seen: _Seen) -> Dataset:
    version = text_of(record(seen.facets.get("version")).get("datasetVersion"))
    return replace(given, version=given.version or (plain(version) if version else None))


# -- what a steward should know about it -----------------------------------------------------------


def _context(seen: _Seen, log: Mapping[str, _Seen]) -> Iterator[tuple[str, str]]:
    owners = [
        f"{name} ({kind})" if (kind := text_of(each.get("type"))) else name
        for each in records_of(seen, "ownership", "owners")
        if (name := text_of(each.get("name")))
    ]
    if owners:
        yield "owner", name_some([plain(each) for each in owners])
    if seen.job:
        yield "written by", plain(seen.job)
    above: dict[str, list[str]] = {}
    for column, other, source in _lineage(seen):
        above.setdefault(other[1], []).append(f"{plain(source)} → {plain(column)}")
    below: dict[str, list[str]] = {}
    for each in log.values():
        for column, other, source in _lineage(each):
            if other == (seen.namespace, seen.name) and each is not seen:
                below.setdefault(each.name, []).append(f"{plain(source)} → {plain(column)}")
    for word, found in (("feeds", below), ("made from", above)):
        for name, columns in list(found.items())[:MAX_NEIGHBOURS]:
            yield f"{word} {plain(name)}", name_some(list(dict.fromkeys(columns)))
        if len(found) > MAX_NEIGHBOURS:
            yield word, f"{len(found) - MAX_NEIGHBOURS} more datasets"


def _lineage(seen: _Seen) -> Iterator[tuple[str, tuple[str, str], str]]:
    """Yield each column with the dataset and the column that it is made from."""
    fields = record(record(seen.facets.get("columnLineage")).get("fields"))
    for column, each in fields.items():
        for source in records(record(each).get("inputFields")):
            name, part = text_of(source.get("name")), text_of(source.get("field"))
            if name and part:
                yield str(column), (text_of(source.get("namespace")) or "", name), part
