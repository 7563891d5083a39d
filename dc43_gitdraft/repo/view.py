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
from dc43_gitdraft.repo.part import Part
from dc43_gitdraft.repo.store import ObjectStore

SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
#: Characters of a path that is not asked for by name.
_LONG = 3000
_TAGS = "refs/tags/"
#: A user's way to name a commit: a name, and how to go on from there.
_GOING_ON = re.compile(r"([^~^:{}]+?)((?:[~^].*)?)")


class View:
    """Questions to a repository. A commit is given by its object name or a full ref name."""

    def __init__(self, git: Git, hash_name: str) -> None:
        self._git = git
        self._store = ObjectStore(git, hash_name)
        #: Of a clone without file contents: those that are here.
        self._lazy_blobs: set[str] | None = None
        #: Of a clone without most of its remote: how to get it.
        self._part: Part | None = None

    def refs(self, *prefixes: str, peeled: bool = False) -> dict[str, str]:
        """Read refs below each prefix, or of exactly that name: full name -> object name.

        `peeled` gives the commit that an annotated tag points to.
        """
        found = refs.list_refs(self._git, prefixes or ("refs/",), peeled=peeled)
        if self._part is not None:
            wanted = [each for each in prefixes or ("refs/",) if _may_be_tags(each)]
            found |= self._part.tags.below(wanted, peeled=peeled)
        return found

    def refs_listing(self, prefix: str) -> bytes:
        """Return the refs below a prefix, a line each, as Git says it; see `refs.listing`."""
        if self._part is None or not _may_be_tags(prefix):
            return refs.listing(self._git, prefix)
        return refs.lines(self.refs(prefix))

    def resolve(self, revision: str) -> str | None:
        """Find the commit that a full ref name, an object name or a user's revision means."""
        if not revision or len(revision) > 1000 or any(ord(c) < 32 for c in revision):
            return None
        if self._part is not None:
            return self._resolved(self._part, revision)
        found = self._store.read(f"{revision}^{{commit}}")
        return found.sha if found is not None else None

    def _resolved(self, part: Part, revision: str) -> str | None:
        sha = self._named(part, revision)
        if sha is not None:
            part.commits([sha])
            found = self._store.read(sha)
            if found is not None and found.kind == "tag":  # Its commit need not be here.
                return self._resolved(part, parse_tag(sha, found.sha, found.data).target)
            return found.sha if found is not None and found.kind == "commit" else None
        match = _GOING_ON.fullmatch(revision)
        start = self._named(part, match[1]) if match else None
        if match is not None and start is not None and match[2]:
            commit = self._resolved(part, start)
            if commit is None:
                return None
            part.past.below([commit])
            revision = commit + match[2]
        elif revision.startswith("refs/") or revision == "HEAD":
            return None
        found = part.past.find(f"{revision}^{{commit}}")
        return self._resolved(part, found.sha) if found is not None else None

    def _named(self, part: Part, name: str) -> str | None:
        """Return what an object name, a full ref name, or a short one of a branch or tag means."""
        if SHA.fullmatch(name):
            return name
        full = name.startswith("refs/") or name == "HEAD"
        for place in [name] if full else [f"refs/{name}", _TAGS + name, f"refs/heads/{name}"]:
            if place != "HEAD" and not refs.is_ref(place):
                continue
            if place.startswith(_TAGS):
                sha = part.tags.below([place]).get(place)
            else:
                item = self._store.read(place)
                sha = item.sha if item is not None else None
            if sha is not None:
                return sha
        return None

    def read(self, commit: str, path: str) -> bytes | None:
        """Read a file at a commit; None where there is no file."""
        return self.read_many([(commit, path)])[0]

    def read_many(self, places: Sequence[tuple[str, str]]) -> list[bytes | None]:
        """Read files, each given as (commit, path); None where there is no file."""
        commits = self._with_trees(*(commit for commit, _ in places))
        revisions = [(commit, path) for commit, (_, path) in zip(commits, places, strict=True)]
        # Some paths cannot be asked for by name: git takes ./x as relative, a request is one line
        # that is not too long.
        odd = any(re.search(r"^\.|[\n\0]", p) or len(p) > _LONG for _, p in revisions)
        if self._part is not None or self._lazy_blobs is not None or odd:
            shas = [self._store.locate(*place) for place in revisions]
            contents = self.blobs(sha for sha in shas if sha is not None)
            return [None if sha is None else contents.get(sha) for sha in shas]
        found = self._store.read_many([f"{commit}:{path}" for commit, path in revisions])
        return [item.data if item is not None and item.kind == "blob" else None for item in found]

    def holds_file(self, commit: str, path: str) -> bool:
        """Say whether a commit has a regular file at a path: no symbolic link."""
        (revision,) = self._with_trees(commit)
        found = self._store.entry(revision, path)
        return found is not None and found.is_file

    def entries(self, commit: str, prefix: str = "") -> list[TreeEntry]:
        """List the files of a commit (or tree), below a directory or of exactly that name."""
        (revision,) = self._with_trees(commit)
        out = self._git.ask(
            *("ls-tree", "-r", "-z", "--full-tree", revision),
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

    def prepare_trees(self, commits: Iterable[str]) -> None:
        """Have the directories of many commits here, which would else be fetched one by one."""
        self._with_trees(*commits)

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
        if self._part is not None:
            sha = self._resolved(self._part, _revision(sha)) or sha
        found = self._store.read(f"{_revision(sha)}^{{commit}}")
        if found is None:
            raise GitError(f"commit {clean(sha, 100)} is missing")
        return parse_commit(found.sha, found.data)

    def tree(self, commit: str) -> str:
        """Return the tree of a commit; a tree is its own.

        Raises GitError where it is missing.
        """
        (revision,) = self._with_trees(commit)
        found = self._store.read(f"{revision}^{{tree}}")
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
        starts, ends = self._commits(include), self._commits(exclude)
        if self._part is not None and len(starts) == len(ends) == 1 and not (paths or grep):
            chain = self._part.chain(starts[0], ends[0])
            if chain is not None:
                return chain[:limit]
            if self._follows(ends[0], starts[0]):
                return []
        return history.log(
            self._with_past(*starts, *ends, lazy=bool(paths)),
            starts,
            ends,
            paths,
            limit=limit,
            first_parent=first_parent,
            grep=grep,
            fixed=fixed,
        )

    def merge_base(self, one: str, other: str) -> str | None:
        """Find the best common ancestor."""
        one, other = self._commits((one, other))
        if self._follows(other, one):
            return one
        if self._follows(one, other):
            return other
        return history.merge_base(self._with_past(one, other), one, other)

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` contains `older`; a commit contains itself."""
        if older == newer:
            return True
        older, newer = self._commits((older, newer))
        if self._follows(newer, older):
            return True
        if self._follows(older, newer):
            return False
        return history.is_ancestor(self._with_past(older, newer), older, newer)

    def diff_names(self, old: str, new: str) -> list[str]:
        """List files that differ between two commits or trees."""
        return history.diff_names(self._git, *self._with_trees(old, new))

    def diff_files(self, old: str, new: str) -> dict[str, TreeEntry | None]:
        """Return the files that differ between two commits or trees: as they are in `new`."""
        return history.diff_files(self._git, *self._with_trees(old, new))

    def merge(self, ours: str, theirs: str) -> str | MergeConflict:
        """Merge two commits in the object store: the tree's name, or what conflicts.

        Raises GitError where they have nothing in common.
        """
        ours, theirs = self._commits((ours, theirs))
        for older, newer in ((ours, theirs), (theirs, ours)):
            if self._follows(newer, older):
                return self.tree(newer)
        if self._part is not None:
            bases = history.merge_bases(self._with_past(ours, theirs), ours, theirs)
            self._part.trees([ours, theirs, *bases])
        return history.merge(self._with_past(ours, theirs, lazy=True), ours, theirs)

    def _follows(self, newer: str, older: str) -> bool:
        """Whether it is plain from the clone's few commits that one came after another."""
        return self._part is not None and self._part.chain(newer, older) is not None

    def _commits(self, names: Sequence[str]) -> list[str]:
        """Return commits as git is to be asked about them."""
        part = self._part
        if part is None:
            return [_revision(name) for name in names]
        return [self._sha(part, name) for name in names]

    def _sha(self, part: Part, name: str) -> str:
        found = self._named(part, _revision(name))
        if found is None:
            raise GitError(f"commit {clean(name, 100)} is missing")
        return found

    def _with_past(self, *commits: str, lazy: bool = False) -> Git:
        """Return the git that answers questions about what was before these commits."""
        if self._part is None:
            return self._git
        return self._part.past.below(commits, lazy=lazy)

    def _with_trees(self, *names: str) -> list[str]:
        """Return commits or trees as git is to be asked about their files, which are here then."""
        found = self._commits(names)
        if self._part is not None:
            self._part.trees(found)
        return found

    def trailers(self, message: str) -> list[tuple[str, str]]:
        """Parse a commit message's trailers as `git interpret-trailers` does."""
        return history.trailers(self._git, message)

    def tag(self, name: str) -> Tag | None:
        """Read a tag by its name without refs/tags/; None where there is none."""
        return self.tags([name])[0]

    def tags(self, names: Sequence[str]) -> list[Tag | None]:
        """Read many tags; see `tag`."""
        places = [_TAGS + _one_line(name) for name in names]
        if self._part is not None:
            there = self._part.tags.below(places)
            self._part.commits(list(there.values()))
            places = [there.get(place, place) for place in places]
        found = self._store.read_many(places)
        return [
            None if item is None else _tag(name, item)
            for name, item in zip(names, found, strict=True)
        ]

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


def _may_be_tags(prefix: str) -> bool:
    folder = f"{prefix.rstrip('/')}/"
    return folder.startswith(_TAGS) or _TAGS.startswith(folder)


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
