"""How confidential a property is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dc43_gitdraft.changes.core import Finding, Pair, Part

_RANKS = {
    name: rank
    for rank, names in enumerate(
        (
            ("public", "open", "unclassified"),
            ("internal", "private"),
            ("confidential", "sensitive"),
            ("restricted", "highly confidential", "highly-confidential", "strictly confidential"),
            ("secret",),
            ("top secret", "top-secret"),
        )
    )
    for name in names
}
#: Tags that mark personal data; compared without letter case.
PERSONAL = frozenset(
    {"pii", "phi", "pci", "spi", "gdpr", "personal", "personal-data", "personal data", "sensitive"}
)


def _classification(both: Pair) -> Iterator[Finding]:
    old, new = both.old.get("classification"), both.new.get("classification")
    if not new:
        yield both.found("classification-removed", "classification")
        return
    before, after = _rank(old), _rank(new)
    if not old or (before is not None and after is not None and after >= before):
        yield both.found("classification-raised", "classification")
    else:
        # Also where the words cannot be ranked: a person has to look.
        yield both.found("classification-lowered", "classification")


def _rank(name: Any) -> int | None:
    return _RANKS.get(str(name).strip().lower())


def _tags(both: Pair) -> Iterator[Finding]:
    before, after = _personal(both.old.get("tags")), _personal(both.new.get("tags"))
    removed = [tag for tag in before if tag.lower() not in {tag.lower() for tag in after}]
    if removed:
        yield both.found("pii-tag-removed", "tags", before=removed, after=None)
    old = _others(both.old.get("tags"), removed)
    if not removed or old != _others(both.new.get("tags"), []):
        yield both.found("documentation-changed", "tags", message="tags changed")


def _personal(tags: Any) -> list[str]:
    if not isinstance(tags, list):
        return []
    return [tag for tag in tags if isinstance(tag, str) and tag.lower() in PERSONAL]


def _others(tags: Any, without: list[str]) -> list[Any]:
    return [tag for tag in tags if tag not in without] if isinstance(tags, list) else []


CLASSIFICATION: Part = (("classification",), _classification)
TAGS: Part = (("tags",), _tags)
