"""The page of one contract: what it is, its open draft, its time line, schema and neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dc43_gitdraft import render
from dc43_gitdraft.model import (
    Bump,
    Change,
    Link,
    Provenance,
    PullRequest,
    PullState,
    QualityResult,
)
from dc43_gitdraft.odcs.references import listed
from dc43_gitdraft.overview import Portrait, Proposal, Release
from dc43_gitdraft.site.drawing import Boxed, drawing
from dc43_gitdraft.site.markup import Html, clipped, element, joined
from dc43_gitdraft.site.schema import schema
from dc43_gitdraft.site.words import age, chip, number, stamp, verdict, when
from dc43_gitdraft.story import decision

#: However much a contract says, its page stays small.
_CHANGES = 50
_EVENTS = 200
_NEIGHBOURS = 100
_DRAWN = 12
_TEAM = 10


@dataclass(frozen=True, slots=True)
class Around:
    """The relationships of one contract, and the slug of each contract by its id."""

    referring: Sequence[Link]
    referred: Sequence[Link]
    slugs: Mapping[str, str]


def contract_page(portrait: Portrait, around: Around, now: datetime) -> Html:
    """Return the content of a contract's page."""
    return joined(
        element("h1", clipped(portrait.id, 255)),
        _standing(portrait),
        element("p", f"Its file is no contract: {clipped(portrait.problem, 1000)}")
        if portrait.problem
        else None,
        _facts(portrait),
        _proposal(portrait.proposal, now) if portrait.proposal else None,
        _timeline(portrait),
        schema(portrait.contract.document) if portrait.contract else None,
        _neighbours(portrait, around),
    )


def _standing(portrait: Portrait) -> Html:
    said = [chip(portrait.status or "no status")]
    if portrait.version:
        said.append(element("span", f" version {clipped(portrait.version, 80)}"))
        if not portrait.promoted:
            said.append(element("span", ", not promoted"))
    return element("p", *said)


def _facts(portrait: Portrait) -> Html | None:
    document = portrait.contract.document if portrait.contract else {}
    description = document.get("description")
    told: Mapping[str, Any] = (
        description if isinstance(description, dict) else {"purpose": description}
    )
    rows = [
        ("Name", clipped(document.get("name"), 255)),
        ("Purpose", clipped(told.get("purpose"), 2000)),
        ("Limitations", clipped(told.get("limitations"), 2000)),
        ("Usage", clipped(told.get("usage"), 2000)),
        ("Domain", clipped(document.get("domain"), 255)),
        ("Data product", clipped(document.get("dataProduct"), 255)),
        ("Tenant", clipped(document.get("tenant"), 255)),
        ("Team", "; ".join(_team(document.get("team")))),
        ("File", clipped(portrait.path, 500)),
    ]
    parts = [
        element(tag, text)
        for label, said in rows
        if said
        for tag, text in (("dt", label), ("dd", said))
    ]
    return element("dl", *parts, class_="facts") if parts else None


def _team(team: Any) -> Iterator[str]:
    """Yield who is responsible: ODCS 3.1 has a team with members, before it was a list of them."""
    if isinstance(team, dict):
        yield from filter(None, [clipped(team.get("name"), 120)])
        team = team.get("members")
    members = [member for _, member in listed(team)]
    for member in members[:_TEAM]:
        who = clipped(member.get("name") or member.get("username"), 120)
        role = clipped(member.get("role"), 60)
        if who:
            yield f"{who} ({role})" if role else who
    if len(members) > _TEAM:
        yield f"and {len(members) - _TEAM:,} more"


def _proposal(proposal: Proposal, now: datetime) -> Html:
    pull, draft = proposal.pull, proposal.draft
    said: list[Html | str] = [verdict(proposal), " "]
    if draft and draft.base_version:
        step = f" ({draft.bump})" if draft.bump is not Bump.NONE else ""
        said.append(f"{clipped(draft.base_version, 80)} → {clipped(draft.version, 80)}{step}")
    elif draft:
        said.append(f"version {clipped(draft.version, 80)}")
    since = [
        element("span", " · open since "),
        when(pull.opened_at),
        f" ({age(pull.opened_at, now)})",
    ]
    return element(
        "section",
        element("h2", "Open draft ", number(pull)),
        element("p", clipped(pull.title, 300)),
        element("p", *said, *(since if pull.opened_at else ())),
        element("p", clipped(proposal.words, 1000)) if draft is None else None,
        _changes(draft.changes) if draft else None,
        _quality(draft.feedback) if draft else None,
        class_="open-draft",
    )


def _changes(changes: Sequence[Change]) -> Html | None:
    if not changes:
        return element("p", "Nothing changes but its version and status.", class_="quiet")
    ordered = sorted(changes, key=lambda change: -change.level)
    rows = (
        element(
            "tr",
            element("th", clipped(change.path, 160), scope="row", data_label="where"),
            element("td", change.rule.replace("-", " "), data_label="change"),
            element("td", chip(str(change.level), _LEVELS[str(change.level)]), data_label="level"),
            _value(change.before, "before"),
            _value(change.after, "after"),
        )
        for change in ordered[:_CHANGES]
    )
    heads = ("where", "change", "level", "before", "after")
    left = len(ordered) - _CHANGES
    return joined(
        element(
            "table",
            element("caption", "Changes", class_="hidden"),
            element("thead", element("tr", *(element("th", head, scope="col") for head in heads))),
            element("tbody", *rows),
            class_="cards",
        ),
        element("p", f"and {left:,} more changes", class_="quiet") if left > 0 else None,
    )


