"""The promoted versions of a contract, read from their tags."""

from __future__ import annotations

from collections.abc import Iterable

from dc43_gitdraft.catalog import Catalog, Entry
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.odcs import read
from dc43_gitdraft.repo import Repo
from dc43_gitdraft.tags import Tags


class Promoted:
    """Every promoted version of a repository."""

    def __init__(self, repo: Repo, config: Config) -> None:
        self._repo = repo
        self._config = config
        self._tags = Tags(repo, config, peeled=True)

    def has(self, contract_id: str, version: str) -> bool:
        """Say whether a version has its tag."""
        return version in self._tags.of(contract_id)

    def versions(self, contract_id: str) -> list[str]:
        """Return the promoted versions of a contract, newest first."""
        return list(self._tags.of(contract_id))

    def get(self, contract_id: str, version: str, paths: Iterable[str] = ()) -> Entry:
        """Return a promoted version; `paths` are looked at first.

        Raises ContractError naming the versions that there are.
        """
        commit = self._tags.get(contract_id, version)
        if commit is None:
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
