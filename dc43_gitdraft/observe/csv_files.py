"""CSV files and directories: one pass, in blocks, types narrowed from the texts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from dc43_gitdraft.errors import ObservationError
from dc43_gitdraft.model import Observation, ObservedProperty
from dc43_gitdraft.observe import Request
from dc43_gitdraft.observe.addresses import address
from dc43_gitdraft.observe.recoding import check, is_recoded, open_utf8
from dc43_gitdraft.observe.storage import (
    DataFile,
    list_files,
    name_some,
    of_files,
    open_bytes,
    plain,
    reading,
)
from dc43_gitdraft.observe.tallies import MAX_PROFILED, Tally
from dc43_gitdraft.observe.texts import DAYS, PATTERNS, TEXT, WIDER, exists, narrow, type_of

#: In bytes: what is in memory at once, and the longest row.
BLOCK = 4 * 1024 * 1024

#: In characters, of the header's first line.
MAX_HEADER = 1024 * 1024

_NUMBERS = ("integer", "number")

_DELIMITERS = ",;\t|"
_QUOTE = b'"'

_NONE = "Where there is none, say so, as in `csv:PATH?header=none`"


@dataclass(slots=True)
class _Column:
    """What one column has held; `rows` are those of the files that have it.

    `tally` is there where a profile was asked for.
    """

    kind: str | None = None
    nulls: int = 0
    rows: int = 0
    tally: Tally | None = None

    def add(self, values: pa.Array) -> None:
        """Take in a block of texts."""
        self.rows += len(values)
        self.nulls += values.null_count
        self.kind = _narrow(self.kind, values)
        if self.tally is not None:
            found = pc.value_counts(values.drop_null())
            pairs = (found.field(part).to_pylist() for part in ("values", "counts"))
            for text, times in zip(*pairs, strict=True):
                self.tally.text(text, times)
                if text and self.kind in _NUMBERS:
                    self.tally.bound(Decimal(text))

    def property(self, name: str, rows: int) -> ObservedProperty:
        """Return what became of it."""
        kind = type_of(self.kind)
        profile = self.tally.profile(kind) if self.tally else None
        return ObservedProperty(name, kind, nulls=self.nulls + rows - self.rows, profile=profile)


class _Columns(dict[str, _Column]):
    """The columns of all files by name, each made when it is first asked for."""

    def __init__(self, *, profiled: bool) -> None:
        self._profiled = profiled

    def __missing__(self, name: str) -> _Column:
        wanted = self._profiled and len(self) < MAX_PROFILED
        found = self[name] = _Column(tally=Tally() if wanted else None)
        return found


@dataclass(frozen=True, slots=True)
class _Form:
    """What the SOURCE says of the files, None where they tell it themselves.

    `encoding` None is UTF-8, unless a file begins with the mark of another one. Without a header,
    columns are called by their places.
    """

    delimiter: str | None = None
    encoding: str | None = None
    headed: bool = True


@dataclass(frozen=True, slots=True)
class _Header:
    """What a file begins with: `skipped` lines, blank ones and the row of names.

    `alone` says that no row at all follows it. `form` is what the SOURCE says.
    """

    names: tuple[str, ...]
    delimiter: str
    skipped: int
    alone: bool
    form: _Form


class _Counted(io.RawIOBase):
    """Passes bytes on and counts the quotes in them: an odd number hints at an open one."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.quotes = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self.quotes += data.count(_QUOTE)
        return data


def observe(request: Request) -> Observation:
    """Observe a CSV file, or a directory of them.

    SOURCE may end with `?encoding=cp1252`, `?delimiter=;`, `?header=none` or several, joined by
    `&`. Without a header, the columns are column1, column2 and so on.
    """
    where = address(request, ("delimiter", "encoding", "header"))
    form = _form(where.options, request.source)
    listing = list_files(replace(request, rest=where.path), "csv")
    headers = _headers(listing.files, request, form)
    columns = _Columns(profiled=request.profile)
    rows = [_read(file, headers[file], columns) if file in headers else 0 for file in listing.files]
    total = sum(rows)
    properties = [column.property(name, total) for name, column in columns.items() if name]
    return of_files(request, listing, "csv", properties, rows, _remarks(headers, columns))


