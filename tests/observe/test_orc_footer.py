"""The footers of ORC files: those that pyarrow writes, and those of other writers, made by hand."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import orc
from support.seen import NOW, column, look, nulls

from dc43_gitdraft.model import DataType, ObservedProperty, Profile
from dc43_gitdraft.observe import observe, orc_footer
from dc43_gitdraft.observe.orc_footer import Type, columns
from dc43_gitdraft.observe.profiles import Range

ROWS = pa.table(
    {
        "id": pa.array([-3, 7, None], pa.int64()),
        "price": pa.array([Decimal("1.50"), Decimal("-2.25"), None], pa.decimal128(9, 2)),
        "day": pa.array([date(2024, 5, 30), None, date(1969, 12, 31)]),
        "ratio": [1.5, float("nan"), None],
        "name": ["secret", None, "x"],
        "none": pa.array([None, None, None], pa.int32()),
    }
)


def number(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def message(*fields: tuple[int, int | bytes]) -> bytes:
    """Write a protocol buffer of integers and bytes."""
    parts = []
    for place, value in fields:
        if isinstance(value, int):
            parts.append(number(place << 3) + number(value))
        else:
            parts.append(number(place << 3 | 2) + number(len(value)) + value)
    return b"".join(parts)


def file(types: Iterable[bytes], statistics: Iterable[bytes], compression: int = 0) -> bytes:
    """Write the end of an ORC file."""
    footer = message(*((4, each) for each in types), *((7, each) for each in statistics))
    last = message((1, len(footer)), (2, compression), (8000, b"ORC"))
    return b"ORC" + footer + last + bytes([len(last)])


def read(data: bytes) -> orc_footer.Columns | None:
    return columns(io.BytesIO(data), len(data))


ROW = message((1, 12), (2, number(1) + number(2)))


@pytest.mark.parametrize("compression", ["uncompressed", "zlib", "snappy", "zstd"])
def test_nulls_are_counted_however_the_file_is_compressed(tmp_path: Path, compression: str) -> None:
    orc.write_table(ROWS, str(tmp_path / "a.orc"), compression=compression)
    assert nulls(look(tmp_path / "a.orc")) == {
        "id": 1, "price": 1, "day": 1, "ratio": 1, "name": 1, "none": 3
    }  # fmt: skip


def test_another_compression_is_told(tmp_path: Path) -> None:
    orc.write_table(ROWS, str(tmp_path / "a.orc"), compression="lz4")
    seen = look(tmp_path / "a.orc")
    assert set(nulls(seen).values()) == {None}
    assert "compressed as is not known here" in seen.warnings[0]


def test_counts_of_several_files_add_up(tmp_path: Path) -> None:
    for name in ("a.orc", "b.orc"):
        orc.write_table(ROWS, str(tmp_path / name))
    assert (look(tmp_path).rows, nulls(look(tmp_path))["id"]) == (6, 2)


def test_exact_bounds_are_profiled_when_asked(tmp_path: Path) -> None:
    orc.write_table(ROWS, str(tmp_path / "a.orc"))
    seen = observe(f"orc:{tmp_path / 'a.orc'}", now=NOW, profile=True)
    assert {each.name: each.profile for each in seen.properties} == {
        "id": Profile(2, minimum=-3, maximum=7),
        "price": Profile(2, minimum=-2.25, maximum=1.5),
        "day": Profile(2, minimum="1969-12-31", maximum="2024-05-30"),
        "ratio": None,
        "name": None,
        "none": Profile(0),
    }
    assert all(each.profile is None for each in look(tmp_path / "a.orc").properties)


def test_declared_lengths_are_those_of_the_types() -> None:
    listed = message((1, 10), (2, number(3)))
    types = [ROW, message((1, 16), (4, 20)), listed, message((1, 17), (4, 3))]
    found = read(file(types, [message((1, 5))] * 4))
    assert found is not None
    assert found.types == (Type(12, (1, 2)), Type(16, (), 20), Type(10, (3,)), Type(17, (), 3))
    text = DataType("string", "string")
    texts = DataType("array", "array<string>", items=text)
    seen = (ObservedProperty("a", text), ObservedProperty("b", texts))
    one, other = found.refined(seen, profiled=False)
    assert one.type == DataType("string", "varchar(20)", {"maxLength": 20})
    assert (one.nulls, other.nulls, other.type.physical) == (0, 0, "array<char(3)>")


def test_what_is_not_stated_is_not_known() -> None:
    types = [ROW, message((1, 3)), message((1, 7))]
    bounds = message((1, 9), (2, 4))
    stated = [message((1, 5)), message((1, 4), (2, bounds)), message((2, message((1, 9))))]
    found = read(file(types, stated))
    assert found is not None
    assert (found.values, found.ranges) == ([5, 4, None], [None, Range(-5, 2), None])
    fewer = read(file(types, stated[:1]))
    assert fewer is not None
    assert fewer.values == [None] * 3


def test_a_footer_that_is_no_message_costs_no_more_than_the_counts() -> None:
    data = file([ROW, message((1, 3)), message((1, 7))], [message((1, 5))] * 3)
    chance = random.Random(7)  # noqa: S311 - test data
    for _ in range(300):
        broken = bytearray(data)
        for _ in range(3):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        with suppress(*orc_footer.BAD_BYTES):
            read(bytes(broken))


def test_a_footer_that_would_fill_the_memory_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = file([ROW], [message((1, 5))])
    monkeypatch.setattr(orc_footer, "MAX_FOOTER", 4)
    assert read(data) is None


def test_data_never_reaches_the_observation(tmp_path: Path) -> None:
    orc.write_table(ROWS, str(tmp_path / "a.orc"))
    assert "secret" not in repr(look(tmp_path / "a.orc"))
    assert column(look(tmp_path / "a.orc"), "name").nulls == 1
