"""`status`: where every contract stands, what its draft means, and what people decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from dc43_gitdraft import overview, story
from dc43_gitdraft.cli.documents import of_pull, of_standing
from dc43_gitdraft.cli.options import Common, common, example
from dc43_gitdraft.cli.output import progress, say, say_json, say_table
from dc43_gitdraft.cli.workspace import open_desk
from dc43_gitdraft.model import Link, PullRequest
from dc43_gitdraft.overview import Proposal
from dc43_gitdraft.publish import Desk
from dc43_gitdraft.site.words import age, day, days, in_words
from dc43_gitdraft.story import Standing


@click.command(epilog=example("status --repo contracts.git", "status --decisions"))
@click.option("--decisions", is_flag=True, help="Also what became of drafts: who decided, and why.")
@click.option("--relationships", is_flag=True, help="Also which contract refers to which.")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="In a repository of thousands of contracts, list those too that have nothing to decide.",
)
@common
def status(options: Common, decisions: bool, relationships: bool, everything: bool) -> None:
    """List every contract, its version, and its open draft with what that means for consumers.

    In a repository of thousands of contracts, only those that are not promoted, not in force, or
    have a draft, unless --all or --output json asks for all.
    """
    with open_desk(options) as desk:
        if everything or options.json:
            standings, quiet = story.status(desk), 0
        else:
            found = story.overview(desk)
            standings, quiet = found.standings, found.quiet
        judged = _judged(desk, standings)
        decided = _decisions(desk, standings) if decisions else None
        links = overview.relationships(desk) if relationships else None
        now = desk.clock()
    if options.json:
        say_json(_document(standings, judged, decided, links, now))
        return
    _say_standings(standings, judged, now)
    if quiet:
        progress(f"{quiet:,} more are promoted and have no draft: --all lists them")
    elif not standings:
        progress(
            "no contract here: the files that count are named by `contracts` in .gitdraft.yaml"
        )
    if decided is not None:
        _say_decisions(decided)
    if links is not None:
        _say_links(links)


def _judged(desk: Desk, standings: Sequence[Standing]) -> Mapping[int, Proposal]:
    """Return the open drafts by their numbers."""
    drafts = [(each.draft, each.path) for each in standings if each.draft]
    return {each.pull.number: each for each in overview.proposals(desk, desk.config(), drafts)}


def _decisions(desk: Desk, standings: Sequence[Standing]) -> list[tuple[str, PullRequest]]:
    """Return decided drafts, each with its contract."""
    config = desk.config()
    names = {config.branch(each.contract): each.contract for each in standings}
    return [
        (names.get(pull.head) or pull.head.removeprefix(config.branch_prefix), pull)
        for pull in overview.decisions(desk)
    ]


def _say_standings(
    standings: Sequence[Standing], judged: Mapping[int, Proposal], now: datetime
) -> None:
    rows = []
    for each in standings:
        proposal = judged.get(each.draft.number) if each.draft else None
        drafted = (
            (
                in_words(proposal),
                age(proposal.pull.opened_at, now),
                f"#{proposal.pull.number} {proposal.pull.title}",
            )
            if proposal
            else ()
        )
        rows.append((each.contract, each.version, _state(each), *drafted))
    head = ("contract", "version", "status", "verdict", "for", "open draft")
    say_table(rows, head=head if judged else head[:3])


def _state(standing: Standing) -> str:
    # What has no version has none that could be promoted.
    pending = standing.version and not standing.promoted
    return f"{standing.status}, not promoted" if pending else standing.status


def _say_decisions(decided: Sequence[tuple[str, PullRequest]]) -> None:
    rows = (
        (
            contract,
            f"#{pull.number}",
            story.decision(pull),
            pull.decided_by or "",
            day(pull.decided_at),
            pull.title,
            pull.reason or "",
        )
        for contract, pull in decided
    )
    say()
    say_table(rows, head=("contract", "draft", "decision", "by", "on", "title", "reason"))
    if not decided:
        progress("nothing was decided yet")


def _say_links(links: Sequence[Link]) -> None:
    rows = (
        (link.source, link.target, ", ".join(f"{one} → {other}" for one, other in link.columns))
        for link in links
    )
    say()
    say_table(rows, head=("contract", "refers to", "properties"))
    if not links:
        progress("no contract refers to another one")


def _document(
    standings: Sequence[Standing],
    judged: Mapping[int, Proposal],
    decided: Sequence[tuple[str, PullRequest]] | None,
    links: Sequence[Link] | None,
    now: datetime,
) -> dict[str, Any]:
    contracts = []
    for each in standings:
        proposal = judged.get(each.draft.number) if each.draft else None
        contracts.append(
            {**of_standing(each), "draft": _of_proposal(proposal, now) if proposal else None}
        )
    document: dict[str, Any] = {"contracts": contracts}
    if decided is not None:
        document["decisions"] = [
            {"contract": contract, "decision": story.decision(pull), **of_pull(pull)}
            for contract, pull in decided
        ]
    if links is not None:
        document["relationships"] = [
            {
                "contract": link.source,
                "refers_to": link.target,
                "properties": [{"from": one, "to": other} for one, other in link.columns],
            }
            for link in links
        ]
    return document


def _of_proposal(proposal: Proposal, now: datetime) -> dict[str, Any]:
    """Return what an open draft would change; null where its branch cannot be read."""
    draft, since = proposal.draft, proposal.pull.opened_at
    return {
        "version": draft.version if draft else None,
        "verdict": proposal.verdict.value,
        "consequence": proposal.words,
        "changes": len(draft.changes) if draft else None,
        "opened_at": since.isoformat() if since else None,
        "days": days(since, now),
    }
