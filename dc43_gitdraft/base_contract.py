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
from dc43_gitdraft.names import one_line
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
        return read(dump_new(dumped(base)) if text is None else _edited(text, base))
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


def dumped(model: OdcsModel) -> Document:
    """Return the document that a model says, as far as it knows."""
    return _plain(model.model_dump(mode="json", by_alias=True, exclude_none=True))


def document_of(model: OdcsModel, original: Document) -> Document:
    """Return the document that a model says, which was made from `original`.

    What the model makes of the unchanged document tells what it drops by itself: that comes back.
    Raises ContractError where the model cannot be made from it.
    """
    return merge_edits(untouched(model, original), original, dumped(model))


def untouched(model: OdcsModel, original: Document) -> Document:
    """Return what a model of the same kind says of a document that nobody changed."""
    validate = getattr(type(model), "model_validate", None)
    if validate is None:
        raise ContractError(
            f"{type(model).__name__} cannot read the text that it was made from: give no text"
        )
    try:
        return dumped(validate(json_like(original)))
    except ValueError as error:
        raise ContractError(
            f"{type(model).__name__} does not accept the text that it was made from: "
            f"{refusal(error)}"
        ) from error


def refusal(error: ValueError) -> str:
    """Return in one line what a model refuses in a document: where, and not the values there."""
    listed = getattr(error, "errors", None)
    found = listed(include_url=False, include_input=False) if callable(listed) else []
    if not found:
        return one_line(str(error).partition("\n")[0], 200)
    place = one_line(".".join(map(str, found[0]["loc"])), 100)
    if found[0]["type"] == "extra_forbidden":
        return f"its model does not know the key {place!r}"
    said = one_line(found[0]["msg"], 200)
    return f"{place}: {said}" if place else said


def _edited(text: str, model: OdcsModel) -> str:
    """Make the model's changes in the text that it was made from."""
    return rewrite(text, document_of(model, read(text, validate=False).document))


def json_like(value: Any) -> Any:
    """Return a document with its dates as text, which models take them for."""
    if isinstance(value, dict):
        return {key: json_like(item) for key, item in value.items()}
    if isinstance(value, list):
        return [json_like(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
