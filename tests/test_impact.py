from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from support.shop import DISCOUNT, ORDERS, Shop, pulled

from dc43_gitdraft import impact
from dc43_gitdraft.catalog import Catalog, Entry
from dc43_gitdraft.config import Config
from dc43_gitdraft.impact import Node, _Search, pairs
from dc43_gitdraft.model import Impact, Link
from dc43_gitdraft.odcs import read

PATH = "contracts/{}.odcs.yaml"


def contract(name: str, *refers_to: str, own_id: str | None = None, extra: str = "") -> str:
    """Return a contract whose one object has the contract's name, and these foreign keys."""
    lines = [
        "apiVersion: v3.1.0",
        "kind: DataContract",
        f"id: {own_id or name}",
        "version: 1.0.0",
        "status: active",
        "schema:",
        f"  - name: {name}",
        f"    id: {name}_tbl",
        "    properties:",
        "      - name: id",
        "        id: the_id",
        "        logicalType: integer",
    ]
    for place, target in enumerate(refers_to):
        lines += [
            f"      - name: ref_{place}",
            "        logicalType: integer",
            "        relationships:",
            f"          - to: {target}",
        ]
    return "\n".join(lines) + "\n" + extra


def around(tmp_path: Path, files: Mapping[str, str], centre: str = "orders") -> Impact:
    """Return what is around a contract in a repository of these files."""
    shop = Shop(tmp_path / "c.git", {PATH.format(name): text for name, text in files.items()})
    catalog = Catalog(shop.repo, shop.desk.base_commit(), Config())
    entry = catalog.find(centre, validate=False)
    assert entry is not None
    return impact.around(catalog, entry)


@pytest.mark.parametrize(
    "reference",
    [
        "orders.id",
        "schema/orders_tbl/properties/the_id",
        "/schema/orders_tbl/properties/the_id",
        "orders.odcs.yaml#/schema/orders_tbl/properties/the_id",
        "orders.odcs.yaml#orders.id",
        "./orders.odcs.yaml#orders.id",
        "../contracts/orders.odcs.yaml#orders.id",
        "contracts/orders.odcs.yaml#orders.id",
        "/contracts/orders.odcs.yaml#orders.id",
        "https://git.example/raw/main/contracts/orders.odcs.yaml#orders.id",
        "file:///repo/contracts/orders.odcs.yaml#orders.id",
        "orders#orders.id",
        "orders/orders_tbl/properties/the_id",
    ],
)
def test_a_reference_leads_to_the_contract(tmp_path: Path, reference: str) -> None:
    files = {"orders": contract("orders"), "payments": contract("payments", f"'{reference}'")}
    found = around(tmp_path, files)
    assert found.referring == (("payments", 1),)
    assert found.links == (Link("payments", "orders", (("payments.ref_0", "orders.id"),)),)


@pytest.mark.parametrize(
    "reference",
    [
        "orders2.id",
        "reorders.id",
        "payments.orders",
        "other.odcs.yaml#orders.id",
        "deep/orders.odcs.yaml#orders.id",
        "deep/contracts/orders.odcs.yaml#orders.id",
        "https://git.example/raw/main/deep/orders.odcs.yaml#orders.id",
    ],
)
def test_a_reference_to_another_does_not(tmp_path: Path, reference: str) -> None:
    files = {"orders": contract("orders"), "payments": contract("payments", reference)}
    assert around(tmp_path, files).referring == ()


def test_a_name_that_the_holder_has_itself_is_its_own(tmp_path: Path) -> None:
    own = contract("payments", "orders.id") + "  - name: orders\n    properties: []\n"
    assert around(tmp_path, {"orders": contract("orders"), "payments": own}).referring == ()


def test_an_address_within_the_repository_that_many_files_end_like_is_compared_whole(
    tmp_path: Path,
) -> None:
    files = {
        "orders": contract("orders"),
        "deep/orders": contract("orders", own_id="deep"),
        "payments": contract("payments", "deep/orders.odcs.yaml#orders.id"),
    }
    assert around(tmp_path, files).referring == ()
    assert around(tmp_path / "again", files, "deep").referring == (("payments", 1),)


def test_references_are_followed_over_any_distance(tmp_path: Path) -> None:
    files = {
        "orders": contract("orders", "customers.id"),
        "payments": contract("payments", "orders.id"),
        "reports": contract("reports", "payments.id", "orders.id"),
        "board": contract("board", "reports.id"),
        "customers": contract("customers", "countries.id"),
        "countries": contract("countries"),
        "alone": contract("alone"),
    }
    found = around(tmp_path, files)
    assert found.referring == (("payments", 1), ("reports", 1), ("board", 2))
    assert found.referred == (("customers", 1), ("countries", 2))
    assert {(link.source, link.target) for link in found.links} == {
        ("orders", "customers"),
        ("payments", "orders"),
        ("reports", "payments"),
        ("reports", "orders"),
        ("board", "reports"),
        ("customers", "countries"),
    }
    assert found.complete


