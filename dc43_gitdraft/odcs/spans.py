"""Where the parts of a YAML collection stand in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dc43_gitdraft.model import DocPath
from dc43_gitdraft.strictyaml import BOM, MAPPING, SEQUENCE, Node, position, skip

_EOL = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of the text, and what shall stand there."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of a collection: `start` is its dash, key or `?`; `after` follows its dash or colon.

    `after` is None where no colon is written (`? key`, `{key}`).
    """

    node: Node
    start: int
    after: int | None
    key: Node | None = None

    @property
    def end(self) -> int:
        """Return where the last thing that is written of it ends."""
        return max(self.node.end, self.after or 0, self.key.end if self.key else 0)


@dataclass(frozen=True, slots=True)
class Chunk:
    """The lines of a block entry: `lead` to `start` blank lines and comments above, then itself.

    Comments from `attached` on touch the entry; `end` follows its last line and comments that
    are indented deeper than it.
    """

    lead: int
    attached: int
    start: int
    end: int


def apply(text: str, edits: list[Edit], start: int = 0, end: int | None = None) -> str:
    """Return `text[start:end]` with the edits, all of which lie in it, carried out."""
    pieces: list[str] = []
    at = start
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < at:
            raise ValueError("edits overlap")
        pieces += [text[at : edit.start], edit.text]
        at = edit.end
    pieces.append(text[at : len(text) if end is None else end])
    return "".join(pieces)


def line_start(text: str, offset: int) -> int:
    """Return where the line of an offset begins; a byte order mark is not part of it."""
    newline = text.rfind("\n", 0, offset)
    start = max(newline, text.rfind("\r", newline + 1, offset)) + 1
    return 1 if start == 0 and text.startswith(BOM) else start


def line_stop(text: str, offset: int) -> int:
    """Return where the line of an offset ends, before its line break."""
    found = _EOL.search(text, offset)
    return found.start() if found else len(text)


def next_line(text: str, offset: int) -> int:
    """Return where the next line begins."""
    found = _EOL.search(text, offset)
    return found.end() if found else len(text)


def column_of(text: str, offset: int) -> int:
    """Return the column of an offset, from 0; a byte order mark takes none."""
    return offset - line_start(text, offset)


def begins_line(text: str, offset: int) -> bool:
    """Say whether only indentation stands before an offset in its line."""
    return not text[line_start(text, offset) : offset].strip(" ")


def entries_of(text: str, node: Node) -> list[Entry]:
    """Return the items of a block or flow collection."""
    found: list[Entry] = []
    at = node.content + (1 if node.style in ("[", "{") else 0)
    keys: list[Node | None] = (
        list(node.keys) if node.kind == MAPPING else [None] * len(node.children)
    )
    for key, child in zip(keys, node.children, strict=True):
        start = skip(text, at)
        if found and node.style in ("[", "{") and text[start : start + 1] == ",":
            start = skip(text, start + 1)
        if key is not None:
            colon = skip(text, key.end)
            written = text[colon : colon + 1] == ":"
            entry = Entry(child, start, colon + 1 if written else None, key)
        else:
            entry = Entry(child, start, None if node.style else start + 1)
        found.append(entry)
        at = entry.end
    return found


def chunks_of(text: str, entries: list[Entry], column: int, *, own_first: bool) -> list[Chunk]:
    """Share the lines of a block collection out among its entries.

    `own_first` gives the comments right above the first entry to it; else they are the
    collection's.
    """
    chunks: list[Chunk] = []
    lead = _above(text, entries[0].start, column) if own_first else entries[0].start
    if begins_line(text, entries[0].start):
        lead = min(lead, line_start(text, entries[0].start))
    attached = lead
    for number, entry in enumerate(entries):
        end = next_line(text, entry.end) if not _after_break(text, entry.end) else entry.end
        limit = entries[number + 1].start if number + 1 < len(entries) else len(text)
        while end < limit and comment_column(text, end) > column:
            end = next_line(text, end)
        chunks.append(Chunk(lead, attached, entry.start, end))
        if number + 1 < len(entries):
            lead = end
            attached = _attached(text, end, line_start(text, entries[number + 1].start))
    return chunks


def _after_break(text: str, offset: int) -> bool:
    """Say whether an entry ends with its line break: a block scalar that keeps blank lines."""
    return offset > 0 and text[offset - 1] in "\r\n"


def _above(text: str, offset: int, column: int) -> int:
    if not begins_line(text, offset):
        return offset
    start = line_start(text, offset)
    while start > 1:
        above = line_start(text, start - (2 if text[start - 2 : start] == "\r\n" else 1))
        if comment_column(text, above) != column:
            break
        start = above
    return start


def _attached(text: str, begin: int, end: int) -> int:
    """Return where the comments begin that touch the line at `end` from above."""
    at = attached = begin
    while at < end:
        if comment_column(text, at) < 0:
            attached = next_line(text, at)
        at = next_line(text, at)
    return min(attached, end)


def comment_column(text: str, start: int) -> int:
    """Return the column of the comment that the line at `start` holds alone, else -1."""
    stop = line_stop(text, start)
    line = text[start:stop]
    stripped = line.lstrip(" \t")
    return len(line) - len(stripped) if stripped.startswith("#") else -1


def deep_comment_follows(text: str, offset: int, column: int) -> bool:
    """Say whether the next line with anything in it is a comment indented deeper than `column`.

    A block scalar that ended right above would swallow it.
    """
    at = offset
    while at < len(text) and not text[at : line_stop(text, at)].strip():
        at = next_line(text, at)
    return comment_column(text, at) > column


def place_of(text: str, root: Node, path: DocPath) -> tuple[int, int]:
    """Return line and column of a path, of its key where it has one.

    Where the path leads nowhere it is the place of the nearest ancestor that exists.
    """
    return position(text, offset_of(root, path))


def offset_of(root: Node, path: DocPath) -> int:
    """Return the offset of what `place_of` describes."""
    node, offset = root, root.content
    for part in path:
        found = _step(node.target or node, part)
        if found is None:
            break
        offset, node = found
    return offset


def _step(node: Node, part: str | int) -> tuple[int, Node] | None:
    if node.kind == SEQUENCE and isinstance(part, int) and 0 <= part < len(node.children):
        child = node.children[part]
        return child.content if child.target is None else child.start, child
    if node.kind == MAPPING:
        merges: list[Node] = []
        for key, child in zip(node.keys, node.children, strict=True):
            if key.is_merge:
                merges.extend(child.children if child.kind == SEQUENCE else [child])
            elif key.value == part:
                return key.content, child
        for merge in merges:
            found = _step(merge.target or merge, part)
            if found is not None:
                return found
    return None
