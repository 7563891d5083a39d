"""The first lines that a steward reads: whom it breaks, and which step it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dc43_gitdraft.changes import RULES, Direction
from dc43_gitdraft.model import Bump, Change, Draft, Level, Verdict
from dc43_gitdraft.render.inline import code, listed, version
from dc43_gitdraft.render.tables import said

_CONSUMERS = (Direction.CONSUMER, Direction.BOTH)
_NAMED = 3
_FIRST = "First version"
_ICONS = {Verdict.BLOCK: "❌", Verdict.WARN: "⚠️", Verdict.OK: "✅"}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a draft means for those who rely on the contract: a verdict, and the same in words."""

    verdict: Verdict
    words: str


def judgement(draft: Draft) -> Judgement:
    """Return whether a draft breaks anybody, by the levels of its changes."""
    if draft.base_version is None:
        return Judgement(Verdict.OK, _FIRST)
    worst = max((change.level for change in draft.changes), default=Level.INFO)
    if worst is Level.ERROR:
        policy = all(_direction(change) is Direction.POLICY for change in _errors(draft.changes))
        return Judgement(Verdict.BLOCK, "Against policy" if policy else "Breaking")
    if draft.implied is Bump.MAJOR:
        words = "Compatible for consumers" if _for_consumers(draft) else "Breaking, as allowed"
        return Judgement(Verdict.WARN, words)
    if worst is Level.WARNING:
        return Judgement(Verdict.WARN, "Compatible, with care")
    return Judgement(Verdict.OK, "Compatible")


def verdict(draft: Draft) -> str:
    """Return the line that says whether a draft breaks anybody, and its step."""
    said = judgement(draft)
    if draft.base_version is None:
        return f"🆕 **{said.words}** · {version(draft.version)}"
    before = version(draft.base_version) or "no version"
    step = f"{before} → {version(draft.version)} ({draft.bump})"
    return f"{_ICONS[said.verdict]} **{said.words}** · {step}"


def consequence(draft: Draft) -> str:
    """Return in words what the verdict means, naming the places."""
    if draft.base_version is None:
        return "There is no earlier version that it could break."
    errors = _errors(draft.changes)
    if errors:
        return " ".join(_breaks(errors))
    if draft.implied is Bump.MAJOR and not _for_consumers(draft):
        return "By this repository's settings none of the changes is an error."
    if draft.implied is Bump.MAJOR:
        narrowed = [change for change in draft.changes if change.bump is Bump.MAJOR]
        return f"Consumers keep working; what writes {_places(narrowed)} as before may not fit."
    warned = [change for change in draft.changes if change.level is Level.WARNING]
    if warned:
        return f"Consumers keep working if they bear what happens to {_places(warned)}."
    if any(_direction(change) in _CONSUMERS for change in draft.changes):
        return "By this repository's settings none of the changes is an error."
    return "Consumers keep working."


def _for_consumers(draft: Draft) -> bool:
    """Whether the major step is for producers alone."""
    steps = [change for change in draft.changes if change.bump is Bump.MAJOR]
    return bool(steps) and all(_direction(change) is Direction.PRODUCER for change in steps)


def _breaks(errors: Sequence[Change]) -> Iterator[str]:
    consumers: list[Change] = []
    producers: list[Change] = []
    others: list[Change] = []
    for change in errors:
        direction = _direction(change)
        if direction in _CONSUMERS:
            consumers.append(change)
        elif direction is Direction.PRODUCER:
            producers.append(change)
        else:
            others.append(change)
    if consumers:
        read = all(change.at[:1] == ("schema",) for change in consumers)
        gone = all(change.rule.endswith(("-removed", "-renamed", "-moved")) for change in consumers)
        yield (
            f"Consumers that {'read' if read else 'rely on'} {_places(consumers)} "
            f"{'will' if gone else 'may'} break."
        )
    if producers:
        yield f"Data that was right before may be wrong now in {_places(producers)}."
    if others:
        which = listed(dict.fromkeys(f"{code(c.path, 120)} ({said(c)})" for c in others), _NAMED)
        yield f"This repository asks for a decision on {which}."


def _errors(changes: Iterable[Change]) -> list[Change]:
    return [change for change in changes if change.level is Level.ERROR]


def _direction(change: Change) -> Direction:
    rule = RULES.get(change.rule)
    return rule.direction if rule else Direction.POLICY


def _places(changes: Iterable[Change]) -> str:
    return listed(dict.fromkeys(code(old_path(change), 120) for change in changes), _NAMED)


def old_path(change: Change) -> str:
    """Return the path as consumers know it: of a renamed or moved property the old one."""
    if change.rule == "property-moved" and isinstance(change.before, str):
        return change.before
    if change.rule.endswith("-renamed") and isinstance(change.before, str):
        parent, dot, _ = change.path.rpartition(".")
        return f"{parent}{dot}{change.before}"
    return change.path
