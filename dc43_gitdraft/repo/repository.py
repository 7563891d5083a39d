"""The contracts repository: read at any commit, written without a checkout, moved atomically."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType

from dc43_gitdraft.errors import ConfigError, GitError
from dc43_gitdraft.repo import clones, location, refs, remote, worktrees
from dc43_gitdraft.repo.command import Git, Token, check_version, clean
from dc43_gitdraft.repo.objects import (
    Identity,
    RawObject,
    commit_bytes,
    tag_bytes,
)
from dc43_gitdraft.repo.part import Part
from dc43_gitdraft.repo.past import Past
from dc43_gitdraft.repo.refs import RefUpdate
from dc43_gitdraft.repo.store import ObjectStore
from dc43_gitdraft.repo.view import SHA, View

_HEADS = "refs/heads/"
_ORIGIN = "refs/remotes/origin/"

#: Below it are drafts, which somebody may well have checked out.
_DRAFTS = "gitdraft/"


class Repo(View):
    """A Git repository: one on disk, or a bare clone of a remote.

    A repository on disk is changed in place; with a URL, `push` goes to the remote. Close it when
    done, or use it as a context manager.
    """

    def __init__(
        self, git: Git, facts: location.Facts, name: str, clone: clones.Clone | None = None
    ) -> None:
        """Use `open`. `clone` stands for a remote, and is given back in the end."""
        super().__init__(git, facts.hash_name)
        self.name = name
        self._facts = facts
        self._clone = clone
        self._lazy_blobs = clone.blobs if clone else None
        past = None
        if clone is not None and clone.part:
            self._git = replace(git, lazy=True)
            past = Past(clone.past, git, facts.hash_name)
            self._part = Part(self._git, self._store, past)
            self._store.fetch = self._part.objects
        self._finalizer = weakref.finalize(self, _dispose, self._store, past, clone)

    @classmethod
    def open(cls, where: str, http_token: Token | None = None) -> Repo:
        """Open the repository at a path (or around it), or a clone of the one at a URL.

        Raises ConfigError where there is none, GitError where it cannot be reached.
        """
        check_version()
        if not location.is_url(where):
            facts = location.examine(where)
            return cls(Git(git_dir=facts.git_dir), facts, facts.folder)
        location.check_url(where, token=http_token is not None)
        clone = clones.borrow(where, http_token)
        return cls(clone.git, clone.facts, where, clone)

    @classmethod
    def init(cls, where: str | Path, branch: str = "main") -> None:
        """Make an empty bare repository; one that is there stays as it is.

        Raises GitError where it cannot be made.
        """
        check_version()
        Git().ask(
            *("init", "--quiet", "--bare", f"--initial-branch={branch}", "--"),
            str(Path(where).absolute()),
            doing=f"making the repository {where}",
        )

    def close(self) -> None:
        """End the reading process; give the clone back, which is kept for the next time."""
        self._close(sound=True)

    def _close(self, *, sound: bool) -> None:
        if self._finalizer.detach() is not None:
            past = self._part.past if self._part else None
            _dispose(self._store, past, self._clone, sound=sound)

    def __enter__(self) -> Repo:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What failed may have failed because of the clone.
        self._close(sound=error is None)

    @property
    def url(self) -> str | None:
        """The remote's URL; None for a repository on disk."""
        return self._git.url

    def kept_folder(self, *, make: bool = False) -> Path | None:
        """Return the private folder of what is kept about this repository between runs.

        None where nothing may be, or there is none and it is not to be made. Anybody may delete
        what lies there at any time, and it proves nothing.
        """
        if self._clone is not None:
            return self._clone.folder
        return clones.folder_for(self._facts.common, make=make)

    @property
    def shallow(self) -> bool:
        """Whether the history of this repository was cut off when it was cloned.

        That of a clone which stands for a remote never is: the rest is fetched when it is needed.
        """
        return self._part is None and (Path(self._facts.common) / "shallow").is_file()

    # Refs

    def default_branch(self) -> str:
        """Name the branch that contracts are approved on, without refs/heads/; never a draft's.

        Raises ConfigError where it is unclear, or nothing was ever committed.
        """
        there: list[str] = []
        head: list[str] = []
        tracked: list[str] = []
        remote_head: list[str] = []
        fields = "--format=%(refname) %(symref) %(HEAD)"
        out = self._git.ask("for-each-ref", fields, _HEADS, _ORIGIN).out
        for line in out.decode("utf-8", "surrogateescape").splitlines():
            name, target, mark = line.split(" ", 2)
            if name.startswith(_HEADS):
                there.append(name[len(_HEADS) :])
                head += there[-1:] if mark == "*" else []
            elif target.startswith(_ORIGIN):
                remote_head.append(target[len(_ORIGIN) :])
            else:
                tracked.append(name[len(_ORIGIN) :])
        if not there:
            raise ConfigError(
                f"{self.name} has no branch with a commit yet: commit a first contract or a "
                "README to its main branch"
            )
        branches = [name for name in there if not name.startswith(_DRAFTS)]
        usual = [*remote_head, "main", "master"]
        # A clone knows only in part what its remote has: what happens to be checked out there
        # is as likely a branch to be judged as the one to judge it by.
        lone = [] if tracked else [*(branches if len(branches) == 1 else []), *head]
        for name in [*head, *usual, *lone] if self._facts.bare else [*usual, *lone]:
            if name in branches or (name in tracked and not name.startswith(_DRAFTS)):
                return name
        shown = ", ".join(there[:10]) + (f" and {len(there) - 10} more" if len(there) > 10 else "")
        raise ConfigError(
            f"{self.name} has neither a main nor a master branch: say with --base which of its "
            f"branches is the one that contracts are approved on ({clean(shown)})"
        )

    def refs_now(self, *prefixes: str) -> dict[str, str]:
        """Read refs below each prefix as they are now, also a remote's that are not mirrored."""
        if self.url is None:
            return self.refs(*prefixes)
        return remote.list_refs(self._git, prefixes).refs

    def refresh(self, *, tags: bool = True) -> None:
        """See the remote as it is now; a repository on disk is always seen as it is.

        Without `tags`, of which there may be very many, only branches and records.
        """
        if self.url is None:
            return
        if self._part is not None:
            remote.fetch(self._git, remote.BRANCHES, prune=True, tips=True)
            if tags:
                self._part.tags.forget()
        else:
            remote.fetch(self._git, remote.MIRRORED if tags else remote.BRANCHES, prune=True)

    # Writing

    def write_commit(
        self,
        parents: Sequence[str],
        changes: Mapping[str, bytes | None],
        message: str,
        author: Identity,
        when: datetime,
        committer: Identity | None = None,
    ) -> str:
        """Store a commit on top of the first parent's files: path -> new content, None removes.

        The author is the committer too unless another is named. No ref moves.
        Raises UnusablePathError, GitError.
        """
        base = [self.commit(parent) for parent in parents]
        self._with_trees(*parents[:1])
        made = self._store.edit_tree(base[0].tree if base else None, changes)
        commit = self._make_commit(made[-1].sha, parents, message, author, when, committer)
        self._store.write([*made, commit])
        self._wrote(commit.sha, parents)
        if self._lazy_blobs is not None:
            self._lazy_blobs.update(item.sha for item in made if item.kind == "blob")
        return commit.sha

    def write_commit_tree(
        self,
        tree: str,
        parents: Sequence[str],
        message: str,
        author: Identity,
        when: datetime,
        committer: Identity | None = None,
    ) -> str:
        """Store a commit of a tree that exists. No ref moves."""
        commit = self._make_commit(tree, parents, message, author, when, committer)
        self._store.write([commit])
        self._wrote(commit.sha, parents)
        return commit.sha

    def _wrote(self, sha: str, below: Sequence[str]) -> None:
        if self._part is not None:
            self._part.past.wrote(sha, below)

    def _make_commit(
        self,
        tree: str,
        parents: Sequence[str],
        message: str,
        author: Identity,
        when: datetime,
        committer: Identity | None,
    ) -> RawObject:
        for name in (tree, *parents):
            if not SHA.fullmatch(name):
                raise GitError(f"{clean(name, 100)!r} is no object name")
        data = commit_bytes(tree, parents, message, (author, when), (committer or author, when))
        return self._store.make("commit", data)

    def write_tag(
        self, name: str, target: str, message: str, tagger: Identity, when: datetime
    ) -> str:
        """Store an annotated tag of a commit; `push` sets refs/tags/`name` to it."""
        return self.write_tags([(name, target, message)], tagger, when)[0]

    def write_tags(
        self, tags: Sequence[tuple[str, str, str]], tagger: Identity, when: datetime
    ) -> list[str]:
        """Store annotated tags, each given as (name, commit, message), by one process."""
        made = []
        for name, target, message in tags:
            refs.check_ref(f"refs/tags/{name}")
            commit = self.commit(target).sha
            data = tag_bytes(name, commit, "commit", message, tagger, when)
            made.append(self._store.make("tag", data))
            self._wrote(made[-1].sha, [commit])
        if made:
            self._store.write(made)
        return [tag.sha for tag in made]

    def push(self, updates: Sequence[RefUpdate], reason: str = "dc43-gitdraft") -> None:
        """Move refs, all or none, each only from where it was expected.

        `reason` goes into the reflogs. Work trees that have a moved branch checked out follow.
        Raises StaleRefError (somebody was faster), LifecycleError (uncommitted changes in the
        way), GitError (refused).
        """
        self._check_updates(updates)
        if not updates:
            return
        if self.url is not None:
            remote.push(self._git_for(updates), updates)
            self._mirror(updates)
        else:
            with self._following_worktrees(updates) as moves:
                transaction = refs.Transaction(self._git, updates, reason)
                try:
                    worktrees.carry_out(moves)
                except BaseException:
                    transaction.abort()
                    raise
                try:
                    transaction.commit()
                except BaseException:
                    worktrees.undo(moves)
                    raise

    def _check_updates(self, updates: Sequence[RefUpdate]) -> None:
        names = [update.name for update in updates]
        if len(set(names)) != len(names):
            raise GitError(f"a ref is named twice: {', '.join(names)}")
        for update in updates:
            refs.check_ref(update.name)
            if update.new is None and update.expected is None:
                raise GitError(f"{update.name} was to be deleted, and was expected not to exist")
            for sha in (update.new, update.expected):
                if sha is not None and not SHA.fullmatch(sha):
                    raise GitError(f"{clean(sha, 100)!r} is no object name")

    @contextmanager
    def _following_worktrees(self, updates: Sequence[RefUpdate]) -> Iterator[list[worktrees.Move]]:
        moves: list[worktrees.Move] = []
        if self._facts.has_work_trees():
            empty = self._store.empty_tree
            moves = worktrees.plan(self._git, updates, empty.sha)
            if any(move.old == empty.sha for move in moves):
                self._store.write([empty])
            for move in moves:
                move.rehearse()
        yield moves

    def _git_for(self, updates: Sequence[RefUpdate]) -> Git:
        """Return the git that can tell what a push has to send."""
        new = [update.new for update in updates if update.new is not None]
        if self._part is None:
            return self._git
        near = {update.expected for update in updates} | {self.resolve("HEAD")}
        if self._part.rests_on_tips(new, near):
            return self._git
        if self._part.rests_on_tips(new, set(refs.list_refs(self._git, ["refs/"]).values())):
            return self._git
        # Git would send all that is below a commit which it does not see below the remote's.
        return self._with_past(*new, lazy=True)

    def _mirror(self, updates: Sequence[RefUpdate]) -> None:
        """Move the clone's own refs to where the remote's are now."""
        if self._part is not None:
            for tag in (u for u in updates if u.name.startswith("refs/tags/")):
                self._part.tags.note(tag.name, tag.new, tag.new and self.resolve(tag.new))
            updates = [u for u in updates if not u.name.startswith("refs/tags/")]
            self._part.trees([update.new for update in updates if update.new is not None])
        lines = [
            f"update {u.name}\0{u.new}\0\0" if u.new else f"delete {u.name}\0\0" for u in updates
        ]
        self._git.ask("update-ref", "--stdin", "-z", stdin="".join(lines).encode())


def _dispose(
    store: ObjectStore, past: Past | None, clone: clones.Clone | None, *, sound: bool = False
) -> None:
    store.close()
    if past is not None:
        past.close()
    if clone is not None:
        clone.give_back(sound=sound)
