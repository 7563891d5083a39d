"""Graphs of contracts as SVG: columns from those that refer to those that are referred to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dc43_gitdraft.names import one_line
from dc43_gitdraft.site.markup import Html, element

_WIDTH, _HEIGHT = 190, 30
_ACROSS, _DOWN, _MARGIN = 70, 12, 12
_LETTERS = 24
#: How often the order within columns is mended.
_SWEEPS = 4

Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Boxed:
    """A contract in a drawing: what it is called, and its page."""

    label: str
    href: str | None


def drawing(
    boxes: Mapping[str, Boxed], edges: Iterable[Edge], said: str, centre: str | None = None
) -> Html:
    """Draw the contracts of `boxes`, by their keys, with an arrow from each to what it refers to.

    `said` tells in words what is seen. It can be scrolled by keyboard where it is too wide.
    """
    known = [(one, other) for one, other in edges if one in boxes and other in boxes]
    columns = _columns(list(boxes), known)
    high = max(len(column) for column in columns)
    places = {
        name: (
            _MARGIN + across * (_WIDTH + _ACROSS),
            _MARGIN + down * (_HEIGHT + _DOWN) + (high - len(column)) * (_HEIGHT + _DOWN) // 2,
        )
        for across, column in enumerate(columns)
        for down, name in enumerate(column)
    }
    width = 2 * _MARGIN + len(columns) * (_WIDTH + _ACROSS) - _ACROSS
    height = 2 * _MARGIN + high * (_HEIGHT + _DOWN) - _DOWN
    shapes = [*(_arrow(places[one], places[other]) for one, other in known)]
    shapes += [
        _box(box, *places[name], "centre" if name == centre else None)
        for name, box in boxes.items()
    ]
    picture = element(
        "svg",
        element("title", said),
        *shapes,
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="group",
        aria_label=said,
    )
    return element("div", picture, class_="drawing", tabindex="0", role="region", aria_label=said)


def _columns(names: Sequence[str], edges: Sequence[Edge]) -> list[list[str]]:
    """Return the names column by column: arrows lead to the right, unless they close a circle."""
    after: dict[str, list[str]] = {name: [] for name in names}
    before: dict[str, list[str]] = {name: [] for name in names}
    for one, other in _forward(names, edges):
        after[one].append(other)
        before[other].append(one)
    column: dict[str, int] = {}
    waiting = {name: len(before[name]) for name in names}
    ready = [name for name in names if not waiting[name]]
    for name in ready:  # It grows meanwhile.
        column[name] = max((column[each] + 1 for each in before[name]), default=0)
        for each in after[name]:
            waiting[each] -= 1
            if not waiting[each]:
                ready.append(each)
    columns: list[list[str]] = [[] for _ in range(max(column.values(), default=0) + 1)]
    for name in names:
        columns[column[name]].append(name)
    _straighten(columns, before, after)
    return columns


def _forward(names: Sequence[str], edges: Sequence[Edge]) -> list[Edge]:
    """Return the edges without those that lead back to where a walk came from."""
    after: dict[str, list[str]] = {name: [] for name in names}
    for one, other in edges:
        after[one].append(other)
    kept: list[Edge] = []
    done: set[str] = set()
    for start in names:
        if start in done:
            continue
        path = [(start, iter(after[start]))]
        inside = {start}
        while path:
            name, others = path[-1]
            for other in others:
                if other in inside:
                    continue
                kept.append((name, other))
                if other not in done:
                    inside.add(other)
                    path.append((other, iter(after[other])))
                    break
            else:
                path.pop()
                inside.discard(name)
                done.add(name)
    return kept


def _straighten(
    columns: list[list[str]], before: Mapping[str, list[str]], after: Mapping[str, list[str]]
) -> None:
    """Put each name near the middle of those that it is joined with."""
    place = {name: down for column in columns for down, name in enumerate(column)}
    for sweep in range(_SWEEPS):
        beside = before if sweep % 2 == 0 else after
        for column in columns if sweep % 2 == 0 else reversed(columns):
            middle = {
                name: sum(place[each] for each in beside[name]) / len(beside[name])
                if beside[name]
                else place[name]
                for name in column
            }
            column.sort(key=middle.__getitem__)
            place.update({name: down for down, name in enumerate(column)})


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> Html:
    x, y = start[0] + _WIDTH, start[1] + _HEIGHT // 2
    to_x, to_y = end[0] - 7, end[1] + _HEIGHT // 2
    bend = _ACROSS // 2 if to_x > x else _WIDTH
    line = f"M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
    return element(
        "g",
        element("path", d=line, class_="edge"),
        element("path", d=f"M{to_x + 7} {to_y}l-9 -4.5v9z", class_="head"),
        aria_hidden="true",
    )


def _box(box: Boxed, x: int, y: int, kind: str | None) -> Html:
    text = element("text", one_line(box.label, _LETTERS), x=x + 10, y=y + _HEIGHT // 2 + 4)
    shape = element("rect", x=x, y=y, width=_WIDTH, height=_HEIGHT, rx=6)
    title = element("title", one_line(box.label, 255))
    whole = element("g", title, shape, text, class_=kind)
    return element("a", whole, href=box.href) if box.href else whole


def groups(edges: Sequence[Edge]) -> list[list[str]]:
    """Return the contracts that are joined with one another, the largest group first."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for one, other in edges:
        leader[find(one)] = find(other)
    found: dict[str, list[str]] = {}
    for name in sorted(leader):
        found.setdefault(find(name), []).append(name)
    return sorted(found.values(), key=lambda names: (-len(names), names[0]))


def busiest(names: Sequence[str], edges: Iterable[Edge], limit: int) -> list[str]:
    """Return those with the most relationships, in the order of `names`."""
    counts = Counter(name for edge in edges for name in edge)
    kept = set(sorted(names, key=lambda name: (-counts[name], name))[:limit])
    return [name for name in names if name in kept]
