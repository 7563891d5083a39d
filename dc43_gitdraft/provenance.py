"""Where a version came from, as the trailers of a commit or tag message.

Trailers are what `git interpret-trailers` reads: `Key: value` lines in the message's last
paragraph. A squash merge may append paragraphs of its own (`Co-authored-by:`), so reading
looks at every paragraph, the last one first.
"""

from __future__ import annotations

import re
from dataclasses import fields

from dc43_gitdraft.model import Provenance, Verdict
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
}
_TRAILER = re.compile(r"([A-Za-z0-9-]+)[ \t]*:[ \t]*(.*?)[ \t]*")


def trailers(provenance: Provenance) -> str:
    """Return the trailer paragraph; every value on one line, unknown ones left out."""
    lines = []
    for field in fields(Provenance):
        value = getattr(provenance, field.name)
        text = one_line(value.value if isinstance(value, Verdict) else value or "")
        if text:
            lines.append(f"{_KEYS[field.name]}: {text}")
    return "\n".join(lines)


def message(subject: str, sentence: str, provenance: Provenance) -> str:
    """Return a commit or tag message: subject, a sentence for people, the trailers.

    What is read back from it is what was written: text from data can neither add a trailer
    nor hide one.
    """
    # Git takes `---` at the start of a line for the end of the message, `#` for a comment.
    subject, sentence = (one_line(text).lstrip("-# ") for text in (subject, sentence))
    text = f"{subject}\n\n{sentence}\n\n{trailers(provenance)}\n"
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
        if "Contract-Id" in found and "Draft-Version" in found:
            values = {name: found.get(key) for name, key in _KEYS.items()}
            verdict = values.pop("verdict")
            known = {item.value for item in Verdict}
            return Provenance(
                **values,  # type: ignore[arg-type]
                verdict=Verdict(verdict) if verdict in known else None,
            )
    return None


def _paragraph(paragraph: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in paragraph.split("\n"):
        match = _TRAILER.fullmatch(line)
        if match is None:
            return {}
        found.setdefault(match.group(1), match.group(2))
    return found
