"""Streams under a contract: checked batch by batch, or watched by the metrics they report."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql.streaming.listener import StreamingQueryListener

from dc43_gitdraft.desk import now
from dc43_gitdraft.model import Dataset, Verdict
from dc43_gitdraft.spark.job import Asked, Job
from dc43_gitdraft.spark.judging import Validation, rejection
from dc43_gitdraft.spark.measured import About, Measuring
from dc43_gitdraft.spark.office import Told
from dc43_gitdraft.spark.results import WriteResult
from dc43_gitdraft.spark.writing import Writing, write

_log = logging.getLogger(__name__)

#: What is called with each batch's number and result.
OnResult = Callable[[int, WriteResult], None]
OnValidation = Callable[[int, Validation, Told], None]


class BatchWriter:
    """Checks and writes each batch of a stream; give it to `foreachBatch`.

    A batch that is blocked raises BlockedError, which stops the query before the batch counts as
    done: it comes again when the query is started again. The repository is asked when a drift or
    a failure is new, and else at most every so often.
    """

    def __init__(
        self, asked: Asked, about: About, how: Writing, on_result: OnResult | None
    ) -> None:
        self._asked, self._about, self._how, self._on_result = asked, about, how, on_result
        self._job: Job | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the open repository: Spark Connect sends this to its server."""
        return {**self.__dict__, "_job": None}

    def __call__(self, df: DataFrame, batch: int) -> None:
        """Check and write one batch."""
        if self._job is None:
            self._job = Job(self._asked).__enter__()
        else:
            self._job.renew()
        result = write(df, self._job, _of_batch(self._about, batch, now()), self._how)
        if self._on_result is not None:
            self._on_result(batch, result)
        result.raise_if_blocked()

    def close(self) -> None:
        """Let go of the repository, once the query has ended."""
        if self._job is not None:
            self._job.__exit__(None, None, None)
            self._job = None


class StreamWatch:
    """A stream whose metrics are read as its batches pass; a context manager.

    Write `df` in the place of the stream. Its schema is judged at once: `validation` is that
    until the first batch, and then the last batch's. Nothing is held back: to refuse batches,
    use a `BatchWriter`. The data is not read for it, so what must be distinct is not known.
    """

    def __init__(
        self,
        df: DataFrame,
        asked: Asked,
        about: About,
        *,
        draft: bool,
        on_batch: OnValidation | None,
    ) -> None:
        self._name = f"gitdraft-{uuid.uuid4().hex}"
        self._spark, self._about = df.sparkSession, about
        self._draft, self._on_batch = draft, on_batch
        self._busy = threading.Lock()
        self._job = Job(asked).__enter__()
        try:
            self._measuring = Measuring(df, about, self._job.contract)
            self.df = self._measuring.watched(self._name)
            self.validation = self._told(self._job.judge(self._measuring.outline()))[0]
            self._listener = _Listener(self._name, self._batch)
            self._spark.streams.addListener(self._listener)
        except BaseException:
            self._job.__exit__(None, None, None)
            raise

    def __enter__(self) -> StreamWatch:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Listen no more; the query goes on."""
        self._spark.streams.removeListener(self._listener)
        with self._busy:
            self._job.__exit__(None, None, None)

    def _batch(self, batch: int, row: Mapping[str, Any]) -> None:
        about = _of_batch(self._about, batch, now())
        seen = self._measuring.read(row, about)
        with self._busy:
            self._job.renew()
            self.validation, told = self._told(self._job.judge(seen))
        if self._on_batch is not None:
            self._on_batch(batch, self.validation, told)

    def _told(self, judged: Validation) -> tuple[Validation, Told]:
        told = self._job.tell(judged) if self._draft else Told(outcome=self._job.foresee(judged))
        refused = rejection(told.outcome)
        if refused is not None:
            judged = replace(judged, verdict=Verdict.BLOCK, reason=refused)
        return judged, told


class _Listener(StreamingQueryListener):
    """Hears of every query of the session, and hands on the metrics of one name."""

    def __init__(self, name: str, batch: Callable[[int, Mapping[str, Any]], None]) -> None:
        self._name, self._batch = name, batch

    def onQueryStarted(self, event: Any) -> None:  # noqa: N802 - Spark's name
        """Do nothing."""

    def onQueryProgress(self, event: Any) -> None:  # noqa: N802 - Spark's name
        """Hand on what the batch measured."""
        row = event.progress.observedMetrics.get(self._name)
        if row is None:
            return
        try:
            self._batch(int(event.progress.batchId), row.asDict())
        except Exception:
            # Raising in Spark's own thread would tell nobody.
            _log.exception("batch %s was not judged", event.progress.batchId)

    def onQueryIdle(self, event: Any) -> None:  # noqa: N802 - Spark's name
        """Do nothing."""

    def onQueryTerminated(self, event: Any) -> None:  # noqa: N802 - Spark's name
        """Do nothing."""


def _of_batch(about: About, batch: int, moment: datetime) -> About:
    """Return what is said of one batch: its number is the version, unless the job gave one."""
    version = about.dataset.version or f"batch {batch}"
    return replace(about, dataset=Dataset(about.dataset.id, version), now=moment)
