"""A folder that holds a whole site, the old one or the new one, and never a part."""

from __future__ import annotations

import itertools
import secrets
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from dc43_gitdraft.errors import InputError, OutputError

#: Tells a site of this program from anything else: its first line is the title, then come the
#: other files of the site.
MARK = ".gitdraft-site"
_TITLE = "dc43-gitdraft site 1"
#: What lies in a site besides its pages; without it, GitHub leaves files out.
EXTRAS = {".nojekyll": b""}
_PAGES = "c"


def check(folder: Path) -> Path:
    """Return the folder to write, links followed.

    Raises InputError where something lies there that no site of this program has, where nothing
    can be written, and where this program runs in it.
    """
    where = str(folder)
    try:
        place, here = _resolved(folder)
        if place.exists():
            _check_there(place, here, where)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=where) from error
    _check_beside(place, where)
    return place


def _resolved(folder: Path) -> tuple[Path, Path]:
    """Return the folder and the working directory, links followed."""
    try:
        here = Path.cwd().resolve()
    except FileNotFoundError as error:
        raise InputError("the working directory is gone: go to one that is there") from error
    try:
        return folder.expanduser().resolve(), here
    except RuntimeError as error:
        raise InputError("cannot be found: write its whole path", where=str(folder)) from error


def _check_there(place: Path, here: Path, where: str) -> None:
    if not place.is_dir():
        raise InputError("is a file: name a directory for the site", where=where)
    there = sorted(path.relative_to(place).as_posix() for path in place.iterdir())
    if there and MARK not in there:
        raise InputError(
            "is not empty, and holds no site of dc43-gitdraft: name another directory", where=where
        )
    # It is replaced as a whole, and who is in it would be nowhere.
    if here.is_relative_to(place):
        raise InputError("is where this runs: run it from another directory", where=where)
    if not there:
        return
    pages = place / _PAGES
    if pages.is_dir() and not pages.is_symlink():
        there.remove(_PAGES)
        there += sorted(f"{_PAGES}/{path.name}" for path in pages.iterdir())
    ours = _of_site(place / MARK)
    strange = next((name for name in there if name not in ours or (place / name).is_dir()), None)
    if strange is not None:
        raise InputError(
            f"holds {strange}, which is of no site: move it away, or name another directory",
            where=where,
        )


def _of_site(mark: Path) -> set[str]:
    """Return the files that the site has: those that its mark names."""
    title, *names = mark.read_bytes().decode("utf-8", "replace").splitlines()
    return {MARK, *names} if title == _TITLE else {MARK}


def _check_beside(place: Path, where: str) -> None:
    """Find out whether a site can be written beside its place, as it will be."""
    try:
        near = next(path for path in place.parents if path.exists())
        Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=near)).rmdir()
    except OSError as error:
        raise InputError(f"cannot be made: {error.strerror}", where=where) from error


def write(folder: Path, files: Iterable[tuple[str, bytes]]) -> tuple[int, int]:
    """Write a site beside where it shall be, and put it there when it is whole.

    Returns how many files and bytes it has. Raises InputError, before anything is written, where
    the folder holds something else; OutputError where it cannot be written: then all is as before.
    """
    place = check(folder)
    new = place.parent / f".{place.name}-{secrets.token_hex(4)}"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        new.mkdir()
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {error.strerror}") from error
    try:
        counted = _fill(new, files)
        check(folder)  # Somebody may have put something there meanwhile.
        _exchange(new, place)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return counted


def _fill(folder: Path, files: Iterable[tuple[str, bytes]]) -> tuple[int, int]:
    size = 0
    (folder / _PAGES).mkdir()
    names = [_TITLE]
    for name, content in itertools.chain(EXTRAS.items(), files):
        with (folder / name).open("xb") as file:
            file.write(content)
        names.append(name)
        size += len(content)
    mark = "".join(f"{name}\n" for name in names).encode()
    (folder / MARK).write_bytes(mark)
    return len(names), size + len(mark)


def _exchange(new: Path, place: Path) -> None:
    if not place.exists():
        new.rename(place)
        return
    if next(place.iterdir(), None) is None:
        place.rmdir()
        new.rename(place)
        return
    old = new.with_name(f"{new.name}-old")
    place.rename(old)
    try:
        new.rename(place)
    except BaseException:
        # Another run may have put its own there.
        if not place.exists():
            old.rename(place)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
