"""The grammar of type spellings, and the tree they are parsed into."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from dc43_gitdraft.types.arguments import NotATypeError, interpret
from dc43_gitdraft.types.dialects import DIALECTS, SHARED
from dc43_gitdraft.types.tokens import Token, literal, tokens
from dc43_gitdraft.types.words import Meaning

_MAX_DEPTH = 64

#: Every word (or words) of our own grammar that is a type without parts, and its canonical name.
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
    "time with time zone": "timetz",
    "interval": "interval",
    "void": "void",
    "null": "void",
    "variant": "variant",
    "array": "array",
    "map": "map",
    "struct": "struct",
}
_OWN: Mapping[str, Meaning] = {word: Meaning(name) for word, name in ALIASES.items()}

_INTERVAL_UNITS = frozenset({"year", "month", "week", "day", "hour", "minute", "second"})
_ZONES = (("with", "time", "zone"), ("with", "local", "time", "zone"), ("without", "time", "zone"))
_UNSIGNED: Mapping[str, str] = {
    "byte": "ubyte",
    "short": "ushort",
    "mediumint": "umediumint",
    "int": "uint",
    "long": "ulong",
}
#: Words that follow a type and are no part of its name.
_AFTER = frozenset({"not", "null", "comment", "options", "collate", "with", "without"})
_WRAPPERS = frozenset({"nullable", "wrapper"})
_NESTED = frozenset({"array", "map", "struct", "union", "range"}) | _WRAPPERS
_CLOSING: Mapping[str, str] = {"<": ">", "(": ")"}


@dataclass(frozen=True, slots=True)
class TypeField:
    """One field of a struct type; one without a name has its place, from 1, for a name.

    `comment` is what the spelling says of it, and no part of the type.
    """

    name: str
    type: PhysicalType
    nullable: bool = True
    comment: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class PhysicalType:
    """A type as a tree; `text` is its spelling, `name` its canonical name.

    An unknown type has `known` False and its folded text as `name`. `word` is how the name was
    written. A decimal without arguments, an array without items and so on state no more than that.
    `args` are numbers, as written or as the dialect has them by default; `detail` is whatever else
    tells it from others of its name (values of an enum, a collation), folded.
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
    detail: str = ""
    dialect: str = ""


