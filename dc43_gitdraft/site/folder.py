"""A folder that holds a whole site, the old one or the new one, and never a part."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from dc43_gitdraft.errors import InputError, OutputError

#: Tells a site of this program from anything else.
MARK = ".gitdraft-site"
#: What lies in a site besides its pages; without the second, GitHub leaves files out.
EXTRAS = {MARK: b"dc43-gitdraft site 1\n", ".nojekyll": b""}
_PAGES = "c"


def check(folder: Path) -> Path:
    """Return the folder to write, links followed.

    Raises InputError where something lies there that is no site of this program.
    """
    place = folder.expanduser().absolute()
    with suppress(OSError, RuntimeError):
        place = place.resolve()
    if not place.exists():
        return place
    if not place.is_dir():
        raise InputError("is a file: name a directory for the site", where=str(folder))
    try:
        there = sorted(place.iterdir())
        site = (place / MARK).is_file()
        pages = list((place / _PAGES).iterdir()) if site and (place / _PAGES).is_dir() else []
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(folder)) from error
    if there and not site:
        raise InputError(
            "is not empty, and holds no site of dc43-gitdraft: name another directory",
            where=str(folder),
        )
    ours = {*EXTRAS, "style.css"}
    strange = [path.name for path in there if path.name not in ours and not _is_page(path)]
    strange += [f"{_PAGES}/{path.name}" for path in pages if path.suffix != ".html"]
    if strange:
        raise InputError(
            f"holds {strange[0]}, which is of no site: move it away, or name another directory",
            where=str(folder),
        )
    return place


def _is_page(path: Path) -> bool:
    return path.name == _PAGES if path.is_dir() else path.suffix == ".html"


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
    count = size = 0
    (folder / _PAGES).mkdir()
    for name, content in (*EXTRAS.items(), *files):
        with (folder / name).open("xb") as file:
            file.write(content)
        count, size = count + 1, size + len(content)
    return count, size


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
