"""Data that is read under its contract."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from pyspark.sql import DataFrame, SparkSession

from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.model import Verdict
from dc43_gitdraft.spark.folders import FORMATS, partitions, texts, with_texts
from dc43_gitdraft.spark.job import Job
from dc43_gitdraft.spark.judging import rejection
from dc43_gitdraft.spark.landing import Landing
from dc43_gitdraft.spark.measured import About, Measuring
from dc43_gitdraft.spark.office import Told
from dc43_gitdraft.spark.results import ReadResult

OnReadMismatch = Literal["block", "read"]
_CHOICES = ("block", "read")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a job wants to know of data before it uses it."""

    landing: Landing
    on_mismatch: OnReadMismatch = "block"
    draft: bool = True
    measure: bool = True

    def __post_init__(self) -> None:
        if self.on_mismatch not in _CHOICES:
            raise ConfigError(
                f"on_mismatch is one of {', '.join(_CHOICES)}, not {self.on_mismatch!r}"
            )


def read(spark: SparkSession, job: Job, about: About, how: Reading) -> ReadResult:
    """Read the data, check it, and tell of it."""
    df, about = _read(spark, job, about, how.landing)
    measuring = Measuring(df, about, job.contract)
    judged = job.judge(measuring.now() if how.measure else measuring.outline())
    told = job.tell(judged) if how.draft else Told(outcome=job.foresee(judged))
    refused = rejection(told.outcome)
    verdict = Verdict.BLOCK if refused else judged.verdict
    # A steward's no counts more than what the job wants.
    blocked = verdict is Verdict.BLOCK and (how.on_mismatch == "block" or refused is not None)
    return ReadResult(
        judged,
        verdict,
        refused or judged.reason,
        told.outcome if how.draft else None,
        told.kept,
        told.failure,
        frame=None if blocked else df,
    )


def _read(spark: SparkSession, job: Job, about: About, place: Landing) -> tuple[DataFrame, About]:
    """Read the data; what is in the names of folders is text where the contract says so."""
    df = place.read(spark)
    if place.path is None or (place.format or "parquet").lower() not in FORMATS:
        return df, about
    rooted = any(name.lower() == "basepath" for name in place.options)
    columns = partitions(df, place.path, rooted=rooted)
    if job.contract is not None and columns:
        wrong = texts(df, columns, job.contract, about.object)
        if wrong:
            # Spark takes 001 for a number.
            df = place.read(spark, with_texts(df.schema, wrong))
    layout = None if about.layout is None else replace(about.layout, partitions=columns)
    return df, replace(about, layout=layout, foldered=bool(columns))
