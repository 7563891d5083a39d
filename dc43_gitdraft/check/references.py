"""Relationships that lead nowhere.

How a reference is written is told in `odcs.references`. Names and ids are taken for each other
here, and what a contract does not have itself is looked for in the repository's others: to be
wrong, a reference has to lead nowhere at all. What is outside of the repository cannot be known,
and counts as right.
"""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from dc43_gitdraft.check.case import Case, Said
from dc43_gitdraft.check.state import State
from dc43_gitdraft.model import Document
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.odcs.references import (
    DECLARES,
    Reference,
    beside,
    listed,
    names,
    relationships,
    written,
)

_RULE = "relationship-dangling"
_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
#: Contracts that may hold an object of a name are parsed; of a very common name not all.
_LOOK_AT = 50


def of_contract(case: Case, after: State) -> Iterator[Said]:
    """Yield the relationships of a contract that lead nowhere, or join keys of unequal length."""
    if case.new is None:
        return
    for at, text in written(case.new.document):
        wrong = why_dangling(text, case.new, case.path, after)
        if wrong:
            yield Said(_RULE, at, f"{text!r} leads nowhere: {wrong}")
    for at, entry in relationships(case.new.document):
        start, end = entry.get("from"), entry.get("to")
        if isinstance(start, list) and isinstance(end, list) and len(start) != len(end):
            message = f"the relationship joins {len(start)} properties with {len(end)}"
            yield Said("contract-invalid", at, message)


def of_others(cases: list[Case], before: State, after: State) -> Iterator[tuple[str, Said]]:
    """Yield what other, unchanged contracts refer to, and these changes take away."""
    touched = [case for case in cases if case.how != "unchanged"]
    files: set[str] = set()
    inside: set[str] = set()
    for case in filter(_takes_away, touched):
        files.update(posixpath.basename(path) for path in (case.path, case.old_path) if path)
        files.update(contract.id for contract in (case.old, case.new) if contract)
        # A reference without a file may lead to any contract's object, by its name or id.
        objects = listed(case.old.document.get("schema")) if case.old else ()
        both = (node.get(key) for _, node in objects for key in ("name", "id"))
        inside.update(name for name in both if isinstance(name, str) and name)
    texts = (*(f"{name}#" for name in files), *inside)
    spelt = [text.encode("utf-8", "surrogateescape") for text in texts]
    if not spelt:
        return
    called = files | inside | {name.split(".")[0] for name in inside}
    for path, text in after.relating(called, {case.path for case in touched}):
        if not any(name in text for name in spelt):
            continue
        contract = after.contract(path)
        if contract is None:
            continue
        for at, reference in written(contract.document):
            if called.isdisjoint(names(reference)):
                continue
            wrong = why_dangling(reference, contract, path, after)
            if wrong and not why_dangling(reference, contract, path, before):
                yield path, Said(_RULE, at, f"{reference!r} leads nowhere now: {wrong}")


def _takes_away(case: Case) -> bool:
    """Say whether a reference may lead to less than it did; what merely grew breaks none."""
    if case.old is None or case.new is None or case.old_path != case.path:
        return True
    return case.old.id != case.new.id or not _has_all(case.new.document, case.old.document)


def _has_all(new: Any, old: Any) -> bool:
    """Say whether all that has a name or an id in the old node is in its place in the new one."""
    if isinstance(old, dict):
        there = new if isinstance(new, dict) else {}
        return all(_has_all(there.get(key), value) for key, value in old.items())
    known = {_called(node): node for _, node in listed(new)}
    nodes = ((_called(node), node) for _, node in listed(old))
    return all(
        called in known and _has_all(known[called], node) for called, node in nodes if any(called)
    )


def _called(node: Mapping[str, Any]) -> tuple[str | None, str | None]:
    name, own_id = node.get("name"), node.get("id")
    return (
        name if isinstance(name, str) else None,
        own_id if isinstance(own_id, str) else None,
    )


def why_dangling(text: str, holder: Contract, path: str, state: State) -> str | None:
    """Return why a reference that a contract states leads nowhere, or None where it does not."""
    reference = Reference.parse(text.rstrip("/"))
    if reference.contract:
        return _in_file(reference.contract, reference.place, path, state)
    other = reference.by_id()
    if other.place and other.contract not in holder.document:
        files = state.with_id(other.contract)
        if files:
            return _in_contracts(files, other.place, state)
    wrong = _missing(holder.document, reference.place)
    return _elsewhere(reference, path, state, wrong) if wrong else None


