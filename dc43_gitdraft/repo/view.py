"""A repository as it can be read: refs, commits, trees, files, tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dc43_gitdraft.errors import GitError
from dc43_gitdraft.repo import history, refs, remote
from dc43_gitdraft.repo.command import Git, clean
from dc43_gitdraft.repo.history import MergeConflict
from dc43_gitdraft.repo.objects import (
    Commit,
    Identity,
    RawObject,
    Tag,
    TreeEntry,
    parse_commit,
    parse_tag,
)
from dc43_gitdraft.repo.store import ObjectStore

SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
#: Characters of a path that is not asked for by name.
_LONG = 3000


class View:
    """Questions to a repository. A commit is given by its object name or a full ref name."""

    def __init__(self, git: Git, hash_name: str) -> None:
        self._git = git
        self._store = ObjectStore(git, hash_name)
        #: Of a clone without file contents: those that are here.
        self._lazy_blobs: set[str] | None = None

    def refs(self, *prefixes: str, peeled: bool = False) -> dict[str, str]:
        """Read refs below each prefix, or of exactly that name: full name -> object name.

        `peeled` gives the commit that an annotated tag points to.
        """
        return refs.list_refs(self._git, prefixes or ("refs/",), peeled=peeled)

    def refs_listing(self, prefix: str) -> bytes:
        """Return the refs below a prefix, a line each, as Git says it; see `refs.listing`."""
        return refs.listing(self._git, prefix)

    def resolve(self, revision: str) -> str | None:
        """Find the commit that a full ref name, an object name or a user's revision means."""
        if not revision or len(revision) > 1000 or any(ord(c) < 32 for c in revision):
            return None
        found = self._store.read(f"{revision}^{{commit}}")
        return found.sha if found is not None else None

    def read(self, commit: str, path: str) -> bytes | None:
        """Read a file at a commit; None where there is no file."""
        return self.read_many([(commit, path)])[0]

    def read_many(self, places: Sequence[tuple[str, str]]) -> list[bytes | None]:
        """Read files, each given as (commit, path); None where there is no file."""
        revisions = [(_revision(commit), path) for commit, path in places]
        # Some paths cannot be asked for by name: git takes ./x as relative, a request is one line
        # that is not too long.
        odd = any(re.search(r"^\.|[\n\0]", p) or len(p) > _LONG for _, p in revisions)
        if self._lazy_blobs is not None or odd:
            shas = [self._store.locate(*place) for place in revisions]
            contents = self.blobs(sha for sha in shas if sha is not None)
            return [None if sha is None else contents.get(sha) for sha in shas]
        found = self._store.read_many([f"{commit}:{path}" for commit, path in revisions])
        return [item.data if item is not None and item.kind == "blob" else None for item in found]

    def entries(self, commit: str, prefix: str = "") -> list[TreeEntry]:
        """List the files of a commit (or tree), below a directory or of exactly that name."""
        out = self._git.ask(
            *("ls-tree", "-r", "-z", "--full-tree", _revision(commit)),
            *(["--", prefix] if prefix else []),
            doing=f"listing {commit}",
        ).out
        entries = []
        for line in out.decode("utf-8", "surrogateescape").split("\0"):
            if line:
                facts, path = line.split("\t", 1)
                mode, _, sha = facts.split(" ")
                entries.append(TreeEntry(path, sha, mode))
        return entries

    def blobs(self, shas: Iterable[str]) -> dict[str, bytes]:
        """Read many files by object name; those that do not exist are left out."""
        wanted = [_revision(sha) for sha in dict.fromkeys(shas)]
        self._fetch_lazy(wanted)
        found = (item for item in self._store.read_many(wanted) if item is not None)
        return {item.sha: item.data for item in found if item.kind == "blob"}

    def prepare(self, shas: Iterable[str]) -> None:
        """Have the contents of many files here, so that they can be read in parts."""
        self._fetch_lazy(list(dict.fromkeys(map(_revision, shas))))

    def prepare_files(self, places: Sequence[tuple[str, str]]) -> None:
        """Have files here, each given as (commit, path); see `prepare`."""
        if self._lazy_blobs is not None:
            found = (self._store.locate(_revision(commit), path) for commit, path in places)
            self._fetch_lazy([sha for sha in found if sha is not None])

    def _fetch_lazy(self, shas: Sequence[str]) -> None:
        if self._lazy_blobs is None:
            return
        missing = [sha for sha in shas if sha not in self._lazy_blobs]
        if missing:
            remote.fetch_objects(self._git, missing)
            self._lazy_blobs.update(missing)

    def commit(self, sha: str) -> Commit:
        """Read a commit.

        Raises GitError where it is missing.
        """
        found = self._store.read(f"{_revision(sha)}^{{commit}}")
        if found is None:
            raise GitError(f"commit {clean(sha, 100)} is missing")
        return parse_commit(found.sha, found.data)

    def tree(self, commit: str) -> str:
        """Return the tree of a commit; a tree is its own.

        Raises GitError where it is missing.
        """
        found = self._store.read(f"{_revision(commit)}^{{tree}}")
        if found is None:
            raise GitError(f"commit {clean(commit, 100)} is missing")
        return found.sha

    def log(
        self,
        include: Sequence[str],
        exclude: Sequence[str] = (),
        paths: Sequence[str] = (),
        *,
        limit: int | None = None,
        first_parent: bool = False,
        grep: str | None = None,
        fixed: bool = False,
    ) -> list[Commit]:
        """List commits reachable from `include` and not from `exclude`, newest first.

        With `paths`, those that changed them; with `grep`, those that have such a line, or, with
        `fixed`, such a text in one.
        """
        return history.log(
            self._git,
            [_revision(name) for name in include],
            [_revision(name) for name in exclude],
            paths,
            limit=limit,
            first_parent=first_parent,
            grep=grep,
            fixed=fixed,
        )

    def merge_base(self, one: str, other: str) -> str | None:
        """Find the best common ancestor."""
        return history.merge_base(self._git, _revision(one), _revision(other))

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` contains `older`; a commit contains itself."""
        return older == newer or history.is_ancestor(self._git, _revision(older), _revision(newer))

    def diff_names(self, old: str, new: str) -> list[str]:
        """List files that differ between two commits or trees."""
        return history.diff_names(self._git, _revision(old), _revision(new))

    def diff_files(self, old: str, new: str) -> dict[str, TreeEntry | None]:
        """Return the files that differ between two commits or trees: as they are in `new`."""
        return history.diff_files(self._git, _revision(old), _revision(new))

    def trailers(self, message: str) -> list[tuple[str, str]]:
        """Parse a commit message's trailers as `git interpret-trailers` does."""
        return history.trailers(self._git, message)

    def tag(self, name: str) -> Tag | None:
        """Read a tag by its name without refs/tags/; None where there is none."""
        return self.tags([name])[0]

    def tags(self, names: Sequence[str]) -> list[Tag | None]:
        """Read many tags; see `tag`."""
        found = self._store.read_many([f"refs/tags/{_one_line(name)}" for name in names])
        return [
            None if item is None else _tag(name, item)
            for name, item in zip(names, found, strict=True)
        ]

    def merge(self, ours: str, theirs: str) -> str | MergeConflict:
        """Merge two commits in the object store: the tree's name, or what conflicts."""
        return history.merge(self._git, _revision(ours), _revision(theirs))

    def identity(self) -> Identity | None:
        """Read who the repository's configuration says the user is; no guess from the machine."""
        result = self._git.run("config", "--null", "--get-regexp", r"^user\.(name|email)$")
        values = {}
        for setting in result.out.decode("utf-8", "replace").split("\0"):
            key, _, value = setting.partition("\n")
            values[key] = value.strip()
        name, email = values.get("user.name"), values.get("user.email")
        return Identity(name, email) if name and email else None

    def origin(self) -> str | None:
        """Read the URL of the remote called origin; None where there is none."""
        return self._git.run("remote", "get-url", "--", "origin").text or None


def _tag(name: str, item: RawObject) -> Tag:
    return parse_tag(name, item.sha, item.data) if item.kind == "tag" else Tag(name, item.sha)


def _revision(name: str) -> str:
    """Let through object names and full ref names only."""
    if SHA.fullmatch(name):
        return name
    refs.check_ref(name)
    return name


def _one_line(text: str) -> str:
    if any(ord(c) < 32 for c in text):
        raise GitError(f"{clean(text, 200)!r} holds control characters")
    return text
