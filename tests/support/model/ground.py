"""The ground that random lives stand on: a contracts repository, and ways to look at it."""

from __future__ import annotations

import copy
import functools
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import semver
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from support.git import git
from support.github import gitside
from support.github.world import Account
from support.shop import AGREEING, ANA, DISCOUNT, DISCOUNT_AND_TAX, ORDERS, Shop

from dc43_gitdraft import lifecycle, odcs, render, steward
from dc43_gitdraft.check import Range, check
from dc43_gitdraft.errors import LifecycleError
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.model import DataType, Document, Level, PullRequest, PullState
from dc43_gitdraft.publish import Desk
from dc43_gitdraft.repo import MergeConflict, RefUpdate, Repo

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
#: Where a contract's file may lie.
FOLDERS = ("contracts", "contracts/shop")
CONFIGS = (
    None,
    "draft-status: active\n",
    "labels: [contracts]\nbump: minor\n",
    "ignore: ['*.tax']\n",
    "limits: {open: 1}\n",
    "limits: {open: 2, per-hour: 2}\nreviewers: [zoe]\n",
    "relax: [required]\nperspective: producer\n",
    "rules: {property-removed: warning}\nlabels: [gitdraft, data]\nfirst-version: 0.1.0\n",
)
#: What came about in all lives; one where nothing does proves nothing.
HAPPENED: Counter[str] = Counter()

contracts = st.sampled_from(CONTRACTS)
datas = st.sampled_from(sorted(DATA))
picks = st.integers(0, 7)
METHODS = st.sampled_from(["merge", "squash", "rebase"])

_Step = Callable[..., bool | None]


def step(**drawn: Any) -> Callable[[_Step], Any]:
    """Make a rule whose runs are counted; it returns False where there was nothing to do."""

    def around(take: _Step) -> Any:
        @functools.wraps(take)
        def counted(self: Ground, **values: Any) -> None:
            done = take(self, **values)
            HAPPENED[f"{take.__name__}{' (idle)' if done is False else ''}"] += 1

        ruled: Any = rule  # Its overloads take no keywords that are not known by name.
        return ruled(**drawn)(counted)

    return around


def initial(contract: str) -> str:
    return ORDERS.replace("id: orders", f"id: {contract}")


def path_of(contract: str, folder: str = FOLDERS[0]) -> str:
    return f"{folder}/{contract}.odcs.yaml"


def changed(text: str, change: Callable[[Document], None]) -> str:
    """Return a contract's text as a person leaves it who changes something in it."""
    document = copy.deepcopy(odcs.read(text).document)
    change(document)
    return odcs.rewrite(text, document)


def properties(document: Document) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document["schema"][0]["properties"]
    return found


@dataclass
class Known:
    """What was seen promoted, by contract and version: the tag and the text."""

    tags: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    #: Versions whose tags people deleted: they come back.
    untagged: set[tuple[str, str]] = field(default_factory=set)

    def highest(self, contract: str) -> semver.Version | None:
        """Return the highest version of a contract that has a tag."""
        return max((semver.Version.parse(v) for c, v in self.tags if c == contract), default=None)


