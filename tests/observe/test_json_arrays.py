from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest
from support.seen import look, nulls, shapes

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.observe import json_arrays, jsonlines

ROWS = [{"id": 1, "s": {"t": "é, ]"}}, {"id": None, "s": {"t": "[1,2"}}, {"id": 3, "s": None}]


@pytest.mark.parametrize("indent", [None, 0, 2])
@pytest.mark.parametrize("chunk", [1, 7, 1 << 18])
def test_an_array_is_read_like_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, indent: int | None, chunk: int
) -> None:
    monkeypatch.setattr(json_arrays, "_CHUNK", chunk if indent is None else 1 << 18)
    text = json.dumps(ROWS, ensure_ascii=False, indent=indent)
    (tmp_path / "a.json").write_text(f"{text}\n", "utf-8")
    (tmp_path / "b.json").write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    seen, lines = look(tmp_path / "a.json"), look(tmp_path / "b.json")
    assert (seen.properties, seen.rows) == (lines.properties, 3)
    assert (shapes(seen)["s"], nulls(seen)) == ("object<t:string>", {"id": 1, "s": 1})


def test_marks_spaces_and_compression_do_no_harm(tmp_path: Path) -> None:
    text = "\ufeff \n\t" + json.dumps(ROWS, indent=1) + " \r\n"
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(text.encode()))
    assert look(tmp_path / "a.json.gz").rows == 3


def test_a_long_array_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("w") as file:
        file.write("[" + ",".join(json.dumps({"id": at, "t": "x" * 100}) for at in range(100_000)))
        file.write("]")
    tracemalloc.start()
    assert look(path).rows == 100_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 1024 * 1024


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (b"[", "cut off", 1),
        (b'[{"a": 1}', "damaged or cut off", 1),
        (b'[{"a": 1},\n', "cut off", 2),
        (b'[{"a": 1},\n{"a": secret}]', "damaged or cut off", 2),
        (b'[{"a": 1}\n{"a": 1}]', "damaged or cut off", 2),
        (b'[{"a": 1},]', "damaged or cut off", 1),
        (b'[{"a": 1}]\n{"a": 1}', "something follows the end", 2),
        (b'[{"a": 1},\n7]', "a row must be a JSON object", 2),
        (b"[[1]]", "a row must be a JSON object", 1),
        (b'[{"a": "\xff"}]', "not UTF-8 text", 1),
        (b"[" * 100_000, "nested too deeply", 1),
        (b"[]", "it holds no rows", None),
    ],
)
def test_what_is_no_array_of_rows_is_refused(
    tmp_path: Path, text: bytes, message: str, line: int | None
) -> None:
    (tmp_path / "a.json").write_bytes(text)
    with pytest.raises(ObservationError, match=message) as caught:
        look(tmp_path / "a.json")
    assert caught.value.line == line
    assert "secret" not in str(caught.value)


def test_an_item_that_would_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonlines, "MAX_LINE", 1024 * 1024)
    (tmp_path / "a.json").write_text('[{"a": "' + "x" * 4 * 1024 * 1024, "utf-8")
    with pytest.raises(ObservationError, match="an item is longer than 1 Mi characters"):
        look(tmp_path / "a.json")


def test_integers_of_any_length_are_integers(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"a": ' + "9" * 10_000 + "}]", "utf-8")
    assert shapes(look(tmp_path / "a.json")) == {"a": "integer"}
