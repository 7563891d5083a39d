"""Random lives of a contracts repository: whatever jobs, stewards and accidents do to it, in any
order, what it promises holds after every step.

`GITDRAFT_MODEL=200x60 pytest tests/model` runs 200 lives of 60 steps, other ones each time.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import semver
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from support.git import git
from support.github import GitHub, serve
from support.github.world import RefusalError
from support.shop import AGREEING, ANA, DISCOUNT, DISCOUNT_AND_TAX, ORDERS, Shop, clock, seen

from dc43_gitdraft import lifecycle, odcs, story
from dc43_gitdraft.catalog import config_at
from dc43_gitdraft.errors import LifecycleError
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.model import DataType, Outcome, OutcomeKind, PullRequest, PullState
from dc43_gitdraft.publish import Desk, publish
from dc43_gitdraft.repo import MergeConflict, RefUpdate, Repo
from dc43_gitdraft.settle import parse_event, settle
from dc43_gitdraft.workplace import open_desk

#: The last one is only drafted: it has no file at the beginning.
CONTRACTS = ("orders", "returns", "customers")
WIDER = {**AGREEING, "amount": DataType("number", "decimal(12,2)")}
FEWER = {name: kind for name, kind in AGREEING.items() if name != "note"}
DATA = {
    "agreeing": AGREEING,
    "discount": DISCOUNT,
    "discount and tax": DISCOUNT_AND_TAX,
    "wider": WIDER,
    "without note": FEWER,
}
CONFIGS = (
    None,
    "draft-status: active\n",
    "labels: [contracts]\nbump: minor\n",
    "ignore: ['*.tax']\n",
)
#: Read now: tests run without such variables of the machine's.
ASKED = os.environ.get("GITDRAFT_MODEL")
#: What came about in all lives; one where nothing does proves nothing.
HAPPENED: Counter[str] = Counter()
PROPOSING = (OutcomeKind.CREATED, OutcomeKind.UPDATED)

contracts = st.sampled_from(CONTRACTS)
datas = st.sampled_from(sorted(DATA))
picks = st.integers(0, 7)
METHODS = st.sampled_from(["merge", "squash", "rebase"])


def path_of(contract: str) -> str:
    return f"contracts/{contract}.odcs.yaml"


def initial(contract: str) -> str:
    return ORDERS.replace("id: orders", f"id: {contract}")


@dataclass
class Known:
    """What was seen promoted, by contract and version: the tag and the text."""

    tags: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    #: The highest version of each contract that was ever promoted.
    highest: dict[str, semver.Version] = field(default_factory=dict)


class Life(RuleBasedStateMachine):
    """One contracts repository, its jobs and its people."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gitdraft-model-"))
        self.around = ExitStack()
        self.around.callback(shutil.rmtree, self.folder)
        self.shop, self.desk = self.founded(
            {path_of(each): initial(each) for each in CONTRACTS[:2]}
        )
        self.known = Known()
        #: Commits of people on drafts, which nobody may lose.
        self.commits: set[str] = set()
        self.rejected: set[tuple[str, str]] = set()
        #: What the last job of each contract saw.
        self.last: dict[str, tuple[str, int]] = {}
        self.words = 0
        #: Versions that came from jobs: their tags have to say from where.
        self.drafted: dict[tuple[str, str], str] = {}

    def teardown(self) -> None:
        if hasattr(self, "around"):
            self.around.close()

    # -- where pull requests are -----------------------------------------------------------------

    def founded(self, files: dict[str, str]) -> tuple[Shop, Desk]:
        """Make the repository; return it as people see it, and the desk of jobs."""
        shop = Shop(self.folder / "contracts.git", files)
        self.around.callback(shop.repo.close)
        return shop, shop.desk

    @contextmanager
    def another_desk(self) -> Iterator[Desk]:
        """Give the desk of another process."""
        with Repo.open(str(self.shop.path)) as repo:
            yield Desk(repo, LocalForge(repo), "main", self.shop.desk.clock)

    def pushed(self) -> None:
        """Let the forge see what people pushed."""

    def merged(self, desk: Desk, number: int, method: str) -> None:
        with suppress(LifecycleError):  # A conflict, or nothing to promote: the base did not move.
            lifecycle.merge(desk, number, ANA, "squash" if method == "squash" else "merge")

    def merged_unseen(self, pull: PullRequest, method: str) -> None:
        """Merge where nothing settles at once."""
        repo, base = self.shop.repo, self.shop.desk.base_commit()
        head = repo.resolve(f"refs/heads/{pull.head}")
        assert head is not None
        tree = repo.merge(base, head)
        if not isinstance(tree, MergeConflict):
            parents = [base] if method == "squash" else [base, head]
            said = f"{pull.title}\n\n{pull.body}"
            made = repo.write_commit_tree(tree, parents, said, ANA, self.shop.desk.clock())
            repo.push([RefUpdate("refs/heads/main", made, base)])

    def closed(self, number: int) -> bool:
        with suppress(LifecycleError):
            lifecycle.reject(self.desk, number, "not wanted", ANA.name)
            return True
        return False

    # -- jobs ----------------------------------------------------------------------------------

    @rule(contract=contracts, data=datas, nulls=st.sampled_from([0, 0, 3]))
    def job(self, contract: str, data: str, nulls: int) -> None:
        self.last[contract] = data, nulls
        self.ran(contract, self.observed(self.desk, contract, data, nulls))

    @rule(contract=contracts)
    def the_same_job_again(self, contract: str) -> None:
        if contract in self.last:
            self.job(contract, *self.last[contract])

    @rule(contract=contracts, one=datas, other=datas)
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
        self.note_drafted()

    @rule(contract=contracts, data=datas, at=picks)
    def job_beside_a_merge(self, contract: str, data: str, at: int) -> None:
        pull = self.pick(PullState.OPEN, at)
        if pull is None:
            return
        with ThreadPoolExecutor(2) as pool, self.another_desk() as a, self.another_desk() as b:
            run = pool.submit(self.observed, a, contract, data, 0)
            merging = pool.submit(self.merged, b, pull.number, "merge")
            self.never_again(contract, run.result())
            merging.result()
        self.note_drafted()

    def observed(self, desk: Desk, contract: str, data: str, nulls: int) -> Outcome | None:
        there = self.shop.repo.resolve("refs/heads/main")
        assert there is not None
        try:
            return publish(
                contract,
                seen(DATA[data], dataset=f"table:{contract}", nulls={"order_id": nulls}),
                desk,
                new=contract == CONTRACTS[2],
            )
        except LifecycleError:
            return None  # With a sentence for people: the invariants look at what is left.

    def ran(self, contract: str, outcome: Outcome | None) -> None:
        self.never_again(contract, outcome)
        if outcome is not None and outcome.kind in PROPOSING:
            assert outcome.pull_request is not None
            assert outcome.pull_request.state is PullState.OPEN
        if outcome is not None and outcome.kind is OutcomeKind.REJECTED:
            assert outcome.reason
        self.note_drafted()

    def never_again(self, contract: str, outcome: Outcome | None) -> None:
        """What was rejected is not proposed by itself."""
        HAPPENED[f"jobs that ended {outcome.kind.value if outcome else 'refused'}"] += 1
        if outcome is not None and outcome.kind in PROPOSING and outcome.draft is not None:
            assert (contract, outcome.draft.digest) not in self.rejected

    def note_drafted(self) -> None:
        for pull in self.pulls(PullState.OPEN):
            contract = self.contract_of(pull)
            entry = self.desk.catalog(pull.head_sha).find(contract, validate=False)
            if entry is not None:
                version = str(entry.contract.document.get("version"))
                self.drafted[contract, version] = pull.head

    # -- people --------------------------------------------------------------------------------

    @rule(at=picks)
    def edit_a_draft(self, at: int) -> None:
        pull = self.pick(PullState.OPEN, at)
        if pull is None or not self.shop.repo.resolve(f"refs/heads/{pull.head}"):
            return
        contract = self.contract_of(pull)
        text = self.shop.text(pull.head, path_of(contract))
        self.words += 1
        edited = f"# A word, {self.words}.\n{text}"
        self.commits.add(self.shop.write(pull.head, {path_of(contract): edited}, "Say more"))

    @rule(at=picks, method=METHODS)
    def merge(self, at: int, method: str) -> None:
        pull = self.pick(PullState.OPEN, at)
        if pull is not None:
            self.merged(self.desk, pull.number, method)

    @rule(at=picks, method=METHODS)
    def merge_unseen(self, at: int, method: str) -> None:
        """No rehearsal, and no promotion until somebody runs it."""
        pull = self.pick(PullState.OPEN, at)
        if pull is not None and self.shop.repo.resolve(f"refs/heads/{pull.head}"):
            self.merged_unseen(pull, method)

    @rule(at=picks)
    def reject(self, at: int) -> None:
        pull = self.pick(PullState.OPEN, at)
        if pull is None:
            return
        contract, digest = self.contract_of(pull), self.digest_of(pull)
        if self.closed(pull.number):
            assert self.desk.forge.get(pull.number).state is PullState.CLOSED
            if digest:
                HAPPENED["drifts rejected"] += 1
                self.rejected.add((contract, digest))

    @rule(at=picks)
    def reopen(self, at: int) -> None:
        pull = self.pick(PullState.CLOSED, at)
        if pull is None:
            return
        digest = self.digest_of(pull)
        with suppress(LifecycleError):
            opened = lifecycle.reopen(self.desk, pull.number, ANA.name)
            assert opened.state is PullState.OPEN
            if digest:
                self.rejected.discard((self.contract_of(pull), digest))

    @rule(contract=contracts)
    def edit_the_base(self, contract: str) -> None:
        """A comment: the contract says the same, and its version stays."""
        text = self.base_text(contract)
        if text is not None:
            self.words += 1
            edited = text.rstrip("\n") + f"\n# Of the base, {self.words}.\n"
            self.shop.write("main", {path_of(contract): edited}, "Note on the base")

    @rule(contract=contracts)
    def release_by_hand(self, contract: str) -> None:
        """A person's own next version, described and bumped, straight on the base branch."""
        text = self.base_text(contract)
        if text is None:
            return
        found = odcs.read(text)
        version = semver.Version.parse(str(found.document["version"]))
        newest = max(version, self.known.highest.get(contract, version))
        self.words += 1
        document = {
            **found.document,
            "version": str(newest.bump_patch()),
            "status": "active",
            "description": {"purpose": f"Word {self.words}."},
        }
        self.shop.write(
            "main", {path_of(contract): odcs.rewrite(text, document)}, "Release by hand"
        )

    @rule(text=st.sampled_from(CONFIGS))
    def change_the_settings(self, text: str | None) -> None:
        there = self.shop.repo.read(self.shop.desk.base_commit(), ".gitdraft.yaml")
        if text is None and there is None:
            return
        self.shop.write("main", {".gitdraft.yaml": text}, "Change the settings")

    @rule(at=picks)
    def delete_a_branch(self, at: int) -> None:
        found = sorted(ref for ref in self.shop.refs() if ref.startswith("refs/heads/gitdraft/"))
        if found:
            ref = found[at % len(found)]
            tip = self.shop.refs()[ref]
            self.shop.repo.push([RefUpdate(ref, None, tip)])
            self.pushed()
            # Their owner threw them away, unless the pull request's record has them.
            self.commits &= self.reachable()

    @rule(at=picks)
    def delete_a_tag(self, at: int) -> None:
        found = sorted(self.known.tags)
        if found:
            contract, version = found[at % len(found)]
            ref = f"refs/tags/{contract}/v{version}"
            self.shop.repo.push([RefUpdate(ref, None, self.shop.refs()[ref])])
            self.pushed()
            del self.known.tags[contract, version]

    # -- promotion -----------------------------------------------------------------------------

    @rule()
    def promote(self) -> None:
        with suppress(LifecycleError):
            lifecycle.promote(self.desk)
        before = self.shop.refs()
        with suppress(LifecycleError):
            lifecycle.promote(self.desk)
        assert self.shop.refs() == before

    @rule()
    def two_promotions_at_once(self) -> None:
        with ThreadPoolExecutor(2) as pool, self.another_desk() as a, self.another_desk() as b:

            def run(desk: Desk) -> None:
                with suppress(LifecycleError):
                    lifecycle.promote(desk)

            for ended in [pool.submit(run, desk) for desk in (a, b)]:
                ended.result()

    # -- what always holds ---------------------------------------------------------------------

    @invariant()
    def the_promises_hold(self) -> None:
        HAPPENED["steps"] += 1
        self.the_base_branch_is_valid()
        self.promoted_versions_rise_and_never_change()
        self.promoted_drafts_say_where_they_came_from()
        self.a_contract_has_one_open_pull_request()
        self.no_commit_of_people_is_lost()

    def the_base_branch_is_valid(self) -> None:
        base = self.shop.desk.base_commit()
        config_at(self.shop.repo, base)
        for contract in CONTRACTS:
            text = self.base_text(contract)
            if text is not None:
                assert odcs.read(text).document["id"] == contract

    def promoted_versions_rise_and_never_change(self) -> None:
        refs = self.shop.refs()
        found: dict[tuple[str, str], str] = {}
        for ref, target_ in refs.items():
            if ref.startswith("refs/tags/"):
                contract, _, version = ref.removeprefix("refs/tags/").partition("/v")
                assert contract in CONTRACTS
                found[contract, version] = target_
        for key, (tag, text) in self.known.tags.items():
            assert found.get(key) == tag, key
            assert self.at_tag(*key) == text
        for key in sorted(found.keys() - self.known.tags.keys()):
            contract, version = key
            text = self.at_tag(*key)
            document = odcs.read(text).document
            assert (document["id"], document["version"]) == key
            assert document["status"] != "draft"
            number = semver.Version.parse(version)
            # One whose tag was deleted comes back; any other is a new one, and higher.
            assert number >= self.known.highest.get(contract, number), key
            self.known.highest[contract] = number
            self.known.tags[key] = (found[key], text)
            HAPPENED["versions promoted"] += 1

    def a_contract_has_one_open_pull_request(self) -> None:
        heads = [pull.head for pull in self.pulls(PullState.OPEN)]
        assert len(heads) == len(set(heads))

    def no_commit_of_people_is_lost(self) -> None:
        assert self.commits <= self.reachable()

    def promoted_drafts_say_where_they_came_from(self) -> None:
        for contract in {contract for contract, _ in self.known.tags}:
            history = story.history(self.desk, contract)
            versions = {each.version: each for each in history.versions}
            assert sorted(versions) == sorted(v for c, v in self.known.tags if c == contract)
            for version, each in versions.items():
                text = self.known.tags[contract, version][1]
                if (contract, version) in self.drafted and "purpose: Word" not in text:
                    assert each.provenance is not None, (contract, version)
                    assert each.provenance.dataset_id == f"table:{contract}", (contract, version)

    # -- looking -------------------------------------------------------------------------------

    def base_text(self, contract: str) -> str | None:
        blob = self.shop.repo.read(self.shop.desk.base_commit(), path_of(contract))
        return None if blob is None else blob.decode()

    def at_tag(self, contract: str, version: str) -> str:
        return self.shop.text(f"refs/tags/{contract}/v{version}", path_of(contract))

    def pulls(self, state: PullState) -> list[PullRequest]:
        drafts = [pull for pull in self.desk.forge.list(state) if "promote@" not in pull.head]
        return sorted(drafts, key=lambda pull: pull.number)

    def pick(self, state: PullState, at: int) -> PullRequest | None:
        found = self.pulls(state)
        return found[-1 - at % len(found)] if found else None

    def contract_of(self, pull: PullRequest) -> str:
        return pull.head.removeprefix("gitdraft/")

    def reachable(self) -> set[str]:
        return set(git(self.shop.path, "rev-list", "--all").split())

    def digest_of(self, pull: PullRequest) -> str | None:
        """Return the digest of a draft that nobody edited."""
        said = "--format=%(trailers:key=Draft-Digest,valueonly)"
        return git(self.shop.path, "log", "-1", said, pull.head_sha).strip() or None


