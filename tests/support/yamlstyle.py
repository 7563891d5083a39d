"""Documents, targets and texts by the dice: every style of YAML that people write contracts in.

All of it is a function of a `random.Random`, so that one number names a failing case.

`Item` is a node of a document that knows where it comes from: `origin` is its path in the first
document, None where a change brought it in. A changed tree therefore says by itself which
paths of the first document are touched.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import Any

from dc43_gitdraft.model import DocPath
from dc43_gitdraft.odcs import emit

_WORDS = (
    "orders customer id price amount currency country status comment line item tag owner région"
    " straße 名前 naïve emoji😀 x y no yes on null true 1.0 1e3 0o7 0777 2024-01-01 1:20 ~ = <<"
)
WORDS = tuple(_WORDS.split())
TEXTS = (
    "",
    " ",
    "a: b",
    "a #b",
    "#x",
    "- x",
    "it's",
    'say "hi"',
    "back\\slash",
    "tab\there",
    "two\nlines",
    "three\nlines\nend\n",
    "para one\n\npara two\n",
    "  leading",
    "trailing  ",
    "\n",
    "ends\n\n",
    "{x}",
    "[x",
    "a, b",
    "&a",
    "*a",
    "!t",
    "%d",
    "@at",
    "`tick",
    "?",
    "? x",
    "a?b:c",
    "://",
    "nel\x85ls\u2028",
    "---",
    "...",
    "-",
    "x:",
    "null ",
    "🎉",
    "long " * 30 + "end",
    "select count(*) from ${table} where a = 'b' -- c",
)


@dataclass(eq=False)
class Item:
    """A node: `value` is a dict of Items, a list of Items, or a scalar."""

    value: Any
    origin: DocPath | None = None

    def plain(self) -> Any:
        if isinstance(self.value, dict):
            return {key: item.plain() for key, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value


def wrap(value: Any, path: DocPath | None) -> Item:
    """Turn a plain document into Items; path None marks all of it as new."""

    def below(part: str | int) -> DocPath | None:
        return None if path is None else (*path, part)

    if isinstance(value, dict):
        return Item({key: wrap(item, below(key)) for key, item in value.items()}, path)
    if isinstance(value, list):
        return Item([wrap(item, below(n)) for n, item in enumerate(value)], path)
    return Item(value, path)


# Documents


def some_text(rng: random.Random) -> str:
    if rng.random() < 0.25:
        return rng.choice(TEXTS)
    return " ".join(rng.choice(WORDS) for _ in range(rng.choice((1, 1, 1, 2, 8, 30))))


def some_scalar(rng: random.Random) -> Any:
    kind = rng.random()
    if kind < 0.6:
        return some_text(rng)
    choices = (None, True, False, 0, 1, -7, 10**20, 1.0, 0.5, -1e-9, 1e300, date(2024, 2, 29))
    return rng.choice((*choices, datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc)))


def some_value(rng: random.Random, depth: int) -> Any:
    kind = rng.random()
    if depth <= 0 or kind < 0.45:
        return some_scalar(rng)
    if kind < 0.7:
        return some_mapping(rng, depth - 1)
    if kind < 0.9:
        return some_objects(rng, depth - 1)
    return [some_value(rng, min(depth - 1, 1)) for _ in range(rng.randrange(4))]


def some_mapping(rng: random.Random, depth: int) -> dict[str, Any]:
    return {some_key(rng): some_value(rng, depth) for _ in range(rng.randrange(5))}


def some_key(rng: random.Random) -> str:
    return rng.choice(WORDS) if rng.random() < 0.95 else some_text(rng)


def some_objects(rng: random.Random, depth: int) -> list[Any]:
    """Return a list as ODCS has them: mappings, each known by its name."""
    names = rng.sample(range(1000), rng.randrange(1, 5))
    objects = []
    for name in names:
        body = {key: value for key, value in some_mapping(rng, depth).items() if key != "name"}
        place = rng.choice((0, 0, 0, len(body)))
        items = list(body.items())
        items.insert(place, ("name", f"n{name}"))
        objects.append({key: value for key, value in items if key not in ("id",)})
    return objects


def some_document(rng: random.Random, size: int, *, shared: bool = False) -> dict[str, Any]:
    """Return a document; a `shared` one says the same things at several places."""
    document: dict[str, Any] = {"version": "1.0.0"}
    for number in range(size):
        document[some_key(rng)] = some_value(rng, rng.randrange(5))
        old = rng.choice(list(document.values()))
        if shared and rng.random() < 0.5:
            document[f"copy{number}"] = old
        if shared and isinstance(old, dict) and old:
            # More than the old one says: it may be merged in.
            document[f"more{number}"] = {**old, rng.choice(WORDS): some_scalar(rng)}
    return document


# Changes


@dataclass
class Changes:
    """A changed tree, and the first document's paths that the changes touch."""

    tree: Item
    touched: list[DocPath] = field(default_factory=list)


