"""Reading the repository: what a contract was, is, and is proposed to become."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dc43_gitdraft import provenance
from dc43_gitdraft.decisions import OBSOLETE, UNDECIDED
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.lines import Line
from dc43_gitdraft.model import Provenance, PullRequest, PullState
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.tags import Tags


@dataclass(frozen=True, slots=True)
class Version:
    """A promoted version: its tag, who made the tag and when, and where it came from."""

    version: str
    tag: str
    commit: str
    promoted_at: datetime | None
    provenance: Provenance | None


@dataclass(frozen=True, slots=True)
class History:
    """A contract's promoted versions, newest first, and its drafts, newest first."""

    contract: str
    versions: tuple[Version, ...]
    pulls: tuple[PullRequest, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """One line of `status`: where a contract stands now.

    A first draft has no path and version yet, and the status `new`; a file that cannot be read
    as a contract goes by its path, and has the status `unusable`.
    """

    contract: str
    path: str
    version: str
    status: str
    promoted: bool
    draft: PullRequest | None


@dataclass(frozen=True, slots=True)
class Status:
    """Where contracts stand, and how many more there are with nothing to decide."""

    standings: tuple[Standing, ...]
    quiet: int


def show(desk: Desk, contract_id: str, version: str | None = None) -> Contract:
    """Return the contract on the base branch, or its promoted `version`.

    Raises ContractError naming what there is.
    """
    config = desk.config()
    if version is None:
        return desk.catalog().get(contract_id).contract
    tags = Tags(desk.repo, config, peeled=True)
    commit = tags.get(contract_id, version)
    if commit is None:
        known = list(tags.of(contract_id))
        said = f"promoted are {', '.join(known[:10])}" if known else "none is promoted yet"
        raise ContractError(f"there is no version {version!r} of {contract_id!r}: {said}")
    entry = desk.catalog(commit).find(contract_id, validate=False)
    if entry is None:
        raise ContractError(f"the tag of {contract_id!r} {version} does not hold the contract")
    return entry.contract


def history(desk: Desk, contract_id: str) -> History:
    """Return every promoted version and every draft of a contract.

    Raises ContractError where the repository has never known it.
    """
    config = desk.config()
    versions = []
    for version in desk.tags().of(contract_id):
        name = config.tag_of(contract_id, version)
        tag = desk.repo.tag(name)
        if tag is None:
            continue  # Deleted a moment ago.
        versions.append(
            Version(version, name, tag.target, tag.tagged_at, provenance.parse(tag.message))
        )
    pulls = tuple(desk.forge.find(config.branch(contract_id)))
    if not versions and not pulls:
        desk.catalog().get(contract_id)
    return History(contract_id, tuple(versions), pulls)


def status(desk: Desk) -> tuple[Standing, ...]:
    """Return where every contract of the repository stands: by id, then what is unusable or new."""
    return _status(desk, everything=True).standings


def overview(desk: Desk) -> Status:
    """Return where contracts stand; of a large repository, those that somebody may have to act on.

    Left out are those that are promoted, in force and have no draft.
    """
    return _status(desk, everything=False)


def _status(desk: Desk, *, everything: bool) -> Status:
    config = desk.config()
    pulls = {pull.head: pull for pull in desk.forge.list(PullState.OPEN)}
    prefix = config.branch_prefix
    slugs = [head.removeprefix(prefix) for head in pulls if head.startswith(prefix)]
    catalog = desk.catalog()
    found, quiet = (None if everything else catalog.unquiet(slugs)) or (catalog.lines(), 0)
    indexed, tags = catalog.indexed, desk.tags(many=True)
    lines = [
        Standing(
            str(line.id),
            line.path,
            line.version or "",
            line.status or "",
            line.tagged is not None or (not indexed and _has_tag(tags, line)),
            pulls.pop(config.branch(str(line.id)), None) if pulls else None,
        )
        for line in found.lines
    ]
    lines.sort(key=lambda line: line.contract)
    lines += [Standing(path, path, "", "unusable", False, None) for path in found.problems]
    for branch, pull in pulls.items():
        promotes = branch == config.promotion_branch(pull.base)
        if branch.startswith(prefix) and not promotes:
            # A first draft: its contract is on no other branch yet.
            name = branch.removeprefix(prefix)
            lines.append(Standing(name, "", "", "new", False, pull))
    return Status(tuple(lines), quiet)


def _has_tag(tags: Tags, line: Line) -> bool:
    return tags.get(str(line.id), line.version or "") is not None


def decision(pull: PullRequest) -> str:
    """Return what became of a draft, in one word."""
    if pull.state is PullState.CLOSED:
        if UNDECIDED in pull.labels:
            return "undecided"
        return "obsolete" if OBSOLETE in pull.labels else "rejected"
    return str(pull.state.value)
