"""The static site of a contracts repository: files that need no server, made from an Overview.

Everything here is pure, but for `folder`, which writes the files. The time and the bytes that it
takes grow with the number of contracts, and no page grows without limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from dc43_gitdraft.model import Link, PullState
from dc43_gitdraft.overview import Overview, Portrait, Proposal
from dc43_gitdraft.site.contracts import Around, contract_page
from dc43_gitdraft.site.drawing import Boxed, busiest, drawing, groups
from dc43_gitdraft.site.listing import Cell, Column, listing
from dc43_gitdraft.site.markup import (
    PLACES,
    Html,
    clipped,
    element,
    joined,
    page,
    style,
    web_address,
)
from dc43_gitdraft.site.words import age, day, days, in_words, minute, stamp
from dc43_gitdraft.story import decision

#: Rows of a list: beyond that, each contract's own page has them.
_ROWS = 20_000
#: What is drawn of all relationships: contracts of one group, groups, and those that are unfolded.
_GROUP = 60
_GROUPS = 12
_OPEN = 3


def pages(overview: Overview, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield every file of the site, by its path; `name` is what the site is called."""
    shell = partial(page, site=clipped(name, 120), seen=minute(overview.seen_at))
    slugs = {each.id: each.slug for each in overview.portraits}
    yield "style.css", style().encode()
    for file, make in _LISTS.items():
        title = PLACES[file]
        body = joined(element("h1", title), make(overview, slugs))
        yield file, shell(title, body, place=file, active=True)
    referring: dict[str, list[Link]] = {}
    referred: dict[str, list[Link]] = {}
    for link in overview.links:
        referring.setdefault(link.target, []).append(link)
        referred.setdefault(link.source, []).append(link)
    for each in overview.portraits:
        around = Around(referring.get(each.id, ()), referred.get(each.id, ()), slugs)
        body = contract_page(each, around, overview.seen_at)
        yield f"c/{each.slug}.html", shell(clipped(each.id, 255), body)


def _named(portrait: Portrait) -> tuple[str, str]:
    return clipped(portrait.id, 255), f"c/{portrait.slug}.html"


def _contracts(overview: Overview, _slugs: Mapping[str, str]) -> Html:
    rows: list[Sequence[Cell]] = []
    for each in overview.portraits:
        document = each.contract.document if each.contract else {}
        newest = each.releases[0] if each.releases else None
        proposal = each.proposal
        rows.append(
            (
                _named(each),
                clipped(document.get("name"), 80),
                clipped(document.get("domain"), 60),
                clipped(each.status, 30),
                clipped(each.version, 30),
                day(newest.at) if newest else None,
                len(each.releases) or None,
                _waiting(proposal, overview) if proposal else None,
            )
        )
    columns = [
        Column("contract"),
        Column("name"),
        Column("domain"),
        Column("status", chip=True, only=True),
        Column("version", short=True),
        Column("promoted", short=True),
        Column("versions", short=True),
        Column("open draft"),
    ]
    return listing("contracts", columns, rows, "There is no contract yet.")


def _waiting(proposal: Proposal, overview: Overview) -> str:
    since = age(proposal.pull.opened_at, overview.seen_at)
    return f"#{proposal.pull.number} {in_words(proposal)}, {since}"


def _drafts(overview: Overview, _slugs: Mapping[str, str]) -> Html:
    rows: list[Sequence[Cell]] = []
    for each in overview.portraits:
        proposal = each.proposal
        if proposal is None:
            continue
        pull, draft = proposal.pull, proposal.draft
        rows.append(
            (
                _named(each),
                _numbered(pull.number, pull.url),
                in_words(proposal),
                clipped(each.version, 30),
                clipped(draft.version, 30) if draft else None,
                day(pull.opened_at),
                days(pull.opened_at, overview.seen_at),
                clipped(pull.title, 160),
            )
        )
    rows.sort(key=lambda row: str(row[5]))
    columns = [
        Column("contract"),
        Column("draft", short=True),
        Column("verdict", chip=True, only=True),
        Column("version", short=True),
        Column("proposed", short=True),
        Column("since", short=True),
        Column("days", short=True),
        Column("title"),
    ]
    return listing("open drafts", columns, rows, "No draft is open.")


