from __future__ import annotations

import gzip
import io
import json
import time
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pytest
from support.firsts import first_draft, redrafted
from support.seen import column, look, nulls, shapes

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Layout, Observation
from dc43_gitdraft.observe import avro_counts, avro_files, from_json, to_json

CODECS = ["null", "deflate", "bzip2", "xz"]
ITEM = {
    "type": "record",
    "name": "item",
    "fields": [{"name": "x", "type": ["null", "int"]}, {"name": "y", "type": "int"}],
}
SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "row",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "day", "type": ["null", {"type": "int", "logicalType": "date"}]},
        {"name": "item", "type": ["null", ITEM]},
        {"name": "items", "type": ["null", {"type": "array", "items": "item"}]},
        {"name": "tags", "type": {"type": "map", "values": ["null", "string"]}},
        {"name": "none", "type": "null"},
    ],
}


def row(number: int) -> dict[str, Any]:
    empty = number % 3 == 0
    item = {"x": None if number % 2 else 1, "y": 2}
    return {
        "id": number,
        "day": None if empty else number,
        "item": None if empty else item,
        "items": [item] * (number % 4) or None,
        "tags": {"é": None, "b": "c"},
        "none": None,
    }


def stored(
    path: Path, schema: Any, rows: list[Any], codec: str = "null", interval: int = 16000
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        fastavro.writer(
            file, fastavro.parse_schema(schema), rows, codec=codec, sync_interval=interval
        )
    return path


def record(*fields: Any) -> dict[str, Any]:
    listed = [{"name": f"c{at}", "type": kind} for at, kind in enumerate(fields)]
    return {"type": "record", "name": "row", "fields": listed}


def number(value: int) -> bytes:
    """Encode a number as Avro does."""
    rest = (value << 1) ^ (value >> 63)
    encoded = bytearray()
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*encoded, rest])


def container(schema: Any, *blocks: tuple[int, bytes], codec: str = "null") -> bytes:
    """Write a file by hand, however wrong its blocks are."""
    text = schema if isinstance(schema, bytes) else json.dumps(schema).encode()
    sync = b"s" * 16
    pairs = [(b"avro.schema", text), (b"avro.codec", codec.encode())]
    header = b"".join(number(len(part)) + part for pair in pairs for part in pair)
    data = b"".join(number(count) + number(len(block)) + block + sync for count, block in blocks)
    return b"Obj\x01" + number(len(pairs)) + header + b"\0" + sync + data


def looked(tmp_path: Path, data: bytes) -> Observation:
    path = tmp_path / "a.avro"
    path.write_bytes(data)
    return look(path)


@pytest.mark.parametrize("codec", CODECS)
def test_schema_rows_and_nulls_are_seen_with_every_codec(tmp_path: Path, codec: str) -> None:
    path = stored(tmp_path / "a.avro", SCHEMA, [row(at) for at in range(3000)], codec)
    seen = look(path)
    assert shapes(seen) == {
        "id": "integer",
        "day": "date",
        "item": "object<x:integer,y:integer>",
        "items": "array<object<x:integer,y:integer>>",
        "tags": "map<string,string>",
        "none": "?",
    }
    expected = {"id": 0, "day": 1000, "item": 1000, "items": 750, "tags": 0, "none": 3000}
    assert (seen.rows, nulls(seen)) == (3000, expected)
    assert (column(seen, "item.x").nulls, column(seen, "item.y").nulls) == (1000, 0)
    assert seen.layout == Layout("avro", 1, path.stat().st_size)
    assert (seen.observed_by, seen.complete, seen.warnings) == ("dc43-gitdraft avro", True, ())


@pytest.mark.parametrize(("codec", "name"), [("snappy", "snappy"), ("zstandard", "zstd")])
def test_codecs_that_arrow_has_are_read_too(tmp_path: Path, codec: str, name: str) -> None:
    schema = record("long", ["null", "string"])
    body = io.BytesIO()
    for value in (None, "x" * 1000, None):
        fastavro.schemaless_writer(body, schema, {"c0": 1, "c1": value})
    data = body.getvalue()
    block = bytes(pa.Codec(name).compress(data, asbytes=True))
    if codec == "snappy":
        block += zlib.crc32(data).to_bytes(4, "big")
    seen = looked(tmp_path, container(schema, (3, block), codec=codec))
    assert (seen.rows, nulls(seen), seen.warnings) == (3, {"c0": 0, "c1": 2}, ())


def test_large_blocks_are_decoded_record_by_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(avro_counts, "AT_ONCE", 100)
    seen = look(stored(tmp_path / "a.avro", SCHEMA, [row(at) for at in range(300)]))
    assert (seen.rows, nulls(seen)["day"]) == (300, 100)


