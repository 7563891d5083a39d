from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.seen import column, look, nulls, shapes

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Layout
from dc43_gitdraft.observe.storage import format_of, recognise

ROW = '{"id": 1}\n'


def tree(root: Path, *names: str, text: str = ROW) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.parquet", "parquet"),
        ("part-0000.snappy.parquet", "parquet"),
        ("A.PARQUET", "parquet"),
        ("a.pq", "parquet"),
        ("a.csv", "csv"),
        ("a.tsv", "csv"),
        ("a.csv.gz", "csv"),
        ("a.json", "json"),
        ("a.jsonl.bz2", "json"),
        ("a.ndjson", "json"),
        ("a.parquet.gz", None),
        ("a.txt", None),
        ("csv", None),
        (".csv", None),
        ("a.gz", None),
    ],
)
def test_a_file_name_tells_its_format(name: str, expected: str | None) -> None:
    assert format_of(name) == expected


@pytest.mark.parametrize(("ending", "by"), [("csv", "csv"), ("json", "json"), ("ndjson", "json")])
def test_a_plain_path_is_recognised_by_its_ending(tmp_path: Path, ending: str, by: str) -> None:
    path = tree(tmp_path, f"a.{ending}", text='{"id": 1}\n') / f"a.{ending}"
    assert look(path).observed_by == f"dc43-gitdraft {by}"


def test_parquet_without_an_ending_is_recognised_by_its_magic(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1]}), tmp_path / "000000_0")
    assert look(tmp_path / "000000_0").observed_by == "dc43-gitdraft parquet"
    assert look(tmp_path).observed_by == "dc43-gitdraft parquet"


def test_a_file_of_no_known_format_asks_for_the_scheme(tmp_path: Path) -> None:
    with pytest.raises(ObservationError, match="neither name nor content"):
        look(tree(tmp_path, "orders.txt") / "orders.txt")


def test_a_scheme_says_the_format_where_the_name_does_not(tmp_path: Path) -> None:
    assert look(tree(tmp_path, "orders.txt") / "orders.txt", "json").rows == 1


def test_a_directory_of_several_formats_asks_for_the_scheme(tmp_path: Path) -> None:
    with pytest.raises(ObservationError, match=r"several formats \(csv, json\)"):
        look(tree(tmp_path, "a.json", "b.csv"))


def test_a_scheme_chooses_among_several_formats_and_says_so(tmp_path: Path) -> None:
    seen = look(tree(tmp_path, "a.json", "b.csv", "readme.txt"), "json")
    assert seen.layout == Layout("json", 1, len(ROW))
    assert seen.warnings == ("2 files of other kinds in the directory left out",)


def test_a_directory_with_deltas_log_is_a_delta_table(tmp_path: Path) -> None:
    tree(tmp_path, "_delta_log/00000000000000000000.json", "part-0.parquet")
    assert recognise(str(tmp_path), "x") == "delta"


def test_files_of_a_delta_table_are_read_when_asked_for_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "_delta_log").mkdir()
    pq.write_table(pa.table({"id": [1]}), tmp_path / "a.parquet")
    assert "Delta" in look(tmp_path, "parquet").warnings[0]


def test_marker_hidden_and_temporary_files_are_skipped(tmp_path: Path) -> None:
    names = ["a.json", "_SUCCESS", ".a.json.crc", "_temporary/0/b.json", ".tmp/c.json"]
    seen = look(tree(tmp_path, *names))
    assert (seen.layout, seen.warnings) == (Layout("json", 1, len(ROW)), ())


def test_nested_directories_are_read(tmp_path: Path) -> None:
    assert look(tree(tmp_path, "a.json", "x/b.json", "x/y/c.json")).rows == 3


def test_linked_directories_are_read(tmp_path: Path) -> None:
    tree(tmp_path / "real", "a.json")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/linked").symlink_to(tmp_path / "real")
    assert look(tmp_path / "data").rows == 1


def test_directories_that_lead_in_a_circle_are_refused(tmp_path: Path) -> None:
    tree(tmp_path, "a.json")
    (tmp_path / "x").symlink_to(tmp_path)
    with pytest.raises(ObservationError, match="in a circle"):
        look(tmp_path)


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "_SUCCESS").touch()
    with pytest.raises(ObservationError, match="holds no data files"):
        look(tmp_path)
    with pytest.raises(ObservationError, match="holds no parquet files"):
        look(tmp_path, "parquet")


