from __future__ import annotations

import random
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import feather, orc
from support.seen import column, look, nulls, shapes

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Layout

ITEM = pa.struct({"x": pa.int32(), "y": pa.list_(pa.string())})
ROWS = pa.table(
    {
        "id": pa.array([1, 2, None], pa.int64()),
        "item": pa.array([{"x": None, "y": ["a"]}, {"x": 1, "y": None}, {"x": 1, "y": []}], ITEM),
        "maybe": pa.array([{"x": None, "y": []}, None, None], ITEM),
        "tags": pa.array([[("a", None)], None, []], pa.map_(pa.string(), pa.int8())),
        "kind": pa.array(["a", None, "b"]).dictionary_encode(),
        "last": pa.array([None, None, "secret"]),
    }
)
#: ORC has no dictionaries.
PLAIN = ROWS.drop_columns("kind")


def written(path: Path, data: pa.Table, kind: str, **more: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "orc":
        orc.write_table(data, str(path))
    elif kind == "feather":
        feather.write_feather(data, str(path), **more)
    else:
        make = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
        with make(str(path), data.schema) as writer:
            writer.write_table(data, **more)
    return path


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_types_rows_and_nulls_of_a_feather_file_are_seen(tmp_path: Path, compression: str) -> None:
    path = written(tmp_path / "a.feather", ROWS, "feather", compression=compression)
    seen = look(path)
    assert shapes(seen) == {
        "id": "integer",
        "item": "object<x:integer,y:array<string>>",
        "maybe": "object<x:integer,y:array<string>>",
        "tags": "map<string,integer>",
        "kind": "string",
        "last": "string",
    }
    expected = {"id": 1, "item": 0, "maybe": 2, "tags": 1, "kind": 1, "last": 2}
    assert (seen.rows, nulls(seen)) == (3, expected)
    assert (column(seen, "item.x").nulls, column(seen, "item.y").nulls) == (1, 1)
    assert column(seen, "maybe.x").nulls is None
    assert seen.layout == Layout("arrow", 1, path.stat().st_size)
    assert (seen.observed_by, seen.complete) == ("dc43-gitdraft arrow", True)


@pytest.mark.parametrize(("kind", "name"), [("file", "a.arrow"), ("stream", "a.arrows")])
def test_batches_add_up_in_files_and_streams(tmp_path: Path, kind: str, name: str) -> None:
    path = written(tmp_path / name, ROWS.combine_chunks(), kind, max_chunksize=1)
    seen = look(path)
    assert (seen.rows, nulls(seen)["id"], nulls(seen)["last"]) == (3, 1, 2)


def test_the_schema_rows_and_nulls_of_an_orc_file_are_seen(tmp_path: Path) -> None:
    seen = look(written(tmp_path / "a.orc", PLAIN, "orc"))
    assert shapes(seen)["maybe"] == "object<x:integer,y:array<string>>"
    assert (seen.rows, seen.observed_by) == (3, "dc43-gitdraft orc")
    assert nulls(seen) == {"id": 1, "item": 0, "maybe": 2, "tags": 1, "last": 2}
    # Nulls of a field are those where the struct is there.
    assert (column(seen, "item.x").nulls, column(seen, "item.y").nulls) == (1, 1)
    assert (column(seen, "maybe.x").nulls, column(seen, "maybe.y").nulls) == (1, 0)


#: Every type that pyarrow writes to ORC.
ORC_TABLE = [
    (pa.bool_(), "boolean"),
    (pa.int8(), "tinyint"),
    (pa.int16(), "smallint"),
    (pa.int32(), "int"),
    (pa.int64(), "bigint"),
    (pa.float32(), "float"),
    (pa.float64(), "double"),
    (pa.string(), "string"),
    (pa.binary(), "binary"),
    (pa.date32(), "date"),
    (pa.timestamp("ns"), "timestamp_ntz"),
    (pa.timestamp("ns", "UTC"), "timestamp"),
    (pa.decimal128(10, 2), "decimal(10,2)"),
    (pa.list_(pa.int8()), "array<tinyint>"),
    (pa.map_(pa.string(), pa.int8()), "map<string,tinyint>"),
    (pa.struct({"a": pa.int8()}), "struct<a:tinyint>"),
]


@pytest.mark.parametrize(("kind", "physical"), ORC_TABLE)
def test_a_type_of_orc_is_spelled_as_spark_sql_does(
    tmp_path: Path, kind: pa.DataType, physical: str
) -> None:
    (found,) = look(
        written(tmp_path / "a.orc", pa.schema({"a": kind}).empty_table(), "orc")
    ).properties
    assert found.type.physical == physical


@pytest.mark.parametrize("make", [pa.sparse_union, pa.dense_union])
def test_a_union_is_described_with_a_remark(tmp_path: Path, make: Any) -> None:
    union = make([pa.field("x", pa.int8()), pa.field("y", pa.string())])
    schema = pa.schema({"before": pa.int8(), "u": union, "after": pa.int8()})
    batch = pa.RecordBatch.from_pylist([{"before": None, "after": None}], schema=schema.remove(1))
    kinds = pa.array([0], pa.int8())
    values = [pa.array([1], pa.int8()), pa.array(["x"])]
    array = (
        pa.UnionArray.from_sparse(kinds, values, ["x", "y"])
        if make is pa.sparse_union
        else pa.UnionArray.from_dense(kinds, pa.array([0], pa.int32()), values, ["x", "y"])
    )
    data = pa.table({"before": batch["before"], "u": array, "after": batch["after"]})
    seen = look(written(tmp_path / "a.arrow", data, "file"))
    assert shapes(seen)["u"] == "object<x:integer,y:string>"
    assert nulls(seen) == {"before": 1, "u": None, "after": 1}
    assert "`u` is a union" in seen.warnings[0]


def test_files_that_differ_are_named_with_what_differs(tmp_path: Path) -> None:
    written(tmp_path / "a.orc", pa.table({"a": pa.array([1], pa.int32())}), "orc")
    written(tmp_path / "b.orc", pa.table({"a": pa.array([1], pa.int64())}), "orc")
    seen = look(tmp_path)
    assert (seen.rows, column(seen, "a").type.physical) == (2, "bigint")
    assert seen.warnings == (
        "the schema of b.orc differs from that of a.orc: `a` is bigint, not int;"
        " the wider types count",
    )


def test_run_ends_do_not_shift_the_counts(tmp_path: Path) -> None:
    runs = pa.RunEndEncodedArray.from_arrays([2], [None])
    data = pa.table({"r": runs, "d": [Decimal("1.5"), None]})
    seen = look(written(tmp_path / "a.arrow", data, "file"))
    assert nulls(seen) == {"r": None, "d": 1}


@pytest.mark.parametrize("kind", ["orc", "arrow"])
@pytest.mark.parametrize("data", [b"secret", b"ORC", b"ARROW1\0\0", b"ARROW1\0\0" + b"\xff" * 99])
def test_what_is_no_such_file_is_refused(tmp_path: Path, kind: str, data: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(data)
    with pytest.raises(
        ObservationError, match=r"not an (ORC|Arrow) file, or it is damaged"
    ) as caught:
        look(path, kind)
    assert caught.value.where == str(path)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"), [(b"", "the file is empty"), (b"FEA1xxxx", "Feather file of version 1")]
)
def test_empty_and_old_files_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "a.feather").write_bytes(data)
    with pytest.raises(ObservationError, match=message):
        look(tmp_path / "a.feather")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ObservationError, match="no such file"):
        look(tmp_path / "a.orc", "orc")