def test_a_schema_without_nulls_needs_no_pass_over_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stored(tmp_path / "a.avro", record("int", "string"), [{"c0": 1, "c1": "x"}] * 9)
    monkeypatch.setattr(avro_files, "_count", None)
    assert (look(path).rows, nulls(look(path))) == (9, {"c0": 0, "c1": 0})


def test_no_rows_is_a_schema_all_the_same(tmp_path: Path) -> None:
    seen = look(stored(tmp_path / "a.avro", SCHEMA, []))
    assert (seen.rows, set(nulls(seen).values())) == (0, {0})


def test_files_that_differ_are_named_with_what_differs(tmp_path: Path) -> None:
    stored(tmp_path / "a.avro", record("int"), [{"c0": 1}])
    stored(tmp_path / "b.avro", record("long", ["null", "string"]), [{"c0": 1, "c1": None}])
    stored(tmp_path / "c.avro", record("int"), [{"c0": 1}])
    seen = look(tmp_path)
    assert (seen.rows, nulls(seen)) == (3, {"c0": 0, "c1": 3})
    assert seen.warnings == (
        "the schema of b.avro differs from that of a.avro, c.avro: `c0` is bigint, not int,"
        " `c1` is there too; the wider types count",
    )


def _enum(*symbols: str) -> dict[str, Any]:
    return {"type": "enum", "name": "e", "symbols": list(symbols)}


def test_an_enum_is_listed_in_a_first_version_and_is_no_drift_after(tmp_path: Path) -> None:
    items = {"type": "array", "items": {**record("e"), "name": "item"}}
    stored(tmp_path / "a.avro", record(_enum("A", "B"), items), [{"c0": "A", "c1": [{"c0": "B"}]}])
    seen = look(tmp_path)
    assert not seen.warnings
    assert from_json(to_json(seen)) == seen
    contract = first_draft(seen)
    first, second = contract.document["schema"][0]["properties"]
    (inner,) = second["items"]["properties"]
    assert first["enum"] == inner["enum"] == [{"value": "A"}, {"value": "B"}]
    assert redrafted(contract, seen) is None


@pytest.mark.parametrize(
    ("other", "listed"),
    [
        (_enum("B", "C"), ("A", "B", "C")),
        (["null", _enum("C")], ("A", "B", "C")),
        ("null", ("A", "B")),
        ("string", ()),
    ],
)
def test_files_whose_enums_differ_have_the_values_of_all(
    other: Any, listed: tuple[str, ...], tmp_path: Path
) -> None:
    stored(tmp_path / "a.avro", record(_enum("A", "B")), [{"c0": "A"}])
    stored(tmp_path / "b.avro", record(other), [])
    assert column(look(tmp_path), "c0").enum == listed


def test_files_whose_types_do_not_go_together_are_refused(tmp_path: Path) -> None:
    stored(tmp_path / "a.avro", record("int"), [])
    stored(tmp_path / "b.avro", record("string"), [])
    with pytest.raises(ObservationError, match=r"`c0` in b\.avro does not go together .* a\.avro"):
        look(tmp_path)


def test_partitions_and_compressed_files_are_read(tmp_path: Path) -> None:
    path = stored(tmp_path / "day=2024-05-30" / "a.avro", record("int"), [{"c0": 1}])
    path.with_suffix(".avro.gz").write_bytes(gzip.compress(path.read_bytes()))
    seen = look(tmp_path)
    assert (shapes(seen), seen.rows) == ({"c0": "integer", "day": "date"}, 2)


def test_a_file_without_its_ending_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    path = stored(tmp_path / "part-0.avro", record("int"), [{"c0": 1}])
    assert look(path.rename(tmp_path / "part-0")).observed_by == "dc43-gitdraft avro"


def test_values_that_python_does_not_have_are_counted_all_the_same(tmp_path: Path) -> None:
    schema = record(["null", {"type": "int", "logicalType": "date"}], ["null", "string"])
    block = number(1) + number(2**31 - 1) + number(1) + number(2) + b"\xff\xfe"
    seen = looked(tmp_path, container(schema, (1, block)))
    assert (seen.rows, nulls(seen)) == (1, {"c0": 0, "c1": 0})


