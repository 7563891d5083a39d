"""What bad quality may loosen, where somebody asked for it: the policies of `relax`.

`required`: a property in which rows lack a value need not have one any more. `enum`: a list of
permitted values that data does not keep to is taken out; which values are wrong is not known, as
results hold none. `threshold`: the limit of a quality rule is moved to what was counted, rounded
to one significant digit, so that the next run does not ask for another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from dc43_gitdraft.changes import dotted
from dc43_gitdraft.changes.quality import valid_values
from dc43_gitdraft.changes.thresholds import OPERATORS, Interval, Threshold, threshold
from dc43_gitdraft.draft.rounding import away, number, towards
from dc43_gitdraft.model import QualityResult, Verdict

Node = dict[str, Any]

_FAILED = (Verdict.WARN, Verdict.BLOCK)
#: Metrics of rows that fail, and the key of a property that means the same with a limit of 0.
_METRICS: Mapping[str, str | None] = {
    "duplicateValues": None,
    "invalidValues": "enum",
    "missingValues": "required",
    "nullValues": "required",
}


@dataclass(slots=True)
class Relaxation:
    """One pass over a schema object with what failed in it; `obeyed` are results that loosened.

    `relax` holds any of `enum`, `required`, `threshold`; what `ignored` says of a path stays.
    """

    results: Sequence[QualityResult]
    relax: frozenset[str]
    ignored: Callable[[str], bool]
    obeyed: list[QualityResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def object(self, node: Node, path: str) -> Node:
        """Return the schema object as loosened; the same one where nothing is."""
        whole = [each for each in self._failed() if each.property in (None, path)]
        return self._inside(self._rules(node, whole, path), path)

    def _failed(self) -> Iterator[QualityResult]:
        return (each for each in self.results if each.verdict in _FAILED and each.failed != 0)

    def _inside(self, node: Node, path: str) -> Node:
        node = self._part(node, "properties", path)
        items, mapping = node.get("items"), node.get("map")
        if isinstance(items, dict):
            revised = self._inside(items, f"{path}[]")
            node = node if revised is items else {**node, "items": revised}
        if isinstance(mapping, dict):
            parts = {
                key: self._inside(part, f"{path}{{{key}}}") if isinstance(part, dict) else part
                for key, part in mapping.items()
            }
            node = node if parts == mapping else {**node, "map": parts}
        return node

    def _part(self, node: Node, key: str, path: str) -> Node:
        listed = node.get(key)
        if not isinstance(listed, list):
            return node
        revised = [self._property(each, dotted(path, each.get("name", ""))) for each in listed]
        same = all(new is old for new, old in zip(revised, listed, strict=True))
        return node if same else {**node, key: revised}

    def _property(self, node: Node, path: str) -> Node:
        if self.ignored(path):
            return node
        failed = [each for each in self._failed() if each.property == path]
        if failed:
            node = self._required(node, failed)
            node = self._rules(node, failed, path)
            node = self._enum(node, failed)
            # What still stands is not obeyed, although a rule of the same sense was loosened.
            still = {key for key in ("enum", "required") if node.get(key)}
            self.obeyed = [
                each for each in self.obeyed if each not in failed or each.rule not in still
            ]
        return self._inside(node, path)

    def _required(self, node: Node, failed: Sequence[QualityResult]) -> Node:
        found = [each for each in failed if each.rule == "required"]
        if "required" not in self.relax or node.get("required") is not True or not found:
            return node
        self._obey(found)
        return {**node, "required": False}

    def _enum(self, node: Node, failed: Sequence[QualityResult]) -> Node:
        found = [each for each in failed if each.rule == "enum"]
        if "enum" not in self.relax or "enum" not in node or not found:
            return node
        self._obey(found)
        return {key: value for key, value in node.items() if key != "enum"}

    def _rules(self, node: Node, failed: Sequence[QualityResult], path: str) -> Node:
        listed = node.get("quality")
        if self.ignored(path) or not isinstance(listed, list) or not failed:
            return node
        revised = [self._rule(rule, failed) for rule in listed]
        if all(new is old for new, old in zip(revised, listed, strict=True)):
            return node
        kept = [rule for rule in revised if rule is not None]
        if kept:
            return {**node, "quality": kept}
        return {key: value for key, value in node.items() if key != "quality"}

    def _rule(self, rule: Any, failed: Sequence[QualityResult]) -> Any:
        """Return the rule as loosened; None where it goes."""
        if not isinstance(rule, dict) or rule.get("type", "library") != "library":
            return rule
        found = [each for each in failed if _means(each.rule, rule) and not _kept(rule, each)]
        if "threshold" in self.relax:
            for each in found:
                looser = _loosened(rule, each)
                if looser is not None:
                    self._obey(found)
                    return looser
        if "enum" in self.relax and found and valid_values(rule) is not None:
            self._obey(found)
            rest = {key: each for key, each in rule["arguments"].items() if key != "validValues"}
            return {**rule, "arguments": rest} if rest else None
        return rule

    def _obey(self, results: Sequence[QualityResult]) -> None:
        for each in results:
            if each not in self.obeyed:
                self.obeyed.append(each)
                self.notes.append(_sentence(each))


def _sentence(result: QualityResult) -> str:
    where = f"{result.rule} of {result.property}" if result.property else result.rule
    if result.failed is None:
        return f"relaxed as asked, because it failed: {where}"
    of = f" of {result.total}" if result.total is not None else ""
    return f"relaxed as asked, because {result.failed}{of} rows failed: {where}"


def _means(said: str, rule: Mapping[str, Any]) -> bool:
    """Tell whether a result's word is for this rule of the contract."""
    metric = _metric(rule)
    if said in (rule.get("name"), rule.get("id"), metric):
        return True
    alike = _METRICS.get(str(metric))
    return alike == said and (said != "enum" or valid_values(rule) is not None)