_LEVELS = {"error": "block", "warning": "warn", "info": "", "off": ""}


def _value(value: Any, label: str) -> Html:
    said = clipped(render.value(value), 80)
    return element("td", element("code", said), data_label=label) if said else element("td")


def _quality(results: Sequence[QualityResult]) -> Html | None:
    """Return what data-quality tools said, as the draft records it."""
    failed = [each for each in results if each.verdict.value != "ok"]
    if not failed:
        return None
    items = (
        element(
            "li",
            chip(each.verdict.value),
            f" {clipped(each.rule, 120)}",
            f" on {clipped(each.property, 160)}" if each.property else None,
        )
        for each in failed[:_CHANGES]
    )
    return joined(element("h3", "Data quality"), element("ul", *items))


def _timeline(portrait: Portrait) -> Html:
    """Return versions, drafts and decisions in one line, newest first."""
    shown = {each.pull.number for each in portrait.releases if each.pull}
    events = [
        *((stamp(each.at), _release(each)) for each in portrait.releases),
        *(
            (stamp(pull.decided_at), _decided(pull))
            for pull in portrait.decided
            if pull.number not in shown
        ),
    ]
    events.sort(key=lambda event: event[0], reverse=True)
    items = [item for _, item in events]
    if portrait.proposal:
        items.insert(0, _opened(portrait.proposal))
    left = len(items) - _EVENTS
    more = f"and {left:,} older: dc43-gitdraft history {clipped(portrait.id, 255)}"
    return element(
        "section",
        element("h2", "Time line"),
        element("ol", *items[:_EVENTS], class_="timeline")
        if items
        else element("p", "No version is promoted yet.", class_="quiet"),
        element("p", more, class_="quiet") if left > 0 else None,
    )


def _opened(proposal: Proposal) -> Html:
    version = f"{clipped(proposal.draft.version, 80)} " if proposal.draft else ""
    return element(
        "li",
        element("h3", f"{version}proposed"),
        element(
            "p",
            when(proposal.pull.opened_at),
            " · ",
            number(proposal.pull),
            " · ",
            verdict(proposal),
        ),
        class_="open",
    )


def _release(release: Release) -> Html:
    step = f" {release.step}" if release.step else ""
    pull = release.pull
    return element(
        "li",
        element("h3", clipped(release.version, 80), " ", chip(f"promoted{step}", "promoted")),
        element(
            "p",
            when(release.at),
            *((" · ", number(pull), " ", clipped(pull.title, 200)) if pull else ()),
            *((" · merged by ", clipped(pull.decided_by, 120)) if pull and pull.decided_by else ()),
        ),
        _origin(release.origin) if release.origin else None,
    )


def _origin(origin: Provenance) -> Html | None:
    said: list[Html | str] = []
    if origin.dataset_id:
        at = f" at version {clipped(origin.dataset_version, 120)}" if origin.dataset_version else ""
        said += ["from ", element("code", clipped(origin.dataset_id, 255)), at]
    if origin.observed_by:
        said += [" seen by ", clipped(origin.observed_by, 120)]
    if origin.authored_by:
        said += [" written by ", clipped(origin.authored_by.partition(" <")[0], 120)]
    return element("p", *said, class_="quiet") if said else None


def _decided(pull: PullRequest) -> Html:
    word = decision(pull)
    kind = "closed" if pull.state is PullState.CLOSED else "other"
    return element(
        "li",
        element("h3", chip(word), " ", number(pull), " ", clipped(pull.title, 200)),
        element(
            "p",
            when(pull.decided_at),
            *((" · by ", clipped(pull.decided_by, 120)) if pull.decided_by else ()),
        ),
        element("blockquote", element("p", clipped(pull.reason, 1000))) if pull.reason else None,
        class_=kind,
    )


def _neighbours(portrait: Portrait, around: Around) -> Html | None:
    if not around.referring and not around.referred:
        return None
    left = [link.source for link in around.referring[:_DRAWN]]
    right = [link.target for link in around.referred[:_DRAWN]]
    boxes = {
        each: Boxed(each, None if each == portrait.id else f"{around.slugs[each]}.html")
        for each in (*left, portrait.id, *right)
        if each in around.slugs
    }
    edges = dict.fromkeys(
        [*((each, portrait.id) for each in left), *((portrait.id, each) for each in right)]
    )
    said = f"Contracts around {clipped(portrait.id, 80)}; arrows lead to what is referred to"
    return element(
        "section",
        element("h2", "Relationships"),
        drawing(boxes, edges, said, centre=portrait.id),
        _links("Refers to", around.referred, around, to=True),
        _links("Is referred to by", around.referring, around, to=False),
    )


def _links(head: str, links: Sequence[Link], around: Around, *, to: bool) -> Html | None:
    if not links:
        return None
    items = []
    for link in links[:_NEIGHBOURS]:
        other = link.target if to else link.source
        pairs = ", ".join(f"{clipped(a, 120)} → {clipped(b, 120)}" for a, b in link.columns[:5])
        more = f" and {len(link.columns) - 5:,} more" if len(link.columns) > 5 else ""
        name = element("a", clipped(other, 255), href=f"{around.slugs[other]}.html")
        items.append(element("li", name, f": {pairs}{more}"))
    left = len(links) - _NEIGHBOURS
    if left > 0:
        items.append(element("li", f"and {left:,} more", class_="quiet"))
    return joined(element("h3", head), element("ul", *items))
