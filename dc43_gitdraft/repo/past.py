"""What came before: all commits of a remote, for a clone that has only the newest of each branch.

Git answers a question about the order of commits wrongly where a history was cut off: it takes what
it does not see for what is not there. So no such question is put to the clone with the tips. It is
put to a second one, which holds all commits below every commit that it holds (without their files),
and to both clones' objects together. It is made when the first such question is asked.

A commit that a question names is in the second clone, or was written by this process on top of
such. One that is neither is fetched, and where it cannot be, the question is an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from dc43_gitdraft.errors import GitError
from dc43_gitdraft.repo import remote
from dc43_gitdraft.repo.command import Git
from dc43_gitdraft.repo.objects import RawObject
from dc43_gitdraft.repo.store import ObjectStore


class Past:
    """All commits below those that are asked about."""

    def __init__(self, folder: Path, clone: Git, hash_name: str) -> None:
        """Take the folder where it is or will be, and the clone with the tips. Fetch nothing."""
        self._folder = folder
        self._git = Git(git_dir=str(folder), url=clone.url, token=clone.token)
        objects = (str(Path(clone.git_dir or "") / "objects"), str(folder / "objects"))
        self._both = replace(self._git, objects=objects)
        self._store = ObjectStore(self._git, hash_name)
        self._complete: set[str] = set()
        self._written: dict[str, tuple[str, ...]] = {}
        self._fetched = False

    def close(self) -> None:
        """End the reading process."""
        self._store.close()

    def wrote(self, commit: str, parents: Iterable[str]) -> None:
        """Take note of a commit that this process wrote, and no remote has."""
        self._written[commit] = tuple(parents)

    def written(self, commit: str) -> tuple[str, ...] | None:
        """Return the parents of a commit that this process wrote, None where it did not."""
        return self._written.get(commit)

    def below(self, commits: Iterable[str], *, lazy: bool = False) -> Git:
        """Return the git to ask about these commits, and all that was before them.

        What is written by it goes to the clone with the tips. With `lazy` it fetches the files
        that it needs. Raises GitError where a commit is not to be had.
        """
        missing = self._missing(commits)
        # Where all was written here, upon nothing, git still needs a repository to be asked in.
        if (missing or not self._fetched_before()) and not self._fetched:
            self._fetch()
            missing = self._missing(missing)
        if missing:
            if not remote.fetch_history(self._lazy, missing):
                raise GitError(f"commit {missing[0]} is missing")
            missing = self._missing(missing)
        if missing:
            raise GitError(f"commit {missing[0]} is missing")
        return replace(self._both, lazy=lazy)

    def find(self, name: str) -> RawObject | None:
        """Read what a user's way to name a commit means among all commits of the remote."""
        if not self._fetched:
            self._fetch()
        return self._store.read(name)

    @property
    def _lazy(self) -> Git:
        # What is left out of a fetch counts as there: git checks that all else is.
        return replace(self._git, lazy=True)

    def _missing(self, commits: Iterable[str]) -> list[str]:
        """Return the commits that are not known to be here with all that was before them."""
        missing, seen, ahead = [], set[str](), list(commits)
        while ahead:
            commit = ahead.pop()
            if commit in seen or commit in self._complete:
                continue
            seen.add(commit)
            if commit in self._written:
                ahead += self._written[commit]
            elif self._fetched_before() and self._store.read(commit) is not None:
                self._complete.add(commit)
            else:
                missing.append(commit)
        return missing

    def _fetched_before(self) -> bool:
        return (self._folder / "HEAD").is_file()

    def _fetch(self) -> None:
        """Have all commits that the remote's branches hold now."""
        if self._fetched_before():
            remote.fetch_history(self._lazy, remote.BRANCHES, prune=True)
        else:
            remote.clone_history(self._git.url or "", self._git.token, self._folder)
        self._fetched = True
