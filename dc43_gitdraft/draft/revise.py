"""The schema of a contract, revised by what was seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from dc43_gitdraft import types
from dc43_gitdraft.changes import dotted
from dc43_gitdraft.draft.evidence import (
    Contradiction,
    Source,
    contradiction,
    with_format,
)
from dc43_gitdraft.draft.relaxing import Relaxation
from dc43_gitdraft.draft.shape import Manner, fitting, new_property, structure
from dc43_gitdraft.draft.suggesting import Search, applied, is_private, places
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.matching import match
from dc43_gitdraft.model import (
    DataType,
    Observation,
    ObservedProperty,
    Policy,
    QualityResult,
    Suggestion,
    Verdict,
)

_STRUCTURE: Mapping[str, str] = {"object": "properties", "array": "items", "map": "map"}
#: Properties whose tags are named.
_TAGGED = 20
Node = dict[str, Any]


@dataclass(slots=True)
class Revision:
    """One pass over a schema object: what it is told, and what it remarks on its way.

    `dialect` is the SQL dialect of the contract's servers, in which its physical types are spelt.
    """

    api_version: str
    observation: Observation
    policy: Policy
    dialect: str | None = None
    notes: list[str] = field(default_factory=list)
    feedback: list[QualityResult] = field(default_factory=list)
    obeyed: list[QualityResult] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)
    tagged: list[str] = field(default_factory=list)

    def tags(self) -> tuple[str, ...]:
        """Name the tags of the source that properties of the contract lack: people decide."""
        if not self.tagged:
            return ()
        more = f" and {len(self.tagged) - _TAGGED} more" if len(self.tagged) > _TAGGED else ""
        named = ", ".join(self.tagged[:_TAGGED]) + more
        return (f"the source has tags that the contract has not: {named}",)

    def suggested(self, node: Node, path: str, contract: Mapping[str, Any] | None) -> Node:
        """Return the object with the constraints that are to be written; keep the others."""
        policy, seen = self.policy, self.observation
        wanted = policy.suggest or policy.apply_suggestions
        if not wanted or (contract is not None and is_private(contract)):
            return node
        known = frozenset(places(contract)) if contract is not None else frozenset[str]()
        failed = frozenset(
            (each.rule, each.property)
            for each in seen.quality
            if each.verdict in (Verdict.WARN, Verdict.BLOCK)
        )
        search = Search(self.api_version, seen.rows, known, failed, self._ignored)
        found = list(search.suggestions(node, seen.properties, path))
        write = policy.apply_suggestions and not policy.additive_only
        self.suggestions += [each for each in found if not write or not each.sure]
        return applied(node, path, found, self.api_version) if write else node

    def relaxed(self, node: Node, path: str) -> Node:
        """Return the schema object without what failed and may be loosened."""
        if not self.policy.relax or self.policy.additive_only:
            return node
        relaxation = Relaxation(self.observation.quality, self.policy.relax, self._ignored)
        revised = relaxation.object(node, path)
        self.obeyed += relaxation.obeyed
        self.notes += relaxation.notes
        return revised

    def object(self, node: Node, path: str) -> Node:
        """Return the schema object as the data has it."""
        stated = node.get("properties") or []
        seen = self.observation.properties
        # Without rows, a source that does not state its schema shows nothing.
        rows = self.observation.complete or bool(self.observation.rows)
        revised = self._properties(stated, seen, path, rows=rows, total=self.observation.rows)
        return node if revised == stated else {**node, "properties": revised}

    def _properties(
        self,
        stated: Sequence[Node],
        seen: Sequence[ObservedProperty],
        path: str,
        *,
        rows: bool = True,
        total: int | None = None,
    ) -> list[Node]:
        _refuse_twins(stated, path)
        found = match(stated, seen)
        kept: list[tuple[str | None, Node]] = []
        gone: list[int] = []
        for place, node in enumerate(stated):
            column = found.get(place)
            inner = dotted(path, node.get("name", ""))
            if column is not None:
                kept.append((column.name, self._property(node, column, inner, total)))
            elif self._is_removed(node, inner, rows=rows):
                gone.append(place)
            else:
                kept.append((None, node))
        self._renames(stated, found, gone, seen, path)
        return self._with_new(kept, stated, seen, path)

    def _with_new(
        self,
        kept: Sequence[tuple[str | None, Node]],
        stated: Sequence[Node],
        seen: Sequence[ObservedProperty],
        path: str,
    ) -> list[Node]:
        """Put each new property behind the nearest one before it that the contract knows."""
        manner = Manner.of(stated, self.api_version, self.dialect, self.observation.dialect)
        known = {name for name, _ in kept}
        behind: dict[str | None, list[Node]] = {}
        neighbour: str | None = None
        for column in seen:
            if column.name in known:
                neighbour = column.name
            elif self._is_added(column, dotted(path, column.name)):
                behind.setdefault(neighbour, []).append(new_property(column, manner))
        rows = list(behind.pop(None, []))
        for name, node in kept:
            rows.append(node)
            if name is not None:
                rows.extend(behind.get(name, []))
        return rows

    def _ignored(self, path: str) -> bool:
        # In a path, brackets are an array's items and no set of letters.
        return any(fnmatchcase(path, glob.replace("[", "[[]")) for glob in self.policy.ignore)

    def _is_added(self, column: ObservedProperty, path: str) -> bool:
        if self._ignored(path):
            return False
        kind = column.type
        foreign = (
            kind.physical is not None
            and not types.parse(kind.physical, self.observation.dialect).known
        )
        # A partition column is there, whatever the names of the directories say.
        if kind.logical is None and column.partition is None and not foreign:
            self.notes.append(f"{path} holds no value yet, so that its type is not known")
            return False
        return True

    def _is_removed(self, node: Mapping[str, Any], path: str, *, rows: bool) -> bool:
        """Tell whether the absence of a property is proven."""
        layout = self.observation.layout
        if not rows or self._ignored(path):
            return False
        if node.get("semanticType") == "measure":
            return False  # an aggregate of ODCS 3.2, and no column
        if node.get("partitioned") is True and not (layout and layout.partitions):
            return False  # it is in the names of directories that were not looked at
        if not self.observation.complete and node.get("required") is not True:
            return False  # an absent key may be a null
        if self.policy.additive_only:
            self.notes.append(f"{path} is not in the data; only additions are drafted")
            return False
        return True

    def _renames(
        self,
        stated: Sequence[Node],
        found: Mapping[int, ObservedProperty],
        gone: Sequence[int],
        seen: Sequence[ObservedProperty],
        path: str,
    ) -> None:
        """Remark on a removed property and an added one that stand in one place, of one type."""
        places = {column.name: place for place, column in enumerate(seen)}
        added = places.keys() - {column.name for column in found.values()}
        for place in gone:
            before, after = found.get(place - 1), found.get(place + 1)
            spots = set()
            if before is not None or place == 0:
                spots.add(places[before.name] + 1 if before is not None else 0)
            if after is not None or place == len(stated) - 1:
                spots.add(places[after.name] - 1 if after is not None else len(seen) - 1)
            for spot in sorted(spots):
                column = seen[spot] if 0 <= spot < len(seen) else None
                if column is None or column.name not in added:
                    continue
                if self._alike(stated[place], column.type):
                    old = dotted(path, stated[place].get("name", ""))
                    self.notes.append(f"possible rename of {old} to {dotted(path, column.name)}")
                    added -= {column.name}
                    break

    def _alike(self, node: Mapping[str, Any], seen: DataType) -> bool:
        source = self._source(seen, partition=False)
        return seen.logical is not None and self._wrong(node, seen, source) is None

    def _wrong(
        self, node: Mapping[str, Any], seen: DataType, source: Source
    ) -> Contradiction | None:
        layout = self.observation.layout
        return contradiction(
            node,
            seen,
            source,
            self.api_version,
            self.dialect,
            self.observation.dialect,
            layout.format if layout else None,
        )

    def _source(self, seen: DataType, *, partition: bool) -> Source:
        if not seen.inferred:
            return Source.DECLARED
        layout = self.observation.layout
        text = partition or (layout.format == "csv" if layout else self.observation.complete)
        return Source.TEXT if text else Source.JSON

    def _property(self, node: Node, column: ObservedProperty, path: str, total: int | None) -> Node:
        if self._ignored(path):
            return node
        stated = node.get("tags") or ()
        lacking = [tag for tag in column.tags if tag not in stated]
        if lacking:
            self.tagged.append(f"{path} ({', '.join(lacking)})")
        source = self._source(column.type, partition=column.partition is not None)
        return self._type(self._required(node, column, path, total), column.type, source, path)

    def _required(self, node: Node, column: ObservedProperty, path: str, total: int | None) -> Node:
        if node.get("required") is not True or not column.nulls:
            return node
        if "required" in self.policy.relax and not self.policy.additive_only:
            return {**node, "required": False}
        self.feedback.append(
            QualityResult(
                rule="required",
                verdict=Verdict.BLOCK,
                property=path,
                failed=column.nulls,
                total=total,
                message="a required property has rows without a value",
            )
        )
        return node

    def _type(self, node: Node, seen: DataType, source: Source, path: str) -> Node:
        wrong = self._wrong(node, seen, source)
        if wrong is not None and self.policy.additive_only:
            self.notes.append(f"{path} has another type; only additions are drafted")
            wrong = None
        if wrong is None:
            return self._inside(node, seen, source, path)
        node = self._corrected(node, wrong, path)
        if wrong.logical is not None:
            manner = Manner(
                self.api_version,
                "logicalType" in node,
                "physicalType" in node,
                dialect=self.dialect,
                seen=self.observation.dialect,
            )
            return self._restructured(node, seen, manner)
        return self._inside(node, seen, source, path)

    def _corrected(self, node: Node, wrong: Contradiction, path: str) -> Node:
        """Correct the keys that state a type; others stay."""
        node = dict(node)
        stated = node.get("physicalType")
        options = node.get("logicalTypeOptions")
        kept = dict(options) if isinstance(options, dict) else {}
        if wrong.physical is not None and stated is not None:
            node["physicalType"] = types.respell(str(stated), wrong.physical, self.dialect)
            kept = self._following(kept, str(stated), wrong.physical)
        elif wrong.foreign:
            self.notes.append(
                f"{path} lost its physicalType, which is wrong and of another dialect"
            )
            del node["physicalType"]
        if wrong.timezone is not None and "timezone" in kept:
            kept["timezone"] = wrong.timezone
        if wrong.logical is not None:
            node["logicalType"] = wrong.logical
            lost = kept.keys() - fitting(kept, wrong.logical).keys()
            if kept.get("format") and wrong.logical != "string":
                lost = lost | {"format"}
            if lost:
                names = ", ".join(sorted(lost))
                self.notes.append(f"{path} lost options that its new type cannot have: {names}")
                kept = {name: value for name, value in kept.items() if name not in lost}
        if kept:
            node["logicalTypeOptions"] = kept
        elif options:
            del node["logicalTypeOptions"]
        return node

    def _following(
        self, options: dict[str, Any], stated: str, physical: types.PhysicalType
    ) -> dict[str, Any]:
        """Let the options that said the same as the physical type say the same again."""
        old = types.parse(stated, self.dialect)
        before, after = types.implied(old)[1], types.implied(physical)[1]
        for name, value in before.items():
            if options.get(name) == value and name in after:
                options[name] = after[name]
        return with_format(options, old, physical)

    def _restructured(self, node: Node, seen: DataType, manner: Manner) -> Node:
        """Replace what is inside of a property whose logical type is another one now."""
        fitting_key = _STRUCTURE.get(str(node.get("logicalType")))
        node = {
            name: value
            for name, value in node.items()
            if name not in _STRUCTURE.values() or name == fitting_key
        }
        if fitting_key is not None and fitting_key not in node:
            node |= structure(seen, manner)
        return node

    def _inside(self, node: Node, seen: DataType, source: Source, path: str) -> Node:
        """Revise nested properties, items, and the key and value of a map."""
        properties, items, mapping = (node.get(name) for name in _STRUCTURE.values())
        if isinstance(properties, list) and seen.fields:
            revised = self._properties(properties, seen.fields, path)
            if revised != properties:
                return {**node, "properties": revised}
        elif isinstance(items, dict) and seen.items is not None:
            inner = self._type(items, seen.items, source, path + "[]")
            if inner != items:
                return {**node, "items": inner}
        elif isinstance(mapping, dict) and seen.key is not None and seen.value is not None:
            parts = dict(mapping)
            for name, kind in (("key", seen.key), ("value", seen.value)):
                if isinstance(parts.get(name), dict):
                    parts[name] = self._type(parts[name], kind, source, f"{path}{{{name}}}")
            if parts != mapping:
                return {**node, "map": parts}
        return node


def _refuse_twins(stated: Sequence[Node], path: str) -> None:
    """Refuse two properties of one name: which of them a column is would be a guess."""
    names = [node["name"] for node in stated if isinstance(node.get("name"), str)]
    twins = sorted(name for name, count in Counter(names).items() if count > 1)
    if twins:
        shown = ", ".join(f"'{name}'" for name in twins)
        raise ContractError(f"{path} has several properties named {shown}: keep one of each name")
