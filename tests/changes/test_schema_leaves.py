"""Every path that the ODCS schema knows has a rule."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import pytest

from dc43_gitdraft.changes import compare

SCHEMA = json.loads(
    (resources.files("dc43_gitdraft.odcs") / "schemas" / "odcs-3.2.json").read_text("utf-8")
)
#: How often a definition may stand within itself.
NESTING = 2
Path = tuple[str | int, ...]


def leaves(node: Any, path: Path = (), refs: tuple[str, ...] = ()) -> Iterator[Path]:
    """Yield the paths of all leaves; list entries have the place 0."""
    if not isinstance(node, dict):
        return
    inner = [
        *node.get("allOf", ()),
        *node.get("oneOf", ()),
        *node.get("anyOf", ()),
        node.get("then"),
    ]
    nested = [*node.get("properties", {}).items(), (0, node.get("items"))]
    ref = node.get("$ref")
    if ref is not None and refs.count(ref) < NESTING:
        target = SCHEMA
        for key in ref.removeprefix("#/").split("/"):
            target = target[key]
        yield from leaves(target, path, (*refs, ref))
    for part in inner:
        yield from leaves(part, path, refs)
    for key, part in nested:
        yield from leaves(part, (*path, key), refs)
    types = node.get("type", ())
    scalar = {"string", "number", "integer", "boolean"} & set(
        [types] if isinstance(types, str) else types
    )
    if path and (scalar or node == {}):
        yield path


def document(path: Path, value: Any) -> Any:
    """Build a document that holds `value` at `path`; what needs a name to be found has one."""
    made = value
    for place in range(len(path) - 1, -1, -1):
        key = path[place]
        if isinstance(key, int):
            made = [made]
        else:
            names: Mapping[str, Any] = {}
            if place and path[place - 1] == 0 and path[place - 2] in ("schema", "properties"):
                names = {"name": "n"}
            if place and path[place - 1] == "map":
                names = {"key": {}, "value": {}}
            made = {**names, key: made}
    return made


PATHS = sorted(set(leaves(SCHEMA)) - {("version",), ("status",)}, key=repr)


def test_the_walk_finds_the_schema() -> None:
    assert len(PATHS) > 1000
    assert ("schema", 0, "properties", 0, "items", "properties", 0, "enum", 0, "label") in PATHS


@pytest.mark.parametrize("top", sorted({str(path[0]) for path in PATHS}))
def test_no_path_is_unclaimed(top: str) -> None:
    wrong = []
    for path in PATHS:
        if path[0] != top:
            continue
        texts = ["a", "b", None] if path[-1] != "gitdraft" else []
        for old in texts:
            for new in texts:
                before, after = (
                    {} if value is None else document(path, value) for value in (old, new)
                )
                rules = {change.rule for change in compare(before, after)}
                if "unclaimed-change" in rules or (old != new) is not bool(rules):
                    wrong.append((path, old, new, rules))
    assert wrong == []
