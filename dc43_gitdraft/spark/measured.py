"""One DataFrame measured once: by a job of its own, or while it is written."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import Observation as Metrics

from dc43_gitdraft.model import Dataset, Layout, Observation, QualityResult
from dc43_gitdraft.observe.nested import guessed
from dc43_gitdraft.observe.spark.frame import assemble, check
from dc43_gitdraft.observe.spark.measures import Measured, plan
from dc43_gitdraft.odcs import Contract

#: In seconds: metrics come a moment after the write has ended, or never.
PATIENCE = 60.0

#: Formats of text that do not state their whole schema: an absent key may be a null.
OPEN = ("json", "xml")
#: Formats whose types Spark tells from text.
TEXTS = ("csv", *OPEN)

_UNQUERIED = "a query could end the stream that it is watched in: use foreachBatch"
_WRITTEN = "the write told nothing of it, and the data could not be read again"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class About:
    """What a job says of its data; `now` is in UTC.

    `guessed` says that the types were told from text, of which `layout` names the format;
    `foldered` that those of partition columns were told from the names of folders.
    """

    dataset: Dataset
    now: datetime
    object: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    layout: Layout | None = None
    guessed: bool = False
    foldered: bool = False


class Measuring:
    """How a DataFrame is measured for a contract; without one, its rows and nulls are counted."""

    def __init__(self, df: DataFrame, about: About, contract: Contract | None) -> None:
        check(df.schema, about.dataset.id)
        self._df, self._about = df, about
        self._plan = plan(contract, df.schema, about.object, df=df)
        #: Whether the contract has rules that the values decide.
        self.rules = bool(self._plan.rules) or self._plan.exact

    def outline(self) -> Observation:
        """Return what the schema alone says."""
        return self._seen(None)

    def now(self) -> Observation:
        """Measure; one aggregation, and one more job where something must be distinct."""
        return self._seen(self._plan.measure(self._df), self._plan.keys(self._df))

    def while_writing(self, write: Callable[[DataFrame], None]) -> Observation:
        """Write, and measure what goes by.

        What must be distinct is counted before, and so is what a rule's SQL computes: it may fail
        for some value, and would end the write.
        """
        # Afterwards, the data may be computed from what was just written.
        queried = self._plan.queried(self._df)
        keys = self._plan.keys(self._df)
        metrics = Metrics()
        write(self._df.observe(metrics, *self._plan.columns))
        row = _within(PATIENCE, lambda: metrics.get)
        if not row:
            # Some writers plan the query anew, and what was to be observed is not in it.
            _log.warning("nothing was observed while writing: the data is computed once more")
            row = self._again()
        if not row:
            return self._seen(None, (*self._plan.unknown(_WRITTEN), *keys))
        return self._seen(self._plan.read({**row, **queried}), keys)

    def _again(self) -> Mapping[str, Any] | None:
        """Measure what was written already; None where it cannot be computed any more."""
        try:
            return self._df.agg(*self._plan.columns).collect()[0].asDict()
        except Exception:
            # Of any kind that a source has; the data is written, and the job goes on.
            _log.exception("what was written could not be measured: its schema alone is known")
            return None

    def watched(self, name: str) -> DataFrame:
        """Return the stream that reports the metrics of its batches under this name."""
        return self._df.observe(name, *self._plan.columns)

    def read(self, row: Mapping[str, Any], about: About) -> Observation:
        """Return what the metrics of one batch say, of which `about` tells."""
        return self._seen(self._plan.read(row, _UNQUERIED), about=about)

    def _seen(
        self,
        measured: Measured | None,
        keys: Sequence[QualityResult] = (),
        about: About | None = None,
    ) -> Observation:
        about = about or self._about
        seen = assemble(
            self._df.schema,
            dataset=about.dataset,
            now=about.now,
            object=about.object,
            measured=measured,
            keys=keys,
            layout=about.layout,
        )
        if about.guessed or about.foldered:
            columns = tuple(
                replace(each, type=guessed(each.type))
                if about.guessed or each.partition is not None
                else each
                for each in seen.properties
            )
            seen = replace(seen, properties=columns)
        if about.guessed:
            whole = about.layout is None or about.layout.format not in OPEN
            seen = replace(seen, complete=whole)
        return replace(seen, context=about.context)


def _within(seconds: float, get: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return what `get` gives, or None where it does not come in time: it may wait for ever."""
    found: list[Mapping[str, Any]] = []

    def wait() -> None:
        try:
            found.append(get())
        except Exception:
            # Connect hands the server's own errors on here, of any kind.
            _log.exception("the session could not tell what was observed")

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    waiting.join(seconds)
    return found[0] if found else None
