from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.shop import ORDERS, START, Shop, pulled

from dc43_gitdraft.errors import ContractError, ObservationError
from dc43_gitdraft.observe import observe, to_json
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.sweep import Progress, Sweep, draft_all

LOCATED = """\
servers:
  - server: lake
    type: s3
    location: s3://lake/sold
    format: json
schema:
"""


def contract(name: str, *, under: str | None = None, located: bool = False) -> str:
    text = ORDERS.replace("id: orders", f"id: {name}")
    text = text.replace("- name: orders", f"- name: {under or name}")
    return text.replace("schema:\n", LOCATED) if located else text


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    files = {
        "contracts/orders.odcs.yaml": contract("orders"),
        "contracts/returns.odcs.yaml": contract("returns"),
        "contracts/sales.odcs.yaml": contract("sales", under="revenue", located=True),
    }
    return Shop(tmp_path / "contracts.git", files)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    folder = tmp_path / "lake"
    folder.mkdir()
    return folder


def put(folder: Path, name: str, **more: Any) -> Path:
    path = folder / f"{name}.jsonl"
    path.write_text(json.dumps({"order_id": 1, "amount": 1.5, "note": "x", **more}) + "\n")
    return path


def sweep(shop: Shop, *patterns: str | Path, **options: Any) -> Sweep:
    return draft_all([str(each) for each in patterns], shop.desk, now=START, **options)


def ends(found: Sweep) -> dict[str, str]:
    return {
        Path(row.source).stem: (row.outcome.kind.value if row.outcome else type(row.error).__name__)
        for row in found.rows
    }


def test_each_dataset_is_drafted_for_the_contract_that_it_is_of(shop: Shop, lake: Path) -> None:
    put(lake, "orders", discount=2)
    put(lake, "returns")
    put(lake, "sold", channel="web")
    found = sweep(shop, lake / "*.jsonl")
    assert ends(found) == {"orders": "created", "returns": "no-drift", "sold": "NoneType"}
    assert [row.contract for row in found.rows] == ["orders", "returns", None]


def test_a_dataset_is_found_by_the_server_of_its_contract(shop: Shop, lake: Path) -> None:
    folder = lake / "lake" / "sold"
    folder.mkdir(parents=True)
    put(folder, "part-0", channel="web")
    (row,) = sweep(shop, f"json:{lake}/lake/*").rows
    assert row.contract == "sales"
    assert row.outcome is not None
    assert pulled(row.outcome).title == "sales 1.3.0: add channel"


def test_a_dataset_that_cannot_be_read_does_not_stop_the_rest(shop: Shop, lake: Path) -> None:
    (lake / "orders.jsonl").write_text("{")
    put(lake, "returns", discount=2)
    found = sweep(shop, lake / "*.jsonl")
    assert ends(found) == {"orders": "ObservationError", "returns": "created"}
    assert found.rows[0].contract == "orders"


def test_data_without_a_contract_gets_a_first_draft_where_that_is_wanted(
    shop: Shop, lake: Path
) -> None:
    put(lake, "refunds")
    (row,) = sweep(shop, lake / "*", new=True).rows
    assert row.outcome is not None
    assert (row.contract, row.outcome.base_version) == ("refunds", None)
    assert pulled(row.outcome).head == "gitdraft/refunds"


def test_where_several_contracts_may_be_of_the_data_none_is_guessed(
    tmp_path: Path, lake: Path
) -> None:
    files = {f"contracts/{n}.odcs.yaml": contract(n, under="orders") for n in ("a", "b")}
    put(lake, "orders", discount=2)
    (row,) = sweep(Shop(tmp_path / "two.git", files), lake / "*").rows
    assert isinstance(row.error, ContractError)
    assert "a, b" in str(row.error)


def test_what_jobs_wrote_down_is_drafted_from(shop: Shop, lake: Path, tmp_path: Path) -> None:
    written = tmp_path / "outbox"
    written.mkdir()
    for name in ("orders", "returns"):
        seen = observe(str(put(lake, name, discount=2)), now=START, dataset_id=f"table:shop.{name}")
        (written / f"20240530-{name}.json").write_text(to_json(seen))
    found = sweep(shop, f"observation:{written}/*")
    assert [row.contract for row in found.rows] == ["orders", "returns"]
    assert set(ends(found).values()) == {"created"}


def test_a_pattern_that_nothing_matches_is_an_error(shop: Shop, lake: Path) -> None:
    with pytest.raises(ObservationError, match="nothing matches"):
        sweep(shop, lake / "*")


def test_contract_files_that_cannot_be_read_are_told(shop: Shop, lake: Path) -> None:
    shop.write("main", {"contracts/broken.odcs.yaml": "id: [\n"})
    put(lake, "orders")
    found = sweep(shop, lake / "*")
    assert list(found.problems) == ["contracts/broken.odcs.yaml"]


def test_progress_counts_what_is_observed_and_what_is_published(shop: Shop, lake: Path) -> None:
    put(lake, "orders", discount=2)
    put(lake, "unknown")
    heard: list[Progress] = []
    sweep(shop, lake / "*", told=heard.append)
    assert [(each.doing, each.done, each.total) for each in heard] == [
        ("observing", 1, 2),
        ("observing", 2, 2),
        ("publishing", 1, 1),
    ]


def test_a_bug_in_one_observer_does_not_stop_the_rest(
    shop: Shop, lake: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(lake, "orders", discount=2)
    put(lake, "returns", discount=2)

    def look(source: str, name: str | None, contract: Contract | None) -> Any:
        if "orders" in source:
            raise ZeroDivisionError
        return observe(source, now=START, object=name)

    found = sweep(shop, lake / "*", look=look)
    assert ends(found) == {"orders": "ZeroDivisionError", "returns": "created"}
    assert "Traceback" in caplog.text
