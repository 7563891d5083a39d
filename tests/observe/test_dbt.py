from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from support.documents import contract_documents
from support.firsts import first_draft, redrafted
from support.seen import column, look, shapes

from dc43_gitdraft import odcs, types
from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Document
from dc43_gitdraft.observe import from_json, to_json
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.types import DIALECTS

DBT = Path(__file__).parents[1] / "data" / "dbt"
ORDERS = {
    "id": "integer",
    "customer_id": "integer",
    "status": "string",
    "amount": "number",
    "placed_at": "timestamp_tz",
    "tags": "array<string>",
    "extra": "object<a:integer,b:array<number>>",
}


def project(
    folder: Path, columns: list[dict[str, Any]], adapter: str = "postgres", **node: Any
) -> Path:
    """Write a manifest with one model, `shop.orders`."""
    path = folder / "manifest.json"
    made = {
        "resource_type": "model",
        "name": "orders",
        "columns": {each["name"]: each for each in columns},
        **node,
    }
    version = "https://schemas.getdbt.com/dbt/manifest/v12.json"
    metadata = {"dbt_schema_version": version, "adapter_type": adapter}
    path.write_text(json.dumps({"metadata": metadata, "nodes": {"model.shop.orders": made}}))
    return path


def test_the_types_are_those_of_the_database(tmp_path: Path) -> None:
    found = look(f"dbt:{DBT}#orders")
    assert shapes(found) == ORDERS
    assert column(found, "amount").type.physical == "DECIMAL(10,2)"
    assert (found.dialect, found.complete, found.description) == (
        "duckdb",
        True,
        "Every order once",
    )
    assert found.dataset.id == f"dbt:{DBT}#orders"
    assert from_json(to_json(found)) == found


def test_constraints_and_tests_are_promises() -> None:
    found = look(f"dbt:{DBT}#orders")
    assert [each.name for each in found.properties if each.nullable is False] == [
        "id",
        "customer_id",
    ]
    assert (column(found, "id").key, column(found, "id").unique) == (1, True)
    assert column(found, "amount").description == "In EUR"
    assert found.warnings == (
        "the project promises what a draft does not, for a person to add:"
        " relationships of customer_id",
    )
    assert column(found, "status").enum == ("open", "paid")


@pytest.mark.parametrize(
    ("kind", "values", "namespace", "adapter", "listed"),
    [
        ("text", ["a", "b", "a"], None, "postgres", ("a", "b")),
        ("int", [1, 2], None, "postgres", (1, 2)),
        ("text", ["a", "b"], "other", "postgres", ()),
        ("text", ["a", "b"], None, "sqlserver", ()),  # `A` too
        ("char(3)", ["a"], None, "postgres", ()),  # padded with blanks
        ("text", [["a"]], None, "postgres", ()),
        ("text", ["a", 1], None, "postgres", ()),
        ("int", ["1"], None, "postgres", ()),
        ("int", [True], None, "postgres", ()),
        ("numeric(10,2)", [1], None, "postgres", ()),
        ("text", [], None, "postgres", ()),
        ("text", "a", None, "postgres", ()),
    ],
)
def test_accepted_values_are_permitted_ones_where_that_is_the_same(
    kind: str,
    values: Any,
    namespace: str | None,
    adapter: str,
    listed: tuple[str | int, ...],
    tmp_path: Path,
) -> None:
    path = project(tmp_path, [{"name": "state", "data_type": kind}], adapter)
    document = json.loads(path.read_text())
    document["nodes"]["test.shop.one"] = {
        "resource_type": "test",
        "attached_node": "model.shop.orders",
        "column_name": "state",
        "test_metadata": {
            "name": "accepted_values",
            "kwargs": {"values": values},
            "namespace": namespace,
        },
    }
    path.write_text(json.dumps(document))
    found = look(f"dbt:{path}")
    assert column(found, "state").enum == listed
    assert ("accepted_values of state" in " ".join(found.warnings)) is not bool(listed)
    contract = first_draft(found)
    assert ("enum" in contract.document["schema"][0]["properties"][0]) is bool(listed)
    assert redrafted(contract, found) is None


