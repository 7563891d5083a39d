from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from openlineage.client.event_v2 import (
    DatasetEvent,
    InputDataset,
    Job,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
    StaticDataset,
)
from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    data_quality_assertions_dataset,
    data_quality_metrics_input_dataset,
    dataset_version_dataset,
    datasource_dataset,
    documentation_dataset,
    output_statistics_output_dataset,
    ownership_dataset,
    schema_dataset,
)
from openlineage.client.serde import Serde
from support.documents import contract_documents
from support.firsts import first_draft, redrafted
from support.seen import column, look, shapes

from dc43_gitdraft import odcs, types
from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Document, Layout, Observation, Verdict
from dc43_gitdraft.observe import from_json, to_json
from dc43_gitdraft.observe.quality import add
from dc43_gitdraft.odcs import Contract

Field = schema_dataset.SchemaDatasetFacetFields
SPARK = "https://github.com/OpenLineage/OpenLineage/tree/1.40.0/integration/spark"
RUN = "0190b3b0-0000-7000-8000-000000000000"


def schema(*fields: Any) -> schema_dataset.SchemaDatasetFacet:
    return schema_dataset.SchemaDatasetFacet(
        fields=[Field(*each) if isinstance(each, tuple) else each for each in fields]
    )


def event(
    time: str = "2024-05-30T08:00:00Z",
    inputs: Sequence[InputDataset] = (),
    outputs: Sequence[OutputDataset] = (),
    producer: str = SPARK,
) -> RunEvent:
    return RunEvent(
        eventType=RunState.COMPLETE,
        eventTime=time,
        run=Run(RUN),
        job=Job("shop", "load_orders"),
        producer=producer,
        inputs=list(inputs),
        outputs=list(outputs),
    )


def orders(**facets: Any) -> OutputDataset:
    shape = {"schema": schema(("id", "long", "The key"), ("total", "decimal(10,2)"))}
    return OutputDataset("s3://lake", "shop.orders", facets={**shape, **facets})


def log(folder: Path, *events: Any, name: str = "events.ndjson") -> Path:
    path = folder / name
    lines = [each if isinstance(each, str) else Serde.to_json(each) for each in events]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def seen(folder: Path, *events: Any, part: str = "") -> Observation:
    return look(f"openlineage:{log(folder, *events)}{part}")


def test_the_schema_of_what_a_job_wrote_is_seen(tmp_path: Path) -> None:
    source = InputDataset("s3://lake", "shop.raw", facets={"schema": schema(("x", "int"))})
    found = seen(tmp_path, event(inputs=[source], outputs=[orders()]))
    assert shapes(found) == {"id": "integer", "total": "number"}
    assert column(found, "id").description == "The key"
    assert found.dataset.id == f"openlineage:{tmp_path}/events.ndjson#shop.orders"
    assert (found.complete, found.dialect) == (True, None)
    assert found.observed_at is not None
    assert found.observed_at.isoformat() == "2024-05-30T08:00:00+00:00"
    assert shapes(seen(tmp_path, event(inputs=[source], outputs=[orders()]), part="#raw")) == {
        "x": "integer"
    }


def test_counts_versions_owners_and_quality_are_seen(tmp_path: Path) -> None:
    metrics = data_quality_metrics_input_dataset
    assertions = data_quality_assertions_dataset
    before = InputDataset(
        "s3://lake",
        "shop.orders",
        inputFacets={
            "dataQualityMetrics": metrics.DataQualityMetricsInputDatasetFacet(
                rowCount=10,
                columnMetrics={"id": metrics.ColumnMetrics(nullCount=2, min=1, max=98765)},
            ),
            "dataQualityAssertions": assertions.DataQualityAssertionsDatasetFacet(
                [
                    assertions.Assertion("not_null", False, "id"),
                    assertions.Assertion("unique", True),
                ]
            ),
        },
    )
    output = orders(
        version=dataset_version_dataset.DatasetVersionDatasetFacet("42"),
        ownership=ownership_dataset.OwnershipDatasetFacet(
            [ownership_dataset.Owner("team:shop", "MAINTAINER"), ownership_dataset.Owner("user:x")]
        ),
        documentation=documentation_dataset.DocumentationDatasetFacet("Every order once"),
    )
    statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(9, 1000, 3)
    output.outputFacets = {"outputStatistics": statistics}
    found = seen(tmp_path, event(inputs=[before], outputs=[output]))
    assert (found.rows, column(found, "id").nulls, column(found, "total").nulls) == (10, 2, None)
    assert found.dataset.version == "42"
    assert found.description == "Every order once"
    assert found.layout == Layout("table", 3, 1000)
    assert [(each.rule, each.property, each.verdict) for each in found.quality] == [
        ("required", "id", Verdict.BLOCK),
        ("unique", None, Verdict.OK),
    ]
    assert found.context == {
        "owner": "team:shop (MAINTAINER), user:x",
        "written by": "shop/load_orders",
    }
    assert "98765" not in to_json(found)  # neither bounds nor sums
    assert from_json(to_json(found)) == found


