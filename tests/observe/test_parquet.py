from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.seen import column, look, nulls, shapes
from support.steps import calls_of

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import DataType, Layout
from dc43_gitdraft.observe import parquet


def stored(path: Path, schema: pa.Schema | dict[str, Any], *rows: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema=pa.schema(schema)), path)
    return path


def physical(seen: Any) -> dict[str, str | None]:
    return {each.name: each.type.physical for each in seen.properties}


def test_counts_and_layout_come_from_the_footers(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.parquet", {"a": pa.int32()}, {"a": 1}, {"a": None})
    seen = look(path)
    assert (seen.rows, nulls(seen), seen.complete) == (2, {"a": 1}, True)
    assert seen.layout == Layout("parquet", 1, path.stat().st_size)
    assert seen.observed_by == "dc43-gitdraft parquet"


def test_no_rows_is_a_schema_all_the_same(tmp_path: Path) -> None:
    seen = look(stored(tmp_path / "a.parquet", {"a": pa.int32()}))
    assert (seen.rows, physical(seen), nulls(seen)) == (0, {"a": "int"}, {"a": 0})


def test_nullable_is_what_the_schema_declares(tmp_path: Path) -> None:
    schema = pa.schema([pa.field("a", pa.int32(), nullable=False), pa.field("b", pa.int32())])
    seen = look(stored(tmp_path / "a.parquet", schema, {"a": 1, "b": 1}))
    assert [each.nullable for each in seen.properties] == [False, True]


def test_timestamps_of_96_bits_are_instants_wherever_they_are(tmp_path: Path) -> None:
    moment = pa.timestamp("us")
    inner = pa.struct([("n", pa.int32()), ("at", moment)])
    schema = pa.schema(
        {"a": moment, "b": inner, "c": pa.list_(inner), "d": pa.map_(pa.string(), moment)}
    )
    path = tmp_path / "a.parquet"
    pq.write_table(schema.empty_table(), path, use_deprecated_int96_timestamps=True)
    assert physical(look(path)) == {
        "a": "timestamp",
        "b": "struct<n:int,at:timestamp>",
        "c": "array<struct<n:int,at:timestamp>>",
        "d": "map<string,timestamp>",
    }
    assert look(path).properties[0].type.options["timezone"] is True


def test_nulls_are_not_counted_where_a_row_group_has_no_statistics(tmp_path: Path) -> None:
    data = pa.table({"a": [1, None], "b": [None, "x"]})
    pq.write_table(data, tmp_path / "a.parquet", write_statistics=["a"])
    assert nulls(look(tmp_path)) == {"a": 1, "b": None}
    pq.write_table(data, tmp_path / "b.parquet")
    assert nulls(look(tmp_path)) == {"a": 2, "b": None}


def test_a_column_without_a_name_is_left_out(tmp_path: Path) -> None:
    seen = look(stored(tmp_path / "a.parquet", {"": pa.int32(), "a": pa.int32()}, {"": 1, "a": 2}))
    assert physical(seen) == {"a": "int"}
    assert seen.warnings == ("left out, without a name: column 1",)


def test_nulls_of_several_row_groups_add_up(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, None] * 50}), tmp_path / "a.parquet", row_group_size=7)
    assert nulls(look(tmp_path / "a.parquet")) == {"a": 50}


def test_too_many_statistics_are_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "MAX_STATISTICS", 10)
    pq.write_table(pa.table({"a": [1] * 50}), tmp_path / "a.parquet", row_group_size=2)
    seen = look(tmp_path / "a.parquet")
    assert (nulls(seen), seen.rows) == ({"a": None}, 50)
    assert seen.warnings == ("nulls are not counted: the files have too many row groups",)


INNER = pa.struct([pa.field("x", pa.int32()), pa.field("y", pa.int32(), nullable=False)])
LOOSE = pa.struct([pa.field("x", pa.int32()), pa.field("z", pa.int32())])


