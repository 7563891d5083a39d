"""Why nothing is drafted, in the words that a job's log shows."""

from __future__ import annotations

from collections.abc import Sequence

from dc43_gitdraft.model import QualityResult, Suggestion, Verdict

_NAMED = 3


def agreement(*, ignoring: bool) -> str:
    """Say that nothing differs; `ignoring` where the settings leave something out."""
    said = "the data agrees with the contract"
    return f"{said}, apart from what the settings ignore" if ignoring else said


def undrafted(feedback: Sequence[QualityResult], remarks: Sequence[str]) -> str:
    """Return the sentence about what differs and is not drafted; nothing where nothing does."""
    said = [*map(_failure, filter(_fails, feedback)), *remarks]
    return f"nothing is drafted, but {_some(said, ', and')}" if said else ""


def unwritten(found: Sequence[Suggestion]) -> str:
    """Return what is suggested and not written, to stand behind a sentence."""
    named = [f"{each.key} of {each.path}" for each in found]
    return f"; suggested and not written: {_some(named, ' and')}" if named else ""


def _some(said: Sequence[str], and_: str) -> str:
    more = f"{and_} {len(said) - _NAMED} more" if len(said) > _NAMED else ""
    return ", ".join(said[:_NAMED]) + more


def _fails(result: QualityResult) -> bool:
    return result.verdict in {Verdict.WARN, Verdict.BLOCK}


def _failure(result: QualityResult) -> str:
    where = f"{result.rule} of {result.property or 'the object'}"
    if not result.total or result.failed is None:
        return f"{where} fails"
    return f"{where} fails in {result.failed:,} of {result.total:,} rows"
