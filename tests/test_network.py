from __future__ import annotations

import pytest

from dc43_gitdraft import network
from dc43_gitdraft.catalog import Entry
from dc43_gitdraft.model import Link
from dc43_gitdraft.odcs import read


def entry(name: str, *refers_to: str, own: str | None = None, path: str = "") -> Entry:
    """Return a contract whose one object is `own` or has its name, with these foreign keys."""
    text = f"apiVersion: v3.1.0\nkind: DataContract\nid: {name}\nversion: 1.0.0\nstatus: active\n"
    text += f"schema:\n  - name: {own or name}\n    id: {own or name}_tbl\n    properties:\n"
    text += "      - name: id\n        id: the_id\n"
    for place, target in enumerate(refers_to):
        text += f"      - name: ref_{place}\n        relationships:\n          - to: '{target}'\n"
    path = path or f"contracts/{name}.odcs.yaml"
    return Entry(path, read(text, where=path, validate=False))


ORDERS = entry("orders")
FOUND = (Link("payments", "orders", (("payments.ref_0", "orders.id"),)),)


@pytest.mark.parametrize(
    "reference",
    [
        "orders.id",
        "schema/orders_tbl/properties/the_id",
        "orders/orders_tbl/properties/the_id",
        "orders.odcs.yaml#/schema/orders_tbl/properties/the_id",
        "contracts/orders.odcs.yaml#orders.id",
        "/contracts/orders.odcs.yaml#orders.id",
        "https://git.example.org/shop/raw/main/contracts/orders.odcs.yaml#orders.id",
    ],
)
def test_a_reference_is_followed_however_it_is_written(reference: str) -> None:
    assert network.links([entry("payments", reference), ORDERS]) == FOUND


@pytest.mark.parametrize(
    "reference", ["payments.id", "customers.id", "../orders.odcs.yaml#orders.id"]
)
def test_what_leads_nowhere_or_stays_inside_is_no_link(reference: str) -> None:
    assert network.links([entry("payments", reference), ORDERS]) == ()


def test_several_columns_are_one_link() -> None:
    (link,) = network.links([entry("payments", "orders.id", "orders.other"), ORDERS])
    assert link.columns == (
        ("payments.ref_0", "orders.id"),
        ("payments.ref_1", "orders.other"),
    )


def test_contracts_that_refer_to_one_another_are_two_links() -> None:
    found = network.links([entry("payments", "orders.id"), entry("orders", "payments.id")])
    assert [(link.source, link.target) for link in found] == [
        ("payments", "orders"),
        ("orders", "payments"),
    ]


def test_a_name_that_many_contracts_declare_means_none_of_them() -> None:
    shared = [entry(f"copy-{number}", own="orders") for number in range(11)]
    assert network.links([entry("payments", "orders.id"), *shared[:10]])
    assert network.links([entry("payments", "orders.id"), *shared]) == ()


def test_files_of_one_name_are_told_apart_by_their_folders() -> None:
    near = entry("near", own="t", path="a/contract.odcs.yaml")
    far = entry("far", own="t", path="b/contract.odcs.yaml")
    holder = entry("payments", "contract.odcs.yaml#t.id", path="a/payments.odcs.yaml")
    assert [link.target for link in network.links([holder, near, far])] == ["near"]
