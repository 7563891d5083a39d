"""A flow collection (`[a, b]`, `{a: 1}`) put together anew from what its items say."""

from __future__ import annotations

import re
from itertools import pairwise

from dc43_gitdraft.odcs.spans import Edit, Entry, apply, begins_line, column_of
from dc43_gitdraft.strictyaml import Node


def rebuild_flow(
    text: str,
    node: Node,
    entries: list[Entry],
    items: list[tuple[int | None, str]],
    edits: dict[int, list[Edit]],
) -> list[Edit]:
    """Return the one edit that leaves the collection with these items.

    An item is the number of an old one, or None with the text of a new one. What stood between
    an item and the next one, commas and comments, stays behind it where it is not the last.
    """
    texts = [
        new
        if old is None
        else apply(text, edits.get(old, []), entries[old].start, entries[old].end)
        for old, new in items
    ]
    olds = [old for old, _ in items]
    gaps = [text[one.end : other.start] for one, other in pairwise(entries)]
    gaps.append(text[entries[-1].end : node.end - 1])
    split = [_GAP.fullmatch(gap) for gap in gaps]
    start, end = entries[0].start, node.end - 1
    if any("\n" in gap or "\r" in gap for gap in gaps) and None not in split:
        lead = _newline_lead(text, node, entries)
        body = _by_lines(texts, olds, [found for found in split if found], lead)
        return [Edit(start, end, body)]
    standard = next((gap for gap in gaps[:-1] if gap.strip(" ") == ","), ", ")
    out: list[str] = []
    for number, (old, item) in enumerate(zip(olds, texts, strict=True)):
        out.append(item)
        if number < len(items) - 1:
            out.append(gaps[old] if old is not None and old < len(entries) - 1 else standard)
    return [Edit(start, entries[-1].end, "".join(out))]


#: What follows an item: its comma, its comment, and the lines before the next item.
_GAP = re.compile(
    r"(?:[ \t]*(?P<comma>,))?(?P<comment>(?:[ \t]+#[^\r\n]*)?)"
    r"(?P<lead>(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r))*[ \t]*)"
)


def _by_lines(
    texts: list[str], olds: list[int | None], gaps: list[re.Match[str]], lead: str
) -> str:
    """Put the items into lines; each keeps the comment in its line and those above it."""
    out: list[str] = []
    for number, (old, item) in enumerate(zip(olds, texts, strict=True)):
        if number:
            own = gaps[old - 1]["lead"] if old else ""
            out.append(own if "\n" in own or "\r" in own else lead)
        last = number == len(texts) - 1
        gap = gaps[old] if old is not None else None
        out += [item, gaps[-1]["comma"] or "" if last else ",", gap["comment"] if gap else ""]
    foot = gaps[-1]["lead"]
    if "#" in "".join(out[-1:]) and not foot.strip(" \t") and "\n" not in foot:
        foot = lead + foot
    return "".join(out) + foot


def _newline_lead(text: str, node: Node, entries: list[Entry]) -> str:
    """Return the line break and indentation that a new item of its own line begins with."""
    own = [entry.start for entry in entries if begins_line(text, entry.start)]
    column = column_of(text, own[0] if own else entries[0].start)
    newline = "\r\n" if "\r\n" in text[node.content : node.end] else "\n"
    return newline + " " * column
