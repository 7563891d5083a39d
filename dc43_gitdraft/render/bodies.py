"""A pull request's body: what a steward needs in a minute first, the rest folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from dc43_gitdraft.model import (
    Bump,
    Change,
    Draft,
    Impact,
    Level,
    Provenance,
    QualityResult,
    Suggestion,
    Verdict,
)
from dc43_gitdraft.render.contents import Contents, contents, read_document
from dc43_gitdraft.render.inline import cell, code, prose, value, version
from dc43_gitdraft.render.marks import marker
from dc43_gitdraft.render.neighbours import neighbours
from dc43_gitdraft.render.questions import questions
from dc43_gitdraft.render.tables import in_words, possible_renames, size, table_within, worst_first
from dc43_gitdraft.render.verdicts import consequence, verdict

#: GitHub refuses longer bodies.
BODY_LIMIT = 65_536
#: So many changes are shown at once; more where more of them break somebody.
_AT_ONCE = 12
_NOTES = 3
_RESULTS = 10
_CONTEXT = 20
_SUGGESTED = 40
#: What bad quality may do to a contract, where somebody asked for it.
_RELAXED = frozenset(
    {"property-became-nullable", "enum-dropped", "quality-threshold-loosened"}
    | {"quality-rule-removed"}
)
_VERDICT_ICONS = {Verdict.BLOCK: "❌", Verdict.WARN: "⚠️", Verdict.UNKNOWN: "❔", Verdict.OK: "✅"}


def body(
    draft: Draft,
    provenance: Provenance,
    context: Iterable[tuple[str, str]] = (),
    impact: Impact | None = None,
    *,
    commands: bool = False,
    warning: str = "",
) -> str:
    """Return a pull request's body in Markdown, at most `BODY_LIMIT` characters long.

    `context` is what the job wants said; `impact` the contracts around this one, where known.
    `commands` says that commands in comments are obeyed. `warning` is a sentence of what merging
    would do besides.
    """
    first = draft.base_version is None
    document = read_document(draft.text) if first else {}
    notes = _all_notes(draft)
    top = [f"{verdict(draft)}\n\n{consequence(draft)}", _small_bump(draft), warned(warning)]
    after = [
        questions(document) if first else "",
        _notes(notes[:_NOTES]),
        _why(provenance, context),
        _quality(draft.feedback, provenance, draft.changes),
        neighbours(impact, draft.changes) if impact else "",
        _decide(draft, commands=commands),
    ]
    after.insert(3, _suggestions(draft.suggestions))
    end = [_more_notes(notes[_NOTES:]), _origin(draft, provenance), marker(draft)]
    top, after, end = ([part for part in parts if part] for parts in (top, after, end))
    room = BODY_LIMIT - sum(size(part) + 2 for part in (*top, *after, *end))
    stated = _contents(contents(document), room) if first else None
    shown, folded = stated or _changes(draft.changes, room)
    parts = [*top, shown, *after, folded, *end]
    return "\n\n".join(part for part in parts if part) + "\n"


def warned(said: str) -> str:
    """Return a sentence of ours as a body has it; nothing of none."""
    return f"⚠️ {prose(said, 600)}." if said else ""


def _small_bump(draft: Draft) -> str:
    if draft.base_version is None or draft.bump >= draft.implied:
        return ""
    step = "no" if draft.bump is Bump.NONE else f"a {draft.bump}"
    return f"⚠️ The version takes {step} step; these changes imply a {draft.implied} one."


def _changes(changes: Sequence[Change], room: int) -> tuple[str, str]:
    """Return the table to be seen at once, and the folded one with the rest."""
    if not changes:
        return "No change is shown: the settings turn off the rules of all that there are.", ""
    ordered = worst_first(changes)
    errors = sum(change.level is Level.ERROR for change in ordered)
    count = max(errors, _AT_ONCE)
    if len(ordered) <= count + 2:
        count = len(ordered)
    room -= 1_000  # for the sentences about what is left out
    first = table_within(ordered[:count], room)
    rest = [*first.rest, *ordered[count:]]
    if not rest:
        return first.text, ""
    if first.rest:
        return f"{first.text}\n\n{_summed(rest)}: see the files of this pull request.", ""
    shown = f"{first.text}\n\n{_summed(rest)}: folded below."
    second = table_within(rest, room - size(shown))
    left = f"\n\n{_summed(second.rest)}: see the files of this pull request."
    more = second.text + (left if second.rest else "")
    return shown, _folded(f"{len(rest) - len(second.rest):,} more changes", more)


def _contents(stated: Contents, room: int) -> tuple[str, str] | None:
    """Return the table of a first version to be seen at once, and the folded one with the rest."""
    if not stated.rows:
        return None
    whole = stated.count <= _AT_ONCE + 2
    room -= 1_000  # for the sentences about what is left out
    shown, end = stated.table(0, stated.count if whole else _AT_ONCE, room)
    if end == stated.count:
        return shown, ""
    more, last = stated.table(end, stated.count, room - size(shown))
    left = stated.count - last
    if not more:
        return f"{shown}\n\n… and {left:,} more: see the files of this pull request.", ""
    more += f"\n\n… and {left:,} more: see the files of this pull request." if left else ""
    return f"{shown}\n\n… and {stated.count - end:,} more, folded below.", _folded(
        f"{last - end:,} more properties", more
    )


def _summed(changes: Sequence[Change]) -> str:
    """Return how many changes of which kind there are, in rules' words."""
    counts = Counter(in_words(change.rule) for change in changes).most_common()
    kinds = [f"{count:,} × {rule}" for rule, count in counts[:4]]
    if len(counts) > 4:
        kinds.append(f"{sum(count for _, count in counts[4:]):,} others")
    errors = sum(change.level is Level.ERROR for change in changes)
    noun = "change" if len(changes) == 1 else "changes"
    broken = f"{errors:,} of them breaking" if errors else "none of them breaking"
    return f"… and {len(changes):,} more {noun}, {broken} ({', '.join(kinds)})"


