"""Data that is read under its contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pyspark.sql import SparkSession

from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.model import Verdict
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
    df = how.landing.read(spark)
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
