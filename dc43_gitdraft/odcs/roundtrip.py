"""The last resort: ruamel.yaml's round trip over the whole file, which keeps most comments."""

from __future__ import annotations

from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from dc43_gitdraft.strictyaml import BOM


def dump_over(text: str, target: dict[str, Any]) -> str | None:
    """Return the whole file dumped with the target's content, or None where that fails.

    Whoever calls it parses the result again: it is not trusted to say what it should.
    """
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 1_000_000
    out = StringIO()
    try:
        loaded = yaml.load(text.removeprefix(BOM).replace("\r\n", "\n"))
        if not isinstance(loaded, CommentedMap):
            return None
        _update(loaded, target)
        yaml.dump(loaded, out)
    except (YAMLError, ValueError, TypeError, AttributeError, RecursionError):
        return None
    dumped = out.getvalue()
    if "\r\n" in text:
        dumped = dumped.replace("\n", "\r\n")
    return (BOM if text.startswith(BOM) else "") + dumped


def _update(node: CommentedMap, target: dict[str, Any]) -> None:
    for key in [key for key in node if key not in target]:
        del node[key]
    for key, value in target.items():
        node[key] = _merged(node.get(key), value)


def _merged(old: Any, value: Any) -> Any:
    if isinstance(old, CommentedMap) and isinstance(value, dict):
        _update(old, value)
        return old
    if isinstance(old, CommentedSeq) and isinstance(value, list) and len(old) == len(value):
        for number, item in enumerate(value):
            old[number] = _merged(old[number], item)
        return old
    return value
