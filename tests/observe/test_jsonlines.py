from __future__ import annotations

import bz2
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.seen import column, look, nulls, short
from support.seen import shapes as shapes_of

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import DataType, Layout
from dc43_gitdraft.observe import from_json, jsonlines, shapes, to_json
from dc43_gitdraft.observe.shapes import ShapeError, Shapes


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def kind_of(*values: Any) -> str:
    return short(described(*values))


def described(*values: Any) -> DataType:
    found = Shapes()
    for value in values:
        found.add({"a": value})
    return found.properties()[0].type


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2], "integer"),
        ([1, 2.5], "number"),
        ([2.0], "number"),
        ([10**40], "integer"),
        ([True, False], "boolean"),
        (["a", "12"], "string"),
        (["12", "13"], "string"),
        (["true"], "string"),
        ([""], "string"),
        ([None, None], "?"),
        ([None, 1], "integer"),
        ([1, "a"], "string"),
        ([True, 1], "string"),
        ([{"x": 1}, "a"], "string"),
        ([[1], {"x": 1}], "string"),
        (["2024-05-30", "2024-05-31"], "date"),
        (["2024-05-30", "a"], "string"),
        (["2024-02-30"], "string"),
        (["2024-02-29", "2023-02-29"], "string"),
        (["2024-02-30T10:00:00Z"], "string"),
        (["2024-05-30", ""], "string"),
        (["2024-05-30T10:00:00Z"], "timestamp_tz"),
        (["2024-05-30 10:00:00"], "timestamp_ntz"),
        (["2024-05-30", "2024-05-30T10:00:00"], "timestamp_ntz"),
        (["2024-05-30T10:00:00", "2024-05-30T10:00:00+02:00"], "timestamp"),
        (["10:00:00"], "time"),
        ([[1, 2], [2.5], [], None], "array<number>"),
        ([[]], "array<?>"),
        ([[None, "a"]], "array<string>"),
        ([[[1]], [[], [None]]], "array<array<integer>>"),
        ([{"x": 1}, {"y": "a"}], "object<x:integer,y:string>"),
        ([{"x": {"y": [1]}}, {"x": {"y": [1.5]}}], "object<x:object<y:array<number>>>"),
        ([[{"x": 1}, {"y": True}]], "array<object<x:integer,y:boolean>>"),
        ([{}], "object"),
    ],
)
def test_types_are_merged_over_all_values(values: list[Any], expected: str) -> None:
    assert kind_of(*values) == expected


def test_every_type_is_inferred_and_without_a_physical_one() -> None:
    def all_of(kind: DataType) -> list[DataType]:
        inner = [*(each.type for each in kind.fields), kind.items, kind.key, kind.value]
        return [kind, *(each for part in inner if part is not None for each in all_of(part))]

    found = all_of(described([{"x": 1, "y": {"z": None, "t": "2024-05-30"}}]))
    assert {(each.inferred, each.physical) for each in found} == {(True, None)}


def test_rows_and_nulls_are_counted_and_absent_counts_as_null(tmp_path: Path) -> None:
    seen = look(lines(tmp_path / "a.jsonl", {"a": 1, "b": None}, {"a": 2}, {"b": 3, "c": []}))
    assert seen.rows == 3
    assert nulls(seen) == {"a": 1, "b": 2, "c": 2}


def test_nested_nulls_are_counted_where_the_object_is_there(tmp_path: Path) -> None:
    rows = [{"a": {"x": 1}}, {"a": {"y": 2}}, {"a": None}, {}, {"a": {"x": None}}]
    seen = look(lines(tmp_path / "a.jsonl", *rows))
    assert (column(seen, "a").nulls, column(seen, "a.x").nulls) == (2, 2)


def test_json_does_not_state_its_whole_schema(tmp_path: Path) -> None:
    seen = look(lines(tmp_path / "a.jsonl", {"a": 1}))
    assert (seen.complete, seen.observed_by) == (False, "dc43-gitdraft json")
    assert column(seen, "a").nullable is None


