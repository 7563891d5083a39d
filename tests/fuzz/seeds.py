"""Small inputs that are right, for a fuzzer to start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support.shop import ORDERS

_DATA = Path(__file__).parents[1] / "data"

RICH = """\
%YAML 1.2
---
apiVersion: v3.2.0
kind: DataContract
id: &id 'orders'   # who
version: "1.2.0"
status: active
tags: [sales, 'it''s', "a\\u00e9"]
description:
  purpose: >-
    one
    two
  limitations: ''
servers:
- {server: lake, type: s3, location: "s3://b/orders/*.parquet", format: parquet}
schema:
- name: *id
  physicalType: table
  properties:
  - name: order_id
    logicalType: integer
    physicalType: bigint
    primaryKey: true
    primaryKeyPosition: 1
    required: true
  - name: address
    logicalType: object
    properties:
      - &city {name: city, logicalType: string, logicalTypeOptions: {maxLength: 20}}
      - <<: *city
        name: town
  - name: lines
    logicalType: array
    items:
      logicalType: object
      properties:
      - {name: price, logicalType: number, physicalType: "decimal(10,2)"}
  - name: labels
    logicalType: map
    map: {key: {logicalType: string}, value: {logicalType: integer}}
    quality:
    - {type: library, metric: nullValues, mustBeLessThan: 5, unit: percent}
    relationships:
    - to: customers.id
slaProperties:
- {property: latency, value: 4, unit: d}
customProperties:
- property: gitdraft
  value:
    baseVersion: 1.1.0
    digest: abababab
    feedback:
    - {rule: required, property: orders.order_id, verdict: block}
team: {members: [{username: ana, role: owner}]}
...
"""
FIRST = """\
apiVersion: v3.0.2
kind: DataContract
id: customers
version: 0.1.0
status: draft
schema:
  - name: customers
    properties: [{name: id, logicalType: date, physicalType: timestamp}]
"""
CONTRACTS = (ORDERS, RICH, FIRST, RICH.replace("\n", "\r\n"), "\ufeff" + FIRST)

#: Words of YAML and of contracts, to be put anywhere.
TOKENS = tuple(
    word.encode("utf-8", "surrogatepass")
    for word in (
        *("\n", "\r", "\t", " ", "  ", "- ", ": ", ":\n", "? ", "#", " #", ",", "[", "]", "{", "}"),
        *("&a ", "*a", "*id", "<<: ", "!!str ", "!!int ", "!x ", "! ", "|", "|+\n", ">-\n", "'"),
        *('"', '"\\ud800"', '"\\U00110000"', '"\\x00"', "''", "---\n", "...\n", "%YAML 1.1\n"),
        *("%TAG ! x:\n", "null", "~", "1e999", ".nan", "0x1", "1:20", "2024-01-01", "\ufeff"),
        *("\x85", "\u2028", "\x00", "\ud800", "[" * 30, "- " * 30, "{a: " * 30),
        *("name: ", "schema:", "properties:", "items:", "map:", "quality:", "version: ", "id: "),
    )
)

#: What looks like an id at the start of a line and is none, or is one and does not look so.
DECOYS = (
    *(b"\nid: evil\n", b"id: evil\n", b'\n"id": evil\n', b"\n? id\n: evil\n", b"\n<<: *a\n"),
    *(b'\nname: "x\nid: evil\ny: "\n', b"\rid: evil\n", b"\xe2\x80\xa8id: evil\n", b"\n  more\n"),
    *(b"\nid", b"\xef\xbb\xbf", b"|\n", b">\n", b'"', b"'", b"\n---\n", b"\n# x\n", b"{", b"}"),
)

OBSERVATION: dict[str, Any] = {
    "version": 1,
    "dataset": {"id": "table:shop.orders", "version": "2024-05-30"},
    "object": "orders",
    "observed_by": "a job",
    "observed_at": "2024-05-30T12:00:00.5+02:00",
    "run_url": "https://ci.example/runs/7",
    "rows": 10,
    "complete": True,
    "dialect": "postgres",
    "layout": {"format": "parquet", "files": 2, "bytes": 100, "partitions": ["day"]},
    "properties": [
        {"name": "order_id", "type": {"logical": "integer", "physical": "bigint"}, "nulls": 2},
        {
            "name": "amount",
            "type": {"logical": "number", "physical": "decimal(12,2)"},
            "nullable": True,
            "description": "Total",
            "profile": {"count": 8, "distinct": 3, "minimum": 1, "maximum": 2.5, "values": [1, 2]},
        },
        {
            "name": "address",
            "type": {
                "logical": "object",
                "fields": [
                    {"name": "city", "type": {"logical": "string", "options": {"maxLength": 9}}},
                    {"name": "since", "type": {"logical": None}, "partition": 1, "key": 1},
                ],
            },
        },
        {"name": "lines", "type": {"logical": "array", "items": {"logical": "date"}}},
        {
            "name": "labels",
            "type": {
                "logical": "map",
                "key": {"logical": "string"},
                "value": {"logical": "string", "inferred": True},
            },
            "unique": True,
        },
    ],
    "quality": [
        {"rule": "required", "verdict": "block", "property": "orders.order_id", "failed": 2},
        {"rule": "enum", "verdict": "warn", "property": "amount", "failed": 1, "total": 10},
    ],
    "context": {"team": "sales"},
    "warnings": ["the column `x` was left out"],
    "description": "All orders",
}

CONFIG: dict[str, Any] = {
    "contracts": ["contracts/**/*.odcs.yaml"],
    "path": "contracts/{id}.odcs.yaml",
    "first-version": "1.0.0",
    "branch-prefix": "gitdraft/",
    "tag": "{slug}/v{version}",
    "draft-status": "draft",
    "perspective": "consumer",
    "bump": "auto",
    "rules": {"property-removed": "warning", "property-renamed": False},
    "ignore": ["orders._*"],
    "relax": ["enum"],
    "labels": ["gitdraft"],
    "reviewers": ["ana", "acme/stewards"],
}

EVENTS: tuple[dict[str, Any], ...] = (
    {
        "action": "closed",
        "number": 7,
        "pull_request": {"number": 7, "merged": False, "title": "x"},
        "repository": {"full_name": "acme/contracts"},
    },
    {
        "action": "created",
        "issue": {"number": 7, "pull_request": {}},
        "comment": {"id": 9, "body": "/gitdraft bump major"},
        "repository": {"full_name": "acme/contracts"},
    },
    {"ref": "refs/heads/main", "commits": [], "repository": {"full_name": "acme/contracts"}},
)


def quality() -> dict[str, Any]:
    """Return a small document of each format of results of data quality, by the format's name."""
    files = {
        "gx": "gx-validation.json",
        "soda": "soda.json",
        "dbt": "dbt/run_results.json",
        "datacontract": "datacontract.json",
        "deequ": "deequ.json",
        "dc43": "dc43-validation.json",
        "json": "plain.json",
    }
    found = {
        name: _short(json.loads((_DATA / "quality" / file).read_text("utf-8")))
        for name, file in files.items()
    }
    line = (_DATA / "quality" / "openlineage.ndjson").read_text("utf-8").splitlines()[-1]
    return {**found, "openlineage": _short(json.loads(line))}


