"""JSON with the standard library: one pass, memory bounded by the number of properties.

A file is JSON Lines, or one array of the rows.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NoReturn

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Observation
from dc43_gitdraft.observe import Request
from dc43_gitdraft.observe.json_arrays import ArrayError, is_array, items
from dc43_gitdraft.observe.shapes import ShapeError, Shapes
from dc43_gitdraft.observe.storage import (
    DataFile,
    list_files,
    of_files,
    open_bytes,
    reading,
)

#: In bytes. A longer line is hardly a row.
MAX_LINE = 64 * 1024 * 1024

#: Of an integer in an array; longer ones count as integers, and are not converted.
MAX_DIGITS = 1_000

_HUGE: int = 10**MAX_DIGITS


def observe(request: Request) -> Observation:
    """Observe a file, or a directory of files, of JSON objects: one on each line, or an array."""
    listing = list_files(request, "json")
    reader = _Reader(profiled=request.profile)
    rows = [reader.read(file) for file in listing.files]
    if not sum(rows):
        raise ObservationError("it holds no rows", where=request.source)
    properties = reader.shapes.properties()
    return of_files(request, listing, "json", properties, rows, reader.warnings(), complete=False)


class _Reader:
    """Reads files into one Shapes, and keeps count of what JSON leaves open."""

    def __init__(self, *, profiled: bool) -> None:
        self.shapes = Shapes(profiled=profiled)
        self.repeated = 0
        self.constants = 0
        # Integers of thousands of digits are no numbers in Python.
        self._array_decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_constant=self._constant,
            parse_int=_integer,
        )
        self._decode = json.JSONDecoder(
            object_pairs_hook=self._object, parse_constant=self._constant
        ).decode

    def read(self, file: DataFile) -> int:
        """Take in every row of the file, and return how many there were."""
        rows = 0
        add = self.shapes.add
        for number, row in self._rows(file.path):
            try:
                add(row)
            except ShapeError as error:
                _refuse(str(error), file.path, number)
            rows += 1
        return rows

    def warnings(self) -> tuple[str, ...]:
        """Say what a steward should know about these rows."""
        found = list(self.shapes.warnings())
        if self.repeated:
            found.append(
                f"objects with a key that occurs twice: {self.repeated}; its last value counts"
            )
        if self.constants:
            found.append(f"values NaN or Infinity, which JSON does not have: {self.constants}")
        return tuple(found)

    def _rows(self, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the rows, each with its line."""
        with reading(path), open_bytes(path) as stream:
            if not is_array(stream):
                for number, line in _lines(stream, path):
                    if (row := self._row(line, path, number)) is not None:
                        yield number, row
                return
            try:
                for number, row in items(stream, self._array_decoder, MAX_LINE):
                    if not isinstance(row, dict):
                        _refuse("a row must be a JSON object: each item of the array", path, number)
                    yield number, row
            except ArrayError as error:
                _refuse(str(error), path, error.line)

    def _row(self, line: bytes, path: Path, number: int) -> dict[str, Any] | None:
        """Return the object on a line, None for an empty line."""
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            row = self._decode(text)
        except json.JSONDecodeError as error:
            if not error.doc.strip():
                return None
            _refuse(
                "not valid JSON: each line must hold one whole JSON object",
                path,
                number,
                error.colno,
            )
        except UnicodeDecodeError:
            _refuse("not UTF-8 text", path, number)
        except RecursionError:
            _refuse("nested too deeply", path, number)
        except ValueError:  # an integer of thousands of digits, which Python does not convert
            row = json.loads(text, parse_int=_integer)
        if not isinstance(row, dict):
            _refuse("a row must be a JSON object: write one object on each line", path, number)
        return row

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            self.repeated += 1
        return found

    def _constant(self, _name: str) -> float:
        self.constants += 1
        return math.nan  # what matters is that it is a number, and no bound


def _integer(digits: str) -> int:
    """Return an integer; of a longer one than is converted, one that is as large."""
    if len(digits) < MAX_DIGITS:
        return int(digits)
    return -_HUGE if digits.startswith("-") else _HUGE


def _refuse(message: str, path: Path, line: int, column: int | None = None) -> NoReturn:
    raise ObservationError(message, where=str(path), line=line, column=column) from None


def _lines(stream: IO[bytes], path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file, numbered from 1."""
    number = 0
    while line := stream.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            _refuse(f"longer than {MAX_LINE // 1024 // 1024} MiB", path, number)
        yield number, line
