"""What all finders share: rules, findings, pairs of nodes, and walking over their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from dc43_gitdraft.model import Bump, DocPath, Level, Perspective


class Direction(Enum):
    """Whom a change may break."""

    NONE = "-"
    CONSUMER = "F"
    PRODUCER = "B"
    BOTH = "FB"
    #: Nobody: its level is the rule's own, whatever the perspective.
    POLICY = "P"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the catalogue. `soft` caps the level at warning unless both sides matter.

    `by_check` says that comparing two documents never finds it: `check` does, which knows the
    repository around them. `example` is one line: what was, an arrow, what is.
    """

    id: str
    detects: str
    direction: Direction
    bump: Bump
    level: Level | None = None
    soft: bool = False
    by_check: bool = False
    example: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference and the rule that claims it.

    `direction` and `bump` are set where they depend on the values, as with `multipleOf`.
    """

    rule: str
    path: str
    at: DocPath
    before: Any = None
    after: Any = None
    message: str = ""
    direction: Direction | None = None
    bump: Bump | None = None


_COVERS: Mapping[Perspective, frozenset[Direction]] = {
    Perspective.CONSUMER: frozenset({Direction.CONSUMER, Direction.BOTH}),
    Perspective.PRODUCER: frozenset({Direction.PRODUCER, Direction.BOTH}),
    Perspective.BOTH: frozenset({Direction.CONSUMER, Direction.PRODUCER, Direction.BOTH}),
    Perspective.NONE: frozenset(),
}


def level_of(rule: Rule, direction: Direction | None, perspective: Perspective) -> Level:
    """Return how much a change matters from the perspective."""
    direction = direction or rule.direction
    if direction is Direction.POLICY:
        return rule.level or Level.WARNING
    if direction not in _COVERS[perspective]:
        return Level.INFO
    return Level.WARNING if rule.soft and perspective is not Perspective.BOTH else Level.ERROR


def level_for(rule: Rule, perspective: Perspective) -> Level:
    """Return the level that a rule has by itself, without any configuration."""
    return level_of(rule, None, perspective)


def equal(one: Any, other: Any) -> bool:
    """Compare document values; true is not 1, and the order of keys is nothing."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return bool(one == other)


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for two whole documents.

    `positional` says that the order of columns counts; the dialects are those in which the two
    spell physical types; `today` is the day of comparing, None where no day is to matter.
    """

    positional: bool = False
    old_dialect: str | None = None
    new_dialect: str | None = None
    today: date | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A mapping of the old document and its counterpart in the new one.

    `item` says that they are the items of an array.
    """

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    path: str
    old_at: DocPath
    new_at: DocPath
    item: bool = False
    context: Context = Context()

    def differs(self, key: str) -> bool:
        """Tell whether the values of a key differ; an absent one is null."""
        return not equal(self.old.get(key), self.new.get(key))

    def found(
        self, rule: str, key: str | None = None, *, path: str | None = None, **more: Any
    ) -> Finding:
        """Make a finding about a key; `before` and `after` default to its values."""
        if key is not None:
            more.setdefault("before", self.old.get(key))
            more.setdefault("after", self.new.get(key))
        base = self.old_at if more.get("after") is None else self.new_at
        at = base if key is None else (*base, key)
        return Finding(rule, self.path if path is None else path, at, **more)

    def child(self, key: str, old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Pair:
        """Return the pair of two mappings under a key."""
        return Pair(old, new, path, (*self.old_at, key), (*self.new_at, key), context=self.context)


Finder = Callable[[Pair], Iterator[Finding]]
#: Keys that belong together, and what finds the differences under them.
Part = tuple[Sequence[str], Finder]


def walk(pair: Pair, parts: Sequence[Part]) -> Iterator[Finding]:
    """Yield what differs: each key goes to one part, what no part knows is unclaimed."""
    known: set[str] = set()
    for keys, finder in parts:
        known.update(keys)
        if any(pair.differs(key) for key in keys):
            yield from finder(pair)
    for key in {**pair.new, **pair.old}:
        if key not in known and pair.differs(key):
            yield pair.found("unclaimed-change", key, path=dotted(pair.path, key))


def by_key(rule: str, *keys: str, named: bool = False) -> Part:
    """Return a part that gives each differing key one finding; `named` puts it in the path."""

    def finder(pair: Pair) -> Iterator[Finding]:
        for key in keys:
            if pair.differs(key):
                path = dotted(pair.path, key) if named else pair.path
                yield pair.found(rule, key, path=path, message=f"{key} changed")

    return keys, finder


def flag(key: str, on: str, off: str) -> Part:
    """Return a part for a boolean: rules for set and unset; stating the default is wording."""

    def finder(pair: Pair) -> Iterator[Finding]:
        old, new = bool(pair.old.get(key)), bool(pair.new.get(key))
        if old == new:
            yield pair.found("documentation-changed", key, message=f"{key} states the default")
        else:
            yield pair.found(on if new else off, key)

    return (key,), finder


def dotted(path: str, key: object) -> str:
    """Append a name to a path; one that has path marks in it is quoted with backticks."""
    name = str(key)
    if not name or any(mark in name for mark in ".[]{}` \n\t"):
        name = "`" + name.replace("`", "``") + "`"
    return f"{path}.{name}" if path else name


def mappings(value: Any) -> list[tuple[int, Mapping[str, Any]]] | None:
    """Return a list of mappings with their places; None where the value is something else."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        return None
    return list(enumerate(value))
