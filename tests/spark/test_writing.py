"""Writing under a contract: what is checked, what is written where, and what stewards see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.jobs import added, agreeing, broken, ids, nulls, reject, removed
from support.shop import ORDERS, Shop, drafted, pulled

pytest.importorskip("pyspark", reason="pyspark is not installed")

from pyspark.errors import AnalysisException
from pyspark.sql.functions import udf

from dc43_gitdraft.errors import BlockedError, ConfigError, ContractError
from dc43_gitdraft.model import Layout, OutcomeKind, Verdict
from dc43_gitdraft.spark.jobs import read_with_contract, write_with_contract
from dc43_gitdraft.spark.results import WriteResult

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@pytest.fixture
def strict(spark: SparkSession) -> Iterator[None]:
    """Spark 3.5 is not strict by itself."""
    spark.conf.set("spark.sql.ansi.enabled", "true")
    yield
    spark.conf.unset("spark.sql.ansi.enabled")


TABLE = "table:shop.orders"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "data" / "orders"


def job(df: DataFrame, shop: Shop, target: Path, **arguments: Any) -> WriteResult:
    chosen = {"path": str(target), "dataset_id": TABLE, "repo": shop.desk, **arguments}
    return write_with_contract(df, "orders", **chosen)


def outcome(result: WriteResult) -> OutcomeKind | None:
    return result.outcome.kind if result.outcome else None


@pytest.mark.on("local", "connect")
@pytest.mark.parametrize("on_mismatch", ["block", "write", "quarantine"])
def test_data_that_agrees_is_written(
    spark: SparkSession, shop: Shop, target: Path, on_mismatch: str
) -> None:
    df = agreeing(spark).filter("note is not null")
    result = job(df, shop, target, on_mismatch=on_mismatch)
    assert (result.verdict, result.reason) == (Verdict.OK, None)
    assert (result.target, result.written, result.quarantined) == (str(target), True, False)
    assert result.observation.rows == 2
    assert outcome(result) is OutcomeKind.NO_DRIFT
    assert ids(spark, target) == [1, 3]


@pytest.mark.on("local", "connect")
@pytest.mark.parametrize("on_mismatch", ["block", "write", "quarantine"])
def test_a_property_more_is_written_and_drafted(
    spark: SparkSession, shop: Shop, target: Path, on_mismatch: str
) -> None:
    result = job(added(spark), shop, target, on_mismatch=on_mismatch)
    assert result.verdict is Verdict.WARN
    assert result.reason is not None
    assert "property-added-optional of orders.discount" in result.reason
    assert result.written
    assert ids(spark, target) == [1, 2, 3]
    assert result.outcome is not None
    assert drafted(result.outcome).version == "1.3.0"
    assert [pull.title for pull in shop.open_pulls()] == [pulled(result.outcome).title]


def test_a_property_less_is_blocked_and_drafted(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    result = job(removed(spark), shop, target)
    assert result.verdict is Verdict.BLOCK
    assert (result.target, result.written) == (None, False)
    assert not target.exists()
    assert outcome(result) is OutcomeKind.CREATED
    with pytest.raises(BlockedError, match=r"orders was not written: property-removed of"):
        result.raise_if_blocked()


@pytest.mark.parametrize("data", [broken, nulls])
def test_data_that_breaks_a_rule_is_blocked(
    spark: SparkSession, shop: Shop, target: Path, data: Any
) -> None:
    result = job(data(spark), shop, target)
    assert result.verdict is Verdict.BLOCK
    assert result.reason is not None
    assert "fails in 1 of 4 rows" in result.reason
    assert not target.exists()


def test_a_rule_of_severity_warning_blocks_nothing(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    result = job(agreeing(spark), shop, target)
    assert result.verdict is Verdict.WARN
    assert result.reason is not None
    assert result.reason.startswith("note_given of orders.note fails in 1 of 3 rows")
    assert result.written


@pytest.mark.on("local", "connect")
def test_write_writes_what_block_would_not(spark: SparkSession, shop: Shop, target: Path) -> None:
    result = job(broken(spark), shop, target, on_mismatch="write")
    assert result.verdict is Verdict.BLOCK
    assert result.written
    assert result.raise_if_blocked() is result
    assert ids(spark, target) == [1, 2, 3, 4]
    assert result.observation.rows == 4


@pytest.mark.on("local", "connect")
def test_quarantine_keeps_what_block_would_not_write(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    result = job(removed(spark), shop, target, on_mismatch="quarantine")
    assert result.verdict is Verdict.BLOCK
    assert result.quarantined
    assert not result.written
    assert not target.exists()
    assert result.target is not None
    assert Path(result.target).parent == Path(f"{target}_quarantine")
    assert ids(spark, Path(result.target)) == [1, 2, 3]
    assert result.raise_if_blocked() is result


def test_each_run_has_a_quarantine_of_its_own(
    spark: SparkSession, shop: Shop, target: Path, tmp_path: Path
) -> None:
    chosen = {"on_mismatch": "quarantine", "quarantine": str(tmp_path / "apart")}
    first = job(removed(spark), shop, target, **chosen)
    second = job(broken(spark), shop, target, **chosen)
    assert first.target != second.target
    assert {path.parent for path in (tmp_path / "apart").glob("*/_SUCCESS")} == {
        Path(str(first.target)),
        Path(str(second.target)),
    }


@pytest.mark.parametrize("on_mismatch", ["block", "write"])
def test_what_a_steward_rejected_is_not_written(
    spark: SparkSession, shop: Shop, target: Path, on_mismatch: str
) -> None:
    job(added(spark), shop, target)
    reject(shop, 1, "no discounts here")
    result = job(added(spark), shop, target, mode="append", on_mismatch=on_mismatch)
    assert result.verdict is Verdict.BLOCK
    assert result.reason == "pull request #1 rejected by Ana Steward: no discounts here"
    assert not result.written
    assert outcome(result) is OutcomeKind.REJECTED
    assert ids(spark, target) == [1, 2, 3]


def test_what_a_steward_rejected_goes_to_the_quarantine(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    job(added(spark), shop, target)
    reject(shop, 1, "no discounts here")
    result = job(added(spark), shop, target, mode="append", on_mismatch="quarantine")
    assert result.quarantined
    assert ids(spark, target) == [1, 2, 3]


def test_a_rejected_drift_blocks_where_nothing_is_drafted_too(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    job(added(spark), shop, target)
    reject(shop, 1, "no discounts here")
    result = job(added(spark), shop, target, mode="append", draft_on_mismatch=False)
    assert result.verdict is Verdict.BLOCK
    assert result.outcome is None


def test_without_drafting_nothing_is_published(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    before = shop.refs()
    result = job(added(spark), shop, target, draft_on_mismatch=False)
    assert (result.verdict, result.written, result.outcome) == (Verdict.WARN, True, None)
    assert result.draft is not None
    assert shop.refs() == before


def test_the_same_drift_is_told_once(spark: SparkSession, shop: Shop, target: Path) -> None:
    job(added(spark), shop, target)
    assert outcome(job(added(spark), shop, target, mode="append")) is OutcomeKind.UNCHANGED
    assert len(shop.open_pulls()) == 1


def test_data_that_agrees_again_closes_its_draft(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    job(added(spark), shop, target)
    result = job(agreeing(spark), shop, target, mode="overwrite")
    assert outcome(result) is OutcomeKind.NO_DRIFT
    assert shop.open_pulls() == []


@pytest.mark.on("local", "connect")
def test_a_table_is_written_and_is_its_own_dataset(spark: SparkSession, shop: Shop) -> None:
    spark.sql("DROP TABLE IF EXISTS p2_orders")
    try:
        for _ in range(2):
            result = write_with_contract(
                agreeing(spark), "orders", repo=shop.desk, table="p2_orders", mode="append"
            )
        assert result.target == "p2_orders"
        assert result.observation.dataset.id == "spark:p2_orders"
        assert spark.table("p2_orders").count() == 6
    finally:
        spark.sql("DROP TABLE IF EXISTS p2_orders")


def test_partitions_format_and_options_are_sparks(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    chosen = {"format": "csv", "partition_by": "note", "options": {"header": True}}
    result = job(agreeing(spark), shop, target, **chosen)
    assert result.observation.layout == Layout("csv", partitions=("note",))
    assert [each.partition for each in result.observation.properties] == [None, None, 1]
    assert (target / "note=a").is_dir()
    assert next((target / "note=a").glob("*.csv")).read_text().startswith("order_id,amount\n")


def test_csv_that_is_written_is_read_with_its_names(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    job(agreeing(spark), shop, target, format="csv")
    read = read_with_contract(spark, "orders", repo=shop.desk, path=str(target), format="csv")
    assert (read.verdict, read.df.columns) == (Verdict.WARN, ["order_id", "amount", "note"])
    assert read.df.count() == 3


def test_options_may_say_that_csv_has_no_header(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    job(agreeing(spark), shop, target, format="csv", options={"Header": False})
    assert "order_id" not in "".join(each.read_text() for each in target.glob("*.csv"))


def test_the_source_is_the_dataset_where_none_is_named(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    result = job(agreeing(spark), shop, target, dataset_id=None, dataset_version="7")
    assert result.observation.dataset.id == f"parquet:{target}"
    assert result.observation.dataset.version == "7"


def test_what_the_job_says_is_in_the_pull_request(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    result = job(added(spark), shop, target, context={"team": "checkout"}, bump="major")
    assert result.outcome is not None
    assert "checkout" in pulled(result.outcome).body
    assert drafted(result.outcome).version == "2.0.0"


def test_failed_rules_are_told_to_the_steward_with_a_drift(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    drifted = broken(spark).withColumnRenamed("note", "remark")
    result = job(drifted, shop, target)
    assert result.outcome is not None
    assert "minimum" in pulled(result.outcome).body
    assert "987" not in pulled(result.outcome).body


@pytest.mark.on("local", "connect")
def test_no_rows_are_no_mistake(spark: SparkSession, shop: Shop, target: Path) -> None:
    empty = agreeing(spark).filter("order_id > 99")
    result = job(empty, shop, target, on_mismatch="write")
    assert (result.verdict, result.observation.rows) == (Verdict.OK, 0)


def test_the_repository_may_be_a_path_and_come_from_the_environment(
    spark: SparkSession, shop: Shop, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(shop.path))
    result = job(added(spark), shop, target, repo=None)
    assert outcome(result) is OutcomeKind.CREATED
    assert outcome(job(added(spark), shop, target, repo=shop.path, mode="append")) is (
        OutcomeKind.UNCHANGED
    )


def test_a_new_contract_is_drafted_where_that_is_allowed(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    with pytest.raises(ContractError, match="no contract 'returns'"):
        write_with_contract(agreeing(spark), "returns", repo=shop.desk, path=str(target))
    assert not target.exists()
    result = write_with_contract(
        agreeing(spark), "returns", repo=shop.desk, path=str(target), new=True
    )
    assert (result.verdict, result.written) == (Verdict.WARN, True)
    assert result.outcome is not None
    assert drafted(result.outcome).version == "1.0.0"


def counting(df: DataFrame, spark: SparkSession) -> tuple[DataFrame, Any]:
    """Return the data, and a counter of the rows that were computed of it."""
    counter = spark.sparkContext.accumulator(0)

    passed = udf(lambda order: counter.add(1) or order, "bigint")  # type: ignore[func-returns-value]
    return df.withColumn("order_id", passed("order_id")), counter


def test_what_is_measured_while_it_is_written_is_computed_once(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    df, counter = counting(agreeing(spark), spark)
    result = job(df, shop, target, on_mismatch="write")
    assert len(result.observation.quality) == 3
    assert counter.value == 3


def test_without_rules_nothing_is_measured_before_it_is_written(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    plain = ORDERS.replace("        required: true\n", "")
    shop.write("main", {"contracts/orders.odcs.yaml": plain})
    df, counter = counting(agreeing(spark), spark)
    result = job(df, shop, target)
    assert result.observation.rows == 3
    assert counter.value == 3


def test_where_the_data_is_there_ignore_leaves_it(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    job(agreeing(spark), shop, target)
    result = job(broken(spark), shop, target, mode="ignore", on_mismatch="write")
    assert result.observation.rows == 4
    assert ids(spark, target) == [1, 2, 3]


def test_a_failed_write_is_told_as_spark_tells_it(
    spark: SparkSession, shop: Shop, target: Path
) -> None:
    job(agreeing(spark), shop, target)
    with pytest.raises(AnalysisException, match="already exists"):
        job(agreeing(spark), shop, target, mode="errorifexists")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"path": None}, "either a path or a table"),
        ({"table": "orders"}, "either a path or a table"),
        ({"on_mismatch": "panic"}, "on_mismatch is one of"),
        ({"bump": "huge"}, "bump is one of"),
        ({"base": "absent"}, "no branch 'absent'"),
    ],
)
def test_a_mistake_is_told_before_anything_is_written(
    spark: SparkSession, shop: Shop, target: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        job(agreeing(spark), shop, target, **{"repo": shop.path, **arguments})
    assert not target.exists()


def test_an_id_without_a_repository_is_a_mistake(spark: SparkSession, target: Path) -> None:
    with pytest.raises(ConfigError, match="GITDRAFT_REPO"):
        write_with_contract(agreeing(spark), "orders", path=str(target))


@pytest.mark.parametrize("on_mismatch", ["block", "write"])
def test_what_must_be_distinct_is_counted_exactly(
    spark: SparkSession, shop: Shop, target: Path, on_mismatch: str
) -> None:
    keyed = ORDERS.replace("required: true\n", "required: true\n        unique: true\n")
    shop.write("main", {"contracts/orders.odcs.yaml": keyed})
    twice = agreeing(spark).union(agreeing(spark).limit(1))
    result = job(twice, shop, target, on_mismatch=on_mismatch)
    assert result.verdict is Verdict.BLOCK
    assert result.reason is not None
    assert result.reason.startswith("unique of orders.order_id fails in 1 of 4 rows")
    assert result.written is (on_mismatch == "write")


@pytest.mark.on("local", "connect")
@pytest.mark.parametrize("on_mismatch", ["block", "write", "quarantine"])
@pytest.mark.usefixtures("strict")
def test_a_query_that_a_value_ends_costs_neither_the_data_nor_the_rest(
    spark: SparkSession, shop: Shop, target: Path, on_mismatch: str
) -> None:
    queries = "\n".join(
        f"      - {{name: {name}, type: sql, query: '{query}', mustBe: {number}}}"
        for name, query, number in (
            ("ends", "SELECT SUM(CAST(order_id AS INT) % (order_id - 1)) FROM orders", 1),
            ("counts", "SELECT COUNT(*) FROM orders", 2),
        )
    )
    quality = f"    quality:\n{queries}\n    properties:\n"
    shop.edit("main", "    properties:\n", quality, "contracts/orders.odcs.yaml")
    df = agreeing(spark).filter("note is not null")
    result = job(df, shop, target, on_mismatch=on_mismatch)
    assert (result.verdict, result.written) == (Verdict.UNKNOWN, True)
    assert result.reason == (
        "ends of the object was not measured: Spark could not compute it over this data"
    )
    assert ids(spark, target) == [1, 3]
    assert outcome(result) is OutcomeKind.NO_DRIFT
