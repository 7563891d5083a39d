"""From a contract's bytes to a checked document that remembers its text."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from dc43_gitdraft import strictyaml
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import DocPath, Document, Status
from dc43_gitdraft.odcs.schema import API_VERSIONS, problems
from dc43_gitdraft.odcs.spans import offset_of, place_of

SUPPORTED = f"apiVersion {', '.join(API_VERSIONS)}"


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as its file says it: the text to edit, and the same as plain Python.

    `document` is the caller's to read; edit a copy, and hand it to `rewrite`.
    """

    text: str
    document: Document
    where: str = "contract"

    @property
    def id(self) -> str:
        """The contract's id: never empty."""
        return str(self.document["id"])

    @property
    def version(self) -> str:
        """The contract's own version, as it is written; not necessarily semver."""
        return str(self.document["version"])

    @property
    def status(self) -> Status | None:
        """The place in its life; None where it is absent or a word that this tool does not know."""
        try:
            return Status(self.document.get("status"))
        except ValueError:
            return None

    @property
    def api_version(self) -> str:
        """The version of ODCS that the document follows."""
        return str(self.document["apiVersion"])


def read(source: bytes | str, where: str = "contract", *, validate: bool = True) -> Contract:
    """Read a contract; ContractError says what is wrong, with file, line and column.

    `validate=False` leaves out the JSON Schema only: kind, apiVersion, id and version are always
    looked at, as nothing works without them.
    """
    text = (
        strictyaml.decode(source, where, error=ContractError)
        if isinstance(source, bytes)
        else source
    )
    root = strictyaml.parse(text, where, error=ContractError)
    document = strictyaml.copied(root.value)
    if not isinstance(document, dict):
        message = "is no mapping; a contract begins with keys such as apiVersion, kind and id"
        raise ContractError(message, where=where, line=1, column=1)

    def refuse(message: str, *path: str | int) -> ContractError:
        line, column = place_of(text, root, path)
        return ContractError(message, where=where, line=line, column=column)

    _check_head(document, refuse)
    if validate:
        found = problems(document, document["apiVersion"])
        if found:
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            raise refuse(found[0].message + more, *found[0].path)
    return Contract(text, document, where)


def _check_head(document: Document, refuse: Any) -> None:
    kind = document.get("kind")
    if kind != "DataContract":
        said = "is missing" if kind is None else f"is '{str(kind)[:40]}'"
        raise refuse(f"kind {said}; a contract has 'kind: DataContract'", "kind")
    api_version = document.get("apiVersion")
    if not isinstance(api_version, str) or api_version not in API_VERSIONS:
        raise refuse(_unsupported(api_version), "apiVersion")
    for key in ("id", "version"):
        value = document.get(key)
        if value is None or value == "":
            raise refuse(f"{key} is missing; every contract has one", key)
        if not isinstance(value, str):
            message = f"{key} must be text; put it in quotes (YAML reads it as a {_named(value)})"
            raise refuse(message, key)


def _named(value: Any) -> str:
    kinds = {bool: "boolean", int: "number", float: "number", dict: "mapping", list: "list"}
    return kinds.get(type(value), "date")


def _unsupported(api_version: Any) -> str:
    if api_version is None:
        return f"apiVersion is missing; supported are {SUPPORTED}"
    said = str(api_version)[:40]
    if said in (known.removeprefix("v") for known in API_VERSIONS):
        return f"apiVersion '{said}' lacks its 'v'; write 'v{said}'"
    if said.startswith(("v2", "2")):
        near = "v3.0.0"
    else:
        near = (difflib.get_close_matches(said, list(API_VERSIONS), n=1, cutoff=0.0) or [""])[0]
    return f"apiVersion '{said}' is not supported; {SUPPORTED} are, and '{near}' is the nearest"


def locate(text: str, path: DocPath) -> tuple[int, int]:
    """Return line and column, from 1, of the node at `path`, or of its nearest ancestor."""
    return place_of(text, strictyaml.parse(text, error=ContractError), path)


class Locator:
    """`locate` for many places of one text, which is parsed once.

    Raises ContractError for a text that is no YAML.
    """

    def __init__(self, text: str, where: str | None = None) -> None:
        self._root = strictyaml.parse(text, where, error=ContractError)
        self._lines = strictyaml.Lines(text)

    def __call__(self, path: DocPath) -> tuple[int, int]:
        """Return line and column, from 1, of the node at `path`, or of its nearest ancestor."""
        return self._lines.position(offset_of(self._root, path))