@pytest.mark.parametrize(
    ("config", "promised"),
    [
        ({"severity": "ERROR"}, True),
        ({"severity": "error", "enabled": True}, True),
        ({"severity": "warn"}, False),
        ({"severity": "WARN"}, False),
        ({"enabled": False}, False),
        ({"where": "id > 0"}, False),
        ({"error_if": "!= 0", "warn_if": "> 5", "fail_calc": "count(*)"}, True),
        ({"error_if": ">0"}, True),
        ({"error_if": ">= 1"}, True),
        ({"error_if": "> 10"}, False),
        ({"error_if": ">= 2"}, False),
        ({"error_if": "< 1"}, False),
        ({"fail_calc": "sum(n) / 100"}, False),
    ],
)
def test_only_tests_that_fail_a_run_are_promises(
    config: dict[str, Any], promised: bool, tmp_path: Path
) -> None:
    path = project(tmp_path, [{"name": "id", "data_type": "int"}])
    document = json.loads(path.read_text())
    for kind in ("not_null", "unique", "our_own"):
        document["nodes"][f"test.shop.{kind}"] = {
            "resource_type": "test",
            "attached_node": "model.shop.orders",
            "column_name": "id",
            "test_metadata": {"name": kind},
            "config": config,
        }
    path.write_text(json.dumps(document))
    found = look(f"dbt:{path}")
    seen = column(found, "id")
    assert (seen.nullable, seen.unique) == ((False, True) if promised else (None, None))
    assert ("our_own of id" in " ".join(found.warnings)) is promised


def test_tags_reach_a_first_version(tmp_path: Path) -> None:
    columns: list[dict[str, Any]] = [
        {"name": "id", "data_type": "int", "tags": []},
        {"name": "email", "data_type": "text", "tags": ["pii"], "config": {"tags": ["pii", "x"]}},
        {"name": "phone", "data_type": "text", "config": {"tags": "gdpr"}},
    ]
    found = look(f"dbt:{project(tmp_path, columns, tags=['shop', 'daily: yes'])}")
    assert [each.tags for each in found.properties] == [(), ("pii", "x"), ("gdpr",)]
    assert from_json(to_json(found)) == found
    (table,) = first_draft(found).document["schema"]
    assert table["tags"] == ["shop", "daily: yes"]
    assert [each.get("tags") for each in table["properties"]] == [None, ["pii", "x"], ["gdpr"]]


def test_tags_of_columns_that_the_contract_has_are_told(tmp_path: Path) -> None:
    bare = [{"name": name, "data_type": "text"} for name in ("email", "phone")]
    contract = first_draft(look(f"dbt:{project(tmp_path, bare)}"))
    assert redrafted(contract, look(f"dbt:{project(tmp_path, bare)}")) is None
    tagged = [{**each, "tags": ["pii"]} for each in (*bare, {"name": "new", "data_type": "int"})]
    draft = redrafted(contract, look(f"dbt:{project(tmp_path, tagged)}"))
    assert draft is not None
    said = "the source has tags that the contract has not: orders.email (pii), orders.phone (pii)"
    assert said in draft.notes
    *known, new = odcs.read(draft.text).document["schema"][0]["properties"]
    assert [each.get("tags") for each in (*known, new)] == [None, None, ["pii"]]


def test_what_it_is_made_from_and_feeds_is_told() -> None:
    found = look(f"dbt:{DBT}#orders")
    assert found.context == {"made from": "raw_orders", "feeds": "board, revenue"}


def test_without_a_catalog_the_project_itself_counts(tmp_path: Path) -> None:
    shutil.copy(DBT / "manifest.json", tmp_path)
    found = look(f"dbt:{tmp_path}#orders")
    assert shapes(found) == ORDERS
    assert found.complete  # its contract is enforced
    assert "no catalog.json tells" in found.warnings[1]
    customers = look(f"dbt:{tmp_path / 'manifest.json'}#customers")
    assert (shapes(customers), customers.complete) == ({"id": "?"}, False)
    with pytest.raises(ObservationError, match="no column of `revenue` is described"):
        look(f"dbt:{tmp_path}#revenue")


def test_a_first_version_is_valid_and_no_drift() -> None:
    found = look(f"dbt:{DBT}#orders")
    contract = first_draft(found)
    table = contract.document["schema"][0]
    assert (table["name"], table["description"]) == ("orders", "Every order once")
    assert table["properties"][0] == {
        "name": "id",
        "logicalType": "integer",
        "physicalType": "BIGINT",
        "required": True,
        "unique": True,
        "primaryKey": True,
        "primaryKeyPosition": 1,
        "description": "The key",
    }
    assert redrafted(contract, found) is None


def test_names_are_spelled_as_the_project_does(tmp_path: Path) -> None:
    project(tmp_path, [{"name": "id"}, {"name": "gone"}], "snowflake")
    columns = {"ID": {"name": "ID", "type": "NUMBER", "index": 1}}
    catalog = {"nodes": {"model.shop.orders": {"columns": columns}}}
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))
    found = look(f"dbt:{tmp_path}")
    assert shapes(found) == {"id": "integer"}
    assert found.warnings == ("the project describes what the table does not have: gone",)


