"""Physical types of two contracts, each in the dialect of its own servers."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.steps import calls_of

from dc43_gitdraft import odcs
from dc43_gitdraft.changes import compare
from dc43_gitdraft.model import Bump, Document, Level


def contract(kind: str | None, physical: str) -> Document:
    servers = [] if kind is None else [{"server": "s", "type": kind}]
    listed = [{"name": "a", "physicalType": physical}]
    return {"id": "c", "servers": servers, "schema": [{"name": "o", "properties": listed}]}


ALIAS, WIDER, NARROWER = "physical-type-alias", "physical-type-widened", "physical-type-narrowed"
OTHER, ZONE = "physical-type-changed", "timestamp-timezone-changed"


@pytest.mark.parametrize(
    ("kind", "old", "new", "rule"),
    [
        (None, "int", "INT", ALIAS),
        ("snowflake", "INT", "NUMBER(38,0)", ALIAS),
        ("snowflake", "VARCHAR", "varchar(16777216)", ALIAS),
        ("snowflake", "NUMBER(10,2)", "NUMBER(12,2)", WIDER),
        ("snowflake", "NUMBER(12,2)", "NUMBER(10,2)", NARROWER),
        ("snowflake", "NUMBER(10,2)", "FLOAT", OTHER),
        ("snowflake", "TIMESTAMP", "TIMESTAMP_LTZ", ZONE),
        ("bigquery", "INT64", "bigint", ALIAS),
        ("bigquery", "STRUCT<a INT64>", "STRUCT<a INT64, b STRING>", WIDER),
        ("postgres", "character varying(20)", "varchar(20)", ALIAS),
        ("postgres", "timestamp", "timestamptz", ZONE),
        ("postgres", "real", "float", WIDER),
        ("redshift", "varchar(20)", "text", WIDER),
        ("trino", "ARRAY(VARCHAR)", "array(varchar)", ALIAS),
        ("sqlserver", "timestamp", "rowversion", ALIAS),
        ("sqlserver", "timestamp", "datetime2", OTHER),
        ("synapse", "nvarchar(20)", "NVARCHAR(MAX)", WIDER),
        ("duckdb", "INTEGER[]", "BIGINT[]", WIDER),
        ("oracle", "DATE", "TIMESTAMP", WIDER),
        # never by a part of a word
        ("postgres", "int", "interval", OTHER),
        ("postgres", "point", "int", OTHER),
        ("snowflake", "no_such_type", "NO_SUCH_TYPE", ALIAS),
        ("snowflake", "no_such_type", "no_such_types", OTHER),
    ],
)
def test_a_change_means_what_the_server_makes_of_it(
    kind: str | None, old: str, new: str, rule: str
) -> None:
    (change,) = compare(contract(kind, old), contract(kind, new))
    assert change.rule == rule


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (("postgres", "bigint"), ("bigquery", "INT64"), ALIAS),
        (("postgres", "int"), ("snowflake", "INTEGER"), WIDER),
        (("snowflake", "FLOAT"), ("postgres", "REAL"), NARROWER),
        (("postgres", "timestamp"), ("bigquery", "TIMESTAMP"), None),
        (("postgres", "timestamptz"), ("bigquery", "TIMESTAMP"), ALIAS),
        (("databricks", "timestamp"), ("postgres", "TIMESTAMP"), ZONE),
    ],
)
def test_each_side_has_its_own_dialect(
    old: tuple[str, str], new: tuple[str, str], rule: str | None
) -> None:
    changes = compare(contract(*old), contract(*new))
    found = [change.rule for change in changes if change.rule != "server-type-changed"]
    assert found == [rule or ZONE]


def test_an_alias_is_a_patch_and_a_widening_a_warning() -> None:
    (alias,) = compare(contract("snowflake", "INT"), contract("snowflake", "BIGINT"))
    assert (alias.level, alias.bump) == (Level.INFO, Bump.PATCH)
    (wider,) = compare(contract("duckdb", "INT"), contract("duckdb", "BIGINT"))
    assert (wider.level, wider.bump) == (Level.WARNING, Bump.MINOR)


SERVERS: dict[str | None, Document] = {
    None: {},
    "snowflake": {"account": "a", "database": "d", "schema": "s"},
    "bigquery": {"project": "p", "dataset": "d"},
    "dremio": {"host": "h", "port": 1, "schema": "s"},
}


@pytest.mark.parametrize("kind", SERVERS)
def test_comparing_a_thousand_properties_takes_little_work(
    kind: str | None, tmp_path: Path
) -> None:
    paths = []
    spellings = ["NUMBER({},2)", "VARCHAR({})", "ARRAY<STRUCT<a_{} INT64>>", "mediumtext"]
    for version, prefix in (("1.0.0", 1), ("1.1.0", 2)):
        listed = [
            {
                "name": f"column_{at}" + ("_x" if at % 7 == prefix else ""),
                "logicalType": "string",
                "physicalType": spellings[at % 4].format(at % 300 + prefix),
                "description": f"What stands in column {at}.",
            }
            for at in range(1000)
        ]
        document = {
            "apiVersion": "v3.2.0",
            "kind": "DataContract",
            "id": "c",
            "version": version,
            "status": "active",
            "servers": [{"server": "s", "type": kind or "custom", **SERVERS[kind]}],
            "schema": [{"name": "o", "properties": listed}],
        }
        paths.append(tmp_path / f"{version}.yaml")
        paths[-1].write_text(odcs.dump_new(document), "utf-8")
    texts = [path.read_text("utf-8") for path in paths]
    old, new = (odcs.read(text) for text in texts)
    changes, calls = calls_of(lambda: compare(old.document, new.document))
    assert calls < 1_200_000
    assert len(changes) > 700