def test_lineage_tells_what_feeds_a_dataset_and_what_it_feeds(tmp_path: Path) -> None:
    lineage = column_lineage_dataset

    def made_from(column: str, name: str, field: str) -> dict[str, Any]:
        source = lineage.InputField("s3://lake", name, field)
        return {
            "columnLineage": lineage.ColumnLineageDatasetFacet({column: lineage.Fields([source])})
        }

    revenue = OutputDataset(
        "s3://lake",
        "mart.revenue",
        facets={"schema": schema(("sum", "double")), **made_from("sum", "shop.orders", "total")},
    )
    found = seen(
        tmp_path,
        event(outputs=[orders(**made_from("total", "shop.raw", "amount"))]),
        event(outputs=[revenue]),
        part="#shop.orders",
    )
    assert found.context["made from shop.raw"] == "amount → total"
    assert found.context["feeds mart.revenue"] == "total → sum"


def test_the_latest_event_counts_whatever_the_order(tmp_path: Path) -> None:
    old = OutputDataset("s3://lake", "shop.orders", facets={"schema": schema(("id", "int"))})
    new, late = event("2024-05-30T09:00:00.123456789Z", outputs=[orders()]), event(outputs=[old])
    assert shapes(seen(tmp_path, new, late)) == {"id": "integer", "total": "number"}
    assert column(seen(tmp_path, late, new), "id").type.physical == "long"


@pytest.mark.parametrize("state", [RunState.FAIL, RunState.ABORT])
def test_what_a_failed_run_was_to_write_is_not_there(state: RunState, tmp_path: Path) -> None:
    assertions = data_quality_assertions_dataset
    said = assertions.DataQualityAssertionsDatasetFacet(
        [assertions.Assertion("not_null", False, "id")]
    )
    wider = orders(schema=schema(("id", "string"), ("new", "int")), dataQualityAssertions=said)
    failed = event("2024-05-30T09:00:00Z", outputs=[wider])
    failed.eventType = state
    found = seen(tmp_path, event(outputs=[orders()]), failed)
    assert shapes(found) == {"id": "integer", "total": "number"}
    assert (found.quality, found.warnings) == ((), ())
    path = log(tmp_path, event(outputs=[OutputDataset("s3://lake", "shop.orders")]), failed)
    alone = look(f"openlineage:{path}")
    assert shapes(alone) == {"id": "string", "new": "integer"}
    assert alone.warnings == (
        "only runs that failed or were aborted describe it: the data may not be there",
    )
    found = add(found, [f"openlineage:{path}"], None)
    assert [each.verdict for each in found.quality] == [Verdict.BLOCK]
    assert found.warnings == (
        f"1 result in openlineage:{path} of runs that failed or were aborted",
    )
    passed = assertions.DataQualityAssertionsDatasetFacet(
        [assertions.Assertion("not_null", True, "id")]
    )
    path = log(tmp_path, event(outputs=[orders(dataQualityAssertions=passed)]), failed)
    found = add(alone, [f"openlineage:{path}"], None)
    assert [each.verdict for each in found.quality[1:]] == [Verdict.OK]


@pytest.mark.parametrize("state", [RunState.START, RunState.RUNNING])
@pytest.mark.parametrize("end", [RunState.FAIL, RunState.ABORT])
@pytest.mark.parametrize("first", ["a", "z"])
def test_what_a_run_announced_before_it_failed_is_not_there(
    state: RunState, end: RunState, first: str, tmp_path: Path
) -> None:
    other = Run("0190b3b0-0000-7000-8000-00000000000f")
    announced = event("2024-05-30T09:00:00Z", outputs=[orders(schema=schema(("new", "int")))])
    announced.eventType, announced.run = state, other
    failed = event("2024-05-30T09:05:00Z")
    failed.eventType, failed.run = end, other
    log(tmp_path, event(outputs=[orders()]), name="m.ndjson")
    log(tmp_path, announced, name=f"{first}.ndjson")
    log(tmp_path, failed, name="n.ndjson")
    assert shapes(look(f"openlineage:{tmp_path}")) == {"id": "integer", "total": "number"}


