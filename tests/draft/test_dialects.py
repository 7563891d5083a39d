"""Contracts whose servers speak a dialect: what their data proves, and how a draft spells it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dc43_gitdraft import odcs, types
from dc43_gitdraft.draft import make_draft
from dc43_gitdraft.draft.evidence import Source, contradiction
from dc43_gitdraft.model import (
    Bump,
    Dataset,
    DataType,
    Draft,
    Observation,
    ObservedProperty,
    Policy,
)
from dc43_gitdraft.odcs import Contract

SERVER = {
    "snowflake": "snowflake", "bigquery": "bigquery", "postgres": "postgresql",
    "redshift": "redshift", "databricks": "databricks", "trino": "trino", "tsql": "sqlserver",
    "duckdb": "duckdb", "mysql": "mysql", "oracle": "oracle", "clickhouse": "clickhouse",
    "hive": "hive",
}  # fmt: skip


def seen(physical: str) -> DataType:
    parsed = types.parse(physical)
    logical, options = types.implied(parsed)
    return DataType(logical, physical, options)


#: What Spark or Parquet holds for a type of the dialect, without any drift.
AGREES = [
    ("snowflake", "NUMBER(10,2)", "decimal(10,2)"),
    ("snowflake", "NUMBER(38,0)", "bigint"),
    ("snowflake", "INT", "bigint"),
    ("snowflake", "INTEGER", "decimal(38,0)"),
    ("snowflake", "NUMBER(5,0)", "tinyint"),
    ("snowflake", "NUMBER", "decimal(10,0)"),
    ("snowflake", "FLOAT", "double"),
    ("snowflake", "REAL", "float"),
    ("snowflake", "VARCHAR(20)", "string"),
    ("snowflake", "TIMESTAMP_NTZ(3)", "timestamp_ntz"),
    ("snowflake", "TIMESTAMP", "timestamp"),
    ("snowflake", "TIMESTAMP_TZ", "timestamp"),
    ("snowflake", "VARIANT", "array<string>"),
    ("snowflake", "OBJECT", "struct<a:int>"),
    ("snowflake", "ARRAY(INT)", "array<int>"),
    ("snowflake", "GEOGRAPHY", "string"),
    ("bigquery", "INT64", "int"),
    ("bigquery", "FLOAT64", "float"),
    ("bigquery", "NUMERIC", "decimal(10,2)"),
    ("bigquery", "NUMERIC", "decimal(38,9)"),
    ("bigquery", "STRING(10)", "string"),
    ("bigquery", "BYTES", "binary"),
    ("bigquery", "DATETIME", "timestamp_ntz"),
    ("bigquery", "TIMESTAMP", "timestamp"),
    ("bigquery", "STRUCT<a INT64>", "struct<a:int>"),
    ("bigquery", "JSON", "map<string,string>"),
    ("postgres", "numeric", "decimal(12,4)"),
    ("postgres", "smallint", "tinyint"),
    ("postgres", "character varying(20)", "string"),
    ("postgres", "timestamptz", "timestamp"),
    ("postgres", "timestamp", "timestamp_ntz"),
    ("postgres", "uuid", "string"),
    ("postgres", "jsonb", "struct<a:int>"),
    ("postgres", "int[]", "array<int>"),
    ("postgres", "bytea", "binary"),
    ("postgres", "tsvector", "string"),
    ("redshift", "super", "array<int>"),
    ("redshift", "text", "string"),
    ("trino", "row(a bigint)", "struct<a:bigint>"),
    ("trino", "timestamp(3) with time zone", "timestamp"),
    ("tsql", "tinyint", "smallint"),
    ("tsql", "bit", "boolean"),
    ("tsql", "nvarchar(max)", "string"),
    ("tsql", "datetime", "timestamp_ntz"),
    ("tsql", "timestamp", "binary"),
    ("tsql", "money", "decimal(19,4)"),
    ("tsql", "uniqueidentifier", "string"),
    ("duckdb", "UINTEGER", "bigint"),
    ("duckdb", "HUGEINT", "decimal(38,0)"),
    ("duckdb", "VARCHAR[]", "array<string>"),
    ("mysql", "tinyint(1)", "boolean"),
    ("mysql", "int unsigned", "bigint"),
    ("mysql", "datetime", "timestamp_ntz"),
    ("oracle", "DATE", "timestamp_ntz"),
    ("oracle", "NUMBER(10)", "int"),
    ("oracle", "NUMBER", "decimal(38,10)"),
    ("oracle", "VARCHAR2(20)", "string"),
    ("clickhouse", "Nullable(Int64)", "bigint"),
    ("clickhouse", "DateTime64(3)", "timestamp_ntz"),
    ("hive", "timestamp", "timestamp_ntz"),
]


@pytest.mark.parametrize(("dialect", "stated", "physical"), AGREES)
def test_a_dialects_type_agrees_with_how_files_hold_it(
    dialect: str, stated: str, physical: str
) -> None:
    node = {"physicalType": stated}
    assert contradiction(node, seen(physical), Source.DECLARED, "v3.2.0", dialect) is None


CONTRADICTED = [
    ("snowflake", "NUMBER(10,2)", "decimal(12,2)", "NUMBER(12,2)"),
    ("snowflake", "NUMBER", "decimal(10,2)", "NUMBER(10,2)"),
    ("snowflake", "NUMBER(10,2)", "double", "FLOAT"),
    ("snowflake", "VARCHAR(20)", "bigint", "NUMBER(38,0)"),
    ("snowflake", "TIMESTAMP_NTZ", "timestamp", "TIMESTAMP_LTZ"),
    ("snowflake", "ARRAY(VARCHAR)", "array<double>", "ARRAY(FLOAT)"),
    ("bigquery", "INT64", "double", "FLOAT64"),
    ("bigquery", "NUMERIC(10,2)", "decimal(12,2)", "NUMERIC(12,2)"),
    ("bigquery", "TIMESTAMP", "timestamp_ntz", "DATETIME"),
    ("bigquery", "STRUCT<a INT64>", "struct<a:bigint,b:boolean>", "STRUCT<a INT64, b BOOL>"),
    ("postgres", "integer", "bigint", "bigint"),
    ("postgres", "real", "double", "double precision"),
    ("postgres", "int[]", "array<bigint>", "bigint[]"),
    ("postgres", "timestamp", "timestamp", "timestamptz"),
    ("redshift", "int4", "string", "varchar(65535)"),
    ("trino", "row(a integer)", "struct<a:bigint>", "row(a bigint)"),
    ("trino", "timestamp", "timestamp", "timestamp(6) with time zone"),
    ("tsql", "tinyint", "bigint", "bigint"),
    ("tsql", "int", "string", "nvarchar(max)"),
    ("duckdb", "INTEGER[]", "array<bigint>", "BIGINT[]"),
    ("mysql", "datetime", "timestamp", "timestamp(6)"),
    ("oracle", "NUMBER(10,2)", "decimal(12,2)", "NUMBER(12,2)"),
    ("clickhouse", "Int32", "bigint", "Int64"),
    ("hive", "int", "bigint", "bigint"),
]


def contract(dialect: str | None, *listed: dict[str, Any]) -> Contract:
    document: dict[str, Any] = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "shop",
        "version": "1.0.0",
        "status": "active",
        "schema": [{"name": "o", "properties": list(listed)}],
    }
    if dialect is not None:
        document["servers"] = [{"server": "prod", "type": SERVER[dialect]}]
    return Contract(odcs.dump_new(document), document)


def drafted(base: Contract, *columns: tuple[str, str]) -> Draft | None:
    listed = tuple(ObservedProperty(name, seen(physical)) for name, physical in columns)
    found = Observation(Dataset("lake.o"), listed, "a job")
    return make_draft(base, found, Policy(), contract_id="shop")


def physical_types(draft: Draft) -> list[str]:
    document = odcs.read(draft.text, validate=False).document
    return [node["physicalType"] for node in document["schema"][0]["properties"]]


@pytest.mark.parametrize(("dialect", "stated", "physical", "expected"), CONTRADICTED)
def test_a_draft_spells_in_the_dialect_of_the_servers(
    dialect: str, stated: str, physical: str, expected: str
) -> None:
    base = contract(dialect, {"name": "a", "physicalType": stated})
    made = drafted(base, ("a", physical))
    assert made is not None
    assert physical_types(made) == [expected]
    assert drafted(odcs.read(made.text, validate=False), ("a", physical)) is None


def test_a_widened_number_of_snowflake_asks_for_a_minor_version() -> None:
    node = {"name": "a", "logicalType": "number", "physicalType": "NUMBER(10,2)"}
    base = contract("snowflake", node)
    made = drafted(base, ("a", "decimal(12,2)"))
    assert made is not None
    assert [change.rule for change in made.changes] == ["physical-type-widened"]
    assert made.bump is Bump.MINOR


@pytest.mark.parametrize(
    ("dialect", "sample", "physical", "expected"),
    [
        ("snowflake", "VARCHAR", "bigint", "NUMBER(38,0)"),
        ("snowflake", "NUMBER(10,2)", "decimal(8,1)", "NUMBER(8,1)"),
        ("bigquery", "STRING", "timestamp_ntz", "DATETIME"),
        ("postgres", "text", "struct<a:int>", "jsonb"),
        ("trino", "varchar", "array<int>", "array(integer)"),
        ("tsql", "INT", "string", "NVARCHAR(MAX)"),
        ("duckdb", "VARCHAR", "array<int>", "INTEGER[]"),
        (None, "STRING", "bigint", "BIGINT"),
    ],
)
def test_a_new_property_is_spelt_in_the_dialect_of_the_servers(
    dialect: str | None, sample: str, physical: str, expected: str
) -> None:
    base = contract(dialect, {"name": "a", "logicalType": "string", "physicalType": sample})
    listed = (("a", "string" if "(" not in sample else "decimal(10,2)"), ("b", physical))
    made = drafted(base, *listed)
    assert made is not None
    assert physical_types(made)[-1] == expected


SPARK_TYPES = [
    "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(10,2)",
    "decimal(38,0)", "decimal(38,20)", "string", "varchar(10)", "char(3)", "binary", "date",
    "timestamp", "timestamp_ntz", "time", "interval day to second", "array<int>",
    "array<struct<a:decimal(10,2)>>", "map<string,bigint>", "struct<a:int,b:array<string>>",
]  # fmt: skip
STATED = [text for _, text, _ in AGREES] + [text for _, text, _, _ in CONTRADICTED]


@given(
    dialect=st.sampled_from([*SERVER, None]),
    stated=st.sampled_from(STATED),
    physical=st.sampled_from(SPARK_TYPES),
)
def test_a_draft_agrees_with_its_data_in_every_dialect(
    dialect: str | None, stated: str, physical: str
) -> None:
    base = contract(dialect, {"name": "a", "physicalType": stated}, {"name": "b"})
    columns = (("a", physical), ("b", "string"), ("c", physical))
    made = drafted(base, *columns)
    assert made is not None
    settled = drafted(odcs.read(made.text, validate=False), *columns)
    assert settled is None, (made.text, settled.changes)


@pytest.mark.parametrize("stated", ["NUMBER(9)", "INT64", "NVARCHAR(MAX)", "ROW(a bigint)"])
def test_without_a_dialect_a_foreign_type_proves_nothing(stated: str) -> None:
    node = {"physicalType": stated}
    assert contradiction(node, seen("date"), Source.DECLARED, "v3.2.0") is None
