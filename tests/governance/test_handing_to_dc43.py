"""Promoted versions in the stores of dc43: what its services then read is what was promoted."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dc43_service_backends.bootstrap import build_contract_store
from dc43_service_backends.config import load_config
from dc43_service_backends.contracts.backend.stores.interface import ContractStore
from support.collibra import collibra, settings
from support.governance import CONTRACT
from support.postgres import postgres, programs
from support.shop import ORDERS, Shop

from dc43_gitdraft import handing, lifecycle
from dc43_gitdraft.errors import ConfigError, ContractError
from dc43_gitdraft.handing import Handed
from dc43_gitdraft.handing.records import Handing, hand_on
from dc43_gitdraft.repo import RefUpdate

# dc43's Collibra asks for the time so.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utc:DeprecationWarning")

needs_postgres = pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres() as url:
        yield url


def stores(tmp_path: Path, request: pytest.FixtureRequest, kind: str) -> str:
    """Return dc43's settings of a store of this kind."""
    if kind == "filesystem":
        return f'type = "filesystem"\nroot = "{tmp_path / "stored"}"\n'
    if kind == "sqlite":
        return f'type = "sql"\ndsn = "sqlite:///{tmp_path / "contracts.db"}"\n'
    if kind == "postgresql":
        return f'type = "sql"\ndsn = "{request.getfixturevalue("database")}"\n'
    return f'type = "collibra_stub"\nbase_path = "{tmp_path / "stub"}"\n'


KINDS = [
    "filesystem",
    "sqlite",
    pytest.param("postgresql", marks=needs_postgres),
    "collibra_stub",
]


@pytest.fixture
def file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "dc43.toml"
    path.write_text("[contract_store]\n" + stores(tmp_path, request, request.param), "utf-8")
    return path


def run(shop: Shop, argument: str | Path) -> Handing:
    (result,) = hand_on(shop.desk, handing.asked([f"dc43:{argument}"]))
    return result


@pytest.fixture
def stored(file: Path) -> Iterator[ContractStore]:
    """The store as dc43's services open it."""
    store = build_contract_store(load_config(file).contract_store)
    yield store
    if hasattr(store, "engine"):
        store.engine.dispose()
    if hasattr(store, "_adapter"):
        store._adapter.close()


@pytest.mark.parametrize("file", KINDS, indirect=True)
def test_promoted_versions_are_in_the_store(shop: Shop, file: Path, stored: ContractStore) -> None:
    shop.write("main", {"contracts/orders.odcs.yaml": CONTRACT.replace("1.2.0", "1.10.0")})
    lifecycle.promote(shop.desk)
    result = run(shop, file)
    assert (result.complete, result.failed) == (True, [])
    assert sorted(stored.list_versions("orders")) == ["1.10.0", "1.2.0"]
    latest = stored.latest("orders")
    assert (latest.version, latest.status) == ("1.10.0", "active")


@pytest.mark.parametrize("file", KINDS, indirect=True)
def test_a_version_may_be_put_twice(shop: Shop, file: Path, stored: ContractStore) -> None:
    run(shop, file)
    for name in shop.repo.refs("refs/gitdraft/handed/"):
        shop.repo.push([RefUpdate(name, None, shop.refs()[name])])
    assert run(shop, file).complete
    assert "1.2.0" in stored.list_versions("orders")


def test_collibra_has_the_promoted_version_as_its_active_one(shop: Shop, tmp_path: Path) -> None:
    with collibra() as catalogue:
        file = tmp_path / "dc43.toml"
        file.write_text(settings(catalogue, "orders"), "utf-8")
        assert run(shop, file).failed == []
        assert catalogue.active == {"orders": "1.2.0"}
        shop.write("main", {"contracts/orders.odcs.yaml": CONTRACT.replace("1.2.0", "1.3.0")})
        lifecycle.promote(shop.desk)
        assert run(shop, file).failed == []
        assert catalogue.active == {"orders": "1.3.0"}
        assert list(catalogue.manifests["orders"]) == ["1.2.0", "1.3.0"]
        assert "id: orders" in catalogue.manifests["orders"]["1.3.0"]


