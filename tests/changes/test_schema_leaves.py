"""Every path that the ODCS schema knows has a rule."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import pytest

from dc43_gitdraft.changes import compare

FOLDER = resources.files("dc43_gitdraft.odcs") / "schemas"
SCHEMAS: Mapping[str, Any] = {
    version: json.loads((FOLDER / f"odcs-{version}.json").read_text("utf-8"))
    for version in ("3.0", "3.1", "3.2")
}
#: How often a definition may stand within itself.
NESTING = 2
#: Fewer paths than these would say that the walk passes over something.
LEAST = {"3.0": 380, "3.1": 550, "3.2": 1280}
Path = tuple[str | int, ...]


def leaves(schema: Any, node: Any, path: Path = (), refs: tuple[str, ...] = ()) -> Iterator[Path]:
    """Yield the paths of all leaves; list entries have the place 0."""
    if not isinstance(node, dict):
        return
    inner = [
        *node.get("allOf", ()),
        *node.get("oneOf", ()),
        *node.get("anyOf", ()),
        node.get("then"),
        node.get("else"),
    ]
    nested = [*node.get("properties", {}).items(), (0, node.get("items"))]
    ref = node.get("$ref")
    if ref is not None and refs.count(ref) < NESTING:
        target = schema
        for key in ref.removeprefix("#/").split("/"):
            target = target[key]
        yield from leaves(schema, target, path, (*refs, ref))
    for part in inner:
        yield from leaves(schema, part, path, refs)
    for key, part in nested:
        yield from leaves(schema, part, (*path, key), refs)
    types = node.get("type", ())
    scalar = {"string", "number", "integer", "boolean"} & set(
        [types] if isinstance(types, str) else types
    )
    parts = ref is not None or node.get("properties") or node.get("items") or any(inner)
    if path and (scalar or (not parts and not {"type", "required", "not"} & node.keys())):
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


PATHS = {
    version: sorted(set(leaves(schema, schema)) - {("version",), ("status",)}, key=repr)
    for version, schema in SCHEMAS.items()
}
#: Values before and after; the type of a leaf does not matter to a rule that claims it.
STEPS = (
    *(("a", "b"), ("a", None), (None, "a"), ("a", "a")),
    *((True, False), (False, True), (None, False), (True, None)),
    *((1, 2), (2, 1), (1, None)),
)
TOPS = [
    (version, top) for version, paths in PATHS.items() for top in sorted({str(p[0]) for p in paths})
]


def test_the_walk_finds_the_schemas() -> None:
    assert all(len(PATHS[each]) > least for each, least in LEAST.items())
    path = ("schema", 0, "properties", 0, "items", "properties", 0, "enum", 0, "label")
    assert [path in paths for paths in PATHS.values()] == [False, False, True]
    assert all(("team", 0, "username") in paths for paths in PATHS.values())
    assert all(("servers", 0, "warehouse") in paths for paths in PATHS.values())


@pytest.mark.parametrize(("version", "top"), TOPS)
def test_no_path_is_unclaimed(version: str, top: str) -> None:
    wrong = []
    for path in PATHS[version]:
        if path[0] != top:
            continue
        for old, new in STEPS:
            before, after = ({} if value is None else document(path, value) for value in (old, new))
            rules = {change.rule for change in compare(before, after)}
            if "unclaimed-change" in rules or (old != new) is not bool(rules):
                wrong.append((path, old, new, rules))
    assert wrong == []
