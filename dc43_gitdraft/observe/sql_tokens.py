"""Statements of SQL as words: what is read of them is so little that no dialect needs a grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import sqlglot.errors
from sqlglot import Token, TokenType
from sqlglot.dialects.dialect import Dialect

#: Words and signs of a text. So many take about 200 MB.
MAX_WORDS = 500_000

#: Of brackets in each other.
MAX_DEPTH = 64

_ROUGHLY = re.compile(r"\w+|[^\w\s]")
_OPENING = frozenset("(<[")
_CLOSING = {")": "(", "]": "["}
_MARKS = frozenset("()<>[],.;:=") | {">>"}


class SqlError(ValueError):
    """A text that is not SQL; `line` counts from 1."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Word:
    """A token: `kind` is word, quoted, string, number or mark; `start` to `end` in the text."""

    kind: str
    text: str
    start: int
    end: int
    line: int

    def says(self, *words: str) -> bool:
        """Tell whether it is one of these words or marks, without quotes."""
        return self.kind in ("word", "mark") and self.text.upper() in words


Words = Sequence[Word]


def statements(text: str, dialect: str | None) -> Iterator[list[Word]]:
    """Yield the words of each statement. Raises SqlError."""
    count = sum(1 for _ in islice(_ROUGHLY.finditer(text), MAX_WORDS + 1))
    if count > MAX_WORDS:
        raise SqlError(f"more than {MAX_WORDS:,} words and signs: keep what describes tables")
    known = dialect is not None and Dialect.get(dialect) is not None
    try:
        tokens = Dialect.get_or_raise(dialect if known else None).tokenize(text)
    except sqlglot.errors.SqlglotError:
        raise SqlError("this is not SQL: a quote or a comment does not end") from None
    found: list[Word] = []
    for token in tokens:
        # SQL Server's tools end a batch so.
        if token.token_type is TokenType.SEMICOLON or token.text.upper() == "GO":
            if found:
                yield found
            found = []
            continue
        found.extend(_words(token, text))
    if found:
        yield found


def _words(token: Token, text: str) -> Iterator[Word]:
    raw = text[token.start : token.end + 1]
    if token.token_type is TokenType.IDENTIFIER:
        yield Word("quoted", token.text, token.start, token.end + 1, token.line)
    elif raw[-1:] in ("'", '"') and raw != token.text:
        yield Word("string", token.text, token.start, token.end + 1, token.line)
    elif token.token_type is TokenType.NUMBER:
        yield Word("number", token.text, token.start, token.end + 1, token.line)
    elif raw in _MARKS:
        yield Word("mark", raw, token.start, token.end + 1, token.line)
    else:
        place = token.start
        for part in raw.split():  # `PRIMARY KEY` is one token
            place = text.index(part, place)
            yield Word("word", part, place, place + len(part), token.line)
            place += len(part)


def depths(words: Words) -> Iterator[tuple[Word, int]]:
    """Yield each word with the number of brackets around it; a bracket itself stands outside.

    `<` may be a bracket or a comparison: what closes around it tells.
    """
    open_: list[str] = []
    for word in words:
        text = word.text if word.kind == "mark" else ""
        if text in _OPENING:
            yield word, len(open_)
            open_.append(text)
            if len(open_) > MAX_DEPTH:
                raise SqlError(f"nested more than {MAX_DEPTH} levels deep", word.line)
            continue
        if text in (">", ">>"):
            for _ in text:
                if open_[-1:] == ["<"]:
                    open_.pop()
        elif text in _CLOSING:
            while open_ and open_.pop() != _CLOSING[text]:
                pass
        yield word, len(open_)


def elements(words: Words) -> Iterator[list[Word]]:
    """Yield what stands between commas. Raises SqlError where nothing does."""
    found: list[Word] = []
    for word, depth in depths(words):
        if depth == 0 and word.says(","):
            if not found:
                raise SqlError("nothing stands before a comma", word.line)
            yield found
            found = []
        else:
            found.append(word)
    if found:
        yield found
    elif words:
        raise SqlError("nothing stands behind the last comma", words[-1].line)


def bracketed(words: Words, start: int = 0) -> tuple[Words, int]:
    """Return what stands in the first parentheses from `start`, and the place behind them.

    Raises SqlError where they do not end.
    """
    opened = next((at for at in range(start, len(words)) if words[at].says("(")), None)
    if opened is None:
        return (), len(words)
    for at, (word, depth) in enumerate(depths(words[opened:]), opened):
        if at > opened and depth == 0 and word.says(")"):
            return words[opened + 1 : at], at + 1
    raise SqlError("a parenthesis does not end", words[opened].line)


def name(words: Words, start: int = 0) -> tuple[tuple[str, ...], int]:
    """Return the parts of a name with dots, and the place behind it."""
    parts: list[str] = []
    at = start
    while at < len(words) and words[at].kind != "mark":
        parts.append(words[at].text)
        at += 1
        if at == len(words) or not words[at].says("."):
            break
        at += 1
    return tuple(parts), at