class Ground(RuleBasedStateMachine):
    """One contracts repository; what is done with it are its subclasses' rules."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gitdraft-model-"))
        self.around = ExitStack()
        self.around.callback(shutil.rmtree, self.folder)
        self.shop, self.desk = self.founded(
            {path_of(each): initial(each) for each in CONTRACTS[:2]}
        )
        self.known = Known()
        #: Commits of people, which nobody may lose.
        self.commits: set[str] = set()
        #: Those on the branch of an open pull request, by its number.
        self.on_draft: dict[int, set[str]] = {}
        self.rejected: set[tuple[str, str]] = set()
        #: What the last job of each contract saw.
        self.last: dict[str, tuple[str, int]] = {}
        self.words = 0
        #: Versions that jobs proposed, and those that people wrote on the base branch themselves.
        self.drafted: set[tuple[str, str]] = set()
        self.by_hand = {
            (each, str(odcs.read(initial(each)).document["version"])) for each in CONTRACTS[:2]
        }
        #: Whether commits of the base branch were ever thrown away.
        self.rewritten = False
        #: What people wrote on the base branch itself, and of it what others threw away.
        self.on_main: set[str] = set()
        self.dropped: set[str] = set()
        #: The last text of each contract's file.
        self.texts = {each: initial(each) for each in CONTRACTS}
        self.seen_refs: dict[str, str] = {}

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
        """Let the forge, and the next job, see what was pushed."""

    def merged(self, desk: Desk, number: int, method: str) -> None:
        with suppress(LifecycleError):  # A conflict, or nothing to promote: the base did not move.
            lifecycle.merge(desk, number, ANA, "squash" if method == "squash" else "merge")

    def merged_unseen(self, pull: PullRequest, method: str) -> None:
        """Merge with Git alone, where nothing settles at once."""
        repo, base = self.shop.repo, self.shop.desk.base_commit()
        head = repo.resolve(f"refs/heads/{pull.head}")
        assert head is not None
        tree = self.merged_tree(base, head)
        if tree is None:
            return
        if method == "rebase":
            made = gitside.rebase(self.shop.path, base, head, Account("ana"))
        else:
            parents = [base] if method == "squash" else [base, head]
            said = f"{pull.title}\n\n{pull.body}"
            made = repo.write_commit_tree(tree, parents, said, ANA, self.shop.desk.clock())
        if made is not None:
            repo.push([RefUpdate("refs/heads/main", made, base)])

    def closed(self, number: int) -> bool:
        """Close as a steward; say whether that rejected the draft."""
        with suppress(LifecycleError):
            lifecycle.reject(self.desk, number, "not wanted", ANA.name)
            return True
        return False

    def opened_again(self, number: int) -> bool:
        with suppress(LifecycleError):
            opened = lifecycle.reopen(self.desk, number, ANA.name)
            assert opened.state is PullState.OPEN
            return True
        return False

    def asked(self, number: int, text: str) -> None:
        """Let a steward ask for something under a pull request."""
        command = steward.parse(text)
        assert command is not None
        steward.obey(self.desk, number, command, ANA)

    # -- what people write -----------------------------------------------------------------------

    def wrote(self, branch: str, files: dict[str, str | None], message: str) -> str:
        """Commit as a person; nobody may lose it."""
        made = self.shop.write(branch, files, message)
        self.commits.add(made)
        if branch == "main":
            self.on_main.add(made)
        return made

    def merged_tree(self, one: str, other: str) -> str | None:
        """Return what Git merges without help; None where it does not."""
        repo = self.shop.repo
        tree = repo.merge(one, other) if repo.merge_base(one, other) else None
        return None if isinstance(tree, MergeConflict) else tree

    def words_of_people(self) -> str:
        self.words += 1
        return f"Word {self.words}."

    def passes(self, pull: PullRequest) -> bool:
        """Whether the required check of this pull request, on its merge, is green."""
        repo, base = self.shop.repo, self.shop.desk.base_commit()
        head = repo.resolve(f"refs/heads/{pull.head}")
        tree = self.merged_tree(base, head) if head else None
        if tree is None or head is None:
            return False
        made = repo.write_commit_tree(tree, [base, head], "Merge", ANA, self.shop.desk.clock())
        config = self.shop.desk.config()
        names = frozenset([pull.head])
        report = check(repo, Range(base, made, config, names, base=base, base_name="main"))
        return not report.reaches(Level.ERROR)

    # -- looking ---------------------------------------------------------------------------------

    def held(self, commit: str, contract: str) -> tuple[str, str] | None:
        """Return path and text of a contract's file in a commit; there is one at most."""
        places = [path_of(contract, folder) for folder in FOLDERS]
        found = [(path, self.shop.repo.read(commit, path)) for path in places]
        there = [(path, blob.decode()) for path, blob in found if blob is not None]
        assert len(there) < 2, there
        return there[0] if there else None

    def on_base(self, contract: str) -> tuple[str, str] | None:
        return self.held(self.shop.desk.base_commit(), contract)

    def on_branch(self, branch: str, contract: str) -> tuple[str, str] | None:
        tip = self.shop.repo.resolve(f"refs/heads/{branch}")
        return self.held(tip, contract) if tip else None

    def pulls(self, state: PullState) -> list[PullRequest]:
        drafts = [pull for pull in self.desk.forge.list(state) if "promote@" not in pull.head]
        return sorted(drafts, key=lambda pull: pull.number)

    def pick(self, state: PullState, at: int) -> PullRequest | None:
        found = self.pulls(state)
        return found[-1 - at % len(found)] if found else None

    def contract_of(self, pull: PullRequest) -> str:
        return pull.head.removeprefix("gitdraft/")

    def reachable(self, *refs: str) -> set[str]:
        return set(git(self.shop.path, "rev-list", *(refs or ["--all"])).split())

    def digest_of(self, pull: PullRequest) -> str | None:
        """Return what the drift is known by that a pull request tells of."""
        return render.digest_in(pull.body)
