"""Spark's types as the types of observed properties, by type object and never by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

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

from dc43_gitdraft.model import DataType, ObservedProperty
from dc43_gitdraft.observe.nested import MAX_DEPTH, UnknownTypeError, array, mapping, struct
from dc43_gitdraft.observe.spark_metadata import DECLARED, declared

_SIMPLE: Mapping[type[spark_types.DataType], DataType] = {
    spark_types.BooleanType: DataType("boolean", "boolean"),
    spark_types.ByteType: DataType("integer", "tinyint"),
    spark_types.ShortType: DataType("integer", "smallint"),
    spark_types.IntegerType: DataType("integer", "int"),
    spark_types.LongType: DataType("integer", "bigint"),
    spark_types.FloatType: DataType("number", "float"),
    spark_types.DoubleType: DataType("number", "double"),
    spark_types.BinaryType: DataType("string", "binary", {"format": "binary"}),
    spark_types.DateType: DataType("date", "date"),
    spark_types.TimestampType: DataType("timestamp", "timestamp", {"timezone": True}),
    spark_types.TimestampNTZType: DataType("timestamp", "timestamp_ntz", {"timezone": False}),
    spark_types.NullType: DataType(None, "void"),
}


def _spelt(logical: str) -> Callable[[Any], DataType]:
    """Make the reader of types that spell themselves: intervals, places, collated strings."""
    return lambda spark: DataType(logical, spark.simpleString())


def _decimal(spark: DecimalType) -> DataType:
    logical = "number" if spark.scale else "integer"
    return DataType(logical, f"decimal({spark.precision},{spark.scale})")


def _text(name: str) -> Callable[[Any], DataType]:
    return lambda spark: DataType("string", f"{name}({spark.length})", {"maxLength": spark.length})


def _time(spark: Any) -> DataType:
    return DataType("time", "time" if spark.precision == _MICROSECONDS else spark.simpleString())


_MICROSECONDS = 6

_WITH_ARGUMENTS: Mapping[type[spark_types.DataType], Callable[[Any], DataType]] = {
    DecimalType: _decimal,
    StringType: _spelt("string"),
    CharType: _text("char"),
    VarcharType: _text("varchar"),
    spark_types.DayTimeIntervalType: _spelt("string"),
}

#: What older versions of Spark lack, by name.
_NEWER: Mapping[str, Callable[[Any], DataType]] = {
    "YearMonthIntervalType": _spelt("string"),
    "CalendarIntervalType": _spelt("string"),
    "VariantType": lambda _: DataType("object", "variant"),
    "TimeType": _time,
    "GeometryType": _spelt("string"),
    "GeographyType": _spelt("string"),
}

_READERS: Mapping[type[spark_types.DataType], Callable[[Any], DataType]] = {
    **_WITH_ARGUMENTS,
    **{
        getattr(spark_types, name): reader
        for name, reader in _NEWER.items()
        if hasattr(spark_types, name)
    },
}


def properties(schema: StructType, depth: int = 0) -> tuple[ObservedProperty, ...]:
    """Describe the fields of a schema or struct. Raises UnknownTypeError."""
    return tuple(_property(field, depth) for field in schema.fields)


def _property(field: StructField, depth: int) -> ObservedProperty:
    metadata = field.metadata or {}
    try:
        found = data_type(field.dataType, metadata, depth)
    except UnknownTypeError as error:
        raise UnknownTypeError(f"`{field.name}`: {error}") from None
    comment = metadata.get("comment")
    text = comment if isinstance(comment, str) and comment else None
    return ObservedProperty(field.name, found, field.nullable, description=text)


def data_type(
    spark: spark_types.DataType, metadata: Mapping[str, Any] | None = None, depth: int = 0
) -> DataType:
    """Describe the type as ODCS and Spark SQL spell it. Raises UnknownTypeError.

    `metadata` is that of the field, in which Spark keeps declared lengths of char and varchar.
    """
    if depth > MAX_DEPTH:
        raise UnknownTypeError(f"nested more than {MAX_DEPTH} levels deep")
    found = _described(spark, depth)
    said = (metadata or {}).get(DECLARED)
    return declared(found, said) if isinstance(said, str) else found


def _described(spark: spark_types.DataType, depth: int) -> DataType:
    if isinstance(spark, UserDefinedType):
        return data_type(spark.sqlType(), None, depth + 1)
    if isinstance(spark, StructType):
        return struct(properties(spark, depth + 1))
    if isinstance(spark, ArrayType):
        return array(data_type(spark.elementType, None, depth + 1))
    if isinstance(spark, MapType):
        key = data_type(spark.keyType, None, depth + 1)
        return mapping(key, data_type(spark.valueType, None, depth + 1))
    for kind in type(spark).__mro__:
        if kind in _SIMPLE:
            return _SIMPLE[kind]
        if kind in _READERS:
            return _READERS[kind](spark)
    raise UnknownTypeError(f"the type {type(spark).__name__} cannot be described")
