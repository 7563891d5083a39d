"""Partition columns of files, whose values are text in the names of folders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote

from pyspark.sql import DataFrame
from pyspark.sql.types import StringType, StructField, StructType

from dc43_gitdraft import types
from dc43_gitdraft.matching import match, schema_object
from dc43_gitdraft.observe.spark.types import properties
from dc43_gitdraft.odcs import Contract

#: Formats whose partitions lie in folders that Spark reads by itself: Delta has a log of them.
FORMATS = ("csv", "json", "orc", "parquet")

_FOLDER = re.compile(r"/([^/=]+)=[^/]*(?=/)")


def partitions(df: DataFrame, path: str, *, rooted: bool) -> tuple[str, ...]:
    """Return the partition columns of files read from `path`, the outermost first.

    `rooted` says that an option names another folder as the one where partitions begin.
    """
    files = df.inputFiles()
    if not files:
        return ()
    columns = {name.casefold(): name for name in df.columns}
    # Of the first file: Spark refuses directories whose partition columns differ.
    named = [_name(each) for each in _FOLDER.findall(files[0])]
    outside = set() if rooted else {_name(each) for each in _FOLDER.findall(f"/{path}/")}
    found = [columns.get(each.casefold()) for each in named if each not in outside]
    return tuple(dict.fromkeys(each for each in found if each is not None))


def _name(folder: str) -> str:
    # Escaped as Hive does it, and then as a URI.
    return unquote(unquote(folder))


def texts(
    df: DataFrame,
    columns: Sequence[str],
    contract: Contract,
    object: str | None,  # noqa: A002 - the model's and the option's word
) -> frozenset[str]:
    """Return which of the columns are text by the contract, and are not as Spark read them."""
    node = contract.document["schema"][schema_object(contract, object)]
    stated = node.get("properties") or []
    guessed = [
        field
        for field in df.schema.fields
        if field.name in columns and not isinstance(field.dataType, StringType)
    ]
    found = match(stated, properties(StructType(guessed)))
    return frozenset(each.name for at, each in found.items() if _is_text(stated[at]))


def with_texts(schema: StructType, columns: frozenset[str]) -> StructType:
    """Return the schema in which these columns are text."""
    return StructType(
        [
            StructField(each.name, StringType(), each.nullable) if each.name in columns else each
            for each in schema.fields
        ]
    )


def _is_text(node: dict[str, object]) -> bool:
    said, spelt = node.get("logicalType"), node.get("physicalType")
    if said is None and isinstance(spelt, str):
        said = types.implied(types.parse(spelt))[0]
    return said == "string"
