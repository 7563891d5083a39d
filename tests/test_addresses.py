from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from dc43_gitdraft.addresses import Address, Directory, find
from dc43_gitdraft.catalog import Entry
from dc43_gitdraft.odcs import Contract


def entry(
    contract: str, *objects: str | dict[str, Any], servers: Sequence[dict[str, Any]] = ()
) -> Entry:
    schema = [{"name": each} if isinstance(each, str) else each for each in objects]
    document = {"id": contract, "version": "1.0.0", "schema": schema, "servers": list(servers)}
    return Entry(f"contracts/{contract}.odcs.yaml", Contract("", document))


def found(name: str, *entries: Entry) -> list[str]:
    matches = find(Address.of(name), entries)
    assert Directory(entries).find(Address.of(name)) == matches
    return [each.contract + (f"#{each.object}" if each.object else "") for each in matches]


GOLD = {"server": "prod", "type": "databricks", "catalog": "main", "schema": "gold"}
LAKE = {"server": "lake", "type": "s3", "location": "s3://lake/shop/orders/*.parquet"}


@pytest.mark.parametrize(
    ("name", "parts", "is_path"),
    [
        ("spark:main.gold.orders", ("main", "gold", "orders"), False),
        ("table:gold.orders", ("gold", "orders"), False),
        ("orders", ("orders",), False),
        ("spark:`a.b`.`c``d`", ("a.b", "c`d"), False),
        ("parquet:data/orders", ("data", "orders"), True),
        ("parquet:orders", ("orders",), True),
        ("orders.jsonl", ("orders.jsonl",), True),
        ("spark:parquet:s3a://lake/shop/orders/", ("lake", "shop", "orders"), True),
        ("./data/orders.csv", ("data", "orders.csv"), True),
    ],
)
def test_an_address_is_read_from_a_source(name: str, parts: tuple[str, ...], is_path: bool) -> None:
    assert Address.of(name) == Address(parts, is_path)


def test_a_table_is_found_by_the_server_of_its_contract() -> None:
    assert found("spark:main.gold.orders", entry("c-1", "orders", servers=[GOLD])) == ["c-1"]


def test_letter_case_does_not_matter_for_tables() -> None:
    assert found("spark:MAIN.Gold.ORDERS", entry("c-1", "orders", servers=[GOLD])) == ["c-1"]


def test_a_table_without_its_catalog_is_found_by_the_server_too() -> None:
    assert found("spark:gold.orders", entry("c-1", "orders", servers=[GOLD])) == ["c-1"]


def test_a_server_that_names_only_a_database_is_enough() -> None:
    hive = {"server": "hive", "type": "hive", "database": "gold"}
    assert found("spark:main.gold.orders", entry("c-1", "orders", servers=[hive])) == ["c-1"]


def test_a_table_elsewhere_is_not_found_by_its_name() -> None:
    assert found("spark:main.bronze.orders", entry("orders", "orders", servers=[GOLD])) == []


def test_one_of_several_servers_is_enough() -> None:
    servers = [{**GOLD, "schema": "test"}, GOLD]
    assert found("spark:main.gold.orders", entry("c-1", "orders", servers=servers)) == ["c-1"]


def test_the_whole_physical_name_is_an_address() -> None:
    named = {"name": "orders", "physicalName": "gold.orders_v2"}
    assert found("spark:main.gold.orders_v2", entry("c-1", named)) == ["c-1"]
    assert found("spark:main.bronze.orders_v2", entry("c-1", named)) == []


def test_without_servers_the_name_of_the_schema_object_decides() -> None:
    entries = [entry("c-1", "orders"), entry("c-2", "customers")]
    assert found("spark:main.gold.customers", *entries) == ["c-2"]


def test_the_id_of_the_contract_is_the_last_resort() -> None:
    assert found("spark:main.gold.orders", entry("orders", "sales")) == ["orders"]
    assert found("spark:gold.orders", entry("orders", "s"), entry("c-2", "orders")) == ["c-2"]


def test_a_server_goes_before_a_name() -> None:
    entries = [entry("by-name", "orders"), entry("by-server", "orders", servers=[GOLD])]
    assert found("spark:main.gold.orders", *entries) == ["by-server"]


def test_a_server_that_says_more_goes_before_one_that_says_less() -> None:
    hive = {"server": "hive", "type": "hive", "database": "gold"}
    entries = [entry("less", "orders", servers=[hive]), entry("more", "orders", servers=[GOLD])]
    assert found("spark:main.gold.orders", *entries) == ["more"]


def test_several_equals_are_all_told() -> None:
    assert found("spark:gold.orders", entry("a", "orders"), entry("b", "orders")) == ["a", "b"]


def test_each_schema_object_has_its_table() -> None:
    shop = entry("shop", "orders", "customers", servers=[GOLD])
    assert found("spark:main.gold.orders", shop) == ["shop#orders"]
    assert found("spark:main.gold.customers", shop) == ["shop#customers"]
    assert found("spark:main.gold.shop", shop) == []


def test_a_topic_is_no_table() -> None:
    kafka = {"server": "stream", "type": "kafka", "host": "broker:9092"}
    topic = {"name": "events", "physicalName": "web.events.v1", "physicalType": "topic"}
    assert found("spark:web.events", entry("clicks", topic, servers=[kafka])) == ["clicks"]


@pytest.mark.parametrize(
    "source", ["parquet:s3a://lake/shop/orders", "spark:parquet:s3://lake/shop/orders/"]
)
def test_a_path_is_found_by_the_location_of_a_server(source: str) -> None:
    assert found(source, entry("c-1", "sales", servers=[LAKE])) == ["c-1"]


def test_a_relative_path_of_a_server_is_the_end_of_the_data_s() -> None:
    local = {"server": "local", "type": "local", "path": "./data/orders.parquet"}
    assert found("parquet:/srv/data/orders.parquet", entry("c-1", "s", servers=[local])) == ["c-1"]


def test_the_schema_object_stands_for_the_model_in_a_location() -> None:
    lake = {"server": "lake", "type": "s3", "location": "s3://lake/{model}/*.parquet"}
    shop = entry("shop", "orders", "customers", servers=[lake])
    assert found("parquet:s3://lake/customers", shop) == ["shop#customers"]


def test_a_file_is_found_by_its_name_without_the_ending() -> None:
    assert found("data/orders.jsonl.gz", entry("c-1", "orders")) == ["c-1"]


def test_data_that_no_contract_is_of_is_not_found() -> None:
    assert found("spark:gold.refunds", entry("c-1", "orders", servers=[GOLD])) == []
