"""Where a job's data goes: a path or a table, and the quarantine beside it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.model import Layout

#: Spark's default mode, by the one name of it that Spark Connect knows.
ERROR = "error"

#: Without these, all columns of CSV are text without a name.
_NAMED: Mapping[str, Mapping[str, str]] = {"csv": {"header": "true", "inferSchema": "true"}}
#: What is written is read by its names again.
_NAMING: Mapping[str, Mapping[str, str]] = {"csv": {"header": "true"}}

_USER_INFO = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True, slots=True)
class Landing:
    """A path or a table, and how Spark reads and writes it.

    `format` None is Parquet for a path, and what the session or the table itself says for a table.
    """

    path: str | None = None
    table: str | None = None
    format: str | None = None
    mode: str = ERROR
    partition_by: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.path is None) == (self.table is None):
            raise ConfigError("name either a path or a table of the data")

    @property
    def name(self) -> str:
        """The path or the table."""
        return self.path if self.path is not None else str(self.table)

    @property
    def dataset(self) -> str:
        """The id of this dataset where the job gives none: the SOURCE that would observe it."""
        if self.path is None:
            return f"spark:{self.table}"
        return f"{self.format or 'parquet'}:{_USER_INFO.sub('', self.path)}"

    @property
    def layout(self) -> Layout | None:
        """How the data lies there, as far as the job says it."""
        if self.path is None:
            return None
        return Layout(self.format or "parquet", partitions=self.partition_by)

    @property
    def always_writes(self) -> bool:
        """Whether writing reads the data in any case: `ignore` does not, where there is some."""
        return self.mode.lower() != "ignore"

    def quarantine(self, named: str | None, now: datetime) -> Landing:
        """Return a place of its own for the data of one run, which nothing else is in.

        `named` is the path below which, or the start of the table's name.
        """
        run = f"{now:%Y%m%dT%H%M%S}_{uuid.uuid4().hex[:8]}"
        beside = replace(self, mode=ERROR, partition_by=())
        if self.path is not None:
            folder = named or f"{self.path.rstrip('/')}_quarantine"
            return replace(beside, path=f"{folder.rstrip('/')}/{run}")
        return replace(beside, table=f"{named or f'{self.table}_quarantine'}_{run}")

    def write(self, df: DataFrame) -> None:
        """Write the data, CSV with names unless options say not. Raises what Spark raises."""
        writer = df.write.mode(self.mode).options(**self._options(_NAMING))
        if self.partition_by:
            writer = writer.partitionBy(*self.partition_by)
        if self.format is not None or self.path is not None:
            writer = writer.format(self.format or "parquet")
        if self.path is not None:
            writer.save(self.path)
        else:
            writer.saveAsTable(self.name)

    def read(self, spark: SparkSession, schema: StructType | None = None) -> DataFrame:
        """Return the data as it lies there; CSV with names and types, unless options say not.

        `schema` is that of the data where it was read before.
        """
        reader = spark.read.options(**self._options(_NAMED))
        if schema is not None:
            reader = reader.schema(schema)
        if self.path is not None:
            return reader.format(self.format or "parquet").load(self.path)
        return reader.table(self.name)

    def _options(self, usual: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        """Return the options, with the usual ones of a path's format where they say nothing."""
        named = {name.lower() for name in self.options}
        added = usual.get((self.format or "").lower(), {}) if self.path is not None else {}
        more = {name: value for name, value in added.items() if name.lower() not in named}
        return {**more, **self.options}


def landing(
    path: str | None,
    table: str | None,
    *,
    format: str | None,  # noqa: A002 - Spark's word
    mode: str = ERROR,
    partition_by: str | Sequence[str] = (),
    options: Mapping[str, object] | None = None,
) -> Landing:
    """Return the place that a job's arguments name. Raises ConfigError."""
    columns = (partition_by,) if isinstance(partition_by, str) else tuple(partition_by)
    texts = {name: _option(value) for name, value in (options or {}).items()}
    chosen = ERROR if mode.lower() == "errorifexists" else mode
    return Landing(path, table, format, chosen, columns, texts)


def _option(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