def test_contracts_that_refer_to_each_other_end_the_search(tmp_path: Path) -> None:
    files = {"orders": contract("orders", "b.id"), "b": contract("b", "orders.id")}
    found = around(tmp_path, files)
    assert (found.referring, found.referred) == ((("b", 1),), (("b", 1),))


def test_a_composite_key_of_an_object_refers_too(tmp_path: Path) -> None:
    key = """\
    relationships:
      - from: [payments.id, payments.line]
        to: [orders.id, schema/orders_tbl/properties/the_id]
"""
    files = {"orders": contract("orders"), "payments": contract("payments") + key}
    assert around(tmp_path, files).links == (
        Link("payments", "orders", (("payments.id", "orders.id"), ("payments.line", "orders.id"))),
    )


def test_whoever_relates_two_other_contracts_refers_to_both(tmp_path: Path) -> None:
    key = "    relationships:\n      - {from: orders.id, to: customers.id}\n"
    files = {
        "orders": contract("orders"),
        "customers": contract("customers"),
        "bridge": contract("bridge") + key,
    }
    assert around(tmp_path, files).referring == (("bridge", 1),)
    assert around(tmp_path / "again", files, "customers").referring == (("bridge", 1),)


def test_relationships_are_found_in_every_nesting() -> None:
    text = """\
schema:
  - name: orders
    properties:
      - name: lines
        items:
          relationships: [{to: a.x}]
          properties:
            - {name: sku, relationships: [{to: [b.x, b.y]}]}
      - name: codes
        map: {key: {relationships: [{to: c.x}]}, value: {properties: [{name: v}]}}
      - name: odd
        relationships: [{to: 1}, nonsense, {to: ''}]
"""
    found = [(each.source, each.target.place) for each in pairs(read_loosely(text))]
    assert found == [
        ("orders.lines[]", "a.x"),
        ("orders.lines[].sku", "b.x"),
        ("orders.lines[].sku", "b.y"),
        ("orders.codes{key}", "c.x"),
    ]


def read_loosely(text: str) -> dict[str, object]:
    return read(
        f"apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: '1'\n{text}", validate=False
    ).document


def test_a_broken_contract_has_no_neighbours_and_harms_nothing(tmp_path: Path) -> None:
    broken = "relationships: orders.id\nname: customers\n  id: [\n"
    files = {"orders": contract("orders", "customers.id"), "broken": broken}
    assert around(tmp_path, files) == Impact("orders", (), (), ())


def test_files_that_cannot_refer_are_not_parsed(tmp_path: Path) -> None:
    files = {
        "orders": contract("orders"),
        "payments": contract("payments", "orders.id"),
        "notes": contract("notes", extra="description: {purpose: about orders.id}\n"),
        **{f"c{number}": contract(f"c{number}", "elsewhere.id") for number in range(50)},
    }
    shop = Shop(tmp_path / "c.git", {PATH.format(name): text for name, text in files.items()})
    catalog = Catalog(shop.repo, shop.desk.base_commit(), Config())
    search = _Search(catalog, Node.of(catalog.get("orders")))
    assert [node.id for node, _ in search.spread(search.referring)] == ["payments"]
    assert list(search._parsed) == [PATH.format("payments")]


def test_a_search_through_very_many_contracts_ends(tmp_path: Path) -> None:
    chain = {f"c{number}": contract(f"c{number}", "orders.id") for number in range(320)}
    found = around(tmp_path, {"orders": contract("orders"), **chain})
    assert len(found.referring) == 300
    assert not found.complete


def test_a_pull_request_tells_who_is_touched(tmp_path: Path) -> None:
    files = {
        PATH.format("orders"): ORDERS,
        PATH.format("payments"): contract("payments", "orders.order_id"),
    }
    body = pulled(Shop(tmp_path / "c.git", files).job(DISCOUNT)).body
    assert "**Who is touched.** 1 contract refers to this one." in body
    assert "- `payments`: `payments.ref_0` → `orders.order_id`" in body


def test_a_first_version_tells_who_waited_for_it(tmp_path: Path) -> None:
    files = {PATH.format("payments"): contract("payments", "returns.id")}
    shop = Shop(tmp_path / "c.git", files)
    body = pulled(shop.job(DISCOUNT, "returns", new=True, dataset="table:returns")).body
    assert "- `payments`: `payments.ref_0` → `returns.id`" in body


def test_an_entry_need_not_lie_in_the_repository(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "c.git", {PATH.format("b"): contract("b", "new.id")})
    catalog = Catalog(shop.repo, shop.desk.base_commit(), Config())
    entry = Entry(PATH.format("new"), read(contract("new"), validate=False))
    assert impact.around(catalog, entry).referring == (("b", 1),)
