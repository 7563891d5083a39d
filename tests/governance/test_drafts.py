"""Drafts that dc43's governance makes from data: its decisions count, the noise of its runs not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from dc43_service_backends.contracts.drafting import (
    draft_from_observations,
    draft_from_validation_result,
)
from dc43_service_clients.data_quality import ValidationResult
from open_data_contract_standard.model import OpenDataContractStandard
from support.governance import CONTRACT, merge
from support.shop import Shop, drafted

from dc43_gitdraft.dc43 import GitContractStore
from dc43_gitdraft.dc43.drafts import type_of
from dc43_gitdraft.model import DataType, OutcomeKind
from dc43_gitdraft.repo import RefUpdate

BRANCH = "gitdraft/orders"
#: As dc43 shows the columns of a DataFrame that agrees with the contract.
AGREEING: dict[str, dict[str, object]] = {
    "order_id": {"backend_type": "bigint", "odcs_type": "bigint", "nullable": True},
    "amount": {"backend_type": "decimaltype(10,2)", "odcs_type": "decimal", "nullable": True},
    "note": {"backend_type": "string", "odcs_type": "string", "nullable": True},
}
DISCOUNT: dict[str, dict[str, object]] = {
    **AGREEING,
    "discount": {"backend_type": "double", "odcs_type": "double"},
}
RULE = "name: not_negative"


def made(
    store: GitContractStore,
    schema: Mapping[str, Mapping[str, Any]],
    metrics: Mapping[str, Any] | None = None,
) -> OpenDataContractStandard:
    """Return the draft that dc43 makes when it has seen this, and finds it wrong."""
    base = store.latest("orders")
    assert base is not None
    draft = draft_from_validation_result(
        validation=ValidationResult(
            ok=False,
            errors=["it differs"],
            metrics={"row_count": 10, **(metrics or {})},
            schema={name: dict(info) for name, info in schema.items()},
        ),
        base_contract=base,
        dataset_id="table:shop.orders",
        dataset_version="2024-05-30T12:00:00Z",
        data_format="parquet",
        draft_context={"pipeline": "shop.nightly"},
    )
    assert isinstance(draft, OpenDataContractStandard)
    return draft


def test_a_new_column_is_drafted_where_dc43_leaves_it_out(
    store: GitContractStore, shop: Shop
) -> None:
    outcome = store.propose(made(store, DISCOUNT))
    assert outcome.kind is OutcomeKind.CREATED
    assert [change.path for change in drafted(outcome).changes] == ["orders.discount"]


def test_the_version_is_the_next_one_and_no_random_one(store: GitContractStore, shop: Shop) -> None:
    assert drafted(store.propose(made(store, DISCOUNT))).version == "1.3.0"


def test_the_noise_of_the_run_is_not_in_the_text(store: GitContractStore, shop: Shop) -> None:
    store.put(made(store, DISCOUNT, {"violations.ge_amount": 0}))
    text = shop.text(BRANCH)
    for noise in ("Observed ", "validation_", "draft_", "physicalType: decimal\n", "shop.nightly"):
        assert noise not in text
    assert "        description: Total in euros.\n" in text


def test_two_runs_that_saw_the_same_are_one_draft(store: GitContractStore, shop: Shop) -> None:
    store.put(made(store, DISCOUNT, {"violations.not_null_order_id": 0}))
    before = shop.refs()
    again = made(store, DISCOUNT, {"violations.not_null_order_id": 0})
    assert store.propose(again).kind is OutcomeKind.UNCHANGED
    assert shop.refs() == before


def test_a_removed_column_is_removed(store: GitContractStore, shop: Shop) -> None:
    rest = {name: info for name, info in AGREEING.items() if name != "note"}
    outcome = store.propose(made(store, rest))
    assert [change.rule for change in drafted(outcome).changes] == ["property-removed"]


def test_a_wider_type_is_drafted_in_full(store: GitContractStore, shop: Shop) -> None:
    wider = {**AGREEING, "amount": {**AGREEING["amount"], "backend_type": "decimaltype(12,2)"}}
    store.put(made(store, wider))
    assert "physicalType: decimal(12,2)" in shop.text(BRANCH)


def test_data_that_agrees_opens_nothing(store: GitContractStore, shop: Shop) -> None:
    assert store.propose(made(store, AGREEING)).kind is OutcomeKind.NO_DRIFT
    assert shop.open_pulls() == []


def test_what_may_be_null_stays_required_until_nulls_are_counted(
    store: GitContractStore, shop: Shop
) -> None:
    store.put(made(store, DISCOUNT, {"violations.not_null_order_id": 0}))
    assert "required: true" in shop.text(BRANCH)
    store.put(made(store, DISCOUNT, {"violations.not_null_order_id": 3}))
    assert "required: false" in shop.text(BRANCH)


def test_a_rule_that_dc43_takes_out_is_taken_out_with_its_comment(
    store: GitContractStore, shop: Shop
) -> None:
    outcome = store.propose(made(store, AGREEING, {"violations.ge_amount": 4}))
    assert [change.rule for change in drafted(outcome).changes] == ["quality-rule-removed"]
    assert RULE not in shop.text(BRANCH)


def test_a_rule_that_holds_stays_as_it_was_written(store: GitContractStore, shop: Shop) -> None:
    store.put(made(store, DISCOUNT, {"violations.ge_amount": 0}))
    start = CONTRACT.index("          # Nobody")
    rule = CONTRACT[start : CONTRACT.index("      - name: note")]
    assert rule in shop.text(BRANCH)


def test_what_failed_is_told_with_its_counts(store: GitContractStore, shop: Shop) -> None:
    store.put(made(store, DISCOUNT, {"violations.ge_amount": 4}))
    body = shop.open_pulls()[0].body
    assert "4 of 10 (40.0%)" in body
    assert "- `pipeline`: `shop.nightly`" in body
    assert "`table:shop.orders` at version `2024-05-30T12:00:00Z`" in body


def test_a_draft_is_made_of_the_version_that_dc43_notes(
    store: GitContractStore, shop: Shop
) -> None:
    draft = made(store, DISCOUNT)
    newer = CONTRACT.replace("1.2.0", "1.2.1").replace("name: Orders\n", "name: All orders\n")
    shop.write("main", {"contracts/orders.odcs.yaml": newer})
    assert store.propose(draft).kind is OutcomeKind.CREATED
    assert "name: All orders\n" in shop.text(BRANCH)


def test_a_merged_draft_is_the_latest_version(store: GitContractStore, shop: Shop) -> None:
    store.put(made(store, DISCOUNT))
    merge(shop)
    latest = store.latest("orders")
    assert latest is not None
    assert (latest.version, latest.customProperties) == ("1.3.0", None)


def test_what_a_steward_is_at_work_on_stops_no_job(
    store: GitContractStore, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.repo.push([RefUpdate(f"refs/heads/{BRANCH}", shop.desk.base_commit(), None)])
    shop.write(BRANCH, {"contracts/orders.odcs.yaml": CONTRACT.replace("Total", "Sum")})
    before = shop.refs()
    store.put(made(store, DISCOUNT))
    assert "orders was not drafted: " in caplog.text
    assert shop.refs() == before


def test_a_draft_from_a_schema_alone_is_one_too(store: GitContractStore, shop: Shop) -> None:
    base = store.latest("orders")
    draft = draft_from_observations(observations=DISCOUNT, base_contract=base)
    outcome = store.propose(draft)
    assert [change.path for change in drafted(outcome).changes] == ["orders.discount"]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("bigint", DataType("integer", "bigint")),
        ("shorttype()", DataType("integer", "smallint")),
        ("decimaltype(12,0)", DataType("integer", "decimal(12,0)")),
        ("timestampntztype()", DataType("timestamp", "timestamp_ntz", {"timezone": False})),
        ("varchartype(10)", DataType("string", "varchar(10)", {"maxLength": 10})),
        ("arraytype(string, true)", DataType("array")),
        ("maptype(string, bigint, true)", DataType("map")),
        ("structtype([structfield('a', bigint, true)])", DataType("object")),
        ("voidtype()", DataType(None)),
        ("", DataType(None)),
    ],
)
def test_a_type_is_known_as_far_as_dc43_shows_it(shown: str, expected: DataType) -> None:
    assert type_of(shown) == expected
