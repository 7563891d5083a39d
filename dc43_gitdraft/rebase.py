"""A draft's branch brought onto the base branch that moved, keeping what people wrote there.

The contract is merged as a document: both sides may change one file, or one property, as long as
they do not change the same value. Nobody's commit is lost: the result is a merge of both branches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dc43_gitdraft import odcs, provenance, render
from dc43_gitdraft.branch import DraftBranch, inspect
from dc43_gitdraft.catalog import Entry
from dc43_gitdraft.changes import DRAFT_PROPERTY, compare, equal, implied_bump
from dc43_gitdraft.changes.declared import declared_bump
from dc43_gitdraft.config import Config
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.draft import digest, next_version
from dc43_gitdraft.draft.marks import is_draft_property, mark
from dc43_gitdraft.draft.merging import merge_saying
from dc43_gitdraft.errors import ContractError, EditedDraftError, LifecycleError
from dc43_gitdraft.model import Bump, Document, Policy
from dc43_gitdraft.repo import BOT, Identity, MergeConflict


@dataclass(frozen=True, slots=True)
class DraftInBranch:
    """A contract's draft as its branch holds it, beside the base branch as it is now.

    `fork` is the contract where the branch left the base branch, `base` the one there now; each
    None where there is none.
    """

    desk: Desk
    contract: str
    config: Config
    branch: DraftBranch
    base_commit: str
    held: Entry
    base: Entry | None
    fork: Entry | None

    @classmethod
    def of(cls, desk: Desk, contract_id: str, tip: str) -> DraftInBranch:
        """Read the draft at commit `tip`.

        Raises EditedDraftError where the contract is not there, ContractError where it is none.
        """
        config, base = desk.config(), desk.base_commit()
        branch = inspect(desk.repo, tip, base, contract_id, desk.base)
        held = desk.catalog(tip).find(contract_id)
        old, fork = (
            desk.catalog(commit).find(contract_id, validate=False) for commit in (base, branch.fork)
        )
        if held is None:
            raise EditedDraftError(
                f"the contract {contract_id!r} is not on its branch any more: put it back, or "
                "close the pull request"
            )
        return cls(desk, contract_id, config, branch, base, held, old, fork)

    def policy(self) -> Policy:
        """Return how versions are chosen: none that is promoted already."""
        taken = frozenset(self.desk.tags().of(self.contract))
        return replace(self.config.policy(), taken=taken)

    @property
    def moved(self) -> bool:
        """Whether the contract on the base branch is another than the one drafted from."""
        texts = [entry.contract.text if entry else None for entry in (self.fork, self.base)]
        return texts[0] != texts[1]


class DisputedError(LifecycleError):
    """Branch and base branch changed the same places; `places` are keys, or paths of files."""

    def __init__(self, message: str, places: tuple[str, ...]) -> None:
        super().__init__(message)
        self.places = places


@dataclass(frozen=True, slots=True)
class Rebased:
    """The commit that holds both branches, not pushed yet, and the version it proposes."""

    commit: str
    version: str


def rebase(draft: DraftInBranch, who: Identity) -> Rebased:
    """Merge the base branch into a draft; its version follows the one that is there now.

    A draft that the tool alone wrote stays one; else the merge is a commit of `who`. No ref moves.

    Raises DisputedError where both sides changed the same place, LifecycleError where the base
    branch holds all of the draft already or no longer has the contract.
    """
    if draft.base is None:
        raise LifecycleError(
            f"{draft.desk.base} has no contract {draft.contract!r} any more: close this draft"
        )
    old = draft.base.contract
    merged, places = merge_saying(*_sides(draft, old.document))
    if places:
        raise DisputedError(f"{draft.desk.base} and this draft changed the same place", places)
    if equal(merged, _bare(old.document, old.document.get("status"))):
        raise LifecycleError(f"{draft.desk.base} holds all of this draft already: close it")
    version = next_version(old.version, _step(draft, merged), draft.policy())
    fingerprint = _fingerprint(draft, merged)
    # New keys are written behind the key that they follow here: the version has to be in its place.
    ordered = {key: merged.get(key) for key in old.document if key in merged or key == "version"}
    target = mark(
        {**ordered, **merged, "version": version},
        version,
        draft.policy(),
        _property(draft.held.contract.document, old.version, fingerprint),
    )
    text = odcs.rewrite(_text(draft), target)
    return Rebased(_commit(draft, text, version, fingerprint, who), version)


def _sides(draft: DraftInBranch, base: Document) -> tuple[Document, Document, Document]:
    """Return the documents to merge, without what marks a draft: before, held, and base."""
    before = draft.fork.contract.document if draft.fork else {}
    held = draft.held.contract.document
    status = held.get("status")
    if status in {"draft", draft.config.draft_status.value}:
        status = before.get("status")
    old = _bare(before, before.get("status"))
    return old, _bare(held, status), _bare(base, base.get("status"))


def _bare(document: Document, status: Any) -> Document:
    kept = {key: value for key, value in document.items() if key not in {"version", "status"}}
    if status is not None:
        kept["status"] = status
    listed = document.get("customProperties")
    if isinstance(listed, list):
        kept["customProperties"] = [entry for entry in listed if not is_draft_property(entry)]
        if listed and not kept["customProperties"]:
            del kept["customProperties"]
    return kept


def _step(draft: DraftInBranch, merged: Document) -> Bump:
    """Return the step of the version: the one that people chose, else what the changes imply."""
    assert draft.base is not None  # noqa: S101 - looked at by `rebase`
    chosen = None
    if draft.fork is not None and _versions_edited(draft):
        chosen = declared_bump(draft.fork.contract.version, draft.held.contract.version)
    old = draft.base.contract.document
    implied = implied_bump(compare(old, {**merged, "version": old["version"]}))
    return chosen or draft.config.bump or implied


def _versions_edited(draft: DraftInBranch) -> bool:
    for before, after in draft.branch.edits:
        found = [
            draft.desk.catalog(commit).find(draft.contract, validate=False)
            for commit in (before, after)
        ]
        if len({entry.contract.version for entry in found if entry}) > 1:
            return True
    return False


def _fingerprint(draft: DraftInBranch, merged: Document) -> str | None:
    """Return what the drift is known by now; that of an edited draft stays what the job said."""
    if draft.branch.edited or draft.branch.bot is None or draft.base is None:
        return draft.branch.bot.digest if draft.branch.bot else None
    old = draft.base.contract.document
    return digest(draft.contract, compare(old, {**merged, "version": old["version"]}))


def _property(held: Document, base: str, fingerprint: str | None) -> dict[str, Any]:
    listed = held.get("customProperties")
    entries = listed if isinstance(listed, list) else []
    entry: Mapping[str, Any] = next(filter(is_draft_property, entries), {})
    said = entry.get("value")
    value = {**(said if isinstance(said, dict) else {}), "baseVersion": base}
    if fingerprint:
        value["digest"] = fingerprint
    return {**entry, "property": DRAFT_PROPERTY, "value": value}


def _text(draft: DraftInBranch) -> str:
    """Return the text to write the merged document over: both sides' comments, if Git can."""
    held, repo = draft.held.contract, draft.desk.repo
    if draft.fork is None or draft.base is None:
        return held.text
    before = draft.fork.contract.document
    tips = []
    # What marks a draft, and the versions, differ in any case and are no conflict.
    for entry, commit in ((draft.base, draft.base_commit), (draft.held, draft.branch.tip)):
        document = _bare(entry.contract.document, before.get("status"))
        text = odcs.rewrite(entry.contract.text, {**document, "version": before["version"]})
        tips.append(_written(draft, commit, {entry.path: text.encode()}))
    tree = repo.merge(*tips)
    if isinstance(tree, MergeConflict):
        return held.text
    data = repo.read(tree, draft.held.path)
    try:
        return odcs.read(data, validate=False).text if data is not None else held.text
    except ContractError:
        return held.text


