"""What a steward lets data do that breaks a draft: `/gitdraft relax` with the words of `relax`.

The results are those that the job recorded, in the draft and, with counts, in its commit. Each
place may be relaxed twice: what is relaxed already is known from what the draft began with.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dc43_gitdraft.changes import dotted
from dc43_gitdraft.config import RELAXABLE
from dc43_gitdraft.draft.marks import counted, is_draft_property
from dc43_gitdraft.draft.relaxing import Relaxation
from dc43_gitdraft.model import Document, QualityResult
from dc43_gitdraft.rebase import DraftInBranch
from dc43_gitdraft.render import code

_NAMED = 10
#: Policy -> what the places of it may do, once it is relaxed.
_MAY: Mapping[str, str] = {
    "required": "may lack a value",
    "enum": "may have other values",
    "threshold": "may break as many rows as were counted",
}


@dataclass(frozen=True, slots=True)
class Loosened:
    """What became of it: the document, None where it stays; `said` is a sentence of Markdown."""

    document: Document | None
    said: str
    done: bool = True


def loosen(draft: DraftInBranch, words: Sequence[str]) -> Loosened:
    """Relax what these words name: policies, and properties or objects that choose among them.

    Properties alone mean `required`. Raises nothing: what cannot be relaxed is said.
    """
    held = draft.held.contract.document
    found = _Found.of(draft)
    wanted = [each for each in RELAXABLE if each in {word.lower() for word in words}]
    named = [word.strip("`") for word in words if word.lower() not in RELAXABLE]
    wanted = wanted or (["required"] if named else [])
    known = {each: found.nameable(each) if named else found.meant(each) for each in wanted}
    everything = sorted({place for places in known.values() for place in places})
    chosen, unknown = _chosen(named, everything) if named else (set(everything), [])
    if unknown or not chosen:
        return Loosened(None, found.relaxable(unknown), done=False)
    document, said = held, []
    for policy in wanted:
        places = chosen & set(known[policy])
        revised = found.loosened(document, policy, places)
        if revised is not document:
            said.append(f"{listed(sorted(places))} {_MAY[policy]} now")
        document = revised
    if document is held:
        there = [
            f"{listed(sorted(chosen & set(known[each])))} {_MAY[each]} already"
            for each in wanted
            if chosen & set(known[each])
        ]
        return Loosened(None, f"nothing to do: {'; '.join(there)}")
    return Loosened(document, "; ".join(said))


def listed(names: Iterable[str]) -> str:
    """Return names as code, the first ones of many."""
    shown = [code(name, 120) for name in names]
    more = f" and {len(shown) - _NAMED} more" if len(shown) > _NAMED else ""
    return ", ".join(shown[:_NAMED]) + more


@dataclass(frozen=True, slots=True)
class _Found:
    """A draft's contract, the one it began with, and what was recorded of bad quality."""

    held: Document
    before: Document
    results: tuple[QualityResult, ...]

    @classmethod
    def of(cls, draft: DraftInBranch) -> _Found:
        held = draft.held.contract.document
        fork = draft.fork.contract.document if draft.fork is not None else {}
        return cls(held, fork, counted(held, draft.branch.bot))

    def meant(self, policy: str) -> list[str]:
        """Return the places that a policy is for, as far as it says enough.

        Of several objects with a rule that was recorded of a whole one, the steward names one.
        """
        places = self._places(policy)
        whole = places & {name for _, name in _objects(self.held)}
        return sorted(places - whole if len(whole) > 1 else places)

    def nameable(self, policy: str) -> list[str]:
        """Return the places that may be named for a policy."""
        places = self._places(policy)
        if policy == "required" and not _is_marked(self.held) and not places:
            # A draft that carries its final status has no record: there people know by themselves.
            places = {path for path, node in _properties(self.held) if _is_required(node)}
        return sorted(places)

    def relaxable(self, unknown: Sequence[str]) -> str:
        """Say what can be relaxed, and what was not understood."""
        said = f"{listed(unknown)}: not to be relaxed here; " if unknown else ""
        known = {policy: self._places(policy) for policy in ("required", "enum", "threshold")}
        can = [
            f"{code(policy)} can be relaxed for {listed(sorted(places))}"
            for policy, places in known.items()
            if places
        ]
        if not known["required"]:
            can.insert(0, "this draft recorded no required property with rows that lack a value")
        said += "; ".join(can)
        others = sorted(
            f"{each.rule} of {each.property}" if each.property else each.rule
            for each in self.results
            if not any(self._is_for(each, places) for places in known.values())
        )
        return said + (f"; for {listed(others)} edit the rule on the branch" if others else "")

    def loosened(self, document: Document, policy: str, places: set[str]) -> Document:
        """Return the document with these places relaxed; the same one where they are already."""
        if policy == "required":
            return _optional(document, places)
        return self._relaxed(document, policy, places)[0]

    def _is_for(self, result: QualityResult, places: set[str]) -> bool:
        names = {name for _, name in _objects(self.held)}
        return result.property in places if result.property else bool(places & names)

    def _places(self, policy: str) -> set[str]:
        """Return the places where something of a policy was recorded, relaxed by now or not."""
        if policy == "required":
            there = dict(_properties(self.held))
            failed = {each.property for each in self.results if each.rule == "required"}
            return {place for place in failed if place is not None and place in there}
        found: set[str] = set()
        for document in (self.before, self.held):
            found |= self._relaxed(document, policy, None)[1]
        return found

    def _relaxed(
        self, document: Document, policy: str, places: set[str] | None
    ) -> tuple[Document, set[str]]:
        """Relax these places, or all: return the document, and where it was."""
        objects = list(document.get("schema") or [])
        found: set[str] = set()
        for at, name in _objects(document):
            own = [replace(each, property=each.property or name) for each in self.results]
            own = [each for each in own if places is None or each.property in places]
            relaxation = Relaxation(own, frozenset({policy}), lambda _: False)
            objects[at] = relaxation.object(objects[at], name)
            found |= {each.property for each in relaxation.obeyed if each.property}
        return ({**document, "schema": objects} if found else document), found