GOOD = record(["null", "int"])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an Avro file"),
        (b"secret", "not an Avro file"),
        (b"Obj\x01", "cut off"),
        (b"Obj\x01\xff", "cut off"),
        (b"Obj\x01" + b"\xff" * 20, "a number in it has too many bytes"),
        (b"Obj\x01" + number(2**60) + number(2**60), "its header is damaged, or has more than"),
        (b"Obj\x01" + number(1) + number(-3), "its header is damaged"),
        (b"Obj\x01\0" + b"s" * 16, "no schema in its header"),
        (container(b"\xff\xfe"), "its schema is not UTF-8 text"),
        (container(b"{"), "its schema is not valid JSON"),
        (container(b"[" * 10**5), "its schema is not valid JSON, or nested too deeply"),
        (container("int"), "not the schema of a record"),
        (container(record("secret")), "`c0`: the type `secret` is defined nowhere"),
        (container(GOOD, (1, b"\x02"))[:-1], "cut off"),
        (container(GOOD, (1, b"\x02\x02"))[:-1] + b"t", "does not end where it should"),
        (container(GOOD, (-1, b"\x00")), "its length is negative"),
        (container(GOOD, (2**50, b"\x00")), "a block of it is damaged"),
        (container(GOOD, (1, b"\x09\x00")), "a block of it is damaged"),
        (container(GOOD, (2, b"\x02\x02")), "a block of it is damaged"),
        (container(GOOD, (1, b"secret"), codec="deflate"), "a block of it is damaged"),
        (container(GOOD, (1, b"secret"), codec="bzip2"), "a block of it is damaged"),
        (container(GOOD, (1, b"secret"), codec="xz"), "a block of it is damaged"),
        (container(GOOD, (1, b"secret"), codec="zstandard"), "a block of it is damaged"),
        (container(GOOD, (1, b"\x06secret"), codec="snappy"), "a block of it is damaged"),
        (
            container(record({"type": "array", "items": ["null", "double"]}, ["null", "int"]),
                      (1, number(2**50) + b"\x02")),
            "a block of it is damaged",
        ),
    ],
)  # fmt: skip
def test_what_is_no_whole_avro_file_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.avro"
    path.write_bytes(data)
    with pytest.raises(ObservationError, match=message) as caught:
        look(path, "avro")
    assert caught.value.where == str(path)
    assert message == "`c0`: the type `secret` is defined nowhere" or "secret" not in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("schema", "block", "codec", "reason"),
    [
        (
            {**record(["null", "int"]), "fields": [{"name": "n", "type": ["null", "row"]}]},
            b"\x02" * 10**6 + b"\x00",
            "null",
            "a record inside of itself",
        ),
        (
            record(["null", "int"], {"type": "array", "items": "null"}),
            b"\x00" + number(2**40),
            "null",
            "an array of values without any bytes",
        ),
        (GOOD, b"\x00", "lz5", "the codec `lz5` is not known here"),
    ],
)
def test_what_cannot_be_decoded_safely_is_not_counted(
    tmp_path: Path, schema: Any, block: bytes, codec: str, reason: str
) -> None:
    seen = looked(tmp_path, container(schema, (1, block), codec=codec))
    assert (seen.rows, next(iter(nulls(seen).values()))) == (1, None)
    assert any(f"nulls are not counted: {reason}" in each for each in seen.warnings)


def bomb(codec: str) -> bytes:
    size = 200 * 1024 * 1024
    if codec == "deflate":
        packer = zlib.compressobj(9, wbits=-15)
        return packer.compress(bytes(size)) + packer.flush()
    if codec == "snappy":
        return bytes(pa.Codec("snappy").compress(bytes(size), asbytes=True)) + b"crc!"
    return bytes(pa.Codec("zstd").compress(bytes(size), asbytes=True))


@pytest.mark.parametrize("codec", ["deflate", "snappy", "zstandard"])
def test_a_block_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "a.avro"
    path.write_bytes(container(GOOD, (1000, bomb(codec)), codec=codec))
    tracemalloc.start()
    seen = look(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150 * 1024 * 1024
    assert seen.warnings == ("nulls are not counted: a block has more than 64 MiB",)


def test_records_without_any_bytes_cost_nothing(tmp_path: Path) -> None:
    seen = looked(tmp_path, container(record("null", "null"), (2**40, b"")))
    assert (seen.rows, nulls(seen)) == (2**40, {"c0": 2**40, "c1": 2**40})


def test_ten_thousand_columns_are_described(tmp_path: Path) -> None:
    schema = record(*[["null", "int"]] * 10_000)
    path = stored(tmp_path / "a.avro", schema, [{"c1": 2}] * 3)
    start = time.process_time()
    seen = look(path)
    assert time.process_time() - start < 5
    assert (len(seen.properties), nulls(seen)["c0"], nulls(seen)["c1"]) == (10_000, 3, 0)


def test_data_never_reaches_the_observation(tmp_path: Path) -> None:
    seen = look(
        stored(tmp_path / "a.avro", record("string", "int"), [{"c0": "secret", "c1": 4242}])
    )
    assert not any(value in repr(seen) for value in ("secret", "4242"))
