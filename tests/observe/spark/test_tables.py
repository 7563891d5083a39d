"""SOURCEs that Spark reads: tables and paths, with what their catalog says of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.cli import Cli
from support.seen import NOW, column, look, shapes

pytest.importorskip("pyspark", reason="pyspark is not installed")

from dc43_gitdraft import odcs
from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Layout, Verdict
from dc43_gitdraft.observe import observe
from dc43_gitdraft.observe.spark.tables import matching

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CONTRACTS = Path(__file__).parents[3] / "contracts"


@pytest.fixture
def orders(spark: SparkSession) -> Iterator[str]:
    """A table as the catalog keeps it: comments, properties, partitions, lengths."""
    spark.sql("CREATE DATABASE IF NOT EXISTS shop")
    spark.sql(
        """CREATE TABLE shop.orders (
            order_id BIGINT COMMENT 'Given by the shop.',
            currency CHAR(3),
            lines ARRAY<STRUCT<sku: STRING COMMENT 'As printed.', price: DECIMAL(12,2)>>,
            day DATE
        ) USING parquet PARTITIONED BY (day) COMMENT 'One row an order.'
        TBLPROPERTIES ('steward' = 'ana', 'spark.internal' = 'x')"""
    )
    spark.sql(
        """INSERT INTO shop.orders VALUES
        (1, 'EUR', array(named_struct('sku', 'a', 'price', 1.0)), date'2024-05-30'),
        (2, NULL, NULL, date'2024-05-31')"""
    )
    yield "shop.orders"
    spark.sql("DROP DATABASE shop CASCADE")


def test_a_table_is_seen_with_what_the_catalog_says(orders: str) -> None:
    seen = look(f"spark:{orders}")
    assert shapes(seen) == {
        "order_id": "integer",
        "currency": "string",
        "lines": "array<object<sku:string,price:number>>",
        "day": "date",
    }
    assert column(seen, "order_id").description == "Given by the shop."
    assert column(seen, "currency").type.physical == "char(3)"
    assert (column(seen, "currency").nulls, column(seen, "day").partition) == (1, 1)
    assert (seen.rows, seen.dataset.id, seen.complete) == (2, "spark:shop.orders", True)
    assert seen.description == "One row an order."
    assert seen.context == {"table property steward": "ana"}
    assert seen.layout == Layout("parquet", 2, None, ("day",))


def test_a_comment_inside_of_an_array_is_a_description(orders: str) -> None:
    lines = column(look(f"spark:{orders}"), "lines").type.items
    assert lines is not None
    assert lines.fields[0].description == "As printed."


def test_tables_are_listed_by_pattern(spark: SparkSession, orders: str) -> None:
    spark.sql("CREATE TABLE shop.returns (a INT) USING parquet")
    spark.sql("CREATE VIEW shop.latest AS SELECT * FROM shop.orders")
    assert matching("shop.*") == [orders, "shop.returns"]
    assert matching("sh*.ret*") == ["shop.returns"]
    assert matching("shop.nothing*") == []


def test_a_contract_is_measured_on_the_way(orders: str) -> None:
    text = (CONTRACTS / "orders.odcs.yaml").read_text("utf-8")
    seen = observe(f"spark:{orders}", now=NOW, contract=odcs.read(text))
    (key,) = (each for each in seen.quality if each.rule == "primaryKey")
    assert (key.verdict, key.failed, key.total) == (Verdict.OK, 0, 2)


@pytest.mark.on("local", "connect")
def test_a_path_is_read_in_its_format(spark: SparkSession, tmp_path: Path) -> None:
    made = spark.sql("SELECT id, IF(id = 1, NULL, 'x') AS name, id % 2 AS part FROM range(4)")
    made.write.partitionBy("part").orc(str(tmp_path / "orders"))
    seen = look(f"spark:orc:{tmp_path}/orders")
    assert shapes(seen) == {"id": "integer", "name": "string", "part": "integer"}
    assert column(seen, "name").nulls == 1
    assert (column(seen, "part").partition, column(seen, "part").type.inferred) == (1, True)
    assert seen.layout is not None
    assert (seen.layout.format, seen.layout.partitions) == ("orc", ("part",))


def test_a_path_without_a_format_has_the_one_that_spark_takes(
    spark: SparkSession, tmp_path: Path
) -> None:
    spark.range(3).write.parquet(str(tmp_path / "numbers"))
    seen = look(f"spark:{tmp_path}/numbers")
    assert (shapes(seen), seen.rows) == ({"id": "integer"}, 3)
    assert seen.layout is not None
    assert seen.layout.format == "parquet"


@pytest.mark.parametrize(
    ("kind", "text", "complete"),
    [("csv", "a,b\n1,x\n", True), ("json", '{"a": 1, "b": "x"}\n', False)],
)
def test_types_that_spark_guesses_prove_less(
    spark: SparkSession, tmp_path: Path, kind: str, text: str, complete: bool
) -> None:
    path = tmp_path / f"data.{kind}"
    path.write_text(text, "utf-8")
    seen = look(f"spark:{kind}:{path}")
    assert shapes(seen) == {"a": "integer", "b": "string"}
    assert all(each.type.inferred and each.type.physical is None for each in seen.properties)
    assert (seen.complete, seen.rows) == (complete, 1)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("spark:no.such_table", "there is no such table"),
        ("spark:parquet:/no/such/path", "no such file or directory"),
        ("spark:not a name", "Spark cannot read it"),
    ],
)
def test_what_spark_cannot_read_is_said_in_a_sentence(
    spark: SparkSession, source: str, why: str
) -> None:
    with pytest.raises(ObservationError, match=why) as caught:
        look(source)
    assert "\n" not in str(caught.value)
    assert caught.value.where == source


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


def test_observe_prints_what_a_table_shows(cli: Cli, orders: str) -> None:
    done = cli("observe", f"spark:{orders}")
    assert [each["name"] for each in done.json["properties"]] == list(shapes(look(orders, "spark")))
    assert "profile" not in done.out


def test_observe_prints_a_profile_where_it_is_asked_for(cli: Cli, orders: str) -> None:
    found = cli("observe", f"spark:{orders}", "--profile").json
    assert found["properties"][0]["profile"] == {
        "count": 2,
        "distinct": 2,
        "minimum": 1,
        "maximum": 2,
    }


def test_a_source_that_makes_no_profile_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.sql"
    path.write_text("CREATE TABLE a (b int)", "utf-8")
    seen = observe(f"ddl:{path}", now=NOW, profile=True)
    assert "no profile was made: `ddl:` makes none" in seen.warnings[-1]
