"""ODCS contracts as text and as documents: reading, checking, rewriting."""

from __future__ import annotations

from dc43_gitdraft.odcs.contract import Contract, Locator, locate, read
from dc43_gitdraft.odcs.emit import dump_new
from dc43_gitdraft.odcs.rewriting import rewrite, rewrite_with_note

__all__ = ["Contract", "Locator", "dump_new", "locate", "read", "rewrite", "rewrite_with_note"]
