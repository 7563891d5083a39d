"""What on the base branch is to become final: contract versions that have no tag yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import semver

from dc43_gitdraft import provenance
from dc43_gitdraft.catalog import Catalog, Entry
from dc43_gitdraft.config import Config
from dc43_gitdraft.model import Document, Provenance, PullRequest, PullState, Status
from dc43_gitdraft.odcs import Contract, rewrite
from dc43_gitdraft.publish import Desk, settled_by_hand

#: Commits of one file that are looked at for a provenance.
_LOOK_BACK = 50
#: What can be published; a draft becomes active by it.
PUBLISHED = frozenset({Status.DRAFT, Status.ACTIVE, Status.DEPRECATED, Status.RETIRED})


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
    contents = Catalog(desk.repo, base, config).read_all()
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
            origin = _origin(desk, config, entry)
            plan.finals.append(Final(entry, _final(contract), origin, tag))
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
