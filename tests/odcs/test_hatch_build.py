"""The build puts the pinned ODCS schemas into the package, and fetches only what is missing."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="only a build needs it")

from dc43_gitdraft.odcs import hatch_build

SCHEMAS = Path(hatch_build.__file__).parent / "schemas"
EDITOR = Path(hatch_build.__file__).parents[1] / "author" / "editor"


@pytest.fixture(autouse=True)
def _no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")


@pytest.mark.parametrize("minor", hatch_build.SOURCES)
def test_the_schemas_in_place_are_the_pinned_ones(minor: str) -> None:
    content = (SCHEMAS / f"odcs-{minor}.json").read_bytes()
    assert hashlib.sha256(content).hexdigest() == hatch_build.SOURCES[minor][1]


def test_nothing_is_fetched_where_the_right_schemas_lie(tmp_path: Path) -> None:
    for minor in hatch_build.SOURCES:
        shutil.copy(SCHEMAS / f"odcs-{minor}.json", tmp_path)
    hatch_build.put_schemas(tmp_path)


@pytest.mark.parametrize("name", hatch_build.EDITOR)
def test_the_editor_in_place_is_the_pinned_one(name: str) -> None:
    content = (EDITOR / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == hatch_build.EDITOR[name][1]


def test_no_editor_is_fetched_where_the_right_one_lies(tmp_path: Path) -> None:
    shutil.copytree(EDITOR, tmp_path / "editor")
    hatch_build.put_editor(tmp_path / "editor")


def test_a_file_of_the_editor_that_was_altered_is_not_built_in(tmp_path: Path) -> None:
    shutil.copytree(EDITOR, tmp_path / "editor")
    (tmp_path / "editor" / "datacontract-editor.css").write_text("", "utf-8")
    with pytest.raises(RuntimeError, match=r"datacontract-cli 1\.2\.8, which pip could"):
        hatch_build.put_editor(tmp_path / "editor")


def test_a_build_that_cannot_fetch_says_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "odcs-3.0.json").write_text("{}", "utf-8")
    with pytest.raises(RuntimeError, match=r"open-data-contract-standard 3\.0\.5, which pip could"):
        hatch_build.put_schemas(tmp_path)
