"""Contracts are read, checked against the schema of their apiVersion, and located in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.contracts import ALL, text_of
from support.steps import calls_of

from dc43_gitdraft import odcs
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import DocPath, Status

ORDERS = """\
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - name: id
        logicalType: integer
      - name: address
        logicalType: object
        properties:
          - name: zip
            logicalType: string
servers:
  - server: prod
    type: local
    path: ./data
    format: csv
"""


def refused(text: str, where: str = "orders.odcs.yaml") -> ContractError:
    with pytest.raises(ContractError) as caught:
        odcs.read(text, where)
    return caught.value


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_every_contract_of_the_corpus_is_valid(path: Path) -> None:
    contract = odcs.read(path.read_bytes(), path.name)
    assert contract.id in (path.name.removesuffix(".odcs.yaml"), "urn:shop:shipments")
    assert contract.text == text_of(path)


def test_the_corpus_has_forty_styles_and_every_api_version() -> None:
    assert len(ALL) >= 40
    versions = {odcs.read(path.read_bytes()).api_version for path in ALL}
    assert versions == {"v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0", "v3.2.0"}


def test_a_contract_says_what_it_is() -> None:
    contract = odcs.read(ORDERS)
    assert (contract.id, contract.version, contract.api_version) == ("orders", "1.0.0", "v3.1.0")
    assert contract.status is Status.ACTIVE


@pytest.mark.parametrize("written", ["status: banana", "status: Active", "name: x"])
def test_a_status_that_is_not_known_is_none(written: str) -> None:
    contract = odcs.read(ORDERS.replace("status: active", written), validate=False)
    assert contract.status is None


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("v3.1.0", "v2.2.2", 1, "'v2.2.2' is not supported; apiVersion v3.0.0, v3.0.1, v3.0.2,"
         " v3.1.0, v3.2.0 are, and 'v3.0.0' is the nearest"),
        ("v3.1.0", "v3.1.1", 1, "'v3.1.0' is the nearest"),
        ("v3.1.0", "3.1.0", 1, "write 'v3.1.0'"),
        ("v3.1.0", "[v3.1.0]", 1, "is not supported"),
        ("v3.1.0", "{}", 1, "is not supported"),
        ("apiVersion: v3.1.0\n", "", 1, "apiVersion is missing"),
        ("kind: DataContract", "kind: Contract", 2, "kind is 'Contract'"),
        ("id: orders\n", "", 1, "id is missing"),
        ("id: orders", "id:", 3, "id is missing"),
        ("id: orders", "id: 7", 3, "id must be text; put it in quotes"),
        ("version: 1.0.0", "version: 1.0", 4, "version must be text; put it in quotes"),
        ("version: 1.0.0", "version: 2024-01-01", 4, "YAML reads it as a date"),
        ("name: id", "nme: id", 9, "object 'orders', property number 1: 'name' is missing"),
        ("integer", "integr", 10, "object 'orders', property 'id', logicalType: 'integr' is not"
         " known here; did you mean 'integer'?"),
        ("string", "string\n            requird: true", 16,
         "object 'orders', property 'address', property 'zip': the key 'requird' is not allowed"
         " here; did you mean 'required'?"),
        ("string", "string\n            required: 1", 16, "required: must be true or false"),
        ("type: local", "type: lokal", 18, "server 'prod', type: 'lokal' is not known here; did"
         " you mean 'local'?"),
        ("    format: csv\n", "", 17, "server 'prod': 'format' is missing"),
        ("servers:", "servrs:", 16, "the contract: the key 'servrs' is not allowed here; did you"
         " mean 'servers'?"),
        ("integer", "integer\n        quality:\n          - {metric: rowCount, mustBe: 1,"
         " mustNotBe: 2}", 12, "takes exactly one operator"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, line: int, message: str) -> None:
    error = refused(ORDERS.replace(old, new, 1))
    assert message in error.message
    assert (error.where, error.line) == ("orders.odcs.yaml", line)
    assert len(error.message) < 300


def test_a_message_never_repeats_the_document() -> None:
    text = ORDERS.replace("logicalType: integer", "logicalType: [" + "x" * 5000 + "]")
    assert len(refused(text).message) < 300


def test_a_contract_that_is_no_mapping_is_refused() -> None:
    assert "is no mapping" in refused("- a\n").message


def test_the_schema_can_be_left_out_but_not_the_head() -> None:
    text = ORDERS.replace("integer", "integr")
    assert odcs.read(text, validate=False).id == "orders"
    with pytest.raises(ContractError):
        odcs.read(text.replace("id: orders", "id: 1"), validate=False)


def test_dates_are_validated_as_text() -> None:
    text = ORDERS + "contractCreatedTs: 2024-01-02T03:04:05Z\n"
    assert odcs.read(text).document["contractCreatedTs"].year == 2024


@pytest.mark.parametrize("shape", ["objects", "arrays", "maps"])
def test_fifty_levels_of_properties_are_read_at_once(shape: str) -> None:
    leaf: dict[str, Any] = {"logicalType": "string"}
    for _ in range(50 if shape == "objects" else 25):
        inner: dict[str, Any] = {"logicalType": "object", "properties": [{"name": "x", **leaf}]}
        leaf = {
            "objects": inner,
            "arrays": {"logicalType": "array", "items": inner},
            "maps": {
                "logicalType": "map",
                "map": {"key": {"logicalType": "string"}, "value": inner},
            },
        }[shape]
    document = odcs.read(ORDERS.replace("v3.1.0", "v3.2.0")).document
    document["schema"][0]["properties"].append({"name": "deep", **leaf})
    text = odcs.dump_new(document)
    read, calls = calls_of(lambda: odcs.read(text))
    assert read.document == document
    assert calls < 50_000


def test_a_mistake_deep_in_array_items_is_found_and_named() -> None:
    items = "        items:\n          logicalType: object\n          properties:\n"
    text = ORDERS.replace(
        "        logicalType: integer\n",
        f"        logicalType: array\n{items}"
        "            - name: a\n              logicalType: nope\n",
    )
    error = refused(text)
    assert error.line == 15
    assert error.message.startswith("object 'orders', property 'id', items, property 'a', logicalT")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), (1, 1)),
        (("version",), (4, 1)),
        (("schema", 0, "properties", 0, "logicalType"), (10, 9)),
        (("schema", 0, "properties", 0), (9, 9)),
        (("schema", 0, "properties", 1, "properties", 0, "name"), (14, 13)),
        (("schema", 0, "properties", 0, "absent", "deeper"), (9, 9)),
        (("schema", 9), (6, 1)),
        (("absent",), (1, 1)),
    ],
)
def test_a_path_is_located_or_its_nearest_ancestor(path: DocPath, place: tuple[int, int]) -> None:
    assert odcs.locate(ORDERS, path) == place


def test_a_path_through_an_alias_or_a_merge_leads_to_what_it_stands_for() -> None:
    text = "a: &a\n  x: 1\nb: *a\nc:\n  <<: *a\n  y: 2\n"
    assert odcs.locate(text, ("b", "x")) == (2, 3)
    assert odcs.locate(text, ("c", "x")) == (2, 3)