@pytest.mark.parametrize(
    ("kind", "rows", "expected"),
    [
        # A field that is always there when the struct is tells how often the struct is not.
        (INNER, [{"x": 1, "y": 1}, {"x": None, "y": 1}, None], {"s": 1, "s.x": 1, "s.y": 0}),
        # A field without any null says that the struct is never null.
        (LOOSE, [{"x": 1, "z": 1}, {"x": None, "z": 1}], {"s": 0, "s.x": 1, "s.z": 0}),
        # Nulls of the struct and of its fields cannot be told apart.
        (LOOSE, [{"x": 1, "z": None}, None], {"s": None, "s.x": None, "s.z": None}),
        (LOOSE, [None, None], {"s": None, "s.x": None}),
        # Lists and maps: counts of leaves are not rows.
        (pa.list_(pa.int32()), [[1, None], None, []], {"s": None}),
        (pa.map_(pa.string(), pa.int32()), [[("a", 1)], None], {"s": None}),
    ],
)
def test_nulls_of_nested_properties_are_counted_where_they_follow(
    tmp_path: Path, kind: pa.DataType, rows: list[Any], expected: dict[str, int | None]
) -> None:
    data = [{"before": None, "s": row, "after": None} for row in rows]
    schema = {"before": pa.int32(), "s": kind, "after": pa.string()}
    seen = look(stored(tmp_path / "a.parquet", schema, *data))
    assert {path: column(seen, path).nulls for path in expected} == expected
    assert (column(seen, "before").nulls, column(seen, "after").nulls) == (len(rows), len(rows))


def test_a_required_list_or_struct_has_no_nulls(tmp_path: Path) -> None:
    schema = pa.schema(
        [
            pa.field("l", pa.list_(pa.int32()), nullable=False),
            pa.field("s", LOOSE, nullable=False),
        ]
    )
    seen = look(stored(tmp_path / "a.parquet", schema, {"l": [None], "s": {"x": None, "z": None}}))
    assert nulls(seen) == {"l": 0, "s": 0}
    assert column(seen, "s.x").nulls == 1


def test_column_comments_become_descriptions(tmp_path: Path) -> None:
    inner = pa.field("x", pa.int32(), metadata={"comment": "inner"})
    schema = pa.schema(
        [
            pa.field("a", pa.int32(), metadata={"comment": "in cents, größe"}),
            pa.field("s", pa.struct([inner])),
        ]
    )
    seen = look(stored(tmp_path / "a.parquet", schema, {"a": 1, "s": {"x": 1}}))
    assert column(seen, "a").description == "in cents, größe"
    assert column(seen, "s").description is None


def spark_file(path: Path, schema: pa.Schema, spark: Any) -> Path:
    metadata = {"org.apache.spark.sql.parquet.row.metadata": json.dumps(spark)}
    with pq.ParquetWriter(path, schema, store_schema=False) as writer:
        writer.add_key_value_metadata(metadata)
    return path


def spark_field(name: str, kind: Any, **metadata: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "nullable": True, "metadata": metadata}


def test_sparks_own_metadata_adds_comments_lengths_and_intervals(tmp_path: Path) -> None:
    declared = "__CHAR_VARCHAR_TYPE_STRING"
    inner = {"type": "struct", "fields": [spark_field("x", "string", comment="inner")]}
    spark = {
        "type": "struct",
        "fields": [
            spark_field("a", "string", comment="the code", **{declared: "varchar(20)"}),
            spark_field("b", "string", **{declared: "char(3)"}),
            spark_field("s", inner, **{declared: "struct<x:varchar(5)>"}),
            spark_field(
                "l",
                {"type": "array", "elementType": "string", "containsNull": True},
                **{declared: "array<char(2)>"},
            ),
            spark_field(
                "m",
                {"type": "map", "keyType": "string", "valueType": "interval day to second"},
                **{declared: "map<varchar(7),interval day to second>"},
            ),
            spark_field("i", "interval year to month"),
        ],
    }
    schema = pa.schema(
        {
            "a": pa.string(),
            "b": pa.string(),
            "s": pa.struct({"x": pa.string()}),
            "l": pa.list_(pa.string()),
            "m": pa.map_(pa.string(), pa.int64()),
            "i": pa.int32(),
            "unknown": pa.int32(),
        }
    )
    seen = look(spark_file(tmp_path / "a.parquet", schema, spark))
    assert physical(seen) == {
        "a": "varchar(20)",
        "b": "char(3)",
        "s": "struct<x:varchar(5)>",
        "l": "array<char(2)>",
        "m": "map<varchar(7),interval day to second>",
        "i": "interval year to month",
        "unknown": "int",
    }
    assert column(seen, "a").type.options == {"maxLength": 20}
    assert (column(seen, "a").description, column(seen, "s.x").description) == ("the code", "inner")
    assert column(seen, "i").type.logical == "string"
    assert seen.warnings == (
        "`m{value}` is an interval, which other readers of these files see as a number",
        "`i` is an interval, which other readers of these files see as a number",
    )


