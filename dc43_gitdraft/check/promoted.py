"""The promoted versions of a contract, read from their tags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from semver import Version

from dc43_gitdraft import provenance
from dc43_gitdraft.catalog import Catalog, Entry
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.odcs import read
from dc43_gitdraft.repo import Repo
from dc43_gitdraft.tags import TAGS, Tags


@dataclass(frozen=True, slots=True)
class PromotedVersion:
    """A promoted version; `sha` is the object that its tag is, and `tag` the tag's name."""

    contract: str
    version: str
    tag: str
    sha: str


class Promoted:
    """Every promoted version of a repository."""

    def __init__(self, repo: Repo, config: Config) -> None:
        self._repo = repo
        self._config = config
        self._tags = Tags(repo, config, peeled=True)

    def everything(self, catalog: Catalog) -> list[PromotedVersion]:
        """Return every promoted version, by contract and version.

        `catalog` knows the ids of the contracts whose tags do not tell them: people made those.
        """
        objects = {ref.removeprefix(TAGS): sha for ref, sha in self._repo.refs(TAGS).items()}
        found, rest = [], []
        for name, tag in zip(objects, self._repo.tags(list(objects)), strict=True):
            said = provenance.parse(tag.message) if tag else None
            version = said and self._config.version_of(said.contract_id, name)
            if said and version:
                found.append(PromotedVersion(said.contract_id, version, name, objects[name]))
            else:
                rest.append(name)
        for entry in catalog.read_all().entries if rest else ():
            for name in rest:
                version = self._config.version_of(entry.contract.id, name)
                if version:
                    found.append(PromotedVersion(entry.contract.id, version, name, objects[name]))
        return sorted(found, key=lambda each: (each.contract, Version.parse(each.version)))

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
