"""A DataFrame as an Observation: its schema, and what one aggregation tells of its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Dataset, Layout, Observation, ObservedProperty, QualityResult
from dc43_gitdraft.observe.nested import UnknownTypeError
from dc43_gitdraft.observe.spark.measures import Measured, plan
from dc43_gitdraft.observe.spark.types import properties
from dc43_gitdraft.observe.storage import name_some, plain
from dc43_gitdraft.odcs import Contract

OBSERVED_BY = "dc43-gitdraft spark"


def observe_dataframe(
    df: DataFrame,
    *,
    dataset: Dataset,
    now: datetime,
    object: str | None = None,  # noqa: A002 - the model's and the option's word
    contract: Contract | None = None,
    profile: bool = False,
    layout: Layout | None = None,
) -> Observation:
    """Observe a DataFrame: one aggregation, one more job for keys of the contract.

    A streaming DataFrame has no rows to count yet: of it, only the schema is told.
    Raises ObservationError for a schema that cannot be described, and ContractError.
    """
    schema = df.schema
    check(schema, dataset.id)
    measured: Measured | None = None
    keys: tuple[QualityResult, ...] = ()
    if not df.isStreaming:
        measures = plan(contract, schema, object, df=df, profile=profile)
        measured = measures.measure(df)
        if profile:
            measured = measures.values(df, measured)
        keys = measures.keys(df)
    return assemble(
        schema, dataset=dataset, now=now, object=object, measured=measured, keys=keys, layout=layout
    )


def assemble(
    schema: StructType,
    *,
    dataset: Dataset,
    now: datetime,
    object: str | None = None,  # noqa: A002 - the model's and the option's word
    measured: Measured | None = None,
    keys: Sequence[QualityResult] = (),
    layout: Layout | None = None,
) -> Observation:
    """Put an Observation together from a schema and what was measured (`Plan.read`).

    Raises ObservationError for a schema that cannot be described.
    """
    seen = check(schema, dataset.id)
    if measured is not None:
        seen = _counted(seen, measured)
    if layout is not None:
        seen = tuple(_with_place(each, layout.partitions) for each in seen)
    return Observation(
        dataset=dataset,
        properties=seen,
        observed_by=OBSERVED_BY,
        object=object,
        rows=None if measured is None else measured.rows,
        layout=layout,
        quality=(*(() if measured is None else measured.quality), *keys),
        observed_at=now,
    )


def check(schema: StructType, where: str) -> tuple[ObservedProperty, ...]:
    """Describe the columns. Raises ObservationError where they cannot be told apart or named."""
    try:
        seen = properties(schema)
    except UnknownTypeError as error:
        raise ObservationError(f"its schema cannot be read: {error}", where=where) from error
    names = Counter(each.name.casefold() for each in seen)
    twins = [plain(name) for name, count in names.items() if count > 1]
    if twins:
        raise ObservationError(
            f"two of its columns have the same name: {name_some(twins)}", where=where
        )
    if "" in names:
        raise ObservationError("one of its columns has no name: give it one", where=where)
    return seen


def _with_place(seen: ObservedProperty, partitions: Sequence[str]) -> ObservedProperty:
    place = partitions.index(seen.name) + 1 if seen.name in partitions else None
    return replace(seen, partition=place)


def _counted(
    seen: Sequence[ObservedProperty], measured: Measured, path: tuple[str, ...] = ()
) -> tuple[ObservedProperty, ...]:
    """Add counts and profiles to columns, and to the fields of structs."""
    counted = []
    for each in seen:
        here = (*path, each.name)
        kind = replace(each.type, fields=_counted(each.type.fields, measured, here))
        nulls, profile = measured.nulls.get(here), measured.profiles.get(here)
        counted.append(replace(each, nulls=nulls, profile=profile, type=kind))
    return tuple(counted)
