"""Governed writes with the real dc43 and Spark: what they refuse and what they pass is drafted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pyspark", reason="pyspark is not installed")

from dc43_integrations.spark.io import GovernanceSparkWriteRequest, write_with_governance
from dc43_service_backends.contracts.backend.local import LocalContractServiceBackend
from dc43_service_backends.data_quality import LocalDataQualityServiceBackend
from dc43_service_backends.governance.backend import LocalGovernanceServiceBackend
from dc43_service_clients.governance.client.local import LocalGovernanceServiceClient
from dc43_service_clients.governance.models import (
    ContractReference,
    GovernancePolicy,
    GovernanceWriteContext,
)
from support.governance import CONTRACT, merge
from support.shop import Shop

from dc43_gitdraft import lifecycle
from dc43_gitdraft.dc43 import GitContractStore

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

INTERCEPTOR = "dc43_gitdraft.dc43.interceptor.DraftingInterceptor"
SETTING = "dc43.governance.interceptors.write"
TABLE = "table:shop.orders"

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*on the Contract Service is deprecated:FutureWarning"
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    # dc43 takes every decimal with a precision for another type than the contract's.
    contract = CONTRACT.replace("decimal(10,2)", "double")
    shop = Shop(tmp_path / "contracts.git", {"contracts/orders.odcs.yaml": contract})
    lifecycle.promote(shop.desk)
    return shop


@pytest.fixture
def governance(store: GitContractStore) -> LocalGovernanceServiceClient:
    backend = LocalGovernanceServiceBackend(
        contract_client=LocalContractServiceBackend(store),
        dq_client=LocalDataQualityServiceBackend(),
        draft_store=store,
    )
    return LocalGovernanceServiceClient(backend)


@pytest.fixture
def intercepted(spark: SparkSession, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GITDRAFT_REPO", str(shop.path))
    spark.conf.set(SETTING, INTERCEPTOR)
    yield
    spark.conf.unset(SETTING)


def write(
    df: DataFrame, governance: LocalGovernanceServiceClient, target: Path, **options: Any
) -> Any:
    """Write as a job does whose policy is to draft, with the latest version of the contract."""
    context = GovernanceWriteContext(
        contract=ContractReference("orders", version_selector="latest"),
        dataset_id=TABLE,
        dataset_version="1",
        policy=GovernancePolicy(draft_on_violation=True),
    )
    request = GovernanceSparkWriteRequest(
        context=context, path=str(target), format="parquet", mode="overwrite"
    )
    return write_with_governance(df, request, governance_service=governance, **options)


def agreeing(spark: SparkSession) -> DataFrame:
    """Return data that agrees with the contract."""
    rows = [(1, 10.5, "a"), (2, 11.25, None)]
    return spark.createDataFrame(rows, "order_id bigint, amount double, note string")


def added(spark: SparkSession) -> DataFrame:
    """Return data with a new column, which dc43 passes."""
    return agreeing(spark).selectExpr("*", "amount / 10 as discount")


def changed(spark: SparkSession) -> DataFrame:
    """Return data whose key became text, which breaks the contract."""
    return agreeing(spark).selectExpr("cast(order_id as string) as order_id", "amount", "note")


def test_a_violated_contract_ends_as_a_pull_request(
    spark: SparkSession, shop: Shop, governance: LocalGovernanceServiceClient, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="type mismatch for order_id"):
        write(changed(spark), governance, tmp_path / "orders")
    (pull,) = shop.open_pulls()
    assert pull.title == "orders 2.0.0: change order_id"
    assert "physicalType: string\n        required: true" in shop.text(pull.head)


def test_a_merged_draft_is_picked_up_by_the_next_run(
    spark: SparkSession, shop: Shop, governance: LocalGovernanceServiceClient, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="type mismatch"):
        write(changed(spark), governance, tmp_path / "orders")
    merge(shop)
    result = write(changed(spark), governance, tmp_path / "orders")
    assert result.status.status == "ok"
    assert spark.read.parquet(str(tmp_path / "orders")).schema["order_id"].dataType.typeName() == (
        "string"
    )
    assert shop.open_pulls() == []


@pytest.mark.usefixtures("intercepted")
def test_a_new_column_that_dc43_passes_is_drafted(
    spark: SparkSession, shop: Shop, governance: LocalGovernanceServiceClient, tmp_path: Path
) -> None:
    result = write(added(spark), governance, tmp_path / "orders")
    assert result.status.status == "ok"
    (pull,) = shop.open_pulls()
    assert pull.title == "orders 1.3.0: add discount"
    assert f"`{TABLE}`" in pull.body


@pytest.mark.usefixtures("intercepted")
def test_one_write_is_one_draft(
    spark: SparkSession, shop: Shop, governance: LocalGovernanceServiceClient, tmp_path: Path
) -> None:
    for _ in range(2):
        write(changed(spark), governance, tmp_path / "orders", enforce=False)
        (pull,) = shop.open_pulls()
    assert pull.title == "orders 2.0.0: change order_id"
    history = shop.repo.log([f"refs/heads/{pull.head}"], exclude=[shop.desk.base_commit()])
    assert len(history) == 1


@pytest.mark.usefixtures("intercepted")
def test_data_that_agrees_drafts_nothing(
    spark: SparkSession, shop: Shop, governance: LocalGovernanceServiceClient, tmp_path: Path
) -> None:
    write(agreeing(spark), governance, tmp_path / "orders")
    assert shop.open_pulls() == []


def test_a_repository_that_is_out_of_reach_keeps_what_was_seen_and_not_the_data(
    spark: SparkSession,
    governance: LocalGovernanceServiceClient,
    tmp_path: Path,
    intercepted: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(tmp_path / "not mounted"))
    write(added(spark), governance, tmp_path / "orders")
    assert (tmp_path / "orders" / "_SUCCESS").exists()
    assert len(list((tmp_path / "outbox").rglob("*.json"))) == 1


def test_without_a_repository_the_job_is_told_before_anything_is_written(
    spark: SparkSession,
    governance: LocalGovernanceServiceClient,
    tmp_path: Path,
    intercepted: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dc43_gitdraft.errors import ConfigError

    monkeypatch.delenv("GITDRAFT_REPO")
    with pytest.raises(ConfigError, match="GITDRAFT_REPO"):
        write(added(spark), governance, tmp_path / "orders")
    assert not (tmp_path / "orders").exists()
