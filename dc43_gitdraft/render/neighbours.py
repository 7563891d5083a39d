"""Who is touched: the contracts that refer to the changed one, in words and as a graph."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dc43_gitdraft.model import Change, Impact, Level, Link
from dc43_gitdraft.names import one_line
from dc43_gitdraft.render.inline import code, listed
from dc43_gitdraft.render.tables import ICONS
from dc43_gitdraft.render.verdicts import old_path

_NODES = 30
#: A longer chain of contracts is drawn too small to be read.
_DEPTH = 5
_LINES = 8
_COLUMNS = 3


def neighbours(impact: Impact, changes: Sequence[Change]) -> str:
    """Return the section about other contracts; empty where there is nobody to tell of."""
    if not impact.referring and not impact.referred:
        if all(change.level is not Level.ERROR for change in changes):
            return ""
        return (
            "**Who is touched.** No contract in this repository refers to this one; "
            "consumers without a contract here are not known."
        )
    lines = [f"**Who is touched.** {_counted(impact)}", "", *_lines(impact, changes)]
    return "\n".join([*lines, "", graph(impact), *_left_out(impact)])


def graph(impact: Impact) -> str:
    """Return a Mermaid graph of the nearest contracts; arrows lead to what is referred to."""
    names = {contract: f"n{place}" for place, contract in enumerate(_drawn(impact))}
    lines = ["```mermaid", "graph LR"]
    lines += [f'  {name}["{_label(contract)}"]' for contract, name in names.items()]
    lines += [
        f"  {names[link.source]} --> {names[link.target]}"
        for link in impact.links
        if link.source in names and link.target in names
    ]
    return "\n".join([*lines, "  style n0 stroke-width:4px", "```"])


def _label(contract: str) -> str:
    # Mermaid reads Markdown, icons, entities and addresses in labels: only harmless letters pass.
    return re.sub(r"[^\w.-]", "_", one_line(contract, 40).replace("…", "..."))


def _drawn(impact: Impact) -> list[str]:
    """Return the contracts of the graph, the changed one first, then the nearest."""
    near = sorted([*impact.referring, *impact.referred], key=lambda each: each[1])
    ids = (contract for contract, distance in near if distance <= _DEPTH)
    return list(dict.fromkeys([impact.contract, *ids]))[:_NODES]


def _left_out(impact: Impact) -> Iterator[str]:
    known = {contract for contract, _ in (*impact.referring, *impact.referred)}
    shown = len(_drawn(impact)) - 1
    if len(known - {impact.contract}) > shown:
        yield ""
        yield f"The graph shows the nearest {shown} of {len(known):,} contracts."
    if not impact.complete:
        yield ""
        yield "There are more contracts around these than were looked at."


def _counted(impact: Impact) -> str:
    direct = sum(distance == 1 for _, distance in impact.referring)
    further = len(impact.referring) - direct
    said = []
    if direct:
        said.append(f"{_contracts(direct)} {_refer(direct)} to this one")
    if further:
        said.append(f"{further:,} more through {'it' if direct == 1 else 'them'}")
    if impact.referred:
        own = sum(distance == 1 for _, distance in impact.referred)
        subject = "and it" if direct else "this contract"
        said.append(f"{subject} refers to {own:,}" + ("" if direct else " other"))
    return _sentence(", ".join(said))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _contracts(count: int) -> str:
    return f"{count:,} contract" + ("" if count == 1 else "s")


def _refer(count: int) -> str:
    return "refers" if count == 1 else "refer"


def _lines(impact: Impact, changes: Sequence[Change]) -> Iterator[str]:
    hits = _Hits(changes)
    to_it = [link for link in impact.links if link.target == impact.contract]
    # Those whose property changes come first.
    to_it.sort(key=lambda link: -max((hits.level(to) for _, to in link.columns), default=0))
    yield from _cut(f"- {code(link.source)}: {_columns(link, hits)}" for link in to_it)
    further = [contract for contract, distance in impact.referring if distance > 1]
    if further:
        yield f"- indirectly: {listed(map(code, further), _LINES)}"
    own = [link for link in impact.links if link.source == impact.contract]
    yield from _cut(
        f"- it refers to {code(link.target)}: {_columns(link, _Hits(()))}" for link in own
    )


def _cut(lines: Iterable[str]) -> Iterator[str]:
    every = list(lines)
    yield from every[:_LINES]
    if len(every) > _LINES:
        yield f"- … and {len(every) - _LINES:,} more"


def _columns(link: Link, hits: _Hits) -> str:
    ordered = sorted(link.columns, key=lambda each: -hits.level(each[1]))
    return listed((_column(start, to, hits) for start, to in ordered), _COLUMNS)


def _column(start: str, to: str, hits: _Hits) -> str:
    level = hits.level(to)
    mark = f" {ICONS[level]} changed here" if level > Level.INFO else ""
    return f"{code(start, 120)} → {code(to, 120)}{mark}"


class _Hits:
    """How bad the changes are for a relationship that leads to a path."""

    def __init__(self, changes: Iterable[Change]) -> None:
        levels: dict[str, Level] = {}
        for change in changes:
            # Relationships lead to where a property lay before.
            path = old_path(change)
            levels[path] = max(change.level, levels.get(path, Level.OFF))
        self._levels: Mapping[str, Level] = levels

    def level(self, path: str) -> Level:
        """Return the worst level of a change of this path, or of what it lies in."""
        parts = path.split(".")
        above = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
        return max((self._levels.get(each, Level.OFF) for each in above), default=Level.OFF)