def _form(options: Mapping[str, str], where: str) -> _Form:
    delimiter, encoding = options.get("delimiter"), options.get("encoding")
    check(encoding, where)
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n' or delimiter > "~"):
        raise ObservationError(
            "a delimiter is one character of ASCII, such as `;` (a tab is %09)", where=where
        )
    if options.get("header", "none") != "none":
        raise ObservationError(
            "`header` is `none` for files without one: leave it out for others", where=where
        )
    return _Form(delimiter, encoding, headed="header" not in options)


def _headers(files: tuple[DataFile, ...], request: Request, form: _Form) -> dict[DataFile, _Header]:
    """Read the header of each file that is not empty."""
    found = {file: header for file in files if (header := _header(file, form)) is not None}
    if not found:
        hint = ": CSV starts with a header" if form.headed else ", and has no columns"
        raise ObservationError(f"it is empty{hint}", where=request.source)
    first = next(iter(found.values()))
    for file, header in found.items():
        shared = set(header.names) & set(first.names)
        # A first row of data, in a file without a header, must never be taken for columns.
        if 2 * len(shared) < min(len(header.names), len(first.names)):
            raise ObservationError(
                "its header has too little in common with that of the first file: does it have"
                f" one? {_NONE}",
                where=str(file.path),
            )
    return found


def _header(file: DataFile, form: _Form) -> _Header | None:
    try:
        with reading(file.path), open_utf8(file.path, form.encoding) as stream:
            text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
            blank = 0
            while (first := text.readline(MAX_HEADER)) and not first.strip():
                blank += 1
            if not first:
                return None
            delimiter = form.delimiter or max(_DELIMITERS, key=first.count)
            rows = csv.reader(chain([first], text), delimiter=delimiter, strict=True)
            names = tuple(next(rows))
            alone = not text.read(1)
    except UnicodeDecodeError:
        raise _not_utf8(file) from None
    except csv.Error:
        part = "header" if form.headed else "first row"
        raise ObservationError(f"its {part} is not CSV", where=str(file.path), line=1) from None
    if not form.headed:
        places = tuple(f"column{place}" for place in range(1, len(names) + 1))
        return _Header(places, delimiter, blank, alone=False, form=form)
    _check_header(names, file)
    return _Header(names, delimiter, blank + 1, alone, form)


def _check_header(names: tuple[str, ...], file: DataFile) -> None:
    kinds = [narrow(None, name) for name in names]
    # Years of a pivot table and a column called `true` may be names; 1.5 and dates may not.
    if kinds[0] == "integer" or not {TEXT, "integer", "boolean"}.issuperset(kinds):
        raise ObservationError(
            f"its first row holds numbers or dates: CSV starts with a header. {_NONE}",
            where=str(file.path),
            line=1,
        )
    filled = [name for name in names if name]
    if len(set(filled)) != len(filled):
        raise ObservationError(
            "two columns have the same name in its header", where=str(file.path), line=1
        )


def _read(file: DataFile, header: _Header, columns: _Columns) -> int:
    """Take in every row of the file, and return how many there were."""
    own = [columns[name] for name in header.names]
    if header.alone:
        return 0
    refused: list[Any] = []
    rows = 0
    with reading(file.path), open_utf8(file.path, header.form.encoding) as stream:
        counted = _Counted(stream)
        try:
            for block in _blocks(counted, header, refused):
                rows += block.num_rows
                for column, values in zip(own, block.columns, strict=True):
                    column.add(values)
        except pa.ArrowException:
            raise _diagnosis(file, header, refused) from None
    if counted.quotes % 2:
        _check_quotes(file, header)
    return rows


