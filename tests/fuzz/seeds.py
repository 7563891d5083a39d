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