@pytest.mark.parametrize(
    "spark",
    ["", [], {"fields": 3}, {"fields": [1, {"name": "a", "type": 5, "metadata": []}]}],
)
def test_metadata_that_is_not_sparks_adds_nothing(tmp_path: Path, spark: Any) -> None:
    seen = look(spark_file(tmp_path / "a.parquet", pa.schema({"a": pa.int32()}), spark))
    assert physical(seen) == {"a": "int"}


def test_numeric_widths_of_files_are_unified_with_a_warning(tmp_path: Path) -> None:
    narrow = {"a": pa.int32(), "f": pa.float32(), "d": pa.decimal128(5, 2), "n": pa.null()}
    wide = {"a": pa.int64(), "f": pa.float64(), "d": pa.decimal128(9, 3), "n": pa.string()}
    row = {"a": 1, "f": 1.5, "d": Decimal("1.5"), "n": None}
    stored(tmp_path / "a.parquet", narrow, row)
    stored(tmp_path / "b.parquet", wide, row)
    stored(tmp_path / "c.parquet", narrow, row)
    seen = look(tmp_path)
    assert physical(seen) == {"a": "bigint", "f": "double", "d": "decimal(9,3)", "n": "string"}
    assert nulls(seen) == {"a": 0, "f": 0, "d": 0, "n": 3}
    assert seen.warnings == (
        "the schema of b.parquet differs from that of a.parquet, c.parquet: `a` is bigint, not int,"
        " `f` is double, not float, `d` is decimal(9,3), not decimal(5,2), `n` is string, not void;"
        " the wider types count",
    )


def test_a_column_that_a_file_does_not_have_is_null_there(tmp_path: Path) -> None:
    required = pa.field("new", pa.int32(), nullable=False)
    stored(tmp_path / "a.parquet", {"id": pa.int32(), "end": pa.int32()}, {"id": 1, "end": 2})
    schema = pa.schema([("id", pa.int32()), required, ("s", LOOSE), ("end", pa.int32())])
    stored(tmp_path / "b.parquet", schema, {"id": 1, "new": 2, "s": {"x": 1, "z": 2}, "end": 3})
    seen = look(tmp_path)
    assert nulls(seen) == {"id": 0, "new": 1, "s": 1, "end": 0}
    assert column(seen, "new").nullable is True
    assert seen.warnings == (
        "the schema of b.parquet differs from that of a.parquet: `new` is there too,"
        " `s` is there too; the wider types count",
    )


def test_nested_columns_are_unified_too(tmp_path: Path) -> None:
    one = {"s": pa.struct({"x": pa.int32()}), "l": pa.list_(pa.int16())}
    other = {"s": pa.struct({"x": pa.int64(), "y": pa.string()}), "l": pa.list_(pa.int64())}
    stored(tmp_path / "a.parquet", one)
    stored(tmp_path / "b.parquet", other)
    assert physical(look(tmp_path)) == {"s": "struct<x:bigint,y:string>", "l": "array<bigint>"}


@pytest.mark.parametrize(
    ("one", "other", "path"),
    [
        (pa.int32(), pa.string(), "a"),
        (pa.int64(), pa.float64(), "a"),
        (pa.struct({"x": pa.int32()}), pa.struct({"x": pa.date32()}), "a.x"),
        (pa.list_(pa.int32()), pa.int32(), "a"),
        (pa.timestamp("us"), pa.timestamp("us", "UTC"), "a"),
    ],
)
def test_types_that_do_not_go_together_are_refused_with_the_files(
    tmp_path: Path, one: pa.DataType, other: pa.DataType, path: str
) -> None:
    stored(tmp_path / "a.parquet", {"a": one})
    stored(tmp_path / "b.parquet", {"a": other})
    with pytest.raises(ObservationError, match=rf"`{path}` in b\.parquet .* a\.parquet"):
        look(tmp_path)


def test_extension_types_and_fixed_sizes_are_told(tmp_path: Path) -> None:
    fixed = {"j": pa.json_(), "f": pa.binary(16), "l": pa.list_(pa.int32(), 3)}
    stored(tmp_path / "a.parquet", fixed)
    stored(tmp_path / "b.parquet", {**fixed, "more": pa.int32()})
    assert look(tmp_path / "a.parquet").warnings == (
        "`j` has the extension type arrow.json, and is described as what it is stored as",
        "`f` always has 16 bytes, and is described as binary",
        "`l` always has 3 items, and is described as an array",
    )
    assert sum("arrow.json" in each for each in look(tmp_path).warnings) == 1


