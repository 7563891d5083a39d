from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.seen import column, look, nulls, shapes

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import DataType, Layout
from dc43_gitdraft.observe import csv_files


def sheet(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "-2"], "integer"),
        (["1", "2.5"], "number"),
        (["00123", "1"], "string"),
        (["1", "00123"], "string"),
        (["true", "False"], "boolean"),
        (["true", "1"], "string"),
        (["2024-05-30"], "date"),
        (["2024-05-30", "2024-05-30 10:00:00"], "timestamp_ntz"),
        (["2024-05-30T10:00:00Z", ""], "timestamp_tz"),
        (["2024-05-30T10:00:00Z", "2024-05-30T10:00:00"], "timestamp"),
        (["10:00:00"], "time"),
        (["1", ""], "integer"),
        (["1", '""'], "integer"),
        (["", ""], "?"),
        (['""', '""'], "?"),
        (["1", "x"], "string"),
        (["2024-05-30", "x"], "string"),
    ],
)
def test_types_are_narrowed_over_all_rows(tmp_path: Path, values: list[str], expected: str) -> None:
    rows = "".join(f"{value},x\n" for value in values)
    assert shapes(look(sheet(tmp_path / "a.csv", f"a,b\n{rows}")))["a"] == expected


def test_types_are_narrowed_over_all_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_files, "BLOCK", 256)
    rows = ["1,,2024-05-30,x\n"] * 500 + ["2.5,,2024-05-30 10:00,7\n"] + ["3,true,,\n"] * 500
    seen = look(sheet(tmp_path / "a.csv", "a,b,c,d\n" + "".join(rows)))
    assert shapes(seen) == {"a": "number", "b": "boolean", "c": "timestamp_ntz", "d": "string"}
    assert (seen.rows, nulls(seen)) == (1001, {"a": 0, "b": 501, "c": 500, "d": 500})


def test_empty_is_null_only_where_it_is_not_quoted(tmp_path: Path) -> None:
    seen = look(sheet(tmp_path / "a.csv", 'a,b\n,x\n"",\n'))
    assert nulls(seen) == {"a": 1, "b": 1}


def test_the_header_states_the_whole_schema(tmp_path: Path) -> None:
    seen = look(sheet(tmp_path / "a.csv", "a\n1\n"))
    assert (seen.complete, seen.observed_by) == (True, "dc43-gitdraft csv")
    found = column(seen, "a")
    assert (found.nullable, found.type.physical, found.type.inferred) == (None, None, True)


@pytest.mark.parametrize("text", ["a,b", "a,b\n", "\na,b\r\n\r\n"])
def test_a_header_alone_has_no_rows(tmp_path: Path, text: str) -> None:
    seen = look(sheet(tmp_path / "a.csv", text))
    assert (seen.rows, shapes(seen)) == (0, {"a": "?", "b": "?"})


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffa,b\r\n1,x\r\n",
        "\n\na,b\n\n1,x\n\n",
        '"a","b"\n"1","x"',
        "a;b\n1;x\n",
        "a\tb\n1\tx\n",
        "a|b\n1|x\n",
        'a,b\n1,"x\ny, ""z"""\n',
        'a,b\n1,5" pipe\n',
    ],
    ids=["mark and CRLF", "empty lines", "quoted", "semicolon", "tab", "bar", "inner", "inch"],
)
def test_what_spreadsheets_write_is_read(tmp_path: Path, text: str) -> None:
    seen = look(sheet(tmp_path / "a.csv", text))
    assert (seen.rows, shapes(seen)) == (1, {"a": "integer", "b": "string"})


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a\n1\n2\n"))
    assert look(path).rows == 2


def test_a_column_without_a_name_is_left_out(tmp_path: Path) -> None:
    seen = look(sheet(tmp_path / "a.csv", ",a\n0,x\n1,y\n"))
    assert shapes(seen) == {"a": "string"}
    assert seen.warnings == ("left out, without a name in the header: column 1",)


