"""The tags of promoted versions, as they are at one moment."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from functools import cached_property

import semver

from dc43_gitdraft.config import Config
from dc43_gitdraft.repo import Repo

TAGS = "refs/tags/"

#: For so many contracts their own tags are listed, for more all that there are.
_ASKED_ALONE = 1


class Tags:
    """Every promoted version of a repository; `peeled` gives commits instead of tags.

    A repository may have very many tags: they are listed as they are asked for, or with `many` all
    at once.
    """

    def __init__(
        self, repo: Repo, config: Config, *, peeled: bool = False, many: bool = False
    ) -> None:
        self._repo, self._config, self._peeled, self._many = repo, config, peeled, many
        self._known: dict[str, Mapping[str, str]] = {}

    def of(self, contract_id: str) -> Mapping[str, str]:
        """Return the promoted versions of a contract, each with what its tag names, newest first.

        What is named is the tag itself, or its commit.
        """
        if contract_id not in self._known:
            start = self._config.tag_start(contract_id)
            found = (
                (version, sha)
                for name, sha in self._beginning(start).items()
                if (version := self._config.version_of(contract_id, name)) is not None
            )
            order = sorted(found, key=lambda each: semver.Version.parse(each[0]), reverse=True)
            self._known[contract_id] = dict(order)
        return self._known[contract_id]

    def get(self, contract_id: str, version: str) -> str | None:
        """Return what the tag of a version names; None where there is no such tag."""
        return self.of(contract_id).get(version)

    def _beginning(self, start: str) -> Mapping[str, str]:
        """Return the tags that begin like this, and perhaps others."""
        if not self._many and len(self._known) < _ASKED_ALONE:
            # Git finds what is below a folder without a look at the rest.
            folder = TAGS + "".join(start.rpartition("/")[:2])
            found = self._repo.refs(folder, peeled=self._peeled)
            return {name[len(TAGS) :]: sha for name, sha in found.items()}
        names, values = self._all
        found = {}
        for place in range(bisect_left(names, start), len(names)):
            if not names[place].startswith(start):
                break
            found[names[place]] = values[place]
        return found

    @cached_property
    def _all(self) -> tuple[list[str], list[str]]:
        found = sorted(self._repo.refs(TAGS, peeled=self._peeled).items())
        return [name[len(TAGS) :] for name, _ in found], [sha for _, sha in found]


def moved(before: bytes, now: bytes, loose: Iterable[str]) -> dict[str, str | None]:
    """Return where refs are now that differ between two listings, and where `loose` ones are.

    A listing has the refs in order, a line each; see `Repo.refs_listing`. None: nowhere.
    """
    lines = now.splitlines()
    there, known = (set(lines), set(before.splitlines())) if before != now else (set(), set())
    found: dict[str, str | None] = {
        _ref(line).decode("utf-8", "replace"): None for line in known - there
    }
    found.update(
        (_ref(line).decode("utf-8", "replace"), line.partition(b" ")[0].decode())
        for line in there - known
    )
    for name in loose:
        wanted = name.encode("utf-8", "surrogateescape")
        place = bisect_left(lines, wanted, key=_ref)
        if place < len(lines) and _ref(lines[place]) == wanted:
            found[name] = lines[place].partition(b" ")[0].decode()
    return found


def _ref(line: bytes) -> bytes:
    return line.rpartition(b" ")[2]
