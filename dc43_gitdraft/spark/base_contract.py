"""Contracts as jobs have them: text, a mapping, or an object of an ODCS library.

Such objects drop what they do not know, and do not remember a text. So they are never written
out over one: what they say otherwise than the text becomes edits of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from dc43_gitdraft.draft import merge_edits
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import Document
from dc43_gitdraft.odcs import Contract, dump_new, read, rewrite
from dc43_gitdraft.odcs.rewriting import normal


@runtime_checkable
class OdcsModel(Protocol):
    """What is used of a pydantic model of ODCS, such as that of open-data-contract-standard."""

    def model_dump(self, *, mode: str, by_alias: bool, exclude_none: bool) -> dict[str, Any]:
        """Return the document."""


#: A contract: its text, its file, its document, an ODCS model, or one that was read.
BaseContract = str | Path | Mapping[str, Any] | OdcsModel | Contract


def contract_of(base: BaseContract, text: str | None = None) -> Contract:
    """Read a contract from what a job has of it.

    `text` is the contract's own text, where `base` is a mapping or a model that was made from
    it: what both say alike stays as the text has it. Raises ContractError.
    """
    if isinstance(base, Contract):
        return base
    if isinstance(base, Path):
        return _from_file(base)
    if isinstance(base, str):
        return read(base)
    if isinstance(base, Mapping):
        document = _plain(base)
        return read(dump_new(document) if text is None else rewrite(text, document))
    if isinstance(base, OdcsModel):
        document = _dumped(base)
        return read(dump_new(document) if text is None else _edited(text, base, document))
    raise ContractError(
        f"a contract is its text, a path, a mapping or an ODCS model, and no {type(base).__name__}"
    )


def _from_file(path: Path) -> Contract:
    try:
        return read(path.read_bytes(), where=str(path))
    except OSError as error:
        raise ContractError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _plain(mapping: Mapping[str, Any]) -> Document:
    try:
        document: Document = normal(mapping)
    except TypeError as error:
        raise ContractError(str(error)) from None
    return document


def _dumped(model: OdcsModel) -> Document:
    return _plain(model.model_dump(mode="json", by_alias=True, exclude_none=True))


def _edited(text: str, model: OdcsModel, document: Document) -> str:
    """Make the model's changes in the text that it was made from.

    What the model makes of the unchanged text tells what it drops by itself: that comes back.
    """
    original = read(text, validate=False).document
    validate = getattr(type(model), "model_validate", None)
    if validate is None:
        raise ContractError(
            f"{type(model).__name__} cannot read the text that it was made from: give no text"
        )
    try:
        untouched = _dumped(validate(_json_like(original)))
    except ValueError as error:
        raise ContractError(
            f"{type(model).__name__} does not accept the text that it was made from: {error}"
        ) from error
    return rewrite(text, merge_edits(untouched, original, document))


def _json_like(value: Any) -> Any:
    """Spell dates, which YAML knows and models take for text."""
    if isinstance(value, dict):
        return {key: _json_like(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json_like(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