@pytest.mark.parametrize("adapter", ["postgres", "snowflake", "bigquery", "databricks", "duckdb"])
def test_every_type_of_an_adapter_gives_a_valid_first_version(adapter: str, tmp_path: Path) -> None:
    words = [word for word in DIALECTS[adapter].words if types.parse(word, adapter).known]
    words += ["bigint", "decimal(10,2)", "varchar(40)", "boolean", "some_type_of_ours"]
    columns = [{"name": f"c{at}", "data_type": word} for at, word in enumerate(words)]
    found = look(f"dbt:{project(tmp_path, columns, adapter)}")
    contract = first_draft(found)
    stated = contract.document["schema"][0]["properties"]
    assert [each["physicalType"] for each in stated] == words
    assert redrafted(contract, found) is None
    assert "some_type_of_ours" in " ".join(found.warnings)


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(document=contract_documents(depth=0))
def test_the_project_of_any_contracts_table_is_no_drift(document: Document, tmp_path: Path) -> None:
    columns = []
    for node in document["schema"][0]["properties"]:
        stated = types.parse(str(node.get("physicalType", "")))
        kind = {"integer": "bigint", "number": "double"}.get(
            node["logicalType"], node["logicalType"]
        )
        if node.get("logicalTypeOptions", {}).get("timezone") is False:
            kind = "timestamp_ntz"
        own = stated.known and types.is_own(stated)
        columns.append({"name": node["name"], "data_type": types.spell(stated) if own else kind})
    if columns:
        path = project(tmp_path, columns, "spark", config={"contract": {"enforced": True}})
        contract = Contract(odcs.dump_new(document), document)
        drafted = redrafted(contract, look(f"dbt:{path}"))
        assert drafted is None, drafted.changes


def test_another_type_is_drift(tmp_path: Path) -> None:
    contract = first_draft(look(f"dbt:{DBT}#orders"))
    for name in ("manifest.json", "catalog.json"):
        shutil.copy(DBT / name, tmp_path)
    catalog = json.loads((tmp_path / "catalog.json").read_text())
    catalog["nodes"]["model.shop.orders"]["columns"]["amount"]["type"] = "DOUBLE"
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))
    draft = redrafted(contract, look(f"dbt:{tmp_path}#orders"))
    assert draft is not None
    assert [(each.path, each.before, each.after) for each in draft.changes] == [
        ("orders.amount", "DECIMAL(10,2)", "DOUBLE")
    ]


def test_a_model_is_named_where_there_are_several(tmp_path: Path) -> None:
    with pytest.raises(
        ObservationError, match=r"several models \(.*orders.*\): say which with `#MODEL`"
    ):
        look(f"dbt:{DBT}")
    with pytest.raises(ObservationError, match="no model `ordrs`"):
        look(f"dbt:{DBT}#ordrs")
    path = project(tmp_path, [{"name": "id", "data_type": "int"}])
    document = json.loads(path.read_text())
    document["nodes"]["model.other.orders"] = document["nodes"]["model.shop.orders"]
    path.write_text(json.dumps(document))
    with pytest.raises(ObservationError, match=r"model\.shop\.orders, model\.other\.orders"):
        look(f"dbt:{path}#orders")
    assert len(look(f"dbt:{path}#model.shop.orders").properties) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not valid JSON"),
        ('{"metadata": ', "not valid JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "not a manifest of dbt"),
        ('{"metadata": {"dbt_schema_version": "x/run-results/v6"}, "nodes": {}}', "not a manifest"),
        ('{"metadata": {"dbt_schema_version": "x/manifest/v12"}, "nodes": []}', "not a manifest"),
        (
            '{"metadata": {"dbt_schema_version": "x/manifest/v12"}, "nodes": {}}',
            "it holds no model",
        ),
    ],
)
def test_broken_files_end_in_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ObservationError, match=said):
        look(f"dbt:{tmp_path}")


def test_files_that_are_no_project_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ObservationError, match=r"the directory holds no manifest\.json"):
        look(f"dbt:{tmp_path}")
    path = project(tmp_path, [{"name": "a", "data_type": "int"}])
    path.write_bytes(path.read_bytes() + b"\xff")
    with pytest.raises(ObservationError, match="not UTF-8"):
        look(f"dbt:{tmp_path}")
    monkeypatch.setattr("dc43_gitdraft.observe.dbt.MAX_MANIFEST", 10)
    with pytest.raises(ObservationError, match="longer than"):
        look(f"dbt:{tmp_path}")


def test_ten_thousand_columns_are_seen(tmp_path: Path) -> None:
    columns = [{"name": f"c{place}", "data_type": "int"} for place in range(10_000)]
    assert len(look(f"dbt:{project(tmp_path, columns)}").properties) == 10_000
