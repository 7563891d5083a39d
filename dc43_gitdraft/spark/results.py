"""What a job learns: the verdict, and what became of its data and of what was seen in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dc43_gitdraft.errors import BlockedError
from dc43_gitdraft.model import Draft, Observation, Outcome, Verdict
from dc43_gitdraft.spark.judging import Validation

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True, slots=True)
class _Result:
    """What writing and reading have in common."""

    validation: Validation
    verdict: Verdict
    reason: str | None = None
    outcome: Outcome | None = None
    kept: Path | None = None
    failure: str | None = None

    @property
    def observation(self) -> Observation:
        """What was seen."""
        return self.validation.observation

    @property
    def draft(self) -> Draft | None:
        """The next version that the data asks for; None where there is no drift."""
        return self.outcome.draft if self.outcome is not None else self.validation.draft

    def _refusal(self, what: str) -> BlockedError:
        return BlockedError(f"{what}: {self.reason or 'the contract does not allow it'}")


@dataclass(frozen=True, slots=True)
class WriteResult(_Result):
    """How `write_with_contract` ended.

    `target` is the path or table that holds the data now, None where it was not written;
    `quarantined` says that this is the quarantine. `outcome` is what publishing ended with;
    where it failed, `failure` says why, and `kept` is the Observation's file in the outbox.
    """

    target: str | None = None
    quarantined: bool = False

    @property
    def written(self) -> bool:
        """Whether the data is where it was to go."""
        return self.target is not None and not self.quarantined

    def raise_if_blocked(self) -> WriteResult:
        """Return this result, or raise BlockedError where the data was not written at all."""
        if self.target is None:
            raise self._refusal(f"the data of {self.validation.contract} was not written")
        return self


@dataclass(frozen=True, slots=True)
class ReadResult(_Result):
    """How `read_with_contract` ended. `outcome`, `kept` and `failure` are as in WriteResult."""

    frame: DataFrame | None = None

    @property
    def df(self) -> DataFrame:
        """The data. Raises BlockedError where the verdict is block and that was to count."""
        if self.frame is None:
            raise self._refusal(f"the data of {self.validation.contract} is not to be read")
        return self.frame
