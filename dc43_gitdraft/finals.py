"""What on the base branch is to become final: contract versions that have no tag yet."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import semver

from dc43_gitdraft import provenance
from dc43_gitdraft.catalog import Catalog, Entry
from dc43_gitdraft.config import Config
from dc43_gitdraft.decisions import settled_by_hand
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.errors import GitError
from dc43_gitdraft.model import Document, Provenance, PullRequest, PullState, Status
from dc43_gitdraft.odcs import Contract, rewrite

#: The bot's commits of a pull request that are looked at for a provenance.
_LOOK_BACK = 50
#: For so many contracts the forge is asked one by one, for more all at once.
_ASKED_ALONE = 3
#: What can be published; a draft becomes active by it.
PUBLISHED = frozenset({Status.DRAFT, Status.ACTIVE, Status.DEPRECATED, Status.RETIRED})
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Final:
    """A contract version without a tag; `text` is what it says as a final one."""

    entry: Entry
    text: str
    origin: Provenance
    tag: str

    @property
    def written(self) -> bool:
        """Whether the base branch holds the final text already."""
        return self.text == self.entry.contract.text

    @property
    def status(self) -> Status:
        """The status that it has as a final one."""
        status = self.entry.contract.status
        return Status.ACTIVE if status is Status.DRAFT or status is None else status


@dataclass(slots=True)
class Plan:
    """What the base branch's commit `base` leaves to do; `stuck` are drafts that cannot be final.

    `standing` is the promotion pull request that is open.
    """

    base: str
    config: Config
    standing: PullRequest | None
    finals: list[Final] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)


def plan_for(desk: Desk, only: str | None) -> Plan:
    """Find what is left to promote, of all contracts or of `only` one."""
    base, config = desk.base_commit(), desk.config()
    branch = config.promotion_branch(desk.base)
    plan = Plan(base, config, None)
    for pull in desk.forge.list(PullState.OPEN):
        wanted = only is None or pull.head in {config.branch(only), branch}
        merged = wanted and settled_by_hand(desk, pull)
        if pull.head == branch and pull.base == desk.base and not merged:
            plan.standing = pull
    contents, origins = Catalog(desk.repo, base, config).read_all(), _Origins(desk, plan)
    tags = desk.repo.refs("refs/tags/")
    if only is None:
        plan.problems.extend(contents.problems.values())
    for entry in contents.entries:
        contract = entry.contract
        if contract.status not in PUBLISHED or only not in {None, contract.id}:
            continue
        problem = problem_of(desk, config, entry, tags)
        if problem:
            drafted = contract.status is Status.DRAFT
            (plan.stuck if drafted else plan.problems).append(problem)
            continue
        tag = config.tag_of(contract.id, contract.version)
        if f"refs/tags/{tag}" not in tags:
            final = Final(entry, _final(contract), origins.of(contract), tag)
            plan.finals.append(final)
    return plan


def problem_of(desk: Desk, config: Config, entry: Entry, tags: Mapping[str, str]) -> str | None:
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


class _Origins:
    """Where versions came from, as far as the repository knows it; asked for as little as can be.

    The newest of the bot's commits about a contract tells; after a squash that lost its trailers,
    those of the merged pull request do. What it says of a version that has a tag is an earlier
    version's: people have edited the file since.
    """

    def __init__(self, desk: Desk, plan: Plan) -> None:
        self._desk, self._plan = desk, plan
        self._asked = 0
        self._merged: list[PullRequest] | None = None

    @cached_property
    def _on_base(self) -> Mapping[str, Provenance]:
        return self._told([self._plan.base])

    def of(self, contract: Contract) -> Provenance:
        """Return where this version of a contract came from."""
        config = self._plan.config
        found = self._new(self._on_base.get(contract.id))
        final_from_the_start = config.draft_status is not Status.DRAFT
        if found is None and (final_from_the_start or _was_drafted(contract)):
            heads = [pull.head_sha for pull in self._pulls(config.branch(contract.id))]
            found = next(filter(None, (self._in_pull(head, contract.id) for head in heads)), None)
        if found is None:
            return Provenance(contract_id=contract.id, draft_version=contract.version)
        return replace(found, draft_version=contract.version)

    def _in_pull(self, head: str, contract_id: str) -> Provenance | None:
        try:
            return self._new(self._told([head], limit=_LOOK_BACK).get(contract_id))
        except GitError as gone:
            # Its branch is deleted, and no clone has to have its commits.
            _log.info("where %s came from is not known: %s", contract_id, gone)
            return None

    def _new(self, said: Provenance | None) -> Provenance | None:
        """Return what is said, unless the version has a tag already."""
        if said is None:
            return None
        tag = self._plan.config.tag_of(said.contract_id, said.draft_version)
        return said if self._desk.repo.resolve(f"refs/tags/{tag}") is None else None

    def _told(self, heads: Sequence[str], limit: int | None = None) -> Mapping[str, Provenance]:
        """Return what the bot's commits say, the newest of each contract."""
        told: dict[str, Provenance] = {}
        for commit in self._desk.repo.log(heads, grep="^Contract-Id", limit=limit):
            said = provenance.parse(commit.message)
            if said is not None:
                told.setdefault(said.contract_id, said)
        return told

    def _pulls(self, branch: str) -> list[PullRequest]:
        """Return the merged pull requests of a branch."""
        if self._merged is None and self._asked == _ASKED_ALONE:
            self._merged = self._desk.forge.list(PullState.MERGED)
        if self._merged is not None:
            return [pull for pull in self._merged if pull.head == branch]
        self._asked += 1
        return [p for p in self._desk.forge.find(branch) if p.state is PullState.MERGED]


def _was_drafted(contract: Contract) -> bool:
    return contract.status is Status.DRAFT or _without_mark(contract.document) != contract.document
