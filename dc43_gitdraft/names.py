"""Names that are safe in a path, a ref or an argument, made from text that is not.

A contract's id is free text in ODCS. It reaches the file system and Git only as a slug.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from dc43_gitdraft.errors import ContractError

_SLUG = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
_SLUG_LENGTH = 80
_ID_LENGTH = 255
_NEW_ID = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._:/-]*[A-Za-z0-9_])?")


def one_line(text: str, limit: int = 1000) -> str:
    """Return `text` without control, format and line-breaking characters, at most `limit` long."""
    kept = "".join(
        " " if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Cs"} else char
        for char in text
    )
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def slug(contract_id: str) -> str:
    """Return a name for `contract_id` of a-z, 0-9, `.`, `_` and `-` only.

    An id that is such a name already is its own slug; any other is spelt with allowed letters
    and gets the first 8 hexadecimal digits of its SHA-256, so that two ids never share a slug.
    """
    if _is_slug(contract_id):
        return contract_id
    decomposed = unicodedata.normalize("NFKD", contract_id).lower()
    spelt = re.sub(r"[^a-z0-9_]+", "-", decomposed.encode("ascii", "ignore").decode()).strip("-")
    digest = hashlib.sha256(contract_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    spelt = spelt[: _SLUG_LENGTH - len(digest) - 1].strip("-")
    return f"{spelt}-{digest}" if spelt else f"contract-{digest}"


def _is_slug(text: str) -> bool:
    return (
        len(text) <= _SLUG_LENGTH
        and _SLUG.fullmatch(text) is not None
        and ".." not in text
        and not text.endswith(".lock")
        # An altered name ends like this; a plain one that does could meet it.
        and re.search(r"-[0-9a-f]{8}$", text) is None
    )


def check_contract_id(contract_id: str, *, new: bool = False) -> str:
    """Return `contract_id`, or raise ContractError where no contract may have it.

    `new` asks for more: the id of a contract that this tool creates is plain ASCII.
    """
    shown = repr(one_line(contract_id, 60))
    if not contract_id.strip():
        raise ContractError("the contract id is empty: name the contract")
    if len(contract_id) > _ID_LENGTH:
        raise ContractError(
            f"the contract id {shown} has {len(contract_id)} characters: use at most {_ID_LENGTH}"
        )
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in contract_id):
        raise ContractError(f"the contract id {shown} holds control characters: remove them")
    if one_line(contract_id, _ID_LENGTH) != contract_id:
        # Commits would name another id than the file has.
        raise ContractError(
            f"the contract id {shown} has spaces at an end or in a row, or characters that nobody "
            "sees: remove them"
        )
    if contract_id.startswith(("-", "/", "\\")) or re.match(r"[A-Za-z]:[\\/]", contract_id):
        raise ContractError(
            f"the contract id {shown} begins like an option or an absolute path: "
            "begin it with a letter or a digit"
        )
    if ".." in re.split(r"[/\\]", contract_id):
        raise ContractError(f"the contract id {shown} climbs out of its folder: remove '..'")
    if new and _NEW_ID.fullmatch(contract_id) is None:
        raise ContractError(
            f"the new contract id {shown} is not made of letters, digits and . _ : / - alone, "
            "with a letter or digit at both ends: write it so"
        )
    return contract_id
