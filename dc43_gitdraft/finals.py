"""What on the base branch is to become final: contract versions that have no tag yet."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import semver

from dc43_gitdraft import provenance
from dc43_gitdraft.catalog import Entry
from dc43_gitdraft.config import Config
from dc43_gitdraft.decisions import settled_by_hand
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.errors import ContractError, GitError, StaleRefError
from dc43_gitdraft.lines import AT_ONCE, Line
from dc43_gitdraft.model import Document, Provenance, PullRequest, PullState, Status
from dc43_gitdraft.names import check_contract_id
from dc43_gitdraft.odcs import Contract, rewrite
from dc43_gitdraft.odcs.twins import twins
from dc43_gitdraft.repo import UnusablePathError, check_path
from dc43_gitdraft.tags import Tags

#: The bot's commits of a pull request that are looked at for a provenance.
_LOOK_BACK = 50
#: For so many contracts the forge and the history are asked one by one, for more all at once.
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
    opened = desk.forge.list(PullState.OPEN)
    for pull in opened:
        wanted = only is None or pull.head in {config.branch(only), branch}
        merged = wanted and settled_by_hand(desk, pull)
        if pull.head == branch and pull.base == desk.base and not merged:
            plan.standing = pull
    due = _due(desk, plan, only)
    settled = _as_tagged(desk, base, due)
    due = _without(due, settled)
    many = len(due) > _ASKED_ALONE
    origins, tags = _Origins(desk, plan, opened, many), desk.tags(many=many)
    for line, entry, problem in _judged(desk, base, due, tags):
        contract = entry.contract
        if problem:
            drafted = contract.status is Status.DRAFT
            (plan.stuck if drafted else plan.problems).append(problem)
        elif tags.get(contract.id, contract.version) is None:
            tag = config.tag_of(contract.id, contract.version)
            final = Final(entry, _final(contract), origins.of(contract), tag)
            plan.finals.append(final)
        elif line.tagged == tags.get(contract.id, contract.version):
            settled.append(line)
    desk.catalog(base).settle(settled)
    if plan.problems or plan.stuck:
        _check_still(desk, base)
    return plan


def at_odds(desk: Desk, lines: Iterable[Line]) -> list[str]:
    """Return why contracts are not what the tags of their versions promote, as `plan_for` does.

    Raises StaleRefError where the base branch moved meanwhile.
    """
    base, due = desk.base_commit(), list(lines)
    settled = _as_tagged(desk, base, due)
    due = _without(due, settled)
    problems, tags = [], desk.tags(many=len(due) > _ASKED_ALONE)
    for line, entry, problem in _judged(desk, base, due, tags):
        if problem:
            problems.append(problem)
        elif line.tagged is not None:
            tag = tags.get(entry.contract.id, entry.contract.version)
            settled += [line] if line.tagged == tag else []
    desk.catalog(base).settle(settled)
    if problems:
        _check_still(desk, base)
    return problems


def _without(lines: Iterable[Line], settled: Iterable[Line]) -> list[Line]:
    paths = {line.path for line in settled}
    return [line for line in lines if line.path not in paths]


def _judged(
    desk: Desk, base: str, lines: Sequence[Line], tags: Tags
) -> Iterator[tuple[Line, Entry, str | None]]:
    """Yield contracts that can be published, each with what keeps it from being final."""
    config = desk.config()
    named = (tags.get(str(line.id), line.version or "") for line in lines)
    desk.repo.prepare_trees(tag for tag in named if tag is not None)
    for line, entry in desk.catalog(base).read_lines(lines):
        if entry.contract.status in PUBLISHED:
            yield line, entry, problem_of(desk, config, entry, tags)


def _check_still(desk: Desk, base: str) -> None:
    """Make sure that the base branch is where it was when the tags were listed.

    Another run may have promoted something between the two, which would look like a second version
    of that name. Raises StaleRefError.
    """
    ref = f"refs/heads/{desk.base}"
    if desk.repo.refs_now(ref).get(ref) != base:
        raise StaleRefError(f"{ref} was moved while its contracts were looked at")


def _due(desk: Desk, plan: Plan, only: str | None) -> list[Line]:
    """Return the contracts that may be left to promote; what cannot be read is a problem."""
    catalog = desk.catalog(plan.base)
    if only is not None:
        line = catalog.line(only)
        return [line] if line is not None else []
    found = catalog.unsettled()
    plan.problems.extend(found.problems.values())
    published = {status.value for status in PUBLISHED}
    return [line for line in found.lines if line.status in published]


def _as_tagged(desk: Desk, base: str, lines: Sequence[Line]) -> list[Line]:
    """Return those whose file is byte for byte what the tag of its version holds at its path.

    What an index tells of such a content is enough: it is not parsed.
    """
    known = [
        line
        for line in lines
        if line.tagged is not None
        and line.status != Status.DRAFT.value
        and _misnamed(line.path, str(line.id)) is None
    ]
    # All at once: of a remote, each part of them would be packed by itself.
    desk.repo.prepare_trees(str(line.tagged) for line in known)
    found = []
    for start in range(0, len(known), AT_ONCE):
        some = known[start : start + AT_ONCE]
        now = desk.repo.read_many([(base, line.path) for line in some])
        then = desk.repo.read_many([(str(line.tagged), line.path) for line in some])
        both = zip(some, now, then, strict=True)
        found += [line for line, one, other in both if one is not None and one == other]
    return found


def _misnamed(path: str, contract_id: str) -> str | None:
    try:
        check_path(path)
    except UnusablePathError as error:
        return f"{error}: move the file"
    try:
        check_contract_id(contract_id)
    except ContractError as error:
        return f"{path}: {error.message}"
    return None


def problem_of(desk: Desk, config: Config, entry: Entry, tags: Tags) -> str | None:
    """Return why this contract's version cannot be final, or None."""
    contract = entry.contract
    version = contract.version
    misnamed = _misnamed(entry.path, contract.id)
    if misnamed is not None:
        return misnamed
    if not semver.Version.is_valid(version):
        return (
            f"{entry.path}: version {version!r} is not a semantic version: write one such as 1.2.0"
        )
    name = config.tag_of(contract.id, version)
    tag = tags.get(contract.id, version)
    if tag is None:
        known = [semver.Version.parse(text) for text in tags.of(contract.id)]
        if known and max(known) > semver.Version.parse(version):
            return (
                f"{entry.path}: version {version} comes after {max(known)}, which is promoted "
                "already: give it a higher version"
            )
        # What is in force with such names is not undone by keeping its tag from it.
        twin = next(twins(contract.document), None) if contract.status is Status.DRAFT else None
        return f"{entry.path}: {twin[1]}" if twin else None
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
    then = commit and desk.catalog(commit).find(entry.contract.id, validate=False)
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
    those of the merged pull request do, or of the one that is open still, where people squashed it
    with Git alone. What it says of a version that has a tag is an earlier version's: people have
    edited the file since.
    """

    def __init__(self, desk: Desk, plan: Plan, opened: Sequence[PullRequest], many: bool) -> None:
        self._desk, self._plan, self._opened, self._many = desk, plan, opened, many
        self._asked = self._looked = 0
        self._merged: list[PullRequest] | None = None

    @cached_property
    def _all_on_base(self) -> Mapping[str, Provenance]:
        return self._told([self._plan.base])

    def _on_base(self, contract_id: str) -> Provenance | None:
        """Return what the newest of the bot's commits about a contract says."""
        self._looked += 1
        if not self._many and self._looked <= _ASKED_ALONE:
            # It is near the tip of a long history, as a rule.
            wanted = f"Contract-Id: {contract_id}"
            newest = self._desk.repo.log([self._plan.base], grep=wanted, fixed=True, limit=1)
            said = [provenance.parse(commit.message) for commit in newest]
            if not said or (said[0] is not None and said[0].contract_id == contract_id):
                return said[0] if said else None
        return self._all_on_base.get(contract_id)

    def of(self, contract: Contract) -> Provenance:
        """Return where this version of a contract came from."""
        config = self._plan.config
        found = self._new(self._on_base(contract.id))
        final_from_the_start = config.draft_status is not Status.DRAFT
        if found is None and (final_from_the_start or _was_drafted(contract)):
            branch = config.branch(contract.id)
            heads = (pull.head_sha for pull in self._pulls(branch))
            found = next(filter(None, (self._in_pull(head, contract.id) for head in heads)), None)
            found = found or self._in_open(branch, contract)
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

    def _in_open(self, branch: str, contract: Contract) -> Provenance | None:
        """Return what an open pull request says of this very version."""
        for pull in self._opened:
            said = self._in_pull(pull.head_sha, contract.id) if pull.head == branch else None
            if said is not None and said.draft_version == contract.version:
                return said
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