def _folded(summary: str, text: str) -> str:
    """Return a part that opens on a click; `summary` is ours and never from data."""
    return f"<details>\n<summary>{summary}</summary>\n\n{text}\n\n</details>"


def _all_notes(draft: Draft) -> list[str]:
    """Return the guesses and the draft's notes; a guess with its reasons stands for one without."""
    guesses = possible_renames(draft.changes)
    bare = {guess.partition(": ")[0] for guess in guesses}
    return [*guesses, *(note for note in draft.notes if note not in bare)]


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    return "\n".join(["**To note.**", "", *(f"- {prose(note)}" for note in notes)])


def _more_notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    lines = [f"- {prose(note)}" for note in notes[:50]]
    if len(notes) > 50:
        lines.append(f"- … and {len(notes) - 50:,} more")
    return _folded(f"{len(notes):,} more notes", "\n".join(lines))


def _why(provenance: Provenance, context: Iterable[tuple[str, str]]) -> str:
    dataset = code(provenance.dataset_id or "", 300)
    if provenance.dataset_version:
        dataset += f" at version {code(provenance.dataset_version, 120)}"
    author = (provenance.authored_by or "").partition(" <")[0]
    rows = [
        ("written by", code(author, 120)),
        ("dataset", dataset),
        ("observed by", code(provenance.observed_by or "", 300)),
        ("run", code(provenance.run_url or "", 500)),
        *((code(name, 60), code(text, 300)) for name, text in list(context)[:_CONTEXT]),
    ]
    lines = [f"- {name}: {text}" for name, text in rows if name and text]
    why = "It was written by hand:" if author else "This is what was seen in the data:"
    return "\n".join([f"**Why.** {why}", "", *lines])