@pytest.mark.parametrize(("kind", "name"), [("orc", "a.orc"), ("file", "a.arrow")])
def test_files_that_are_cut_off_or_altered_never_do_more_than_fail(
    tmp_path: Path, kind: str, name: str
) -> None:
    path = written(tmp_path / name, PLAIN, kind)
    data = path.read_bytes()
    chance = random.Random(7)  # noqa: S311 - test data
    for _ in range(60):
        broken = bytearray(data[: chance.randrange(1, len(data))])
        if chance.random() < 0.7:
            broken = bytearray(data)
            for _ in range(3):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
        path.write_bytes(broken)
        with suppress(ObservationError):
            look(path)


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    data = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    with pytest.raises(ObservationError, match="two of its columns have the same name"):
        look(written(tmp_path / "a.arrow", data, "file"))


@pytest.mark.parametrize(("kind", "name"), [("orc", "a.orc"), ("file", "a.arrow")])
def test_ten_thousand_columns_are_described(tmp_path: Path, kind: str, name: str) -> None:
    data = pa.table({f"c{at}": [1] for at in range(10_000)})
    assert len(look(written(tmp_path / name, data, kind)).properties) == 10_000


@pytest.mark.parametrize(("kind", "name"), [("orc", "a.orc"), ("file", "a.arrow")])
def test_data_never_reaches_the_observation(tmp_path: Path, kind: str, name: str) -> None:
    assert "secret" not in repr(look(written(tmp_path / name, PLAIN, kind)))