def _short(value: Any) -> Any:
    """Keep two items of each list, and the beginnings of texts."""
    if isinstance(value, dict):
        return {key: _short(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_short(each) for each in value[:2]]
    return value[:80] if isinstance(value, str) else value


#: SOURCEs that are texts, by scheme.
SOURCES: dict[str, str] = {
    "csv": 'id,name,since,"a b"\n1,x,2024-01-01,\n2,,,"1,5"\n',
    "json": '{"id": 1, "a": {"b": [1, null, "2024-01-01"]}}\n{"id": 2.5, "a": {}}\n',
    "ddl": (
        "create table shop.orders (id bigint not null primary key, name varchar(20) comment 'it''s'"
        ", total decimal(10,2), tags array<string>, at timestamp with time zone); -- x\n"
    ),
}
#: Types of columns, as texts.
PROTO = """\
syntax = "proto3";
package shop;
// An order.
message Order {
  int64 id = 1;
  repeated Line lines = 2;
  map<string, int32> labels = 3;
  oneof paid { string by = 4; bool cash = 5; }
  message Line { optional double price = 1; }
}
"""
AVRO: dict[str, Any] = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "fields": [
        {"name": "id", "type": "long", "doc": "key"},
        {"name": "at", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}]},
        {"name": "n", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9}},
        {"name": "tags", "type": {"type": "map", "values": {"type": "array", "items": "string"}}},
        {"name": "s", "type": {"type": "enum", "name": "S", "symbols": ["A"]}},
        {"name": "f", "type": {"type": "fixed", "name": "F", "size": 4}},
    ],
}
JSON_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id"],
    "$defs": {"a": {"type": "object", "properties": {"b": {"type": ["string", "null"]}}}},
    "properties": {
        "id": {"type": "integer", "minimum": 1, "description": "key"},
        "a": {"$ref": "#/$defs/a"},
        "t": {"type": "array", "items": {"oneOf": [{"type": "number"}, {"type": "null"}]}},
        "e": {"enum": ["x", "y"], "maxLength": 3, "pattern": "^x"},
        "m": {"type": "object", "additionalProperties": {"type": "boolean"}},
        "d": {"type": "string", "format": "date-time", "allOf": [{"minLength": 1}]},
    },
}
_SPARK = {
    "type": "struct",
    "fields": [
        {"name": "id", "type": "long", "nullable": False, "metadata": {"comment": "key"}},
        {
            "name": "tags",
            "type": {"type": "array", "elementType": "string", "containsNull": True},
            "nullable": True,
            "metadata": {},
        },
    ],
}
#: SOURCEs that are JSON, by scheme.
JSON_SOURCES: dict[str, Any] = {
    "jsonschema": JSON_SCHEMA,
    "openlineage": {
        "eventType": "COMPLETE",
        "eventTime": "2024-05-30T12:00:00Z",
        "producer": "https://github.com/OpenLineage/OpenLineage/tree/1.30.0/integration/spark",
        "run": {"runId": "018fc8d0-3d6a-7e3c-9d0a-4b5f6a7b8c9d"},
        "job": {"namespace": "shop", "name": "load"},
        "outputs": [
            {
                "namespace": "s3://shop",
                "name": "orders",
                "facets": {
                    "schema": {
                        "fields": [
                            {"name": "id", "type": "long", "description": "key"},
                            {"name": "a", "type": "struct", "fields": [{"name": "b"}]},
                        ]
                    },
                    "version": {"datasetVersion": "7"},
                },
                "outputFacets": {"outputStatistics": {"rowCount": 10, "size": 100}},
            }
        ],
    },
    "dlt": {
        "id": "1",
        "timestamp": "2024-05-30T08:00:00.123Z",
        "event_type": "flow_definition",
        "level": "METRICS",
        "origin": {"update_id": "u", "pipeline_name": "shop", "flow_name": "shop.orders"},
        "details": {
            "flow_definition": {"output_dataset": "shop.orders", "schema_json": json.dumps(_SPARK)}
        },
    },
    "dbt": {
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
            "adapter_type": "postgres",
        },
        "nodes": {
            "model.shop.orders": {
                "resource_type": "model",
                "name": "orders",
                "columns": {"id": {"name": "id", "data_type": "integer", "description": "key"}},
            }
        },
        "sources": {},
    },
}
