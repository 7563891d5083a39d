"""After the steward's decision: merging promotes a contract, closing rejects the draft.

Promotion never trusts a pull request's title, label or body. It compares the base branch with
the tags: a contract version without a tag is promoted now, whoever merged it and however, so
that running it twice, or after a crash, ends the same.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import semver

from dc43_gitdraft import provenance, render
from dc43_gitdraft.branch import inspect
from dc43_gitdraft.catalog import Catalog, Entry
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import (
    ContractError,
    GitError,
    LifecycleError,
    NothingPromotedError,
    StaleRefError,
)
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.model import Document, Provenance, PullRequest, PullState, Status
from dc43_gitdraft.names import one_line
from dc43_gitdraft.odcs import Contract, rewrite
from dc43_gitdraft.publish import OBSOLETE, REJECTED, Desk, settled_by_hand
from dc43_gitdraft.repo import BOT, Identity, MergeConflict, RefUpdate
from dc43_gitdraft.retelling import contract_of, retold

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
    for pull in desk.forge.list(PullState.OPEN):
        if only is None or pull.head == config.branch(only):
            settled_by_hand(desk, pull)
    contents = Catalog(repo, base, config).read_all()
    tags = repo.refs("refs/tags/")
    tip, updates = base, []
    promoted: list[Promoted] = []
    problems = [] if only else list(contents.problems.values())
    stuck: list[str] = []
    when = desk.clock()
    for entry in contents.entries:
        contract = entry.contract
        if contract.status not in _PUBLISHED or only not in {None, contract.id}:
            continue
        drafted = contract.status is Status.DRAFT
        name = config.tag_of(contract.id, contract.version)
        problem = _problem(desk, config, entry, tags)
        if problem:
            (stuck if drafted else problems).append(problem)
            continue
        if f"refs/tags/{name}" in tags:
            continue
        origin = _origin(desk, config, entry)
        final = _final(contract)
        if final != contract.text:
            tip = _finish(desk, tip, entry, final, origin, when)
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


def _problem(desk: Desk, config: Config, entry: Entry, tags: Mapping[str, str]) -> str | None:
    """Return why this contract's version cannot be final, or None."""
    contract = entry.contract
    version = contract.version
    if not semver.Version.is_valid(version):
        return (
            f"{entry.path}: version {version!r} is not a semantic version: write one such as 1.2.0"
        )
    name = config.tag_of(contract.id, version)
    tag = tags.get(f"refs/tags/{name}")
    if tag is None:
        found = (config.version_of(contract.id, ref.removeprefix("refs/tags/")) for ref in tags)
        known = [semver.Version.parse(text) for text in found if text]
        if known and max(known) > semver.Version.parse(version):
            return (
                f"{entry.path}: version {version} comes after {max(known)}, which is promoted "
                "already: give it a higher version"
            )
        return None
    if contract.status is Status.DRAFT:
        return (
            f"{entry.path} is a draft of version {version}, which {name} has promoted already: "
            "give it a higher version, and merge that"
        )
    if _edited_since(desk, config, entry, tag):
        return (
            f"{entry.path} is another text than version {version} that {name} has promoted: "
            "give it a higher version"
        )
    return None


def _edited_since(desk: Desk, config: Config, entry: Entry, tag: str) -> bool:
    """Whether the contract says something else than it did when this version was promoted."""
    text = desk.repo.read(tag, entry.path)
    if text is not None and text.decode("utf-8", "replace") == entry.contract.text:
        return False
    commit = desk.repo.resolve(tag)
    then = commit and Catalog(desk.repo, commit, config).find(entry.contract.id, validate=False)
    # A comment or another path is no other contract.
    return not then or then.contract.document != entry.contract.document


def _final(contract: Contract) -> str:
    """Return the contract's text as it is published: active, and without the draft's mark."""
    document = _without_mark(contract.document)
    if contract.status is Status.DRAFT:
        document = {**document, "status": Status.ACTIVE.value}
    return rewrite(contract.text, document)


