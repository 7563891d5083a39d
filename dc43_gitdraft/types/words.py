"""How the tables of dialects are written: words with their meanings, and spellings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word means: a canonical name, and the arguments it has when none are written.

    A `fixed` word takes no arguments.
    """

    name: str
    args: tuple[int, ...] = ()
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """A dialect: its words, the words that it writes canonical names with, and its brackets.

    `brackets` are those of nested types; `list_suffix` writes an array as `bigint[]`.
    """

    name: str
    words: Mapping[str, Meaning]
    spells: Mapping[str, str] = field(default_factory=dict)
    brackets: str = "<>"
    list_suffix: bool = False
    #: Whole numbers are decimals without a scale, whatever integer type holds them elsewhere.
    integers_are_decimals: bool = False


def _meaning(text: str) -> Meaning:
    name, _, args = text.lstrip("=").partition("(")
    numbers = tuple(int(arg) for arg in args.rstrip(")").split(",") if arg)
    return Meaning(name, numbers, text.startswith("="))


def words(table: str) -> dict[str, Meaning]:
    """Read rows of `canonical name: word, another word`; `=` marks words that take no arguments."""
    found: dict[str, Meaning] = {}
    for line in filter(None, table.strip().splitlines()):
        meaning, _, listed = line.partition(": ")
        for word in listed.split(","):
            found[word.strip()] = _meaning(meaning.strip())
    return found


def spells(table: str) -> dict[str, str]:
    """Read rows of `spelling: canonical name, another one`."""
    found: dict[str, str] = {}
    for line in table.strip().splitlines():
        spelling, _, listed = line.partition(": ")
        for name in listed.split(","):
            found[name.strip()] = spelling.strip()
    return found