def _commit(
    draft: DraftInBranch, text: str, version: str, fingerprint: str | None, who: Identity
) -> str:
    repo, tip, base = draft.desk.repo, draft.branch.tip, draft.base_commit
    assert draft.base is not None  # noqa: S101 - looked at by `rebase`
    here, there = draft.held.path, draft.base.path
    was = draft.fork.path if draft.fork else here
    path = there if here == was else here  # whoever moved the file moved it
    # With the contract settled, the rest of both branches is for Git to merge.
    sides = [
        _written(draft, commit, {**({} if at == path else {at: None}), path: text.encode()})
        for commit, at in ((base, there), (tip, here))
    ]
    tree = repo.merge(*sides)
    if isinstance(tree, MergeConflict):
        raise DisputedError(f"{draft.desk.base} and this draft changed the same file", tree.paths)
    subject = f"Bring {render.plain(draft.contract)} onto {render.plain(draft.desk.base)}"
    bot, author = draft.branch.bot, who
    # Not as the last paragraph: the draft's own trailers are the job's.
    message = f"{subject}\n\n{provenance.stands_on(base)}\nIts version is {version} now.\n"
    if bot is not None and not draft.branch.edited:
        origin = replace(
            bot,
            base_version=draft.base.contract.version,
            draft_version=version,
            digest=fingerprint,
        )
        said = "Nobody had edited the draft."
        message, author = provenance.message(subject, said, origin, text, base), BOT
    return repo.write_commit_tree(
        tree, [tip, base], message, author=author, when=draft.desk.clock(), committer=BOT
    )


def _written(draft: DraftInBranch, commit: str, files: Mapping[str, bytes | None]) -> str:
    """Store a commit that is only merged from, and never seen."""
    repo = draft.desk.repo
    when = repo.commit(commit).committed_at
    return repo.write_commit([commit], files, "To merge", author=BOT, when=when)
