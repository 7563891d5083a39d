"""Everything that reaches the terminal passes here: no control character of the data does.

Results go to standard output, progress and errors to standard error; colours only to a terminal.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import click

#: Control, format (among them the bidirectional ones), surrogate, line and paragraph separator.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str) -> str:
    """Return `text` with every control character but newline and tab spelt out."""
    return _escape(text, _spelt)


def _escape(text: str, escape: Callable[[str], str]) -> str:
    return "".join(
        escape(char) if unicodedata.category(char) in _UNSAFE and char not in "\n\t" else char
        for char in text
    )


def _spelt(char: str) -> str:
    return char.encode("unicode-escape", "surrogatepass").decode("ascii")


def _json_spelt(char: str) -> str:
    # json leaves DEL as it is.
    return "\\u007f" if char == "\x7f" else json.dumps(char)[1:-1]


def paint(text: str, **style: Any) -> str:
    """Return `text` made safe and styled (click's words: `fg`, `bold`, `dim`)."""
    return click.style(printable(text), **style) if style else printable(text)


def _echo(text: str, *, err: bool = False) -> None:
    # None lets click decide: colours to a terminal only.
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    click.echo(text, err=err, color=False if plain else None)


def say(text: str = "", **style: Any) -> None:
    """Print a result."""
    _echo(paint(text, **style))


def say_exactly(text: str) -> None:
    """Write a document to a file or a program, which get its bytes as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "surrogatepass"))
    sys.stdout.buffer.flush()


def say_painted(text: str) -> None:
    """Print text put together from `paint`, and nothing else."""
    _echo(text)


def progress(text: str) -> None:
    """Say on standard error, in a line, what is being done."""
    _echo(paint(in_a_line(text), dim=True), err=True)


def log_as_progress(*, everything: bool) -> None:
    """Say what the package logs: warnings, or everything."""
    import logging

    class Teller(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            progress(record.getMessage())
            if record.exc_info:
                trace = logging.Formatter().formatException(record.exc_info)
                _echo(paint(trace, dim=True), err=True)

    logger = logging.getLogger("dc43_gitdraft")
    logger.handlers = [Teller()]
    logger.setLevel(logging.INFO if everything else logging.WARNING)


def fail(message: str, *, label: bool = True) -> None:
    """Say on standard error what is wrong: a sentence, or without `label` several lines."""
    start = paint("Error: ", fg="red", bold=True) if label else ""
    _echo(start + printable(in_a_line(message) if label else message), err=True)


def in_a_line(text: str) -> str:
    """Return text without line ends.

    What begins a line may be an order to the runner of a workflow: `::add-mask::`.
    """
    return text.replace("\n", "\\n")


def say_json(value: Any) -> None:
    """Print one JSON document."""
    say_json_text(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def say_json_text(text: str) -> None:
    """Print the text of a JSON document: what JSON leaves raw and terminals obey is escaped."""
    _echo(_escape(text.rstrip("\n"), _json_spelt))


def say_diff(diff: str) -> None:
    """Print a unified diff in its customary colours."""
    for line in diff.split("\n"):
        say_painted(paint(line, **_diff_style(line)))


def _diff_style(line: str) -> dict[str, Any]:
    if line.startswith(("+++", "---")):
        return {"bold": True}
    if line.startswith("@@"):
        return {"fg": "cyan"}
    if line.startswith("+"):
        return {"fg": "green"}
    if line.startswith("-"):
        return {"fg": "red"}
    return {}


def say_table(
    rows: Iterable[Sequence[str]],
    *,
    head: Sequence[str] = (),
    style: Callable[[str], Mapping[str, Any]] | None = None,
) -> None:
    """Print rows in aligned columns; `style` says how a cell of the first column looks."""
    body = [[printable(cell).replace("\n", " ").replace("\t", " ") for cell in row] for row in rows]
    if not body:
        return
    if style is not None:
        body = [[click.style(row[0], **style(row[0])), *row[1:]] for row in body]
    titles = [[click.style(cell, dim=True) for cell in head]] if head else []
    for line in columns([*titles, *body]):
        say_painted(line)


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows as lines whose columns are aligned, two spaces apart; rows may be short."""
    widths = [max(map(_width, column)) for column in zip_longest(*rows, fillvalue="")]
    for row in rows:
        padded = (
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False)
        )
        yield "  ".join(padded).rstrip()


def terminal_width() -> int | None:
    """Return the columns of the terminal, or None where the output goes elsewhere."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def wrapped(line: str, width: int | None) -> Iterator[str]:
    """Break a line, which may be styled, between words where it is too long."""
    if width is None or _width(line) <= width:
        yield line
        return
    said = ""
    for word in line.split(" "):
        longer = f"{said} {word}" if said else word
        if said and _width(longer) > width:
            yield said
            longer = word
        said = longer
    yield said


def _width(text: str) -> int:
    """Return the columns that a terminal gives `text`, which may be styled."""
    return sum(map(_columns_of, click.unstyle(text)))


def _columns_of(char: str) -> int:
    if char == "\ufe0f":
        return 1  # makes an emoji, two columns wide, of the sign before it
    if unicodedata.category(char) == "Mn":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
