"""Where a site is written: the whole of it or nothing, and never over what is somebody's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.git import files_snapshot

from dc43_gitdraft.errors import InputError, OutputError
from dc43_gitdraft.site import folder

OLD = [("index.html", b"old"), ("style.css", b"old"), ("c/orders.html", b"old")]
NEW = [("index.html", b"new"), ("style.css", b"new"), ("c/refunds.html", b"new")]
EXTRAS = {".gitdraft-site": b"dc43-gitdraft site 1\n", ".nojekyll": b""}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "public"


def breaking() -> Iterator[tuple[str, bytes]]:
    yield NEW[0]
    raise RuntimeError("in the middle")


def test_a_site_is_written_with_all_that_is_in_it(place: Path) -> None:
    assert folder.write(place, OLD) == (5, 9 + len(EXTRAS[".gitdraft-site"]))
    assert files_snapshot(place) == {**dict(OLD), **EXTRAS}


@pytest.mark.parametrize("deeper", ["", "a/b"])
def test_a_folder_that_is_not_there_is_made(place: Path, deeper: str) -> None:
    folder.write(place / deeper, OLD)
    assert (place / deeper / "index.html").is_file()


def test_an_empty_folder_is_filled(place: Path) -> None:
    place.mkdir()
    folder.write(place, OLD)
    assert files_snapshot(place) == {**dict(OLD), **EXTRAS}


def test_a_site_takes_the_place_of_the_one_before(place: Path) -> None:
    folder.write(place, OLD)
    folder.write(place, NEW)
    assert files_snapshot(place) == {**dict(NEW), **EXTRAS}


@pytest.mark.parametrize("before", [False, True])
def test_what_ends_in_the_middle_leaves_all_as_it_was(place: Path, before: bool) -> None:
    if before:
        folder.write(place, OLD)
    kept = files_snapshot(place.parent)
    with pytest.raises(RuntimeError):
        folder.write(place, breaking())
    assert files_snapshot(place.parent) == kept
    assert [path.name for path in place.parent.iterdir()] == (["public"] if before else [])


def test_nothing_is_left_beside_the_site(place: Path) -> None:
    folder.write(place, OLD)
    folder.write(place, NEW)
    assert [path.name for path in place.parent.iterdir()] == ["public"]


def test_a_link_to_a_folder_stays_a_link(place: Path, tmp_path: Path) -> None:
    folder.write(tmp_path / "real", OLD)
    place.symlink_to(tmp_path / "real")
    folder.write(place, NEW)
    assert place.is_symlink()
    assert files_snapshot(tmp_path / "real") == {**dict(NEW), **EXTRAS}


def test_a_folder_with_anything_else_is_refused(place: Path) -> None:
    place.mkdir()
    (place / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(InputError, match="holds no site of dc43-gitdraft"):
        folder.write(place, NEW)
    assert [path.name for path in place.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("name", ["CNAME", ".git/HEAD", "c/photo.png", "img/logo.html", "c/a/b"])
def test_a_site_into_which_people_put_something_is_refused(place: Path, name: str) -> None:
    folder.write(place, OLD)
    (place / name).parent.mkdir(exist_ok=True)
    (place / name).write_text("mine", "utf-8")
    before = files_snapshot(place.parent)
    with pytest.raises(InputError, match="which is of no site"):
        folder.write(place, NEW)
    assert files_snapshot(place.parent) == before


def test_what_people_put_there_meanwhile_stays(place: Path) -> None:
    def files() -> Iterator[tuple[str, bytes]]:
        yield from NEW
        (place / "CNAME").write_text("mine", "utf-8")

    folder.write(place, OLD)
    with pytest.raises(InputError, match="holds CNAME"):
        folder.write(place, files())
    assert (place / "index.html").read_bytes() == b"old"


def test_a_file_is_refused(place: Path) -> None:
    place.write_text("mine", "utf-8")
    with pytest.raises(InputError, match="is a file"):
        folder.check(place)


def test_a_folder_that_cannot_be_made_is_told(place: Path) -> None:
    place.write_text("mine", "utf-8")
    with pytest.raises(OutputError, match="cannot be made"):
        folder.write(place / "below", NEW)
