"""Everything that a contracts repository says at one moment: for the site, and for `status`.

Verdicts come from what branches hold, and never from the title or the body of a pull request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import semver

from dc43_gitdraft import network, provenance, render
from dc43_gitdraft.catalog import Catalog, Contents
from dc43_gitdraft.changes.declared import declared_bump
from dc43_gitdraft.config import Config
from dc43_gitdraft.decisions import hand_of
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.model import Bump, Draft, Link, Provenance, PullRequest, PullState, Verdict
from dc43_gitdraft.names import slug
from dc43_gitdraft.odcs import Contract, read
from dc43_gitdraft.publish import Desk
from dc43_gitdraft.repo import BOT, Repo, Tag
from dc43_gitdraft.retelling import as_held

#: Of so many decisions, the newest, a forge is asked who made them where its list does not tell.
_ASKED = 100
_TAGS, _HEADS = "refs/tags/", "refs/heads/"


@dataclass(frozen=True, slots=True)
class Proposal:
    """An open draft as its branch is now; where that cannot be read, `words` say so.

    `verdict` tells whether its changes break somebody, by the repository's own levels.
    """

    pull: PullRequest
    verdict: Verdict
    words: str
    draft: Draft | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """A promoted version; `step` is the one from the version before.

    `pull` is the draft that was merged, where that is known.
    """

    version: str
    tag: str
    at: datetime | None
    origin: Provenance | None
    step: Bump | None = None
    pull: PullRequest | None = None


@dataclass(frozen=True, slots=True)
class Portrait:
    """All about one contract; releases and decided drafts come newest first.

    `status` is the contract's own, or `new` (a first draft is open), `removed` (promoted once, and
    gone from the base branch), `not approved` (its drafts were closed), `unusable` (`problem` says
    why its file is no contract).
    """

    slug: str
    id: str
    status: str
    path: str = ""
    contract: Contract | None = None
    promoted: bool = False
    problem: str | None = None
    releases: tuple[Release, ...] = ()
    proposal: Proposal | None = None
    decided: tuple[PullRequest, ...] = ()

    @property
    def version(self) -> str:
        """The version on the base branch; empty where there is none."""
        return self.contract.version if self.contract else ""


@dataclass(frozen=True, slots=True)
class Overview:
    """A repository at one moment; the portraits in the order of ids."""

    base: str
    commit: str
    seen_at: datetime
    portraits: tuple[Portrait, ...]
    links: tuple[Link, ...]


def look(desk: Desk) -> Overview:
    """Look at the whole repository and its forge."""
    config, commit = desk.config(), desk.base_commit()
    contents = Catalog(desk.repo, commit, config).read_all()
    found = _Found(config, contents)
    for tag in desk.repo.tags([ref.removeprefix(_TAGS) for ref in desk.repo.refs(_TAGS)]):
        if tag is not None:  # Else it was deleted a moment ago.
            found.take_tag(desk.repo, tag)
    pulls = list(_drafts(desk, config))
    for pull in _told(desk, _decided(pulls)):
        found.take_decided(pull)
    opened = [pull for pull in pulls if pull.state is PullState.OPEN]
    for proposal in proposals(desk, config, [(pull, found.path_of(pull)) for pull in opened]):
        found.take_proposal(proposal)
    return Overview(
        desk.base, commit, desk.clock(), found.portraits(), network.links(contents.entries)
    )


def relationships(desk: Desk) -> tuple[Link, ...]:
    """Return which contract of the base branch refers to which."""
    catalog = Catalog(desk.repo, desk.base_commit(), desk.config())
    return network.links(catalog.read_all().entries)


def decisions(desk: Desk) -> list[PullRequest]:
    """Return every draft that was closed or merged, newest decision first, with who decided."""
    return list(_told(desk, _decided(_drafts(desk, desk.config()))))


def _drafts(desk: Desk, config: Config) -> Iterator[PullRequest]:
    """Yield the pull requests that are drafts to the base branch, newest first."""
    for pull in desk.forge.list():
        ours = pull.head.startswith(config.branch_prefix) and pull.base == desk.base
        if ours and pull.head != config.promotion_branch(pull.base):
            yield pull


def _decided(pulls: Iterable[PullRequest]) -> Iterator[PullRequest]:
    return (pull for pull in pulls if pull.state is not PullState.OPEN)


def _told(desk: Desk, pulls: Iterable[PullRequest]) -> Iterator[PullRequest]:
    """Yield decided pull requests, newest decision first, completed by who decided and why.

    The merge's own commit tells who merged; a forge is asked for the newest only.
    """
    asked = 0
    for pull in sorted(pulls, key=_when, reverse=True):
        by = pull.decided_by or _merged_by(desk.repo, pull)
        if by is None and asked < _ASKED and not isinstance(desk.forge, LocalForge):
            asked += 1
            whole = desk.forge.get(pull.number)
            yield replace(pull, decided_by=whole.decided_by, reason=whole.reason)
        else:
            yield replace(pull, decided_by=by)


def _when(pull: PullRequest) -> tuple[float, int]:
    moment = pull.decided_at or pull.opened_at
    return (moment.timestamp() if moment else 0.0, pull.number)


def _merged_by(repo: Repo, pull: PullRequest) -> str | None:
    """Return who made a merge commit; of a squash, the author is whoever drafted.

    Where people pushed a draft's own commits, the last of them may be a merge too: of the base.
    """
    if pull.state is not PullState.MERGED or not pull.merge_sha:
        return None
    found = repo.resolve(pull.merge_sha)
    commit = repo.commit(found) if found else None
    if commit is None or pull.head_sha not in commit.parents[1:]:
        return None
    by = hand_of(commit)
    return by.name if by.email != BOT.email else None


def proposals(
    desk: Desk, config: Config, drafts: Iterable[tuple[PullRequest, str]]
) -> list[Proposal]:
    """Judge open drafts, each given with its contract's path on the base branch.

    The path is empty for a contract that is new.
    """
    repo, base = desk.repo, desk.base_commit()
    heads = repo.refs(_HEADS)
    cases = [
        (pull, path, heads.get(_HEADS + pull.head) or repo.resolve(pull.head_sha))
        for pull, path in drafts
    ]
    places = [(tip or base, path or _new_path(config, pull)) for pull, path, tip in cases]
    held = repo.read_many(places)
    approved = repo.read_many([(base, path) for _, path in places])
    judge = partial(_judged, repo, config)
    return [
        judge(pull, tip, where, new, old if path else None)
        for (pull, path, tip), (_, where), new, old in zip(
            cases, places, held, approved, strict=True
        )
    ]


def _new_path(config: Config, pull: PullRequest) -> str:
    return config.path.format(id=pull.head.removeprefix(config.branch_prefix))


def _judged(
    repo: Repo,
    config: Config,
    pull: PullRequest,
    tip: str | None,
    path: str,
    new: bytes | None,
    old: bytes | None,
) -> Proposal:
    unknown = partial(Proposal, pull, Verdict.UNKNOWN)
    if tip is None:
        return unknown("its branch is not here")
    try:
        contract = read(new, where=path, validate=False) if new else None
        if contract is None or config.branch(contract.id) != pull.head:
            contract = _moved(repo, config, tip, pull)
        if contract is None:
            return unknown("the contract is not on its branch")
        base = read(old, where=path, validate=False) if old else None
    except ContractError as error:
        return unknown(str(error))
    draft = as_held(config, contract, base)
    said = render.judgement(draft)
    return Proposal(pull, said.verdict, said.words, draft)


def _moved(repo: Repo, config: Config, tip: str, pull: PullRequest) -> Contract | None:
    """Look for a contract that people put elsewhere on its branch."""
    entry = Catalog(repo, tip, config).on_branch(pull.head)
    return entry.contract if entry else None


@dataclass(slots=True)
class _One:
    """What was found of one contract so far."""

    id: str
    path: str = ""
    contract: Contract | None = None
    problem: str | None = None
    releases: list[Release] = field(default_factory=list)
    proposal: Proposal | None = None
    decided: list[PullRequest] = field(default_factory=list)

    def portrait(self, name: str) -> Portrait:
        releases = self._in_order()
        version = self.contract.version if self.contract else None
        return Portrait(
            slug=name,
            id=self.id,
            status=self._status(),
            path=self.path,
            contract=self.contract,
            promoted=any(each.version == version for each in releases),
            problem=self.problem,
            releases=tuple(releases),
            proposal=self.proposal,
            decided=tuple(self.decided),
        )

    def _status(self) -> str:
        if self.contract:
            return str(self.contract.document.get("status", ""))
        if self.problem:
            return "unusable"
        if self.releases:
            return "removed"
        return "new" if self.proposal else "not approved"

    def _in_order(self) -> list[Release]:
        """Return the releases newest first, each with its step and the draft that it was."""
        merged: dict[str | None, PullRequest] = {}
        for pull in self.decided:
            if pull.state is PullState.MERGED and (said := render.digest_in(pull.body)):
                merged.setdefault(said, pull)
        ordered = sorted(self.releases, key=lambda each: semver.Version.parse(each.version))
        for place, each in enumerate(ordered):
            before = ordered[place - 1].version if place else None
            ordered[place] = replace(
                each,
                step=declared_bump(before, each.version) if before else None,
                pull=merged.get(each.origin.digest) if each.origin else None,
            )
        return ordered[::-1]


class _Found:
    """Contracts by the slugs of their ids, under which tags and branches know them."""

    def __init__(self, config: Config, contents: Contents) -> None:
        self._config = config
        self._of: dict[str, _One] = {}
        for entry in contents.entries:
            contract = entry.contract
            self._of[slug(contract.id)] = _One(contract.id, entry.path, contract)
        for path, problem in contents.problems.items():
            name = self._slug_in(path)
            if name in self._of:
                name = slug(path)
            self._of[name] = _One(path, path, problem=problem)

    def _slug_in(self, path: str) -> str:
        """Return the slug that a path is made of, as that of new contracts is; or its own."""
        before, _, after = self._config.path.partition("{id}")
        inner = path[len(before) : len(path) - len(after)]
        return _as_slug(inner if path == f"{before}{inner}{after}" else path)

    def take_tag(self, repo: Repo, tag: Tag) -> None:
        """Take what may be the tag of a promoted version."""
        read_as = list(_readings(self._config.tag, tag.name))
        origin = provenance.parse(tag.message) if read_as else None
        known = [reading for reading in read_as if reading[0] in self._of]
        if not known and origin is not None:
            # A contract that is gone: its own tag says which it was.
            known = [reading for reading in read_as if reading[0] == slug(origin.contract_id)]
            for contract, _ in known:
                self._of[contract] = _One(origin.contract_id)
        at = tag.tagged_at
        for contract, version in known[:1]:
            if at is None and (commit := repo.resolve(tag.target)):
                at = repo.commit(commit).committed_at
            self._of[contract].releases.append(Release(version, tag.name, at, origin))

    def path_of(self, pull: PullRequest) -> str:
        """Return where the contract of a draft lies on the base branch; empty where nowhere."""
        one = self._of.get(self._slug_of(pull))
        return one.path if one and one.contract else ""

    def take_decided(self, pull: PullRequest) -> None:
        """Take a draft that was closed or merged."""
        self._one(pull).decided.append(pull)

    def take_proposal(self, proposal: Proposal) -> None:
        """Take an open draft."""
        one = self._one(proposal.pull)
        one.proposal = proposal
        if one.contract is None and one.problem is None and proposal.draft:
            one.id = proposal.draft.contract_id

    def _one(self, pull: PullRequest) -> _One:
        name = self._slug_of(pull)
        return self._of.setdefault(name, _One(name))

    def _slug_of(self, pull: PullRequest) -> str:
        return _as_slug(pull.head.removeprefix(self._config.branch_prefix))

    def portraits(self) -> tuple[Portrait, ...]:
        """Return all of them in the order of ids."""
        both = (one.portrait(name) for name, one in self._of.items())
        return tuple(sorted(both, key=lambda each: (each.id, each.slug)))


def _as_slug(text: str) -> str:
    """Return a slug as it is, and anything else as one; branches and paths are anybody's."""
    return text if re.fullmatch(r"[a-z0-9_][a-z0-9_.-]{0,79}", text) else slug(text)


def _readings(template: str, tag: str) -> Iterator[tuple[str, str]]:
    """Yield what a tag may name by a template, as (slug, version): a `-` may belong to either."""
    head, middle, tail = re.split(r"\{(?:slug|version)\}", template)
    core = tag[len(head) : len(tag) - len(tail)]
    if tag != f"{head}{core}{tail}":
        return
    slug_first = template.index("{slug}") < template.index("{version}")
    at = core.find(middle)
    while at >= 0:
        both = core[:at], core[at + len(middle) :]
        name, version = both if slug_first else both[::-1]
        if name and semver.Version.is_valid(version):
            yield name, version
        at = core.find(middle, at + 1)
