"""What Parquet footers say of leaf columns: nulls, and types that Arrow's schema does not have.

Nulls are counted from statistics, where they follow for certain. A leaf's count says in how
many rows it is absent, be it itself null or a struct around it. A property's nulls are counted
where what is around it is present, so both counts must be known. Counts below lists and maps are
not rows and are not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dc43_gitdraft.model import DataType, ObservedProperty
from dc43_gitdraft.observe.nested import array, mapping, struct


def add_counts(metadata: Any, counts: list[int | None]) -> None:
    """Add one file's null count of each leaf column; None once a row group does not state it."""
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        if not row_group.num_rows:
            continue  # an empty one may come without statistics
        for leaf, count in enumerate(counts):
            if count is not None:
                found = row_group.column(leaf).statistics
                nulls = found.null_count if found is not None and found.has_null_count else -1
                counts[leaf] = count + nulls if nulls >= 0 else None


def with_nulls(
    properties: tuple[ObservedProperty, ...],
    counts: Sequence[int | None],
    rows: int,
    above: int | None = 0,
) -> tuple[ObservedProperty, ...]:
    """Add their nulls to the properties; `above` is in how many rows what holds them is absent."""
    result, start = [], 0
    for each in properties:
        own = counts[start : start + leaves(each.type)]
        start += len(own)
        result.append(_with_nulls(each, own, rows, above))
    return tuple(result)


def leaves(kind: DataType) -> int:
    """Count the leaf columns Parquet stores for the type."""
    if kind.items is not None:
        return leaves(kind.items)
    if kind.key is not None and kind.value is not None:
        return leaves(kind.key) + leaves(kind.value)
    return sum(leaves(each.type) for each in kind.fields) or 1


def with_stored(
    properties: tuple[ObservedProperty, ...], stored: Sequence[DataType | None]
) -> tuple[ObservedProperty, ...]:
    """Give leaves the type that they are stored as, where Arrow's says less."""
    result, start = [], 0
    for each in properties:
        own = stored[start : start + leaves(each.type)]
        start += len(own)
        result.append(replace(each, type=_with_stored(each.type, own)))
    return tuple(result)


def _with_stored(kind: DataType, stored: Sequence[DataType | None]) -> DataType:
    if not any(stored):
        return kind
    if kind.fields:
        return struct(with_stored(kind.fields, stored))
    if kind.items is not None:
        return array(_with_stored(kind.items, stored))
    if kind.key is not None and kind.value is not None:
        keys = leaves(kind.key)
        key, value = stored[:keys], stored[keys:]
        return mapping(_with_stored(kind.key, key), _with_stored(kind.value, value))
    return stored[0] if stored[0] is not None and stored[0].logical == kind.logical else kind


def _with_nulls(
    found: ObservedProperty, counts: Sequence[int | None], rows: int, above: int | None
) -> ObservedProperty:
    absent = above if found.nullable is False else _absent(found, counts, rows)
    if found.nullable is False or absent == 0:
        nulls: int | None = 0
    else:
        nulls = None if absent is None or above is None else absent - above
    kind = found.type
    if kind.fields:
        kind = replace(kind, fields=with_nulls(kind.fields, counts, rows, absent))
    return replace(found, type=kind, nulls=nulls)


def _absent(found: ObservedProperty, counts: Sequence[int | None], rows: int) -> int | None:
    """Count the rows in which the property is absent, itself or with what holds it."""
    kind = found.type
    if kind.items is not None or kind.key is not None:
        return None
    if not kind.fields:
        return rows if kind.logical is None else counts[0]
    known, start = [], 0
    for each in kind.fields:
        own = counts[start : start + leaves(each.type)]
        start += len(own)
        absent = _absent(each, own, rows)
        if absent is not None and each.nullable is False:
            return absent  # it is there whenever the struct is
        known.append(absent)
    return 0 if 0 in known else None
