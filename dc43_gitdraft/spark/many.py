"""Drafts for many tables in one run."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

from dc43_gitdraft.desk import now
from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.model import Observation
from dc43_gitdraft.observe import observe
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.spark.job import bump_of
from dc43_gitdraft.sweep import Progress, Sweep, draft_all
from dc43_gitdraft.workplace import Choice, Place, open_desk, run_url


def draft_tables(
    tables: str | Sequence[str],
    *,
    repo: Place | None = None,
    base: str | None = None,
    dataset_version: str | None = None,
    bump: str | None = None,
    new: bool = False,
    dry_run: bool = False,
    told: Callable[[Progress], None] = lambda progress: None,
) -> Sweep:
    """Draft for every table that a pattern such as `catalog.schema.*` names.

    The contract of each is the one whose servers, or else names, say so; `new` drafts first
    versions where there is none. All branches move in one push. What fails for one table is told
    in its row of the result, and does not stop the rest.

    Raises ConfigError without a repository, ObservationError where nothing matches, GitError where
    the repository cannot be reached.
    """
    place = repo if repo is not None else os.environ.get("GITDRAFT_REPO")
    if not place:
        raise ConfigError("the contracts repository is not named: give repo=, or set GITDRAFT_REPO")
    adjust = bump_of(bump)

    def look(source: str, name: str | None, contract: Contract | None) -> Observation:
        seen = observe(
            source, dataset_version=dataset_version, now=now(), object=name, contract=contract
        )
        return replace(seen, run_url=seen.run_url or run_url())

    names = [tables] if isinstance(tables, str) else list(tables)
    patterns = [name if name.startswith("spark:") else f"spark:{name}" for name in names]
    with open_desk(place, Choice(base=base)) as desk:
        return draft_all(
            patterns,
            desk,
            now=now(),
            look=look,
            adjust=adjust,
            new=new,
            dry_run=dry_run,
            told=told,
        )
