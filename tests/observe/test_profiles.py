"""What footers, logs and manifests say of the values, and what is suggested from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake
from pyarrow import orc
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.conversions import to_bytes
from pyiceberg.types import DoubleType
from support.seen import NOW, column

from dc43_gitdraft.draft import make_draft, suggestions
from dc43_gitdraft.model import DataType, Observation, ObservedProperty, Policy, Profile
from dc43_gitdraft.observe import iceberg_counts, observe, parquet
from dc43_gitdraft.observe.merging import merge
from dc43_gitdraft.observe.profiles import Range, joined, profile
from dc43_gitdraft.odcs import read

AT = 100
ROWS = pa.table(
    {
        "id": pa.array(range(1, AT + 1), pa.int64()),
        "price": pa.array([Decimal(at) / 4 for at in range(AT)], pa.decimal128(9, 2)),
        "day": pa.array([date(2024, 5, 1 + at % 30) for at in range(AT)]),
        "ratio": [at / 8 for at in range(AT)],
        "name": [f"secret {at}" for at in range(AT)],
        "none": pa.array([None] * AT, pa.int32()),
        "item": pa.array([{"x": at} for at in range(AT)], pa.struct({"x": pa.int32()})),
        "tags": pa.array([[at] for at in range(AT)], pa.list_(pa.int32())),
    }
)


def to_parquet(folder: Path) -> str:
    pq.write_table(ROWS.slice(0, 60), folder / "a.parquet", row_group_size=25)
    pq.write_table(ROWS.slice(60), folder / "b.parquet")
    return f"parquet:{folder}"


def to_orc(folder: Path) -> str:
    orc.write_table(ROWS, str(folder / "a.orc"))
    return f"orc:{folder}"


def to_delta(folder: Path) -> str:
    write_deltalake(folder, ROWS.slice(0, 60))
    write_deltalake(folder, ROWS.slice(60), mode="append")
    return f"delta:{folder}"


def to_iceberg(folder: Path) -> str:
    catalog = SqlCatalog("lake", uri=f"sqlite:///{folder}/lake.db", warehouse=f"file://{folder}")
    catalog.create_namespace("shop")
    table = catalog.create_table("shop.orders", ROWS.schema)
    table.append(ROWS.slice(0, 60))
    table.append(ROWS.slice(60))
    catalog.close()
    return f"iceberg:{table.location().removeprefix('file://')}"


def profiled(source: str) -> Observation:
    return observe(source, now=NOW, profile=True)


SOURCES = [to_parquet, to_orc, to_delta, to_iceberg]


@pytest.mark.parametrize("written", SOURCES)
def test_exact_bounds_are_told_where_they_are_asked_for(
    tmp_path: Path, written: Callable[[Path], str]
) -> None:
    source = written(tmp_path)
    seen = profiled(source)
    assert column(seen, "id").profile == Profile(AT, minimum=1, maximum=AT)
    assert column(seen, "price").profile == Profile(AT, minimum=0.0, maximum=24.75)
    day = column(seen, "day").profile
    assert day == Profile(AT, minimum="2024-05-01", maximum="2024-05-30")
    assert column(seen, "none").profile == Profile(0)
    inner = Profile(AT, minimum=0, maximum=AT - 1)  # of which PyIceberg writes none
    assert column(seen, "item.x").profile == (None if written is to_iceberg else inner)
    # Texts may be cut off, floating numbers be NaN, and what is in arrays is no row.
    assert [column(seen, name).profile for name in ("ratio", "name", "tags")] == [None] * 3
    assert "secret" not in repr(seen)
    assert all(each.profile is None for each in observe(source, now=NOW).properties)


@pytest.mark.parametrize("written", SOURCES)
def test_what_they_prove_is_suggested_but_of_private_properties(
    tmp_path: Path, written: Callable[[Path], str]
) -> None:
    seen = profiled(written(tmp_path))
    first = make_draft(None, seen, Policy(), contract_id="orders")
    assert first is not None
    text = first.text.replace("- name: price\n", "- name: price\n        classification: secret\n")
    assert text != first.text
    told = suggestions(read(text), seen, Policy(suggest=True))
    object_ = told[0].path.split(".")[0]
    found = {(each.path.removeprefix(f"{object_}."), each.key): each.value for each in told}
    assert found["id", "minimum"] == 0
    assert found["id", "maximum"] == AT
    assert ("item.x", "maximum") in found or written is to_iceberg
    assert not [path for path, _ in found if path == "price"]


def test_bounds_of_floating_numbers_need_a_count_of_nan() -> None:
    def leaf(nan: dict[int, int] | None) -> iceberg_counts.Leaf:
        found = iceberg_counts.Leaf(DoubleType())
        found.add(
            SimpleNamespace(
                record_count=3,
                null_value_counts={1: 1},
                nan_value_counts=nan,
                lower_bounds={1: to_bytes(DoubleType(), -1.5)},
                upper_bounds={1: to_bytes(DoubleType(), 0.0)},
            ),
            1,
        )
        return found

    assert leaf({1: 0}).range == Range(-1.5, 0.0)
    assert [leaf(nan).range for nan in ({1: 1}, {}, None)] == [None] * 3
    assert leaf(None).nulls == 1


def test_a_row_group_without_statistics_leaves_the_bounds_open(tmp_path: Path) -> None:
    data = pa.table({"a": [1], "b": [1]})
    pq.write_table(data, tmp_path / "a.parquet")
    pq.write_table(data, tmp_path / "b.parquet", write_statistics=["a"])
    seen = profiled(f"parquet:{tmp_path}")
    assert column(seen, "a").profile == Profile(2, minimum=1, maximum=1)
    assert column(seen, "b").profile is None


def test_too_many_row_groups_leave_them_open_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "MAX_STATISTICS", 1)
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "a.parquet", row_group_size=1)
    assert column(profiled(f"parquet:{tmp_path}"), "a").profile is None


def test_unsigned_numbers_are_not_read_as_signed_ones(tmp_path: Path) -> None:
    data = pa.table({"a": pa.array([1, 2**63 + 5], pa.uint64())})
    pq.write_table(data, tmp_path / "a.parquet")
    found = column(profiled(f"parquet:{tmp_path}"), "a").profile
    assert found == Profile(2, minimum=1, maximum=2**63 + 5)


def test_files_of_several_schemas_have_one_profile(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": pa.array([5], pa.int32())}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"a": pa.array([-7], pa.int64()), "b": [1]}), tmp_path / "b.parquet")
    seen = profiled(f"parquet:{tmp_path}")
    assert column(seen, "a").profile == Profile(2, minimum=-7, maximum=5)
    assert column(seen, "b").profile == Profile(1, minimum=1, maximum=1)


def delta_log(folder: Path, *files: dict[str, Any], features: tuple[str, ...] = ()) -> str:
    """Write a log by hand, as other writers may write it."""
    field = {"name": "a", "type": "long", "nullable": True, "metadata": {}}
    actions: list[dict[str, Any]] = [
        {
            "protocol": {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": features,
                "writerFeatures": features,
            }
        },
        {
            "metaData": {
                "id": "x",
                "format": {"provider": "parquet", "options": {}},
                "schemaString": json.dumps({"type": "struct", "fields": [field]}),
                "partitionColumns": [],
                "configuration": {},
                "createdTime": 1,
            }
        },
    ]
    for at, stats in enumerate(files):
        added = {"path": f"{at}.parquet", "partitionValues": {}, "size": 1, "dataChange": True}
        actions.append({"add": {**added, "modificationTime": 1, "stats": json.dumps(stats)}})
    (folder / "_delta_log").mkdir(parents=True)
    lines = "".join(json.dumps(each) + "\n" for each in actions)
    (folder / "_delta_log" / f"{0:020}.json").write_text(lines, "utf-8")
    return f"delta:{folder}"


FULL = {"numRecords": 3, "nullCount": {"a": 1}, "minValues": {"a": 1}, "maxValues": {"a": 9}}
EMPTY = {"numRecords": 2, "nullCount": {"a": 2}}
SILENT = {"numRecords": 2, "nullCount": {"a": 1}}


@pytest.mark.parametrize(
    ("files", "features", "expected"),
    [
        ((FULL, EMPTY), (), Profile(2, minimum=1, maximum=9)),
        ((FULL, SILENT), (), None),
        ((FULL,), ("deletionVectors",), None),
    ],
)
def test_of_delta_only_what_every_file_with_values_states_is_told(
    tmp_path: Path, files: Any, features: Any, expected: Profile | None
) -> None:
    source = delta_log(tmp_path / "t", *files, features=features)
    assert column(profiled(source), "a").profile == expected


@pytest.mark.parametrize(
    ("kind", "bounds", "expected"),
    [
        (DataType("integer", "int"), Range(2, 1), None),
        (DataType("integer", "int"), Range(), None),
        (DataType("integer", "int"), Range(-(10**400), 10**400), Profile(5)),
        (
            DataType("integer", "decimal(9,0)"),
            Range(Decimal(1), Decimal(2)),
            Profile(5, None, 1, 2),
        ),
    ],
)
def test_bounds_that_cannot_be_are_left_out(
    kind: DataType, bounds: Range, expected: Profile | None
) -> None:
    assert profile(kind, 5, bounds) == expected


def test_a_decimal_that_no_float_is_equal_to_moves_outwards() -> None:
    kind = DataType("number", "decimal(38,18)")
    found = profile(kind, 1, Range(Decimal("-2.000000000000000001"), Decimal("0.1")))
    assert found is not None
    assert isinstance(found.minimum, float)
    assert isinstance(found.maximum, float)
    assert Decimal(found.minimum) <= Decimal("-2.000000000000000001")
    assert Decimal(found.maximum) >= Decimal("0.1")


def test_profiles_of_the_values_of_both_are_one() -> None:
    one = Profile(3, 2, 1, 5, 1, 4, ("a", "b"))
    other = Profile(2, 1, 0, 2, 2, 9, ("c",))
    assert joined(one, other) == Profile(5, 3, 0, 5, 1, 9, ("a", "b", "c"))
    assert joined(one, Profile(2)) == Profile(5)
    assert joined(one, Profile(0)) == one
    assert joined(one, None) is None
    left = ObservedProperty("a", DataType("integer", "int"), profile=one)
    (both,) = merge((left,), (ObservedProperty("a", left.type, profile=other),))
    assert both.profile == joined(one, other)
