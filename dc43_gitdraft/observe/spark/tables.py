"""SOURCEs that Spark reads: `spark:catalog.schema.table`, `spark:/path`, `spark:orc:s3a://…`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Layout, Observation
from dc43_gitdraft.observe import Request
from dc43_gitdraft.observe.nested import guessed
from dc43_gitdraft.observe.spark.frame import observe_dataframe
from dc43_gitdraft.observe.spark.places import spelt

#: Formats that may stand before a path.
FORMATS = ("avro", "csv", "delta", "iceberg", "json", "orc", "parquet", "text", "xml")

_FORMAT = re.compile(rf"({'|'.join(FORMATS)}):(?!//)(.+)", re.DOTALL)
_PARTITION = re.compile(r"/([^/=]+)=[^/]*(?=/)")
#: Whose types Spark guesses from text.
_GUESSED = {"csv": {"header": "true", "inferSchema": "true"}, "json": {}, "xml": {}}
#: Table properties that say how a table is kept, and nothing of what it means.
_TECHNICAL = re.compile(
    r"(delta|spark|hive|iceberg|write|read|format|option|parquet|orc|numFiles|numRows|totalSize"
    r"|rawDataSize|transient_lastDdlTime|EXTERNAL|serialization|current-|provider|location|owner)"
    r"($|[.\-_])",
    re.IGNORECASE,
)


def observe(request: Request) -> Observation:
    """Observe a table, or a path in any format that Spark reads."""
    with _spark(request.source):
        spark = session()
        kind, rest = _split(request.rest)
        if kind is None:
            return _table(spark, rest, request)
        reader = spark.read.options(**_GUESSED.get(kind, {}))
        df = reader.format(kind).load(rest) if kind else reader.load(rest)
        return _path(df, kind or _default_format(spark), request)


def session() -> SparkSession:
    """Return the active session, or start one: local, unless the environment says otherwise.

    One that was started goes on until the process ends, so that the next SOURCE finds it.
    """
    found = SparkSession.getActiveSession()
    if found is not None:
        return found
    builder = SparkSession.builder.appName("dc43-gitdraft")
    if not os.environ.get("SPARK_REMOTE"):
        for name, value in _QUIET.items():
            builder = builder.config(name, value)
    return builder.getOrCreate()


_QUIET = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}


def matching(pattern: str) -> list[str]:
    """List the tables whose names match, such as `shop.*` or `catalog.schema.orders_*`.

    Views are left out. Raises ObservationError.
    """
    with _spark(f"spark:{pattern}"):
        catalog = session().catalog
        namespace, _, name = pattern.rpartition(".")
        where, _, last = namespace.rpartition(".")
        if where or "*" not in last:
            spaces = [namespace] if namespace else [catalog.currentDatabase()]
        else:
            names = [each.name for each in catalog.listDatabases()]
            spaces = [_written(each) for each in names if fnmatchcase(each, last)]
        return [
            f"{space}.{_written(table.name)}"
            for space in spaces
            for table in catalog.listTables(space)
            if fnmatchcase(table.name, name) and not table.isTemporary and table.tableType != "VIEW"
        ]


def _written(name: str) -> str:
    return name if re.fullmatch(r"\w+", name, re.ASCII) else spelt(name)


@contextmanager
def _spark(source: str) -> Iterator[None]:
    """Turn what Spark raises into an error for people."""
    try:
        yield
    except PySparkException as error:
        raise ObservationError(_said(error), where=source) from error
    except Exception as error:
        # What a classic session passes on as it is, such as a damaged file. By name, as what is
        # installed for Connect alone has no py4j.
        if type(error).__module__ != "py4j.protocol":
            raise
        lines = (line[1:].strip() for line in str(error).splitlines() if line.startswith(":"))
        cause = next(lines, type(error).__name__)
        raise ObservationError(f"Spark cannot read it: {cause[:300]}", where=source) from error


def _said(error: PySparkException) -> str:
    condition = _condition(error) or ""
    if condition == "JAVA_GATEWAY_EXITED":
        return "Spark needs Java, version 17: install it, or set JAVA_HOME"
    if condition.startswith(("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND")):
        return "there is no such table: write catalog.schema.table, or a path with its format"
    if condition.startswith("PATH_NOT_FOUND"):
        return "no such file or directory"
    text = " ".join(str(error).partition("\n")[0].split())
    return f"Spark cannot read it: {text[:300]}"


def _condition(error: PySparkException) -> str | None:
    # Spark 3.5 has only the older word.
    read = getattr(error, "getCondition", None) or error.getErrorClass
    found: str | None = read()
    return found


def _split(rest: str) -> tuple[str | None, str]:
    """Return the format (empty: Spark's own default) and the path, or None and the table."""
    match = _FORMAT.fullmatch(rest)
    if match:
        return match[1], match[2]
    return ("", rest) if "/" in rest or rest.startswith(".") else (None, rest)


def _default_format(spark: SparkSession) -> str:
    return str(spark.conf.get("spark.sql.sources.default", "parquet"))


def _table(spark: SparkSession, name: str, request: Request) -> Observation:
    df = spark.table(name)
    columns = spark.catalog.listColumns(name)
    partitions = tuple(each.name for each in columns if each.isPartition)
    details = {
        str(row[0]): str(row[1])
        for row in spark.sql(f"DESCRIBE TABLE EXTENDED {name}").collect()
        if row[0] in ("Provider", "Comment", "Type")
    }
    layout = Layout(details.get("Provider", "table").lower(), _files(df), None, partitions)
    seen = _observed(df, layout, request)
    said = {
        f"table property {key}": value
        for key, value in _properties(spark, name)
        if not _TECHNICAL.match(key)
    }
    return replace(
        seen, context={**seen.context, **said}, description=details.get("Comment") or None
    )


def _properties(spark: SparkSession, name: str) -> Iterator[tuple[str, str]]:
    """Yield the table's properties; a view of some catalogs has none that can be asked for."""
    try:
        rows = spark.sql(f"SHOW TBLPROPERTIES {name}").collect()
    except PySparkException:
        return
    for row in rows:
        if not row[0].startswith("Table "):  # what Spark says in place of properties
            yield row[0], row[1]


def _path(df: DataFrame, kind: str, request: Request) -> Observation:
    files = df.inputFiles()
    names = {each.name for each in df.schema.fields}
    # Of the first file: Spark refuses directories whose partition columns differ.
    found = dict.fromkeys(_PARTITION.findall(files[0])) if files else {}
    partitions = tuple(name for name in found if name in names)
    layout = Layout(kind, len(files) or None, None, partitions)
    seen = _observed(df, layout, request)
    from_text = kind in _GUESSED
    properties = [
        replace(each, type=guessed(each.type)) if from_text or each.partition else each
        for each in seen.properties
    ]
    return replace(seen, properties=tuple(properties), complete=kind not in ("json", "xml"))


def _observed(df: DataFrame, layout: Layout, request: Request) -> Observation:
    return observe_dataframe(
        df,
        dataset=request.dataset,
        now=request.now,
        object=request.object,
        contract=request.contract,
        profile=request.profile,
        layout=layout,
    )


def _files(df: DataFrame) -> int | None:
    return len(df.inputFiles()) or None
