from __future__ import annotations

from pathlib import Path

import pytest
from support.shop import ORDERS, Shop

from dc43_gitdraft.catalog import Catalog, config_at
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import ConfigError, ContractError


def catalog(shop: Shop, config: Config | None = None) -> Catalog:
    commit = shop.repo.resolve("refs/heads/main")
    assert commit is not None
    return Catalog(shop.repo, commit, config or Config())


def test_only_files_that_the_globs_name_are_contracts(tmp_path: Path) -> None:
    shop = Shop(
        tmp_path / "c.git",
        {
            "contracts/orders.odcs.yaml": ORDERS,
            "contracts/a/b/c.odcs.yml": ORDERS.replace("id: orders", "id: c"),
            "contracts/notes.yaml": "id: notes\n",
            "other/x.odcs.yaml": ORDERS.replace("id: orders", "id: x"),
        },
    )
    assert catalog(shop).ids() == ["c", "orders"]
    assert catalog(shop, Config(contracts=("other/*",))).ids() == ["x"]


def test_an_id_is_compared_whole(tmp_path: Path) -> None:
    shop = Shop(
        tmp_path / "c.git",
        {
            "contracts/a.odcs.yaml": ORDERS.replace("id: orders", "id: orders_archive"),
            "contracts/b.odcs.yaml": ORDERS,
        },
    )
    entry = catalog(shop).find("orders")
    assert entry is not None
    assert entry.path == "contracts/b.odcs.yaml"


def test_an_id_written_with_escapes_is_found(tmp_path: Path) -> None:
    text = ORDERS.replace("id: orders", 'id: "\\u00e9t\\u00e9"')
    shop = Shop(tmp_path / "c.git", {"contracts/a.odcs.yaml": text})
    assert catalog(shop).find("été") is not None


@pytest.mark.parametrize(
    ("contract_id", "written"), [("it's", "'it''s'"), ("a b", "a\n  b"), ("a b", ">-\n  a\n  b")]
)
def test_an_id_that_is_written_otherwise_is_found(
    contract_id: str, written: str, tmp_path: Path
) -> None:
    text = ORDERS.replace("id: orders", f"id: {written}")
    shop = Shop(tmp_path / "c.git", {"contracts/a.odcs.yaml": text})
    assert catalog(shop).find(contract_id) is not None


def test_what_is_no_unicode_is_no_id(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "c.git")
    with pytest.raises(ContractError, match="there is no contract"):
        catalog(shop).get("a\udcff")


@pytest.mark.parametrize("there", ["contracts/Orders.odcs.yaml", "Contracts/ORDERS.odcs.YAML"])
def test_a_path_that_differs_in_letter_case_alone_is_taken(there: str, tmp_path: Path) -> None:
    shop = Shop(tmp_path / "c.git", {there: ORDERS, "contracts/été.odcs.yaml": ORDERS})
    found = catalog(shop, Config(contracts=("**",)))
    assert found.twin("contracts/orders.odcs.yaml") == there
    assert found.twin("contracts/e\u0301te\u0301.odcs.yaml") == "contracts/été.odcs.yaml"
    assert found.twin("contracts/order.odcs.yaml") is None


def test_the_nearest_id_is_named(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "c.git")
    with pytest.raises(ContractError, match=r"no contract 'ordesr': did you mean 'orders'\?"):
        catalog(shop).get("ordesr")


def test_where_nothing_is_near_the_globs_are_named(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "c.git")
    with pytest.raises(ContractError, match=r"among the 1 in contracts/\*\*"):
        catalog(shop).get("zzz")


def test_a_broken_file_that_may_be_the_contract_is_named_with_its_line(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "c.git", {"contracts/orders.odcs.yaml": "id: orders\nid: orders\n"})
    with pytest.raises(ContractError, match=r"^contracts/orders\.odcs\.yaml:2:"):
        catalog(shop).get("orders")


def test_a_contract_that_breaks_the_standard_is_refused(tmp_path: Path) -> None:
    shop = Shop(
        tmp_path / "c.git",
        {"contracts/o.odcs.yaml": ORDERS.replace("required: true", "required: 1")},
    )
    with pytest.raises(ContractError, match="required"):
        catalog(shop).get("orders")


def test_broken_settings_are_refused_with_their_line(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "c.git", {".gitdraft.yaml": "# x\nbumb: auto\n"})
    commit = shop.repo.resolve("refs/heads/main")
    assert commit is not None
    with pytest.raises(ConfigError, match=r"^\.gitdraft\.yaml:2:1: unknown key 'bumb'"):
        config_at(shop.repo, commit)