def _quality(
    results: Sequence[QualityResult], provenance: Provenance, changes: Iterable[Change]
) -> str:
    if not results:
        said = provenance.verdict.value if provenance.verdict else ""
        return f"**Data quality.** Verdict: {code(said)}." if said else ""
    order = list(_VERDICT_ICONS)
    worst = sorted(results, key=lambda result: order.index(result.verdict))
    counts = Counter(result.verdict.value for result in results)
    said = ", ".join(f"{count:,} × {name}" for name, count in sorted(counts.items()))
    heading = "was recorded and changes no rule"
    if any(change.rule in _RELAXED for change in changes):
        heading = "was recorded and changes no rule but those that are relaxed above"
    lines = [
        f"**Data quality** {heading}: {said}.",
        "",
        "| | rule | on | rows that fail |",
        "|---|---|---|---|",
        *map(_result, worst[:_RESULTS]),
    ]
    if len(worst) > _RESULTS:
        lines += ["", f"… and {len(worst) - _RESULTS:,} more."]
    return "\n".join(lines)


def _result(result: QualityResult) -> str:
    place = cell(result.property, 120) if result.property else "the whole object"
    failed = "" if result.failed is None else f"{result.failed:,}"
    if result.failed is not None and result.total:
        share = result.failed / result.total
        shown = "under 0.1%" if 0 < share < 0.001 else f"{share:.1%}"
        failed += f" of {result.total:,} ({shown})"
    rule = cell(result.rule)
    if len(result.tools) > 1:
        rule += f" ({', '.join(cell(tool) for tool in result.tools)})"
    return f"| {_VERDICT_ICONS[result.verdict]} | {rule} | {place} | {failed} |"


def _suggestions(found: Sequence[Suggestion]) -> str:
    """Return constraints to take or to leave, folded: nobody asked for them in the contract."""
    if not found:
        return ""
    lines = [
        "The data keeps to these, and the contract does not state them. None is written: copy to "
        "the branch what is meant, or draft with `--apply-suggestions`.",
        "",
        "| on | constraint | why |",
        "|---|---|---|",
    ]
    lines += [f"{_suggested(each)} {prose(each.why)} |" for each in found[:_SUGGESTED]]
    if len(found) > _SUGGESTED:
        lines += ["", f"… and {len(found) - _SUGGESTED:,} more."]
    noun = "constraint" if len(found) == 1 else "constraints"
    return _folded(f"{len(found):,} suggested {noun}", "\n".join(lines))


def _suggested(each: Suggestion) -> str:
    """Return the row of a suggestion up to its reason, which has other counts in each run."""
    stated = cell(f"{each.key}: {value(each.value)}", 300)
    return f"| {cell(each.path, 120)} | {stated}{'' if each.sure else ' (perhaps)'} |"


def suggests(text: str, draft: Draft) -> bool:
    """Tell whether a pull request's body has the suggestions of a draft."""
    return all(_suggested(each) in text for each in draft.suggestions[:_SUGGESTED])


def _decide(draft: Draft, *, commands: bool) -> str:
    said = (
        f"**How to decide.** Merging promotes version {version(draft.version)}; "
        "closing rejects it, and the same drift is not proposed again. Edit the branch freely: "
        "later drafts keep your edits. "
    )
    if not commands:
        return said + (
            "The job is told the reason that is given on closing "
            "(`dc43-gitdraft reject NUMBER --reason …`)."
        )
    return said + (
        "The job is told what is said on closing. A comment does more: "
        "`/gitdraft bump major|minor|patch`, `/gitdraft reject REASON`, `/gitdraft redraft` (onto "
        "a base that moved), `/gitdraft relax required|enum|threshold` (what the data does not "
        "keep to)."
    )


def _origin(draft: Draft, provenance: Provenance) -> str:
    rows: Iterator[tuple[str, str | None]] = iter(
        (
            ("contract", draft.contract_id),
            ("base version", draft.base_version),
            ("draft version", draft.version),
            ("observed at", provenance.observed_at),
            ("fingerprint of the drift", draft.digest),
        )
    )
    return _folded(
        "Provenance", "\n".join(f"- {name}: {code(text, 300)}" for name, text in rows if text)
    )
