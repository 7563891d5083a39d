"""Change a contract's text as little as a new content allows."""

from __future__ import annotations

from dc43_gitdraft import strictyaml
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import Document
from dc43_gitdraft.odcs.emit import dump_new
from dc43_gitdraft.strictyaml.scalars import same

__all__ = ["dump_new", "rewrite", "rewrite_with_note"]


def rewrite(text: str, target: Document) -> str:
    """Return `text` changed so that it parses to `target`."""
    return rewrite_with_note(text, target)[0]


def rewrite_with_note(text: str, target: Document) -> tuple[str, str | None]:
    """Return the new text, and a sentence for people where the whole file had to be rewritten."""
    root = strictyaml.parse(text, error=ContractError)
    if same(root.value, target):
        return text, None
    return dump_new(target), "the whole file was rewritten"