@pytest.mark.parametrize("scheme", [None, "json", "observation"])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, scheme: str | None) -> None:
    os.mkfifo(tmp_path / "a.json")
    with pytest.raises(ObservationError, match="not a regular file"):
        look(tmp_path / "a.json", scheme)


@pytest.mark.parametrize("scheme", [None, "json", "csv", "parquet", "observation"])
def test_what_the_system_does_not_open_is_refused_with_its_reason(
    tmp_path: Path, scheme: str | None
) -> None:
    path = tmp_path / "loop.json"
    path.symlink_to(path)
    with pytest.raises(ObservationError, match=r"cannot be read: Too many levels"):
        look(path, scheme)


def test_partition_columns_come_last_with_types_of_their_texts(tmp_path: Path) -> None:
    names = [f"day=2024-05-3{day}/hour=0{day}/shop=a%2Fb/a.json" for day in (0, 1)]
    seen = look(tree(tmp_path, *names))
    assert shapes(seen) == {"id": "integer", "day": "date", "hour": "integer", "shop": "string"}
    assert [each.partition for each in seen.properties] == [None, 1, 2, 3]
    assert all(each.type.inferred for each in seen.properties[1:])
    assert seen.layout == Layout("json", 2, 2 * len(ROW), ("day", "hour", "shop"))


def test_a_folder_named_after_no_day_is_a_text(tmp_path: Path) -> None:
    seen = look(tree(tmp_path, "day=2024-02-29/a.json", "day=2024-02-30/a.json"))
    assert shapes(seen) == {"id": "integer", "day": "string"}


def test_a_null_partition_counts_its_rows_as_nulls(tmp_path: Path) -> None:
    tree(tmp_path, "k=__HIVE_DEFAULT_PARTITION__/a.json", text=ROW * 3)
    seen = look(tree(tmp_path, "k=1/a.json"))
    assert (shapes(seen)["k"], nulls(seen)["k"]) == ("integer", 3)


def test_only_null_partitions_say_nothing_of_the_type(tmp_path: Path) -> None:
    seen = look(tree(tmp_path, "k=__HIVE_DEFAULT_PARTITION__/a.json"))
    assert shapes(seen)["k"] == "?"


def test_a_partition_column_that_is_in_the_files_too_keeps_its_place(tmp_path: Path) -> None:
    seen = look(tree(tmp_path, "k=1/a.json", text='{"k": "x", "id": 1}\n'))
    assert [(each.name, each.partition) for each in seen.properties] == [("k", 1), ("id", None)]
    assert column(seen, "k").nulls == 0


def test_a_partition_name_may_start_like_a_hidden_one(tmp_path: Path) -> None:
    assert shapes(look(tree(tmp_path, "_k=1/a.json"))) == {"id": "integer", "_k": "integer"}


@pytest.mark.parametrize(
    "names", [("a=1/x.json", "b=1/x.json"), ("a=secret/x.json", "x.json"), ("a=1/a=2/x.json",)]
)
def test_files_that_are_not_partitioned_alike_are_named(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    with pytest.raises(ObservationError, match="not partitioned alike: a=…") as caught:
        look(tree(tmp_path, *names))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("inside", ["k=1", "k=1/a.json"])
def test_a_path_inside_of_a_partition_cannot_show_the_whole_schema(
    tmp_path: Path, inside: str
) -> None:
    tree(tmp_path, "k=1/a.json")
    seen = look(tmp_path / inside)
    assert not seen.complete
    assert "inside a partition of `k`" in seen.warnings[0]


def test_only_the_partitions_right_above_the_data_count(tmp_path: Path) -> None:
    path = tree(tmp_path, "k=1/tables/a.json") / "k=1/tables/a.json"
    assert look(path).warnings == ()


def test_names_from_the_data_do_no_harm_in_messages(tmp_path: Path) -> None:
    name = "a`b\n\x1b[31m" + "x" * 300
    (tmp_path / "a.json").write_text(json.dumps({name: [1, "x"]}) + "\n", "utf-8")
    (warning,) = look(tmp_path / "a.json").warnings
    assert warning.startswith("`a'b[31mxxx")
    assert len(warning) < 300


def test_a_file_name_need_not_be_unicode(tmp_path: Path) -> None:
    path = Path(os.fsdecode(bytes(tmp_path) + b"/\xff"))
    path.mkdir()
    pq.write_table(pa.table({"id": [1]}), tmp_path / "a.parquet")
    (tmp_path / "a.parquet").rename(path / os.fsdecode(b"\xfe.parquet"))
    assert look(path).rows == 1
