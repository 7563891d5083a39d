"""The contracts of the corpus and of this repository, and what is asked of rewriting them."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dc43_gitdraft import odcs, strictyaml
from dc43_gitdraft.model import DocPath, Document
from dc43_gitdraft.strictyaml import MAPPING, Node

_TESTS = Path(__file__).parents[1]
CORPUS = tuple(sorted((_TESTS / "data" / "contracts").glob("*.odcs.yaml")))
SAMPLES = tuple(sorted((_TESTS.parent / "contracts").glob("*.odcs.yaml")))
ALL = CORPUS + SAMPLES

NEW_PROPERTY = {"name": "a_new_property", "logicalType": "string", "description": "New: #1"}


def text_of(path: Path) -> str:
    """Return a contract's text, byte order mark and line endings as they are."""
    return path.read_bytes().decode("utf-8")


@dataclass(frozen=True)
class Edited:
    """What one edit did to a text."""

    path: Path
    at: DocPath
    removed: tuple[str, ...]
    added: tuple[str, ...]
    note: str | None


def edited(path: Path, at: DocPath, change: Callable[[Document], None]) -> Edited:
    """Rewrite a contract with one change, check that it says so, and return the lines' diff."""
    text = text_of(path)
    target = copy.deepcopy(strictyaml.load(text, path.name))
    change(target)
    new, note = odcs.rewrite_with_note(text, target)
    assert strictyaml.load(new, path.name) == target
    lines = list(difflib.ndiff(lines_of(text), lines_of(new)))
    return Edited(
        path,
        at,
        tuple(line[2:] for line in lines if line.startswith("- ")),
        tuple(line[2:] for line in lines if line.startswith("+ ")),
        note,
    )


def lines_of(text: str) -> list[str]:
    """Split at the line breaks of YAML only, and leave them out."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")


def at(document: Any, path: DocPath) -> Any:
    """Return the node at a path."""
    for part in path:
        document = document[part]
    return document


def _setting(where: DocPath, value: Any) -> Callable[[Document], None]:
    return lambda doc: at(doc, where[:-1]).update({where[-1]: value})


def _appending(where: DocPath, value: Document) -> Callable[[Document], None]:
    return lambda doc: at(doc, where).append(dict(value))


def _removing(where: DocPath, number: int) -> Callable[[Document], None]:
    return lambda doc: at(doc, where).pop(number)


def property_lists(path: Path) -> Iterator[DocPath]:
    """Yield where lists of properties stand that no anchor or alias shares with another place."""
    yield from (
        where
        for where, node in _own_nodes(path)
        if where[-1:] == ("properties",) and node.kind != MAPPING
    )


def nested_types(path: Path) -> Iterator[DocPath]:
    """Yield where the types of nested properties stand that no anchor or alias shares."""
    for where, node in _own_nodes(path):
        nested = sum(part in ("properties", "items", "map") for part in where) > 1
        if where[-1] in ("logicalType", "physicalType") and nested and node.target is None:
            yield where


def _own_nodes(path: Path) -> Iterator[tuple[DocPath, Node]]:
    stack: list[tuple[DocPath, Node]] = [((), strictyaml.parse(text_of(path), path.name))]
    while stack:
        where, node = stack.pop()
        if node.target is not None or node.anchor is not None:
            continue
        if where:
            yield where, node
        names: list[Any] = [key.value for key in node.keys] or list(range(len(node.children)))
        stack += [((*where, name), child) for name, child in zip(names, node.children, strict=True)]


def bump_version(path: Path) -> Iterator[Edited]:
    """Change the contract's version."""
    yield edited(path, ("version",), lambda doc: doc.update(version="99.1.0"))


def change_nested_types(path: Path) -> Iterator[Edited]:
    """Change the type of every nested property, one at a time."""
    for where in nested_types(path):
        old = at(strictyaml.load(text_of(path), None), where)
        new = "decimal(38,0)" if where[-1] == "physicalType" else "number"
        new = "string" if new == old else new
        yield edited(path, where, _setting(where, new))


def append_properties(path: Path) -> Iterator[Edited]:
    """Append a property to every list of properties, one at a time."""
    for where in property_lists(path):
        if _closed_in_line(path, where):
            continue
        yield edited(path, where, _appending(where, NEW_PROPERTY))


def remove_properties(path: Path) -> Iterator[Edited]:
    """Remove every property that has siblings, one at a time."""
    for where in property_lists(path):
        if _closed_in_line(path, where):
            continue
        items = dict(_own_nodes(path))[where].children
        for number, item in enumerate(items if len(items) > 1 else []):
            if "&" in text_of(path)[item.start : item.end]:
                continue  # aliases elsewhere may stand for parts of it
            yield edited(path, (*where, number), _removing(where, number))


def change_nothing(path: Path) -> Iterator[Edited]:
    """Rewrite a contract to what it says already."""
    yield edited(path, (), lambda doc: None)


def _closed_in_line(path: Path, where: DocPath) -> bool:
    """Say whether a list is written `[...]` in one line, which every change in it changes."""
    text = text_of(path)
    node = dict(_own_nodes(path))[where]
    return node.style == "[" and not {"\n", "\r"} & set(text[node.start : node.end])


def one_line(result: Edited) -> bool:
    """Exactly one line changed."""
    return len(result.added) == len(result.removed) == 1


def only_added(result: Edited) -> bool:
    """Lines came, and none went."""
    return bool(result.added) and not result.removed


def only_removed(result: Edited) -> bool:
    """Lines went, and none came."""
    return bool(result.removed) and not result.added


def identical(result: Edited) -> bool:
    """Nothing changed."""
    return not result.added and not result.removed


#: What is asked of every contract: a name, the edits, and what each may do.
ASKED: dict[str, tuple[Callable[[Path], Iterator[Edited]], Callable[[Edited], bool]]] = {
    "a version bump changes exactly one line": (bump_version, one_line),
    "a nested type change changes exactly one line": (change_nested_types, one_line),
    "an appended property only adds lines": (append_properties, only_added),
    "a removed property only removes lines": (remove_properties, only_removed),
    "no change is the identity": (change_nothing, identical),
}
