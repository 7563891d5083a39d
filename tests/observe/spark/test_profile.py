"""What the values of columns are like, where somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.seen import NOW, column

pytest.importorskip("pyspark", reason="pyspark is not installed")

from dc43_gitdraft.model import Dataset, Observation, Profile
from dc43_gitdraft.observe import from_json, to_json
from dc43_gitdraft.observe.spark.frame import observe_dataframe

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def look(df: DataFrame) -> Observation:
    return observe_dataframe(df, dataset=Dataset("t"), now=NOW, profile=True)


@pytest.mark.on("local", "connect")
def test_a_profile_has_counts_bounds_lengths_and_few_values(spark: SparkSession) -> None:
    df = spark.sql(
        """SELECT id,
            CASE WHEN id % 4 = 0 THEN NULL WHEN id % 2 = 0 THEN 'open' ELSE 'paid' END AS status,
            CAST(id / 4 AS DECIMAL(9,2)) AS amount,
            date_add(date'2024-01-01', CAST(id AS INT)) AS day,
            timestamp'2024-01-01 00:00:00' + make_dt_interval(0, CAST(id AS INT)) AS at,
            sequence(1, 1 + id % 3) AS steps,
            named_struct('x', id % 2) AS s,
            id % 2 = 0 AS even,
            CAST('NaN' AS DOUBLE) AS odd
        FROM range(100)"""
    )
    seen = look(df)
    found = {
        name: column(seen, name).profile
        for name in ("id", "status", "amount", "day", "at", "steps", "s", "s.x", "even", "odd")
    }
    assert found["id"] is not None
    assert found["id"].distinct is not None
    assert 80 <= found["id"].distinct <= 120
    assert (found["id"].minimum, found["id"].maximum, found["id"].values) == (0, 99, ())
    assert found["status"] == Profile(
        75, distinct=2, min_length=4, max_length=4, values=("open", "paid")
    )
    assert found["amount"] is not None
    assert (found["amount"].minimum, found["amount"].maximum) == (0.0, 24.75)
    assert found["day"] is not None
    assert (found["day"].minimum, found["day"].maximum) == ("2024-01-01", "2024-04-09")
    assert found["at"] is not None
    assert found["at"].maximum == "2024-01-05T03:00:00+00:00"
    assert found["steps"] == Profile(100, min_length=1, max_length=3)
    assert found["s"] == Profile(100)
    assert found["s.x"] == Profile(100, distinct=2, minimum=0, maximum=1, values=(0, 1))
    assert found["even"] == Profile(100, distinct=2)
    assert found["odd"] == Profile(100, distinct=1)
    assert from_json(to_json(seen)) == seen


@pytest.mark.parametrize(
    "value", ["CAST(id AS STRING)", "CAST(id % 21 AS STRING)", "repeat('x', 65)"]
)
def test_what_is_no_enumeration_has_no_values(spark: SparkSession, value: str) -> None:
    profile = column(look(spark.range(100).selectExpr(f"{value} AS a")), "a").profile
    assert profile is not None
    assert profile.values == ()


def test_without_rows_a_profile_is_empty(spark: SparkSession) -> None:
    df = spark.sql("SELECT 1 AS a, 'x' AS b").limit(0)
    assert [each.profile for each in look(df).properties] == [Profile(0, 0), Profile(0, 0)]


def test_without_being_asked_no_value_is_told(spark: SparkSession) -> None:
    df = spark.sql("SELECT 'secret' AS a")
    seen = observe_dataframe(df, dataset=Dataset("t"), now=NOW)
    assert "secret" not in to_json(seen)
