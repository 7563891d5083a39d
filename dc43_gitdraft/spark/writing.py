"""The order in which data is checked, written and told of.

Where the data may be refused, it is measured first; where it is written in any case, it is
measured while it is written. What drifted is shown to the repository before anything is written,
because a steward may have rejected it. Nothing that fails there stops the data.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Literal

from pyspark.sql import DataFrame

from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.model import Observation, Verdict
from dc43_gitdraft.spark.job import Job
from dc43_gitdraft.spark.judging import Validation, rejection
from dc43_gitdraft.spark.landing import Landing
from dc43_gitdraft.spark.measured import About, Measuring
from dc43_gitdraft.spark.office import Told
from dc43_gitdraft.spark.recording import add_observation
from dc43_gitdraft.spark.results import WriteResult

OnMismatch = Literal["block", "write", "quarantine"]
_CHOICES = ("block", "write", "quarantine")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Writing:
    """What a job wants done with its data."""

    landing: Landing
    on_mismatch: OnMismatch = "block"
    quarantine: str | None = None
    draft: bool = True
    observation_path: str | None = None

    def __post_init__(self) -> None:
        if self.on_mismatch not in _CHOICES:
            raise ConfigError(
                f"on_mismatch is one of {', '.join(_CHOICES)}, not {self.on_mismatch!r}"
            )

    def place(self, verdict: Verdict, refused: str | None, about: About) -> Landing | None:
        """Return where data of this verdict goes; None: nowhere."""
        if verdict is not Verdict.BLOCK:
            return self.landing
        if self.on_mismatch == "quarantine":
            return self.landing.quarantine(self.quarantine, about.now)
        # A steward's no counts more than what the job wants.
        return self.landing if self.on_mismatch == "write" and refused is None else None


def write(df: DataFrame, job: Job, about: About, how: Writing) -> WriteResult:
    """Check the data, tell of it, and write it by the verdict."""
    if df.isStreaming:
        raise ConfigError("a stream is written batch by batch: foreachBatch(batch_writer(...))")
    measuring = Measuring(df, about, job.contract)
    first = (how.on_mismatch != "write" and measuring.rules) or not how.landing.always_writes
    judged = job.judge(measuring.now() if first else measuring.outline())
    told, refused = _ahead(job, judged, tell=first and how.draft)
    place = how.place(Verdict.BLOCK if refused else judged.verdict, refused, about)
    if place is not None and not first:
        judged = job.judge(measuring.while_writing(place.write))
    elif place is not None:
        place.write(df)
    if how.draft and told is None:
        told = job.tell(judged)
    told = told or Told()
    refused = refused or rejection(told.outcome)
    if how.observation_path is not None:
        told = replace(told, failure=_record(judged.observation, df, how) or told.failure)
    return _result(judged, told, refused, place, how)


def _ahead(job: Job, judged: Validation, *, tell: bool) -> tuple[Told | None, str | None]:
    """Show a drift to the repository; return what was told already, and the steward's no."""
    if judged.draft is None:
        return None, None
    if tell:
        told = job.tell(judged)
        return told, rejection(told.outcome)
    return None, rejection(job.foresee(judged))


def _record(observation: Observation, df: DataFrame, how: Writing) -> str | None:
    """Write the Observation beside the data; say why where that fails."""
    try:
        add_observation(observation, str(how.observation_path), df.sparkSession)
    except Exception as error:
        # Of any kind that a file system has: the data is written, and the result has it too.
        _log.exception("the Observation was not written to its path")
        return f"the Observation was not written to its path: {type(error).__name__}"
    return None


def _result(
    judged: Validation, told: Told, refused: str | None, place: Landing | None, how: Writing
) -> WriteResult:
    return WriteResult(
        judged,
        Verdict.BLOCK if refused else judged.verdict,
        refused or judged.reason,
        told.outcome,
        told.kept,
        told.failure,
        target=place.name if place else None,
        quarantined=place is not None and place != how.landing,
    )