@dataclass(slots=True)
class _Parser:
    text: str
    dialect: str
    tokens: list[Token] = field(default_factory=list)
    place: int = 0
    arrays: int = 0

    def whole(self) -> PhysicalType:
        self.tokens = tokens(self.text)
        result = self.type(0)
        if self.place != len(self.tokens):
            raise NotATypeError
        return result

    def peek(self, ahead: int = 0) -> Token | None:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else None

    def take(self, *kinds: str) -> Token:
        token = self.peek()
        if token is None or token.kind not in kinds:
            raise NotATypeError
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
            raise NotATypeError

    def words(self, *words: str) -> bool:
        for ahead, word in enumerate(words):
            token = self.peek(ahead)
            if token is None or token.kind != "word" or token.text.lower() != word:
                return False
        self.place += len(words)
        return True

    def type(self, depth: int) -> PhysicalType:
        if depth > _MAX_DEPTH:
            raise NotATypeError
        start = self.place
        word, meaning = self._name()
        if meaning.name in _NESTED:
            found = self._nested(word, meaning.name, depth)
        else:
            found = self._plain(word, meaning)
        found = self._suffixes(found, start)
        return replace(found, text=self._since(start), dialect=self.dialect)

    def _since(self, start: int) -> str:
        return self.text[self.tokens[start].start : self.tokens[self.place - 1].end]

    def _name(self) -> tuple[str, Meaning]:
        """Read the longest run of words that names a type."""
        words: list[str] = []
        while (token := self.peek(len(words))) and token.kind == "word" and len(words) < 5:
            words.append(token.text)
        if words and words[0].lower() == "interval":
            self.place += 1
            return words[0], _OWN["interval"]
        for count in range(len(words), 0, -1):
            meaning = self._known(" ".join(words[:count]).lower())
            if meaning is not None:
                self.place += count
                return " ".join(words[:count]), meaning
        return self._elsewhere(words)

    def _known(self, phrase: str) -> Meaning | None:
        dialect = DIALECTS.get(self.dialect)
        if dialect is not None and phrase in dialect.words:
            return dialect.words[phrase]
        return _OWN.get(phrase) or SHARED.get(phrase)

    def _elsewhere(self, words: list[str]) -> tuple[str, Meaning]:
        from dc43_gitdraft.types import foreign  # not before a word needs it

        stop = next((at for at, word in enumerate(words) if word.lower() in _AFTER), len(words))
        for count in range(min(stop, 3), 0, -1):
            name = foreign.word(tuple(words[:count]), self.dialect)
            if name is not None:
                self.place += count
                return " ".join(words[:count]), Meaning(name)
        raise NotATypeError

    def _plain(self, word: str, meaning: Meaning) -> PhysicalType:
        if meaning.name == "interval":
            return self._interval(word)
        raw = self._arguments()
        word, meaning = self._zone(word, meaning)
        if raw is not None and meaning.fixed:
            raise NotATypeError
        name, args, detail = interpret(word.lower(), meaning, raw, self.dialect)
        return PhysicalType("", name, True, word, args, detail=detail)

    def _zone(self, word: str, meaning: Meaning) -> tuple[str, Meaning]:
        """Read `with time zone` behind the precision, as the standard has it."""
        for zone in _ZONES:
            phrase = " ".join((word.lower(), *zone))
            if (found := self._known(phrase)) is not None and self.words(*zone):
                return phrase.upper() if word.isupper() else phrase, found
        return word, meaning

    def _arguments(self) -> list[str] | None:
        """Read what stands in parentheses: the folded texts between the commas."""
        if not self.mark("("):
            return None
        args: list[str] = []
        while True:
            parts: list[str] = []
            while (token := self.peek()) and token.text not in (",", ")"):
                if token.kind == "mark" and token.text not in ("=", "*"):
                    raise NotATypeError
                parts.append(token.text if token.kind == "string" else token.text.lower())
                self.place += 1
            if not parts:
                raise NotATypeError
            args.append(" ".join(parts))
            if not self.mark(","):
                self.need(")")
                return args

    def _interval(self, word: str) -> PhysicalType:
        units: list[str] = []
        args: list[int] = []
        token = self.peek()
        if token is not None and token.text.lower() in _INTERVAL_UNITS:
            while True:
                unit = self.take("word").text.lower()
                if unit not in _INTERVAL_UNITS:
                    raise NotATypeError
                units.append(unit)
                args.extend(map(int, self._precision()))
                if len(units) == 2 or not self.words("to"):
                    break
        else:
            args.extend(map(int, self._precision()))
        name = " ".join(["interval", " to ".join(units)]).strip()
        return PhysicalType("", name, True, word if not units else name, tuple(args))

    def _precision(self) -> list[str]:
        raw = self._arguments() or []
        if not all(arg.isdecimal() for arg in raw):
            raise NotATypeError
        return raw

    def _suffixes(self, found: PhysicalType, start: int) -> PhysicalType:
        """Read what stands behind a type: arrays, `unsigned`, a collation."""
        while True:
            text = self._since(start)
            if self.mark("["):
                found = self._array_of(found, text, self._size())
            elif self.words("array"):
                found = self._array_of(found, text, self._size() if self.mark("[") else "")
            elif self.words("unsigned"):
                detail = "" if found.name in _UNSIGNED else "unsigned"
                found = replace(found, name=_UNSIGNED.get(found.name, found.name), detail=detail)
            elif self.words("collate"):
                collation = self.take("word", "quoted", "string").text.strip("'\"`")
                found = replace(found, detail=f"collate {collation.lower()}")
            elif not (self.words("signed") or self.words("zerofill")):
                return found

    def _size(self) -> str:
        if self.mark("]"):
            return ""
        size = self.take("number").text
        self.need("]")
        return size

    def _array_of(self, items: PhysicalType, text: str, size: str) -> PhysicalType:
        self.arrays += 1
        if self.arrays > _MAX_DEPTH:
            raise NotATypeError
        items = replace(items, text=text, dialect=self.dialect)
        # Only DuckDB has arrays of a fixed size; Postgres passes over it.
        detail = size if self.dialect == "duckdb" else ""
        return PhysicalType("", "array", True, "array", items=items, detail=detail)

    def _nested(self, word: str, name: str, depth: int) -> PhysicalType:
        opening = next((mark for mark in _CLOSING if self.mark(mark)), None)
        if opening is None:
            if name in _WRAPPERS:
                raise NotATypeError
            return PhysicalType("", name, True, word)
        parts = self._parts(name, _CLOSING[opening], depth + 1)
        self.need(_CLOSING[opening])
        if name == "wrapper":
            inner: PhysicalType = parts["items"]
            return inner
        return PhysicalType("", name, True, word, **parts)

    def _parts(self, name: str, closing: str, depth: int) -> dict[str, Any]:
        if name in ("array", "range") or name in _WRAPPERS:
            items = self.type(depth)
            return {"items": items, "detail": "not null" if self.words("not", "null") else ""}
        if name == "map":
            key = self.type(depth)
            self.need(",")
            value = self.type(depth)
            detail = "not null" if self.words("not", "null") else ""
            return {"key": key, "value": value, "detail": detail}
        fields: list[TypeField] = []
        token = self.peek()
        if token is not None and token.text == closing:
            return {}
        while True:
            fields.append(self._field(depth, len(fields) + 1))
            if not self.mark(","):
                return {"fields": tuple(fields)}

    def _field(self, depth: int, place: int) -> TypeField:
        start = self.place
        try:
            name = self._field_name()
            kind = self.type(depth)
        except NotATypeError:
            self.place = start
            name, kind = str(place), self.type(depth)
        nullable = not self.words("not", "null")
        comment = ""
        if self.words("comment"):
            comment = literal(self.take("string", "quoted").text)
        if self.words("options"):
            comment = self._described() or comment
        return TypeField(name, kind, nullable, comment)

    def _described(self) -> str:
        """Return the description among BigQuery's options."""
        start = self.place
        self._arguments()
        for at, token in enumerate(self.tokens[start : self.place - 2], start):
            said = self.tokens[at + 2]
            if token.text.lower() == "description" and said.kind in ("string", "quoted"):
                return literal(said.text)
        return ""

    def _field_name(self) -> str:
        token = self.take("quoted", "word", "number")
        following = self.peek()
        if following is None or following.text in ("<", "(", ",", ")", ">", "["):
            raise NotATypeError  # a type without a name
        self.mark(":")
        if token.kind != "quoted":
            return token.text
        quote = token.text[0]
        return token.text[1:-1].replace(quote * 2, quote)


def folded(text: str) -> str:
    """Return the text without letter case and needless blanks."""
    return re.sub(r"\s*([<>(),:])\s*", r"\1", " ".join(text.split())).casefold()


@lru_cache(maxsize=8192)
def parse(text: str, dialect: str | None = None) -> PhysicalType:
    """Parse a type's spelling; one that is not understood comes back with `known` False.

    A word means what the dialect says; then what our own grammar says; then what all dialects that
    have it agree on; then what sqlglot makes of it.
    """
    try:
        return _Parser(text, dialect or "").whole()
    except NotATypeError:
        return PhysicalType(text, folded(text), known=False, dialect=dialect or "")
