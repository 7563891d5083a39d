"""After the steward's decision: merging promotes a contract, closing rejects the draft.

Promotion never trusts a pull request's title, label or body. It compares the base branch with
the tags: a contract version without a tag is promoted now, whoever merged it and however, so
that running it twice, or after a crash, ends the same.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, replace
from datetime import datetime

import semver

from dc43_gitdraft import provenance, render
from dc43_gitdraft.branch import inspect
from dc43_gitdraft.catalog import Catalog, Entry
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import (
    GitError,
    LifecycleError,
    NothingPromotedError,
    StaleRefError,
)
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.model import Document, Provenance, PullRequest, PullState, Status
from dc43_gitdraft.names import one_line
from dc43_gitdraft.odcs import rewrite
from dc43_gitdraft.publish import OBSOLETE, REJECTED, Desk
from dc43_gitdraft.repo import BOT, Identity, RefUpdate

_RACES = 5
#: Commits of one file that are looked at for a provenance.
_LOOK_BACK = 50
_PUBLISHED = {Status.DRAFT, Status.ACTIVE, Status.DEPRECATED, Status.RETIRED}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Promoted:
    """One contract version that became final: its tag, and the commit the tag names."""

    contract: str
    version: str
    status: Status
    tag: str
    commit: str


@dataclass(frozen=True, slots=True)
class Promotion:
    """What one run of `promote` did; `problems` are contracts it could not promote, and why."""

    promoted: tuple[Promoted, ...] = ()
    problems: tuple[str, ...] = ()


def promote(desk: Desk, only: str | None = None) -> Promotion:
    """Promote every contract version on the base branch that has no tag yet.

    The status `draft` becomes `active`, the `gitdraft` property goes, and the commit and the
    annotated tags arrive in one atomic push. `only` names one contract.

    Raises NothingPromotedError for a merged draft that cannot be promoted (its version has a
    tag already, or is no semantic version), GitError where the push is refused.
    """
    for _ in range(_RACES):
        try:
            promotion, stuck = _promote(desk, only)
        except StaleRefError as race:
            _log.info("%s: looking again", race)
            desk.repo.refresh()
        else:
            # One contract's trouble must not keep the others from being promoted.
            if stuck:
                raise NothingPromotedError("; ".join(stuck))
            return promotion
    raise GitError(f"{desk.base} moved {_RACES} times during the promotion: run again")


def _promote(desk: Desk, only: str | None) -> tuple[Promotion, list[str]]:
    repo, base = desk.repo, desk.base_commit()
    config = desk.config()
    tags = repo.refs("refs/tags/")
    tip, updates = base, []
    promoted: list[Promoted] = []
    problems: list[str] = []
    stuck: list[str] = []
    when = desk.clock()
    for entry in Catalog(repo, base, config):
        contract = entry.contract
        if contract.status not in _PUBLISHED or only not in {None, contract.id}:
            continue
        drafted = contract.status is Status.DRAFT
        name = config.tag_of(contract.id, contract.version)
        problem = _problem(entry, f"refs/tags/{name}" in tags, name)
        if problem:
            (stuck if drafted else problems).append(problem)
            continue
        if f"refs/tags/{name}" in tags:
            continue
        origin = _origin(desk, config, entry)
        if drafted:
            tip = _activate(desk, tip, entry, origin, when)
        text = provenance.message(
            f"{render.plain(contract.id)} {contract.version}",
            f"Promoted on {desk.base}.",
            origin,
        )
        tag = repo.write_tag(name, tip, text, tagger=BOT, when=when)
        updates.append(RefUpdate(f"refs/tags/{name}", tag, None))
        status = Status.ACTIVE if drafted else contract.status
        promoted.append(Promoted(contract.id, contract.version, status, name, tip))
    if updates:
        if tip != base:
            updates.insert(0, RefUpdate(f"refs/heads/{desk.base}", tip, base))
        repo.push(updates)
    return Promotion(tuple(promoted), tuple(problems)), stuck


def _problem(entry: Entry, tagged: bool, name: str) -> str | None:
    """Return why this contract's version cannot be promoted, or None."""
    version = entry.contract.version
    if not semver.Version.is_valid(version):
        return (
            f"{entry.path}: version {version!r} is not a semantic version: write one such as 1.2.0"
        )
    if tagged and entry.contract.status is Status.DRAFT:
        return (
            f"{entry.path} is a draft of version {version}, which {name} has promoted already: "
            "give it a higher version, and merge that"
        )
    return None


def _activate(desk: Desk, parent: str, entry: Entry, origin: Provenance, when: datetime) -> str:
    """Commit the contract as active, without the draft's mark, on top of `parent`."""
    contract = entry.contract
    text = rewrite(contract.text, _without_mark({**contract.document, "status": "active"}))
    return desk.repo.write_commit(
        [parent],
        {entry.path: text.encode()},
        provenance.message(
            f"Promote {render.plain(contract.id)} {contract.version}",
            "Its draft was merged, so it is active.",
            origin,
        ),
        author=BOT,
        when=when,
    )


def _without_mark(document: Document) -> Document:
    properties = document.get("customProperties")
    if not isinstance(properties, list):
        return document
    kept = [
        item
        for item in properties
        if not (isinstance(item, dict) and item.get("property") == "gitdraft")
    ]
    result = {**document, "customProperties": kept}
    if not kept and properties:
        del result["customProperties"]
    return result


