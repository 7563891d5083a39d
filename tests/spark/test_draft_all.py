"""`draft --all` over the tables of a Spark catalog."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.cli import Cli
from support.git import make_bare
from support.shop import ORDERS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EVERYWHERE = pytest.mark.on("local", "connect", "cluster")

LOCATED = """\
servers:
  - server: lake
    type: databricks
    catalog: spark_catalog
    schema: gold
schema:
"""
BILLS = (
    ORDERS.replace("id: orders", "id: c-17")
    .replace("- name: orders", "- name: bill\n    physicalName: bills")
    .replace("schema:\n", LOCATED)
)
RETURNS = ORDERS.replace("id: orders", "id: returns").replace("- name: orders", "- name: returns")
AGREEING = "SELECT 1L AS order_id, CAST(1.5 AS decimal(10,2)) AS amount, 'x' AS note"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    texts = {"orders": ORDERS, "c-17": BILLS, "returns": RETURNS}
    files = {f"contracts/{name}.odcs.yaml": text for name, text in texts.items()}
    monkeypatch.setenv("GITDRAFT_REPO", str(tmp_path / "contracts.git"))
    return make_bare(tmp_path / "contracts.git", files)


@pytest.fixture
def gold(spark: SparkSession) -> Iterator[str]:
    spark.sql("CREATE DATABASE gold")
    tables = {
        "bills": f"{AGREEING[:6]} 2 AS discount, {AGREEING[7:]}",
        "orders": AGREEING,
        "returns": f"{AGREEING[:6]} 'web' AS channel, {AGREEING[7:]}",
        "refunds": AGREEING,
    }
    for name, query in tables.items():
        spark.sql(f"CREATE TABLE gold.{name} USING parquet AS {query}")
    yield "gold"
    spark.sql("DROP DATABASE gold CASCADE")


@EVERYWHERE
@pytest.mark.usefixtures("repo")
def test_every_table_is_drafted_for_its_contract(
    capsys: pytest.CaptureFixture[str], gold: str
) -> None:
    said = Cli(capsys)("draft", "--all", "--from", f"spark:{gold}.*", "--output", "json").json
    ends = {row["source"]: (row["contract"], row["outcome"]) for row in said["outcomes"]}
    assert ends == {
        "spark:gold.bills": ("c-17", "created"),
        "spark:gold.orders": ("orders", "no-drift"),
        "spark:gold.refunds": (None, "no-contract"),
        "spark:gold.returns": ("returns", "created"),
    }


@pytest.mark.usefixtures("repo")
def test_a_table_that_cannot_be_read_does_not_stop_the_rest(
    capsys: pytest.CaptureFixture[str], gold: str, spark: SparkSession
) -> None:
    where = spark.conf.get("spark.sql.warehouse.dir")
    assert where is not None
    for part in Path(where.removeprefix("file:"), "gold.db", "bills").glob("part-*"):
        part.write_bytes(b"no parquet at all")
    said = Cli(capsys)(
        "draft", "--all", "--from", f"spark:{gold}.*", "--output", "json", code=2
    ).json
    (reason,) = (row["reason"] for row in said["outcomes"] if row["outcome"] == "failed")
    assert "cannot read" in reason
    assert "\n" not in reason
    assert said["counts"] == {"created": 1, "failed": 1, "no-contract": 1, "no-drift": 1}


@pytest.mark.usefixtures("gold")
def test_a_job_drafts_for_the_tables_of_a_pattern(repo: Path) -> None:
    from dc43_gitdraft.spark import draft_tables

    found = draft_tables(["gold.b*", "gold.orders"], repo=repo, dataset_version="7")
    ends = [(row.contract, row.outcome and row.outcome.kind.value) for row in found.rows]
    assert ends == [("c-17", "created"), ("orders", "no-drift")]
    assert {row.observation and row.observation.dataset.version for row in found.rows} == {"7"}


def test_a_job_without_a_repository_is_told_so() -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    from dc43_gitdraft.errors import ConfigError
    from dc43_gitdraft.spark import draft_tables

    with pytest.raises(ConfigError, match="GITDRAFT_REPO"):
        draft_tables("gold.*")


RULED = ORDERS.replace("required: true", "required: true\n        unique: true")


@EVERYWHERE
def test_a_table_is_measured_by_its_contract(
    capsys: pytest.CaptureFixture[str],
    spark: SparkSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(tmp_path / "contracts.git"))
    make_bare(tmp_path / "contracts.git", {"contracts/orders.odcs.yaml": RULED})
    where = str(tmp_path / "orders")
    spark.sql(f"{AGREEING} UNION ALL {AGREEING}").write.parquet(where)
    said = Cli(capsys)("draft", "orders", "--from", f"spark:{where}", "--output", "json").json
    assert said["outcome"] == "no-drift"
    assert "unique of" in said["reason"]