def test_more_failed_runs_than_are_remembered_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dc43_gitdraft.observe.openlineage.MAX_RUNS", 1)
    ends = []
    for digit in "ab":
        ends.append(event())
        ends[-1].eventType = RunState.FAIL
        ends[-1].run = Run(f"0190b3b0-0000-7000-8000-00000000000{digit}")
    with pytest.raises(ObservationError, match="more than 1 runs that failed"):
        seen(tmp_path, event(outputs=[orders()]), *ends)
    assert len(seen(tmp_path, event(outputs=[orders()]), ends[0], ends[0]).properties) == 2


def test_what_a_run_announced_that_goes_on_is_taken(tmp_path: Path) -> None:
    announced = event("2024-05-30T09:00:00Z", outputs=[orders(schema=schema(("new", "int")))])
    announced.eventType = RunState.RUNNING
    assert shapes(seen(tmp_path, event(outputs=[orders()]), announced)) == {"new": "integer"}


def test_assertions_of_a_run_that_failed_later_count_where_no_other_do(tmp_path: Path) -> None:
    assertions = data_quality_assertions_dataset

    def asserted(passed: bool, run: str, state: RunState) -> RunEvent:
        facet = assertions.DataQualityAssertionsDatasetFacet(
            [assertions.Assertion("not_null", passed, "id")]
        )
        made = event(outputs=[orders(dataQualityAssertions=facet)])
        made.eventType, made.run = state, Run(run)
        return made

    other = "0190b3b0-0000-7000-8000-00000000000f"
    end = event()
    end.eventType, end.run = RunState.FAIL, Run(other)
    events = (asserted(True, RUN, RunState.COMPLETE), asserted(False, other, RunState.RUNNING), end)
    found = add(seen(tmp_path, event(outputs=[orders()])), [str(log(tmp_path, *events))], None)
    assert [each.verdict for each in found.quality] == [Verdict.OK]
    found = add(seen(tmp_path, event(outputs=[orders()])), [str(log(tmp_path, *events[1:]))], None)
    assert [each.verdict for each in found.quality] == [Verdict.BLOCK]


def test_a_run_that_failed_and_completed_all_the_same_wrote_its_data(tmp_path: Path) -> None:
    failed = event("2024-05-30T09:05:00Z")
    failed.eventType = RunState.FAIL
    assert shapes(seen(tmp_path, failed, event(outputs=[orders()]))) == {
        "id": "integer",
        "total": "number",
    }


def test_a_facet_that_was_deleted_is_gone(tmp_path: Path) -> None:
    gone = {
        "eventTime": "2024-05-30T10:00:00Z",
        "outputs": [
            {
                "namespace": "s3://lake",
                "name": "shop.orders",
                "facets": {"schema": {"_deleted": True}},
            }
        ],
    }
    with pytest.raises(ObservationError, match="no event in it states a schema"):
        seen(tmp_path, event(outputs=[orders()]), json.dumps(gone))


def test_a_directory_a_document_and_a_compressed_file_are_read(tmp_path: Path) -> None:
    events = [Serde.to_dict(event(outputs=[orders()])), Serde.to_dict(event())]
    whole = tmp_path / "all.json"
    whole.write_text(json.dumps(events, indent=1), "utf-8")
    assert len(look(f"openlineage:{whole}").properties) == 2
    one = tmp_path / "one.json"
    one.write_text(json.dumps(events[0], indent=1), "utf-8")
    assert len(look(f"openlineage:{one}").properties) == 2
    folder = tmp_path / "log"
    folder.mkdir()
    with gzip.open(folder / "a.ndjson.gz", "wt") as stream:
        stream.write(json.dumps(events[0]) + "\n\n")
    (folder / "notes.txt").write_text("nothing")
    assert len(look(f"openlineage:{folder}").properties) == 2


