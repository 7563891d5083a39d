"""One value of a document written anew in its place."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from dc43_gitdraft.odcs import emit
from dc43_gitdraft.odcs.emit import Style
from dc43_gitdraft.odcs.spans import (
    Edit,
    begins_line,
    column_of,
    deep_comment_follows,
    line_stop,
    next_line,
)
from dc43_gitdraft.strictyaml import SCALAR, Node

_HEADER = re.compile(r"[|>][0-9+-]*")
_COMMENT = re.compile(r"[ \t]+#[^\r\n]*")


class CannotSpliceError(Exception):
    """No edit of the parts would do; the collection around must be written anew."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a value hangs: what kind of collection, the column of its keys or dashes.

    `after` follows the dash or colon; None where there is none.
    """

    node: Node
    parent: str
    flow: bool = False
    column: int = 0
    after: int | None = None
    key: Node | None = None


def replace_value(text: str, slot: Slot, value: Any, style: Style) -> list[Edit]:
    """Return the edits that put `value` where the slot's node stands.

    An anchor stays, as others may refer to it; a tag goes, as the new value needs none.
    """
    node = slot.node
    following = next_line(text, node.end)
    if deep_comment_follows(text, following, slot.column):
        style = replace(style, literal=False)
    if slot.parent == "root":
        return _root(text, node, value, style)
    if slot.flow:
        return [_in_flow(slot, value, style)]
    if node.kind == SCALAR and node.target is None and isinstance(value, str) and node.tag is None:
        edit = _same_style(text, slot, value, style)
        if edit is not None:
            return [edit]
    if slot.after is None:
        raise CannotSpliceError
    write = emit.under_key if slot.parent == "mapping" else emit.under_dash
    if node.anchor is not None:
        # Behind an anchor a list needs indentation of its own under a dash.
        dash = style.dash if slot.parent == "mapping" else max(style.dash, 2)
        rest, lines = emit.under_key(value, slot.column, replace(style, dash=dash))
        rest = f" &{node.anchor}{rest}"
    else:
        rest, lines = write(value, slot.column, style)
    below = "".join(style.newline + line for line in lines)
    if (
        style.literal
        and following == len(text) == line_stop(text, node.end)
        and emit.ends_open(value)
    ):
        below += style.newline
    if node.kind != SCALAR and node.target is None and not node.style and node.children:
        return _over_block(text, slot, rest, below)
    if node.style in ("|", ">"):
        ending = text[node.content : node.end]
        kept = ending[len(ending.rstrip("\r\n")) :]
        return [Edit(slot.after, node.end - len(kept), rest + below)]
    return _with_lines(text, slot.after, max(node.end, slot.after), rest, below)


def _with_lines(text: str, start: int, end: int, rest: str, below: str) -> list[Edit]:
    """Replace up to the end of a value; further lines follow its line, and so its comment."""
    if not below:
        return [Edit(start, end, rest)]
    stop = line_stop(text, end)
    return [Edit(start, end, rest), Edit(stop, stop, below)]


def _root(text: str, node: Node, value: Any, style: Style) -> list[Edit]:
    if not value:
        return [Edit(node.content, node.end, "{}")]
    own_line = begins_line(text, node.content)
    column = column_of(text, node.content) if own_line and not node.style else 0
    lines = emit.collection_lines(value, column, style)
    body = style.newline.join(lines)[column:]
    if own_line and not node.style:
        return [Edit(node.content, node.end, body)]
    # A block mapping cannot follow `---` in its line, nor can what follows `{}` stay.
    stop = line_stop(text, node.end)
    comment = text[node.end : stop].strip()
    lead = "" if own_line else style.newline
    start = node.content if own_line else len(text[: node.content].rstrip(" "))
    return [Edit(start, stop, lead + (comment + style.newline if comment else "") + body)]


def _in_flow(slot: Slot, value: Any, style: Style) -> Edit:
    node = slot.node
    quote = node.style if node.style in ("'", '"') and isinstance(value, str) else ""
    written = emit.scalar(value, flow=True, quote=quote) if quote else emit.flow(value, style)
    if node.bare:
        if slot.after is not None:
            return Edit(slot.after, slot.after, " " + written)
        return Edit(node.start, node.start, ": " + written)
    if node.anchor is not None:
        return Edit(node.start, node.end, f"&{node.anchor} {written}")
    # A colon that touches its value (JSON) would make a plain scalar of both.
    pad = " " if slot.after == node.start and not written.startswith('"') else ""
    return Edit(node.start, node.end, pad + written)


def _over_block(text: str, slot: Slot, rest: str, below: str) -> list[Edit]:
    """Replace a block collection; a comment in the line of its key stays there."""
    node, after = slot.node, slot.after or 0
    stop = line_stop(text, after)
    last = text[node.content : node.end]
    end = node.end - (len(last) - len(last.rstrip("\r\n")))
    if node.content <= stop:
        return [Edit(after, line_stop(text, end) if below else end, rest + below)]
    found = _COMMENT.search(text, max(after, min(node.start, stop)), stop)
    if found is None and _COMMENT.match(text, after, stop):
        found = _COMMENT.match(text, after, stop)
    comment = found.start() if found else stop
    return [Edit(after, comment, rest), Edit(stop, line_stop(text, end), below)]


def _same_style(text: str, slot: Slot, value: str, style: Style) -> Edit | None:
    """Replace a string by another in the same style; None where the style cannot hold it."""
    node = slot.node
    if node.style == "'" or node.style == '"':
        return None if _wants_block(value) else _written(text, slot, value, node.style)
    if node.style in ("|", ">"):
        return _block_scalar(text, slot, value, style)
    if isinstance(node.value, str) and not node.bare and not _wants_block(value):
        return _written(text, slot, value, "")
    return None


def _wants_block(value: str) -> bool:
    return emit.fits_literal(value)


def _written(text: str, slot: Slot, value: str, quote: str) -> Edit:
    node = slot.node
    return Edit(node.content, node.end, emit.scalar(value, quote=quote))


def _block_scalar(text: str, slot: Slot, value: str, style: Style) -> Edit | None:
    node = slot.node
    header = _HEADER.match(text, node.content)
    if header is None or not style.literal or not emit.fits_block(value):
        return None
    stop = line_stop(text, node.content)
    indent = _indent(text, stop, node.end)
    if indent is None or any(sign.isdigit() for sign in header.group()):
        indent = slot.column + style.step
    if node.style == ">":
        written = text[stop : node.end].strip("\r\n").splitlines()
        # One line tells nothing about where its writer would break.
        width = max(map(len, written)) if len(written) > 1 else 100
        lines = emit.folded(value, indent, width)
        if lines is None:
            return None
    else:
        lines = emit.literal(value, indent)[1]
    chomp = "" if value.endswith("\n") else "-"
    comment = text[header.end() : stop]
    body = text[node.content : node.end]
    kept = body[len(body.rstrip("\r\n")) :]
    if not kept and node.end == len(text) and not chomp:
        kept, extra = "", style.newline
    else:
        extra = ""
    below = "".join(style.newline + line for line in lines)
    return Edit(node.content, node.end - len(kept), node.style + chomp + comment + below + extra)


def _indent(text: str, start: int, end: int) -> int | None:
    """Return how far the first line with text in it is indented."""
    for line in text[start:end].splitlines():
        if line.strip():
            return len(line) - len(line.lstrip(" "))
    return None
