"""Text of others inside Markdown: names, values, sentences about them.

Names and values come from data. They are shown only in code spans whose fence is longer than any
run of backticks in them, so that nothing of them can become a link, a mention, an issue
reference, an image, a heading or HTML. Where Markdown has no code spans, in titles and in the
subjects of commits, only letters are kept that mean nothing to anybody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import groupby

from dc43_gitdraft.names import one_line

_VALUE_LIMIT = 60
#: A word of a sentence that no forge and no Markdown makes anything of.
_WORD = re.compile(r"(?:[A-Za-z]+(?:-[a-z]+)*|\d{1,6})")
#: What may be an abbreviated commit: forges link those.
_COMMIT = re.compile(r"(?<!\w)(?=[0-9A-Fa-f]{7,40}(?!\w))", re.ASCII)
_VERSION = re.compile(r"\d{1,6}(?:\.\d{1,6}){1,3}(?:-[a-z]{1,10}(?:\.\d{1,6})?)?", re.ASCII)
_NOT_PLAIN = re.compile(r"[^\w .…\-+]")
#: Marks of a path, put back after all other brackets went: `[skip ci]` is an order to a forge.
_PATH_MARKS = re.compile(r"\[\]|\{(?:key|value)\}")


def code(text: str, limit: int = _VALUE_LIMIT) -> str:
    """Return `text` as a Markdown code span on one line, at most `limit` characters of it."""
    line = one_line(text, limit)
    if not line:
        return ""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def cell(text: str, limit: int = _VALUE_LIMIT) -> str:
    """Return `text` as a code span in a table, whose cells end at `|` even inside of one."""
    return code(text, limit).replace("|", "\\|")


def prose(text: str, limit: int = 300) -> str:
    """Return a sentence of ours that names things: plain words as they are, the rest as code."""
    shown = []
    for plain_run, run in groupby(one_line(text, limit).split(), key=_is_word):
        words = list(run)
        shown += words if plain_run else [_as_code(words)]
    return " ".join(shown)


def _is_word(word: str) -> bool:
    bare = word[:-1] if word[-1:] in {",", ";", ":"} and not word[:-1].isdigit() else word
    return _WORD.fullmatch(bare) is not None and _COMMIT.match(bare) is None


def _as_code(words: list[str]) -> str:
    text = " ".join(words)
    end = text[-1] if text[-1] in ",;:" and len(text) > 1 else ""
    return code(text[: len(text) - len(end)], len(text)) + end


def value(item: object) -> str:
    """Return one side of a change in words.

    A scalar as it is, a property or object as its type (its name is in the path), a flat list or
    mapping without its brackets, any other structure as brief JSON.
    """
    if item is None:
        return ""
    if isinstance(item, dict) and (kind := item.get("physicalType") or item.get("logicalType")):
        return f"{kind}, required" if item.get("required") is True else str(kind)
    if isinstance(item, dict) and item and not any(map(_nested, item.values())):
        return ", ".join(f"{key}: {_scalar(each)}" for key, each in item.items())
    if isinstance(item, list) and item and not any(map(_nested, item)):
        return ", ".join(map(_scalar, item))
    return _scalar(item)


def _nested(item: object) -> bool:
    return isinstance(item, (dict, list))


def _scalar(item: object) -> str:
    if isinstance(item, str):
        return item
    return json.dumps(item, ensure_ascii=False, default=str, separators=(", ", ": "))


def plain(text: str, limit: int = 60) -> str:
    """Return a name that is safe in a title and in the subject of a commit.

    No Markdown, mention, emoji, address, reference to an issue or a commit, or order to a forge
    is left in it.
    """
    line = one_line(text, limit)
    marks = [match.group() for match in _PATH_MARKS.finditer(line)]
    pieces = [_NOT_PLAIN.sub("_", piece) for piece in _PATH_MARKS.split(line)]
    kept = "".join(piece + mark for piece, mark in zip(pieces, [*marks, ""], strict=True))
    kept = re.sub(r"(?i)\bGH-(?=\d)", "GH_", kept)
    kept = re.sub(r"(?i)\bwww\.", "www_", kept)
    return _COMMIT.sub("_", kept)


def version(text: str) -> str:
    """Return a contract's version, which people write too: as it is where it looks like one."""
    return text if _VERSION.fullmatch(text) else code(text)


def listed(items: Iterable[str], limit: int) -> str:
    """Return `a`, `a and b`, `a, b and c`, or with more than `limit`, `a, b and 7 others`."""
    shown = list(items)
    if len(shown) > limit:
        rest = len(shown) - limit
        shown = [*shown[:limit], f"{rest:,} others" if rest > 1 else "1 other"]
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))
