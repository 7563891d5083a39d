"""From what a person wrote to a draft: pure, no I/O and no clock."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from semver import Version

from dc43_gitdraft import odcs, strictyaml
from dc43_gitdraft.author.alike import as_before
from dc43_gitdraft.changes import DRAFT_PROPERTY, compare, equal, implied_bump
from dc43_gitdraft.changes.declared import declared_bump
from dc43_gitdraft.draft import digest, next_version
from dc43_gitdraft.draft.marks import is_draft_property, mark, recorded
from dc43_gitdraft.draft.merging import merge_saying
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import Bump, Change, Document, Draft, Policy
from dc43_gitdraft.names import check_contract_id
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.odcs.schema import Problem, problems

#: What a blank contract begins with.
API_VERSION = "v3.2.0"
_BOM = "\ufeff"
#: What errors call the place where people write.
EDITOR = "the editor"


@dataclass(frozen=True, slots=True)
class Basis:
    """What somebody began to edit.

    `approved` is the contract on the base branch, None where it is new; `text` is what stood in
    the editor, and `document` the same: the approved contract's, an open draft's, or what was
    made for the beginning. `held` says that the repository has this text, so that what is
    written goes into it.
    """

    approved: Contract | None
    text: str
    document: Document = field(repr=False)
    held: bool = True

    @classmethod
    def of(cls, approved: Contract | None, text: str, *, held: bool = True) -> Basis:
        """Take a text as the beginning."""
        return cls(approved, text, parsed(text), held)


@dataclass(frozen=True, slots=True)
class Wording:
    """What a person wants the contract to say, and the text in which it was written.

    `chosen` is the version where the person wrote another one than there was.
    """

    document: Document
    text: str
    chosen: str | None = None


def blank(contract_id: str, version: str) -> str:
    """Return the text of a contract that says nothing yet."""
    return odcs.dump_new(
        {
            "apiVersion": API_VERSION,
            "kind": "DataContract",
            "id": contract_id,
            "name": contract_id,
            "version": version,
            "status": "draft",
            "schema": [],
        }
    )


def unmarked(text: str, before: Document) -> str:
    """Return a draft's text as people would begin to edit it: version and status as `before`."""
    document = _bare(parsed(text))
    kept: Document = {key: before[key] for key in ("version", "status") if key in before}
    return odcs.rewrite(text, {**document, **kept})


def parsed(text: str) -> Document:
    """Parse a contract that may lack anything; ContractError where it is no YAML mapping."""
    value = strictyaml.load(text, None, error=ContractError)
    if not isinstance(value, dict):
        raise ContractError("is no mapping; a contract begins with keys such as id", line=1)
    return value


def worded(basis: Basis, text: str) -> Wording:
    """Read what the editor holds; ContractError where it is no contract of that id."""
    document = as_before(basis.document, parsed(text))
    contract = odcs.read(text, where=EDITOR, validate=False)
    if basis.approved is not None and contract.id != basis.approved.id:
        raise ContractError(
            f"the id of a contract cannot change: make it {basis.approved.id!r} again, or begin "
            "a new contract"
        )
    check_contract_id(contract.id, new=basis.approved is None)
    version = document["version"]
    chosen = version if version != basis.document.get("version") else None
    return Wording(document, text, chosen)


def complaints(document: Document) -> tuple[Problem, ...]:
    """Return what the ODCS schema finds."""
    return problems(document, str(document.get("apiVersion")))


def merged(basis: Basis, wording: Wording, now: Document) -> tuple[Wording, tuple[str, ...]]:
    """Bring what was written onto the document that is there now.

    Where both changed the same place, what is there now stays, and the place is named.
    """
    if equal(basis.document, now):
        return wording, ()
    document, places = merge_saying(_bare(basis.document), _bare(wording.document), _bare(now))
    kept: Document = {key: now[key] for key in ("version", "status") if key in now}
    if wording.document.get("status") != basis.document.get("status"):
        kept["status"] = wording.document.get("status")
    # New keys are written behind the key that they follow: the version has to be in its place.
    return Wording({**_ordered(now, document), **kept}, wording.text, wording.chosen), places


def _bare(document: Document) -> Document:
    kept = {key: value for key, value in document.items() if key not in {"version", "status"}}
    listed = document.get("customProperties")
    if isinstance(listed, list):
        kept["customProperties"] = [entry for entry in listed if not is_draft_property(entry)]
        if not kept["customProperties"]:
            del kept["customProperties"]
    return kept


def _ordered(now: Document, document: Document) -> Document:
    first = {key: document.get(key, now[key]) for key in now if key in document or key == "version"}
    return {**first, **document}


