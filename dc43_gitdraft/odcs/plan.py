"""From a YAML tree and a target to the edits that lead there, as small as they can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from dc43_gitdraft.odcs import emit
from dc43_gitdraft.odcs.blocks import Piece, rebuild
from dc43_gitdraft.odcs.emit import Style
from dc43_gitdraft.odcs.flows import rebuild_flow
from dc43_gitdraft.odcs.match import match_items
from dc43_gitdraft.odcs.replace import CannotSpliceError, Slot, replace_value
from dc43_gitdraft.odcs.spans import (
    Chunk,
    Edit,
    Entry,
    begins_line,
    chunks_of,
    column_of,
    deep_comment_follows,
    entries_of,
)
from dc43_gitdraft.strictyaml import MAPPING, SCALAR, SEQUENCE, Node
from dc43_gitdraft.strictyaml.scalars import same


@dataclass(slots=True)
class Planner:
    """Plans one rewrite of `text`.

    `expands` says which aliases (and merges of which anchors) are written out: it is asked with
    the node and its target value. `trusting` takes it that what is merged in changes as the
    target says, as its anchor does. Below `limit` collections deep, a changed collection is written
    anew as a whole. Afterwards `deepest` tells how deep the edits went, and `lost` which stretches
    of the text were replaced, dropped or moved.
    """

    text: str
    style: Style
    expands: Callable[[Node, Any], bool]
    trusting: bool = False
    limit: int | None = None
    deepest: int = 0
    lost: list[tuple[int, int]] = field(default_factory=list)

    def plan(self, root: Node, target: dict[str, Any]) -> list[Edit]:
        """Return the edits that make the document `target`."""
        return self._value(Slot(root, "root"), target, 0)

    def _value(self, slot: Slot, target: Any, depth: int) -> list[Edit]:
        node = slot.node
        if node.target is not None:
            return self._replaced(slot, target, depth) if self.expands(node, target) else []
        if node.kind == SCALAR or not _same_kind(node, target):
            same_value = node.kind == SCALAR and same(node.value, target)
            return [] if same_value else self._replaced(slot, target, depth)
        if not self._touches(node, target):
            return []
        if not target or node.style == "pair" or not node.children or depth == self.limit:
            return self._replaced(slot, target, depth)
        try:
            if node.kind == SEQUENCE:
                return self._sequence(slot, target, depth)
            return self._mapping(slot, target, depth)
        except CannotSpliceError:
            return self._replaced(slot, target, depth)

    def _touches(self, node: Node, target: Any) -> bool:
        """Say whether anything in the node is to change: its value, or an alias."""
        if not same(node.value, target):
            return True
        return node.aliases and self._expanding(node)

    def _expanding(self, node: Node) -> bool:
        return any(
            self.expands(child, child.value)
            if child.target is not None
            else child.aliases and self._expanding(child)
            for child in node.children
        )

    def _replaced(self, slot: Slot, target: Any, depth: int) -> list[Edit]:
        self.deepest = max(self.deepest, depth)
        self.lost.append((slot.node.start, slot.node.end))
        return replace_value(self.text, slot, target, self.style)

    def _lose(self, entries: list[Entry], kept: list[int], depth: int) -> None:
        self.deepest = max(self.deepest, depth)
        if kept != sorted(kept):
            self.lost.append((entries[0].start, entries[-1].end))
        staying = set(kept)
        self.lost += [
            (entry.start, entry.end)
            for number, entry in enumerate(entries)
            if number not in staying
        ]

    # Lists

    def _sequence(self, slot: Slot, target: list[Any], depth: int) -> list[Edit]:
        node = slot.node
        entries = entries_of(self.text, node)
        pairs = match_items(node.value, target)
        flow = slot.flow or node.style == "["
        column = -1 if flow else column_of(self.text, entries[0].start)
        edits: dict[int, list[Edit]] = {}
        for new, old in enumerate(pairs):
            if old is not None:
                entry = entries[old]
                inner = Slot(entry.node, "sequence", flow, column, entry.after)
                edits[old] = self._value(inner, target[new], depth + 1)
        if pairs == list(range(len(entries))):
            return [edit for old in sorted(edits) for edit in edits[old]]
        self._lose(entries, [old for old in pairs if old is not None], depth)
        style = _like(self.style, [entry.node for entry in entries])
        if flow:
            added = [emit.flow(item, style) for item in target]
            return rebuild_flow(
                self.text, node, entries, list(zip(pairs, added, strict=True)), edits
            )
        style = replace(style, gap=_gap(self.text, entries, style.gap))
        chunks = chunks_of(self.text, entries, column, own_first=True)
        style = self._safe(style, chunks, column)
        pieces = [
            Piece(old, edits[old])
            if old is not None
            else _new_piece(emit.sequence_lines([target[new]], column, style), target[new], style)
            for new, old in enumerate(pairs)
        ]
        return rebuild(self.text, entries, chunks, pieces, column, self.style.newline)

    # Mappings

    def _mapping(self, slot: Slot, target: dict[str, Any], depth: int) -> list[Edit]:
        node = slot.node
        entries = entries_of(self.text, node)
        flow = slot.flow or node.style == "{"
        column = -1 if flow else column_of(self.text, entries[0].start)
        wanted, dropped = self._wanted(entries, target)
        edits: dict[int, list[Edit]] = {}
        for number, entry in enumerate(entries):
            key = entry.key
            if number in dropped or key is None or key.is_merge:
                continue
            inner = Slot(entry.node, "mapping", flow, column, entry.after, key)
            edits[number] = self._value(inner, target[key.value], depth + 1)
        added = self._added(entries, dropped, wanted, target)
        if not added and not dropped:
            return [edit for number in sorted(edits) for edit in edits[number]]
        self._lose(entries, [n for n in range(len(entries)) if n not in dropped], depth)
        style = _like(self.style, [node])
        if flow:
            new: list[tuple[int | None, str]] = [
                (item, "")
                if isinstance(item, int)
                else (None, emit.flow({item: target[item]}, style)[1:-1])
                for item in self._order(entries, dropped, added, first=-1)
            ]
            return rebuild_flow(self.text, node, entries, new, edits)
        chunks = chunks_of(self.text, entries, column, own_first=False)
        style = self._safe(style, chunks, column)
        pieces = [
            Piece(item, edits.get(item, []))
            if isinstance(item, int)
            else _new_piece(
                emit.mapping_lines({item: target[item]}, column, style), target[item], style
            )
            for item in self._order(entries, dropped, added, first=self._first(entries, column))
        ]
        return rebuild(self.text, entries, chunks, pieces, column, self.style.newline)

    def _wanted(self, entries: list[Entry], target: dict[str, Any]) -> tuple[set[str], set[int]]:
        """Return the keys that must stand in the mapping itself, and the entries to drop."""
        own = {entry.key.value for entry in entries if entry.key and not entry.key.is_merge}
        dropped = {
            number
            for number, entry in enumerate(entries)
            if entry.key and not entry.key.is_merge and entry.key.value not in target
        }
        wanted = {key for key in target if key not in own}
        for number, entry in enumerate(entries):
            if entry.key is None or not entry.key.is_merge:
                continue
            value = entry.node.value
            merged: dict[str, Any] = {}
            for source in value if isinstance(value, list) else [value]:
                merged = {**source, **merged}
            sources = entry.node.children or [entry.node]
            lost = not self.trusting and any(key not in target for key in merged)
            if lost or any(self.expands(source, source.value) for source in sources):
                dropped.add(number)
            else:
                wanted -= {k for k in merged if self.trusting or same(merged[k], target.get(k))}
        return wanted, dropped

    def _added(
        self, entries: list[Entry], dropped: set[int], wanted: set[str], target: dict[str, Any]
    ) -> dict[int, list[str]]:
        """Return the new keys behind the entry that each follows; -1 is the very beginning."""
        if not wanted:
            return {}
        places = {
            entry.key.value: number
            for number, entry in enumerate(entries)
            if entry.key and number not in dropped
        }
        added: dict[int, list[str]] = defaultdict(list)
        # What overrides a merge stands below it.
        first = entries[0].key
        place = 0 if first and first.is_merge and 0 not in dropped else -1
        for key in target:
            if key in wanted:
                added[place].append(key)
            else:
                place = places.get(key, places.get("<<", place))
        return added

    def _order(
        self, entries: list[Entry], dropped: set[int], added: dict[int, list[str]], first: int
    ) -> list[int | str]:
        """Return entries and new keys as they shall stand; new first ones follow entry `first`."""
        order: list[int | str] = list(added.get(-1, [])) if first < 0 else []
        for number in range(len(entries)):
            if number not in dropped:
                order.append(number)
            if number == first:
                order += added.get(-1, [])
            order += added.get(number, [])
        return order

    def _first(self, entries: list[Entry], column: int) -> int:
        """Say where keys go that come first: before entry 0 (-1), or after it.

        Before it they would push it out of the line that its dash stands in, or away from the
        comment above it.
        """
        start = entries[0].start
        if not begins_line(self.text, start):
            return 0
        above = chunks_of(self.text, entries[:1], column, own_first=True)[0].lead
        return 0 if "#" in self.text[above:start] else -1

    def _safe(self, style: Style, chunks: list[Chunk], column: int) -> Style:
        """Leave block scalars out where a comment below would become part of one."""
        if any(deep_comment_follows(self.text, chunk.end, column) for chunk in chunks):
            return replace(style, literal=False)
        return style


def _new_piece(lines: list[str], value: Any, style: Style) -> Piece:
    return Piece(None, [], lines, style.literal and emit.ends_open(value))


def _same_kind(node: Node, target: Any) -> bool:
    return isinstance(target, dict if node.kind == MAPPING else list)


def _gap(text: str, entries: list[Entry], default: int) -> int:
    """Return what lies between a dash of this list and what follows it in its line."""
    for entry in reversed(entries):
        if entry.after is not None and not entry.node.bare:
            between = text[entry.after : entry.node.start]
            if between and not between.strip(" "):
                return len(between) + 1
    return default


def _like(style: Style, nodes: list[Node]) -> Style:
    """Take over the quotes that all texts around have."""
    quotes: set[str] = set()
    key_quotes: set[str] = set()
    count = 0
    for node in nodes[-3:]:
        values = [node] if node.kind == SCALAR else node.children
        texts = [child.style for child in values if isinstance(child.value, str)]
        quotes.update(style for style in texts if style in ("", "'", '"'))
        key_quotes.update(key.style for key in node.keys)
        count += len(texts)
    quote = quotes.pop() if len(quotes) == 1 and count > 1 else style.quote
    return replace(
        style, quote=quote, key_quote=key_quotes.pop() if len(key_quotes) == 1 else style.key_quote
    )
