"""The promoted versions of a contract, read from their tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from semver import Version

from dc43_gitdraft.catalog import Catalog, Entry
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.odcs import read
from dc43_gitdraft.repo import Repo

_TAGS = "refs/tags/"


class Promoted:
    """Every promoted version of a repository; the tags are listed once."""

    def __init__(self, repo: Repo, config: Config) -> None:
        self._repo = repo
        self._config = config
        self._tags: Mapping[str, str] = repo.refs(_TAGS, peeled=True)

    def has(self, contract_id: str, version: str) -> bool:
        """Say whether a version has its tag."""
        return _TAGS + self._config.tag_of(contract_id, version) in self._tags

    def versions(self, contract_id: str) -> list[str]:
        """Return the promoted versions of a contract, newest first."""
        names = (
            self._config.version_of(contract_id, ref.removeprefix(_TAGS)) for ref in self._tags
        )
        return sorted(filter(None, names), key=Version.parse, reverse=True)

    def get(self, contract_id: str, version: str, paths: Iterable[str] = ()) -> Entry:
        """Return a promoted version; `paths` are looked at first.

        Raises ContractError naming the versions that there are.
        """
        commit = self._tags.get(_TAGS + self._config.tag_of(contract_id, version))
        if commit is None or not Version.is_valid(version):
            known = self.versions(contract_id)
            said = f"promoted are {', '.join(known[:10])}" if known else "none is promoted yet"
            raise ContractError(f"there is no version {version!r} of {contract_id!r}: {said}")
        for path in paths:
            text = self._repo.read(commit, path)
            if text is not None:
                contract = read(text, where=path, validate=False)
                if contract.id == contract_id:
                    return Entry(path, contract)
        entry = Catalog(self._repo, commit, self._config).find(contract_id, validate=False)
        if entry is None:
            raise ContractError(f"the tag of {contract_id!r} {version} does not hold the contract")
        return entry
