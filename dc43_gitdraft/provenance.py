"""Where a version came from, as the trailers of a commit or tag message.

Trailers are what `git interpret-trailers` reads: `Key: value` lines in the message's last
paragraph. A squash merge may append paragraphs of its own (`Co-authored-by:`), so reading
looks at every paragraph, the last one first.

Forges obey the text of commits: `fixes #1` closes an issue, `@name` notifies somebody, `[skip ci]`
stops workflows. What begins such an order is percent-encoded, and decoded when it is read.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable

from dc43_gitdraft.model import Provenance, QualityResult, Verdict
from dc43_gitdraft.names import one_line

_KEYS = {
    "contract_id": "Contract-Id",
    "base_version": "Base-Version",
    "draft_version": "Draft-Version",
    "digest": "Draft-Digest",
    "dataset_id": "Dataset-Id",
    "dataset_version": "Dataset-Version",
    "observed_by": "Observed-By",
    "observed_at": "Observed-At",
    "run_url": "Run-Url",
    "verdict": "Quality-Verdict",
    "authored_by": "Authored-By",
}
#: As JSON: of each result its rule, property, verdict, and the rows that failed and all rows.
_RESULTS = "Quality-Results"
#: In characters: results that go beyond are left out.
_RESULTS_LIMIT = 8_000
#: Tells, of a commit that others have replayed, whether it still holds what was drafted.
_TEXT = "Draft-Text"
#: Tells, where the base branch was rewritten, which commits below a draft were its own.
_MADE_ON = "Base-Commit"
#: Begins a reference, a mention or an order; or looks as if it had been encoded here.
_OBEYED = re.compile(r"[#@\[]|%(?=23|25|2D|40|5B)|(?i:(?<=\bGH)-(?=\d))")
_ENCODED = re.compile(r"%(23|25|2D|40|5B)")
_TRAILER = re.compile(r"([A-Za-z0-9-]+)[ \t]*:[ \t]*(.*?)[ \t]*")


def trailers(provenance: Provenance) -> str:
    """Return the trailer paragraph; every value on one line, unknown ones left out."""
    lines = []
    for name, key in _KEYS.items():
        value = getattr(provenance, name)
        text = one_line(value.value if isinstance(value, Verdict) else value or "")
        if text:
            lines.append(f"{key}: {harmless(text)}")
    if results := _written(provenance.results):
        lines.append(f"{_RESULTS}: {harmless(results)}")
    return "\n".join(lines)


def harmless(text: str) -> str:
    """Return `text` with everything encoded that a forge obeys in a commit's message."""
    return _OBEYED.sub(lambda match: f"%{ord(match.group()):02X}", text)


def _decoded(text: str) -> str:
    return _ENCODED.sub(lambda match: chr(int(match.group(1), 16)), text)


def message(
    subject: str, sentence: str, provenance: Provenance, text_of: str = "", made_on: str = ""
) -> str:
    """Return a commit or tag message: subject, a sentence for people, the trailers.

    What is read back from it is what was written: text from data can neither add a trailer
    nor hide one. `text_of` is the contract that the commit writes, to be known again by `wrote`;
    `made_on` is its parent, where that is a commit of the base branch.
    """
    sentence = harmless(sentence)
    # Git takes `---` at the start of a line for the end of the message, `#` for a comment.
    subject, sentence = (one_line(text).lstrip("-# ") for text in (subject, sentence))
    text = f"{subject}\n\n{sentence}\n\n{trailers(provenance)}\n"
    if text_of:
        text += f"{_TEXT}: {_fingerprint(text_of.encode())}\n"
    if made_on:
        text += stands_on(made_on)
    read = parse(text)
    if read is None or trailers(read) != trailers(provenance):
        raise AssertionError("provenance did not survive its own commit message")
    return text


def parse(text: str) -> Provenance | None:
    """Return the provenance that a message carries, or None.

    Only a paragraph made of trailers alone counts.
    """
    for paragraph in reversed(re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").strip("\n"))):
        found = _paragraph(paragraph)
        if all(one_line(found.get(key, "")) for key in ("Contract-Id", "Draft-Version")):
            values = {name: one_line(found[key]) for name, key in _KEYS.items() if key in found}
            verdict = values.pop("verdict", None)
            known = {item.value for item in Verdict}
            return Provenance(
                **values,
                verdict=Verdict(verdict) if verdict in known else None,
                results=_read(found.get(_RESULTS, "")),
            )
    return None


def _written(results: Iterable[QualityResult]) -> str:
    rows: list[str] = []
    room = _RESULTS_LIMIT
    for each in results:
        row = json.dumps([each.rule, each.property, each.verdict.value, each.failed, each.total])
        room -= len(row)
        if room < 0:
            break
        rows.append(row)
    return f"[{','.join(rows)}]" if rows else ""


def _read(text: str) -> tuple[QualityResult, ...]:
    """Return the results of a trailer; none where it is not as it was written."""
    try:
        return tuple(
            QualityResult(_text(rule), Verdict(verdict), place and _text(place), failed, total)
            for rule, place, verdict, failed, total in json.loads(text)
            if all(each is None or (type(each) is int and each >= 0) for each in (failed, total))
        )
    except (RecursionError, TypeError, ValueError):
        return ()


def _text(said: object) -> str:
    if not isinstance(said, str):
        raise TypeError(said)
    return said


def wrote(message: str, text: bytes) -> bool:
    """Say whether a commit of this message was made to write this very contract."""
    return f"\n{_TEXT}: {_fingerprint(text)}\n" in f"{message}\n"


def stands_on(commit: str) -> str:
    """Return the trailer that `made_on` reads."""
    return f"{_MADE_ON}: {commit}\n"


def made_on(message: str) -> str | None:
    """Return the commit of the base branch that a commit of this message was made on."""
    found = re.search(rf"^{_MADE_ON}: (\w+)$", message, re.MULTILINE)
    return found[1] if found else None


def _fingerprint(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _paragraph(paragraph: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in paragraph.split("\n"):
        match = _TRAILER.fullmatch(line)
        if match is None:
            return {}
        found.setdefault(match.group(1), _decoded(match.group(2)))
    return found
