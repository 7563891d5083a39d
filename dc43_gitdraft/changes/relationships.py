"""Foreign keys of objects and properties."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from dc43_gitdraft.changes.core import Finding, Pair, Part, dotted, equal, mappings
from dc43_gitdraft.changes.pairing import key, pair


def _target(entry: Mapping[str, Any]) -> Hashable:
    return json.dumps([entry.get("from"), entry.get("to")], sort_keys=True, default=str)


def _source(entry: Mapping[str, Any]) -> Hashable:
    return json.dumps(entry.get("from"), sort_keys=True, default=str)


def _find(both: Pair) -> Iterator[Finding]:
    old = mappings(both.old.get("relationships"))
    new = mappings(both.new.get("relationships"))
    if old is None or new is None:
        path = dotted(both.path, "relationships")
        yield both.found("unclaimed-change", "relationships", path=path)
        return
    count = 0
    # By source last: one that is left over on both sides has got another target.
    for before, after in pair(old, new, key("id"), _target, _source).merged():
        if before is None and after is not None:
            at = (*both.new_at, "relationships", after[0])
            yield Finding("relationship-added", both.path, at, None, after[1])
        elif before is not None and after is None:
            at = (*both.old_at, "relationships", before[0])
            yield Finding("relationship-removed", both.path, at, before[1], None)
        elif before is not None and after is not None and not equal(before[1], after[1]):
            old_at = (*both.old_at, "relationships", before[0])
            new_at = (*both.new_at, "relationships", after[0])
            yield from _one(Pair(before[1], after[1], both.path, old_at, new_at))
        else:
            continue
        count += 1
    if not count:
        yield both.found("documentation-changed", "relationships", message="another order")


def _one(both: Pair) -> Iterator[Finding]:
    for name in {**both.new, **both.old}:
        if both.differs(name):
            wording = name not in ("from", "to")
            rule = "documentation-changed" if wording else "relationship-target-changed"
            yield both.found(rule, name, message=f"{name} changed")


PART: Part = (("relationships",), _find)
