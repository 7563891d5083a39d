"""Where the parts of a YAML collection stand in the text."""

from __future__ import annotations

from dc43_gitdraft.model import DocPath
from dc43_gitdraft.strictyaml import MAPPING, SEQUENCE, Node, position


def place_of(text: str, root: Node, path: DocPath) -> tuple[int, int]:
    """Return line and column of a path, of its key where it has one.

    Where the path leads nowhere it is the place of the nearest ancestor that exists.
    """
    node, offset = root, root.content
    for part in path:
        found = _step(node.target or node, part)
        if found is None:
            break
        offset, node = found
    return position(text, offset)


def _step(node: Node, part: str | int) -> tuple[int, Node] | None:
    if node.kind == SEQUENCE and isinstance(part, int) and 0 <= part < len(node.children):
        child = node.children[part]
        return child.content if child.target is None else child.start, child
    if node.kind == MAPPING:
        merges: list[Node] = []
        for key, child in zip(node.keys, node.children, strict=True):
            if key.is_merge:
                merges.extend(child.children if child.kind == SEQUENCE else [child])
            elif key.value == part:
                return key.content, child
        for merge in merges:
            found = _step(merge.target or merge, part)
            if found is not None:
                return found
    return None
