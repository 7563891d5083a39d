"""Results of several tools that say the same are one result of all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from dc43_gitdraft.model import QualityResult, Verdict

_FAILED = (Verdict.WARN, Verdict.BLOCK)


def joined(
    known: Sequence[QualityResult], tool: str, said: Iterable[QualityResult]
) -> list[QualityResult]:
    """Return what is known with what one more tool said, in this order.

    Of the same rule, property and counts there is one result, with the worse verdict. What one
    tool says twice stays two: it may be two rules.
    """
    found = list(known)
    others: dict[object, deque[int]] = {}
    for place, each in enumerate(found):
        if tool not in each.tools:
            others.setdefault(_about(each), deque()).append(place)
    for each in said:
        waiting = others.get(_about(each))
        if waiting and _agree(found[waiting[0]].total, each.total):
            place = waiting.popleft()
            found[place] = _both(found[place], each, tool)
        else:
            found.append(replace(each, tools=(tool,)))
    return found


def _about(result: QualityResult) -> object:
    failed = result.verdict in _FAILED
    verdict = Verdict.BLOCK if failed else result.verdict
    return (result.rule, result.property, result.failed, verdict)


def _agree(one: int | None, other: int | None) -> bool:
    """Tell whether two numbers of all rows may be the same: some tools say none."""
    return one is None or other is None or one == other


def _both(one: QualityResult, other: QualityResult, tool: str) -> QualityResult:
    return replace(
        one,
        verdict=other.verdict if other.verdict is Verdict.BLOCK else one.verdict,
        total=one.total if one.total is not None else other.total,
        tools=(*one.tools, tool),
    )
