"""How a document is laid out: what new parts of it shall look like."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from dc43_gitdraft.odcs.emit import Style
from dc43_gitdraft.odcs.spans import column_of
from dc43_gitdraft.strictyaml import MAPPING, SEQUENCE, Node


def layout_of(text: str, root: Node) -> Style:
    """Return line ending and indentations that most of the document has."""
    steps: Counter[int] = Counter()
    dashes: Counter[int] = Counter()
    gaps: Counter[int] = Counter()
    stack = [root] if not root.style else []
    columns = {id(root): column_of(text, root.content)}
    while stack:
        node = stack.pop()
        column = columns[id(node)]
        for child in node.children:
            if child.style or child.target is not None or not child.children:
                continue
            own = columns[id(child)] = column_of(text, child.content)
            stack.append(child)
            if node.kind == SEQUENCE:
                gaps[own - column] += 1
            elif child.kind == MAPPING:
                steps[own - column] += 1
            else:
                dashes[own - column] += 1
    style = Style(newline=_newline(text))
    return replace(
        style,
        step=_most(steps, style.step, least=1),
        dash=_most(dashes, style.dash, least=0),
        gap=_most(gaps, style.gap, least=2),
    )


def _most(counts: Counter[int], default: int, *, least: int) -> int:
    usable = {number: count for number, count in counts.items() if number >= least}
    return max(usable, key=lambda number: usable[number]) if usable else default


def _newline(text: str) -> str:
    windows = text.count("\r\n")
    if windows:
        return "\r\n" if 2 * windows > text.count("\n") else "\n"
    return "\r" if "\r" in text and "\n" not in text else "\n"