def test_a_catalogue_that_is_down_gets_it_with_the_next_run(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "dc43.toml"
    with collibra() as gone:
        file.write_text(settings(gone, "orders"), "utf-8")
    assert not run(shop, file).complete
    with collibra() as catalogue:
        file.write_text(settings(catalogue, "orders"), "utf-8")
        assert run(shop, file).complete
        assert list(catalogue.manifests) == ["orders"]


def test_dc43s_variables_do_without_a_file(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DC43_CONTRACT_STORE_TYPE", "filesystem")
    monkeypatch.setenv("DC43_CONTRACT_STORE", str(tmp_path / "stored"))
    assert run(shop, "").complete
    assert [path.name for path in (tmp_path / "stored").rglob("*.json")] == ["1.2.0.json"]


def test_a_version_of_odcs_that_dc43_does_not_take_says_what_to_set(
    tmp_path: Path, shop: Shop
) -> None:
    newer = ORDERS.replace("id: orders", "id: newer")
    shop.write("main", {"contracts/newer.odcs.yaml": newer})
    lifecycle.promote(shop.desk)
    file = tmp_path / "dc43.toml"
    file.write_text(f'[contract_store]\ntype = "filesystem"\nroot = "{tmp_path / "stored"}"\n')
    result = run(shop, file)
    assert [version.contract for version in result.handed] == ["orders"]
    (failed,) = result.failed
    assert failed.reason.endswith(
        "; set DC43_ODCS_REQUIRED to the version that the contracts follow, such as 3.2.0"
    )


def test_an_id_that_climbs_out_of_the_store_is_not_put(tmp_path: Path) -> None:
    # No promotion tags such a contract; somebody may have by hand.
    text = CONTRACT.replace("id: orders", "id: ../up")
    path, tag = "contracts/up.odcs.yaml", "up/v1.2.0"
    version = Handed("msg_1", "../up", "1.2.0", "active", text, path, tag, "c" * 40, "x.git")
    file = tmp_path / "dc43.toml"
    file.write_text(f'[contract_store]\ntype = "filesystem"\nroot = "{tmp_path / "stored"}"\n')
    (asked,) = handing.asked([f"dc43:{file}"])
    hook = asked.make()
    with pytest.raises(ContractError, match="climbs out"):
        hook.hand(version)
    hook.close()
    assert not (tmp_path / "up").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read: No such file"),
        ("[contract_store", "is no TOML"),
        ("", "names no store"),
        ("[contract_store]\nroot = 'x'\n", "names no store"),
        ("[contract_store]\ntype = 'filesystem'\n", "names no folder"),
        ("[contract_store]\ntype = 'sql'\n", "dc43 refuses the settings"),
        ("[contract_store]\ntype = 'nothing'\n", "dc43 refuses the settings"),
        ("[contract_store]\ntype = 'sql'\ndsn = 's3cret'\n", "cannot read: write a `dsn`"),
        ("[contract_store]\ntype = 'sql'\ndsn = 'no+one://a:s3cret@b/c'\n", "cannot read"),
        ("[contract_store]\ntype = 'sql'\ndsn = 'sqlite://a:s3cret@b:c/d'\n", "cannot read"),
    ],
)
def test_settings_that_name_no_store_are_refused(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "dc43.toml"
    if text is not None:
        file.write_text(text, "utf-8")
    result = run(shop, file)
    assert said in (result.problem or "")
    assert "s3cret" not in (result.problem or "")
    assert result.refused
    assert not (tmp_path / "contracts").exists()


def test_a_missing_driver_of_a_database_is_named_with_its_package(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if it were not installed.
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    file = tmp_path / "dc43.toml"
    dsn = "postgresql+psycopg2://somebody:s3cret@127.0.0.1/contracts"
    file.write_text(f'[contract_store]\ntype = "sql"\ndsn = "{dsn}"\n', "utf-8")
    result = run(shop, file)
    assert result.problem == (
        "the store of the hook 'dc43' needs the module 'psycopg2': pip install psycopg2-binary, "
        "or name a driver that is installed in its `dsn`"
    )
    assert result.refused


def test_a_key_that_dc43_does_not_know_is_named(shop: Shop, tmp_path: Path) -> None:
    more = CONTRACT.replace("id: orders", "id: more")
    shop.write("main", {"contracts/more.odcs.yaml": f"{more}shelf: s3cret\n"})
    lifecycle.promote(shop.desk)
    file = tmp_path / "dc43.toml"
    file.write_text(f'[contract_store]\ntype = "filesystem"\nroot = "{tmp_path / "stored"}"\n')
    (failed,) = run(shop, file).failed
    assert failed.reason == "dc43 does not take more: its model does not know the key 'shelf'"


def test_without_settings_it_is_said_what_to_write() -> None:
    (hook,) = handing.asked(["dc43"])
    with pytest.raises(ConfigError, match="write `dc43:FILE`"):
        hook.make()
