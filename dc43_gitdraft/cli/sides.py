"""The contracts that `diff` is given: a file, REV:PATH, or ID@VERSION."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from dc43_gitdraft.catalog import config_at
from dc43_gitdraft.check import Promoted, find_base
from dc43_gitdraft.cli.options import Common
from dc43_gitdraft.cli.workspace import split_version
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import ConfigError, ContractError
from dc43_gitdraft.findings.comparison import Side
from dc43_gitdraft.odcs import read
from dc43_gitdraft.repo import Repo
from dc43_gitdraft.workplace import token_for


class Shelf:
    """Where contracts are found: the file system, and the repository where there is one."""

    def __init__(self, repo: Repo | None, base: str | None) -> None:
        self._repo = repo
        self._base = base

    @cached_property
    def config(self) -> Config:
        """The settings of the base branch; the defaults without a repository."""
        if self._repo is None:
            return Config()
        try:
            return config_at(self._repo, find_base(self._repo, self._base))
        except ConfigError as error:
            # Two files can be compared beside a repository without any commit.
            if self._base is not None or error.where is not None:
                raise
            return Config()

    @cached_property
    def promoted(self) -> Promoted:
        """The promoted versions; ConfigError where there is no repository."""
        return Promoted(self.repo, self.config)

    @property
    def repo(self) -> Repo:
        """The repository; ConfigError where there is none."""
        if self._repo is None:
            raise ConfigError("this is in no Git repository: name one with --repo")
        return self._repo

    def get(self, side: str) -> Side:
        """Return what a side names; ContractError says what it cannot be."""
        path = Path(side)
        if path.is_file():
            try:
                return Side(read(path.read_bytes(), where=side), side)
            except OSError as error:
                raise ContractError(f"cannot be read: {error.strerror}", where=side) from error
        contract_id, version = split_version(side)
        if version is not None:
            entry = self.promoted.get(contract_id, version)
            return Side(entry.contract, entry.path)
        if ":" not in side:
            raise ContractError(
                "there is no such file: give a file, REV:PATH, or ID@VERSION", where=side
            )
        return self._in_commit(side)

    def _in_commit(self, side: str) -> Side:
        revision, _, path = side.partition(":")
        commit = self.repo.resolve(revision)
        if commit is None:
            raise ContractError(f"there is no commit {revision!r} here", where=side)
        text = self.repo.read(commit, path)
        if text is None:
            raise ContractError(f"{revision} holds no file {path!r}", where=side)
        return Side(read(text, where=side), path)


@contextmanager
def open_shelf(options: Common) -> Iterator[Shelf]:
    """Open the repository that the options name, or the one around here if there is one."""
    try:
        where = options.repo or "."
        repo = Repo.open(where, token_for(where, options.api_url))
    except ConfigError:
        if options.repo is not None:
            raise
        yield Shelf(None, options.base)
        return
    with repo:
        yield Shelf(repo, options.base)
