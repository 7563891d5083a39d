"""Small things that several pages show: moments, ages, chips."""

from __future__ import annotations

from datetime import datetime, timezone

from dc43_gitdraft.model import PullRequest
from dc43_gitdraft.overview import Proposal
from dc43_gitdraft.site.markup import Html, clipped, element, linked

#: Word -> the colour of its chip; any other word has none.
COLOURS = {
    **dict.fromkeys(("active", "merged", "ok", "promoted", "Compatible", "First version"), "good"),
    **dict.fromkeys(("draft", "proposed", "new", "open"), "open"),
    **dict.fromkeys(("deprecated", "undecided", "unknown", "Unreadable", "warn"), "care"),
    **dict.fromkeys(
        ("Compatible, with care", "Compatible for consumers", "Breaking, as allowed"), "care"
    ),
    **dict.fromkeys(("rejected", "unusable", "block", "removed"), "bad"),
    **dict.fromkeys(("Breaking", "Against policy"), "bad"),
}


def chip(word: str, colour_of: str | None = None) -> Html:
    """Return a word with the colour of its meaning, or of another word's."""
    colour = COLOURS.get(colour_of or word, "plain")
    return element("span", clipped(word, 60), class_=f"chip {colour}")


def day(moment: datetime | None) -> str:
    """Return the day of a moment in UTC."""
    return moment.astimezone(timezone.utc).date().isoformat() if moment else ""


def when(moment: datetime | None) -> Html | None:
    """Return a moment to be read by people and programs."""
    if moment is None:
        return None
    exact = moment.astimezone(timezone.utc).isoformat(timespec="seconds")
    return element("time", day(moment), datetime=exact)


def stamp(moment: datetime | None) -> float:
    """Return a moment as a number to sort by; what has none is oldest."""
    return moment.timestamp() if moment else 0.0


def minute(moment: datetime) -> str:
    """Return a moment in UTC as people read it."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def days(since: datetime | None, now: datetime) -> int | None:
    """Return how many whole days have passed."""
    return max((now - since).days, 0) if since else None


def age(since: datetime | None, now: datetime) -> str:
    """Return how long something has been there, in words."""
    count = days(since, now)
    if count is None:
        return ""
    if count == 0:
        return "today"
    return "1 day" if count == 1 else f"{count:,} days"


def number(pull: PullRequest) -> Html:
    """Return a pull request's number, which leads to it where it is on the web."""
    return linked(f"#{pull.number}", pull.url)


def verdict(proposal: Proposal) -> Html:
    """Return what a draft means for those who rely on the contract."""
    return chip(in_words(proposal))


def in_words(proposal: Proposal) -> str:
    """Return the same as plain words."""
    return proposal.words if proposal.draft else "Unreadable"
