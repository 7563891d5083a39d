"""The spelling of a type in pieces, and what it says of fields for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dc43_gitdraft.types.arguments import NotATypeError

#: No type has lengths or precisions with more digits than this, blanks before them included.
_MAX_DIGITS = 40
_ESCAPES: Mapping[str, str] = {"n": "\n", "r": "\r", "t": "\t"}

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<quoted>`(?:[^`]|``)*`|"(?:[^"]|"")*")
    | (?P<string>'(?:[^'\\]|\\.|'')*')
    | (?P<number>-?\d+)(?![\w])
    | (?P<word>\w[\w$-]*)
    | (?P<mark>[<>(),:=*\[\]])
    )""",
    re.VERBOSE,
)


@dataclass(slots=True)
class Token:
    """A piece of a spelling: quoted, string, number, word or mark, `start` to `end` in it."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """Return the tokens of a type's spelling. Raises NotATypeError."""
    found, place, end = [], 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise NotATypeError
        kind = match.lastgroup
        if kind == "number" and match.end() - place > _MAX_DIGITS:
            raise NotATypeError
        found.append(Token(kind, match[kind], match.start(kind), match.end()))
        place = match.end()
    return found


def literal(text: str) -> str:
    """Return what a text in quotes says."""
    inner = text[1:-1].replace(text[0] * 2, text[0])
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), inner, flags=re.DOTALL)


def uncommented(text: str) -> str:
    """Return a type's spelling without what it says of fields for people."""
    if not re.search(r"comment|options", text, re.IGNORECASE):
        return text
    try:
        listed = tokens(text)
    except NotATypeError:
        return text
    kept, place = "", 0
    for at, token in enumerate(listed[:-1]):
        if token.start < place or token.kind != "word" or not at:
            continue
        word, after = token.text.lower(), listed[at + 1]
        end = place
        if word == "comment" and after.kind in ("string", "quoted"):
            end = after.end
        elif word == "options" and after.text == "(":
            end = next((each.end for each in listed[at:] if each.text == ")"), place)
        if end > place:
            kept += text[place : listed[at - 1].end]
            place = end
    return kept + text[place:]