def _objects(document: Document) -> list[tuple[int, str]]:
    listed_ = document.get("schema")
    objects = listed_ if isinstance(listed_, list) else []
    return [
        (at, str(node.get("name", ""))) for at, node in enumerate(objects) if isinstance(node, dict)
    ]


def _optional(document: Document, places: set[str]) -> Document:
    """Return the document in which these properties may lack a value."""
    revised: Document = copy.deepcopy(document)
    tight = [node for path, node in _properties(revised) if path in places and _is_required(node)]
    for node in tight:
        node["required"] = False
    return revised if tight else document


def _is_required(node: Mapping[str, Any]) -> bool:
    return node.get("required") is True


def _is_marked(document: Document) -> bool:
    return any(map(is_draft_property, document.get("customProperties") or []))


def _chosen(words: Sequence[str], known: Sequence[str]) -> tuple[set[str], list[str]]:
    """Return the places that are named, and what is not understood.

    A property's last name does where it says enough.
    """
    found: set[str] = set()
    unknown = []
    for word in words:
        meant = [path for path in known if path == word or path.endswith(f".{word}")]
        exact = [path for path in meant if path == word] or meant
        if len(exact) == 1:
            found |= set(exact)
        else:
            unknown.append(word)
    return found, unknown


def _properties(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every property of a valid contract, at any depth, with its path."""

    def inside(node: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for each in node.get("properties") or []:
            name = dotted(path, each.get("name", ""))
            yield name, each
            yield from inside(each, name)
        if node.get("items"):
            yield from inside(node["items"], f"{path}[]")
        for key, part in (node.get("map") or {}).items():
            yield from inside(part, f"{path}{{{key}}}")

    for node in document.get("schema") or []:
        yield from inside(node, str(node.get("name", "")))