def _origin(desk: Desk, config: Config, entry: Entry) -> Provenance:
    """Return where this version came from, as far as the repository knows it.

    The newest of the bot's commits to the file tells; after a squash that lost its trailers,
    the last commit of the merged pull request does. A commit of a version that has a tag is
    an earlier version's: people have edited the file since.
    """
    contract = entry.contract
    pulls = desk.forge.find(config.branch(contract.id))
    merged = [pull.head_sha for pull in pulls if pull.state is PullState.MERGED]
    for start in [desk.base_commit(), *merged]:
        for commit in desk.repo.log([start], paths=(entry.path,), limit=_LOOK_BACK):
            said = provenance.parse(commit.message)
            if said is not None and said.contract_id == contract.id:
                tag = config.tag_of(contract.id, said.draft_version)
                if desk.repo.resolve(f"refs/tags/{tag}") is None:
                    return replace(said, draft_version=contract.version)
                break
    return Provenance(contract_id=contract.id, draft_version=contract.version)


def merge(
    desk: Desk, number: int, actor: Identity, method: str = "merge"
) -> tuple[PullRequest, Promotion]:
    """Merge pull request `number` of the local forge, and promote what it brings.

    `method` is `merge` or `squash`. A pull request that is merged already is only settled.

    Raises LifecycleError where it cannot be merged, NothingPromotedError where it is merged
    and promotes nothing.
    """
    if not isinstance(desk.forge, LocalForge):
        raise LifecycleError(
            f"pull request #{number} is not in this repository: merge it where it is"
        )
    pull = desk.forge.get(number)
    if pull.state is not PullState.MERGED:
        _contract_of(desk, pull)
        pull = desk.forge.merge(number, method=method, actor=actor, when=desk.clock())
    return pull, settle_merged(desk, pull)


def settle_merged(desk: Desk, pull: PullRequest) -> Promotion:
    """Promote what a merged pull request brought, and delete its branch.

    Raises NothingPromotedError where nothing came out of it.
    """
    contract_id = _contract_of(desk, pull)
    promotion = promote(desk, contract_id)
    if not promotion.promoted and not _tagged(desk, contract_id):
        why = f": {promotion.problems[0]}" if promotion.problems else ""
        raise NothingPromotedError(
            f"pull request #{pull.number} was merged and promotes no version of "
            f"{contract_id!r}{why}: look at the contract's status and version on {desk.base}"
        )
    _delete_branch(desk, pull)
    return promotion


def reject(desk: Desk, number: int, reason: str | None, actor: str) -> PullRequest:
    """Reject the draft of pull request `number`: close, label, say why, delete its branch.

    The same drift is not proposed again; a job that sees it learns `reason`. A branch with
    people's commits stays. Rejecting twice is rejecting once.

    Raises LifecycleError for a merged pull request, or one that is no draft.
    """
    pull = desk.forge.get(number)
    if pull.state is PullState.MERGED:
        raise LifecycleError(
            f"pull request #{number} is merged: its version stays; change the contract anew"
        )
    contract_id = _contract_of(desk, pull)
    said = one_line(reason or "")
    if pull.state is PullState.OPEN or REJECTED not in pull.labels:
        text = f"Rejected by {render.code(actor)}" + (
            f": {render.code(said, 1000)}" if said else "."
        )
        pull = desk.forge.update(
            number,
            state=PullState.CLOSED,
            add_labels=[REJECTED],
            remove_labels=[OBSOLETE],
            comment=text,
            reason=said or None,
            actor=actor,
            when=desk.clock(),
        )
    branch = inspect(desk.repo, pull.head_sha, desk.base_commit(), contract_id)
    if not branch.edited:
        _delete_branch(desk, pull)
    return pull


def reopen(desk: Desk, number: int, actor: str) -> PullRequest:
    """Open a rejected draft again; its drift counts as undecided from now on.

    Raises LifecycleError for a merged pull request, or where another one is open for the same
    contract.
    """
    pull = desk.forge.get(number)
    if pull.state is PullState.OPEN:
        return pull
    return desk.forge.update(
        number,
        state=PullState.OPEN,
        remove_labels=[REJECTED, OBSOLETE],
        actor=actor,
        when=desk.clock(),
    )


def _contract_of(desk: Desk, pull: PullRequest) -> str:
    """Return the id of the contract a draft pull request is about, from its commits alone."""
    for commit in desk.repo.log([pull.head_sha], limit=_LOOK_BACK):
        said = provenance.parse(commit.message)
        if said is not None and desk.config().branch(said.contract_id) == pull.head:
            return said.contract_id
    raise LifecycleError(
        f"pull request #{pull.number} is not a draft of this tool: its branch {pull.head!r} "
        "holds no draft commit"
    )


def _tagged(desk: Desk, contract_id: str) -> bool:
    """Whether the contract's version on the base branch has its tag."""
    config = desk.config()
    entry = Catalog(desk.repo, desk.base_commit(), config).find(contract_id, validate=False)
    if entry is None:
        return False
    tag = config.tag_of(contract_id, entry.contract.version)
    return desk.repo.resolve(f"refs/tags/{tag}") is not None


def _delete_branch(desk: Desk, pull: PullRequest) -> None:
    ref = f"refs/heads/{pull.head}"
    tip = desk.repo.resolve(ref)
    # Somebody may have gone on working there: only what the pull request keeps is deleted.
    if tip is not None and tip == pull.head_sha:
        with contextlib.suppress(StaleRefError):
            desk.repo.push([RefUpdate(ref, None, tip)])
