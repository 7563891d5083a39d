"""Aggregations in which the SQL of people's rules may fail, as no other part of them does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, cast

import pyspark
from pyspark import inheritable_thread_target
from pyspark.sql import Column, DataFrame

#: Aggregations at once: while one is planned and compiled, others are computed.
_AT_A_TIME = 3

_log = logging.getLogger(__name__)


def row(df: DataFrame, columns: Sequence[Column]) -> dict[str, Any]:
    """Return the numbers of one aggregation, by their names. Raises what Spark raises."""
    return dict(df.agg(*columns).collect()[0].asDict())


def rows(df: DataFrame, parts: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Return the numbers of aggregations that are spelt in SQL, some at a time.

    Raises what Spark raises for one of them, once none runs any more.
    """
    if not parts:
        return []
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        tasks = [pool.submit(_inheriting(df, partial(_spelt, df, part))) for part in parts]
        try:
            return [task.result() for task in tasks]
        finally:
            pool.shutdown(cancel_futures=True)


def _spelt(df: DataFrame, columns: Sequence[str]) -> dict[str, Any]:
    return dict(df.selectExpr(*columns).collect()[0].asDict())


def _inheriting(df: DataFrame, work: Callable[[], Any]) -> Callable[[], Any]:
    """Let work in another thread be of the same group and tags of Spark's jobs as this one."""
    # Of its own each time: Spark writes into what the thread inherits.
    if int(pyspark.__version__.partition(".")[0]) < 4:
        inheriting = inheritable_thread_target(work)
    else:
        inheriting = inheritable_thread_target(df.sparkSession)(work)
    return cast("Callable[[], Any]", inheriting)


def together(df: DataFrame, columns: Sequence[Column], queries: Sequence[Column]) -> dict[str, Any]:
    """Compute all in one aggregation; where that fails, without the queries that make it fail.

    Raises what Spark raises where it is not for them.
    """
    try:
        return row(df, (*columns, *queries))
    except Exception as error:  # of any kind: Spark tells of it by Java's errors too
        if not queries:
            raise
        _tell(error)
    found = row(df, columns)
    return found if len(queries) == 1 else {**found, **_each(df, queries)}


def alone(df: DataFrame, queries: Sequence[Column]) -> dict[str, Any]:
    """Compute the queries, if any, in an aggregation of their own; what fails is left out."""
    if not queries:
        return {}
    try:
        return row(df, queries)
    except Exception as error:
        _tell(error)
    return {} if len(queries) == 1 else _each(df, queries)


def _each(df: DataFrame, queries: Sequence[Column]) -> dict[str, Any]:
    """Compute one by one, so that one that fails hides no other that must hold."""
    return {name: value for each in queries for name, value in alone(df, [each]).items()}


def _tell(error: Exception) -> None:
    # What Spark says of it quotes the data.
    _log.warning("a rule of type sql ended an aggregation: %s", type(error).__name__)
