"""Observations that a job leaves on a file system, without Git."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.cli import Cli
from support.jobs import STRICT, added, ids, removed
from support.shop import START, Shop, seen

pytest.importorskip("pyspark", reason="pyspark is not installed")

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.observe import observe
from dc43_gitdraft.spark.jobs import write_with_contract
from dc43_gitdraft.spark.recording import read_observation, write_observation

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@pytest.mark.on("local", "connect", "cluster")
def test_what_is_written_is_read_back(spark: SparkSession, tmp_path: Path) -> None:
    place = f"file://{tmp_path}/seen"
    write_observation(seen(version="1"), place, spark)
    write_observation(seen(version="ä\u2028\\n"), place, spark)
    assert read_observation(place, spark) == seen(version="ä\u2028\\n")
    assert observe(f"observation:{tmp_path}/seen", now=START) == seen(version="ä\u2028\\n")


def test_a_directory_without_an_observation_is_told(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "seen").mkdir()
    with pytest.raises(ObservationError, match="no Observation"):
        read_observation(str(tmp_path / "seen"), spark)
    with pytest.raises(ObservationError, match="this has no file"):
        observe(f"observation:{tmp_path}/seen", now=START)


def test_a_directory_with_several_is_told(spark: SparkSession, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(ObservationError, match="several Observations"):
        read_observation(str(tmp_path), spark)
    with pytest.raises(ObservationError, match="this has 2 files"):
        observe(f"observation:{tmp_path}", now=START)


@pytest.mark.on("local", "connect", "cluster")
def test_a_job_without_git_leaves_what_a_workflow_drafts_from(
    spark: SparkSession, shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = write_with_contract(
        added(spark),
        STRICT,
        path=str(tmp_path / "orders"),
        dataset_id="table:shop.orders",
        observation_path=str(tmp_path / "seen"),
    )
    assert result.written
    assert (result.outcome, result.kept) == (None, None)
    source = f"observation:{tmp_path / 'seen'}"
    ended = Cli(capsys)(
        "draft", "orders", "--from", source, "--repo", shop.path, "--output", "json"
    )
    assert ended.json["outcome"] == "created"
    assert [change["path"] for change in ended.json["changes"]] == ["orders.discount"]


def test_jobs_leave_their_observations_side_by_side(
    spark: SparkSession, shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def leave(df: DataFrame, dataset: str) -> None:
        result = write_with_contract(
            df,
            STRICT,
            path=str(tmp_path / "orders"),
            mode="overwrite",
            on_mismatch="write",
            dataset_id=dataset,
            observation_path=str(tmp_path / "seen"),
        )
        assert result.failure is None

    leave(removed(spark), "table:shop.orders")
    leave(added(spark), "table:shop.orders")
    assert len(list((tmp_path / "seen").iterdir())) == 2
    last = observe(f"observation:{tmp_path / 'seen'}", now=START)
    assert "discount" in [each.name for each in last.properties]
    pattern = f"observation:{tmp_path / 'seen'}/*"
    ended = Cli(capsys)(
        "draft", "--all", "--from", pattern, "--repo", shop.path, "--output", "json"
    )
    assert [each["outcome"] for each in ended.json["outcomes"]] == ["created", "updated"]
    leave(added(spark), "table:shop.returns")
    with pytest.raises(ObservationError, match=r"of several datasets.*draft --all --from"):
        observe(f"observation:{tmp_path / 'seen'}", now=START)


def test_an_observation_that_cannot_be_written_does_not_stop_the_data(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no directory")
    result = write_with_contract(
        added(spark),
        STRICT,
        path=str(tmp_path / "orders"),
        observation_path=str(tmp_path / "file" / "seen"),
    )
    assert result.written
    assert ids(spark, tmp_path / "orders") == [1, 2, 3]
    assert result.failure is not None
    assert "was not written" in result.failure
