"""Event logs of Lakeflow pipelines, once Delta Live Tables: `dlt:FILE#orders`.

The log as JSON, one event on each line. What is read of it: of `flow_definition` the schema and the
inputs, of `flow_progress` the rows and the expectations. Its documentation:
https://docs.databricks.com/aws/en/ldp/monitor-event-log-schema
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Observation, ObservedProperty, QualityResult, Verdict
from dc43_gitdraft.observe import Request
from dc43_gitdraft.observe.addresses import address, choose, named
from dc43_gitdraft.observe.documents import count_of, record, records, text_of, weight
from dc43_gitdraft.observe.event_log import events, moment
from dc43_gitdraft.observe.nested import UnknownTypeError
from dc43_gitdraft.observe.spark_json import properties as spark_properties
from dc43_gitdraft.observe.sql_types import check_names, data_type, foreign
from dc43_gitdraft.observe.storage import name_some, plain

#: Tables that are remembered, and counts of all of them in all updates of the pipeline.
MAX_DATASETS = 10_000
MAX_COUNTS = 200_000

#: Parts of all schemas that are kept at one time: some 400 MB.
MAX_PARTS = 4_000_000

_BEGINNING = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(slots=True)
class _Counts:
    """What one update of the pipeline counted; `rules` are [passed, failed] by name."""

    time: datetime = _BEGINNING
    rows: int | None = None
    rules: dict[str, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class _Flow:
    """What the log says of one table: its latest schema, and the counts of each update."""

    schema: Any = None
    defined: datetime = _BEGINNING
    inputs: tuple[str, ...] = ()
    updates: dict[str, _Counts] = field(default_factory=dict)

    def latest(self) -> _Counts:
        return max(self.updates.values(), key=lambda counts: counts.time, default=_Counts())


def observe(request: Request) -> Observation:
    """Observe a table as the log of its pipeline describes it."""
    where = address(request)
    flows = _read(where.path)
    known = {name: flow for name, flow in flows.items() if flow.schema}
    if not known:
        raise ObservationError("no event in it states a schema", where=where.path)
    name = choose(where, known, request, "table", hint="#TABLE")
    flow = known[name]
    try:
        found = _columns(flow.schema)
    except UnknownTypeError as error:
        raise ObservationError(str(error), where=where.path) from None
    except RecursionError:
        raise ObservationError("its schema is nested too deeply", where=where.path) from None
    if wrong := check_names(found):
        raise ObservationError(wrong, where=where.path)
    return Observation(
        dataset=named(request, where, name),
        properties=found,
        observed_by="dc43-gitdraft dlt",
        object=request.object,
        rows=flow.latest().rows,
        quality=tuple(_quality(flow.latest())),
        observed_at=flow.defined if flow.defined > _BEGINNING else request.now,
        context={"made from": name_some([plain(each) for each in flow.inputs])}
        if flow.inputs
        else {},
        warnings=foreign(found, None),
    )


def _read(path: str) -> dict[str, _Flow]:
    flows: dict[str, _Flow] = {}
    any_event, size, parts = False, 0, 0
    for event in events(path):
        kind, details = event.get("event_type"), _document(event.get("details"))
        any_event = any_event or (kind is not None and "details" in event)
        origin = record(_document(event.get("origin")))
        part = record(record(details).get(str(kind)))
        name = next(filter(None, map(text_of, _names(part, origin))), None)
        if kind not in ("flow_definition", "flow_progress") or name is None:
            continue
        flow = flows.setdefault(name, _Flow())
        time = moment(event.get("timestamp")) or _BEGINNING
        if kind == "flow_definition":
            parts += _define(flow, part, time)
        else:
            size += _count(flow, part, time, text_of(origin.get("update_id")) or "")
        if parts > MAX_PARTS:
            raise ObservationError("its schemas together are too large", where=path)
        if len(flows) > MAX_DATASETS or size > MAX_COUNTS:
            raise ObservationError(
                f"more than {MAX_DATASETS:,} tables, or {MAX_COUNTS:,} counts", where=path
            )
    if not any_event:
        raise ObservationError("it holds no event of a pipeline", where=path)
    return flows


def _names(part: Mapping[str, Any], origin: Mapping[str, Any]) -> Iterator[Any]:
    yield part.get("output_dataset")
    yield origin.get("dataset_name")
    yield origin.get("flow_name")


def _document(value: Any) -> Any:
    """Return a part of an event that may be JSON inside of a text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _define(flow: _Flow, part: Mapping[str, Any], time: datetime) -> int:
    """Keep a schema that is newer; return how much more is kept."""
    schema = _document(part.get("schema_json")) or _document(part.get("schema"))
    if not schema or time < flow.defined:
        return 0
    more = weight(schema) - weight(flow.schema)
    flow.schema, flow.defined = schema, time
    inputs = part.get("input_datasets")
    listed = inputs if isinstance(inputs, list) else []
    names = [each.get("name") if isinstance(each, dict) else each for each in listed]
    flow.inputs = tuple(each for each in names if isinstance(each, str))
    return more


def _count(flow: _Flow, part: Mapping[str, Any], time: datetime, update: str) -> int:
    """Add what an event counted to its update; return how many counts are new."""
    quality, metrics = record(part.get("data_quality")), record(part.get("metrics"))
    rows = count_of(metrics.get("num_output_rows"))
    expectations = records(quality.get("expectations"))
    if rows is None and not expectations:
        return 0
    new = int(update not in flow.updates)
    counts = flow.updates.setdefault(update, _Counts())
    counts.time = max(time, counts.time)
    if rows is not None:
        counts.rows = (counts.rows or 0) + rows
    for each in expectations:
        name = text_of(each.get("name"))
        if name is not None:
            new += name not in counts.rules
            passed, failed = counts.rules.setdefault(name, [0, 0])
            counts.rules[name] = [
                passed + (count_of(each.get("passed_records")) or 0),
                failed + (count_of(each.get("failed_records")) or 0),
            ]
    return new


def _columns(schema: Any) -> tuple[ObservedProperty, ...]:
    """Describe a schema: Spark's own JSON, or a list of names with types."""
    if isinstance(schema, dict) and schema.get("type") == "struct":
        return spark_properties(schema)
    listed = records(schema.get("fields") if isinstance(schema, dict) else schema)
    return tuple(
        ObservedProperty(
            text_of(each.get("name")) or "",
            data_type(text_of(each.get("data_type") or each.get("type")) or "unknown", None),
            each["nullable"] if isinstance(each.get("nullable"), bool) else None,
            description=text_of(each.get("comment")),
        )
        for each in listed
    )


def _quality(counts: _Counts) -> Iterator[QualityResult]:
    """Return the expectations; what a failure led to (a warning, dropped rows) is not logged."""
    for name, (passed, failed) in counts.rules.items():
        verdict = Verdict.WARN if failed else Verdict.OK
        yield QualityResult(plain(name), verdict, failed=failed, total=passed + failed)