def test_all_columns_without_a_name_are_counted(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    sheet(tmp_path / "d" / "1.csv", "a,,b,\n0,x,1,y\n")
    sheet(tmp_path / "d" / "2.csv", "a,b,c,d,,\n0,1,2,3,4,5\n")
    seen = look(tmp_path / "d")
    assert list(shapes(seen)) == ["a", "b", "c", "d"]
    assert seen.warnings[-1] == "left out, without a name in the header: column 2, 4, 5 and 1 more"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a,b\n1,2\nsecret\n", 3, "cells in row 3 is 1, that of the header is 2"),
        ("a,b\n1,2,secret\n", 2, "cells in row 2 is 3, that of the header is 2"),
        ('a,b\n1,2\n3,"secret\n5,6\n', 3, "row 3 is badly quoted"),
        ('a,b\n1,"secret\n', 2, "row 2 is badly quoted"),
        ('a,b\n1,"se"cret"\n', 2, "row 2 is badly quoted"),
        ("1,b\n2,secret\n", 1, "starts with a header"),
        ("Ann,2024-05-30\nBob,2024-05-31\n", 1, "starts with a header"),
        ("Ann,1.5\n", 1, "starts with a header"),
        ("a,a\n1,2\n", 1, "two columns have the same name"),
        ('"a,b\n1,2\n', 1, "its header is not CSV"),
    ],
)
def test_a_bad_row_is_named_by_file_and_number_and_not_quoted(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    path = sheet(tmp_path / "a.csv", text)
    with pytest.raises(ObservationError, match=message) as caught:
        look(path)
    assert (caught.value.where, caught.value.line) == (str(path), line)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"a,b\n1,caf\xe9\n", 2),
        (b"a,b\n" + b"1,x\n" * 200_000 + b"1,caf\xe9\n", 200_002),
        (b"caf\xe9,b\n1,2\n", 1),
    ],
)
def test_another_encoding_than_utf8_is_refused_with_the_line(
    tmp_path: Path, data: bytes, line: int
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(ObservationError, match="not UTF-8") as caught:
        look(path)
    assert caught.value.line == line


def test_a_row_longer_than_a_block_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_files, "BLOCK", 256)
    with pytest.raises(ObservationError, match="longer than"):
        look(sheet(tmp_path / "a.csv", "a,b\n1," + "x" * 1000 + "\n"))


def test_an_open_quote_in_a_large_file_is_found(tmp_path: Path) -> None:
    text = 'a,b\n1,x\n2,"y\n' + "3,z\n" * 2_000_000
    with pytest.raises(ObservationError, match="row 3 is badly quoted"):
        look(sheet(tmp_path / "a.csv", text))


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ObservationError, match="it is empty"):
        look(sheet(tmp_path / "a.csv", text))


@pytest.mark.parametrize("data", [b"not gzip", gzip.compress(b"a,b\n" + b"1,2\n" * 99999)[:-40]])
def test_damaged_compression_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(data)
    with pytest.raises(ObservationError, match="compression is damaged"):
        look(path)


def test_a_directory_is_one_data_set(tmp_path: Path) -> None:
    sheet(tmp_path / "a.csv", "a,b\n1,x\n")
    sheet(tmp_path / "b.csv", "a,b\n2.5,\n")
    sheet(tmp_path / "c.csv", "")
    seen = look(tmp_path)
    assert (seen.rows, shapes(seen)) == (2, {"a": "number", "b": "string"})
    assert (seen.layout, seen.warnings) == (Layout("csv", 3, 17), ())


def test_a_column_that_only_some_files_have_is_null_in_the_others(tmp_path: Path) -> None:
    sheet(tmp_path / "a.csv", "id,b\n1,x\n2,y\n")
    sheet(tmp_path / "b.csv", "c,id\n7,3\n")
    seen = look(tmp_path)
    assert nulls(seen) == {"id": 0, "b": 1, "c": 2}
    assert seen.warnings == (
        "the columns of b.csv are not those of a.csv (without `b`, with `c`):"
        " a missing one counts as null",
    )


def test_a_first_row_of_data_is_not_taken_for_a_header(tmp_path: Path) -> None:
    sheet(tmp_path / "a.csv", "name,city\nAnn,Paris\n")
    sheet(tmp_path / "b.csv", "secret,Rome\n")
    with pytest.raises(ObservationError, match="too little in common") as caught:
        look(tmp_path)
    assert "secret" not in str(caught.value)


cells = st.none() | st.text("01.-abéß ,;\"\n'", max_size=6)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=8))
def test_any_rows_are_counted(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str | None, str | None]]
) -> None:
    def cell(value: str | None) -> str:
        return "" if value is None else '"' + value.replace('"', '""') + '"'

    text = "".join(",".join(map(cell, row)) + "\n" for row in rows)
    seen = look(sheet(tmp_path_factory.mktemp("rows") / "a.csv", "a,b\n" + text))
    assert seen.rows == len(rows)
    assert nulls(seen) == {
        name: sum(row[at] is None for row in rows) for at, name in enumerate("ab")
    }


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_file_that_marks_its_encoding_needs_no_word(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes("größe;b\n1;é\n".encode(encoding))
    assert shapes(look(tmp_path / "a.csv")) == {"größe": "integer", "b": "string"}


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16-le", "shift_jis"])
def test_an_encoding_may_be_named(tmp_path: Path, encoding: str) -> None:
    text = "名,b" if encoding == "shift_jis" else "größe,b"
    data = (text + "\n" + "1,x\n" * 50_000 + '"1","y""z"\n').encode(encoding)
    (tmp_path / "a.csv").write_bytes(data)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(data))
    seen = look(f"{tmp_path}?encoding={encoding}", "csv")
    assert shapes(seen) == {text[:-2]: "integer", "b": "string"}
    assert seen.rows == 100_002


