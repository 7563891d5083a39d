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


def whole(files: list[tuple[str, bytes]]) -> dict[str, bytes]:
    """Return a site with these pages, as it lies there."""
    names = [".nojekyll", *(name for name, _ in files)]
    mark = "\n".join(["dc43-gitdraft site 1", *names, ""])
    return {**dict(files), ".gitdraft-site": mark.encode(), ".nojekyll": b""}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "public"


def breaking() -> Iterator[tuple[str, bytes]]:
    yield NEW[0]
    raise RuntimeError("in the middle")


def test_a_site_is_written_with_all_that_is_in_it(place: Path) -> None:
    assert folder.write(place, OLD) == (5, sum(map(len, whole(OLD).values())))
    assert files_snapshot(place) == whole(OLD)


@pytest.mark.parametrize("deeper", ["", "a/b"])
def test_a_folder_that_is_not_there_is_made(place: Path, deeper: str) -> None:
    folder.write(place / deeper, OLD)
    assert (place / deeper / "index.html").is_file()


def test_an_empty_folder_is_filled(place: Path) -> None:
    place.mkdir()
    folder.write(place, OLD)
    assert files_snapshot(place) == whole(OLD)


def test_a_site_takes_the_place_of_the_one_before(place: Path) -> None:
    folder.write(place, OLD)
    folder.write(place, NEW)
    assert files_snapshot(place) == whole(NEW)


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
    assert files_snapshot(tmp_path / "real") == whole(NEW)


def test_a_folder_with_anything_else_is_refused(place: Path) -> None:
    place.mkdir()
    (place / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(InputError, match="holds no site of dc43-gitdraft"):
        folder.write(place, NEW)
    assert [path.name for path in place.iterdir()] == ["notes.txt"]


STRANGE = ["CNAME", ".git/HEAD", "c/photo.png", "img/logo.html", "c/a/b"]


@pytest.mark.parametrize("name", [*STRANGE, "mine.html", "c/mine.html", "c/mine.html/x"])
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


@pytest.mark.parametrize("deeper", ["below", "far/below"])
def test_a_folder_that_cannot_be_made_is_told_beforehand(place: Path, deeper: str) -> None:
    place.write_text("mine", "utf-8")
    with pytest.raises(InputError, match="cannot be made: Not a directory"):
        folder.check(place / deeper)


def test_what_cannot_be_written_leaves_all_as_it_was(place: Path) -> None:
    folder.write(place, OLD)
    with pytest.raises(OutputError, match="cannot be written: File exists"):
        folder.write(place, [*NEW, NEW[0]])
    assert files_snapshot(place.parent) == {f"public/{at}": text for at, text in whole(OLD).items()}


def test_looking_whether_a_folder_can_be_made_leaves_nothing(place: Path) -> None:
    folder.check(place / "a" / "b")
    assert list(place.parent.iterdir()) == []


@pytest.mark.parametrize("inside", ["", "c"])
def test_the_folder_in_which_somebody_is_stays(
    place: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    folder.write(place, OLD)
    monkeypatch.chdir(place / inside)
    with pytest.raises(InputError, match="is where this runs: run it from another directory"):
        folder.write(place, NEW)
    assert files_snapshot(place) == whole(OLD)


def test_an_empty_folder_in_which_somebody_is_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="is where this runs"):
        folder.check(Path())


def test_a_working_directory_that_is_gone_is_told(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "gone").mkdir(parents=True)
    monkeypatch.chdir(place / "gone")
    (place / "gone").rmdir()
    with pytest.raises(InputError, match=r"\Athe working directory is gone"):
        folder.check(Path("public"))