def _numbered(number: int, url: str) -> Cell:
    return (f"#{number}", url) if web_address(url) else f"#{number}"


def _decisions(overview: Overview, _slugs: Mapping[str, str]) -> Html:
    found = [(pull, each) for each in overview.portraits for pull in each.decided]
    found.sort(key=lambda both: (stamp(both[0].decided_at), both[0].number), reverse=True)
    rows = [
        (
            _named(each),
            _numbered(pull.number, pull.url),
            decision(pull),
            clipped(pull.decided_by, 80),
            day(pull.decided_at),
            # Of a merge, the body is no reason.
            clipped(pull.reason, 300) if pull.state is PullState.CLOSED else None,
            clipped(pull.title, 160),
        )
        for pull, each in found[:_ROWS]
    ]
    columns = [
        Column("contract"),
        Column("draft", short=True),
        Column("decision", chip=True, only=True),
        Column("by"),
        Column("on", short=True),
        Column("reason"),
        Column("title"),
    ]
    left = len(found) - _ROWS
    return joined(
        listing("decisions", columns, rows, "Nothing was decided yet."),
        element("p", f"{left:,} older ones are on the pages of the contracts.", class_="quiet")
        if left > 0
        else None,
    )


def _relationships(overview: Overview, slugs: Mapping[str, str]) -> Html:
    rows = [
        (
            (clipped(link.source, 255), f"c/{slugs[link.source]}.html"),
            (clipped(link.target, 255), f"c/{slugs[link.target]}.html"),
            clipped(", ".join(f"{one} → {other}" for one, other in link.columns[:5]), 300),
        )
        for link in overview.links[:_ROWS]
    ]
    columns = [Column("contract"), Column("refers to"), Column("properties")]
    empty = "No contract refers to another one."
    return joined(*_drawings(overview, slugs), listing("relationships", columns, rows, empty))


def _drawings(overview: Overview, slugs: Mapping[str, str]) -> Iterator[Html]:
    """Yield a drawing of each group of contracts that are joined, the largest first."""
    edges = [(link.source, link.target) for link in overview.links]
    found = groups(edges)
    group_of = {name: place for place, names in enumerate(found[:_GROUPS]) for name in names}
    inside: list[list[tuple[str, str]]] = [[] for _ in found[:_GROUPS]]
    for edge in edges:
        if edge[0] in group_of:
            inside[group_of[edge[0]]].append(edge)
    drawn = [_group(*both, slugs) for both in zip(found, inside, strict=False)]
    yield from drawn[:_OPEN]
    if more := drawn[_OPEN:]:
        yield element("details", element("summary", f"{len(more)} smaller groups"), *more)
    if len(found) > _GROUPS:
        left = f"{len(found) - _GROUPS:,} smaller groups are not drawn: the list has them."
        yield element("p", left, class_="quiet")


def _group(
    names: Sequence[str], edges: Sequence[tuple[str, str]], slugs: Mapping[str, str]
) -> Html:
    shown = busiest(names, edges, _GROUP)
    said = f"{len(names):,} contracts that are joined; arrows lead to what is referred to"
    if len(shown) < len(names):
        said = f"The {len(shown)} with the most relationships of {said}"
    boxes = {each: Boxed(each, f"c/{slugs[each]}.html") for each in shown}
    return joined(element("p", f"{said}.", class_="quiet"), drawing(boxes, edges, said))


_LISTS = {
    "index.html": _contracts,
    "drafts.html": _drafts,
    "decisions.html": _decisions,
    "relationships.html": _relationships,
}
