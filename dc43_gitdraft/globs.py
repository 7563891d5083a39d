"""Globs of paths: `**/` spans folders, `**` anything, `*` and `?` stay within a folder.

A glob is somebody's input, and must not take long on any path. So every wildcard but the last one
of its kind takes the first place that fits, which no later one could better, and never tries
another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count

_WILD = re.compile(r"(\*\*/|\*{2,}|\*|\?)")
#: What a double star spans, as little as can be, and as much.
_SPANS = {"**/": ("(?:.*?/)??", "(?:.*/)?"), "**": (".*?", ".*")}


def compiled(glob: str) -> re.Pattern[str]:
    """Return the pattern that matches, as a whole, the paths that `glob` means.

    Raises ValueError where `**/` stands inside of a name.
    """
    groups = (f"g{number}" for number in count())
    chunks: list[list[str]] = [[]]
    spans: list[str] = []
    for piece in _WILD.split(glob):
        wild = "**" if piece.startswith("**") and piece != "**/" else piece
        if wild not in _SPANS:
            chunks[-1].append(piece)
            continue
        before = "".join(chunks[-1])
        if wild == "**/" and before and not before.endswith("/"):
            raise ValueError("`**/` must begin a part of the path")
        spans.append(wild)
        chunks.append([])
    pattern = _chunk(chunks[0], groups, last=not spans)
    for place, (span, chunk) in enumerate(zip(spans, chunks[1:], strict=True), 1):
        least, most = _SPANS[span]
        if place == len(spans):
            pattern += most + _chunk(chunk, groups, last=True)
        else:
            pattern += _once(least + _chunk(chunk, groups, last=False), next(groups))
    return re.compile(pattern, re.DOTALL)


def _chunk(pieces: Sequence[str], groups: Iterator[str], *, last: bool) -> str:
    """Return the pattern of what has no double star in it."""
    runs = [""]
    for piece in pieces:
        if piece == "*":
            runs.append("")
        else:
            runs[-1] += "[^/]" if piece == "?" else re.escape(piece)
    pattern = runs[0]
    for place, run in enumerate(runs[1:], 1):
        if place == len(runs) - 1 and (last or not run):
            pattern += "[^/]*" + run
        else:
            pattern += _once("[^/]*?" + run, next(groups))
    return pattern


def _once(pattern: str, name: str) -> str:
    """Return a pattern that is matched in one way only (Python 3.11 has a syntax for it)."""
    return f"(?=(?P<{name}>{pattern}))(?P={name})"