def _metric(rule: Mapping[str, Any]) -> Any:
    return rule.get("metric", rule.get("rule"))


def _loosened(rule: Node, result: QualityResult) -> Node | None:
    """Return the rule, which is broken, with a limit that is not; None where there is none."""
    value = _counted(rule, result)
    if value is None or _allowed(rule) is None:
        return None
    name, limit = next((name, rule[name]) for name in OPERATORS if name in rule)
    looser = _limit(name, limit, value)
    if looser is None:
        return None
    ((operator, moved),) = looser.items()
    if rule.get("unit") == "percent" and max(_listed(moved)) >= 100:
        return None  # a rule that nothing can break is none
    revised: Node = {}
    for key, before in rule.items():
        if key == name:
            revised[operator] = moved
        else:
            revised[key] = before
    return revised


def _kept(rule: Node, result: QualityResult) -> bool:
    """Tell whether what was counted keeps to the rule, however the tool judged it."""
    value, allowed = _counted(rule, result), _allowed(rule)
    return value is not None and allowed is not None and _passes(value, allowed)


def _allowed(rule: Node) -> Threshold | None:
    return threshold({name: rule[name] for name in OPERATORS if name in rule})


def _listed(limit: Any) -> list[Any]:
    return limit if isinstance(limit, list) else [limit]


def _counted(rule: Mapping[str, Any], result: QualityResult) -> Decimal | None:
    """Return what was counted, in the unit of the rule."""
    metric = _metric(rule)
    if metric == "rowCount":
        return None if result.total is None else Decimal(result.total)
    if metric not in _METRICS or result.failed is None:
        return None
    if rule.get("unit") != "percent":
        return Decimal(result.failed)
    return Decimal(result.failed) * 100 / Decimal(result.total) if result.total else None


def _passes(value: Decimal, allowed: Threshold) -> bool:
    point = float(value)
    return Threshold((Interval(point, point, True, True),)).within(allowed)


def _limit(name: str, limit: Any, value: Decimal) -> dict[str, Any] | None:
    """Return the operator and the number, or the two, that let `value` pass."""
    if name in ("mustBeLessThan", "mustBeLessOrEqualTo"):
        up = away(value)
        if name == "mustBeLessThan" and up <= value:
            up = away(value * Decimal("1.000001"))
        return {name: number(up)}
    if name in ("mustBeGreaterThan", "mustBeGreaterOrEqualTo"):
        down = towards(value)
        if name == "mustBeGreaterThan" and down >= value:
            down = towards(value * Decimal("0.999999")) if value > 1 else Decimal(0)
        void = down < 0 or not value or (not down and name == "mustBeGreaterOrEqualTo")
        return None if void else {name: number(down)}
    if name not in ("mustBe", "mustBeBetween"):
        return None
    low, high = (Decimal(str(each)) for each in _ends(limit))
    if low == high == 0:
        return {"mustBeLessOrEqualTo": number(away(value))}
    low = min(low, towards(value))
    high = max(high, away(value))
    return {"mustBeBetween": [number(low), number(high)]}


def _ends(limit: Any) -> tuple[Any, Any]:
    return (min(limit), max(limit)) if isinstance(limit, list) else (limit, limit)
