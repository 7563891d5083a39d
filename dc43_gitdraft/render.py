"""What people read: a pull request's title and body, diffs, sentences about changes.

Everything here is pure text. Names and values come from data, so that they are shown only in
code spans whose fence is longer than any run of backticks in them; nothing of them can become
a link, a mention, an issue reference, an image, a heading or HTML.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Sequence

from dc43_gitdraft.model import Bump, Change, Draft, Level, Provenance
from dc43_gitdraft.names import one_line

#: GitHub refuses longer bodies.
BODY_LIMIT = 65_536
_TITLE_LIMIT = 120
_VALUE_LIMIT = 80
_MARK = re.compile(r"<!-- gitdraft (\{.*?\}) -->")
_ICONS = {Level.ERROR: "❌", Level.WARNING: "⚠️", Level.INFO: "ℹ️", Level.OFF: ""}


def code(text: str, limit: int = _VALUE_LIMIT) -> str:
    """Return `text` as a Markdown code span that also fits a table's cell."""
    line = one_line(text, limit)
    if not line:
        return ""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    # GitHub splits cells at `|` before it reads code spans.
    cell = line.replace("|", "\\|")
    return f"{fence}{pad}{cell}{pad}{fence}"


def value(item: object) -> str:
    """Return one side of a change in words.

    A scalar as it is, a property or object as its type (its name is in the path), any other
    structure as brief JSON.
    """
    if item is None:
        return ""
    if isinstance(item, str):
        return item
    if isinstance(item, dict) and (kind := item.get("physicalType") or item.get("logicalType")):
        return f"{kind}, required" if item.get("required") is True else str(kind)
    return json.dumps(item, ensure_ascii=False, default=str, separators=(", ", ": "))


def plain(text: str, limit: int = 60) -> str:
    """Return a name that is safe in a title: no Markdown, mention or issue reference in it."""
    return re.sub(r"[^\w .\-\[\]{}]", "_", one_line(text, limit))


def title(draft: Draft) -> str:
    """Return a pull request's title that says the change, such as `orders 1.3.0: add discount`."""
    head = f"{plain(draft.contract_id)} {draft.version}"
    phrases = _phrases(draft)
    said = ""
    for place, phrase in enumerate(phrases):
        longer = f"{said}, {phrase}" if said else phrase
        rest = len(phrases) - place - 1
        if len(head) + len(longer) + (16 if rest else 2) > _TITLE_LIMIT:
            return f"{head}: {said or 'many changes'}, and {rest + 1} more"
        said = longer
    return f"{head}: {said}" if said else head


def _phrases(draft: Draft) -> list[str]:
    if draft.base_version is None:
        return ["first version"]
    groups: dict[str, list[str]] = {}
    for change in draft.changes:
        name = plain(change.path.split(".", 1)[-1])
        names = groups.setdefault(_verb(change.rule), [])
        if name not in names:
            names.append(name)
    return [f"{verb} {name}" for verb, names in groups.items() for name in names]


def _verb(rule: str) -> str:
    for ending, verb in (
        ("-added-optional", "add"),
        ("-added-required", "add"),
        ("-added", "add"),
        ("-removed", "remove"),
        ("-renamed", "rename"),
        ("-widened", "widen"),
        ("-narrowed", "narrow"),
        ("became-nullable", "relax"),
    ):
        if rule.endswith(ending):
            return verb
    return "change"


def verdict(draft: Draft) -> str:
    """Return the first line a steward reads: does it break anybody, and which step it takes."""
    worst = max((change.level for change in draft.changes), default=Level.INFO)
    step = f"{draft.base_version or 'no version'} → {draft.version} ({draft.bump})"
    if draft.base_version is None:
        return f"🆕 **First version** · {draft.version}"
    if worst is Level.ERROR:
        return f"❌ **Breaking** · {step}"
    if worst is Level.WARNING:
        return f"⚠️ **Compatible, with care** · {step}"
    return f"✅ **Compatible** · {step}"


