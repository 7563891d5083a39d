from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg import types as ice
from pyiceberg.catalog import load_catalog
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import DayTransform, IdentityTransform
from pyiceberg.utils.config import Config
from support.seen import NOW, column, look, nulls, shapes, short

from dc43_gitdraft import types
from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.observe import iceberg, iceberg_counts, observe

ROWS = pa.table({"id": pa.array([1, 2], pa.int64()), "name": ["secret", None]})


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[SqlCatalog]:
    (tmp_path / "lake").mkdir()
    made = SqlCatalog(
        "lake", uri=f"sqlite:///{tmp_path}/lake.db", warehouse=f"file://{tmp_path}/lake"
    )
    made.create_namespace("shop")
    yield made
    made.close()


def place(table: Any) -> Path:
    return Path(table.location().removeprefix("file://"))


def field(number: int, name: str, kind: Any, **more: Any) -> ice.NestedField:
    return ice.NestedField(field_id=number, name=name, field_type=kind, **more)


def test_schema_rows_and_snapshot_are_seen(catalog: SqlCatalog) -> None:
    table = catalog.create_table("shop.orders", ROWS.schema, properties={"comment": "All orders."})
    table.append(ROWS)
    table.append(ROWS)
    seen = look(place(table), "iceberg")
    snapshot = table.current_snapshot()
    assert snapshot is not None
    assert seen.dataset.version == str(snapshot.snapshot_id)
    assert (shapes(seen), seen.rows) == ({"id": "integer", "name": "string"}, 4)
    assert (seen.description, seen.observed_by) == ("All orders.", "dc43-gitdraft iceberg")
    assert (seen.complete, seen.warnings) == (True, ())


NESTED = pa.struct({"x": pa.int32(), "y": pa.list_(pa.int32())})


def test_nulls_are_those_that_the_manifests_count(catalog: SqlCatalog) -> None:
    data = pa.table(
        {
            "id": pa.array([1, None, 3], pa.int64()),
            "item": pa.array([{"x": 1, "y": [1, None]}, {"x": None, "y": None}, {"x": 3}], NESTED),
            "maybe": pa.array([{"x": None}, None, None], NESTED),
            "tags": pa.array([["a"], None, [None]], pa.list_(pa.string())),
        }
    )
    table = catalog.create_table("shop.orders", data.schema)
    table.append(data)
    table.append(data.slice(0, 1))
    seen = look(place(table), "iceberg")
    assert (seen.rows, nulls(seen)) == (4, {"id": 1, "item": None, "maybe": None, "tags": None})
    assert column(seen, "item.x").nulls is None
    required = pa.schema([pa.field("item", NESTED, nullable=False)])
    other = catalog.create_table("shop.items", required)
    other.append(data.select(["item"]).cast(required))
    found = look(place(other), "iceberg")
    assert (nulls(found), column(found, "item.x").nulls) == ({"item": 0}, 1)


def test_of_a_table_without_rows_nothing_is_null(catalog: SqlCatalog) -> None:
    table = catalog.create_table("shop.orders", ROWS.schema)
    assert nulls(look(place(table), "iceberg")) == {"id": 0, "name": 0}


def test_a_copied_table_is_counted_where_it_lies(catalog: SqlCatalog, tmp_path: Path) -> None:
    table = catalog.create_table("shop.orders", ROWS.schema)
    table.append(ROWS)
    place(table).rename(tmp_path / "moved")
    seen = look(tmp_path / "moved", "iceberg")
    assert (nulls(seen), seen.warnings) == ({"id": 0, "name": 1}, ())


def test_manifests_elsewhere_than_beside_the_metadata_are_not_read(
    catalog: SqlCatalog, tmp_path: Path
) -> None:
    table = catalog.create_table("shop.orders", ROWS.schema)
    table.append(ROWS)
    (tmp_path / "alone").mkdir()
    copy = tmp_path / "alone" / "v1.metadata.json"
    copy.write_bytes(Path(table.metadata_location.removeprefix("file://")).read_bytes())
    seen = look(copy, "iceberg")
    assert (nulls(seen), seen.rows) == ({"id": None, "name": None}, 2)
    assert seen.warnings == ("nulls are not counted: its manifests cannot be read",)


