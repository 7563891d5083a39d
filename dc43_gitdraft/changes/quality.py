"""Quality rules, and enumerations, which are quality rules in older versions of ODCS."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dc43_gitdraft.changes.core import Finding, Pair, dotted, equal, mappings
from dc43_gitdraft.changes.pairing import Entry, key, pair
from dc43_gitdraft.changes.thresholds import OPERATORS, threshold

KEYS = ("enum", "quality")

_SEVERITIES = {
    name: rank
    for rank, names in enumerate(
        (
            ("info", "informational", "low"),
            ("warning", "warn", "medium"),
            ("error", "high"),
            ("critical", "blocker", "fatal"),
        )
    )
    for name in names
}
_WORDING = frozenset(
    {"id", "name", "description", "tags", "authoritativeDefinitions", "customProperties"}
    | {"dimension", "businessImpact", "method"}
)


def find(both: Pair) -> Iterator[Finding]:
    """Yield the changes of a property's enumeration and of its quality rules."""
    old_rules, new_rules = mappings(both.old.get("quality")), mappings(both.new.get("quality"))
    if old_rules is None or new_rules is None:
        yield both.found("unclaimed-change", "quality", path=dotted(both.path, "quality"))
        return
    old, new = _Enumeration.of(both.old, old_rules), _Enumeration.of(both.new, new_rules)
    count = 0
    for finding in _enumeration(both, old, new):
        count += 1
        yield finding
    # The rule that says the enumeration comes and goes with it.
    for finding in _rules(both, old_rules, new_rules, (old.rule, new.rule)):
        count += 1
        yield finding
    if not count:
        for name in KEYS:
            if both.differs(name):
                yield both.found("documentation-changed", name, message=f"{name} reworded")


@dataclass(frozen=True, slots=True)
class _Enumeration:
    """The permitted values, the place of each, and the quality rule that says them, if one does."""

    values: dict[str, Any] | None = None
    at: tuple[str | int, ...] = ()
    rule: int | None = None

    @classmethod
    def of(cls, node: Mapping[str, Any], rules: list[Entry]) -> _Enumeration:
        listed = mappings(node.get("enum"))
        if listed:
            values = {_canonical(entry.get("value")): entry.get("value") for _, entry in listed}
            return cls(values, ("enum",))
        for place, rule in rules:
            valid = valid_values(rule)
            if valid is not None:
                at = ("quality", place, "arguments", "validValues")
                return cls({_canonical(value): value for value in valid}, at, place)
        return cls()


def valid_values(rule: Mapping[str, Any]) -> list[Any] | None:
    """Return the permitted values that an invalidValues rule lists, or None."""
    arguments = rule.get("arguments")
    if rule.get("metric", rule.get("rule")) != "invalidValues" or not isinstance(arguments, dict):
        return None
    values = arguments.get("validValues")
    return values if isinstance(values, list) else None


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _enumeration(both: Pair, old: _Enumeration, new: _Enumeration) -> Iterator[Finding]:
    path, gone, now = both.path, (*both.old_at, *old.at), (*both.new_at, *new.at)
    if old.values is None and new.values is not None:
        yield Finding("enum-introduced", path, now, None, list(new.values.values()))
    elif new.values is None and old.values is not None:
        yield Finding("enum-dropped", path, gone, list(old.values.values()), None)
    elif old.values is not None and new.values is not None:
        for name, value in old.values.items():
            if name not in new.values:
                yield Finding("enum-value-removed", path, gone, value, None)
        for name, value in new.values.items():
            if name not in old.values:
                yield Finding("enum-value-added", path, now, None, value)


def _rules(
    both: Pair, old: list[Entry], new: list[Entry], spared: tuple[int | None, int | None]
) -> Iterator[Finding]:
    paired = pair(old, new, _canonical, key("id"), key("name"), _measure, _kind)
    for before, after in paired.merged():
        if before is not None and after is not None:
            inner = Pair(
                before[1],
                after[1],
                _path(both.path, after),
                (*both.old_at, "quality", before[0]),
                (*both.new_at, "quality", after[0]),
            )
            if not equal(inner.old, inner.new):
                yield from _rule(inner)
        elif after is not None and after[0] != spared[1]:
            at = (*both.new_at, "quality", after[0])
            yield Finding("quality-rule-added", _path(both.path, after), at, None, after[1])
        elif before is not None and before[0] != spared[0]:
            at = (*both.old_at, "quality", before[0])
            yield Finding("quality-rule-removed", _path(both.path, before), at, before[1], None)


def _measure(rule: Mapping[str, Any]) -> Hashable:
    metric = rule.get("metric", rule.get("rule"))
    arguments = rule.get("arguments")
    if not isinstance(metric, str):
        return None
    return metric, isinstance(arguments, dict) and "validValues" in arguments


def _kind(rule: Mapping[str, Any]) -> Hashable:
    return None if "metric" in rule or "rule" in rule else str(rule.get("type"))


def _path(path: str, entry: Entry) -> str:
    rule = entry[1]
    for name in ("name", "id", "metric", "rule"):
        if isinstance(rule.get(name), str):
            return dotted(dotted(path, "quality"), rule[name])
    return dotted(path, "quality") + f"[{entry[0]}]"


def _rule(rule: Pair) -> Iterator[Finding]:
    """One finding for each side of a rule that changed: limit, severity, schedule, the rest."""
    changed = [name for name in {**rule.new, **rule.old} if rule.differs(name)]
    operators = [name for name in changed if name in OPERATORS]
    if operators:
        yield _limit(rule)
    rest: list[str] = []
    for name in changed:
        if name in operators:
            continue
        if name == "severity":
            yield _severity(rule)
        elif name in ("schedule", "scheduler"):
            yield rule.found("quality-schedule-changed", name)
        elif name in _WORDING:
            yield rule.found("documentation-changed", name, message=f"{name} changed")
        elif name != "arguments" or not _only_values(rule):
            rest.append(name)
    for name in rest:
        yield rule.found("quality-rule-changed", name, message=f"{name} changed")


def _only_values(rule: Pair) -> bool:
    """Tell whether the arguments differ in nothing but the permitted values."""
    if valid_values(rule.old) is None or valid_values(rule.new) is None:
        return False
    old, new = dict(rule.old["arguments"]), dict(rule.new["arguments"])
    del old["validValues"], new["validValues"]
    return equal(old, new)


def _limit(rule: Pair) -> Finding:
    before = {name: rule.old[name] for name in OPERATORS if name in rule.old}
    after = {name: rule.new[name] for name in OPERATORS if name in rule.new}
    name = "quality-rule-changed"
    old, new = threshold(before), threshold(after)
    if old is not None and new is not None and not rule.differs("unit"):
        if new.within(old):
            name = "quality-threshold-tightened"
        elif old.within(new):
            name = "quality-threshold-loosened"
    return rule.found(name, before=before or None, after=after or None, message="limit changed")


def _severity(rule: Pair) -> Finding:
    old, new = rule.old.get("severity"), rule.new.get("severity")
    ours, theirs = _SEVERITIES.get(str(old).lower(), 1), _SEVERITIES.get(str(new).lower(), 1)
    step = "lowered" if theirs < ours else "raised"
    return rule.found(f"quality-severity-{step}", "severity")