def change(rng: random.Random, document: dict[str, Any], count: int) -> Changes:
    """Add, change, remove and reorder at `count` places."""
    changes = Changes(wrap(document, ()))
    for _ in range(count):
        nodes = [(changes.tree, False)]
        every: list[tuple[Item, bool]] = []
        while nodes:
            node, anonymous = nodes.pop()
            every.append((node, anonymous))
            if isinstance(node.value, dict):
                nodes += [(item, False) for item in node.value.values()]
            elif isinstance(node.value, list):
                nodes += [(item, not _named(node)) for item in node.value]
        node, _ = rng.choice([pair for pair in every if isinstance(pair[0].value, (dict, list))])
        if isinstance(node.value, dict):
            _change_mapping(rng, node, changes.touched)
        else:
            _change_list(rng, node, changes.touched)
    return changes


def _named(node: Item) -> bool:
    return all(isinstance(item.value, dict) and "name" in item.value for item in node.value)


def _touch(touched: list[DocPath], item: Item) -> None:
    if item.origin is not None:
        touched.append(item.origin)


def _change_mapping(rng: random.Random, node: Item, touched: list[DocPath]) -> None:
    keys = [key for key in node.value if key not in ("name",)]
    act = rng.random()
    if act < 0.4 and keys:
        key = rng.choice(keys)
        old = node.value[key]
        _touch(touched, old)
        node.value[key] = Item(wrap(some_value(rng, 2), None).value, old.origin)
        _disown(node.value[key])
    elif act < 0.6 and len(keys) > 1:
        key = rng.choice(keys)
        _touch(touched, node.value.pop(key))
        if node.origin is not None:
            touched.append((*node.origin, "+"))
            # The next key may move up to the dash that the first one followed.
            touched += [(*node.origin, other) for other in list(node.value)[:1]]
    elif act < 0.7 and len(keys) > 1:
        items = list(node.value.items())
        rng.shuffle(items)
        node.value = dict(items)
    else:
        key = some_key(rng)
        if key not in node.value:
            items = list(node.value.items())
            place = rng.randrange(len(items) + 1)
            items.insert(place, (key, wrap(some_value(rng, 2), None)))
            node.value = dict(items)
            _grown(touched, node, len(items) == 1)


def _change_list(rng: random.Random, node: Item, touched: list[DocPath]) -> None:
    named = _named(node)
    act = rng.random()
    if not named and node.origin is not None:
        touched.append(node.origin)
    if act < 0.35 and node.value:
        gone = node.value.pop(rng.randrange(len(node.value)))
        _touch(touched, gone)
        if node.origin is not None:
            touched.append((*node.origin, "+"))
            if not node.value:
                touched.append(node.origin)
    elif act < 0.55 and len(node.value) > 1:
        for item in node.value:
            _touch(touched, item)
        rng.shuffle(node.value)
    else:
        new: Any = some_value(rng, 2)
        if named and node.value:
            new = {"name": f"new{rng.randrange(10**6)}", "k": new}
        node.value.insert(rng.randrange(len(node.value) + 1), wrap(new, None))
        _grown(touched, node, len(node.value) == 1)