def _blocks(stream: _Counted, header: _Header, refused: list[Any]) -> Iterator[pa.RecordBatch]:
    """Yield the rows in blocks of texts; one with too many or too few cells goes to `refused`."""

    def refuse(row: Any) -> str:
        refused.append(row)
        return "error"

    names = [str(at) for at in range(len(header.names))]  # ours: the header's may be empty
    yield from arrow_csv.open_csv(
        stream,
        # Without threads: with them Arrow does not know the row that it refuses.
        read_options=arrow_csv.ReadOptions(
            use_threads=False,
            block_size=BLOCK,
            column_names=names,
            skip_rows_after_names=header.skipped,
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=header.delimiter, newlines_in_values=True, invalid_row_handler=refuse
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _narrow(kind: str | None, values: pa.Array) -> str | None:
    """Return the kind after a block of texts; empty ones, which were quoted, say nothing."""
    if kind == TEXT or not pc.any(pc.not_equal(values, "")).as_py():
        return kind
    for wider in WIDER[None] if kind is None else (kind, *WIDER.get(kind, ())):
        matches = pc.match_substring_regex(values, f"^(?:{PATTERNS[wider]}|)$")
        if pc.all(matches).as_py() and (wider not in DAYS or not _impossible(values, wider)):
            return wider
    return TEXT


def _impossible(values: pa.Array, kind: str) -> bool:
    """Tell whether a day among these does not exist: patterns let February 30 through.

    Only days past the 28th are looked at, each once.
    """
    at, late = DAYS[kind]
    days = pc.unique(pc.utf8_slice_codeunits(values, 0, 10))
    suspect = pc.filter(days, pc.match_substring_regex(days, late))
    return any(not exists(text, at) for text in suspect.to_pylist() if text)


def _diagnosis(file: DataFile, header: _Header, refused: list[Any]) -> ObservationError:
    """Say why Arrow gave up, in our words: Arrow's quote the row."""
    where = str(file.path)
    if refused:
        row = refused[0]
        return ObservationError(
            f"the number of cells in row {row.number} is {row.actual_columns}, that of the"
            f" {'header' if header.form.headed else 'first'} is {row.expected_columns}",
            where=where,
            line=row.number,
        )
    if (
        not is_recoded(file.path, header.form.encoding)
        and (error := _not_utf8(file)).line is not None
    ):
        return error
    _check_quotes(file, header)
    return ObservationError(
        f"it has a row that is longer than {BLOCK // 1024 // 1024} MiB or not CSV", where=where
    )


def _not_utf8(file: DataFile) -> ObservationError:
    """Make the error that names the first line that is not UTF-8; no line where all are."""
    found = None
    with open_bytes(file.path) as stream:
        for number, line in enumerate(iter(stream.readline, b""), 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                found = number
                break
    return ObservationError(
        "not UTF-8 text: say its encoding, as in `csv:PATH?encoding=cp1252`",
        where=str(file.path),
        line=found,
    )


def _check_quotes(file: DataFile, header: _Header) -> None:
    """Raise where a quote is never closed, or something other than a delimiter follows one."""
    number = 0
    with open_utf8(file.path, header.form.encoding) as stream:
        text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
        try:
            for number, _ in enumerate(  # noqa: B007 - the last one is what the error names
                csv.reader(text, delimiter=header.delimiter, strict=True), 1
            ):
                pass
        except csv.Error:
            raise ObservationError(
                f"row {number + 1} is badly quoted: a quote is not closed, or not doubled",
                where=str(file.path),
                line=number + 1,
            ) from None


def _remarks(headers: dict[DataFile, _Header], columns: dict[str, _Column]) -> Iterator[str]:
    unclear = [f"`{plain(name)}`" for name, each in columns.items() if each.kind == "slashed date"]
    if unclear:
        yield f"nothing tells whether day or month comes first in {name_some(unclear)}"
    first, *others = headers
    names = set(headers[first].names)
    different: dict[frozenset[str], list[str]] = {}
    for file in others:
        if set(headers[file].names) != names:
            different.setdefault(frozenset(headers[file].names), []).append(file.name)
    for own, files in different.items():
        lacking = [f"`{plain(name)}`" for name in headers[first].names if name not in own]
        more = [f"`{plain(name)}`" for name in sorted(own - names)]
        parts = [f"without {name_some(lacking)}"] if lacking else []
        parts += [f"with {name_some(more)}"] if more else []
        yield (
            f"the columns of {name_some(files)} are not those of {first.name}"
            f" ({', '.join(parts)}): a missing one counts as null"
        )
    places = {
        place
        for header in headers.values()
        for place, name in enumerate(header.names, 1)
        if not name
    }
    if places:
        shown = name_some([str(place) for place in sorted(places)])
        yield f"left out, without a name in the header: column {shown}"
