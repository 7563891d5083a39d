"""Many publications at once: one push moves all their branches, and each one fails alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from dc43_gitdraft.branch import inspect
from dc43_gitdraft.desk import Desk, Scene
from dc43_gitdraft.errors import GitdraftError, GitError, LifecycleError, StaleRefError
from dc43_gitdraft.forge import FindsTogether, Opening, OpensTogether
from dc43_gitdraft.model import Observation, Outcome, OutcomeKind, Policy, PullRequest
from dc43_gitdraft.names import one_line
from dc43_gitdraft.publish import RACES, Steps, publish, publishing
from dc43_gitdraft.repo import AT_ONCE, RefUpdate

_log = logging.getLogger(__name__)

Adjust = Callable[[Policy], Policy]

#: What a publication waits for: the pull request that was opened, nothing, or why that failed.
Got = tuple[PullRequest, bool] | Exception | None

#: After these a contract has an open draft.
_DRAFTED = {
    OutcomeKind.CREATED,
    OutcomeKind.UPDATED,
    OutcomeKind.UNCHANGED,
    OutcomeKind.BLOCKED,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One publication of a batch: what was seen, and of which contract's schema object.

    `new` allows a contract that does not exist yet.
    """

    contract: str
    observation: Observation
    object: str | None = None
    new: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How one publication of a batch ended: with an outcome, or with the error."""

    wanted: Wanted
    outcome: Outcome | None = None
    error: Exception | None = None


def publish_all(
    wanted: Iterable[Wanted],
    desk: Desk,
    *,
    adjust: Adjust = lambda policy: policy,
    dry_run: bool = False,
    told: Callable[[Ended], None] = lambda ended: None,
) -> tuple[Ended, ...]:
    """Publish many Observations; what fails does not stop the rest, a bug neither.

    All branches move in one push. Pull requests follow one by one, at the pace that their forge
    allows. `told` hears of each end as it comes; the result is in the order of `wanted`.

    Several Observations of one contract are published one after the other; where they are of
    different datasets, only one of them is drafted from.
    """
    batch = _Batch(tuple(wanted), desk, adjust, dry_run, told)
    for turn in batch.turns():
        batch.take(turn)
    return tuple(batch.ended[place] for place in range(len(batch.wanted)))


class _Batch:
    """The publications, and how those that are done ended."""

    def __init__(
        self,
        wanted: Sequence[Wanted],
        desk: Desk,
        adjust: Adjust,
        dry_run: bool,
        told: Callable[[Ended], None],
    ) -> None:
        self.wanted = wanted
        self.ended: dict[int, Ended] = {}
        self._desk, self._adjust, self._dry_run, self._told = desk, adjust, dry_run, told
        #: The datasets that open drafts are of, by contract.
        self._drafted: dict[str, str] = {}

    def turns(self) -> Iterator[list[int]]:
        """Yield places among `wanted` so that no turn holds a contract twice.

        The dataset that an open draft is of goes first, so that it keeps its place.
        """
        queues: dict[str, list[int]] = {}
        for place, each in enumerate(self.wanted):
            queues.setdefault(each.contract, []).append(place)
        for contract, queue in queues.items():
            datasets = {self.wanted[place].observation.dataset.id for place in queue}
            if len(datasets) > 1:
                standing = self._standing(contract)
                mine = [place for place in queue if self._dataset(place) == standing]
                queue[:] = [*mine, *(place for place in queue if place not in mine)]
        while queues:
            yield sorted(queue.pop(0) for queue in queues.values())
            queues = {contract: queue for contract, queue in queues.items() if queue}

    def _dataset(self, place: int) -> str:
        return one_line(self.wanted[place].observation.dataset.id)

    def _standing(self, contract: str) -> str | None:
        """Return the dataset that the contract's branch was last drafted from."""
        repo = self._desk.repo
        with suppress(GitdraftError):
            tip = repo.resolve(f"refs/heads/{self._desk.config().branch(contract)}")
            if tip is None:
                return None
            branch = inspect(repo, tip, self._desk.base_commit(), contract, self._desk.base)
            if branch.bot is not None and not branch.empty:
                return branch.bot.dataset_id
        return None

    def take(self, turn: Sequence[int]) -> None:
        """Carry these out, each contract at most once among them."""
        rest = [place for place in turn if not self._taken(place)]
        for _ in range(RACES):
            if not rest:
                return
            rest = self._attempt(rest)
            if rest:
                self._desk.repo.refresh()
        for place in rest:
            contract = self.wanted[place].contract
            said = f"other jobs moved the branch of {contract!r} {RACES} times: run again"
            self._fail(place, GitError(said))

    def _taken(self, place: int) -> bool:
        """End what would only take the place of another dataset's draft of this batch."""
        wanted = self.wanted[place]
        other = self._drafted.get(wanted.contract)
        if other is None or other == wanted.observation.dataset.id:
            return False
        try:
            foreseen = publish(
                wanted.contract,
                wanted.observation,
                self._desk,
                adjust=self._policy(wanted),
                new=wanted.new,
                dry_run=True,
            )
        except Exception as error:
            self._fail(place, error)
            return True
        if foreseen.kind in _DRAFTED:
            said = (
                f"{wanted.contract!r} is drafted from {other} in this run: decide on that first, "
                "then run again"
            )
            self._fail(place, LifecycleError(said))
        else:
            self._end(place, foreseen)
        return True

    def _attempt(self, places: Sequence[int]) -> list[int]:
        """Carry these out on one scene; return those that somebody was faster with."""
        try:
            scene = self._scene(places)
        except GitdraftError as error:
            for place in places:
                self._fail(place, error)
            return []
        running = {place: self._steps(self.wanted[place], scene) for place in places}
        lost: list[int] = []
        got: dict[int, Got] = {}
        while running:
            asked: dict[int, RefUpdate | Opening | None] = {}
            for place, steps in list(running.items()):
                try:
                    answer = got.get(place)
                    if isinstance(answer, Exception):
                        asked[place] = steps.throw(answer)
                    else:
                        asked[place] = steps.send(answer)
                    continue
                except StopIteration as end:
                    self._end(place, end.value)
                except StaleRefError as race:
                    _log.info("%s: looking again", race)
                    lost.append(place)
                except Exception as error:
                    self._fail(place, error)
                del running[place]
            got = self._carry_out(asked)
        return sorted(lost)

    def _scene(self, places: Sequence[int]) -> Scene:
        """Look at the repository as it is now, and at all that these will ask of it, together."""
        desk, scene = self._desk, Scene.of(self._desk)
        names = {self.wanted[place].contract for place in places}
        if desk.repo.url is not None:
            self._fetch(names, scene)
        if len(names) > 1 and isinstance(desk.forge, FindsTogether):
            known = desk.forge.find_all({scene.config.branch(name) for name in names})
            if known is not None:
                return replace(scene, pulls=lambda head: known.get(head, []))
        return scene

    def _fetch(self, names: Collection[str], scene: Scene) -> None:
        """Have the contracts here, as approved and as drafted: else each is fetched by itself."""
        repo = self._desk.repo
        known = scene.catalog.prepare(names)
        heads = repo.refs("refs/heads/")
        drafts = ((heads.get(f"refs/heads/{scene.config.branch(name)}"), name) for name in known)
        repo.prepare_files([(tip, path) for tip, name in drafts if tip for path in known[name]])

    def _steps(self, wanted: Wanted, scene: Scene) -> Steps:
        return publishing(
            wanted.contract,
            wanted.observation,
            scene,
            adjust=self._policy(wanted),
            new=wanted.new,
            dry_run=self._dry_run,
        )

    def _policy(self, wanted: Wanted) -> Adjust:
        def adjust(policy: Policy) -> Policy:
            chosen = self._adjust(policy)
            return chosen if wanted.object is None else replace(chosen, object=wanted.object)

        return adjust

    def _carry_out(self, asked: Mapping[int, RefUpdate | Opening | None]) -> dict[int, Got]:
        """Do what publications wait for; return what they wait for, or why it failed."""
        moves = {place: each for place, each in asked.items() if isinstance(each, RefUpdate)}
        opening = {place: each for place, each in asked.items() if isinstance(each, Opening)}
        got: dict[int, Got] = {**self._moved(moves), **self._opened(opening)}
        if len(moves) + len(opening) < len(asked):
            try:
                self._desk.repo.refresh(tags=False)
            except GitdraftError as error:
                waiting = (place for place, each in asked.items() if each is None)
                got.update(dict.fromkeys(waiting, error))
        return got

    def _opened(self, wanted: Mapping[int, Opening]) -> dict[int, Got]:
        """Open pull requests, as many at once as their forge can."""
        forge = self._desk.forge
        if isinstance(forge, OpensTogether):
            try:
                return dict(zip(wanted, forge.open_all(list(wanted.values())), strict=True))
            except Exception as error:
                return dict.fromkeys(wanted, error)
        got: dict[int, Got] = {}
        for place, opening in wanted.items():
            try:
                got[place] = opening.on(forge)
            except Exception as error:
                got[place] = error
        return got

    def _moved(self, moves: Mapping[int, RefUpdate]) -> dict[int, Got]:
        """Move the branches, by one push or, where they are very many, by few."""
        got: dict[int, Got] = {}
        places = list(moves)
        for start in range(0, len(places), AT_ONCE):
            got |= self._push({place: moves[place] for place in places[start : start + AT_ONCE]})
        return got

    def _push(self, moves: Mapping[int, RefUpdate]) -> dict[int, Exception]:
        """Move the branches, all in one push; without those that cannot move where there are any.

        Which ones these are is found by halves.
        """
        if not moves:
            return {}
        repo = self._desk.repo
        try:
            repo.push(list(moves.values()))
            return {}
        except GitdraftError as refusal:
            refused = dict.fromkeys(moves, refusal)
        if len(moves) == 1:
            return {**refused}
        try:
            repo.refresh()
        except GitdraftError:  # The repository is out of reach: not one of them can move.
            return {**refused}
        stale: dict[int, Exception] = {
            place: StaleRefError(f"{update.name} was moved")
            for place, update in moves.items()
            if repo.refs(update.name).get(update.name) != update.expected
        }
        rest = [(place, update) for place, update in moves.items() if place not in stale]
        if stale:
            return {**stale, **self._push(dict(rest))}
        middle = len(rest) // 2
        return {**self._push(dict(rest[:middle])), **self._push(dict(rest[middle:]))}

    def _end(self, place: int, outcome: Outcome) -> None:
        wanted = self.wanted[place]
        if outcome.kind in _DRAFTED:
            self._drafted[wanted.contract] = wanted.observation.dataset.id
        self._tell(place, Ended(wanted, outcome))

    def _fail(self, place: int, error: Exception) -> None:
        wanted = self.wanted[place]
        if not isinstance(error, GitdraftError):
            _log.error("a bug kept %s from being published", wanted.contract, exc_info=error)
        self._tell(place, Ended(wanted, error=error))

    def _tell(self, place: int, ended: Ended) -> None:
        self.ended[place] = ended
        self._told(ended)