def test_a_delimiter_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,x:b,y\n1:2\n", "utf-8")
    assert shapes(look(f"{tmp_path}/a.csv?delimiter=:", "csv")) == {
        "a,x": "integer",
        "b,y": "integer",
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("encoding=klingon", "there is no encoding `klingon`"),
        ("encoding=zlib", "there is no encoding `zlib`"),
        ("encoding=utf-16-le", "not utf-16-le text"),
        ("encoding=ascii", "not ascii text"),
        ("delimiter=ab", "a delimiter is one character"),
        ("delimiter=%22", "a delimiter is one character"),
        ("encodin=ascii", "did you mean `encoding`"),
        ("header=first", "`header` is `none` for files without one"),
    ],
)
def test_options_that_do_not_fit_are_refused(tmp_path: Path, options: str, message: str) -> None:
    (tmp_path / "a.csv").write_bytes("größe,b\n1,2\n1,x\n".encode() + b"y")
    with pytest.raises(ObservationError, match=message):
        look(f"{tmp_path}/a.csv?{options}", "csv")


@pytest.mark.parametrize("text", ["1,x\n2,y\n", "\ufeff1,x\r\n2,y", "\n\n1,x\n\n2,y\n"])
def test_without_a_header_columns_are_called_by_their_places(tmp_path: Path, text: str) -> None:
    seen = look(f"{sheet(tmp_path / 'a.csv', text)}?header=none", "csv")
    assert (seen.rows, shapes(seen)) == (2, {"column1": "integer", "column2": "string"})


def test_a_single_row_without_a_header_is_a_row(tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.csv", "2024-05-30;1.5")
    seen = look(f"{path}?header=none&delimiter=;", "csv")
    assert (seen.rows, shapes(seen)) == (1, {"column1": "date", "column2": "number"})


def test_files_without_headers_are_told_apart_by_their_number_of_columns(tmp_path: Path) -> None:
    for name, text in (("a.csv", "1,2\n"), ("b.csv", "3\n"), ("c.csv", "")):
        sheet(tmp_path / name, text)
    seen = look(f"{tmp_path}?header=none", "csv")
    assert (seen.rows, nulls(seen)) == (2, {"column1": 0, "column2": 1})
    assert "the columns of b.csv are not those of a.csv (without `column2`)" in seen.warnings[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is empty, and has no columns"),
        ("1,2\n3,secret,x\n", "cells in row 2 is 3, that of the first is 2"),
        ('"1,secret\n', "its first row is not CSV"),
    ],
)
def test_a_bad_file_without_a_header_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ObservationError, match=message) as caught:
        look(f"{sheet(tmp_path / 'a.csv', text)}?header=none", "csv")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "written"),
    [
        (["30.05.2024", "01.02.2024"], "dd.MM.yyyy"),
        (["2024/05/30", "2024/01/02"], "yyyy/MM/dd"),
        (["01/02/2024", "30/05/2024"], "dd/MM/yyyy"),
        (["05/30/2024", "01/02/2024"], "MM/dd/yyyy"),
    ],
)
def test_dates_as_people_write_them_are_dates_of_a_format(
    tmp_path: Path, values: list[str], written: str
) -> None:
    (tmp_path / "a.csv").write_text("\n".join(["day", *values]) + "\n", "utf-8")
    found = column(look(tmp_path / "a.csv"), "day").type
    assert (found.logical, dict(found.options)) == ("date", {"format": written})


@pytest.mark.parametrize(
    ("value", "logical"),
    [
        ("2024-02-29", "date"),
        ("2023-02-29", "string"),
        ("2024-04-31", "string"),
        ("2024-02-30 10:00:00", "string"),
        ("2024-02-30T10:00:00Z", "string"),
        ("2024-02-29T10:00:00Z", "timestamp"),
        ("31.04.2024", "string"),
        ("2024/02/30", "string"),
        ("31/04/2024", "string"),
        ("04/31/2024", "string"),
        ("02/29/2024", "date"),
    ],
)
def test_a_day_that_does_not_exist_is_no_date(tmp_path: Path, value: str, logical: str) -> None:
    (tmp_path / "a.csv").write_text(f"day,b\n,1\n{value},1\n", "utf-8")
    assert column(look(tmp_path / "a.csv"), "day").type.logical == logical


def test_where_nothing_tells_day_from_month_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("day\n01/02/2024\n", "utf-8")
    seen = look(tmp_path / "a.csv")
    assert column(seen, "day").type == DataType("date", inferred=True)
    assert seen.warnings == ("nothing tells whether day or month comes first in `day`",)


def test_days_that_come_first_here_and_last_there_are_texts(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("day\n05/30/2024\n30/05/2024\n", "utf-8")
    assert shapes(look(tmp_path / "a.csv")) == {"day": "string"}