def _grown(touched: list[DocPath], node: Item, was_empty: bool) -> None:
    if node.origin is not None:
        touched.append(node.origin if was_empty else (*node.origin, "+"))


def _disown(item: Item) -> None:
    if isinstance(item.value, dict):
        for child in item.value.values():
            child.origin = None
            _disown(child)
    elif isinstance(item.value, list):
        for child in item.value:
            child.origin = None
            _disown(child)


# Texts


@dataclass
class Line:
    """A line of the text, and whose it is.

    It is touched where one of `paths`, or a path around it, is; with `inside` also where
    something within them is.
    """

    text: str
    paths: tuple[DocPath, ...]
    inside: bool = False

    def touched_by(self, touched: list[DocPath]) -> bool:
        for path in self.paths:
            for other in touched:
                if path[: len(other)] == other:
                    return True
                if self.inside and other[: len(path)] == path:
                    return True
        return False


@dataclass
class Writer:
    """Writes a document in a style that the dice choose anew at every node."""

    rng: random.Random
    anchors: bool = False
    lines: list[Line] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    bases: dict[str, dict[str, Any]] = field(default_factory=dict)
    inline: set[DocPath] = field(default_factory=set)
    waiting: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    block_end: int = -1

    def untouched(self, touched: list[DocPath]) -> list[str]:
        """Return the lines that the changes leave alone, blank ones apart.

        A collection whose first entry shares the line of a dash counts as touched as a whole
        where entries come or go: another line may follow that dash then.
        """
        grown = {path[:-1] for path in touched if path and path[-1] == "+"}
        every = [*touched, *(grown & self.inline)]
        return [
            line.text for line in self.lines if line.text.strip() and not line.touched_by(every)
        ]

    def write(self, document: dict[str, Any]) -> str:
        """Return the text; `lines` has its lines."""
        rng = self.rng
        if self.anchors:
            self._find_shared(document)
        start = rng.random()
        if start < 0.1:
            self.lines.append(Line("%YAML 1.2", ()))
        if start < 0.25:
            self.lines.append(Line("---" + self.comment(), ()))
        if rng.random() < 0.3:
            self.lines += [Line("# Copyright, and so on", ()), Line("", ())]
        if not document or rng.random() < 0.05:
            self.lines.append(Line(self.flow(document), ((),), True))
        else:
            self.mapping(document, (), 0)
        if rng.random() < 0.3:
            self.lines.append(Line("# the end", ()))
        if rng.random() < 0.1:
            self.lines.append(Line("...", ()))
        newline = rng.choice(("\n", "\n", "\r\n"))
        # Without a line break at the end, a block scalar would say something else.
        text = newline.join(line.text for line in self.lines)
        if rng.random() < 0.7 or self.lines[-1].text == "" or self.block_end == len(self.lines):
            text += newline
        return ("\ufeff" if rng.random() < 0.15 else "") + text

    def _find_shared(self, value: Any) -> None:
        met: set[str] = set()

        def look(node: Any) -> None:
            mark = repr(node)
            if mark in met and (isinstance(node, str) or node):
                self.shared.add(mark)
            met.add(mark)
            children = node.values() if isinstance(node, dict) else node
            if isinstance(node, dict) and node and self.rng.random() < 0.3:
                self.shared.add(mark)
            if isinstance(node, (dict, list)):
                for child in children:
                    look(child)

        look(value)

    def anchor(self, value: Any) -> tuple[str, str | None]:
        """Return an anchor to put before the value, or the alias to write in its place."""
        mark = repr(value)
        if not self.anchors or mark not in self.shared:
            return "", None
        if mark in self.seen and self.rng.random() < 0.8:
            return "", "*" + self.seen[mark]
        name = f"a{len(self.seen)}"
        self.seen.setdefault(mark, name)
        if isinstance(value, dict) and self.seen[mark] == name:
            self.waiting[mark] = (name, value)
        return (f" &{name}" if self.seen[mark] == name else ""), None

    def comment(self) -> str:
        if self.rng.random() < 0.8:
            return ""
        return self.rng.choice(("  # why", " # tab\there", "   #x", " # 'quoted: {"))

    def above(self, path: DocPath, parent: DocPath, column: int) -> None:
        """Write blank lines and comments above an entry."""
        rng = self.rng
        pad = " " * column
        if rng.random() < 0.1:
            self.lines.append(Line(pad + "# a section", (parent,)))
            self.lines.append(Line(rng.choice(("", "", "   ")), (path,)))
        elif rng.random() < 0.1:
            self.lines.append(Line("", (path,)))
        if rng.random() < 0.12:
            self.lines.append(Line(pad + f"# about {path[-1]!r}"[:40], (path,)))

    def below(self, path: DocPath, column: int) -> None:
        if self.rng.random() < 0.06:
            self.lines.append(Line(" " * (column + self.rng.randrange(1, 4)) + "# more", (path,)))

    def mapping(self, value: dict[str, Any], path: DocPath, column: int, lead: str = "") -> None:
        """Write a block mapping; `lead` is what its first line begins with (dashes)."""
        merged = self.merged(value)
        if merged:
            name, base = merged
            self.lines.append(Line(f"{lead or ' ' * column}<<: *{name}", (path,), True))
            lead = ""
            value = {key: item for key, item in value.items() if key not in base}
        for number, (key, item) in enumerate(value.items()):
            own = (*path, key)
            prefix = " " * column
            if number == 0 and lead:
                prefix = lead
            else:
                # What stands above the first entry of an item belongs to nobody in particular.
                self.above(own, path, column)
            shown = self.key(key)
            if self.rng.random() < 0.04 or len(shown) > 900:
                self.lines.append(Line(f"{prefix}? {shown}{self.comment()}", (own,)))
                self.value(item, own, column, " " * column + ":", in_mapping=True)
            else:
                self.value(item, own, column, f"{prefix}{shown}:", in_mapping=True)

    def merged(self, value: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """Return a finished anchor whose mapping the value contains."""
        if not self.anchors or self.rng.random() < 0.3:
            return None
        for name, base in self.bases.items():
            inside = all(key in value and repr(value[key]) == repr(base[key]) for key in base)
            if inside and len(base) < len(value):
                return name, base
        return None

    def sequence(self, value: list[Any], path: DocPath, column: int, lead: str = "") -> None:
        gap = self.rng.choice((1, 1, 1, 2, 3))
        for number, item in enumerate(value):
            own = (*path, number)
            prefix = " " * column
            if number == 0 and lead:
                prefix = lead
            else:
                self.above(own, path, column)
            self.value(item, own, column, prefix + "-", in_mapping=False, gap=gap)

    def value(
        self,
        value: Any,
        path: DocPath,
        column: int,
        head: str,
        *,
        in_mapping: bool,
        gap: int = 1,
    ) -> None:
        self._written(value, path, column, head, in_mapping=in_mapping, gap=gap)
        # Only a finished mapping can be merged into another one.
        finished = self.waiting.pop(repr(value), None)
        if finished:
            self.bases[finished[0]] = finished[1]

    def _written(
        self, value: Any, path: DocPath, column: int, head: str, *, in_mapping: bool, gap: int
    ) -> None:
        rng = self.rng
        anchor, alias = self.anchor(value)
        space = " " * (gap if not in_mapping else rng.choice((1, 1, 1, 2)))
        if alias:
            self.lines.append(Line(f"{head}{space}{alias}{self.comment()}", (path,), True))
            return
        if isinstance(value, (dict, list)) and value and rng.random() > 0.15:
            self.collection(value, path, column, head + anchor, in_mapping, gap, bool(anchor))
            return
        if isinstance(value, (dict, list)):
            self.flow_lines(value, path, column, head + anchor + space)
            return
        if isinstance(value, str) and emit.fits_block(value) and rng.random() < 0.3:
            self.block_scalar(value, path, column, head + anchor + space)
            return
        written = self.scalar(value)
        self.lines.append(
            Line(head + anchor + (space if written else "") + written + self.comment(), (path,))
        )
        self.below(path, column)

    def collection(
        self,
        value: Any,
        path: DocPath,
        column: int,
        head: str,
        in_mapping: bool,
        gap: int,
        anchored: bool,
    ) -> None:
        rng = self.rng
        write = self.mapping if isinstance(value, dict) else self.sequence
        if not in_mapping and not anchored and rng.random() < 0.9:
            inner = column + 1 + gap
            self.inline.add(path)
            write(value, path, inner, head + " " * gap)
            return
        least = 0 if in_mapping and isinstance(value, list) else 1
        inner = column + rng.choice((2, 2, 2, max(least, 0), 1, 4))
        if inner == column and least:
            inner = column + 2
        self.lines.append(Line(head + self.comment(), (path,)))
        write(value, path, inner)

    def block_scalar(self, value: str, path: DocPath, column: int, head: str) -> None:
        rng = self.rng
        indent = column + rng.choice((2, 2, 1, 4))
        chomp = "" if value.endswith("\n") else "-"
        lines: list[str] | None = None
        style = "|"
        if rng.random() < 0.5:
            lines, style = emit.folded(value, indent, rng.choice((20, 60, 120))), ">"
        if lines is None:
            lines, style = emit.literal(value, indent)[1], "|"
        self.lines.append(Line(head + style + chomp + self.comment(), (path,)))
        self.lines += [Line(line, (path,)) for line in lines]
        self.block_end = len(self.lines)

    def flow_lines(self, value: Any, path: DocPath, column: int, head: str) -> None:
        rng = self.rng
        if not value or rng.random() < 0.7:
            line = head + self.flow_content(value) + self.comment()
            self.lines.append(Line(line, (path,), True))
            return
        pad = " " * (column + rng.choice((1, 2, 4)))
        opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
        self.lines.append(Line(head + opening + self.comment(), (path,), True))
        items = (
            [f"{self.key(k, flow=True)}: {self.flow(v)}" for k, v in value.items()]
            if isinstance(value, dict)
            else [self.flow(item) for item in value]
        )
        for number, item in enumerate(items):
            comma = "," if number < len(items) - 1 or rng.random() < 0.3 else ""
            self.lines.append(Line(pad + item + comma + self.comment(), (path,), True))
        self.lines.append(Line(pad + closing + self.comment(), (path,), True))

    def flow(self, value: Any) -> str:
        anchor, alias = self.anchor(value)
        if alias:
            return alias + " "
        return (anchor.lstrip() + " " if anchor else "") + self.flow_content(value)

    def flow_content(self, value: Any) -> str:
        inner = self.rng.choice(("", "", " "))
        if isinstance(value, dict):
            items = [f"{self.key(key, flow=True)}: {self.flow(v)}" for key, v in value.items()]
            return "{" + inner + ", ".join(items) + inner + "}"
        if isinstance(value, list):
            return "[" + inner + ", ".join(map(self.flow, value)) + inner + "]"
        return self.scalar(value, flow=True)

    def key(self, key: str, *, flow: bool = False) -> str:
        return emit.scalar(key, flow=flow, quote=self.rng.choice(("", "", "", "'", '"')))

    def scalar(self, value: Any, *, flow: bool = False) -> str:
        rng = self.rng
        if value is None:
            return rng.choice(("null", "~", "Null") if flow else ("", "", "null", "~"))
        if isinstance(value, bool) and rng.random() < 0.2:
            return str(value)
        return emit.scalar(value, flow=flow, quote=rng.choice(("", "", "'", '"')))
