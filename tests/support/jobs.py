"""Jobs with Spark: data of the shop's orders, good, drifted and broken."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from support.shop import ANA, ORDERS, Shop

from dc43_gitdraft import lifecycle

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SCHEMA = "order_id bigint, amount decimal(10,2), note string"
ROWS = [(1, Decimal("10.50"), "a"), (2, Decimal("11.25"), None), (3, Decimal("0.00"), "c")]

#: With rules that the values decide: one that must hold, and one that should.
STRICT = ORDERS.replace(
    "        description: Total in euros.\n",
    "        description: Total in euros.\n        logicalTypeOptions:\n          minimum: 0\n",
).replace(
    "      - name: note\n",
    "      - name: note\n"
    "        quality:\n"
    "          - name: note_given\n"
    "            metric: nullValues\n"
    "            mustBe: 0\n"
    "            severity: warning\n",
)


def agreeing(spark: SparkSession) -> DataFrame:
    """Return data that agrees with ORDERS."""
    return spark.createDataFrame(ROWS, SCHEMA)


def added(spark: SparkSession) -> DataFrame:
    """Return data with a property more: consumers do not break."""
    rows = [(*row, 0.5) for row in ROWS]
    return spark.createDataFrame(rows, f"{SCHEMA}, discount double")


def removed(spark: SparkSession) -> DataFrame:
    """Return data with a property less: consumers break."""
    return agreeing(spark).drop("note")


def broken(spark: SparkSession) -> DataFrame:
    """Return data of the right types that breaks a rule: an amount below 0."""
    return spark.createDataFrame([*ROWS, (4, Decimal("-987.65"), "d")], SCHEMA)


def nulls(spark: SparkSession) -> DataFrame:
    """Return data of the right types that lacks a required value."""
    return spark.createDataFrame([*ROWS, (None, Decimal("1.00"), "d")], SCHEMA)


def reject(shop: Shop, number: int, reason: str) -> None:
    """Close a pull request as a steward."""
    lifecycle.reject(shop.desk, number, reason, ANA.name)


def ids(spark: SparkSession, path: Path) -> list[int | None]:
    """Return what was written, by the orders' ids."""
    rows = spark.read.parquet(str(path)).select("order_id").collect()
    return sorted((row[0] for row in rows), key=lambda each: (each is None, each))
