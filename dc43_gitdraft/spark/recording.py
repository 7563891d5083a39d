"""Observations on any file system that Spark writes, for jobs that do not reach the repository."""

from __future__ import annotations

import uuid
from datetime import datetime, timezone

from pyspark.sql import DataFrame, SparkSession

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Observation
from dc43_gitdraft.names import slug
from dc43_gitdraft.observe import from_json, to_json


def write_observation(observation: Observation, path: str, spark: SparkSession) -> None:
    """Write the Observation as the only text below `path`, in the place of what was there.

    `dc43-gitdraft draft CONTRACT --from observation:PATH` drafts from it, where the command can
    read the directory as local files.
    """
    row: DataFrame = spark.createDataFrame([(to_json(observation),)], "value string")
    row.coalesce(1).write.mode("overwrite").text(path)


def add_observation(observation: Observation, path: str, spark: SparkSession) -> str:
    """Write the Observation into a directory of its own below `path`; return that directory.

    By their names, those of one `path` are in the order of their writing:
    `<time>-<dataset>-<a random number>`.
    """
    # Not the time of observing: that has whole seconds, and jobs may be faster.
    moment = datetime.now(timezone.utc)
    name = f"{moment:%Y%m%dT%H%M%S.%fZ}-{slug(observation.dataset.id)}-{uuid.uuid4().hex[:8]}"
    place = f"{path.rstrip('/')}/{name}"
    write_observation(observation, place, spark)
    return place


def read_observation(path: str, spark: SparkSession) -> Observation:
    """Read what `write_observation` wrote. Raises ObservationError."""
    rows = spark.read.text(path, wholetext=True).limit(2).collect()
    if len(rows) != 1:
        held = "several Observations" if rows else "no Observation"
        raise ObservationError(f"there is {held}: name a directory with one", where=path)
    return from_json(str(rows[0][0]), path)
