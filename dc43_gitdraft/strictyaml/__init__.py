"""YAML read strictly, and the place of every node.

Contracts are read by YAML 1.1 programs (PyYAML) and by YAML 1.2 ones. Here the YAML 1.2 rules
hold as ruamel.yaml applies them (`no` and `1:20` are strings, `1e3` is a number), unless the
document says `%YAML 1.1`. Nothing else is guessed: what two readers could take for different
documents (duplicate keys, unknown tags, several documents, keys that are not text) is refused
with its line and column.

The parser is libyaml through ruamel.yaml.clib where that is installed, else (and where libyaml
refuses) ruamel.yaml's own, which is slower. Only its flat stream of events is used: no
recursion, so no depth can exhaust
the stack.
"""

from __future__ import annotations

import gc
import re
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML, events
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from dc43_gitdraft.errors import InputError
from dc43_gitdraft.strictyaml.scalars import TAG_PREFIX, resolve

#: Bytes that a document may have; a contract is some kilobytes.
MAX_BYTES = 10_000_000
#: Collections inside each other; fifty nested properties need about 150.
MAX_DEPTH = 200
#: Nodes that all aliases together may stand for.
MAX_ALIASED = 100_000
#: Characters of a text that the slow parser is tried on where the fast one refuses it.
MAX_SLOW = 1_000_000

SCALAR, SEQUENCE, MAPPING = "scalar", "sequence", "mapping"
BOM = "\ufeff"