def body(draft: Draft, provenance: Provenance, context: Iterable[tuple[str, str]] = ()) -> str:
    """Return a pull request's body in Markdown, at most `BODY_LIMIT` characters long."""
    parts = [verdict(draft)]
    if draft.bump < draft.implied and draft.base_version is not None:
        parts.append(
            f"⚠️ The job asked for a {draft.bump} bump; these changes imply {draft.implied}."
        )
    tail = [_why(provenance, context), _feedback(draft), _notes(draft), _decide(draft)]
    tail = [*filter(None, tail), marker(draft)]
    room = BODY_LIMIT - sum(len(part) + 2 for part in [*parts, *tail])
    return "\n\n".join([*parts, _table(draft.changes, room), *tail]) + "\n"


def _table(changes: Sequence[Change], room: int) -> str:
    lines = ["| | what | where | before | after |", "|---|---|---|---|---|"]
    # The worst first: where the list has to be cut, the harmless end is what is missed.
    ordered = sorted(changes, key=lambda change: -change.level)
    used = sum(len(line) + 1 for line in lines) + 100
    for place, change in enumerate(ordered):
        what = change.rule.replace("-", " ")
        before, after = (code(value(side)) for side in (change.before, change.after))
        line = (
            f"| {_ICONS[change.level]} | {what} | {code(change.path, 120)} | {before} | {after} |"
        )
        used += len(line) + 1
        if used > room:
            lines.append(
                f"\n… and {len(ordered) - place} more changes: see the files of this pull request."
            )
            break
        lines.append(line)
    return "\n".join(lines)


def _why(provenance: Provenance, context: Iterable[tuple[str, str]]) -> str:
    dataset = code(provenance.dataset_id or "", 300)
    if provenance.dataset_version:
        dataset += f" at version {code(provenance.dataset_version, 120)}"
    lines = ["**Why.** This is what was seen in the data:", "", f"- dataset: {dataset}"]
    rows = [
        ("observed by", provenance.observed_by),
        ("at", provenance.observed_at),
        ("run", provenance.run_url),
        ("data quality", provenance.verdict.value if provenance.verdict else None),
    ]
    lines += [f"- {name}: {code(text, 300)}" for name, text in rows if text]
    lines += [f"- {code(name, 60)}: {code(text, 300)}" for name, text in list(context)[:20]]
    return "\n".join(lines)


def _feedback(draft: Draft) -> str:
    if not draft.feedback:
        return ""
    lines = ["**Data quality**, recorded and not obeyed:", ""]
    for result in draft.feedback[:20]:
        counts = f": {result.failed:,} of {result.total:,} rows" if result.total else ""
        lines.append(f"- {code(result.rule)} on {code(result.property or 'the object')}{counts}")
    return "\n".join(lines)


def _notes(draft: Draft) -> str:
    return "\n".join(f"- {code(note, 300)}" for note in draft.notes[:20])


def _decide(draft: Draft) -> str:
    return (
        f"**How to decide.** Merging promotes version {draft.version}; closing rejects it, and "
        "the same drift is not proposed again. Edit the branch freely: later drafts keep your "
        "edits. A comment before closing tells the job why."
    )


def marker(draft: Draft) -> str:
    """Return the invisible last line by which the tool knows its own pull request."""
    fields = {"contract": draft.contract_id, "version": draft.version, "digest": draft.digest}
    text = json.dumps(fields).replace("-", "\\u002d").replace(">", "\\u003e")
    return f"<!-- gitdraft {text} -->"


def digest_in(text: str) -> str | None:
    """Return the draft digest that a pull request's body is marked with, or None."""
    marks = _MARK.findall(text)
    if not marks:
        return None
    try:
        fields = json.loads(marks[-1])
    except ValueError:
        return None
    digest = fields.get("digest")
    return digest if isinstance(digest, str) else None


def diff(before: str, after: str, path: str) -> str:
    """Return a unified diff as Git would show it."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"a/{path}", f"b/{path}", lineterm=""
    )
    return "\n".join(lines)


def bump_of(draft: Draft) -> str:
    """Return the step as JSON says it: patch, minor, major, or none for a first version."""
    return str(Bump.NONE if draft.base_version is None else draft.bump)
