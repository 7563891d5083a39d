"""The grammar of type spellings, and the tree they are parsed into."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

_MAX_DEPTH = 64

#: Every word (or words) that is a type without parts, and its canonical name.
ALIASES: Mapping[str, str] = {
    "boolean": "boolean",
    "bool": "boolean",
    "byte": "byte",
    "tinyint": "byte",
    "short": "short",
    "smallint": "short",
    "int": "int",
    "integer": "int",
    "long": "long",
    "bigint": "long",
    "float": "float",
    "real": "float",
    "double": "double",
    "double precision": "double",
    "decimal": "decimal",
    "dec": "decimal",
    "numeric": "decimal",
    "string": "string",
    "text": "string",
    "char": "char",
    "character": "char",
    "varchar": "varchar",
    "character varying": "varchar",
    "char varying": "varchar",
    "binary": "binary",
    "date": "date",
    "timestamp": "timestamp",
    "timestamp_ltz": "timestamp",
    "timestamptz": "timestamp",
    "timestamp with time zone": "timestamp",
    "timestamp with local time zone": "timestamp",
    "timestamp_ntz": "timestamp_ntz",
    "timestamp without time zone": "timestamp_ntz",
    "time": "time",
    "time without time zone": "time",
    "interval": "interval",
    "void": "void",
    "null": "void",
    "variant": "variant",
    "array": "array",
    "map": "map",
    "struct": "struct",
}

_INTERVAL_UNITS = frozenset({"year", "month", "day", "hour", "minute", "second"})
#: Most arguments in parentheses that a type takes.
_ARITY: Mapping[str, int] = {"decimal": 2, "char": 1, "varchar": 1, "time": 1}


@dataclass(frozen=True, slots=True)
class TypeField:
    """One field of a struct type."""

    name: str
    type: PhysicalType
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class PhysicalType:
    """A type as a tree; `text` is its spelling, `name` its canonical name.

    An unknown type has `known` False and its folded text as `name`. `word` is how the name was
    written. A decimal without arguments, an array without items and so on state no more than that.
    """

    text: str
    name: str
    known: bool = True
    word: str = ""
    args: tuple[int, ...] = ()
    fields: tuple[TypeField, ...] = ()
    items: PhysicalType | None = None
    key: PhysicalType | None = None
    value: PhysicalType | None = None


class _NotAType(Exception):  # noqa: N818 - never leaves this module
    pass


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<quoted>`(?:[^`]|``)*`|"(?:[^"]|"")*")
    | (?P<string>'(?:[^'\\]|\\.|'')*')
    | (?P<number>\d+)(?![\w])
    | (?P<word>\w[\w$-]*)
    | (?P<mark>[<>(),:])
    )""",
    re.VERBOSE,
)


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def _tokens(text: str) -> list[_Token]:
    tokens, place, end = [], 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise _NotAType
        kind = match.lastgroup
        tokens.append(_Token(kind, match[kind], match.start(kind), match.end()))
        place = match.end()
    return tokens


@dataclass(slots=True)
class _Parser:
    text: str
    tokens: list[_Token] = field(default_factory=list)
    place: int = 0

    def whole(self) -> PhysicalType:
        self.tokens = _tokens(self.text)
        result = self.type(0)
        if self.place != len(self.tokens):
            raise _NotAType
        return result

    def peek(self, ahead: int = 0) -> _Token | None:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else None

    def take(self, kind: str) -> _Token:
        token = self.peek()
        if token is None or token.kind != kind:
            raise _NotAType
        self.place += 1
        return token

    def mark(self, mark: str) -> bool:
        token = self.peek()
        if token is not None and token.kind == "mark" and token.text == mark:
            self.place += 1
            return True
        return False

    def need(self, mark: str) -> None:
        if not self.mark(mark):
            raise _NotAType

    def type(self, depth: int) -> PhysicalType:
        if depth > _MAX_DEPTH:
            raise _NotAType
        start = self.place
        word, name = self._name()
        args = self._args(name)
        parts: dict[str, Any] = {}
        if name in ("array", "map", "struct") and self.mark("<"):
            parts = self._parts(name, depth + 1)
            self.need(">")
        if name == "varchar" and not args:
            name = "string"  # no length: as wide as a string
        text = self.text[self.tokens[start].start : self.tokens[self.place - 1].end]
        return PhysicalType(text, name, True, word, args, **parts)

    def _name(self) -> tuple[str, str]:
        """Read the longest run of words that names a type."""
        words: list[str] = []
        ahead = 0
        while (token := self.peek(ahead)) and token.kind == "word" and ahead < 5:
            words.append(token.text)
            ahead += 1
        folded = [word.lower() for word in words]
        if folded[:1] == ["interval"]:
            count = 1
            if folded[1:2] and folded[1] in _INTERVAL_UNITS:
                count = 4 if folded[2:3] == ["to"] and folded[3:4] else 2
            if count == 4 and folded[3] not in _INTERVAL_UNITS:
                raise _NotAType
            self.place += count
            return " ".join(words[:count]), " ".join(folded[:count])
        for count in range(len(words), 0, -1):
            name = ALIASES.get(" ".join(folded[:count]))
            if name is not None:
                self.place += count
                return " ".join(words[:count]), name
        raise _NotAType

    def _args(self, name: str) -> tuple[int, ...]:
        most = _ARITY.get(name, 0)
        if not most or not self.mark("("):
            return ()
        args = [int(self.take("number").text)]
        while len(args) < most and self.mark(","):
            args.append(int(self.take("number").text))
        self.need(")")
        if name == "decimal" and len(args) == 1:
            args.append(0)
        return tuple(args)

    def _parts(self, name: str, depth: int) -> dict[str, Any]:
        if name == "array":
            return {"items": self.type(depth)}
        if name == "map":
            key = self.type(depth)
            self.need(",")
            return {"key": key, "value": self.type(depth)}
        fields: list[TypeField] = []
        token = self.peek()
        if token is not None and token.text == ">":
            return {}
        while True:
            fields.append(self._field(depth))
            if not self.mark(","):
                return {"fields": tuple(fields)}

    def _field(self, depth: int) -> TypeField:
        token = self.peek()
        if token is None or token.kind not in ("quoted", "word", "number"):
            raise _NotAType
        self.place += 1
        quote = token.text[0] if token.kind == "quoted" else ""
        name = token.text[1:-1].replace(quote * 2, quote) if quote else token.text
        self.mark(":")
        kind = self.type(depth)
        nullable = True
        if self._words("not", "null"):
            nullable = False
        if self._words("comment"):
            self.take("string")
        return TypeField(name, kind, nullable)

    def _words(self, *words: str) -> bool:
        for ahead, word in enumerate(words):
            token = self.peek(ahead)
            if token is None or token.kind != "word" or token.text.lower() != word:
                return False
        self.place += len(words)
        return True


def folded(text: str) -> str:
    """Return the text without letter case and needless blanks."""
    return re.sub(r"\s*([<>(),:])\s*", r"\1", " ".join(text.split())).casefold()


@lru_cache(maxsize=4096)
def parse(text: str) -> PhysicalType:
    """Parse a type's spelling; one that is not understood comes back with `known` False."""
    try:
        return _Parser(text).whole()
    except _NotAType:
        return PhysicalType(text, folded(text), known=False)
