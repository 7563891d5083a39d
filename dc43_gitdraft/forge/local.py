"""The local forge: pull requests kept in the repository itself, without a server.

Refs
    refs/gitdraft/pulls/<n>     the record: a chain of commits, one a change, each with record.json
    refs/gitdraft/open/<head>   stands while a pull request is open for that branch, so that there
                                is never a second one

They move together, in one atomic compare-and-swap. A commit of the chain has two parents: the
commit before it (the first: an empty commit, the same for all) and the last commit of the branch,
which thus is kept, and fetched, when the branch is gone. `git log --first-parent` shows the chain.

No ref below refs/pull/ is written: that is the hosts', which hide or refuse it. Reading sees what
the `Repo` sees: of a remote, what it was at the last `refresh`.
"""

from __future__ import annotations

import builtins
import logging
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TypeVar

from dc43_gitdraft.errors import GitdraftError, GitError, LifecycleError, StaleRefError
from dc43_gitdraft.forge import Opening
from dc43_gitdraft.forge.heads import Heads
from dc43_gitdraft.forge.record import Comment, Record, decided, from_json, to_json
from dc43_gitdraft.model import PullRequest, PullState
from dc43_gitdraft.repo import AT_ONCE, BOT, Commit, Identity, MergeConflict, RefUpdate, Repo, Token

_PULLS = "refs/gitdraft/pulls/"
_OPEN = "refs/gitdraft/open/"
_HEADS = "refs/heads/"
_FILE = "record.json"

#: Lost races in a row before giving up.
_RACES = 30
#: Pull requests that one push opens; each has two refs.
_TOGETHER = AT_ONCE // 2

_ROOT_DATE = datetime(2000, 1, 1, tzinfo=timezone.utc)

#: From so many pull requests on, it is kept which branch each is of.
MANY = 1000
#: So many records are in memory together.
_IN_MEMORY = 5000

