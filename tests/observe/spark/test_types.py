"""Every type of Spark, by itself and inside of others, through Parquet and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.seen import NOW

pytest.importorskip("pyspark", reason="pyspark is not installed")

from pyspark.sql import types as spark_types
from pyspark.sql.types import (
    ArrayType,
    CharType,
    DecimalType,
    MapType,
    StringType,
    StructField,
    StructType,
    UserDefinedType,
    VarcharType,
)

from dc43_gitdraft import types
from dc43_gitdraft.draft import make_draft
from dc43_gitdraft.model import Dataset, DataType, Observation, Policy
from dc43_gitdraft.observe.nested import UnknownTypeError
from dc43_gitdraft.observe.spark.frame import assemble, observe_dataframe
from dc43_gitdraft.observe.spark.types import data_type, properties
from dc43_gitdraft.odcs import read

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession


class Point(UserDefinedType):
    @classmethod
    def sqlType(cls) -> ArrayType:  # noqa: N802 - Spark's name
        return ArrayType(spark_types.DoubleType(), False)


def newer(name: str, *arguments: Any) -> list[Any]:
    """The type, where this version of Spark has it."""
    kind = getattr(spark_types, name, None)
    return [] if kind is None else [kind(*arguments)]


EXPECTED: list[tuple[spark_types.DataType, DataType]] = [
    (spark_types.BooleanType(), DataType("boolean", "boolean")),
    (spark_types.ByteType(), DataType("integer", "tinyint")),
    (spark_types.ShortType(), DataType("integer", "smallint")),
    (spark_types.IntegerType(), DataType("integer", "int")),
    (spark_types.LongType(), DataType("integer", "bigint")),
    (spark_types.FloatType(), DataType("number", "float")),
    (spark_types.DoubleType(), DataType("number", "double")),
    (DecimalType(12, 2), DataType("number", "decimal(12,2)")),
    (DecimalType(38, 0), DataType("integer", "decimal(38,0)")),
    (StringType(), DataType("string", "string")),
    (CharType(3), DataType("string", "char(3)", {"maxLength": 3})),
    (VarcharType(9), DataType("string", "varchar(9)", {"maxLength": 9})),
    (spark_types.BinaryType(), DataType("string", "binary", {"format": "binary"})),
    (spark_types.DateType(), DataType("date", "date")),
    (spark_types.TimestampType(), DataType("timestamp", "timestamp", {"timezone": True})),
    (spark_types.TimestampNTZType(), DataType("timestamp", "timestamp_ntz", {"timezone": False})),
    (spark_types.DayTimeIntervalType(), DataType("string", "interval day to second")),
    (spark_types.DayTimeIntervalType(0, 1), DataType("string", "interval day to hour")),
    (spark_types.YearMonthIntervalType(), DataType("string", "interval year to month")),
    (spark_types.NullType(), DataType(None, "void")),
    (Point(), DataType("array", "array<double>", items=DataType("number", "double"))),
    *((kind, DataType("string", "interval")) for kind in newer("CalendarIntervalType")),
    *((kind, DataType("object", "variant")) for kind in newer("VariantType")),
    *((kind, DataType("time", "time")) for kind in newer("TimeType")),
    *((kind, DataType("time", "time(3)")) for kind in newer("TimeType", 3)),
    *((kind, DataType("string", "geometry(4326)")) for kind in newer("GeometryType", 4326)),
    *((kind, DataType("string", "geography(4326)")) for kind in newer("GeographyType", 4326)),
]


@pytest.mark.parametrize(("kind", "expected"), EXPECTED, ids=lambda value: str(value)[:40])
def test_a_type_is_described(kind: spark_types.DataType, expected: DataType) -> None:
    assert data_type(kind) == expected


@pytest.mark.parametrize(("kind", "expected"), EXPECTED, ids=lambda value: str(value)[:40])
def test_a_type_is_described_inside_of_arrays_maps_and_structs(
    kind: spark_types.DataType, expected: DataType
) -> None:
    spelt = expected.physical
    inside = StructType(
        [StructField("a b", ArrayType(kind)), StructField("m", MapType(kind, kind))]
    )
    found = data_type(ArrayType(inside))
    assert found.physical == f"array<struct<`a b`:array<{spelt}>,m:map<{spelt},{spelt}>>>"
    assert found.items is not None
    first, second = found.items.fields
    assert (first.type.items, second.type.key, second.type.value) == (expected,) * 3


@pytest.mark.parametrize("kind", [each for each, _ in EXPECTED], ids=str)
def test_what_a_type_says_is_no_drift_from_a_contract_made_of_it(
    kind: spark_types.DataType,
) -> None:
    fields = [StructField("a", kind), StructField("b", ArrayType(MapType(StringType(), kind)))]
    seen = assemble(StructType(fields), dataset=Dataset("t"), now=NOW)
    made = make_draft(None, seen, Policy(), contract_id="t")
    assert made is not None
    assert make_draft(read(made.text), seen, Policy(), contract_id="t") is None


def test_every_type_of_this_spark_is_known() -> None:
    abstract = {"AtomicType", "NumericType", "IntegralType", "FractionalType", "DatetimeType"}
    abstract |= {"AnyTimeType", "SpatialType", "AnsiIntervalType", "UserDefinedType", "DataType"}
    all_types = {
        name
        for name, kind in vars(spark_types).items()
        if isinstance(kind, type) and issubclass(kind, spark_types.DataType) and name[0] != "_"
    }
    tested = {type(kind).__name__ for kind, _ in EXPECTED}
    whole = {"ArrayType", "MapType", "StructType", "StructField"}
    assert all_types - abstract - whole - tested == set()


def test_comments_become_descriptions_and_declared_lengths_types() -> None:
    metadata = {"comment": "Of ISO 4217.", "__CHAR_VARCHAR_TYPE_STRING": "char(3)"}
    inner = {"__CHAR_VARCHAR_TYPE_STRING": "array<varchar(5)>"}
    schema = StructType(
        [
            StructField("currency", StringType(), False, metadata),
            StructField("codes", ArrayType(StringType()), True, inner),
        ]
    )
    first, second = properties(schema)
    assert (first.description, first.nullable) == ("Of ISO 4217.", False)
    assert (first.type.physical, first.type.options) == ("char(3)", {"maxLength": 3})
    assert second.type.physical == "array<varchar(5)>"


def test_a_type_too_deep_is_refused() -> None:
    kind: spark_types.DataType = StringType()
    for _ in range(70):
        kind = ArrayType(kind)
    with pytest.raises(UnknownTypeError, match="nested more than 64 levels deep"):
        data_type(kind)


def test_a_type_that_is_not_known_is_named() -> None:
    class Strange(spark_types.DataType):
        pass

    with pytest.raises(UnknownTypeError, match="`a`: the type Strange cannot be described"):
        properties(StructType([StructField("a", Strange())]))


#: As SQL writes a value of each type that Parquet holds; Spark keeps `time` behind a setting.
VALUES = {
    "boolean": "true",
    "tinyint": "1Y",
    "smallint": "1S",
    "int": "1",
    "bigint": "1L",
    "float": "1.5F",
    "double": "1.5D",
    "decimal(12,2)": "cast(1.5 as decimal(12,2))",
    "decimal(38,0)": "cast(1 as decimal(38,0))",
    "string": "'a'",
    "binary": "X'61'",
    "date": "date'2024-01-01'",
    "timestamp": "timestamp'2024-01-01 00:00:00'",
    "timestamp_ntz": "timestamp_ntz'2024-01-01 00:00:00'",
    "interval day to second": "interval '1 00:00:00' day to second",
    "interval year to month": "interval '1-1' year to month",
    **({"variant": "parse_json('1')"} if newer("VariantType") else {}),
}


def kinds(seen: Observation) -> list[str | None]:
    return [each.type.physical for each in seen.properties]


def test_types_come_back_from_parquet_as_they_were(spark: SparkSession, tmp_path: Path) -> None:
    columns = [
        part
        for at, (_, value) in enumerate(VALUES.items())
        for part in (
            f"{value} AS c{at}",
            f"array(named_struct('x', {value})) AS a{at}",
            f"map('k', {value}) AS m{at}",
        )
    ]
    made = spark.sql(f"SELECT {', '.join(columns)}")
    path = str(tmp_path / "types")
    made.write.parquet(path)
    before = observe_dataframe(made, dataset=Dataset("t"), now=NOW)
    after = observe_dataframe(spark.read.parquet(path), dataset=Dataset("t"), now=NOW)
    assert kinds(before)[::3] == list(VALUES)
    assert kinds(after) == kinds(before)
    for each in before.properties:
        assert types.parse(each.type.physical or "").known
