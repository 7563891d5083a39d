"""For jobs: checks data against its contract, drafts from it, and writes it by the verdict.

Works on classic Spark and on Spark Connect; only the driver needs the contracts repository.
"""

from __future__ import annotations

from dc43_gitdraft.errors import BlockedError
from dc43_gitdraft.model import Outcome, OutcomeKind, Verdict
from dc43_gitdraft.spark.jobs import (
    batch_writer,
    draft_from_dataframe,
    read_with_contract,
    validate_dataframe,
    watch_stream,
    write_with_contract,
)
from dc43_gitdraft.spark.judging import Validation
from dc43_gitdraft.spark.many import draft_tables
from dc43_gitdraft.spark.recording import read_observation, write_observation
from dc43_gitdraft.spark.results import ReadResult, WriteResult
from dc43_gitdraft.spark.streams import BatchWriter, StreamWatch

__all__ = [
    "BatchWriter",
    "BlockedError",
    "Outcome",
    "OutcomeKind",
    "ReadResult",
    "StreamWatch",
    "Validation",
    "Verdict",
    "WriteResult",
    "batch_writer",
    "draft_from_dataframe",
    "draft_tables",
    "read_observation",
    "read_with_contract",
    "validate_dataframe",
    "watch_stream",
    "write_observation",
    "write_with_contract",
]
