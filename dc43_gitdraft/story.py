"""Reading the repository: what a contract was, is, and is proposed to become."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import semver

from dc43_gitdraft import provenance
from dc43_gitdraft.catalog import Catalog
from dc43_gitdraft.config import Config
from dc43_gitdraft.decisions import OBSOLETE, UNDECIDED
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import Provenance, PullRequest, PullState
from dc43_gitdraft.odcs import Contract


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


def show(desk: Desk, contract_id: str, version: str | None = None) -> Contract:
    """Return the contract on the base branch, or its promoted `version`.

    Raises ContractError naming what there is.
    """
    config = desk.config()
    if version is None:
        return Catalog(desk.repo, desk.base_commit(), config).get(contract_id).contract
    commit = desk.repo.resolve(f"refs/tags/{config.tag_of(contract_id, version)}")
    if commit is None or not semver.Version.is_valid(version):
        known = [found for found, _ in _tags(desk, config, contract_id)]
        said = f"promoted are {', '.join(known[:10])}" if known else "none is promoted yet"
        raise ContractError(f"there is no version {version!r} of {contract_id!r}: {said}")
    entry = Catalog(desk.repo, commit, config).find(contract_id, validate=False)
    if entry is None:
        raise ContractError(f"the tag of {contract_id!r} {version} does not hold the contract")
    return entry.contract


def history(desk: Desk, contract_id: str) -> History:
    """Return every promoted version and every draft of a contract.

    Raises ContractError where the repository has never known it.
    """
    config = desk.config()
    versions = []
    for version, name in _tags(desk, config, contract_id):
        tag = desk.repo.tag(name)
        if tag is None:
            continue  # Deleted a moment ago.
        versions.append(
            Version(version, name, tag.target, tag.tagged_at, provenance.parse(tag.message))
        )
    pulls = tuple(desk.forge.find(config.branch(contract_id)))
    if not versions and not pulls:
        Catalog(desk.repo, desk.base_commit(), config).get(contract_id)
    return History(contract_id, tuple(versions), pulls)


def status(desk: Desk) -> tuple[Standing, ...]:
    """Return where every contract of the repository stands: by id, then what is unusable or new."""
    config = desk.config()
    tags = desk.repo.refs("refs/tags/")
    pulls = {pull.head: pull for pull in desk.forge.list(PullState.OPEN)}
    contents = Catalog(desk.repo, desk.base_commit(), config).read_all()
    lines = []
    for entry in contents.entries:
        contract = entry.contract
        lines.append(
            Standing(
                contract.id,
                entry.path,
                contract.version,
                str(contract.document.get("status", "")),
                f"refs/tags/{config.tag_of(contract.id, contract.version)}" in tags,
                pulls.pop(config.branch(contract.id), None),
            )
        )
    lines.sort(key=lambda line: line.contract)
    for path in contents.problems:
        lines.append(Standing(path, path, "", "unusable", False, None))
    for branch, pull in pulls.items():
        promotes = branch == config.promotion_branch(pull.base)
        if branch.startswith(config.branch_prefix) and not promotes:
            # A first draft: its contract is on no other branch yet.
            name = branch.removeprefix(config.branch_prefix)
            lines.append(Standing(name, "", "", "new", False, pull))
    return tuple(lines)


def decision(pull: PullRequest) -> str:
    """Return what became of a draft, in one word."""
    if pull.state is PullState.CLOSED:
        if UNDECIDED in pull.labels:
            return "undecided"
        return "obsolete" if OBSOLETE in pull.labels else "rejected"
    return str(pull.state.value)


def _tags(desk: Desk, config: Config, contract_id: str) -> list[tuple[str, str]]:
    """Return (version, tag name) of the promoted versions, newest first."""
    found = []
    for ref in desk.repo.refs("refs/tags/"):
        name = ref.removeprefix("refs/tags/")
        version = config.version_of(contract_id, name)
        if version is not None:
            found.append((version, name))
    return sorted(found, key=lambda item: semver.Version.parse(item[0]), reverse=True)