def test_an_event_of_a_dataset_alone_is_read(tmp_path: Path) -> None:
    dataset = StaticDataset("kafka://broker", "orders", facets={"schema": schema(("id", "long"))})
    found = seen(
        tmp_path, DatasetEvent(eventTime="2024-05-30T08:00:00Z", producer=SPARK, dataset=dataset)
    )
    assert shapes(found) == {"id": "integer"}


@pytest.mark.parametrize(
    ("namespace", "uri", "producer", "dialect"),
    [
        ("postgres://host:5432", None, "https://airflow", "postgres"),
        ("snowflake://account", None, "https://dbt", "snowflake"),
        ("x", "jdbc:mysql://host/db", "https://airflow", "mysql"),
        ("mssql://host", None, "https://airflow", "tsql"),
        ("bigquery", None, "https://dbt", "bigquery"),
        ("postgres://host", None, SPARK, None),
        ("s3://bucket", None, "https://airflow", None),
    ],
)
def test_the_dialect_is_that_of_the_datas_place(
    namespace: str, uri: str | None, producer: str, dialect: str | None, tmp_path: Path
) -> None:
    facets: dict[str, Any] = {"schema": schema(("id", "bigint"))}
    if uri:
        facets["dataSource"] = datasource_dataset.DatasourceDatasetFacet(uri=uri)
    output = OutputDataset(namespace, "a.b", facets=facets)
    assert seen(tmp_path, event(outputs=[output], producer=producer)).dialect == dialect


NESTED = [
    (Field("a", "struct", fields=[Field("x", "int")]), "object<x:integer>", "struct<x:int>"),
    (Field("a", "array", fields=[Field("_element", "long")]), "array<integer>", "array<long>"),
    (
        Field("a", "array", fields=[Field("_element", "struct", fields=[Field("x", "int")])]),
        "array<object<x:integer>>",
        "array<struct<x:int>>",
    ),
    (
        Field("a", "map", fields=[Field("key", "string"), Field("value", "double")]),
        "map<string,number>",
        "map<string,double>",
    ),
    (Field("a", "array<string>"), "array<string>", "array<string>"),
    (Field("a", "union", fields=[Field("x", "int")]), "object<x:integer>", "struct<x:int>"),
    (Field("a", "timestamp_ntz"), "timestamp_ntz", "timestamp_ntz"),
    (Field("a", "udt(point)"), "?", "udt(point)"),
    (Field("a"), "?", "unknown"),
]


@pytest.mark.parametrize(("field", "shape", "physical"), NESTED)
def test_nested_and_unknown_types_give_a_valid_first_version(
    field: Any, shape: str, physical: str, tmp_path: Path
) -> None:
    found = seen(
        tmp_path, event(outputs=[OutputDataset("x", "t", facets={"schema": schema(field)})])
    )
    assert (shapes(found)["a"], column(found, "a").type.physical) == (shape, physical)
    contract = first_draft(found)
    assert contract.document["schema"][0]["name"] == "t"
    assert contract.document["schema"][0]["properties"][0]["physicalType"] == physical
    assert redrafted(contract, found) is None
    assert bool(found.warnings) is (shape == "?")


def ol_fields(properties: list[Document]) -> list[dict[str, Any]]:
    """The fields by which Spark's integration would report the data of a contract."""
    return [{"name": each["name"], **ol_type(each)} for each in properties]


def ol_type(node: Document) -> dict[str, Any]:
    kind = node["logicalType"]
    if kind == "object":
        return {"type": "struct", "fields": ol_fields(node["properties"])}
    if kind == "array":
        return {"type": "array", "fields": [{"name": "_element", **ol_type(node["items"])}]}
    if kind == "map":
        parts = [{"name": name, **ol_type(node["map"][name])} for name in ("key", "value")]
        return {"type": "map", "fields": parts}
    stated = types.parse(str(node.get("physicalType", "")))
    if stated.known and types.is_own(stated):
        return {"type": types.spell(stated)}
    if node.get("logicalTypeOptions", {}).get("timezone") is False:
        return {"type": "timestamp_ntz"}
    return {"type": {"integer": "bigint", "number": "double"}.get(kind, kind)}


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(document=contract_documents())
def test_the_events_of_any_contracts_data_are_no_drift(document: Document, tmp_path: Path) -> None:
    contract = Contract(odcs.dump_new(document), document)
    facet = {"fields": ol_fields(document["schema"][0]["properties"])}
    if facet["fields"]:
        dataset = {"namespace": "s3://x", "name": "t", "facets": {"schema": facet}}
        line = {"eventTime": "2024-05-30T08:00:00Z", "producer": SPARK, "outputs": [dataset]}
        drafted = redrafted(contract, seen(tmp_path, json.dumps(line)))
        assert drafted is None, drafted.changes


