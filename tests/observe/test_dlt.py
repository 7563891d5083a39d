from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from support.documents import contract_documents
from support.firsts import first_draft, redrafted
from support.seen import column, look, shapes

from dc43_gitdraft import odcs, types
from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Document, Observation, Verdict
from dc43_gitdraft.observe import from_json, to_json
from dc43_gitdraft.odcs import Contract


def spark(*fields: tuple[str, Any]) -> dict[str, Any]:
    listed = [{"name": n, "type": t, "nullable": True, "metadata": {}} for n, t in fields]
    return {"type": "struct", "fields": listed}


SCHEMA = spark(
    ("id", "long"),
    ("total", "decimal(10,2)"),
    ("tags", {"type": "array", "elementType": "string", "containsNull": True}),
)


def event(
    kind: str,
    part: dict[str, Any],
    time: str = "08:00:00",
    update: str = "u1",
    *,
    texts: bool = True,
) -> dict[str, Any]:
    """An event as the table-valued function gives it: parts are JSON inside of texts."""
    origin = {"update_id": update, "pipeline_name": "shop", "flow_name": "shop.silver.orders"}
    details = {kind: part}
    return {
        "id": "1",
        "timestamp": f"2024-05-30T{time}.123Z",
        "event_type": kind,
        "level": "METRICS",
        "origin": json.dumps(origin) if texts else origin,
        "details": json.dumps(details) if texts else details,
    }


def defined(schema: Any = None, name: str = "shop.silver.orders", **more: Any) -> dict[str, Any]:
    part = {
        "output_dataset": name,
        "input_datasets": [{"name": "shop.bronze.orders"}],
        "schema_json": json.dumps(SCHEMA if schema is None else schema),
    }
    return event("flow_definition", part, **more)


def counted(rows: int, failed: int, **more: Any) -> dict[str, Any]:
    rule = {"name": "valid id", "dataset": "orders", "passed_records": rows - failed}
    quality = {"dropped_records": 0, "expectations": [{**rule, "failed_records": failed}]}
    part = {"status": "RUNNING", "metrics": {"num_output_rows": rows}, "data_quality": quality}
    return event("flow_progress", part, **more)


def seen(folder: Path, *events: Any, part: str = "") -> Observation:
    path = folder / "events.json"
    lines = [each if isinstance(each, str) else json.dumps(each) for each in events]
    path.write_text("\n".join(lines), "utf-8")
    return look(f"dlt:{path}{part}")


def test_schema_inputs_and_expectations_are_seen(tmp_path: Path) -> None:
    found = seen(tmp_path, defined(), counted(10, 2), counted(5, 1))
    assert shapes(found) == {"id": "integer", "total": "number", "tags": "array<string>"}
    assert found.dataset.id == f"dlt:{tmp_path}/events.json#shop.silver.orders"
    assert (found.rows, found.complete) == (15, True)
    assert found.context == {"made from": "shop.bronze.orders"}
    (rule,) = found.quality
    assert (rule.rule, rule.verdict, rule.failed, rule.total) == (
        "valid id",
        Verdict.WARN,
        3,
        15,
    )
    assert from_json(to_json(found)) == found
    contract = first_draft(found)
    assert contract.document["schema"][0]["name"] == "orders"
    assert redrafted(contract, found) is None


def test_the_latest_schema_and_update_count_whatever_the_order(tmp_path: Path) -> None:
    older = defined(spark(("id", "integer")), time="07:00:00")
    events = [defined(), older, counted(7, 0, time="09:00:00", update="u2"), counted(10, 2)]
    for order in (events, events[::-1]):
        found = seen(tmp_path, *order)
        assert column(found, "id").type.physical == "bigint"
        assert (found.rows, found.quality[0].verdict) == (7, Verdict.OK)


def test_events_whose_parts_are_no_texts_are_read(tmp_path: Path) -> None:
    assert len(seen(tmp_path, defined(texts=False), counted(1, 0, texts=False)).properties) == 3


@pytest.mark.parametrize("key", ["schema", "schema_json"])
def test_a_schema_may_be_a_list_of_names_and_types(key: str, tmp_path: Path) -> None:
    listed = [
        {"name": "id", "data_type": "bigint", "comment": "The key"},
        {"name": "at", "type": "timestamp", "nullable": False},
        {"name": "shape", "data_type": "geometry(4326)"},
    ]
    found = seen(tmp_path, event("flow_definition", {"output_dataset": "t", key: listed}))
    assert list(shapes(found)) == ["id", "at", "shape"]
    assert column(found, "id").description == "The key"
    assert [each.nullable for each in found.properties] == [None, False, None]
    assert redrafted(first_draft(found), found) is None


