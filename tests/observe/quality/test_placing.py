"""Results are brought before the contract that they are about, by whatever a tool calls it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.shop import ORDERS, seen

from dc43_gitdraft.model import Observation
from dc43_gitdraft.observe.quality import add
from dc43_gitdraft.odcs import Contract, read

DATA = Path(__file__).parents[2] / "data" / "quality"
NESTED = read(
    """\
apiVersion: v3.2.0
kind: DataContract
id: sales
version: 1.0.0
status: active
schema:
  - name: orders
    physicalName: lake.shop.t_orders
    properties:
      - name: id
        physicalName: order_nr
        logicalType: integer
      - name: lines
        logicalType: array
        items:
          logicalType: object
          properties:
            - name: price
              logicalType: number
      - name: a.b
        logicalType: string
"""
)


def file(tmp_path: Path, *results: dict[str, Any], **more: Any) -> str:
    path = tmp_path / "results.json"
    full = [{"rule": "r", "verdict": "block", **each} for each in results]
    path.write_text(json.dumps({"version": 1, "results": full, **more}), "utf-8")
    return str(path)


def added(
    tmp_path: Path,
    *results: dict[str, Any],
    contract: Contract | None = NESTED,
    observation: Observation | None = None,
    object: str | None = None,  # noqa: A002 - the option's word
) -> Observation:
    return add(observation or seen(), [file(tmp_path, *results)], contract, object=object)


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("orders.id", "orders.id"),
        ("id", "orders.id"),
        ("ID", "orders.id"),
        ("order_nr", "orders.id"),
        ("lines[].price", "orders.lines[].price"),
        ("lines.price", "orders.lines[].price"),
        ("a.b", "orders.`a.b`"),
        ("other", "other"),
        (None, None),
    ],
)
def test_a_property_by_any_of_its_names(tmp_path: Path, said: str | None, path: str) -> None:
    result = {"property": said} if said else {}
    assert [each.property for each in added(tmp_path, result).quality] == [path]


@pytest.mark.parametrize(
    "table",
    ["orders", "ORDERS", "t_orders", "lake.shop.t_orders", "db.x.orders", "sales", "shop.orders"],
)
def test_of_several_tables_those_of_this_dataset_are_taken(tmp_path: Path, table: str) -> None:
    found = added(tmp_path, {"object": table, "rule": "ours"}, {"object": "returns"})
    assert [each.rule for each in found.quality] == ["ours"]
    (warning,) = found.warnings
    assert warning.startswith("1 result in ")
    assert "left out" in warning


def test_the_only_table_is_the_one_that_is_meant(tmp_path: Path) -> None:
    found = added(tmp_path, {"object": "asset_17"}, {"object": "asset_17"})
    assert len(found.quality) == 2
    assert found.warnings == ()


def test_it_is_said_where_no_result_is_of_this_dataset(tmp_path: Path) -> None:
    found = added(tmp_path, {"object": "returns"}, {"object": "customers"})
    assert found.quality == ()
    (warning,) = found.warnings
    assert "no results of this dataset: they are of returns, customers" in warning


def test_what_came_to_no_verdict_is_said(tmp_path: Path) -> None:
    found = added(tmp_path, {"verdict": "unknown"}, {"verdict": "ok"})
    assert len(found.quality) == 2
    assert "1 result in " in found.warnings[0]
    assert "came to no verdict" in found.warnings[0]


def test_an_empty_file_is_said(tmp_path: Path) -> None:
    assert "holds no results" in added(tmp_path).warnings[0]


def test_a_contract_that_does_not_exist_yet(tmp_path: Path) -> None:
    results = [{"object": "orders", "property": "id"}, {"object": "returns"}]
    found = added(tmp_path, *results, contract=None)
    assert [each.property for each in found.quality] == ["id"]


@pytest.mark.parametrize("dataset", ["json:data/orders.jsonl", "parquet:lake/orders", "c:\\orders"])
def test_a_dataset_by_its_file(tmp_path: Path, dataset: str) -> None:
    look = replace(seen(), dataset=replace(seen().dataset, id=dataset))
    results = [{"object": "orders"}, {"object": "returns"}]
    assert len(added(tmp_path, *results, contract=None, observation=look).quality) == 1


def test_one_of_several_objects_is_named(tmp_path: Path) -> None:
    node = "  - name: returns\n    properties:\n      - name: id\n        logicalType: integer\n"
    results = [{"object": "orders", "property": "note"}, {"object": "returns", "property": "id"}]
    found = added(tmp_path, *results, contract=read(ORDERS + node), object="returns")
    assert [each.property for each in found.quality] == ["returns.id"]


def test_results_are_added_to_those_that_the_observation_has(tmp_path: Path) -> None:
    files = [str(DATA / "gx-validation.json"), f"dbt:{DATA / 'dbt'}"]
    found = add(seen(), files, read(ORDERS))
    assert len(found.quality) == 8 + 5 - 1
    both = add(found, [str(DATA / "plain.json")], read(ORDERS))
    assert [each.rule for each in both.quality[:12]] == [each.rule for each in found.quality]
    assert len(both.quality) > 12
    assert {each.property for each in found.quality} > {"orders.order_id", "orders.amount"}