METHODS = ("merge", "squash")

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A record as found, and the commit it was read from."""

    record: Record
    at: str


class LocalForge:
    """Pull requests inside a repository, on disk or behind any Git URL."""

    def __init__(
        self, repo: Repo, *, api_url: str | None = None, token: Token | None = None
    ) -> None:
        """Keep pull requests in `repo`. It has no API: the other two are for other forges."""
        self._repo = repo
        self._first: str | None = None

    def find(self, head: str) -> list[PullRequest]:
        """List the pull requests of a branch, in all states, newest first."""
        return [self._pull(record) for record in self._of({head})]

    def find_all(self, heads: Collection[str]) -> Mapping[str, builtins.list[PullRequest]]:
        """List those of many branches, which are read together as fast as one by one."""
        found: dict[str, builtins.list[PullRequest]] = {}
        for record in self._of(heads):
            found.setdefault(record.head, []).append(self._pull(record))
        return found

    def get(self, number: int) -> PullRequest:
        """Read one pull request."""
        return self._pull(self._kept(number).record)

    def list(self, state: PullState | None = None) -> builtins.list[PullRequest]:
        """List pull requests in a state (None: in any), newest first."""
        found = self._opened() if state is PullState.OPEN else self._all()
        return [self._pull(record) for record in found if state in (None, record.state)]

    def last_known(self, number: int) -> str:
        """Return where the branch ended when its pull request was written last."""
        return self._kept(number).record.head_sha

    def comments(self, number: int) -> tuple[Comment, ...]:
        """Read what was said under a pull request, oldest first."""
        return self._kept(number).record.comments

    def audit(self, number: int) -> builtins.list[Commit]:
        """List every change of a pull request, newest first."""
        chain = self._repo.log([self._kept(number).at], first_parent=True)
        return [commit for commit in chain if commit.parents]

    def open(
        self,
        head: str,
        base: str,
        title: str,
        body: str,
        labels: Sequence[str] = (),
        reviewers: Sequence[str] = (),
        *,
        actor: str | None = None,
        when: datetime | None = None,
    ) -> tuple[PullRequest, bool]:
        """Open a pull request, or return the one that is open for `head`; see `Forge.open`.

        Raises LifecycleError where a branch is missing, or `head` has nothing that `base` lacks.
        """
        wanted = Opening(head, base, title, body, labels, reviewers, actor, when)
        return self._retrying(lambda: self._open(_record(wanted)))

    def open_all(
        self, wanted: Sequence[Opening]
    ) -> builtins.list[tuple[PullRequest, bool] | GitdraftError]:
        """Open many by one push, or few; see `OpensTogether`."""
        ended: builtins.list[tuple[PullRequest, bool] | GitdraftError] = []
        for start in range(0, len(wanted), _TOGETHER):
            some = wanted[start : start + _TOGETHER]
            try:
                ended += [(pull, True) for pull in self._open_new(map(_record, some))]
                continue
            except GitdraftError as error:
                _log.info("%s: opening one by one", error)
            try:
                self._repo.refresh(tags=False)
            except GitdraftError as gone:
                return [*ended, *[gone] * (len(wanted) - start)]
            # One of them cannot be opened, is open, or lost a race.
            ended += [self._opened_or_not(each) for each in some]
        return ended

    def _opened_or_not(self, wanted: Opening) -> tuple[PullRequest, bool] | GitdraftError:
        try:
            return wanted.on(self)
        except GitdraftError as error:
            return error

    def _open(self, draft: Record) -> tuple[PullRequest, bool]:
        standing = self._repo.resolve(_OPEN + draft.head)
        if standing is not None:
            number = self._read([(_OPEN + draft.head, standing)])[0].number
            update = self._update(number, lambda record: record, draft.author, draft.opened_at)
            return update, False
        (pull,) = self._open_new([draft])
        return pull, True

    def _open_new(self, drafts: Iterable[Record]) -> builtins.list[PullRequest]:
        """Give these the next numbers, all or none; StaleRefError where one is open."""
        # A host's pull requests, or a mirror's, have their numbers there already.
        numbers = map(_number, self._repo.refs_now(_PULLS, "refs/pull/"))
        first = max(numbers, default=0) + 1
        records = [
            replace(draft, number=number, head_sha=self._tip(draft))
            for number, draft in enumerate(drafts, first)
        ]
        moves: builtins.list[RefUpdate] = []
        for record in records:
            kept = self._write(None, record, record.author, record.opened_at)
            names = (_PULLS + str(record.number), _OPEN + record.head)
            moves += [RefUpdate(name, kept, None) for name in names]
        self._repo.push(moves, f"gitdraft: open #{first}" + (" and more" if records[1:] else ""))
        return [record.pull(self._repo.name) for record in records]

    def _tip(self, draft: Record) -> str:
        """Return the end of a branch that has something to merge."""
        tip, base = (self._repo.resolve(_HEADS + name) for name in (draft.head, draft.base))
        for branch, found in ((draft.head, tip), (draft.base, base)):
            if found is None:
                raise LifecycleError(f"there is no branch {branch!r} to open a pull request with")
        if tip is None or base is None or self._repo.is_ancestor(tip, base):
            raise LifecycleError(f"branch {draft.head!r} has no commit that {draft.base!r} lacks")
        return tip

    def update(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        add_labels: Sequence[str] = (),
        remove_labels: Sequence[str] = (),
        comment: str | None = None,
        state: PullState | None = None,
        reason: str | None = None,
        actor: str | None = None,
        when: datetime | None = None,
    ) -> PullRequest:
        """Change what is given, and leave the rest; see `Forge.update`."""
        at = when or _now()

        def change(record: Record) -> Record:
            record = replace(
                record,
                title=record.title if title is None else title,
                body=record.body if body is None else body,
            ).labelled(add_labels, remove_labels)
            if comment is not None:
                record = record.commented(comment, actor, at)
            return decided(record, state, reason, actor, at)

        return self._retrying(lambda: self._update(number, change, actor, at))

    def _update(
        self, number: int, change: Callable[[Record], Record], actor: str | None, when: datetime
    ) -> PullRequest:
        kept = self._kept(number)
        record = self._with_content(change(self._followed(kept.record)), kept.record.head_sha)
        moves: builtins.list[RefUpdate] = []
        if record.state is PullState.OPEN and kept.record.state is not PullState.OPEN:
            record, moves = self._reopen(record)
        if record == kept.record:
            return self._pull(kept.record)
        self._save(kept, record, moves, actor, when)
        return record.pull(self._repo.name)

    def _reopen(self, record: Record) -> tuple[Record, builtins.list[RefUpdate]]:
        other = self._repo.resolve(_OPEN + record.head)
        if other is not None:
            taken = self._read([(_OPEN + record.head, other)])[0].number
            raise LifecycleError(
                f"pull request #{record.number} cannot be reopened: #{taken} is open for "
                f"{record.head!r}"
            )
        tip = self._repo.resolve(_HEADS + record.head)
        if tip is not None and not self._holds_nothing(record.base, tip):
            return replace(record, head_sha=tip), []
        # Its branch is gone, or has nothing to decide any more: what it held is put back.
        return record, [RefUpdate(_HEADS + record.head, record.head_sha, tip)]

    def _with_content(self, record: Record, before: str) -> Record:
        """Let a record keep what was on its branch, where people put that back onto the base."""
        if record.head_sha != before and self._holds_nothing(record.base, record.head_sha):
            return replace(record, head_sha=before)
        return record

    def _holds_nothing(self, base: str, commit: str) -> bool:
        """Whether a base branch holds all of a commit."""
        tip = self._repo.resolve(_HEADS + base)
        return tip is not None and self._repo.is_ancestor(commit, tip)

    def merge(
        self,
        number: int,
        *,
        method: str = "merge",
        actor: Identity = BOT,
        when: datetime | None = None,
    ) -> PullRequest:
        """Merge a pull request into its base branch: a merge commit, or one (`squash`) commit.

        The commit keeps the trailers of the branch's newest commit that has some. Where the base
        holds all of the branch already (merged, squashed or picked by hand), nothing is committed:
        it is only recorded as merged.
        Raises LifecycleError where it is not open, or conflicts.
        """
        if method not in METHODS:
            raise LifecycleError(f"{method!r} is no way to merge: use {' or '.join(METHODS)}")
        at = when or _now()
        return self._retrying(lambda: self._merge(number, method, actor, at))

    def _merge(self, number: int, method: str, actor: Identity, when: datetime) -> PullRequest:
        kept = self._kept(number)
        record = kept.record
        if record.state is not PullState.OPEN:
            done = (
                "merged already" if record.state is PullState.MERGED else "closed: reopen it first"
            )
            raise LifecycleError(f"pull request #{number} is {done}")
        tip = self._repo.resolve(_HEADS + record.head)
        if tip is not None:
            record = replace(record, head_sha=tip)
        base = self._repo.resolve(_HEADS + record.base)
        if base is None:
            raise LifecycleError(f"the base branch {record.base!r} of #{number} does not exist")
        moves: builtins.list[RefUpdate] = []
        merged = base
        tree = self._merged_tree(record, base)
        if tree != self._repo.commit(base).tree:
            merged = self._merge_commit(tree, record, base, method, actor, when)
            moves.append(RefUpdate(_HEADS + record.base, merged, base))
        elif not self._holds_nothing(record.base, kept.record.head_sha):
            # Squashed by hand: what the branch held says where it came from.
            record = self._with_content(record, kept.record.head_sha)
        if tip is not None:
            # Checks that nobody pushed to the branch meanwhile.
            moves.append(RefUpdate(_HEADS + record.head, tip, tip))
        record = replace(
            record,
            state=PullState.MERGED,
            decided_by=actor.name,
            decided_at=when,
            merge_sha=merged,
        )
        self._save(kept, record, moves, actor.name, when)
        return record.pull(self._repo.name)

    def _merged_tree(self, record: Record, base: str) -> str:
        tree = self._repo.merge(base, record.head_sha)
        if isinstance(tree, MergeConflict):
            shown = ", ".join(tree.paths[:10])
            raise LifecycleError(
                f"pull request #{record.number} conflicts with {record.base!r} in {shown}: "
                f"merge {record.base!r} into {record.head!r}, settle the conflict there, and merge "
                "again"
            )
        return tree

    def _merge_commit(
        self,
        tree: str,
        record: Record,
        base: str,
        method: str,
        actor: Identity,
        when: datetime,
    ) -> str:
        title = " ".join(record.title.split())
        message = f"Merge pull request #{record.number}: {title}\n"
        trailers = self._trailers(record.head_sha, base)
        if trailers:
            message += "\n" + "".join(f"{key}: {value}\n" for key, value in trailers)
        parents = [base, record.head_sha] if method == "merge" else [base]
        return self._repo.write_commit_tree(tree, parents, message, author=actor, when=when)

    def _trailers(self, head: str, base: str) -> builtins.list[tuple[str, str]]:
        for commit in self._repo.log([head], exclude=[base]):
            if ":" in commit.message.rstrip().rpartition("\n\n")[2]:
                found = self._repo.trailers(commit.message)
                if found:
                    return found
        return []

    def _save(
        self,
        kept: _Kept,
        record: Record,
        moves: Sequence[RefUpdate],
        actor: str | None,
        when: datetime,
    ) -> None:
        """Write a record and move every ref that goes with it, all or none."""
        number = record.number
        written = self._write(kept, record, actor, when)
        updates = [*moves, RefUpdate(_PULLS + str(number), written, kept.at)]
        was_open, is_open = (r.state is PullState.OPEN for r in (kept.record, record))
        if was_open != is_open:
            name = _OPEN + record.head
            standing = self._repo.resolve(name)
            if is_open:
                updates.append(RefUpdate(name, written, None))
            elif standing is not None:
                updates.append(RefUpdate(name, None, standing))
        self._repo.push(updates, f"gitdraft: update #{number}")

    def _write(self, kept: _Kept | None, record: Record, actor: str | None, when: datetime) -> str:
        if kept is None:
            what = f"Open #{record.number}: {' '.join(record.title.split())}"
        elif record.state is not kept.record.state:
            verb = {"open": "Reopen", "closed": "Close", "merged": "Merge"}[record.state.value]
            what = f"{verb} #{record.number}"
        else:
            changed = ", ".join(record.changed_fields(kept.record)).replace("_", " ")
            what = f"Update #{record.number}: {changed}"
        before = self._root() if kept is None else kept.at
        return self._repo.write_commit(
            [before, record.head_sha],
            {_FILE: to_json(record).encode("ascii")},
            what,
            author=Identity(actor, BOT.email) if actor else BOT,
            when=when,
            committer=BOT,
        )

    def _root(self) -> str:
        """Store the commit that every chain begins with, the same in all repositories."""
        if self._first is None:
            subject = "Records of pull requests"
            self._first = self._repo.write_commit([], {}, subject, BOT, _ROOT_DATE)
        return self._first

    def _all(self) -> builtins.list[Record]:
        return self._read(self._newest_first())

    def _newest_first(self) -> builtins.list[tuple[str, str]]:
        refs = self._repo.refs(_PULLS)
        return [(name, refs[name]) for name in sorted(refs, key=_number, reverse=True)]

    def _of(self, heads: Collection[str]) -> builtins.list[Record]:
        """Read those of some branches, newest first; of very many, not all."""
        places = self._newest_first()
        if len(places) >= MANY:
            known = self._heads_of(places)
            places = [(name, at) for name, at in places if known[at] in heads]
        return [record for record in self._read(places) if record.head in heads]

    def _heads_of(self, places: Sequence[tuple[str, str]]) -> Mapping[str, str]:
        """Return the branches of records, and read those alone that were not here before."""
        kept = Heads(self._repo.kept_folder(make=True))
        known = kept.known()
        unknown = [(name, at) for name, at in places if at not in known]
        new: dict[str, str] = {}
        for start in range(0, len(unknown), _IN_MEMORY):
            some = unknown[start : start + _IN_MEMORY]
            read = zip(some, self._read(some), strict=True)
            new.update((at, record.head) for (_, at), record in read)
        if new:
            kept.keep(new, known.keys() - {at for _, at in places})
        return {**known, **new}

    def _opened(self) -> builtins.list[Record]:
        """Read the open ones alone: of the others there may be very many."""
        then = self._read(builtins.list(self._repo.refs(_OPEN).items()))
        numbers = sorted((record.number for record in then), reverse=True)
        asked = [_PULLS + str(number) for number in numbers]
        # A command line has its limits.
        refs = self._repo.refs(*(asked if len(asked) <= AT_ONCE else [_PULLS])) if asked else {}
        return self._read([(name, refs[name]) for name in asked if name in refs])

    def _kept(self, number: int) -> _Kept:
        name = _PULLS + str(number)
        at = self._repo.resolve(name) if number > 0 else None
        if at is None:
            numbers = sorted(_number(ref) for ref in self._repo.refs(_PULLS))
            there = f"there are #1 to #{numbers[-1]}" if numbers else "there is none yet"
            if len(numbers) == 1:
                there = f"there is only #{numbers[0]}"
            raise LifecycleError(
                f"there is no pull request #{number} in {self._repo.name}: {there}"
            )
        (record,) = self._read([(name, at)])
        return _Kept(record, at)

    def _read(self, places: Sequence[tuple[str, str]]) -> builtins.list[Record]:
        files = self._repo.read_many([(at, _FILE) for _, at in places])
        records = []
        for (name, _), data in zip(places, files, strict=True):
            if data is None:
                raise GitError(f"the pull request record at {name} is damaged: it has no {_FILE}")
            record = from_json(data, name)
            if name.startswith(_PULLS) and record.number != _number(name):
                raise GitError(
                    f"the pull request record at {name} is damaged: it says #{record.number}"
                )
            records.append(record)
        return records

    def _pull(self, record: Record) -> PullRequest:
        return self._followed(record).pull(self._repo.name)

    def _followed(self, record: Record) -> Record:
        """Return the record as it would be written now: an open one follows its branch."""
        tip = self._repo.resolve(_HEADS + record.head) if record.state is PullState.OPEN else None
        return record if tip is None else replace(record, head_sha=tip)

    def _retrying(self, attempt: Callable[[], T]) -> T:
        for left in range(_RACES, 0, -1):
            try:
                return attempt()
            except StaleRefError as race:
                if left == 1:
                    raise GitError(f"{race}, {_RACES} times in a row: run again") from race
                self._repo.refresh()
        raise AssertionError("unreachable")


def _record(wanted: Opening) -> Record:
    """Return the record of a pull request that has no number yet."""
    return Record(
        key=secrets.token_hex(8),
        number=0,
        state=PullState.OPEN,
        title=wanted.title,
        body=wanted.body,
        head=wanted.head,
        base=wanted.base,
        head_sha="",
        opened_at=wanted.when or _now(),
        author=wanted.actor,
        labels=tuple(dict.fromkeys(wanted.labels)),
        reviewers=tuple(dict.fromkeys(wanted.reviewers)),
    )


def _number(ref: str) -> int:
    part = ref.split("/")[3 if ref.startswith(_PULLS) else 2]
    return int(part) if part.isdecimal() else 0


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0)
