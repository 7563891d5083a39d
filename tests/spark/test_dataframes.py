"""Drafts and verdicts from a DataFrame alone, and data that is read under its contract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from open_data_contract_standard.model import OpenDataContractStandard
from support.jobs import STRICT, added, agreeing, broken, reject, removed
from support.shop import ORDERS, START, Shop, added_lines

pytest.importorskip("pyspark", reason="pyspark is not installed")

from dc43_gitdraft import odcs
from dc43_gitdraft.errors import BlockedError, ConfigError, ContractError
from dc43_gitdraft.model import OutcomeKind, Verdict
from dc43_gitdraft.observe import observe
from dc43_gitdraft.spark.jobs import (
    draft_from_dataframe,
    read_with_contract,
    validate_dataframe,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from dc43_gitdraft.base_contract import BaseContract
    from dc43_gitdraft.spark.results import ReadResult

DOCUMENT = odcs.read(ORDERS).document
MODEL = OpenDataContractStandard.from_string(ORDERS)


@pytest.mark.on("local", "connect")
@pytest.mark.parametrize("base", [ORDERS, DOCUMENT, MODEL], ids=["text", "mapping", "model"])
def test_a_draft_has_the_version_and_the_provenance_that_the_job_gives(
    spark: SparkSession, base: BaseContract
) -> None:
    draft = draft_from_dataframe(
        df=added(spark),
        base_contract=base,
        bump="major",
        dataset_id="table:catalog.schema.orders",
        dataset_version="2024-05-30",
    )
    assert draft is not None
    assert (draft.base_version, draft.version) == ("1.2.0", "2.0.0")
    assert [change.path for change in draft.changes] == ["orders.discount"]
    assert "table:catalog.schema.orders" in draft.text
    assert "2024-05-30" in draft.text


def test_a_draft_changes_only_the_lines_that_changed(spark: SparkSession) -> None:
    draft = draft_from_dataframe(added(spark), MODEL, base_text=ORDERS)
    assert draft is not None
    assert "# The orders of the web shop." in draft.text
    kept = ORDERS.replace("version: 1.2.0", "version: 1.3.0").replace("active", "draft")
    assert "      - name: discount" in added_lines(kept, draft.text)


@pytest.mark.parametrize("measure", [True, False])
def test_data_that_agrees_gives_no_draft(spark: SparkSession, *, measure: bool) -> None:
    assert draft_from_dataframe(agreeing(spark), ORDERS, measure=measure) is None


def test_a_first_draft_needs_an_id(spark: SparkSession) -> None:
    draft = draft_from_dataframe(agreeing(spark), contract_id="orders", dataset_id="t.orders")
    assert draft is not None
    assert (draft.base_version, draft.version) == (None, "1.0.0")
    with pytest.raises(ContractError, match="id is empty"):
        draft_from_dataframe(agreeing(spark))


def test_an_id_is_no_base_contract(spark: SparkSession) -> None:
    with pytest.raises(ContractError, match="no id"):
        draft_from_dataframe(agreeing(spark), "orders")


def test_an_unknown_bump_is_told(spark: SparkSession) -> None:
    with pytest.raises(ConfigError, match="auto, patch, minor, major"):
        draft_from_dataframe(agreeing(spark), ORDERS, bump="tiny")


@pytest.mark.on("local", "connect")
def test_a_dataframe_is_judged_by_its_schema_and_its_values(spark: SparkSession) -> None:
    good = agreeing(spark).filter("note is not null")
    assert validate_dataframe(good, STRICT).verdict is Verdict.OK
    assert validate_dataframe(added(spark), ORDERS).verdict is Verdict.WARN
    assert validate_dataframe(removed(spark), ORDERS).verdict is Verdict.BLOCK
    judged = validate_dataframe(broken(spark), STRICT)
    assert judged.verdict is Verdict.BLOCK
    assert judged.changes == ()
    failed = {result.rule: result.failed for result in judged.quality if result.failed}
    assert failed == {"minimum": 1, "note_given": 1}


def test_without_measuring_the_schema_alone_is_judged(spark: SparkSession) -> None:
    judged = validate_dataframe(broken(spark), STRICT, measure=False)
    assert (judged.verdict, judged.quality) == (Verdict.OK, ())
    assert judged.observation.rows is None


def test_the_levels_that_the_repository_sets_decide(spark: SparkSession, tmp_path: Path) -> None:
    files = {
        "contracts/orders.odcs.yaml": ORDERS,
        ".gitdraft.yaml": "rules:\n  property-added-optional: error\n",
    }
    strict = Shop(tmp_path / "strict.git", files)
    judged = validate_dataframe(added(spark), "orders", repo=strict.path)
    assert judged.verdict is Verdict.BLOCK


def test_a_rule_that_nobody_can_measure_is_unknown(spark: SparkSession) -> None:
    text = ORDERS + (
        "    quality:\n"
        "      - name: fresh\n"
        "        type: custom\n"
        "        engine: soda\n"
        "        implementation: checks\n"
    )
    judged = validate_dataframe(agreeing(spark), text)
    assert judged.verdict is Verdict.UNKNOWN
    assert judged.reason is not None
    assert judged.reason.startswith("fresh of the object was not measured: ")


def test_checking_writes_nothing(spark: SparkSession, shop: Shop, tmp_path: Path) -> None:
    before = shop.refs()
    validate_dataframe(removed(spark), "orders", repo=shop.path)
    assert shop.refs() == before
    assert not (tmp_path / "outbox").exists()


def reading(spark: SparkSession, shop: Shop, path: Path, **arguments: Any) -> ReadResult:
    chosen = {"dataset_id": "table:shop.orders", "repo": shop.desk, **arguments}
    return read_with_contract(spark, "orders", path=str(path), **chosen)


@pytest.mark.on("local", "connect")
def test_data_that_drifted_harmlessly_is_read_and_drafted(
    spark: SparkSession, shop: Shop, tmp_path: Path
) -> None:
    added(spark).write.parquet(str(tmp_path / "orders"))
    result = reading(spark, shop, tmp_path / "orders")
    assert result.verdict is Verdict.WARN
    assert result.df.count() == 3
    assert result.outcome is not None
    assert result.outcome.kind is OutcomeKind.CREATED


def test_data_that_breaks_the_contract_is_not_read(
    spark: SparkSession, shop: Shop, tmp_path: Path
) -> None:
    removed(spark).write.parquet(str(tmp_path / "orders"))
    result = reading(spark, shop, tmp_path / "orders")
    assert result.verdict is Verdict.BLOCK
    with pytest.raises(BlockedError, match=r"orders is not to be read: property-removed"):
        _ = result.df
    assert reading(spark, shop, tmp_path / "orders", on_mismatch="read").df.count() == 3


def test_data_of_a_rejected_drift_is_not_read(
    spark: SparkSession, shop: Shop, tmp_path: Path
) -> None:
    added(spark).write.parquet(str(tmp_path / "orders"))
    reading(spark, shop, tmp_path / "orders")
    reject(shop, 1, "no discounts here")
    for drafting in (True, False):
        result = reading(
            spark, shop, tmp_path / "orders", on_mismatch="read", draft_on_mismatch=drafting
        )
        with pytest.raises(BlockedError, match="no discounts here"):
            _ = result.df


def test_the_observer_of_the_command_line_and_the_job_mean_the_same_dataset(
    spark: SparkSession, shop: Shop, tmp_path: Path
) -> None:
    added(spark).write.csv(str(tmp_path / "orders"), header=True)
    result = reading(
        spark, shop, tmp_path / "orders", format="csv", options={"header": True}, dataset_id=None
    )
    assert result.observation.dataset.id == f"csv:{tmp_path / 'orders'}"


def test_timestamps_that_spark_writes_are_instants(spark: SparkSession, tmp_path: Path) -> None:
    spark.sql("SELECT timestamp'2024-01-31 12:00:00' AS at").write.parquet(str(tmp_path / "seen"))
    seen = observe(f"parquet:{tmp_path / 'seen'}", now=START)
    assert [each.type.physical for each in seen.properties] == ["timestamp"]


@pytest.mark.parametrize("format", ["csv", "json"])
def test_types_that_text_cannot_say_are_no_drift(
    spark: SparkSession,
    shop: Shop,
    tmp_path: Path,
    format: str,  # noqa: A002 - Spark's word
) -> None:
    good = agreeing(spark).filter("note is not null")
    good.write.option("header", True).format(format).save(str(tmp_path / "orders"))
    result = reading(spark, shop, tmp_path / "orders", format=format)
    assert (result.verdict, result.reason) == (Verdict.OK, None)
    assert result.outcome is not None
    assert result.outcome.kind is OutcomeKind.NO_DRIFT


#: The names of its partitions look like numbers and dates; the contract says what they are.
FOLDERED = """\
apiVersion: v3.1.0
kind: DataContract
id: sales
version: 1.0.0
status: active
schema:
  - name: sales
    properties:
      - name: amount
        logicalType: integer
        physicalType: bigint
      - name: Shop No
        logicalType: string
        physicalType: varchar(3)
        partitioned: true
        partitionKeyPosition: 1
      - name: day
        logicalType: date
        physicalType: date
        partitioned: true
        partitionKeyPosition: 2
      - name: hour
        logicalType: integer
        physicalType: bigint
        partitioned: true
        partitionKeyPosition: 3
