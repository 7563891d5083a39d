"""Streams under a contract, classic and on a Connect server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.jobs import SCHEMA, added, agreeing, broken, ids, reject
from support.shop import Shop

pytest.importorskip("pyspark", reason="pyspark is not installed")

from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.model import OutcomeKind, Verdict
from dc43_gitdraft.spark.jobs import batch_writer, watch_stream, write_with_contract

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from dc43_gitdraft.spark.judging import Validation
    from dc43_gitdraft.spark.office import Told
    from dc43_gitdraft.spark.results import WriteResult


@pytest.fixture
def strict(spark: SparkSession) -> Iterator[None]:
    """Spark 3.5 is not strict by itself."""
    spark.conf.set("spark.sql.ansi.enabled", "true")
    yield
    spark.conf.unset("spark.sql.ansi.enabled")


#: In seconds, on a busy machine.
PATIENCE = 60


class Stream:
    """A stream of files: `add` a batch of it, and `run` a query over what was not yet read."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self._spark, self._folder = spark, folder
        self.target = folder / "target"
        (folder / "source").mkdir(parents=True)

    def add(self, df: DataFrame) -> None:
        df.coalesce(1).write.mode("append").parquet(str(self._folder / "source"))

    def read(self, schema: str = SCHEMA) -> DataFrame:
        stream = self._spark.readStream.schema(schema).option("maxFilesPerTrigger", 1)
        return stream.parquet(str(self._folder / "source"))

    def run(self, writer: Any) -> None:
        """Run a query over what is there, to its end. Raises what stops it."""
        checkpoint = str(self._folder / "checkpoint")
        query = writer.option("checkpointLocation", checkpoint).trigger(availableNow=True).start()
        try:
            assert query.awaitTermination(PATIENCE)
        finally:
            query.stop()


@pytest.fixture
def stream(spark: SparkSession, tmp_path: Path) -> Stream:
    return Stream(spark, tmp_path / "stream")


def good(spark: SparkSession) -> DataFrame:
    return agreeing(spark).filter("note is not null")


