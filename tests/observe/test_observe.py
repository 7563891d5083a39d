from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Dataset, Observation
from dc43_gitdraft.observe import Request, observe, schemes, to_json

NOW = datetime(2024, 5, 30, 10, tzinfo=timezone.utc)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "orders.jsonl"
    path.write_text('{"id": 1}\n', "utf-8")
    return path


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed distribution whose observers a test writes."""
    home = tmp_path / "site"
    info = home / "shop_observers-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-observers\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[dc43_gitdraft.observers]\n"
        "shop = shop_observers:observe\n"
        "broken = shop_observers:missing\n"
        "needy = shop_needy:observe\n"
        "csv = shop_observers:observe\n"
        "wrong = shop_observers:wrong\n"
    )
    (home / "shop_observers.py").write_text(
        "from dc43_gitdraft.model import Observation\n"
        "def observe(request):\n"
        "    return Observation(request.dataset, (), 'shop ' + request.rest, rows=0)\n"
        "def wrong(request):\n"
        "    return {}\n"
    )
    (home / "shop_needy.py").write_text("import no_such_module_anywhere\n")
    monkeypatch.syspath_prepend(str(home))
    yield home
    for name in ("shop_observers", "shop_needy"):
        sys.modules.pop(name, None)


def test_the_datasets_id_is_the_source_as_given(rows: Path) -> None:
    assert observe(f"json:{rows}", now=NOW).dataset == Dataset(f"json:{rows}")


def test_the_caller_names_dataset_version_and_object(rows: Path) -> None:
    seen = observe(str(rows), dataset_id="table:a.b", dataset_version="7", now=NOW, object="orders")
    assert (seen.dataset, seen.object) == (Dataset("table:a.b", "7"), "orders")


def test_the_time_is_the_callers(rows: Path) -> None:
    assert observe(str(rows), now=NOW).observed_at == NOW


def test_control_characters_do_not_reach_the_datasets_id(tmp_path: Path) -> None:
    path = tmp_path / "a\nb\x1b[31m.jsonl"
    path.write_text('{"id": 1}\n', "utf-8")
    assert observe(str(path), now=NOW).dataset.id == f"{tmp_path}/ab[31m.jsonl"


def test_a_password_in_a_url_does_not_reach_the_datasets_id(plugins: Path) -> None:
    seen = observe("shop:https://me:secret@shop.example/orders", now=NOW)
    assert seen.dataset.id == "shop:https://shop.example/orders"
    assert seen.observed_by == "shop https://me:secret@shop.example/orders"


def test_a_file_name_that_is_not_unicode_gives_a_writable_id(tmp_path: Path) -> None:
    name = os.fsdecode(bytes(tmp_path) + b"/\xff.jsonl")
    Path(name).write_text('{"id": 1}\n', "utf-8")
    to_json(observe(name, now=NOW)).encode()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("parqet:x", "did you mean `parquet:`"),
        ("kafka:x", "there are: .*avro, csv, .*json, .*parquet"),
        ("s3://bucket/key", "a URL whose name does not say the format"),
        ("json:", "^the SOURCE `json:` names no data: write after the colon where it is$"),
        ("parquet: ", "names no data"),
        ("", "the SOURCE is empty"),
        (" \n", "the SOURCE is empty"),
        ("a\0b", "NUL"),
        ("no/such/file.jsonl", "no such file"),
        ("json:no/such/file", "no such file"),
        ("observation:no/such/file", "no such file"),
        ("x" * 5000, "cannot be read"),
    ],
)
def test_a_bad_source_is_refused(source: str, message: str) -> None:
    with pytest.raises(ObservationError, match=message):
        observe(source, now=NOW)


def test_an_existing_file_with_a_colon_is_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("orders:new.jsonl").write_text('{"id": 1}\n', "utf-8")
    assert observe("orders:new.jsonl", now=NOW).rows == 1


def test_an_installed_observer_is_found_by_its_scheme(plugins: Path) -> None:
    assert observe("shop:orders", now=NOW).observed_by == "shop orders"


def test_an_installed_observer_is_listed(plugins: Path) -> None:
    assert "shop" in schemes()


def test_an_installed_observer_does_not_replace_a_built_in_one(
    plugins: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id\n1\n", "utf-8")
    assert observe(str(path), now=NOW).observed_by == "dc43-gitdraft csv"


@pytest.mark.parametrize(
    ("scheme", "message"),
    [
        ("broken", "cannot be loaded"),
        ("needy", "needs the module `no_such_module_anywhere`"),
        ("wrong", "did not return an Observation"),
    ],
)
def test_an_observer_that_fails_is_named(plugins: Path, scheme: str, message: str) -> None:
    with pytest.raises(ObservationError, match=f"`{scheme}`.*{message}"):
        observe(f"{scheme}:x", now=NOW)


@pytest.mark.parametrize("scheme", ["parquet", "csv"])
def test_a_missing_pyarrow_is_said_with_the_command_that_installs_it(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("arrow_types", "parquet", "csv_files", "spark_metadata", "merging"):
        monkeypatch.delitem(sys.modules, f"dc43_gitdraft.observe.{name}", raising=False)
    real = builtins.__import__

    def without_pyarrow(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".")[0] == "pyarrow":
            raise ModuleNotFoundError("No module named 'pyarrow'", name="pyarrow")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_pyarrow)
    with pytest.raises(ObservationError, match=r"pip install 'dc43-gitdraft\[files\]'"):
        observe(f"{scheme}:x", now=NOW)


@pytest.mark.parametrize(
    ("scheme", "library", "modules"),
    [
        ("avro", "fastavro", ("avro_files", "avro_counts")),
        ("delta", "deltalake", ("delta",)),
        ("iceberg", "pyiceberg", ("iceberg",)),
        ("orc", "pyarrow", ("arrow_files", "arrow_messages", "arrow_types")),
        ("csv", "fsspec", ("remote",)),
    ],
)
def test_each_missing_library_is_named(
    scheme: str, library: str, modules: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in modules:
        monkeypatch.delitem(sys.modules, f"dc43_gitdraft.observe.{name}", raising=False)
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".")[0] == library:
            raise ModuleNotFoundError(f"No module named '{library}'", name=library)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ObservationError, match=rf"{library}: pip install 'dc43-gitdraft\[files\]'"):
        observe(f"{scheme}:memory://x", now=NOW)


def test_a_recorded_observation_is_read_back(tmp_path: Path, rows: Path) -> None:
    seen = observe(str(rows), dataset_id="orders", dataset_version="1", now=NOW)
    file = tmp_path / "seen.json"
    file.write_text(to_json(seen), "utf-8")
    assert observe(f"observation:{file}", now=datetime.now(timezone.utc)) == seen


def test_the_caller_may_rename_a_recorded_dataset(tmp_path: Path, rows: Path) -> None:
    file = tmp_path / "seen.json"
    file.write_text(to_json(observe(str(rows), dataset_version="1", now=NOW)), "utf-8")
    seen = observe(f"observation:{file}", dataset_id="orders", object="o", now=NOW)
    assert (seen.dataset, seen.object) == (Dataset("orders", "1"), "o")


def test_a_recorded_observation_without_a_time_gets_that_of_reading(tmp_path: Path) -> None:
    file = tmp_path / "seen.json"
    seen = Observation(Dataset("orders"), (), "a job")
    file.write_text(to_json(seen), "utf-8")
    assert observe(f"observation:{file}", now=NOW) == replace(seen, observed_at=NOW)


def test_a_recorded_observation_must_be_utf8(tmp_path: Path) -> None:
    file = tmp_path / "seen.json"
    file.write_bytes(b"\xff\xfe{\0}\0")
    with pytest.raises(ObservationError, match="not UTF-8"):
        observe(f"observation:{file}", now=NOW)


def test_a_request_is_what_an_observer_gets() -> None:
    assert Request("a:b", "b", Dataset("a:b"), NOW).object is None