@pytest.mark.parametrize("arrow", [True, False])
def test_uuids_are_texts_of_that_format_whoever_wrote_them(tmp_path: Path, arrow: bool) -> None:
    ids = pa.array([bytes(16)], pa.uuid())
    data = {
        "id": ids,
        "l": pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), ids),
        "s": pa.StructArray.from_arrays([pa.array([1]), ids], ["x", "id"]),
        "b": pa.array([bytes(16)], pa.binary(16)),
    }
    pq.write_table(pa.table(data), tmp_path / "a.parquet", store_schema=arrow)
    seen = look(tmp_path)
    uuid = DataType("string", "string", {"format": "uuid"})
    assert (column(seen, "id").type, column(seen, "s.id").type) == (uuid, uuid)
    assert physical(seen)["l"] == "array<string>"
    assert physical(seen)["b"] == "binary"
    assert seen.warnings == ("`b` always has 16 bytes, and is described as binary",)


def test_partition_columns_are_added_to_those_of_the_files(tmp_path: Path) -> None:
    for day in ("2024-05-30", "2024-05-31"):
        stored(tmp_path / f"day={day}/part-0.parquet", {"id": pa.int64()}, {"id": 1})
    seen = look(tmp_path)
    assert shapes(seen) == {"id": "integer", "day": "date"}
    assert (column(seen, "day").partition, column(seen, "day").nulls) == (1, 0)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"secret", "not a Parquet file"),
        (b"id,name\n1,secret\n", "not a Parquet file"),
        (b"PAR1", "damaged or cut off"),
        (b"PAR1" + b"secret" * 20 + b"PAR1", "damaged or cut off"),
    ],
)
def test_what_is_not_parquet_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(data)
    with pytest.raises(ObservationError, match=message) as caught:
        look(path)
    assert caught.value.where == str(path)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.parquet", {"a": pa.int32()}, {"a": 1})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ObservationError, match="damaged or cut off"):
        look(path)


@pytest.mark.parametrize("fill", [b"\0", b"\xff", b"\x99"])
def test_a_footer_that_is_overwritten_is_refused(tmp_path: Path, fill: bytes) -> None:
    path = stored(tmp_path / "a.parquet", {"a": pa.int32()}, {"a": 1})
    data = path.read_bytes()
    length = int.from_bytes(data[-8:-4], "little")
    path.write_bytes(data[: -8 - length] + fill * length + data[-8:])
    with pytest.raises(ObservationError, match="damaged or cut off"):
        look(path)


def test_a_name_in_the_footer_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.parquet", {"abcdef": pa.int32()}, {"abcdef": 1})
    path.write_bytes(path.read_bytes().replace(b"abcdef", b"abc\xffef"))
    with pytest.raises(ObservationError, match="damaged or cut off"):
        look(path)


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    data = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(data, tmp_path / "a.parquet")
    with pytest.raises(ObservationError, match="two of its columns have the same name"):
        look(tmp_path / "a.parquet")


def test_data_never_reaches_the_observation(tmp_path: Path) -> None:
    rows = [{"a": "secret", "b": date(2024, 5, 30), "c": 424242}]
    seen = look(
        stored(tmp_path / "a.parquet", {"a": pa.string(), "b": pa.date32(), "c": pa.int64()}, *rows)
    )
    assert not any(value in repr(seen) for value in ("secret", "424242", "2024-05-30"))


def test_of_two_thousand_files_each_takes_little_work(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(10)]
    first = stored(
        tmp_path / "0.parquet", dict.fromkeys(names, pa.int64()), dict.fromkeys(names, 1)
    )
    data = first.read_bytes()
    for number in range(1, 2000):
        (tmp_path / f"{number}.parquet").write_bytes(data)
    seen, calls = calls_of(lambda: look(tmp_path))
    assert calls < 600 * 2000
    assert seen.rows == 2000


def test_a_type_without_a_value_is_void(tmp_path: Path) -> None:
    seen = look(stored(tmp_path / "a.parquet", {"a": pa.null()}, {"a": None}))
    assert (column(seen, "a").type, nulls(seen)) == (DataType(None, "void"), {"a": 1})
