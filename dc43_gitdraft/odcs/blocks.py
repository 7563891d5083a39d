"""A block collection put together from the lines of its entries."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dc43_gitdraft.odcs.spans import Chunk, Edit, Entry, apply, begins_line, line_start
from dc43_gitdraft.strictyaml import Node

_CHOMPING = re.compile(r"([|>][0-9]*)([+-]?)")


@dataclass(frozen=True, slots=True)
class Piece:
    """An entry of the new collection: the old one `old` with edits, or new lines.

    `open_end` says that the new lines end with a block scalar that needs its last line break.
    """

    old: int | None
    edits: list[Edit]
    lines: list[str] = field(default_factory=list)
    open_end: bool = False


@dataclass(slots=True)
class _Builder:
    text: str
    entries: list[Entry]
    chunks: list[Chunk]
    column: int
    newline: str
    in_line: bool
    spaced: bool = False
    carried: dict[int, str] = field(default_factory=dict)

    def body(self, piece: Piece) -> str:
        """Return an entry's own lines, without what leads them; the first indentation is cut."""
        if piece.old is None:
            return self.newline.join(piece.lines)[self.column :] + self.newline
        chunk = self.chunks[piece.old]
        return apply(self.text, piece.edits, chunk.start, chunk.end)

    def lead(self, old: int | None, first: bool) -> str:
        """Return the blank lines and comments above an entry."""
        if old is None:
            return self.newline if self.spaced and not first else ""
        chunk = self.chunks[old]
        begin = chunk.lead
        end = line_start(self.text, chunk.start) if begin < chunk.start else begin
        lead = self.text[begin : max(begin, end)]
        carried = self.carried.get(old, "")
        if lead.startswith(("\n", "\r")):
            carried = carried.rstrip("\r\n") + self.newline if carried else ""
        lead = carried + lead
        if first and not self.in_line and old > 0:
            return _without_blank_start(lead)
        if old == 0 and not first and self.spaced:
            return self.newline + lead
        return lead


def rebuild(
    text: str,
    entries: list[Entry],
    chunks: list[Chunk],
    pieces: list[Piece],
    column: int,
    newline: str,
) -> list[Edit]:
    """Return the one edit that leaves the collection with these pieces, in this order."""
    in_line = not begins_line(text, entries[0].start)
    builder = _Builder(text, entries, chunks, column, newline, in_line)
    builder.spaced = len(chunks) > 1 and all(
        text[chunk.lead : chunk.lead + 1] in ("\r", "\n") for chunk in chunks[1:]
    )
    kept = {piece.old for piece in pieces if piece.old is not None}
    tail = _carry(builder, kept)
    start = chunks[0].start if in_line else chunks[0].lead
    end = chunks[-1].end
    unended = end == len(text) and not text.endswith(("\n", "\r"))
    out: list[str] = []
    for number, piece in enumerate(pieces):
        final = number == len(pieces) - 1 and not tail
        body = builder.body(_ended(text, entries, piece, final) if unended else piece)
        if not body.endswith(("\n", "\r")) and not final:
            body += newline
        if (
            final
            and unended
            and piece.old != len(chunks) - 1
            and not _ends_in_block(piece, entries)
        ):
            moved = piece.old is None or piece.old != max(kept, default=-1)
            body = body.rstrip("\r\n") if moved else body
        lead = builder.lead(piece.old, number == 0)
        if number and _ends_in_block(pieces[number - 1], entries):
            lead = _dedented(lead, column)
        if number == 0 and in_line:
            # What the dash of the list around leads cannot begin with comments.
            out += [body if body.endswith(("\n", "\r")) or not lead else body + newline, lead]
        else:
            out += [lead, " " * column, body]
    if _ends_in_block(pieces[-1], entries):
        tail = _dedented(tail, column)
    return [Edit(start, end, "".join([*out, tail]))]


def _carry(builder: _Builder, kept: set[int]) -> str:
    """Keep the comments above dropped entries that do not touch them; return what comes last."""
    pending = ""
    for number, chunk in enumerate(builder.chunks):
        if number in kept:
            if pending:
                builder.carried[number] = pending
            pending = ""
        else:
            detached = builder.text[chunk.lead : chunk.attached]
            pending += detached if "#" in detached else ""
    return pending


def _without_blank_start(lead: str) -> str:
    lines = lead.splitlines(keepends=True)
    while lines and not lines[0].strip():
        lines.pop(0)
    return "".join(lines)


def _dedented(lead: str, column: int) -> str:
    """Move comments to the left that a block scalar above would take for its own lines."""
    return re.sub(rf"(?m)^ {{{column},}}#", " " * column + "#", lead) if "#" in lead else lead


def _last_leaf(node: Node) -> Node:
    while node.children and node.style not in ("[", "{"):
        node = node.children[-1]
    return node


def _ends_in_block(piece: Piece, entries: list[Entry]) -> bool:
    """Say whether an entry ends with a block scalar, whose line break is part of what it says."""
    if piece.old is not None:
        return _last_leaf(entries[piece.old].node).style in ("|", ">")
    return piece.open_end


def _ended(text: str, entries: list[Entry], piece: Piece, final: bool) -> Piece:
    """Give a block scalar that ends with the text, without a line break, the one it lacks.

    The break would become part of the string, so the scalar is told to strip it.
    """
    if final or piece.old != len(entries) - 1:
        return piece
    leaf = _last_leaf(entries[piece.old].node)
    found = _CHOMPING.match(text, leaf.content) if leaf.style in ("|", ">") else None
    if found is None or any(edit.start <= found.start() < edit.end for edit in piece.edits):
        return piece
    return Piece(piece.old, [*piece.edits, Edit(found.start(2), found.end(2), "-")])
