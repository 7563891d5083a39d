"""Reads back an Observation that a job wrote into a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Observation
from dc43_gitdraft.observe import MAX_TEXT, Request, from_json
from dc43_gitdraft.observe.storage import reading, regular_file


def observe(request: Request) -> Observation:
    """Read the Observation in the file, with the time of reading where it has none."""
    path = Path(request.rest)
    with reading(path):
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
