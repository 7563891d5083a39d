"""The sessions that tests get: each kind is what it says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.mark.on("local", "connect", "cluster")
def test_every_kind_of_session_writes_and_reads(spark: SparkSession, tmp_path: Path) -> None:
    spark.range(10).write.parquet(str(tmp_path / "numbers"))
    assert spark.read.parquet(str(tmp_path / "numbers")).count() == 10


def test_without_a_mark_the_session_is_a_local_one(spark: SparkSession) -> None:
    assert spark.sparkContext.master == "local[2]"


def test_the_connect_session_has_no_context(connect: SparkSession) -> None:
    assert "connect" in type(connect).__module__


def test_both_workers_of_the_cluster_take_part(cluster: SparkSession) -> None:
    context = cluster.sparkContext
    places = context.parallelize(range(8), 8).map(lambda _: __import__("os").getppid()).collect()
    assert str(context.master).startswith("spark://")
    assert len(set(places)) == 2