SPARK = [
    *((name, "integer") for name in ("byte", "short", "integer", "long", "decimal(10,0)")),
    *((name, "number") for name in ("float", "double", "decimal(10,2)")),
    *((name, "string") for name in ("string", "varchar(9)", "char(3)", "binary")),
    ("boolean", "boolean"),
    ("date", "date"),
    ("timestamp", "timestamp_tz"),
    ("timestamp_ntz", "timestamp_ntz"),
    ("interval day to second", "string"),
    ("variant", "object"),
    ({"type": "map", "keyType": "string", "valueType": "long"}, "map<string,integer>"),
    (spark(("x", "long")), "object<x:integer>"),
]


@pytest.mark.parametrize(("kind", "shape"), SPARK)
def test_every_type_of_spark_gives_a_valid_first_version(
    kind: Any, shape: str, tmp_path: Path
) -> None:
    found = seen(tmp_path, defined(spark(("a", kind))))
    assert shapes(found) == {"a": shape}
    contract = first_draft(found)
    assert "physicalType" in contract.document["schema"][0]["properties"][0]
    assert redrafted(contract, found) is None


def spark_type(node: Document) -> Any:
    kind = node["logicalType"]
    if kind == "object":
        return spark(*((each["name"], spark_type(each)) for each in node["properties"]))
    if kind == "array":
        return {"type": "array", "elementType": spark_type(node["items"])}
    if kind == "map":
        key, value = (spark_type(node["map"][part]) for part in ("key", "value"))
        return {"type": "map", "keyType": key, "valueType": value}
    stated = types.parse(str(node.get("physicalType", "")))
    if stated.known and types.is_own(stated):
        return types.spell(stated)
    if node.get("logicalTypeOptions", {}).get("timezone") is False:
        return "timestamp_ntz"
    return {"integer": "long", "number": "double"}.get(kind, kind)


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(document=contract_documents())
def test_the_log_of_any_contracts_table_is_no_drift(document: Document, tmp_path: Path) -> None:
    table = {**document["schema"][0], "logicalType": "object"}
    if table["properties"]:
        contract = Contract(odcs.dump_new(document), document)
        drafted = redrafted(contract, seen(tmp_path, defined(spark_type(table))))
        assert drafted is None, drafted.changes


def test_a_table_is_named_where_there_are_several(tmp_path: Path) -> None:
    events = [defined(), defined(spark(("x", "long")), name="shop.gold.revenue")]
    with pytest.raises(ObservationError, match="say which with `#TABLE`"):
        seen(tmp_path, *events)
    assert shapes(seen(tmp_path, *events, part="#revenue")) == {"x": "integer"}


def _deep(levels: int) -> Any:
    kind: Any = "long"
    for _ in range(levels):
        kind = spark(("x", kind))
    return kind


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "not valid JSON"),
        ("{}", "it holds no event of a pipeline"),
        ("[1]", "it holds no event of a pipeline"),
        (json.dumps(counted(1, 0)), "no event in it states a schema"),
        (
            json.dumps(event("flow_definition", {"output_dataset": "t", "schema_json": "{"})),
            "no event",
        ),
        (json.dumps(defined())[:-9], "not valid JSON"),
        (json.dumps(defined()) + "\n{", ":2: not valid JSON"),
        (json.dumps(defined(spark(("a", "no such type")))), "none of Spark's"),
        (json.dumps(defined(spark(("a", "long"), ("a", "long")))), "two of its columns"),
        (json.dumps(defined({"type": "struct"})), "a struct without a list of fields"),
        (json.dumps(defined(_deep(90))), "nested more than 64"),
    ],
)
def test_broken_and_hostile_logs_end_in_one_sentence(line: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ObservationError, match=said):
        seen(tmp_path, line)


def test_logs_without_end_and_of_other_text_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dc43_gitdraft.observe.dlt.MAX_COUNTS", 3)
    many = [counted(1, 0, update=f"u{at}") for at in range(5)]
    with pytest.raises(ObservationError, match="3 counts"):
        seen(tmp_path, defined(), *many)
    path = tmp_path / "bad.json"
    path.write_bytes(json.dumps(defined()).encode() + b'\n"\xff"\n')
    with pytest.raises(ObservationError, match=r"bad\.json:2: not UTF-8"):
        look(f"dlt:{path}")


def test_ten_thousand_columns_are_seen(tmp_path: Path) -> None:
    schema = spark(*((f"c{place}", "long") for place in range(10_000)))
    assert len(seen(tmp_path, defined(schema)).properties) == 10_000


def test_more_than_memory_should_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dc43_gitdraft.observe.dlt.MAX_PARTS", 60)
    assert seen(tmp_path, *[defined()] * 20)  # the same again is kept once
    monkeypatch.setattr("dc43_gitdraft.observe.dlt.MAX_PARTS", 5)
    with pytest.raises(ObservationError, match="together are too large"):
        seen(tmp_path, defined())
