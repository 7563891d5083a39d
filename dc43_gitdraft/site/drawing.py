"""Graphs of contracts as SVG: columns from those that refer to those that are referred to."""

from __future__ import annotations

import itertools
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
    columns, ways = _columns(list(boxes), known)
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
    shapes = [_arrow([places[name] for name in ways.get(edge, edge)]) for edge in known]
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


def _columns(
    names: Sequence[str], edges: Sequence[Edge]
) -> tuple[list[list[str]], dict[Edge, list[str]]]:
    """Return the names column by column: arrows lead to the right, unless they close a circle.

    With them come the ways of the arrows that cross columns, through places that are kept free:
    their names stand in the columns too.
    """
    forward = _forward(names, edges)
    column = _depths(names, forward)
    columns: list[list[str]] = [[] for _ in range(max(column.values(), default=0) + 1)]
    for name in names:
        columns[column[name]].append(name)
    ways: dict[Edge, list[str]] = {}
    steps: list[Edge] = []
    for one, other in dict.fromkeys(forward):
        way = [one]
        for across in range(column[one] + 1, column[other]):
            way.append(f"\0{len(ways)} {across}")  # No contract's id.
            columns[across].append(way[-1])
        ways[one, other] = [*way, other]
        steps += itertools.pairwise(ways[one, other])
    _straighten(columns, steps)
    return columns, ways


def _depths(names: Sequence[str], forward: Sequence[Edge]) -> dict[str, int]:
    """Return for each name the length of the longest way that leads to it."""
    after: dict[str, list[str]] = {name: [] for name in names}
    waiting = Counter(other for _, other in forward)
    for one, other in forward:
        after[one].append(other)
    depths = {name: 0 for name in names if not waiting[name]}
    for name in (ready := list(depths)):  # It grows meanwhile.
        for each in after[name]:
            depths[each] = max(depths.get(each, 0), depths[name] + 1)
            waiting[each] -= 1
            if not waiting[each]:
                ready.append(each)
    return depths


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


def _straighten(columns: list[list[str]], steps: Sequence[Edge]) -> None:
    """Put each name near the middle of those beside it that it is joined with."""
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for one, other in steps:
        after.setdefault(one, []).append(other)
        before.setdefault(other, []).append(one)
    place = {name: float(down) for column in columns for down, name in enumerate(column)}
    for sweep in range(_SWEEPS):
        beside = before if sweep % 2 == 0 else after
        for column in columns if sweep % 2 == 0 else reversed(columns):
            middle = {name: _mean([place[x] for x in beside.get(name, [name])]) for name in column}
            column.sort(key=middle.__getitem__)
            place.update({name: float(down) for down, name in enumerate(column)})


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _arrow(way: Sequence[tuple[int, int]]) -> Html:
    """Draw a line from the first box through the places between to the last box.

    One that closes a circle leads back to the left.
    """
    half = _HEIGHT // 2
    back = way[-1][0] <= way[0][0]
    sign = -1 if back else 1
    at = (way[0][0] + (0 if back else _WIDTH), way[0][1] + half)
    line = f"M{at[0]} {at[1]}"
    for place, (x, top) in enumerate(way[1:], start=2):
        last = place == len(way)
        to = (x + (_WIDTH if back else 0) - (7 * sign if last else 0), top + half)
        bend = sign * _ACROSS // 2
        line += f"C{at[0] + bend} {at[1]} {to[0] - bend} {to[1]} {to[0]} {to[1]}"
        at = to if last else (x + _WIDTH, to[1])
        line += "" if last else f"H{at[0]}"
    return element(
        "g",
        element("path", d=line, class_="edge"),
        element("path", d=f"M{at[0] + 7 * sign} {at[1]}l{-9 * sign} -4.5v9z", class_="head"),
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
