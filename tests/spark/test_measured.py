"""Writes that tell nothing of what went by."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.jobs import STRICT, broken, ids
from support.shop import START

pytest.importorskip("pyspark", reason="pyspark is not installed")

from dc43_gitdraft import odcs
from dc43_gitdraft.model import Dataset, Verdict
from dc43_gitdraft.spark import measured
from dc43_gitdraft.spark.measured import About, Measuring

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ABOUT = About(Dataset("table:shop.orders"), START)


@pytest.fixture
def source(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the data is read from; what is observed is hardly waited for."""
    monkeypatch.setattr(measured, "PATIENCE", 0.1)
    broken(spark).write.parquet(str(tmp_path / "source"))
    return tmp_path / "source"


@pytest.mark.on("local", "connect")
def test_a_write_that_reports_nothing_is_measured_afterwards(
    spark: SparkSession, source: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = spark.read.parquet(str(source))
    target = tmp_path / "target"

    def planned_anew(_: DataFrame) -> None:
        data.write.parquet(str(target))

    with caplog.at_level(logging.WARNING):
        seen = Measuring(data, ABOUT, odcs.read(STRICT)).while_writing(planned_anew)
    assert ids(spark, target) == [1, 2, 3, 4]
    assert seen.rows == 4
    assert [each.rule for each in seen.quality if each.verdict is Verdict.BLOCK] == ["minimum"]
    assert "the data is computed once more" in caplog.text


@pytest.mark.on("local", "connect")
def test_what_cannot_be_read_again_is_unknown_and_stays_written(
    spark: SparkSession, source: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = spark.read.parquet(str(source))
    target = tmp_path / "target"

    def moved(_: DataFrame) -> None:
        data.write.parquet(str(target))
        shutil.rmtree(source)

    with caplog.at_level(logging.WARNING):
        seen = Measuring(data, ABOUT, odcs.read(STRICT)).while_writing(moved)
    assert ids(spark, target) == [1, 2, 3, 4]
    assert seen.rows is None
    assert [each.name for each in seen.properties] == ["order_id", "amount", "note"]
    assert seen.quality
    assert {each.verdict for each in seen.quality} == {Verdict.UNKNOWN}
    assert "its schema alone is known" in caplog.text
