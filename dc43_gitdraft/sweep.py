"""Drafts for all the data that a pattern names: each observed, matched to its contract, published.

A table that cannot be read, or that belongs to no contract, does not stop the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dc43_gitdraft.addresses import Address, Directory, Match
from dc43_gitdraft.batch import Adjust, Ended, Wanted, publish_all
from dc43_gitdraft.catalog import Entry
from dc43_gitdraft.desk import Desk
from dc43_gitdraft.errors import ContractError, GitdraftError
from dc43_gitdraft.model import Observation, Outcome
from dc43_gitdraft.observe import observe
from dc43_gitdraft.observe.sources import sources
from dc43_gitdraft.odcs import Contract

_log = logging.getLogger(__name__)

#: Observes one SOURCE, for the schema object of this name (None: the only one) of this contract
#: (None: it is not known, or new).
Look = Callable[[str, str | None, Contract | None], Observation]


@dataclass(frozen=True, slots=True)
class Swept:
    """What became of one SOURCE: an outcome, an error, or neither where no contract is of it."""

    source: str
    contract: str | None = None
    outcome: Outcome | None = None
    error: Exception | None = None
    observation: Observation | None = None


@dataclass(frozen=True, slots=True)
class Sweep:
    """What became of all, in the order of the SOURCEs.

    `problems` says by path which contract files could not be looked at.
    """

    rows: tuple[Swept, ...]
    problems: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a sweep: `doing` is `observing` or `publishing`, `done` counts up to `total`."""

    doing: str
    name: str
    done: int
    total: int


def draft_all(
    patterns: Sequence[str],
    desk: Desk,
    *,
    now: datetime,
    look: Look | None = None,
    adjust: Adjust = lambda policy: policy,
    new: bool = False,
    dry_run: bool = False,
    told: Callable[[Progress], None] = lambda progress: None,
) -> Sweep:
    """Draft from all that the patterns name, each for the contract that it is of.

    The contract is found by what its servers say, else by name; see `addresses.find`. `new`
    drafts first versions for data that no contract is of. `look` observes one SOURCE.

    Raises ObservationError where a pattern matches nothing, GitError where the repository cannot
    be read; what fails for one SOURCE is in the result.
    """
    names = list(dict.fromkeys(name for each in patterns for name in sources(each)))
    contents = desk.catalog().read_all()
    rounds = _Rounds(contents.entries, look or _looking(now), new)
    for done, name in enumerate(names, 1):
        told(Progress("observing", name, done, len(names)))
        rounds.see(name)
    wanted = list(rounds.wanted.values())
    done = 0

    def heard(ended: Ended) -> None:
        nonlocal done
        done += 1
        told(Progress("publishing", ended.wanted.contract, done, len(wanted)))

    results = publish_all(wanted, desk, adjust=adjust, dry_run=dry_run, told=heard)
    for name, ended in zip(rounds.wanted, results, strict=True):
        rounds.rows[name] = replace(rounds.rows[name], outcome=ended.outcome, error=ended.error)
    return Sweep(tuple(rounds.rows[name] for name in names), contents.problems)


def _looking(now: datetime) -> Look:
    return lambda source, name, contract: observe(source, now=now, object=name)


class _Rounds:
    """The SOURCEs seen so far: what became of each, and what is wanted of it."""

    def __init__(self, entries: Sequence[Entry], look: Look, new: bool) -> None:
        self.rows: dict[str, Swept] = {}
        self.wanted: dict[str, Wanted] = {}
        self._directory, self._look, self._new = Directory(entries), look, new
        self._contracts = {entry.contract.id: entry.contract for entry in entries}
        self._ids = set(self._contracts)

    def see(self, source: str) -> None:
        """Observe a SOURCE, where a contract is of it."""
        try:
            self._see(source)
        except GitdraftError as error:
            self.rows[source] = replace(self._row(source), error=error)
        except Exception as error:
            _log.exception("a bug kept %s from being observed", source)
            self.rows[source] = replace(self._row(source), error=error)

    def _row(self, source: str) -> Swept:
        return self.rows.get(source) or Swept(source)

    def _see(self, source: str) -> None:
        seen: Observation | None = None
        name = source
        if source.startswith("observation:"):
            # What a job wrote says itself of which data it is.
            seen = self._look(source, None, None)
            name = seen.dataset.id
        match, new = self._match(name, seen.object if seen else None), False
        if match is None and self._new:
            match, new = Match(self._free_id(name), None), True
            self._ids.add(match.contract)
        if match is None:
            self.rows[source] = Swept(source, observation=seen)
            return
        self.rows[source] = Swept(source, match.contract)
        seen = seen or self._look(source, match.object, self._contracts.get(match.contract))
        self.rows[source] = Swept(source, match.contract, observation=seen)
        chosen = match.object or seen.object
        self.wanted[source] = Wanted(match.contract, seen, object=chosen, new=new)

    def _match(self, name: str, said: str | None) -> Match | None:
        found = self._directory.find(Address.of(name))
        if said is not None:
            found = tuple(each for each in found if each.object in (None, said))
        if len(found) > 1:
            several = ", ".join(
                each.contract + (f" ({each.object})" if each.object else "") for each in found
            )
            raise ContractError(
                f"several contracts may be of this data: {several}; say in `servers` or "
                "`physicalName` which is"
            )
        return found[0] if found else None

    def _free_id(self, name: str) -> str:
        """Return the id of a new contract: the table's name, with what is above it where needed."""
        address = Address.of(name)
        parts = (*address.parts[:-1], address.name)
        for length in range(1, len(parts) + 1):
            free = ".".join(parts[-length:])
            if free not in self._ids:
                return free
        raise ContractError(
            f"a contract {address.name!r} exists, and its servers or names say that it is of "
            "other data: draft it by its id"
        )