_UNPRINTABLE = re.compile(
    "[^\\t\\n\\r\\x20-\\x7e\\x85\\xa0-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd\\U00010000-\\U0010ffff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_BREAK = re.compile(r"\r\n|\n|\r")
_SKIP = re.compile(r"(?:\s|#[^\r\n]*)*")
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*(?:\s+(?:#[^\r\n]*)?)*)*")
_BLOCK_HEADER = re.compile(r"[|>][0-9+-]*")

_SAID_BETTER = {
    "mapping values are not allowed": "a ':' where none may stand; quote the text that holds it,"
    " or mend the indentation",
    "found unexpected end of stream": "a quote is never closed",
    "did not find expected '-' indicator": "this line is indented like a list item, and is none",
    "expected <block end>": "the indentation does not fit the lines above",
    "did not find expected key": "the indentation does not fit the lines above",
    "did not find expected ',' or ']'": "a '[' is never closed, or a comma is missing",
    "did not find expected ',' or '}'": "a '{' is never closed, or a comma is missing",
    "found unknown escape character": "an unknown escape after '\\'; double it, or use single"
    " quotes",
    "could not find expected ':'": "a key without ':'",
    "found duplicate": "declared twice",
}


@dataclass(slots=True, eq=False)
class Node:
    """A node and its place; offsets count characters from the start of the text.

    `start` is where its anchor or tag begins, `content` where what it says begins, `end` where
    it ends: blank lines and comments after a block collection are not part of it. `style` is
    "" (plain, block), one of ' " | > [ {, * for an alias, or pair for the mapping in `[a: 1]`.
    `value` is the node as plain Python, shared between aliases: read it, never change it.
    For an alias, `target` is the node it stands for. `children` holds a sequence's items, or a
    mapping's values, whose keys are in `keys`. `aliases` says whether an alias stands in it,
    `size` how many nodes it has when all aliases are written out, `height` how many collections
    are nested in it.
    """

    kind: str
    start: int
    content: int
    end: int
    style: str = ""
    value: Any = None
    anchor: str | None = None
    tag: str | None = None
    target: Node | None = None
    children: list[Node] = field(default_factory=list)
    keys: list[Node] = field(default_factory=list)
    size: int = 1
    height: int = 0
    aliases: bool = False

    @property
    def is_merge(self) -> bool:
        """Say whether this key is YAML's merge key."""
        return self.style == "" and self.value == "<<" and self.tag is None

    @property
    def bare(self) -> bool:
        """Say whether nothing at all is written here: `key:`."""
        return self.start == self.end


def load(text: str, where: str | None, *, error: type[InputError] = InputError) -> Any:
    """Read one YAML document as plain Python that shares nothing with itself."""
    return copied(parse(text, where, error=error).value)


def decode(source: bytes, where: str | None, *, error: type[InputError] = InputError) -> str:
    """Turn a file's bytes into text; a byte order mark stays as its first character."""
    if len(source) > MAX_BYTES:
        raise error(f"has {len(source):,} bytes; at most {MAX_BYTES:,} are read", where=where)
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError as bad:
        before = source[: bad.start].decode("utf-8")
        line, column = position(before, len(before))
        message = "is not UTF-8 text; save it as UTF-8"
        raise error(message, where=where, line=line, column=column) from None


def parse(text: str, where: str | None = None, *, error: type[InputError] = InputError) -> Node:
    """Read one YAML document as a tree of nodes with their places."""
    try:
        with _uncollected():
            return _Reader(text, where, error, pure=False).read()
    except _UnreadableError as refused:
        # The libyaml in ruamel.yaml.clib is an old one: it has no `{url: https://a.b}`.
        if len(text) <= MAX_SLOW:
            with suppress(_UnreadableError):
                return _Reader(text, where, error, pure=True).read()
        raise refused.error from None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector out: a growing tree is none, and it would look at all of it again.

    Whoever finds the collector at work puts it to work again, threads among each other too.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def position(text: str, offset: int) -> tuple[int, int]:
    """Return the line and column, both from 1, of an offset; a BOM takes no column."""
    line, begin = 1, 0
    for found in _BREAK.finditer(text, 0, min(offset, len(text))):
        line, begin = line + 1, found.end()
    return line, offset - begin + (0 if line == 1 and text.startswith(BOM) and offset else 1)


class Lines:
    """The same for many offsets of one text."""

    def __init__(self, text: str) -> None:
        self._begins = [0, *(found.end() for found in _BREAK.finditer(text))]
        self._bom = text.startswith(BOM)

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and column of an offset, both from 1."""
        line = bisect_right(self._begins, offset)
        shift = 0 if line == 1 and self._bom and offset else 1
        return line, offset - self._begins[line - 1] + shift


def skip(text: str, offset: int) -> int:
    """Return the offset of the next character that is no space, line break or comment."""
    found = _SKIP.match(text, offset)
    return found.end() if found else offset


def copied(value: Any) -> Any:
    """Copy a document so that no two places share a list or mapping."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


class _Events(YAML):
    """The parser, without the search on disk for plug-ins that each new one begins with."""

    def official_plug_ins(self) -> list[str]:
        return []


class _UnreadableError(Exception):
    """The parser itself refuses; another one may not."""

    def __init__(self, error: InputError) -> None:
        super().__init__(error)
        self.error = error


class _Reader:
    """Builds the tree from the parser's events; refuses what is not strict."""

    def __init__(
        self, text: str, where: str | None, error: type[InputError], *, pure: bool
    ) -> None:
        self.text = text
        self.pure = pure
        self.where = where
        self.error = error
        # libyaml's offsets do not count the byte order mark, ruamel.yaml's do: take it off.
        self.shift = 1 if text.startswith(BOM) else 0
        self.version: tuple[int, int] | None = None
        self.anchors: dict[str, Node] = {}
        self.stack: list[Node] = []
        self.pending: list[Node | None] = []
        self.aliased = 0
        self.root: Node | None = None

    def refuse(self, message: str, offset: int) -> InputError:
        line, column = position(self.text, offset)
        return self.error(message, where=self.where, line=line, column=column)

    def read(self) -> Node:
        self._check_characters()
        seen = 0
        for event in self._events():
            if isinstance(event, events.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, (events.MappingStartEvent, events.SequenceStartEvent)):
                self._open(event)
            elif isinstance(event, (events.MappingEndEvent, events.SequenceEndEvent)):
                self._close(event)
            elif isinstance(event, events.AliasEvent):
                self._alias(event)
            elif isinstance(event, events.DocumentStartEvent):
                seen += 1
                if seen > 1:
                    message = "a second document starts here; one file holds one document"
                    raise self.refuse(message, event.start_mark.index + self.shift)
                self.version = event.version
        if self.root is None or self.root.bare:
            raise self.error("is empty", where=self.where, line=1, column=1)
        return self.root

    def _check_characters(self) -> None:
        # A character is at most four bytes: only a long text needs to be encoded to be weighed.
        if len(self.text) * 4 > MAX_BYTES:
            size = len(self.text.encode("utf-8", "surrogatepass"))
            if size > MAX_BYTES:
                message = f"has {size:,} bytes; at most {MAX_BYTES:,} are read"
                raise self.error(message, where=self.where)
        bad = _UNPRINTABLE.search(self.text, self.shift)
        if bad:
            code = ord(bad.group())
            name = "a NUL character" if code == 0 else f"the control character U+{code:04X}"
            raise self.refuse(f"{name} may not stand in YAML; remove it", bad.start())

    def _events(self) -> Iterator[Any]:
        try:
            yield from _Events(typ="safe", pure=self.pure).parse(self.text[self.shift :])
        except MarkedYAMLError as bad:
            mark = bad.problem_mark or bad.context_mark
            offset = (mark.index if mark else 0) + self.shift
            offset = min(offset, len(self.text))
            raise _UnreadableError(self.refuse(self._say(bad, offset), offset)) from None
        except YAMLError as bad:
            message = f"is not valid YAML: {bad}"
            raise _UnreadableError(self.error(message, where=self.where)) from None
        except (AssertionError, OverflowError, ValueError):
            # ruamel.yaml's own parser: of an escape that is no character, of `%YAML 1.3`.
            message = "is not valid YAML: an escape stands for no character, or a directive is odd"
            raise _UnreadableError(self.error(message, where=self.where)) from None

    def _say(self, bad: MarkedYAMLError, offset: int) -> str:
        problem = str(bad.problem or bad.context or "unreadable")
        if self.text[offset : offset + 1] == "\t":
            return "a tab where spaces must stand; indent with spaces"
        if "cannot start any token" in problem:
            sign = self.text[offset : offset + 1]
            return f"a value may not begin with {sign}; quote it"
        for said, better in _SAID_BETTER.items():
            if said in problem:
                return better
        return f"is not valid YAML: {problem}"

    def _whole(self, text: str, start: int) -> str:
        """Join characters that are escaped in two halves, as in JSON."""
        if not _SURROGATE.search(text):
            return text
        try:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            problem = "an escape here is half a character; write the character"
            raise self.refuse(problem, start) from None

    def _scalar(self, event: Any) -> None:
        start, end = event.start_mark.index + self.shift, event.end_mark.index + self.shift
        anchor, tag, style = event.anchor, _tag(event), event.style or ""
        written = self._whole(event.value, start) if style == '"' else event.value
        content = start
        if anchor is not None or tag is not None:
            content = min(self._content(start), end)
        elif style == "" and written == "":
            # The two parsers put an unwritten value at different places.
            content = start = end = self._unwritten()
        if style in ("|", ">"):
            end = self._trimmed(content, end)
        try:
            value = resolve(written, style == "", tag, self.version == (1, 1))
        except ValueError as bad:
            raise self.refuse(str(bad), start) from None
        self._place(Node(SCALAR, start, content, end, style, value, anchor, tag))

    def _open(self, event: Any) -> None:
        start = event.start_mark.index + self.shift
        if len(self.stack) >= MAX_DEPTH:
            raise self.refuse(f"is nested deeper than {MAX_DEPTH} levels", start)
        sequence = isinstance(event, events.SequenceStartEvent)
        style = ("[" if sequence else "{") if event.flow_style else ""
        tag = _tag(event)
        kind = SEQUENCE if sequence else MAPPING
        if tag not in (None, "!", TAG_PREFIX + ("seq" if sequence else "map")):
            raise self.refuse(_unknown_tag(tag), start)
        node = Node(kind, start, start, start, style, None, event.anchor, tag)
        if event.flow_style:
            node.content = event.end_mark.index + self.shift - 1
            if self.text[node.content : node.content + 1] != style:
                # `[a: 1]`: a mapping without braces.
                node.content, node.style = start, "pair"
        elif event.anchor is not None or tag is not None:
            node.content = self._content(start)
        node.end = node.content
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        self.stack.append(node)
        self.pending.append(None)

    def _close(self, event: Any) -> None:
        node = self.stack.pop()
        self.pending.pop()
        if node.style in ("[", "{"):
            node.end = event.end_mark.index + self.shift
        elif node.children:
            node.end = max(node.children[-1].end, node.keys[-1].end if node.keys else 0)
        if node.kind == SEQUENCE:
            node.value = [child.value for child in node.children]
        else:
            node.value = self._mapping(node)
        node.size = 1 + len(node.keys) + sum(child.size for child in node.children)
        node.height = 1 + max((child.height for child in node.children), default=0)
        node.aliases = any(child.aliases for child in node.children)
        self._place(node, opened=True)

    def _mapping(self, node: Node) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, child in zip(node.keys, node.children, strict=True):
            if key.is_merge:
                for source in self._merge_sources(child):
                    for name, value in source.items():
                        merged.setdefault(name, value)
                continue
            if not isinstance(key.value, str):
                raise self.refuse("a key must be text; quote it", key.start)
            if key.value in own:
                raise self.refuse(f"the key '{key.value}' stands here twice", key.start)
            own[key.value] = child.value
        return {**merged, **own} if merged else own

    def _merge_sources(self, child: Node) -> list[dict[str, Any]]:
        sources = child.value if child.kind == SEQUENCE else [child.value]
        if not all(isinstance(source, dict) for source in sources):
            raise self.refuse("'<<' merges mappings only; name one with '*'", child.start)
        return list(sources)

    def _alias(self, event: Any) -> None:
        start, end = event.start_mark.index + self.shift, event.end_mark.index + self.shift
        target = self.anchors.get(event.anchor)
        if target is None:
            raise self.refuse(f"the anchor '&{event.anchor}' is not declared above", start)
        if any(target is node for node in self.stack):
            raise self.refuse(f"'*{event.anchor}' contains itself", start)
        self.aliased += target.size
        if self.aliased > MAX_ALIASED or len(self.stack) + target.height > MAX_DEPTH:
            raise self.refuse("the aliases expand to too large a document", start)
        node = Node(target.kind, start, start, end, "*", target.value, target=target)
        node.size, node.height, node.aliases = target.size, target.height, True
        self._place(node)

    def _place(self, node: Node, *, opened: bool = False) -> None:
        """Hang a finished node under the collection that is open."""
        if node.anchor is not None and not opened:
            self.anchors[node.anchor] = node
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if parent.kind == SEQUENCE:
            parent.children.append(node)
            return
        key = self.pending[-1]
        if key is not None:
            parent.keys.append(key)
            parent.children.append(node)
            self.pending[-1] = None
        elif node.kind != SCALAR:
            raise self.refuse("a key must be text, not a list or mapping", node.start)
        else:
            self.pending[-1] = node

    def _content(self, start: int) -> int:
        found = _PROPERTIES.match(self.text, start)
        return found.end() if found else start

    def _unwritten(self) -> int:
        """Return the place where an unwritten value would begin: after its '-' or ':'."""
        if not self.stack:
            return self.shift
        parent, key = self.stack[-1], self.pending[-1]
        if parent.kind == SEQUENCE:
            last = parent.children[-1].end if parent.children else parent.content
            return skip(self.text, last) + 1
        if key is None:
            return parent.content
        at = skip(self.text, key.end)
        return at + 1 if self.text[at : at + 1] == ":" else key.end

    def _trimmed(self, content: int, end: int) -> int:
        """Leave the blank lines after a block scalar out of it, unless it keeps them."""
        header = _BLOCK_HEADER.match(self.text, content)
        if header and "+" in header.group():
            return content + len(self.text[content:end].rstrip(" "))
        last = content + len(self.text[content:end].rstrip())
        ending = _BREAK.search(self.text, last, end)
        return ending.start() if ending else end


def _tag(event: Any) -> str | None:
    return None if event.tag is None else str(event.tag)


def _unknown_tag(tag: str | None) -> str:
    return f"the tag '{tag}' is unknown here; remove it"