def test_the_layout_counts_files_and_bytes(tmp_path: Path) -> None:
    lines(tmp_path / "a.jsonl", {"a": 1})
    lines(tmp_path / "b.jsonl", {"a": 2.5})
    seen = look(tmp_path)
    assert seen.layout == Layout("json", 2, 20)
    assert shapes_of(seen) == {"a": "number"}


@pytest.mark.parametrize(("ending", "compress"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_a_compressed_file_is_read(tmp_path: Path, ending: str, compress: Any) -> None:
    path = tmp_path / f"a.json{ending}"
    path.write_bytes(compress(b'{"a": 1}\n{"a": 2}\n'))
    assert look(path).rows == 2


def test_mixed_types_are_named_by_property_without_values(tmp_path: Path) -> None:
    rows = [{"a": {"b": [1]}, "c": 1}, {"a": {"b": ["secret"]}, "c": 2.5}]
    assert look(lines(tmp_path / "a.jsonl", *rows)).warnings == (
        "`a.b[]` holds JSON values of several types (integer, string) and is taken as a string",
    )


def test_many_warnings_are_summed_up(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(30)]
    path = lines(tmp_path / "a.jsonl", dict.fromkeys(names, 1), dict.fromkeys(names, "a"))
    found = look(path).warnings
    assert (len(found), found[-1]) == (21, "10 more remarks of this sort")


def test_an_object_with_very_many_keys_becomes_a_map(tmp_path: Path) -> None:
    rows: list[Any] = [{"a": {f"k{row}-{n}": {"x": n} for n in range(600)}} for row in range(3)]
    rows.append({"a": {"last": {"x": 1.5, "y": "b"}}})
    seen = look(lines(tmp_path / "a.jsonl", *rows))
    assert shapes_of(seen) == {"a": "map<string,object<x:number,y:string>>"}
    assert seen.warnings == ("`a` has more than 1,000 distinct keys and is taken as a map",)
    fields = column(seen, "a").type.value
    assert fields is not None
    assert [each.nulls for each in fields.fields] == [0, 1800]


def test_maps_inside_of_a_map_are_merged() -> None:
    inner = {f"i{n}": n for n in range(1100)}
    outer: dict[str, Any] = {f"o{n}": {"m": {"x": 1}, "l": [n]} for n in range(1100)}
    outer["o0"] = {"m": inner, "l": [None, 2.5]}
    expected = "map<string,object<m:map<string,integer>,l:array<number>>>"
    assert kind_of(outer) == expected


def test_memory_is_bounded_by_the_number_of_properties(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "MAX_PROPERTIES", 50)
    with pytest.raises(ShapeError, match="more than 50 properties"):
        described({f"k{n}": 1 for n in range(60)})


def test_a_row_with_too_many_columns_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "MAX_COLUMNS", 50)
    with pytest.raises(ShapeError, match="more than 50 columns"):
        Shapes().add({f"k{n}": 1 for n in range(60)})


@pytest.mark.parametrize(
    "data",
    [
        b'\xef\xbb\xbf{"a": 1}\n{"a": 2}\n',
        b'{"a": 1}\r\n{"a": 2}\r\n',
        b'\n  \n{"a": 1}\n\n{"a": 2}',
        b' {"a": 1} \n\t{"a":2}\n',
    ],
    ids=["byte order mark", "CRLF", "empty lines", "blanks"],
)
def test_what_editors_do_to_a_file_is_no_hindrance(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(data)
    seen = look(path)
    assert (seen.rows, shapes_of(seen)) == (2, {"a": "integer"})


def test_a_huge_integer_is_an_integer(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": ' + "7" * 10_000 + ', "b": ' + "7" * 10_000 + ".5}\n", "utf-8")
    assert shapes_of(look(path)) == {"a": "integer", "b": "number"}


def test_a_key_that_occurs_twice_counts_once_and_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1, "a": "x"}\n', "utf-8")
    seen = look(path)
    assert shapes_of(seen) == {"a": "string"}
    assert seen.warnings == ("objects with a key that occurs twice: 1; its last value counts",)


def test_nan_is_a_number_and_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": NaN, "b": [-Infinity]}\n', "utf-8")
    seen = look(path)
    assert shapes_of(seen) == {"a": "number", "b": "array<number>"}
    assert seen.warnings == ("values NaN or Infinity, which JSON does not have: 2",)


def test_a_key_without_a_name_is_left_out(tmp_path: Path) -> None:
    seen = look(lines(tmp_path / "a.jsonl", {"": 1, "a": 2, "b": {"": 3}}))
    assert shapes_of(seen) == {"a": "integer", "b": "object"}
    assert seen.warnings == (
        "the row has a key without a name: left out",
        "`b` has a key without a name: left out",
    )


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b'{"a": 1}\n{"a": secret}\n', 2, "not valid JSON"),
        (b'{\n  "a": 1\n}\n', 1, "one whole JSON object"),
        (b'{"a": 1} {"a": 2}\n', 1, "not valid JSON"),
        (b"[1]\n", 1, "must be a JSON object"),
        (b'{"a": 1}\n"secret"\n', 2, "must be a JSON object"),
        (b"null\n", 1, "must be a JSON object"),
        (b'{"a": 1}\n{"a": "secret \xff"}\n', 2, "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), 1, "not UTF-8"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n", 1, "nested"),
        (b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}\n", 1, "nested more than 64"),
        (b'{"\\ud800": 1}\n', 1, "not valid Unicode"),
        (b"7" * 5000 + b"\n", 1, "must be a JSON object"),
    ],
)
def test_a_bad_line_is_named_by_file_and_number_and_not_quoted(
    tmp_path: Path, data: bytes, line: int, message: str
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(data)
    with pytest.raises(ObservationError, match=message) as caught:
        look(path)
    assert (caught.value.where, caught.value.line) == (str(path), line)
    assert "secret" not in str(caught.value)


def test_a_line_that_is_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonlines, "MAX_LINE", 100)
    with pytest.raises(ObservationError, match="longer than"):
        look(lines(tmp_path / "a.jsonl", {"a": "x" * 100}))


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_a_file_without_rows_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(data)
    with pytest.raises(ObservationError, match="holds no rows"):
        look(path)