def test_another_type_is_drift(tmp_path: Path) -> None:
    contract = first_draft(seen(tmp_path, event(outputs=[orders()])))
    wider = OutputDataset(
        "s3://lake",
        "shop.orders",
        facets={"schema": schema(("id", "string"), ("total", "decimal(12,2)"))},
    )
    draft = redrafted(contract, seen(tmp_path, event(outputs=[wider])))
    assert draft is not None
    assert {each.path for each in draft.changes} == {"orders.id", "orders.total"}


def test_datasets_of_one_name_are_told_apart_by_their_place(tmp_path: Path) -> None:
    both = [
        OutputDataset(place, "orders", facets={"schema": schema(("id", kind))})
        for place, kind in (("s3://a", "int"), ("s3://b", "string"))
    ]
    with pytest.raises(
        ObservationError, match=r"several datasets \(s3://a/orders, s3://b/orders\)"
    ):
        seen(tmp_path, event(outputs=both))
    assert shapes(seen(tmp_path, event(outputs=both), part="#s3://b/orders")) == {"id": "string"}


def _deep(levels: int) -> dict[str, Any]:
    field: dict[str, Any] = {"name": "x", "type": "int"}
    for _ in range(levels):
        field = {"name": "x", "type": "struct", "fields": [field]}
    return field


def _line(*fields: Any) -> str:
    dataset = {"namespace": "x", "name": "t", "facets": {"schema": {"fields": list(fields)}}}
    return json.dumps({"eventTime": "2024-05-30T08:00:00Z", "outputs": [dataset]})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not valid JSON"),
        ("{}", "it holds no event of OpenLineage"),
        ("[]", "it holds no event of OpenLineage"),
        ('{"eventTime": "x", "outputs": 3}', "it holds no dataset"),
        (_line()[:-20], "not valid JSON"),
        (_line({"name": "a", "type": "int"}) + "\n{", ":2: not valid JSON: each line"),
        (_line({"name": "a"}) + "\n3", ":2: an event must be a JSON object"),
        (_line({"name": "a", "type": "int"}, {"name": "a", "type": "int"}), "two of its columns"),
        (_line({"type": "int"}), "a column without a name"),
        (_line(_deep(90)), "nested more than 64 levels deep"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_broken_and_hostile_events_end_in_one_sentence(
    text: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ObservationError, match=said):
        seen(tmp_path, text)


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = tmp_path / "bomb.ndjson.gz"
    with gzip.open(bomb, "wb") as stream:
        for _ in range(40):
            stream.write(b" " * 1024 * 1024)
    with pytest.raises(
        ObservationError, match=r"longer than 16 MiB|not valid JSON|more than 64 MiB"
    ):
        look(f"openlineage:{bomb}")
    (tmp_path / "cut.json.gz").write_bytes(bomb.read_bytes()[:100])
    with pytest.raises(ObservationError, match="damaged or cut off"):
        look(f"openlineage:{tmp_path / 'cut.json.gz'}")
    monkeypatch.setattr("dc43_gitdraft.observe.openlineage.MAX_DATASETS", 1)
    with pytest.raises(ObservationError, match="more than 1 datasets"):
        seen(tmp_path, event(inputs=[InputDataset("x", "y")], outputs=[orders()]))


def test_invalid_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(_line({"name": "a", "type": "int"}).encode() + b'\n{"a": "\xff"}\n')
    with pytest.raises(ObservationError, match=r"a.ndjson:2: not UTF-8"):
        look(f"openlineage:{path}")


def test_ten_thousand_columns_are_seen(tmp_path: Path) -> None:
    line = _line(*({"name": f"c{place}", "type": "int"} for place in range(10_000)))
    assert len(seen(tmp_path, line).properties) == 10_000


def test_more_than_memory_should_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dc43_gitdraft.observe.openlineage.MAX_PARTS", 60)
    assert seen(tmp_path, *[event(outputs=[orders()])] * 20)  # the same again is kept once
    monkeypatch.setattr("dc43_gitdraft.observe.openlineage.MAX_PARTS", 5)
    with pytest.raises(ObservationError, match="together are too large"):
        seen(tmp_path, event(outputs=[orders()]))
