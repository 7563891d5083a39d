from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support import data
from support.seen import NOW, look, nulls, shapes

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.observe import observe, remote, without_secrets

ROWS = pa.table({"id": [1, 2], "name": ["secret", None]})


@pytest.fixture
def memory() -> Iterator[Any]:
    system = fsspec.filesystem("memory")
    yield system
    for each in system.ls("/", detail=False):
        system.rm(each, recursive=True)


def put(system: Any, path: str, content: bytes) -> None:
    with system.open(path, "wb") as file:
        file.write(content)


def written(folder: Path, kind: str) -> bytes:
    return data.write(ROWS, folder / f"local.{kind}", kind).read_bytes()


@pytest.mark.parametrize("kind", ["parquet", "csv", "json", "avro", "orc", "arrow"])
def test_each_kind_of_file_is_read_behind_a_url(tmp_path: Path, memory: Any, kind: str) -> None:
    put(memory, f"/shop/orders.{kind}", written(tmp_path, kind))
    seen = look(f"memory://shop/orders.{kind}")
    assert shapes(seen) == {"id": "integer", "name": "string"}
    assert (seen.rows, seen.dataset.id) == (2, f"memory://shop/orders.{kind}")
    assert look(f"memory://shop/orders.{kind}", kind).properties == seen.properties


def test_a_directory_keeps_its_partitions_and_leaves_out_markers(
    tmp_path: Path, memory: Any
) -> None:
    for day in ("2024-05-30", "2024-05-31"):
        put(memory, f"/orders/day={day}/a.parquet", written(tmp_path, "parquet"))
    put(memory, "/orders/_SUCCESS", b"")
    put(memory, "/orders/_delta/.x/a.parquet", b"no")
    seen = look("memory://orders", "parquet")
    assert (shapes(seen)["day"], seen.rows, nulls(seen)["name"]) == ("date", 4, 2)
    one = look("memory://orders/day=2024-05-30/a.parquet")
    assert one.complete is False


def test_of_a_parquet_file_the_footer_alone_is_fetched(
    tmp_path: Path, memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = pa.table({"id": list(range(100_000))})
    pq.write_table(large, tmp_path / "a.parquet", use_dictionary=False, compression="none")
    put(memory, "/a.parquet", (tmp_path / "a.parquet").read_bytes())
    monkeypatch.setattr(remote, "MAX_BYTES", 10_000)
    seen = look("memory://a.parquet")
    assert seen.rows == 100_000
    assert seen.layout is not None
    assert seen.layout.bytes == (tmp_path / "a.parquet").stat().st_size


def test_more_than_the_limit_is_not_fetched(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MAX_BYTES", 1000)
    put(memory, "/a/1.csv", b"a\n" + b"1\n" * 400)
    put(memory, "/a/2.csv", b"a\n" + b"1\n" * 400)
    assert look("memory://a/1.csv").rows == 400
    with pytest.raises(ObservationError, match="it has more than"):
        look("memory://a", "csv")
    monkeypatch.setattr(remote, "MAX_FILES", 1)
    with pytest.raises(ObservationError, match="it holds more than 1 files"):
        look("memory://a", "csv")


def test_file_urls_and_options_work(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("größe\n1\n".encode("cp1252"))
    seen = look(f"csv:file://{tmp_path}/a.csv?encoding=cp1252")
    assert (shapes(seen), seen.dataset.id) == (
        {"größe": "integer"},
        f"csv:file://{tmp_path}/a.csv",
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("csv:memory://none.csv", "there is no such file or directory"),
        ("parquet:s3://bucket/x.parquet", "needs the package s3fs, which is not installed"),
        ("nosuch://x/y.csv", "cannot be fetched"),
        ("memory://folder", "a URL whose name does not say the format"),
        ("csv:simplecache::memory://x.csv", "a URL inside of a URL is not read"),
    ],
)
def test_what_cannot_be_fetched_is_said(memory: Any, source: str, message: str) -> None:
    with pytest.raises(ObservationError, match=message) as caught:
        look(source)
    assert caught.value.where == source


def test_errors_name_the_url_and_never_the_copy(memory: Any) -> None:
    put(memory, "/a/bad.csv", b"a,b\n1,secret\n1\n")
    with pytest.raises(ObservationError, match="the number of cells") as caught:
        look("memory://a/bad.csv")
    assert caught.value.where == "memory://a/bad.csv"
    with pytest.raises(ObservationError, match="the number of cells") as caught:
        look("memory://a", "csv")
    assert caught.value.where == "csv:memory://a/bad.csv"


def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, memory: Any) -> None:
    for part in ("..", ".", "", "a/b", "a\0b"):
        with pytest.raises(ObservationError, match="none of a file"):
            remote._safe(part)


@pytest.mark.parametrize(
    "source",
    [
        "csv:http://user:hunter2@127.0.0.1:9/x.csv",
        "csv:http://127.0.0.1:9/x.csv?X-Amz-Signature=hunter2",
        "parquet:memory://user:hunter2@x/y.parquet?sig=hunter2",
    ],
)
def test_credentials_are_in_no_message(source: str) -> None:
    with pytest.raises(ObservationError) as caught:
        observe(source, now=NOW)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in without_secrets(source)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("csv:https://me:hunter2@shop.example/x.csv", "csv:https://shop.example/x.csv"),
        ("csv:https://me:hun@ter2@shop.example/x.csv", "csv:https://shop.example/x.csv"),
        ("csv:https://me:hun#ter2@shop.example/x.csv", "csv:https://shop.example/x.csv"),
        ("csv:https://me:hun?ter2@shop.example/x.csv", "csv:https://shop.example/x.csv"),
        ("csv:https://hunter2@shop.example/x.csv", "csv:https://shop.example/x.csv"),
        (
            "schema-registry:https://me:hunter2@shop.example#a@3",
            "schema-registry:https://shop.example#a@3",
        ),
        ("schema-registry:https://shop.example#a@3",) * 2,
        ("schema-registry:https://shop.example:8081#a@3",) * 2,
        ("schema-registry:http://[::1]:8081#a:b@3",) * 2,
        (
            "schema-registry:https://shop.example?key=hunter2#a@3",
            "schema-registry:https://shop.example#a@3",
        ),
        ("memory://a/b@c.csv", "memory://a/b@c.csv"),
    ],
)
def test_only_the_credentials_of_a_url_are_masked(source: str, shown: str) -> None:
    assert without_secrets(source) == shown
