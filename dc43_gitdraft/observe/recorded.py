"""Reads back an Observation that a job wrote into a file."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Observation
from dc43_gitdraft.observe import Request, from_json
from dc43_gitdraft.observe.as_json import MAX_TEXT
from dc43_gitdraft.observe.storage import reading, regular_file

#: How the files begin that are no data, in the directories that Spark writes.
_NO_DATA = ("_", ".")
#: What is around the dataset in the names of the directories that jobs write below one path.
_DATASET = re.compile(r"^[^-]*-|-[0-9a-f]{8}$")


def observe(request: Request) -> Observation:
    """Read the Observation in the file, with the time of reading where it has none.

    A directory is one that Spark wrote, with a single file in it; or one of such directories, all
    of the same data, of which the last counts.
    """
    path = Path(request.rest)
    with reading(path):
        if path.is_dir():
            path = _only_file(path, request.source)
        regular_file(path)
        with path.open("rb") as stream:
            # A character has at least one byte: more bytes than four each is surely too long.
            data = stream.read(4 * MAX_TEXT + 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ObservationError("not UTF-8 text", where=request.source) from None
    seen = from_json(text, request.source)
    return seen if seen.observed_at else replace(seen, observed_at=request.now)


def _only_file(folder: Path, source: str) -> Path:
    found = _held(folder)
    if found and all(each.is_dir() for each in found):
        whose = {_DATASET.sub("", each.name) for each in found}
        if len(whose) > 1:
            raise ObservationError(
                "the directory holds Observations of several datasets: name one of them, or take"
                f" them all with `draft --all --from '{source.rstrip('/')}/*'`",
                where=source,
            )
        found = _held(max(found))
    if len(found) != 1:
        held = f"{len(found)} files" if found else "no file"
        raise ObservationError(
            f"a directory holds one Observation as Spark writes it, and this has {held}: "
            "name the file",
            where=source,
        )
    return found[0]


def _held(folder: Path) -> list[Path]:
    return [each for each in folder.iterdir() if not each.name.startswith(_NO_DATA)]
