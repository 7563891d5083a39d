"""A flow collection (`[a, b]`, `{a: 1}`) put together anew from what its items say."""

from __future__ import annotations

from itertools import pairwise

from dc43_gitdraft.odcs.spans import Edit, Entry, apply, column_of, line_start
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
    gaps = [text[one.end : other.start] for one, other in pairwise(entries)]
    standard = _standard_gap(text, node, entries, gaps)
    out: list[str] = []
    for number, (old, new) in enumerate(items):
        if old is None:
            out.append(new)
        else:
            out.append(apply(text, edits.get(old, []), entries[old].start, entries[old].end))
        if number < len(items) - 1:
            out.append(gaps[old] if old is not None and old < len(gaps) else standard)
    return [Edit(entries[0].start, entries[-1].end, "".join(out))]


def _standard_gap(text: str, node: Node, entries: list[Entry], gaps: list[str]) -> str:
    """Return what separates items here, without the comments."""
    if any("\n" in gap or "\r" in gap for gap in gaps) or not gaps:
        first = entries[0].start
        if line_start(text, first) > node.content:
            newline = "\r\n" if "\r\n" in text[node.content : first] else "\n"
            return "," + newline + " " * column_of(text, first)
    plain = [gap for gap in gaps if gap.strip(" ") == ","]
    return plain[-1] if plain else ", "