class SeenShop(Shop):
    """The bare repository of a GitHub, which takes notice of what people push to it."""

    def __init__(self, github: GitHub) -> None:
        self.github, self.path = github, github.path
        self.repo = Repo.open(str(self.path))
        self.desk = Desk(self.repo, LocalForge(self.repo), "main", clock())

    def write(self, branch: str, files: Mapping[str, str | None], message: str = "Edit") -> str:
        made = super().write(branch, files, message)
        self.github.pushed()
        return made


class LifeOnGitHub(Life):
    """The same on GitHub: people decide on its pages, and workflows settle."""

    def founded(self, files: dict[str, str]) -> tuple[Shop, Desk]:
        self.github = self.around.enter_context(serve(self.folder / "github", files=files))
        environment = {
            "GITHUB_SERVER_URL": self.github.web,
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_TOKEN": self.github.token("bot"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
        }
        patch = self.around.enter_context(pytest.MonkeyPatch.context())
        for name, value in environment.items():
            patch.setenv(name, value)
        shop = SeenShop(self.github)
        self.around.callback(shop.repo.close)
        return shop, self.around.enter_context(open_desk(self.github.url))

    @contextmanager
    def another_desk(self) -> Iterator[Desk]:
        with open_desk(self.github.url) as desk:
            yield desk

    def pushed(self) -> None:
        self.github.pushed()
        self.desk.repo.refresh()

    def merged(self, desk: Desk, number: int, method: str) -> None:
        if self.decided(lambda: self.github.merge(number, method)):
            self.settled("closed", desk)

    def merged_unseen(self, pull: PullRequest, method: str) -> None:
        self.decided(lambda: self.github.merge(pull.number, method))
        self.desk.repo.refresh()

    def closed(self, number: int) -> bool:
        self.github.close(number, comment="not wanted")
        self.settled("closed", self.desk)
        return True

    def decided(self, deciding: Callable[[], object]) -> bool:
        """Whether GitHub let a person do it."""
        try:
            deciding()
        except RefusalError:
            return False
        return True

    def settled(self, action: str, desk: Desk) -> None:
        """Run what the workflow runs."""
        desk.repo.refresh()
        event = json.dumps(self.github.event("pull_request", action)).encode()
        with suppress(LifecycleError):
            settle(desk, parse_event(event, "event.json"))
        self.desk.repo.refresh()


@pytest.mark.parametrize(("life", "share"), [(Life, 1), (LifeOnGitHub, 3)])
def test_whatever_happens_the_promises_hold(life: type[Life], share: int) -> None:
    lives, steps = map(int, ASKED.split("x")) if ASKED else (12, 25)
    lives = max(1, lives // share)  # On GitHub, a step takes longer.
    HAPPENED.clear()
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=lives,
            stateful_step_count=steps,
            deadline=None,
            derandomize=ASKED is None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink] if ASKED else [Phase.generate],
        ),
    )
    print(f"{lives} {life.__name__}: {dict(sorted(HAPPENED.items()))}")
    for what in ("versions promoted", "jobs that ended created"):
        assert HAPPENED[what], HAPPENED
