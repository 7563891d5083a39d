"""What the values of columns are like, where somebody asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.seen import NOW, column

pytest.importorskip("pyspark", reason="pyspark is not installed")

from dc43_gitdraft.model import Dataset, Observation, Profile
from dc43_gitdraft.observe import from_json, to_json
from dc43_gitdraft.observe.spark import sketch
from dc43_gitdraft.observe.spark.frame import observe_dataframe
from dc43_gitdraft.observe.spark.profile import by_column

if TYPE_CHECKING:
    from pathlib import Path

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


#: Of every type that is profiled, some of them null, more than are aggregated together.
WIDE = """SELECT id,
    CAST(id % 7 AS TINYINT) AS tiny,
    CAST(id % 300 AS DECIMAL(9,2)) AS amount,
    CAST(id AS DOUBLE) / 3 AS number,
    IF(id % 5 = 0, NULL, concat('s', id % 3)) AS status,
    sha1(CAST(id AS STRING)) AS `a.b`,
    IF(id % 2 = 0, NULL, id % 4) AS `tick``ed`,
    id % 2 = 0 AS even,
    CAST(NULL AS STRING) AS nothing,
    date_add(date'2024-01-01', CAST(id % 50 AS INT)) AS day,
    timestamp'2024-01-01 00:00:00' + make_dt_interval(0, CAST(id AS INT)) AS at,
    IF(id % 3 = 0, NULL, sequence(1, 1 + id % 4)) AS steps,
    map('k', id) AS pairs,
    IF(id % 4 = 0, NULL,
        named_struct('x', id % 2, 'y.z', IF(id % 8 = 1, NULL, CAST(id AS STRING)))) AS s,
    CAST(CAST(id AS STRING) AS BINARY) AS bytes,
    id % 17 AS `line
break`
FROM range({rows})"""


def kept(spark: SparkSession, folder: Path, rows: int) -> tuple[DataFrame, DataFrame]:
    """Write such rows as Parquet; return them as read from there, and as computed."""
    computed = spark.sql(WIDE.format(rows=rows))
    computed.write.parquet(str(folder / f"{rows}"))
    return spark.read.parquet(str(folder / f"{rows}")), computed


@pytest.mark.on("local", "connect")
@pytest.mark.parametrize("rows", [0, 1, 2000])
def test_by_parts_a_profile_is_as_of_computed_data(
    spark: SparkSession, tmp_path: Path, rows: int
) -> None:
    stored, computed = kept(spark, tmp_path, rows)
    assert (by_column(stored), by_column(computed)) == (True, False)
    found, expected = look(stored), look(computed)
    assert found.rows == expected.rows == rows
    for each, other in zip(found.properties, expected.properties, strict=True):
        assert same(each.profile, other.profile), each.name
        assert (each.name, each.nulls) == (other.name, other.nulls)
    for name in ("s.x",):
        assert same(column(found, name).profile, column(expected, name).profile)
        assert column(found, name).nulls == column(expected, name).nulls


def same(found: Profile | None, other: Profile | None) -> bool:
    """Tell whether two are alike but for their estimates, and those near each other."""
    assert found is not None
    assert other is not None
    if found.distinct is not None and other.distinct is not None and not found.values:
        assert abs(found.distinct - other.distinct) <= 5 * sketch.ERROR * other.distinct
    return replace(found, distinct=None) == replace(other, distinct=None)


@pytest.mark.on("local", "connect")
def test_by_parts_few_values_are_exact(spark: SparkSession, tmp_path: Path) -> None:
    seen = look(kept(spark, tmp_path, 2000)[0])
    found = {each.name: each.profile for each in seen.properties}
    assert found["status"] == Profile(
        1600, distinct=3, min_length=2, max_length=2, values=("s0", "s1", "s2")
    )
    assert found["nothing"] == Profile(0, distinct=0)
    assert found["even"] == Profile(2000, distinct=2)
    assert found["tiny"] is not None
    assert (found["tiny"].distinct, found["tiny"].values) == (7, tuple(range(7)))
    assert found["id"] is not None
    assert found["id"].distinct is not None
    assert abs(found["id"].distinct - 2000) <= 4 * sketch.ERROR * 2000


def stored(spark: SparkSession, folder: Path, value: str, rows: int = 3000) -> DataFrame:
    """Write rows as one file of Parquet, in the order of their ids, and read it."""
    made = spark.range(0, rows, 1, 1).selectExpr(f"{value} AS a")
    made.write.parquet(str(folder / "t"))
    return spark.read.parquet(str(folder / "t"))


@pytest.mark.on("local", "connect")
@pytest.mark.parametrize(
    ("later", "values"),
    [
        ("'a'", ("a", "b")),
        ("'c'", ("a", "b", "c")),
        ("'A'", ("A", "a", "b")),
        ("concat('c', id)", ()),
        ("repeat('c', 65)", ()),
        ("NULL", ("a", "b")),
    ],
)
def test_values_that_come_after_the_first_rows_are_seen(
    spark: SparkSession, tmp_path: Path, later: str, values: tuple[str, ...]
) -> None:
    value = (
        f"CASE WHEN id < 2500 THEN element_at(array('a', 'b'), INT(1 + id % 2)) ELSE {later} END"
    )
    df = stored(spark, tmp_path, value)
    profile = column(look(df), "a").profile
    assert profile is not None
    assert profile.values == values
    assert not values or profile.distinct == len(values)


HOSTILE = (
    "",
    "') OR true OR ('",
    "\\",
    '"',
    "`a`",
    "line\nbreak",
    "\0",
    "é",
    "😀",
    "${a}",
    "--",
    " ",
)


def test_whatever_a_text_has_in_it_is_but_a_value(spark: SparkSession, tmp_path: Path) -> None:
    df = spark.createDataFrame([(text, len(text)) for text in HOSTILE * 9], "a string, b int")
    df.coalesce(1).write.parquet(str(tmp_path / "t"))
    seen = look(spark.read.parquet(str(tmp_path / "t")))
    profile = column(seen, "a").profile
    assert profile is not None
    assert profile.values == tuple(sorted(HOSTILE))


def test_the_outermost_integers_are_values(spark: SparkSession, tmp_path: Path) -> None:
    lowest = "-9223372036854775807 - 1"
    value = f"IF(id % 2 = 0, {lowest}, 9223372036854775807)"
    profile = column(look(stored(spark, tmp_path, value, 90)), "a").profile
    assert profile is not None
    assert profile.values == (-(2**63), 2**63 - 1)


def test_values_that_the_first_rows_have_take_no_job(spark: SparkSession, tmp_path: Path) -> None:
    counted = {}
    for name, later in (("none", "0"), ("some", "id % 3")):
        df = stored(spark, tmp_path / name, f"IF(id < 2000, id % 2, {later})")
        spark.sparkContext.setJobGroup(f"{tmp_path} {name}", "a profile")
        look(df)
        spark.sparkContext.setLocalProperty("spark.jobGroup.id", None)  # type: ignore[arg-type]
        tracker = spark.sparkContext.statusTracker()
        counted[name] = len(tracker.getJobIdsForGroup(f"{tmp_path} {name}"))
    assert counted["none"] < counted["some"]


COMPUTED: dict[str, Callable[[DataFrame], DataFrame]] = {
    "a join": lambda df: df.join(df.selectExpr("id"), "id"),
    "an aggregate": lambda df: df.groupBy("id").count(),
    "a sort": lambda df: df.orderBy("id"),
}


@pytest.mark.on("local", "connect")
@pytest.mark.parametrize("what", COMPUTED)
def test_what_is_computed_is_read_once(spark: SparkSession, tmp_path: Path, what: str) -> None:
    spark.range(9).write.parquet(str(tmp_path / "t"))
    assert not by_column(COMPUTED[what](spark.read.parquet(str(tmp_path / "t"))))


def test_a_function_of_python_is_computed_once(spark: SparkSession, tmp_path: Path) -> None:
    from pyspark.sql.functions import udf

    spark.range(9).write.parquet(str(tmp_path / "t"))
    same_text = udf(lambda value: str(value), "string")
    df = spark.read.parquet(str(tmp_path / "t"))
    assert not by_column(df.select(same_text("id").alias("a")))


def test_rows_that_are_read_whole_are_read_once(spark: SparkSession, tmp_path: Path) -> None:
    spark.range(9).write.csv(str(tmp_path / "t"))
    assert not by_column(spark.read.csv(str(tmp_path / "t")))


@pytest.mark.on("local", "connect")
@pytest.mark.parametrize("kind", ["parquet", "orc"])
def test_files_of_columns_are_read_by_parts(spark: SparkSession, tmp_path: Path, kind: str) -> None:
    spark.range(9).write.format(kind).save(str(tmp_path / "t"))
    df = spark.read.format(kind).load(str(tmp_path / "t"))
    assert by_column(df)
    assert by_column(df.where("id > 3"))


def test_what_is_cached_is_read_by_parts(spark: SparkSession) -> None:
    df = spark.range(9).groupBy("id").count().cache()
    try:
        assert by_column(df)
    finally:
        df.unpersist()


@pytest.mark.on("local", "connect")
def test_looking_at_a_plan_leaves_no_view(spark: SparkSession, tmp_path: Path) -> None:
    spark.range(9).write.parquet(str(tmp_path / "t"))
    before = {each.name for each in spark.catalog.listTables()}
    by_column(spark.read.parquet(str(tmp_path / "t")))
    assert {each.name for each in spark.catalog.listTables()} == before


def test_all_parts_are_jobs_of_the_callers_group_however_many_rows(
    spark: SparkSession, tmp_path: Path
) -> None:
    context = spark.sparkContext
    jobs = []
    for rows in (3000, 30_000):
        stored, _ = kept(spark, tmp_path, rows)
        context.setJobGroup(f"{tmp_path} {rows}", "a profile")
        look(stored)
        jobs.append(len(context.statusTracker().getJobIdsForGroup(f"{tmp_path} {rows}")))
    context.setLocalProperty("spark.jobGroup.id", None)  # type: ignore[arg-type]
    assert jobs[0] == jobs[1] >= 3


def test_what_ends_a_part_is_raised(spark: SparkSession, tmp_path: Path) -> None:
    stored, _ = kept(spark, tmp_path, 10)
    for each in (tmp_path / "10").glob("*.parquet"):
        each.write_bytes(b"PAR1 no longer PAR1")
    with pytest.raises(Exception, match=r"(?i)parquet"):
        look(stored)