"""


@pytest.mark.on("local", "connect")
@pytest.mark.parametrize("format", ["parquet", "orc", "json", "csv"])
def test_partitions_are_what_the_contract_says(
    spark: SparkSession,
    tmp_path: Path,
    format: str,  # noqa: A002 - Spark's word
) -> None:
    df = spark.sql(
        "SELECT 5L AS amount, '001' AS `Shop No`, date'2024-01-31' AS day, 7L AS hour"
        " UNION ALL SELECT 6L, '1', date'2024-02-01', 23L"
    )
    folders = ("Shop No", "day", "hour")
    df.write.partitionBy(*folders).option("header", True).format(format).save(f"{tmp_path}/sales")
    result = read_with_contract(spark, FOLDERED, path=f"{tmp_path}/sales", format=format)
    assert (result.verdict, result.reason) == (Verdict.OK, None)
    assert sorted(row["Shop No"] for row in result.df.collect()) == ["001", "1"]
    assert sorted(row["amount"] for row in result.df.collect()) == [5, 6]
    assert [each.partition for each in result.observation.properties] == [None, 1, 2, 3]
    inside = read_with_contract(
        spark, FOLDERED, path=f"{tmp_path}/sales/Shop No=001", format=format, on_mismatch="read"
    )
    assert inside.df.columns == ["amount", "day", "hour"]


def test_an_unknown_choice_is_told(spark: SparkSession, shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="one of block, read"):
        reading(spark, shop, tmp_path / "orders", on_mismatch="quarantine")