def compose(
    wording: Wording,
    now: Contract | None,
    approved: Contract | None,
    policy: Policy,
    author: str,
) -> Draft | None:
    """Return the draft that says what was written; None where that is nothing new.

    `now` is the contract that the text is written into, None for a new one; `approved` is the
    one on the base branch. Raises ContractError for a version that cannot be taken.
    """
    document = wording.document
    contract_id = str(document["id"])
    changes = compare(*_sides(approved, document))
    if approved is not None and not changes and _is_same(approved.document, document):
        return None
    version = _version(wording, now, approved, implied_bump(changes), policy)
    fingerprint = digest(contract_id, changes)
    ours = _draft_property(now, approved, fingerprint, author)
    target = mark(document, version, policy, ours)
    text, note = _written(wording.text, now, target)
    base = approved.version if approved else None
    return Draft(
        contract_id=contract_id,
        version=version,
        bump=implied_bump(changes) if base is None else declared_bump(base, version) or Bump.NONE,
        implied=implied_bump(changes),
        text=text,
        changes=_shown(approved, target, policy),
        digest=fingerprint,
        base_version=base,
        base_text=approved.text if approved else None,
        notes=(note,) if note else (),
        feedback=recorded(target),
    )


def _sides(approved: Contract | None, document: Document) -> tuple[Document, Document]:
    return (approved.document if approved else {**document, "schema": []}), document


def _is_same(approved: Document, document: Document) -> bool:
    """Whether nothing else differs that people may have meant, such as the status."""
    return equal(_bare(approved), _bare(document)) and _ends(approved) == _ends(document)


def _ends(document: Document) -> Any:
    status = document.get("status")
    return status if status in {"deprecated", "retired"} else None


def _shown(approved: Contract | None, target: Document, policy: Policy) -> tuple[Change, ...]:
    old, new = _sides(approved, target)
    return compare(old, new, perspective=policy.perspective, levels=policy.levels)


def _version(
    wording: Wording,
    now: Contract | None,
    approved: Contract | None,
    implied: Bump,
    policy: Policy,
) -> str:
    said = wording.chosen
    if said is not None:
        return _taken(said, approved, policy)
    if approved is None:
        given = now.version if now else str(wording.document.get("version") or "")
        return given if Version.is_valid(given) else next_version(None, Bump.NONE, policy)
    if now is not None and now.version != approved.version:
        declared = declared_bump(approved.version, now.version)
        if declared is not None and declared >= max(implied, Bump.PATCH):
            return now.version
    return next_version(approved.version, policy.bump or implied, policy)


def _taken(said: str, approved: Contract | None, policy: Policy) -> str:
    if not Version.is_valid(said):
        raise ContractError(f"version {said!r} is not a semantic version: write one such as 1.2.0")
    if said in policy.taken:
        raise ContractError(f"version {said} is published already: choose a higher one")
    before = approved.version if approved else ""
    if Version.is_valid(before) and Version.parse(said) <= Version.parse(before):
        raise ContractError(
            f"version {said} is not above {before}, the approved one: leave {before} to have the "
            "next one chosen, or write a higher one"
        )
    return said


def _draft_property(
    now: Contract | None, approved: Contract | None, fingerprint: str, author: str
) -> dict[str, Any]:
    """Return what marks the draft: that of the job stays, where there is one."""
    listed = now.document.get("customProperties") if now else None
    for entry in filter(is_draft_property, listed if isinstance(listed, list) else []):
        return dict(entry)
    value = {"authoredBy": author, "digest": fingerprint}
    if approved is not None:
        value = {"baseVersion": approved.version, **value}
    return {"property": DRAFT_PROPERTY, "value": value}


def _written(editor: str, now: Contract | None, target: Document) -> tuple[str, str | None]:
    """Write the target into the text that is there, so that its comments and layout stay.

    Where the editor's own text has every line of that text too, it was edited as a text: then
    the comments that people wrote in it are kept with it.
    """
    if now is None:
        return odcs.rewrite_with_note(editor, target)
    spliced = odcs.rewrite_with_note(now.text, target)
    typed = odcs.rewrite_with_note(_laid_out(editor, now.text), target)
    keeps = _lost(now.text, typed[0]) <= _lost(now.text, spliced[0])
    text = shown(editor)
    more = _lost(text, shown(typed[0])) < _lost(text, shown(spliced[0]))
    return typed if keeps and more else spliced


def shown(text: str) -> str:
    """Return a text as it is put into the editor, which knows one kind of line ending."""
    return text.removeprefix(_BOM).replace("\r\n", "\n").replace("\r", "\n")


def _laid_out(editor: str, before: str) -> str:
    """Give the editor's text the line endings, and the mark at its beginning, of another one."""
    ending = next((each for each in ("\r\n", "\n", "\r") if each in before), "\n")
    mark = _BOM if before.startswith(_BOM) else ""
    return mark + shown(editor).replace("\n", ending)


def _lost(before: str, after: str) -> int:
    """Return how many lines of `before` are not in `after`."""
    gone = Counter(before.splitlines(keepends=True))
    gone.subtract(Counter(after.splitlines(keepends=True)))
    return sum(count for count in gone.values() if count > 0)