def _in_file(file: str, place: str, path: str, state: State) -> str | None:
    if "://" in file or file.startswith("/"):
        return None
    near = beside(file, path)
    for found in (near, posixpath.normpath(file)):
        if state.holds(found):
            return _in_contracts([found], place, state)
    files = state.with_id(file)
    if files:
        return _in_contracts(files, place, state)
    first, _, more = file.partition("/")
    if near.startswith("../") or (more and _HOST.fullmatch(first)):
        return None
    return f"there is no contract {near}"


def _in_contracts(paths: list[str], place: str, state: State) -> str | None:
    wrong = None
    for path in paths:
        contract = state.contract(path)
        wrong = _missing(contract.document, place) if contract else None
        if wrong is None:
            return None
    return f"in {paths[0]} {wrong}"


def _elsewhere(reference: Reference, path: str, state: State, wrong: str) -> str | None:
    """Look in the repository's other contracts for what its own lacks, which is `wrong`."""
    # By the first of dotted names, in a path too: it is there that the nearest miss may be.
    name = reference.object.split(".")[0]
    if not name:
        return wrong
    declared = re.compile(DECLARES + re.escape(name.encode()) + rb"\b")
    looked = 0
    for other, text in state.declaring(name):
        if other != path and looked < _LOOK_AT and declared.search(text):
            looked += 1
            contract = state.contract(other)
            missing = _missing(contract.document, reference.place) if contract else wrong
            if missing is None:
                return None
            # The nearest miss says most: this one has the object at least.
            if contract and any(
                name in (node.get("name"), node.get("id"))
                for _, node in listed(contract.document.get("schema"))
            ):
                wrong = f"in {other} {missing}"
    return wrong


def _missing(document: Document, place: str) -> str | None:
    """Return what a document lacks of a place in it, or None where it has it."""
    if "/" in place:
        return _missing_by_path(document, place.split("/"))
    objects = [node for _, node in listed(document.get("schema"))]
    return _missing_by_name(objects, place)


def _missing_by_path(document: Document, parts: list[str]) -> str | None:
    if len(parts) % 2:
        return f"{'/'.join(parts)!r} is no pairs of a section and an id"
    nodes: list[Mapping[str, Any]] = [document]
    for section, name in zip(parts[::2], parts[1::2], strict=True):
        inner = _children(nodes) if section == "properties" else _section(nodes, section)
        nodes = [node for node in inner if name in (node.get("id"), node.get("name"))]
        if not nodes:
            return f"there is no {name!r} in {section}{_near(name, inner)}"
    return None


def _missing_by_name(
    nodes: list[Mapping[str, Any]], place: str, inside: str | None = None
) -> str | None:
    """Follow dotted names, any of which may hold dots itself; `inside` is where `nodes` are."""
    wrong = None
    for node in nodes:
        for name in (node.get("name"), node.get("id")):
            if name == place:
                return None
            if isinstance(name, str) and place.startswith(f"{name}."):
                wrong = _missing_by_name(_children([node]), place[len(name) + 1 :], name)
                if wrong is None:
                    return None
    first = place.split(".")[0]
    what = f"property {first!r} in {inside!r}" if inside else f"object {first!r}"
    return wrong or f"there is no {what}{_near(first, nodes)}"


def _section(nodes: list[Mapping[str, Any]], section: str) -> list[Mapping[str, Any]]:
    return [entry for node in nodes for _, entry in listed(node.get(section))]


def _children(nodes: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the properties in nodes; those of an array's items and a map's values are its own."""
    found = _section(nodes, "properties")
    for node in nodes:
        parts = node.get("map")
        inside = [node.get("items"), parts.get("value") if isinstance(parts, dict) else None]
        found += _children([each for each in inside if isinstance(each, dict)])
    return found


def _near(name: str, nodes: list[Mapping[str, Any]]) -> str:
    known = [str(node.get("name")) for node in nodes if node.get("name")]
    close = difflib.get_close_matches(name, known, n=1)
    return f", did you mean {close[0]!r}?" if close else ""
