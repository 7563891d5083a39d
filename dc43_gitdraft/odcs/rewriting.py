"""Change a contract's text as little as its new content allows.

`rewrite(text, target)` splices: every byte outside the changed spans stays. What it holds to:

- The result parses to the target, types included (`1`, `1.0`, `true` and `"1"` differ). That is
  checked before anything is returned.
- The order of the keys that a mapping already has is people's and never changes: a mapping's
  order says nothing, and models give it back in an order of their own. New keys stand where the
  target has them: behind the key that they follow there.
- The order of a list does matter. Its items are known by what ODCS items are known by (`id`,
  `name`, ...), so an item that moves takes its comments along, and one that goes takes only
  its own lines and the comments that touch it.
- Aliases and merges stay where they still tell the truth, and are written out where not.

Where no splice leads to the target, ever larger parts are written anew; only at the very last
the whole file, and then the caller is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from enum import Enum
from typing import Any

from dc43_gitdraft import strictyaml
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import Document
from dc43_gitdraft.odcs.emit import dump_new
from dc43_gitdraft.odcs.layout import layout_of
from dc43_gitdraft.odcs.plan import Planner
from dc43_gitdraft.odcs.roundtrip import dump_over
from dc43_gitdraft.odcs.spans import Edit, apply
from dc43_gitdraft.strictyaml import MAPPING, Node
from dc43_gitdraft.strictyaml.scalars import same

WHOLE_FILE = "The whole file was written anew: its layout could not be kept."


def rewrite(text: str, target: Document) -> str:
    """Return `text` changed so that it parses to `target`."""
    return rewrite_with_note(text, target)[0]


def rewrite_with_note(text: str, target: Document) -> tuple[str, str | None]:
    """Return the new text, and a sentence for people where the whole file had to be written anew.

    ContractError: the text is no YAML mapping, or the target cannot be written as YAML.
    """
    root = strictyaml.parse(text, error=ContractError)
    if root.kind != MAPPING:
        raise ContractError("is no mapping; a contract begins with keys", line=1, column=1)
    wanted = normal(target)
    if same(root.value, wanted):
        return text, None
    for attempt in _attempts(text, root, wanted):
        if _parses_to(attempt, wanted):
            return attempt, None
    for dump in (dump_over(text, wanted), dump_new(wanted)):
        if dump is not None and _parses_to(dump, wanted):
            return dump, WHOLE_FILE
    raise ContractError("the new content cannot be written as YAML")


def normal(value: Any) -> Any:
    """Return a copy in the plain types that a parsed document has; TypeError for any other."""
    if isinstance(value, Enum):
        return normal(value.value)
    if value is None or isinstance(value, (bool, float, date)):
        return value
    if isinstance(value, str):
        return _writable(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("the keys of a contract are strings")
        return {_writable(key): normal(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [normal(item) for item in value]
    raise TypeError(f"a contract cannot hold a {type(value).__name__}")


def _writable(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        message = "the new content cannot be written as UTF-8: it holds a lone surrogate"
        raise ContractError(message) from None
    return str(text)


def _parses_to(text: str, target: Document) -> bool:
    try:
        return same(strictyaml.parse(text, error=ContractError).value, target)
    except ContractError:
        return False


def _attempts(text: str, root: Node, target: Document) -> Iterator[str]:
    """Try the smallest edits first, then ever larger parts written anew."""
    style = layout_of(text, root)
    lost: list[tuple[int, int]] = []
    deepest = 0
    for expands in _alias_modes(lost) if root.aliases else [_never]:
        planner = Planner(text, style, expands, trusting=expands is _never)
        edits = planner.plan(root, target)
        lost[:] = planner.lost
        deepest = planner.deepest
        yield from _applied(text, edits)
    step = 1
    while deepest - step >= 0:
        planner = Planner(text, style, _always, limit=deepest - step)
        yield from _applied(text, planner.plan(root, target))
        step *= 2


def _applied(text: str, edits: list[Edit]) -> Iterator[str]:
    try:
        yield apply(text, edits)
    except ValueError:
        return


def _never(node: Node, target: Any) -> bool:
    return False


def _always(node: Node, target: Any) -> bool:
    return True


def _where_different(node: Node, target: Any) -> bool:
    return not same(node.value, target)


def _alias_modes(lost: list[tuple[int, int]]) -> Iterator[Callable[[Node, Any], bool]]:
    """Say which aliases to write out, from none to all.

    None: what an anchor stands for changed, and all its aliases with it. Then those whose own
    place changed; then those whose anchor stands in what the last edits lost, too.
    """
    yield _never
    yield _where_different
    gone = list(lost)

    def where_lost(node: Node, target: Any) -> bool:
        anchor = node.target
        return _where_different(node, target) or (
            anchor is not None
            and any(start <= anchor.end and anchor.start <= end for start, end in gone)
        )

    yield where_lost
    yield _always