def test_an_empty_file_among_others_does_no_harm(tmp_path: Path) -> None:
    lines(tmp_path / "a.json")
    lines(tmp_path / "b.json", {"a": 1})
    seen = look(tmp_path)
    assert (seen.rows, seen.layout) == (1, Layout("json", 2, 9))


@pytest.mark.parametrize(
    "data", [b"not gzip", gzip.compress(b'{"a": 1}\n' * 5000)[:-40]], ids=["other", "cut"]
)
def test_damaged_compression_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(data)
    with pytest.raises(ObservationError, match="compression is damaged"):
        look(path)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
rows = st.lists(st.dictionaries(st.text(max_size=3), values, max_size=4), min_size=1, max_size=6)


@given(rows)
def test_any_rows_are_observed_and_their_observation_can_be_stored(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    seen = look(lines(tmp_path_factory.mktemp("rows") / "a.jsonl", *rows))
    assert seen.rows == len(rows)
    assert {each.name for each in seen.properties} == {key for row in rows for key in row if key}
    assert from_json(to_json(seen)) == seen


@given(rows)
def test_the_order_of_the_rows_does_not_matter(rows: list[dict[str, Any]]) -> None:
    def kinds(ordered: list[dict[str, Any]]) -> dict[str, Any]:
        found = Shapes()
        for row in ordered:
            found.add(row)
        return {each.name: (sorted_type(each.type), each.nulls) for each in found.properties()}

    assert kinds(rows) == kinds(rows[::-1])


def sorted_type(kind: DataType) -> str:
    """The type without the order of the fields, which is that of the first row."""
    if kind.fields:
        fields = sorted(f"{each.name}:{sorted_type(each.type)}" for each in kind.fields)
        return f"object<{','.join(fields)}>"
    return f"array<{sorted_type(kind.items)}>" if kind.items else re.sub(r"\W", "", short(kind))