def _finish(
    desk: Desk, parent: str, entry: Entry, text: str, origin: Provenance, when: datetime
) -> str:
    """Commit the final text of a contract on top of `parent`."""
    return desk.repo.write_commit(
        [parent],
        {entry.path: text.encode()},
        provenance.message(
            f"Promote {render.plain(entry.contract.id)} {entry.contract.version}",
            "Its draft was merged, so it is final.",
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

    def starts() -> Iterator[str]:
        yield desk.base_commit()
        # Asked only where the base branch does not tell.
        for pull in desk.forge.find(config.branch(contract.id)):
            if pull.state is PullState.MERGED:
                yield pull.head_sha

    for start in starts():
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

    Raises LifecycleError where it cannot be merged, NothingPromotedError where it would promote
    nothing: the base branch has not moved then.
    """
    if not isinstance(desk.forge, LocalForge):
        raise LifecycleError(
            f"pull request #{number} is not in this repository: merge it where it is"
        )
    pull = desk.forge.get(number)
    if pull.state is PullState.OPEN and not settled_by_hand(desk, pull):
        _rehearse(desk, pull)
        told = retold(desk, pull)
        if told != pull:  # What is merged is remembered by its words.
            desk.forge.update(
                number, title=told.title, body=told.body, actor=BOT.name, when=desk.clock()
            )
    if pull.state is not PullState.MERGED:
        pull = desk.forge.merge(number, method=method, actor=actor, when=desk.clock())
    return pull, settle_merged(desk, pull)


def _rehearse(desk: Desk, pull: PullRequest) -> None:
    """Refuse a merge after which the contract could not be promoted; the branch can be mended."""
    contract_id = contract_of(desk, pull)
    base = desk.base_commit()
    merged = desk.repo.merge(base, pull.head_sha)
    if isinstance(merged, MergeConflict):
        return  # The forge says so, and what to do.
    refused = f"pull request #{pull.number} cannot be merged, as it would promote nothing"
    config = desk.config()
    try:
        entry = Catalog(desk.repo, merged, config).find(contract_id)
    except ContractError as error:
        raise NothingPromotedError(f"{refused}: {error} (on {pull.head})") from error
    if entry is None:
        raise NothingPromotedError(f"{refused}: the contract {contract_id!r} is not in it any more")
    status = entry.contract.status
    problem = _problem(desk, config, entry, desk.repo.refs("refs/tags/"))
    if status not in _PUBLISHED and status is not Status.PROPOSED:
        said = entry.contract.document.get("status")
        problem = f"its status is {said!r}: write draft, or one of the others that ODCS names"
    if problem:
        raise NothingPromotedError(f"{refused}: {problem} (on {pull.head})")


def settle_merged(desk: Desk, pull: PullRequest) -> Promotion:
    """Promote what a merged pull request brought, and delete its branch.

    Raises NothingPromotedError where nothing came out of it.
    """
    contract_id = contract_of(desk, pull)
    promotion = promote(desk, contract_id)
    if not promotion.promoted and not _is_settled(desk, contract_id):
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
    contract_id = contract_of(desk, pull)
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


def _is_settled(desk: Desk, contract_id: str) -> bool:
    """Whether the contract on the base branch has its tag, or is one that people only propose."""
    config = desk.config()
    entry = Catalog(desk.repo, desk.base_commit(), config).find(contract_id, validate=False)
    if entry is None:
        return False
    tag = config.tag_of(contract_id, entry.contract.version)
    proposed = entry.contract.status is Status.PROPOSED
    return proposed or desk.repo.resolve(f"refs/tags/{tag}") is not None


def _delete_branch(desk: Desk, pull: PullRequest) -> None:
    ref = f"refs/heads/{pull.head}"
    tip = desk.repo.resolve(ref)
    # Somebody may have gone on working there: only what the pull request keeps is deleted.
    if tip is not None and tip == pull.head_sha:
        with contextlib.suppress(StaleRefError):
            desk.repo.push([RefUpdate(ref, None, tip)])