def test_manifests_that_would_fill_the_memory_are_not_read(
    catalog: SqlCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = catalog.create_table("shop.orders", ROWS.schema)
    table.append(ROWS)
    for limit, message in (
        ("MAX_MANIFEST", "one of its manifests has more than 0 MiB"),
        ("MAX_MANIFESTS", "its manifests have more than 0 GiB"),
    ):
        with monkeypatch.context() as lower:
            lower.setattr(iceberg_counts, limit, 10)
            seen = look(place(table), "iceberg")
        assert seen.warnings == (f"nulls are not counted: {message}",)


@pytest.mark.parametrize("part", ["snap-*.avro", "*-m0.avro"])
def test_damaged_manifests_leave_the_nulls_open(catalog: SqlCatalog, part: str) -> None:
    table = catalog.create_table("shop.orders", ROWS.schema)
    table.append(ROWS)
    (found,) = (place(table) / "metadata").glob(part)
    data = found.read_bytes()
    for broken in (data[:-30], b"secret", data[:-16] + b"\xff" * 16):
        found.write_bytes(broken)
        seen = look(place(table), "iceberg")
        assert (nulls(seen), len(seen.warnings)) == ({"id": None, "name": None}, 1)
        assert "secret" not in seen.warnings[0]


def test_a_manifest_that_is_no_file_is_not_waited_for(catalog: SqlCatalog) -> None:
    table = catalog.create_table("shop.orders", ROWS.schema)
    table.append(ROWS)
    (found,) = (place(table) / "metadata").glob("*-m0.avro")
    found.unlink()
    os.mkfifo(found)
    seen = look(place(table), "iceberg")
    assert seen.warnings == ("nulls are not counted: its manifests cannot be read",)


@pytest.mark.parametrize("nulls", [-1, 6])
def test_counts_that_cannot_be_are_not_known(nulls: int) -> None:
    leaf = iceberg_counts.Leaf(ice.LongType())
    leaf.add(
        SimpleNamespace(
            record_count=5, null_value_counts={1: nulls}, lower_bounds={}, upper_bounds={}
        ),
        1,
    )
    assert (leaf.nulls, leaf.range) == (None, None)


def test_with_delete_files_only_the_absence_of_nulls_is_known() -> None:
    leaf = iceberg_counts.Leaf(ice.LongType(), nulls=2)
    none = iceberg_counts.Leaf(ice.LongType())
    found = iceberg_counts.Counts({1: leaf, 2: none}, 5, deletions=True)
    assert (found.nulls(1), found.nulls(2), found.nulls(3)) == (None, 0, None)
    assert found.range(2) is None


def test_a_metadata_file_may_be_named_and_an_older_one_shows_what_was(catalog: SqlCatalog) -> None:
    table = catalog.create_table("shop.orders", ROWS.schema)
    first = table.metadata_location.removeprefix("file://")
    table.append(ROWS)
    assert look(first, "iceberg").rows == 0
    assert look(first, "iceberg").dataset.version is None
    assert observe(f"iceberg:{first}", dataset_version="mine", now=NOW).dataset.version == "mine"


def test_a_catalog_of_pyicebergs_configuration_may_be_named(
    catalog: SqlCatalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.create_table("shop.orders", ROWS.schema).append(ROWS)
    monkeypatch.setenv("PYICEBERG_CATALOG__MINE__TYPE", "sql")
    monkeypatch.setenv("PYICEBERG_CATALOG__MINE__URI", f"sqlite:///{tmp_path}/lake.db")
    # It reads the environment when it is imported.
    monkeypatch.setattr("pyiceberg.catalog._ENV_CONFIG", Config())
    made = load_catalog("mine")
    made.create_namespace_if_not_exists("shop")
    found = catalog.load_table("shop.orders").metadata_location
    made.register_table("shop.mine", found)
    made.close()
    assert look("mine#shop.mine", "iceberg").rows == 2
    with pytest.raises(ObservationError, match=r"the catalog `mine` has no table `shop\.none`"):
        look("mine#shop.none", "iceberg")


def test_a_catalog_that_cannot_be_used_is_said_without_its_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYICEBERG_CATALOG__BAD__TYPE", "sql")
    monkeypatch.setenv("PYICEBERG_CATALOG__BAD__URI", "sqlite:////none/secret/x.db")
    monkeypatch.setattr("pyiceberg.catalog._ENV_CONFIG", Config())
    for name in ("bad", "unknown"):
        with pytest.raises(ObservationError, match=f"the catalog `{name}` cannot be used") as found:
            look(f"{name}#shop.orders", "iceberg")
        assert "secret" not in str(found.value)


def test_comments_keys_and_partitions_are_described(catalog: SqlCatalog) -> None:
    schema = Schema(
        field(1, "id", ice.LongType(), required=True, doc="the number"),
        field(2, "day", ice.DateType()),
        field(3, "at", ice.TimestamptzType()),
        identifier_field_ids=[1],
    )
    spec = PartitionSpec(
        PartitionField(2, 1000, IdentityTransform(), "day"),
        PartitionField(3, 1001, DayTransform(), "at_day"),
    )
    seen = look(place(catalog.create_table("shop.orders", schema, partition_spec=spec)), "iceberg")
    found = column(seen, "id")
    assert (found.nullable, found.nulls, found.key) == (False, 0, 1)
    assert found.description == "the number"
    assert column(seen, "day").partition == 1
    assert seen.warnings == ("the table is partitioned by day of `at`, which is not described",)


#: Every type that PyIceberg has, and whether a remark says what is lost.
TABLE: list[tuple[Any, str, str, bool]] = [
    (ice.BooleanType(), "boolean", "boolean", False),
    (ice.IntegerType(), "integer", "int", False),
    (ice.LongType(), "integer", "bigint", False),
    (ice.FloatType(), "number", "float", False),
    (ice.DoubleType(), "number", "double", False),
    (ice.DecimalType(10, 2), "number", "decimal(10,2)", False),
    (ice.DecimalType(9, 0), "integer", "decimal(9,0)", False),
    (ice.DateType(), "date", "date", False),
    (ice.TimeType(), "time", "time", False),
    (ice.TimestampType(), "timestamp_ntz", "timestamp_ntz", False),
    (ice.TimestampNanoType(), "timestamp_ntz", "timestamp_ntz", False),
    (ice.TimestamptzType(), "timestamp_tz", "timestamp", False),
    (ice.TimestamptzNanoType(), "timestamp_tz", "timestamp", False),
    (ice.StringType(), "string", "string", False),
    (ice.UUIDType(), "string", "string", False),
    (ice.BinaryType(), "string", "binary", False),
    (ice.FixedType(16), "string", "binary", True),
    (ice.UnknownType(), "?", "void", False),
    (ice.GeometryType(), "string", "geometry", False),
    (ice.GeographyType(), "string", "geography", False),
    (
        ice.ListType(2, ice.IntegerType(), element_required=False),
        "array<integer>",
        "array<int>",
        False,
    ),
    (
        ice.MapType(2, ice.StringType(), 3, ice.FixedType(2)),
        "map<string,string>",
        "map<string,binary>",
        True,
    ),
    (ice.StructType(field(2, "x", ice.LongType())), "object<x:integer>", "struct<x:bigint>", False),
]


def written(folder: Path, schema: Schema, **more: Any) -> Path:
    """Write a table's metadata by hand: a catalog takes no types of version 3."""
    document = {
        "format-version": 2,
        "table-uuid": "9c12d441-03fe-4693-9a96-a0705ddf69c1",
        "location": f"file://{folder}",
        "last-sequence-number": 0,
        "last-updated-ms": 1,
        "last-column-id": 100_000,
        "current-schema-id": 0,
        "schemas": [json.loads(schema.model_dump_json())],
        "default-spec-id": 0,
        "partition-specs": [{"spec-id": 0, "fields": []}],
        "last-partition-id": 999,
        "default-sort-order-id": 0,
        "sort-orders": [{"order-id": 0, "fields": []}],
        **more,
    }
    path = folder / "metadata" / "v1.metadata.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(document), "utf-8")
    return path


@pytest.mark.parametrize(("kind", "logical", "physical", "remarked"), TABLE)
def test_a_type_of_iceberg_is_spelled_as_odcs_and_spark_sql_do(
    tmp_path: Path, kind: Any, logical: str, physical: str, remarked: bool
) -> None:
    written(tmp_path, Schema(field(1, "a", kind)))
    seen = look(tmp_path, "iceberg")
    (found,) = seen.properties
    assert (short(found.type), found.type.physical) == (logical, physical)
    assert bool(seen.warnings) == remarked
    parsed = types.parse(physical)
    assert parsed.known
    assert types.implied(parsed)[0] == found.type.logical


def snapshot(**summary: str) -> dict[str, Any]:
    one = {
        "snapshot-id": 7,
        "sequence-number": 1,
        "timestamp-ms": 1,
        "manifest-list": "file:///none",
        "summary": {"operation": "append", **summary},
        "schema-id": 0,
    }
    return {"current-snapshot-id": 7, "snapshots": [one]}


@pytest.mark.parametrize(
    ("summary", "rows", "deleted"),
    [
        ({"total-records": "5"}, 5, []),
        ({}, None, []),
        ({"total-records": "many"}, None, []),
        (
            {"total-records": "5", "total-equality-deletes": "1"},
            None,
            ["rows are not counted: the table has delete files"],
        ),
    ],
)
def test_rows_are_those_of_the_summary_unless_some_are_deleted(
    tmp_path: Path, summary: dict[str, str], rows: int | None, deleted: list[str]
) -> None:
    written(tmp_path, Schema(field(1, "a", ice.LongType())), **snapshot(**summary))
    seen = look(tmp_path, "iceberg")
    unread = "nulls are not counted: its manifests cannot be read"
    assert (seen.rows, list(seen.warnings)) == (rows, [*deleted, unread])


def deep(levels: int) -> Any:
    kind: Any = ice.LongType()
    for number in range(levels):
        kind = ice.ListType(number + 2, kind, element_required=False)
    return kind


def test_what_cannot_be_described_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "deep", Schema(field(1, "a", deep(70))))
    with pytest.raises(ObservationError, match=r"nested more than 64 levels|damaged"):
        look(tmp_path / "deep", "iceberg")
    twice = json.loads(Schema(field(1, "a", ice.LongType())).model_dump_json())
    twice["fields"] *= 2
    written(tmp_path / "twice", Schema(), schemas=[twice])
    with pytest.raises(ObservationError, match=r"two of its columns|damaged"):
        look(tmp_path / "twice", "iceberg")


@pytest.mark.parametrize(
    "data", [b"", b"{", b"secret", b"[]", b"\xff\xfe", b"{}", b'{"format-version": 9}', b"[" * 9999]
)
def test_metadata_that_is_damaged_is_refused(tmp_path: Path, data: bytes) -> None:
    path = written(tmp_path, Schema())
    path.write_bytes(data)
    with pytest.raises(ObservationError, match="its metadata is damaged or cut off") as caught:
        look(tmp_path, "iceberg")
    assert caught.value.where == str(path)
    assert "secret" not in str(caught.value)


def test_metadata_that_would_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, Schema(field(1, "a", ice.LongType())))
    packed = path.with_name("00002-x.gz.metadata.json")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert shapes(look(tmp_path, "iceberg")) == {"a": "integer"}
    monkeypatch.setattr(iceberg, "MAX_METADATA", packed.stat().st_size + 1)
    with pytest.raises(ObservationError, match="its metadata has more than"):
        look(packed, "iceberg")
    monkeypatch.setattr(iceberg, "MAX_METADATA", 10)
    with pytest.raises(ObservationError, match="its metadata has more than"):
        look(path, "iceberg")


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ObservationError, match="not an Iceberg table: it has no file"):
        look(tmp_path, "iceberg")
    with pytest.raises(ObservationError, match="no such file or directory"):
        look(tmp_path / "none", "iceberg")


def test_ten_thousand_columns_are_described(tmp_path: Path) -> None:
    written(tmp_path, Schema(*(field(at, f"c{at}", ice.LongType()) for at in range(1, 10_001))))
    assert len(look(tmp_path, "iceberg").properties) == 10_000
