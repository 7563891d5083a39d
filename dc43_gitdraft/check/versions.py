"""Rules about a contract's version and its status."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from semver import Version

from dc43_gitdraft.changes import compare
from dc43_gitdraft.check.case import Case, Said
from dc43_gitdraft.check.promoted import Promoted
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import Bump, Status
from dc43_gitdraft.odcs import Contract

_AT = ("version",)
_UNPUBLISHED = frozenset({Status.DRAFT, Status.PROPOSED})

#: Where a version may go while it stays the same version.
_STEPS = {
    Status.DRAFT: frozenset({Status.PROPOSED, Status.ACTIVE}),
    Status.PROPOSED: frozenset({Status.ACTIVE}),
    Status.ACTIVE: frozenset({Status.DEPRECATED}),
    Status.DEPRECATED: frozenset({Status.RETIRED}),
    Status.RETIRED: frozenset[Status](),
}


def of_version(case: Case, promoted: Promoted) -> Iterator[Said]:
    """Yield what is wrong with the version."""
    new = case.new
    if new is None:
        return
    if not Version.is_valid(new.version):
        yield Said("version-missing-or-not-semver", _AT, _not_semver(new.version))
        return
    if Version.parse(new.version).prerelease and new.status is Status.ACTIVE:
        message = f"version {new.version} is a pre-release and active: release it as "
        message += str(Version.parse(new.version).finalize_version())
        yield Said("version-prerelease-active", _AT, message)
    if case.old is not None and Version.is_valid(case.old.version):
        yield from _step(case, case.old, new, promoted)
    if case.how == "unchanged" or case.old is None or case.old.version != new.version:
        yield from _published(case, new, promoted)


def _not_semver(version: str) -> str:
    plain = version.strip().lstrip("vV")
    try:
        hint = f": write {Version.parse(plain, optional_minor_and_patch=True)}"
    except ValueError:
        hint = ": write one such as 1.0.0"
    return f"version {version!r} is not a semantic version{hint}"


def _step(case: Case, old: Contract, new: Contract, promoted: Promoted) -> Iterator[Said]:
    declared, implied = case.declared, case.implied
    taken = f"{old.version} → {new.version}"
    if declared is None:
        yield Said("version-decreased", _AT, f"version {taken} is a step back: raise it")
    elif declared is Bump.NONE and case.changes:
        if any(change.rule != "documentation-changed" for change in case.changes):
            message = f"the contract changed, and its version is still {new.version}: "
            message += _wanted(old.version, implied)
            yield Said("version-not-bumped", _AT, message)
        published = promoted.has(old.id, old.version)
        if published or old.status in {Status.ACTIVE, Status.DEPRECATED, Status.RETIRED}:
            why = "has its tag" if published else f"is {old.document.get('status')}"
            message = f"version {old.version} {why}, and what it says may not change any more: "
            message += _wanted(old.version, implied)
            yield Said("published-version-edited", _AT, message)
    elif implied is not None and declared is not Bump.NONE and declared < implied:
        message = f"version {taken} is a {declared} step, and the changes ask for {implied}: "
        message += _wanted(old.version, implied)
        yield Said("version-bump-too-small", _AT, message)
    elif implied is not None and declared > implied:
        asked = "ask for none" if implied is Bump.NONE else f"ask for {implied} only"
        message = f"version {taken} is a {declared} step, and the changes {asked}"
        yield Said("version-bump-too-large", _AT, message)


def _wanted(version: str, implied: Bump | None) -> str:
    base = Version.parse(version).finalize_version()
    steps = {Bump.MAJOR: base.bump_major, Bump.MINOR: base.bump_minor}
    return f"make it {steps.get(implied or Bump.PATCH, base.bump_patch)()}"


def _published(case: Case, new: Contract, promoted: Promoted) -> Iterator[Said]:
    if not promoted.has(new.id, new.version):
        return
    try:
        tagged = promoted.get(new.id, new.version, filter(None, (case.path, case.old_path)))
    except ContractError:
        same = False
    else:
        same = not compare(tagged.contract.document, new.document)
    if not same or new.status in _UNPUBLISHED:
        message = f"version {new.version} is published already, with other content: "
        yield Said("version-already-published", _AT, message + "choose a higher one")


def of_status(case: Case, drafted: bool) -> Iterator[Said]:
    """Yield what is wrong with the status; `drafted` says that the bot drafts it in this range."""
    new = case.new
    if new is None or "status" not in new.document:
        return
    at = ("status",)
    if new.status is None:
        known = [status.value for status in Status]
        said = str(new.document["status"])
        near = difflib.get_close_matches(said.lower(), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(known)}"
        message = f"there is no status {said!r}: {hint}"
        yield Said("status-transition-illegal", at, message)
        return
    before = case.old.status if case.old else None
    same = case.old is not None and case.old.version == new.version
    if before is not None and not _is_legal(before, new.status, same):
        # A version that is out cannot be called back; the next one has a life of its own.
        after = ", ".join(status.value for status in sorted(_STEPS[before]))
        next_ = f"{before.value} is followed by {after}" if after else f"{before.value} is final"
        message = f"status {before.value} → {new.status.value} is no step: {next_}"
        if new.status in _UNPUBLISHED and same and before is not Status.RETIRED:
            message += "; a draft of a new version needs a new version"
        yield Said("status-transition-illegal", at, message)
    merged = before is Status.DRAFT and same
    if drafted and new.status is Status.ACTIVE and not merged:
        message = "a draft becomes active when it is merged and promoted: set status: draft"
        yield Said("status-activated-outside-merge", at, message)


def _is_legal(before: Status, after: Status, same: bool) -> bool:
    if before is after or after in _STEPS[before]:
        return True
    if same or before is Status.RETIRED:
        return False
    # The next version begins anew.
    return after in _UNPUBLISHED
