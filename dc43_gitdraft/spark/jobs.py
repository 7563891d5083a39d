"""What jobs call: drafting, checking, reading and writing under a contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from dc43_gitdraft.base_contract import BaseContract, contract_of
from dc43_gitdraft.desk import now
from dc43_gitdraft.draft import make_draft
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import Dataset, Draft, Policy
from dc43_gitdraft.names import check_contract_id
from dc43_gitdraft.spark.job import Asked, Job, bump_of
from dc43_gitdraft.spark.judging import Validation
from dc43_gitdraft.spark.landing import ERROR, landing
from dc43_gitdraft.spark.measured import TEXTS, About, Measuring
from dc43_gitdraft.spark.reading import OnReadMismatch, Reading, read
from dc43_gitdraft.spark.results import ReadResult, WriteResult
from dc43_gitdraft.spark.streams import BatchWriter, OnResult, OnValidation, StreamWatch
from dc43_gitdraft.spark.writing import OnMismatch, Writing, write
from dc43_gitdraft.workplace import Place

#: In seconds: how often a stream asks the repository what it was told already.
EVERY = 300.0

#: The dataset's id where a DataFrame is all that is known.
UNNAMED = "dataframe"


def draft_from_dataframe(
    df: DataFrame,
    base_contract: BaseContract | None = None,
    *,
    bump: str | None = None,
    dataset_id: str = UNNAMED,
    dataset_version: str | None = None,
    contract_id: str | None = None,
    base_text: str | None = None,
    object: str | None = None,  # noqa: A002 - the model's and the option's word
    context: Mapping[str, str] | None = None,
    measure: bool = True,
) -> Draft | None:
    """Draft the contract's next version from a DataFrame; None where there is no drift.

    `base_contract` is a contract's text, file, mapping or ODCS model; for the last two,
    `base_text` is the text that they were made from, in which their changes are made too.
    Without a contract, `contract_id` names the new one. `measure` False looks at the schema
    alone, and starts no Spark job. Nothing is published: that is for `publish`, or for
    `write_with_contract`. Raises ContractError.
    """
    if isinstance(base_contract, str) and "\n" not in base_contract:
        raise ContractError("the base contract is a document here, and no id: give its text")
    contract = None if base_contract is None else contract_of(base_contract, base_text)
    name = contract.id if contract else check_contract_id(contract_id or "", new=True)
    about = _about(Dataset(dataset_id, dataset_version), object, context)
    measuring = Measuring(df, about, contract)
    seen = measuring.now() if measure else measuring.outline()
    policy = replace(bump_of(bump)(Policy()), object=object)
    return make_draft(contract, seen, policy, contract_id=name)


def validate_dataframe(
    df: DataFrame,
    contract: BaseContract,
    *,
    repo: Place | None = None,
    base: str | None = None,
    object: str | None = None,  # noqa: A002 - the model's and the option's word
    dataset_id: str = UNNAMED,
    dataset_version: str | None = None,
    measure: bool = True,
) -> Validation:
    """Check a DataFrame against a contract; nothing is written, published or kept.

    `contract` is the id of one in `repo` (default: GITDRAFT_REPO), or a contract as in
    `draft_from_dataframe`. `measure` False looks at the schema alone, and starts no Spark job.
    """
    about = _about(Dataset(dataset_id, dataset_version), object, None)
    with Job(Asked(contract, repo, base, object)) as job:
        measuring = Measuring(df, about, job.contract)
        return job.judge(measuring.now() if measure else measuring.outline())


def read_with_contract(
    spark: SparkSession,
    contract: BaseContract,
    *,
    repo: Place | None = None,
    base: str | None = None,
    path: str | None = None,
    table: str | None = None,
    format: str | None = None,  # noqa: A002 - Spark's word
    options: Mapping[str, object] | None = None,
    on_mismatch: OnReadMismatch = "block",
    draft_on_mismatch: bool = True,
    measure: bool = True,
    object: str | None = None,  # noqa: A002 - the model's and the option's word
    bump: str | None = None,
    dataset_id: str | None = None,
    dataset_version: str | None = None,
    context: Mapping[str, str] | None = None,
    outbox: str | Path | None = None,
) -> ReadResult:
    """Read a path or a table, check it, and draft from it where it drifted.

    `result.df` is the data; where the verdict is block it raises BlockedError, unless
    `on_mismatch` is `read` and no steward rejected the drift. The rest is as in
    `write_with_contract` and `validate_dataframe`.
    """
    source = landing(path, table, format=format, options=options)
    how = Reading(source, on_mismatch, draft_on_mismatch, measure)
    about = _about(Dataset(dataset_id or source.dataset, dataset_version), object, context)
    about = replace(about, layout=source.layout, guessed=path is not None and format in TEXTS)
    with Job(Asked(contract, repo, base, object, bump, outbox=outbox)) as job:
        return read(spark, job, about, how)


def write_with_contract(
    df: DataFrame,
    contract: BaseContract,
    *,
    repo: Place | None = None,
    base: str | None = None,
    path: str | None = None,
    table: str | None = None,
    format: str | None = None,  # noqa: A002 - Spark's word
    mode: str = ERROR,
    partition_by: str | Sequence[str] = (),
    options: Mapping[str, object] | None = None,
    on_mismatch: OnMismatch = "block",
    quarantine: str | None = None,
    draft_on_mismatch: bool = True,
    object: str | None = None,  # noqa: A002 - the model's and the option's word
    bump: str | None = None,
    new: bool = False,
    dataset_id: str | None = None,
    dataset_version: str | None = None,
    context: Mapping[str, str] | None = None,
    outbox: str | Path | None = None,
    observation_path: str | None = None,
) -> WriteResult:
    """Check a DataFrame, write it by the verdict, and draft from it where it drifted.

    `contract` is the id of one in `repo` (a path or URL; default: GITDRAFT_REPO), or a contract
    itself, which also stands in where the repository cannot be reached. Data whose verdict is
    block is not written (`block`), written all the same (`write`: then it is measured while it is
    written), or written to a place of its own below `quarantine` (default: beside the target).
    What a steward rejected is not written with `write` either. Where the contract cannot be
    known, the verdict is unknown, and the data is written.

    `new` allows a contract that the repository does not have. `outbox` is the directory where
    Observations wait that could not be published (default: GITDRAFT_OUTBOX).
    `observation_path` is a directory on any file system of Spark's to write the Observation to,
    into a directory of its own, for a workflow to draft from. Raises what Spark raises where it
    cannot write, ConfigError and ContractError before anything is written, and never for a
    repository that fails.
    """
    target = landing(
        path, table, format=format, mode=mode, partition_by=partition_by, options=options
    )
    how = Writing(target, on_mismatch, quarantine, draft_on_mismatch, observation_path)
    about = _about(Dataset(dataset_id or target.dataset, dataset_version), object, context)
    about = replace(about, layout=target.layout)
    with Job(Asked(contract, repo, base, object, bump, new, outbox)) as job:
        return write(df, job, about, how)


def batch_writer(
    contract: BaseContract,
    *,
    repo: Place | None = None,
    base: str | None = None,
    path: str | None = None,
    table: str | None = None,
    format: str | None = None,  # noqa: A002 - Spark's word
    partition_by: str | Sequence[str] = (),
    options: Mapping[str, object] | None = None,
    on_mismatch: OnMismatch = "block",
    quarantine: str | None = None,
    draft_on_mismatch: bool = True,
    object: str | None = None,  # noqa: A002 - the model's and the option's word
    bump: str | None = None,
    new: bool = False,
    dataset_id: str | None = None,
    dataset_version: str | None = None,
    context: Mapping[str, str] | None = None,
    outbox: str | Path | None = None,
    observation_path: str | None = None,
    every: float = EVERY,
    on_result: OnResult | None = None,
) -> BatchWriter:
    """Return what `foreachBatch` takes: each batch is appended as `write_with_contract` does it.

    A blocked batch raises BlockedError, and so stops the query before it is lost. `every` is how
    long, in seconds, what the repository said counts without asking it again. `on_result` is
    called with each batch's number and WriteResult.
    """
    target = landing(
        path, table, format=format, mode="append", partition_by=partition_by, options=options
    )
    how = Writing(target, on_mismatch, quarantine, draft_on_mismatch, observation_path)
    about = _about(Dataset(dataset_id or target.dataset, dataset_version), object, context)
    about = replace(about, layout=target.layout)
    asked = Asked(contract, repo, base, object, bump, new, outbox, every)
    return BatchWriter(asked, about, how, on_result)


def watch_stream(
    df: DataFrame,
    contract: BaseContract,
    *,
    dataset_id: str,
    dataset_version: str | None = None,
    repo: Place | None = None,
    base: str | None = None,
    draft_on_mismatch: bool = True,
    object: str | None = None,  # noqa: A002 - the model's and the option's word
    bump: str | None = None,
    context: Mapping[str, str] | None = None,
    outbox: str | Path | None = None,
    every: float = EVERY,
    on_batch: OnValidation | None = None,
) -> StreamWatch:
    """Watch a stream by the metrics of its batches: write `watch.df` in its place.

    `on_batch` is called, in a thread of Spark's, with each batch's number, its Validation and
    what became of telling the repository. The rest is as in `batch_writer`.
    """
    about = _about(Dataset(dataset_id, dataset_version), object, context)
    asked = Asked(contract, repo, base, object, bump, outbox=outbox, every=every)
    return StreamWatch(df, asked, about, draft=draft_on_mismatch, on_batch=on_batch)


def _about(dataset: Dataset, object: str | None, context: Mapping[str, str] | None) -> About:  # noqa: A002
    return About(dataset, now(), object, context or {})
