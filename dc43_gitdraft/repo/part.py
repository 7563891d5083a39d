"""A clone that holds a part of its remote, and how the rest gets here when it is asked for.

It has the newest commit of each branch, with its directories. Contents of files, other commits,
the names of tags and the tags themselves are fetched as they are needed, many at once. A directory
that is here is here with all below it, but for contents.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from dc43_gitdraft.repo import remote
from dc43_gitdraft.repo.command import Git
from dc43_gitdraft.repo.listing import Listing
from dc43_gitdraft.repo.objects import Commit, parse_commit, parse_tag
from dc43_gitdraft.repo.past import Past
from dc43_gitdraft.repo.store import ObjectStore

_TAGS = "refs/tags/"

#: So many commits or tags are fetched with all that was before them.
_MANY = 50
#: Commits between a draft and its base branch that are looked at one by one.
_NEAR = 50


class Part:
    """What a clone has, and the rest of its remote."""

    def __init__(self, git: Git, store: ObjectStore, past: Past) -> None:
        """Use a clone of the tips."""
        self._git = git
        self._store = store
        self.past = past
        self.tags = TagNames(git)
        self._whole: set[str] = set()

    def commits(self, shas: Sequence[str]) -> bool:
        """Have commits or tags here.

        Returns False where the remote has not got them all.
        """
        wanted = list(dict.fromkeys(shas))
        found = zip(wanted, self._store.read_many(wanted), strict=True)
        missing = [sha for sha, item in found if item is None]
        if len(missing) > _MANY:
            remote.fetch_objects(self._git, missing, trees=False)
            return True
        return self._fetch(missing, trees=False)

    def _fetch(self, missing: Sequence[str], *, trees: bool) -> bool:
        try:
            near = self._tip()
            if not missing or remote.fetch_commits(self._git, missing, trees=trees, near=near):
                return True
        except remote.NotByNameError:
            found = [self.past.find(sha) for sha in missing]
            self._store.write([item for item in found if item is not None])
            return None not in found
        # One may have spoilt it for all.
        each = [self._fetch([sha], trees=trees) for sha in missing] if len(missing) > 1 else [False]
        return all(each)

    def trees(self, names: Iterable[str]) -> None:
        """Have the directories of commits, of tags' commits, or of trees here.

        Raises GitError where the remote does not give them.
        """
        wanted = [name for name in dict.fromkeys(names) if name not in self._whole]
        roots = self._roots(wanted)
        missing = [name for name in wanted if roots[name] is None]
        if len(missing) > _MANY:
            # Each of them would be the end of a history, which git tells the server ever after.
            commits = [name for name in missing if self._kind(name) != "tree"]
            self.commits(commits)
            self.objects(sorted(set(self._named_roots(missing).values())))
        elif missing:
            self._fetch([name for name in missing if self._kind(name) != "tree"], trees=True)
            rest = [name for name, root in self._roots(missing).items() if root is None]
            if rest:
                self.objects(sorted(set(self._named_roots(rest).values())))
            roots |= self._roots(missing)
        self._whole.update(name for name, root in roots.items() if root is not None)

    def objects(self, shas: Sequence[str]) -> None:
        """Fetch directories with all below them, or contents of files."""
        if shas:
            remote.fetch_objects(self._git, shas)

    def _kind(self, name: str) -> str | None:
        found = self._store.read(name)
        return found.kind if found is not None else None

    def _roots(self, names: Sequence[str]) -> dict[str, str | None]:
        """Return which directory each commit, tag or tree has, None where it is not here."""
        roots = self._named_roots(names)
        there = dict(zip(roots, self._store.read_many(list(roots.values())), strict=True))
        return {name: roots[name] if there.get(name) is not None else None for name in names}

    def _named_roots(self, names: Sequence[str]) -> dict[str, str]:
        """Return which directory each commit, tag or tree names; without those not here."""
        roots: dict[str, str] = {}
        ahead = [(name, name) for name in names]
        while ahead:
            items = self._store.read_many([sha for _, sha in ahead])
            tags = []
            for (name, sha), item in zip(ahead, items, strict=True):
                if item is not None and item.kind == "tag":
                    tags.append((name, parse_tag(sha, item.sha, item.data).target))
                elif item is not None and item.kind in ("commit", "tree"):
                    is_tree = item.kind == "tree"
                    roots[name] = item.sha if is_tree else parse_commit(sha, item.data).tree
            ahead = tags
        return roots

    def _tip(self) -> str | None:
        found = self._store.read("HEAD")
        return found.sha if found is not None else None

    def chain(self, newer: str, older: str) -> list[Commit] | None:
        """Return the commits after `older` up to `newer`, newest first, where one follows another.

        None where that is not known by what is here: there are merges, many commits, or others.
        What commits themselves say of their parents is no guess.
        """
        found: list[Commit] = []
        at = newer
        while at != older:
            item = self._store.read(at) if len(found) < _NEAR else None
            if item is None or item.kind != "commit":
                return None
            found.append(parse_commit(at, item.data))
            if len(found[-1].parents) != 1:
                return None
            (at,) = found[-1].parents
        return found

    def rests_on_tips(self, objects: Iterable[str], tips: Collection[str | None]) -> bool:
        """Whether all that is below objects is below commits that the remote has as tips."""
        ahead, seen = list(objects), set[str]()
        while ahead:
            sha = ahead.pop()
            if sha in tips or sha in seen:
                continue
            seen.add(sha)
            parents = self.past.written(sha)
            if parents is None:
                return False
            ahead += parents
        return True


class TagNames:
    """The tags of a remote by name, asked for by how they begin, each once."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._known: list[_Asked] = []

    def forget(self) -> None:
        """Ask again next time."""
        self._known.clear()

    def below(self, prefixes: Iterable[str], *, peeled: bool = False) -> dict[str, str]:
        """Return the tags below each prefix, or of exactly that name: full name -> object name.

        `peeled` gives what annotated tags point to.
        """
        begins = [prefix if prefix.startswith(_TAGS) else _TAGS for prefix in prefixes]
        new = [begin for begin in begins if self._asked(begin, peeled) is None]
        if new:
            found = remote.list_refs(self._git, new, peel=peeled)
            self._known.append(_Asked(tuple(new), peeled, sorted(found.refs), found))
        names: dict[str, str] = {}
        for begin in begins:
            asked = self._asked(begin, peeled)
            names.update(asked.below(begin, peeled) if asked is not None else {})
        return names

    def _asked(self, begin: str, peeled: bool) -> _Asked | None:
        return next((asked for asked in self._known if asked.tells(begin, peeled)), None)

    def note(self, name: str, sha: str | None, commit: str | None) -> None:
        """Take note of a tag that this process set or deleted."""
        for asked in self._known:
            if name.startswith(asked.begins):
                asked.note(name, sha, commit)


@dataclass(slots=True)
class _Asked:
    """What a remote said of tags whose names begin like this."""

    begins: tuple[str, ...]
    peeled: bool
    names: list[str]
    said: Listing

    def tells(self, begin: str, peeled: bool) -> bool:
        return begin.startswith(self.begins) and (self.peeled or not peeled)

    def below(self, prefix: str, peeled: bool) -> dict[str, str]:
        exact, folder = prefix.rstrip("/"), prefix.rstrip("/") + "/"
        found = [exact] if exact == prefix and exact in self.said.refs else []
        for place in range(bisect_left(self.names, folder), len(self.names)):
            if not self.names[place].startswith(folder):
                break
            found.append(self.names[place])
        named = self.said.peeled if peeled else {}
        return {name: named.get(name) or self.said.refs[name] for name in found}

    def note(self, name: str, sha: str | None, commit: str | None) -> None:
        if name in self.said.refs:
            self.names.remove(name)
            del self.said.refs[name]
            self.said.peeled.pop(name, None)
        if sha is not None:
            insort(self.names, name)
            self.said.refs[name] = sha
            if commit is not None:
                self.said.peeled[name] = commit
