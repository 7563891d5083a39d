"""A pull request's Markdown as a terminal shows it: tables aligned, marks turned into style.

Enough for what `render` writes; anything else that people wrote passes as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from dc43_gitdraft.cli.output import columns, printable, wrapped

#: The line by which the tool knows its own; data never stands at the start of a line.
_MARKER = re.compile(r"^<!-- gitdraft \{.*\} -->$", re.MULTILINE)
_SPAN = re.compile(r"(?P<fence>`+)(?P<code>.+?)(?<!`)(?P=fence)(?!`)|\*\*(?P<bold>[^*\n]+)\*\*")
_CELL = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\|[\s:|-]+\|")
#: A graph for browsers; the words beside it say the same.
_GRAPH = re.compile(r"^```mermaid\n.*?^```\n*", re.DOTALL | re.MULTILINE)
_SUMMARY = re.compile(r"<summary>(.*)</summary>")
_FOLD = frozenset({"<details>", "</details>"})


def as_text(markdown: str, width: int | None = None) -> str:
    """Return `markdown` as styled text in which nothing of the data is left raw.

    Paragraphs are broken at `width` columns, tables never.
    """
    text = printable(_GRAPH.sub("", _MARKER.sub("", markdown)).strip())
    lines = (line for line in text.split("\n") if line not in _FOLD)
    shown = "\n".join(_lines([_SUMMARY.sub(r"**\1**", line) for line in lines], width))
    # Markdown asks for a line before a list, a terminal does not.
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"\n\n+(?=- )", "\n", shown)).strip("\n")


def _lines(lines: list[str], width: int | None) -> Iterator[str]:
    table: list[list[str]] = []
    for line in lines:
        if line.startswith("|") and line.endswith("|"):
            if not _RULE.fullmatch(line):
                table.append([_styled(cell) for cell in _cells(line)])
        else:
            yield from columns(table)
            table = []
            yield from wrapped(_styled(line), width)
    yield from columns(table)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in _CELL.split(line)[1:-1]]


def _styled(text: str) -> str:
    def style(match: re.Match[str]) -> str:
        if match["bold"] is not None:
            return click.style(_unescaped(match["bold"]), bold=True)
        return click.style(_unescaped(match["code"].strip()), fg="cyan")

    said, end = [], 0
    for match in _SPAN.finditer(text):
        said += [_unescaped(text[end : match.start()]), style(match)]
        end = match.end()
    return "".join([*said, _unescaped(text[end:])])


def _unescaped(text: str) -> str:
    # `render` escapes it in code spans too: GitHub splits cells before it reads those.
    return text.replace("\\|", "|")
