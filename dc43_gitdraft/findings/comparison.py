"""Two contracts compared: the changes, the step that they ask for, and the one that is declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from dc43_gitdraft.changes import compare, implied_bump
from dc43_gitdraft.changes.declared import declared_bump
from dc43_gitdraft.findings import Finding, sentence
from dc43_gitdraft.model import Bump, Change, Level, Perspective
from dc43_gitdraft.odcs import Contract, Locator


@dataclass(frozen=True, slots=True)
class Side:
    """A contract, and the path of its file where people look for it."""

    contract: Contract
    path: str

    @property
    def version(self) -> str:
        """The contract's version."""
        return self.contract.version


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one contract to another."""

    old: Side
    new: Side
    changes: tuple[Change, ...]

    @classmethod
    def of(
        cls,
        old: Side,
        new: Side,
        perspective: Perspective,
        levels: Mapping[str, Level],
        today: date | None = None,
    ) -> Comparison:
        """Compare two contracts; `today` tells which removals were due."""
        documents = (old.contract.document, new.contract.document)
        changes = compare(*documents, perspective=perspective, levels=levels, today=today)
        return cls(old, new, changes)

    @property
    def implied(self) -> Bump:
        """The step that the changes ask for."""
        return implied_bump(self.changes)

    @property
    def declared(self) -> Bump | None:
        """The step between the versions; None where it is none forward."""
        return declared_bump(self.old.version, self.new.version)

    @property
    def enough(self) -> bool:
        """Whether the declared step is at least the one that the changes ask for."""
        return self.declared is not None and self.declared >= self.implied

    @property
    def worst(self) -> Level:
        """The highest level of the changes; OFF where there are none."""
        return max((change.level for change in self.changes), default=Level.OFF)

    def declaration(self) -> str:
        """Return in words whether the versions declare what changed."""
        old, new = self.old.version, self.new.version
        if self.declared is None:
            return f"{old} → {new} is no step forward of a semantic version"
        said = "enough" if self.enough else "too small"
        if self.declared is Bump.NONE:
            return f"{new} as before: {said}"
        return f"{old} → {new} is {self.declared}: {said}"

    def findings(self) -> Iterator[Finding]:
        """Yield the changes at their places: in the new file, in the old one what was removed."""
        if not self.changes:
            return
        sides = {
            gone: (side.path, Locator(side.contract.text, side.path))
            for gone, side in ((True, self.old), (False, self.new))
        }
        for change in self.changes:
            path, locate = sides[change.after is None and change.before is not None]
            yield Finding(change.rule, change.level, sentence(change), path, *locate(change.at))