def until(there: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < end, "the listener heard nothing"
        time.sleep(0.1)


@pytest.mark.on("local", "connect")
def test_batches_are_checked_and_written(spark: SparkSession, shop: Shop, stream: Stream) -> None:
    for _ in range(2):
        stream.add(good(spark))
    writer = batch_writer("orders", repo=str(shop.path), path=str(stream.target))
    stream.run(stream.read().writeStream.foreachBatch(writer))
    assert ids(spark, stream.target) == [1, 1, 3, 3]


def test_results_are_told_batch_by_batch(spark: SparkSession, shop: Shop, stream: Stream) -> None:
    results: list[tuple[int, WriteResult]] = []
    for df in (good(spark), agreeing(spark)):
        stream.add(df)
    writer = batch_writer(
        "orders",
        repo=shop.path,
        path=str(stream.target),
        on_result=lambda batch, result: results.append((batch, result)),
    )
    stream.run(stream.read().writeStream.foreachBatch(writer))
    writer.close()
    assert sorted((batch, result.verdict.value) for batch, result in results) == [
        (0, results[0][1].verdict.value),
        (1, results[1][1].verdict.value),
    ]
    assert {result.verdict for _, result in results} == {Verdict.OK, Verdict.WARN}
    assert [result.observation.dataset.version for _, result in results] == ["batch 0", "batch 1"]


@pytest.mark.on("local", "connect")
def test_a_blocked_batch_stops_the_stream_and_comes_again(
    spark: SparkSession, shop: Shop, stream: Stream
) -> None:
    stream.add(broken(spark))
    writer = batch_writer("orders", repo=str(shop.path), path=str(stream.target))
    with pytest.raises(Exception, match="was not written: minimum of"):
        stream.run(stream.read().writeStream.foreachBatch(writer))
    assert not stream.target.exists()
    lenient = batch_writer(
        "orders", repo=str(shop.path), path=str(stream.target), on_mismatch="quarantine"
    )
    stream.run(stream.read().writeStream.foreachBatch(lenient))
    (place,) = (path.parent for path in stream.target.parent.glob("*_quarantine/*/_SUCCESS"))
    assert ids(spark, place) == [1, 2, 3, 4]


def test_a_drift_of_a_stream_is_drafted_once(
    spark: SparkSession, shop: Shop, stream: Stream
) -> None:
    results: list[WriteResult] = []
    for _ in range(3):
        stream.add(added(spark))
    writer = batch_writer(
        "orders",
        repo=shop.path,
        path=str(stream.target),
        on_result=lambda _, result: results.append(result),
    )
    stream.run(stream.read(f"{SCHEMA}, discount double").writeStream.foreachBatch(writer))
    assert [pull.title for pull in shop.open_pulls()] == ["orders 1.3.0: add discount"]
    assert all(result.outcome is results[0].outcome for result in results)


def test_a_rejection_is_heard_while_the_stream_runs(
    spark: SparkSession, shop: Shop, stream: Stream
) -> None:
    for _ in range(2):
        stream.add(added(spark))

    def decide(batch: int, _: WriteResult) -> None:
        if batch == 0:
            reject(shop, 1, "no discounts here")

    writer = batch_writer(
        "orders", repo=shop.path, path=str(stream.target), every=0, on_result=decide
    )
    with pytest.raises(Exception, match="no discounts here"):
        stream.run(stream.read(f"{SCHEMA}, discount double").writeStream.foreachBatch(writer))
    assert ids(spark, stream.target) == [1, 2, 3]


@pytest.mark.on("local", "connect")
def test_a_watched_stream_is_judged_by_the_metrics_of_its_batches(
    spark: SparkSession, shop: Shop, stream: Stream
) -> None:
    heard: list[tuple[int, Validation, Told]] = []
    stream.add(good(spark))
    stream.add(broken(spark))
    with watch_stream(
        stream.read(),
        "orders",
        repo=shop.path,
        dataset_id="topic:orders",
        on_batch=lambda *said: heard.append(said),
    ) as watch:
        assert watch.validation.verdict is Verdict.OK
        stream.run(watch.df.writeStream.format("parquet").option("path", str(stream.target)))
        until(lambda: len(heard) == 2)
    rows = {judged.observation.rows: judged for _, judged, _ in heard}
    assert rows[2].verdict is Verdict.OK
    assert rows[4].verdict is Verdict.BLOCK
    assert rows[4].reason is not None
    assert rows[4].reason.startswith("minimum of orders.amount fails in 1 of 4 rows")
    assert sorted(path.name for path in stream.target.glob("*.parquet")) != []


def test_the_schema_of_a_watched_stream_is_judged_and_drafted_before_it_starts(
    spark: SparkSession, shop: Shop, stream: Stream
) -> None:
    drifted = stream.read(f"{SCHEMA}, discount double")
    with watch_stream(drifted, "orders", repo=shop.path, dataset_id="topic:orders") as watch:
        assert watch.validation.verdict is Verdict.WARN
    assert len(shop.open_pulls()) == 1
    reject(shop, 1, "no discounts here")
    with watch_stream(drifted, "orders", repo=shop.path, dataset_id="topic:orders") as watch:
        assert watch.validation.verdict is Verdict.BLOCK
        assert "no discounts here" in str(watch.validation.reason)


@pytest.mark.usefixtures("strict")
def test_a_query_that_a_value_ends_does_not_end_a_watched_stream(
    spark: SparkSession, shop: Shop, stream: Stream
) -> None:
    query = "SELECT SUM(order_id % (order_id - 1)) FROM orders"
    quality = f"    quality: [{{name: ends, type: sql, query: '{query}', mustBe: 1}}]\n"
    where = "    properties:\n"
    shop.edit("main", where, f"{quality}{where}", "contracts/orders.odcs.yaml")
    heard: list[Validation] = []
    stream.add(good(spark))
    with watch_stream(
        stream.read(),
        "orders",
        repo=shop.path,
        dataset_id="topic:orders",
        on_batch=lambda _batch, judged, _told: heard.append(judged),
    ) as watch:
        stream.run(watch.df.writeStream.format("parquet").option("path", str(stream.target)))
        until(lambda: len(heard) == 1)
    assert heard[0].verdict is Verdict.UNKNOWN
    assert "use foreachBatch" in str(heard[0].reason)
    assert sorted(path.name for path in stream.target.glob("*.parquet")) != []


def test_a_stream_is_not_written_at_once(spark: SparkSession, shop: Shop, stream: Stream) -> None:
    with pytest.raises(ConfigError, match="foreachBatch"):
        write_with_contract(stream.read(), "orders", repo=shop.path, path=str(stream.target))


def test_a_repository_out_of_reach_does_not_stop_a_stream(
    spark: SparkSession, stream: Stream, tmp_path: Path
) -> None:
    stream.add(added(spark))
    writer = batch_writer(
        "orders", repo="http://127.0.0.1:1/contracts.git", path=str(stream.target)
    )
    stream.run(stream.read(f"{SCHEMA}, discount double").writeStream.foreachBatch(writer))
    assert ids(spark, stream.target) == [1, 2, 3]
    assert len(list((tmp_path / "outbox").rglob("*.json"))) == 1


def test_no_drift_of_a_stream_is_told_once(spark: SparkSession, shop: Shop, stream: Stream) -> None:
    outcomes: list[Any] = []
    for _ in range(2):
        stream.add(good(spark))
    writer = batch_writer(
        "orders",
        repo=shop.path,
        path=str(stream.target),
        on_result=lambda _, result: outcomes.append(result.outcome),
    )
    stream.run(stream.read().writeStream.foreachBatch(writer))
    assert outcomes[0].kind is OutcomeKind.NO_DRIFT
    assert outcomes[1] is outcomes[0]
