"""`draft --all`: how it goes on, and how it ended, as people and programs read it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from dc43_gitdraft.cli.documents import of_sweep
from dc43_gitdraft.cli.output import printable, progress, say, say_diff, say_json, say_table
from dc43_gitdraft.errors import GitdraftError
from dc43_gitdraft.model import OutcomeKind
from dc43_gitdraft.sweep import Progress, Sweep, Swept

_WORDS = {
    OutcomeKind.CREATED: "created",
    OutcomeKind.UPDATED: "updated",
    OutcomeKind.UNCHANGED: "unchanged",
    OutcomeKind.NO_DRIFT: "no drift",
    OutcomeKind.REJECTED: "rejected",
    OutcomeKind.BLOCKED: "blocked",
    OutcomeKind.POSTPONED: "postponed",
}
_FAILED, _NO_CONTRACT = "failed", "no contract"
_COLORS = {
    **dict.fromkeys(("rejected", "blocked", "postponed", _NO_CONTRACT), "yellow"),
    _FAILED: "red",
}


@contextmanager
def telling() -> Iterator[Callable[[Progress], None]]:
    """Show how far a sweep is: a bar on a terminal, lines elsewhere."""
    if not sys.stderr.isatty():
        yield lambda step: progress(f"{step.doing} {step.name} ({step.done} of {step.total})")
        return
    bars: dict[str, Any] = {}

    def tell(step: Progress) -> None:
        if step.doing not in bars:
            _finish(bars)
            bars[step.doing] = click.progressbar(
                length=step.total,
                label=step.doing,
                file=sys.stderr,
                item_show_func=lambda name: printable(name)[:40] if name else "",
            )
            bars[step.doing].__enter__()
        bars[step.doing].update(1, step.name)

    try:
        yield tell
    finally:
        _finish(bars)


def _finish(bars: dict[str, Any]) -> None:
    for bar in bars.values():
        bar.render_finish()


def say_sweep(found: Sweep, diff: Callable[[Swept], str] | None, *, as_json: bool) -> None:
    """Print what became of each SOURCE, and how many ended how."""
    for row in found.rows:
        for warning in row.observation.warnings if row.observation else ():
            progress(f"warning: {row.source}: {warning}")
    for path, problem in found.problems.items():
        progress(f"warning: {path} was left out: {problem}")
    if as_json:
        say_json(of_sweep(found, diff))
        return
    say_table(
        [(_word(row), row.contract or "-", row.source, _remark(row)) for row in found.rows],
        head=("", "contract", "data"),
        style=lambda word: {"fg": _COLORS.get(word, "green")},
    )
    counts = Counter(map(_word, found.rows))
    said = ", ".join(
        f"{counts[word]} {word}"
        for word in (*_WORDS.values(), _FAILED, _NO_CONTRACT)
        if counts[word]
    )
    say()
    say(f"{len(found.rows)} looked at: {said}")
    for text in filter(None, map(diff, found.rows) if diff else ()):
        say()
        say_diff(text)


def _word(row: Swept) -> str:
    if row.outcome is not None:
        return _WORDS[row.outcome.kind]
    return _FAILED if row.error is not None else _NO_CONTRACT


def _remark(row: Swept) -> str:
    if row.error is not None:
        return str(row.error) or type(row.error).__name__
    if row.outcome is None:
        return "no server and no name of a contract says this"
    outcome, parts = row.outcome, []
    if outcome.draft is not None:
        parts.append(f"{outcome.draft.base_version or 'new'} → {outcome.draft.version}")
    if outcome.pull_request is not None:
        parts.append(f"#{outcome.pull_request.number}")
    if outcome.reason and outcome.kind is not OutcomeKind.NO_DRIFT:
        parts.append(outcome.reason)
    return "  ".join(parts)


def exit_code(found: Sweep, *, fail_on_rejected: bool) -> int:
    """Return the highest of the codes that the drafts would end with one by one."""
    codes = [0]
    for row in found.rows:
        if row.error is not None:
            error = row.error if isinstance(row.error, GitdraftError) else GitdraftError
            codes.append(error.exit_code)
        elif row.outcome is not None and row.outcome.kind is OutcomeKind.BLOCKED:
            codes.append(4)
        elif row.outcome is not None and row.outcome.kind is OutcomeKind.REJECTED:
            codes.append(int(fail_on_rejected))
    return max(codes)
