"""What jobs do in a random life, one after the other and at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import semver
from hypothesis import strategies as st
from support.model.ground import (
    CONTRACTS,
    DATA,
    HAPPENED,
    Ground,
    contracts,
    datas,
    picks,
    step,
)
from support.shop import seen

from dc43_gitdraft import lifecycle
from dc43_gitdraft.batch import Wanted, publish_all
from dc43_gitdraft.errors import ContractError, LifecycleError
from dc43_gitdraft.model import Observation, Outcome, OutcomeKind, PullRequest, PullState
from dc43_gitdraft.publish import Desk, publish

PROPOSING = (OutcomeKind.CREATED, OutcomeKind.UPDATED)


class Jobs(Ground):
    """Jobs that draft, and runs of `promote`."""

    @step(contract=contracts, data=datas, nulls=st.sampled_from([0, 0, 3]))
    def job(self, contract: str, data: str, nulls: int) -> None:
        self.last[contract] = data, nulls
        self.ran(contract, self.observed(self.desk, contract, data, nulls))

    @step(contract=contracts)
    def the_same_job_again(self, contract: str) -> bool:
        if contract not in self.last:
            return False
        self.ran(contract, self.observed(self.desk, contract, *self.last[contract]))
        return True

    @step(contract=contracts, data=datas)
    def job_that_knows_the_contract(self, contract: str, data: str) -> None:
        """It finds no contract where people removed the file, and says so."""
        self.ran(contract, self.observed(self.desk, contract, data, 0, new=False))

    @step(data=st.lists(datas, min_size=len(CONTRACTS), max_size=len(CONTRACTS)))
    def job_of_many(self, data: list[str]) -> None:
        self.ran_many(self.observed_many(self.desk, data))

    @step(contract=contracts, one=datas, other=datas)
    def two_jobs_at_once(self, contract: str, one: str, other: str) -> None:
        with ThreadPoolExecutor(2) as pool, self.another_desk() as a, self.another_desk() as b:
            runs = [
                pool.submit(self.observed, desk, contract, data, 0)
                for desk, data in ((a, one), (b, other))
            ]
            outcomes = [run.result() for run in runs]
        # One of them may have undone the other's: what stands is looked at by the invariants.
        for outcome in outcomes:
            self.never_again(contract, outcome)

    @step(
        contract=contracts,
        data=datas,
        others=st.lists(datas, min_size=len(CONTRACTS), max_size=len(CONTRACTS)),
    )
    def job_beside_a_job_of_many(self, contract: str, data: str, others: list[str]) -> None:
        with ThreadPoolExecutor(2) as pool, self.another_desk() as a, self.another_desk() as b:
            one = pool.submit(self.observed, a, contract, data, 0)
            many = pool.submit(self.observed_many, b, others)
            self.never_again(contract, one.result())
            for each, outcome in many.result().items():
                self.never_again(each, outcome)

    @step(contract=contracts, data=datas, at=picks)
    def job_beside_a_merge(self, contract: str, data: str, at: int) -> bool:
        pull = self.open_draft(at, contract)
        if pull is None or not self.passes(pull):
            return False
        with ThreadPoolExecutor(2) as pool, self.another_desk() as a, self.another_desk() as b:
            run = pool.submit(self.observed, a, contract, data, 0)
            merging = pool.submit(self.merged, b, pull.number, "merge")
            self.never_again(contract, run.result())
            merging.result()
        return True

    def open_draft(self, at: int, contract: str) -> PullRequest | None:
        """Return an open draft; where there is none, a job proposes one first."""
        found = self.pick(PullState.OPEN, at)
        if found is None:
            self.ran(contract, self.observed(self.desk, contract, "discount", 0))
            found = self.pick(PullState.OPEN, at)
        return found

    def observed(
        self, desk: Desk, contract: str, data: str, nulls: int, *, new: bool = True
    ) -> Outcome | None:
        there = self.on_base(contract)
        try:
            return publish(contract, self.sight(contract, data, nulls), desk, new=new)
        except LifecycleError:
            return None  # With a sentence for people: the invariants look at what is left.
        except ContractError:
            if new or there is not None:
                raise
            return None

    def observed_many(self, desk: Desk, data: list[str]) -> dict[str, Outcome | None]:
        wanted = [
            Wanted(contract, self.sight(contract, each, 0), new=True)
            for contract, each in zip(CONTRACTS, data, strict=True)
        ]
        ended = publish_all(wanted, desk)
        for each in ended:
            if each.error is not None and not isinstance(each.error, LifecycleError):
                raise each.error
        return {each.wanted.contract: each.outcome for each in ended}

    @staticmethod
    def sight(contract: str, data: str, nulls: int) -> Observation:
        return seen(DATA[data], dataset=f"table:{contract}", nulls={"order_id": nulls})

    def ran(self, contract: str, outcome: Outcome | None) -> None:
        self.never_again(contract, outcome)
        if outcome is None:
            return
        pull = outcome.pull_request
        if outcome.kind in PROPOSING:
            assert pull is not None
            assert pull.state is PullState.OPEN
        if outcome.kind is OutcomeKind.REJECTED:
            assert outcome.reason
        if outcome.kind is OutcomeKind.CREATED:
            assert pull is not None
            assert outcome.draft is not None
            # Else it could never be promoted.
            highest = self.known.highest(contract)
            assert not highest or semver.Version.parse(outcome.draft.version) > highest
            config = self.shop.desk.config()
            assert set(config.labels) <= set(self.desk.forge.get(pull.number).labels)
            assert len(self.pulls(PullState.OPEN)) <= (config.limits.open or len(CONTRACTS))

    def ran_many(self, outcomes: dict[str, Outcome | None]) -> None:
        for contract, outcome in outcomes.items():
            self.never_again(contract, outcome)
        opened = [each for each in outcomes.values() if each and each.kind is OutcomeKind.CREATED]
        if opened:
            most = self.shop.desk.config().limits.open
            assert len(self.pulls(PullState.OPEN)) <= (most or len(CONTRACTS))

    def never_again(self, contract: str, outcome: Outcome | None) -> None:
        """What was rejected is not proposed by itself."""
        HAPPENED[f"jobs that ended {outcome.kind.value if outcome else 'refused'}"] += 1
        if outcome is not None and outcome.kind in PROPOSING and outcome.draft is not None:
            assert (contract, outcome.draft.digest) not in self.rejected

    # -- promotion -------------------------------------------------------------------------------

    @step()
    def promote(self) -> None:
        with suppress(LifecycleError):
            lifecycle.promote(self.desk)
        before = self.shop.refs(), self.desk.forge.list(None)
        with suppress(LifecycleError):
            lifecycle.promote(self.desk)
        assert (self.shop.refs(), self.desk.forge.list(None)) == before

    @step()
    def two_promotions_at_once(self) -> None:
        with ThreadPoolExecutor(2) as pool, self.another_desk() as a, self.another_desk() as b:

            def run(desk: Desk) -> None:
                with suppress(LifecycleError):
                    lifecycle.promote(desk)

            for ended in [pool.submit(run, desk) for desk in (a, b)]:
                ended.result()
