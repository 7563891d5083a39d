from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator
from multiprocessing.queues import Queue
from pathlib import Path

import pytest
from support.forge_contract import HEAD, WHEN, Desk, ForgeContract
from support.git import (
    commit_on,
    files_snapshot,
    git,
    make_bare,
    make_repo,
    refs_snapshot,
)

from dc43_gitdraft.errors import ConfigError, GitError, LifecycleError
from dc43_gitdraft.forge import connect, names
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.model import PullState
from dc43_gitdraft.repo import BOT, Identity, RefUpdate, Repo

ANA = Identity("Ana Steward", "ana@example.org")
MAIN = "refs/heads/main"
TRAILERS = "Contract-Id: orders\nDraft-Version: 1.3.0"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return make_bare(tmp_path / "r.git", {"README.md": "contracts\n"})


def desk_of(repo: Repo) -> Desk:
    forge = LocalForge(repo)

    def merge(number: int) -> str:
        sha = forge.merge(number, actor=ANA, when=WHEN).merge_sha
        assert sha is not None
        return sha

    return Desk(forge, repo, merge)


@pytest.fixture
def desk(bare: Path) -> Iterator[Desk]:
    with Repo.open(str(bare)) as repo:
        yield desk_of(repo)


@pytest.fixture
def forge(desk: Desk) -> LocalForge:
    assert isinstance(desk.forge, LocalForge)
    return desk.forge


class TestOnDisk(ForgeContract):
    pass


class TestBehindAUrl(ForgeContract):
    @pytest.fixture(params=["full", "blobless"])
    def desk(self, bare: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
        git(bare, "config", "uploadpack.allowFilter", str(request.param == "blobless"))
        with Repo.open(f"file://{bare}") as repo:
            yield desk_of(repo)


class TestInAWorkTree(ForgeContract):
    @pytest.fixture
    def desk(self, tmp_path: Path) -> Iterator[Desk]:
        root = make_repo(tmp_path / "r", {"README.md": "x"}, object_format="sha256")
        (root / "mine.txt").write_text("untracked\n")
        with Repo.open(str(root)) as repo:
            yield desk_of(repo)
        status = git(root, "status", "--porcelain")
        assert status == "?? mine.txt"


def test_it_is_found_by_its_name(desk: Desk) -> None:
    assert "local" in names()
    assert isinstance(connect("local", desk.repo), LocalForge)
    with pytest.raises(ConfigError, match="did you mean 'local'"):
        connect("locl", desk.repo)


def test_the_address_is_the_repository_and_the_number(desk: Desk, bare: Path) -> None:
    desk.commit()
    assert desk.opened().url == f"{bare}#1"


def test_its_refs_move_together(desk: Desk, bare: Path) -> None:
    desk.commit()
    desk.opened()
    refs = refs_snapshot(bare)
    record, standing = "refs/gitdraft/pulls/1", "refs/gitdraft/open/gitdraft/orders"
    assert set(refs) == {MAIN, f"refs/heads/{HEAD}", record, standing}
    assert refs[record] == refs[standing]
    desk.forge.update(1, state=PullState.CLOSED)
    assert set(refs_snapshot(bare)) == {MAIN, f"refs/heads/{HEAD}", record}


def test_a_record_keeps_every_head_it_had(desk: Desk, forge: LocalForge, bare: Path) -> None:
    first = desk.commit()
    desk.opened()
    # The branch is made anew, as it is after its base moved.
    desk.delete()
    second = desk.commit(content="more")
    desk.forge.update(1, state=PullState.CLOSED)
    desk.delete()
    git(bare, "gc", "-q", "--prune=now")
    git(bare, "fsck", "--strict")
    assert [commit.parents[-1] for commit in forge.audit(1)] == [second, first]
    assert git(bare, "cat-file", "-t", first) == git(bare, "cat-file", "-t", second) == "commit"


def test_all_records_begin_with_one_empty_commit(desk: Desk, bare: Path) -> None:
    for n in (1, 2):
        desk.commit(f"b{n}", f"{n}.txt")
        desk.opened(f"b{n}")
        desk.forge.update(n, title="New")
    roots = {git(bare, "rev-parse", f"refs/gitdraft/pulls/{n}~2") for n in (1, 2)}
    assert len(roots) == 1
    assert git(bare, "ls-tree", *roots) == ""
    assert git(bare, "ls-tree", "--name-only", "refs/gitdraft/pulls/1") == "record.json"


@pytest.fixture
def strict(bare: Path) -> Path:
    """Give a repository as some hosts have: refs/pull/ is theirs, hidden and refused."""
    git(bare, "update-ref", "refs/pull/4/head", MAIN)
    git(bare, "config", "receive.hideRefs", "refs/pull")
    git(bare, "config", "uploadpack.hideRefs", "refs/pull")
    hook = bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nif grep -q ' refs/pull/'; then echo 'GH: no' >&2; exit 1; fi\n")
    hook.chmod(0o755)
    return bare


class TestAtAHostThatKeepsItsPullRequestsToItself(ForgeContract):
    @pytest.fixture
    def desk(self, strict: Path) -> Iterator[Desk]:
        with Repo.open(f"file://{strict}") as repo:
            yield desk_of(repo)


def test_such_a_host_keeps_a_pull_request_through_its_life(strict: Path) -> None:
    """Each step is another run's, with a clone of its own."""
    url = f"file://{strict}"
    before = git(strict, "rev-parse", "refs/pull/4/head")
    with Repo.open(url) as repo:
        first = desk_of(repo).commit()
        assert desk_of(repo).opened().number == 1
    with Repo.open(url) as repo:
        head = desk_of(repo).commit(name="b.txt")
        assert LocalForge(repo).update(1, title="New").head_sha == head
    with Repo.open(url) as repo:
        LocalForge(repo).update(1, state=PullState.CLOSED, reason="no")
        desk_of(repo).delete()
    git(strict, "gc", "-q", "--prune=now")
    with Repo.open(url) as repo:
        assert repo.resolve(first) is not None
        pull = LocalForge(repo).update(1, state=PullState.OPEN)
        assert (pull.state, pull.head_sha) == (PullState.OPEN, head)
    assert refs_snapshot(strict)[f"refs/heads/{HEAD}"] == head
    with Repo.open(url) as repo:
        LocalForge(repo).merge(1, actor=ANA, when=WHEN)
        told = [commit.subject for commit in LocalForge(repo).audit(1)]
        assert told == [
            "Merge #1", "Reopen #1", "Close #1", "Update #1: title, head sha",
            "Open #1: orders 1.3.0",
        ]  # fmt: skip
    refs = refs_snapshot(strict)
    assert set(refs) == {
        MAIN, f"refs/heads/{HEAD}", "refs/gitdraft/pulls/1", "refs/pull/4/head",
    }  # fmt: skip
    assert refs["refs/pull/4/head"] == before
    assert git(strict, "show", "main:b.txt") == "x"


def test_every_change_is_on_record(desk: Desk, forge: LocalForge, bare: Path) -> None:
    desk.commit()
    desk.opened()
    forge.update(1, title="New", add_labels=["x"], actor="the bot", when=WHEN)
    forge.update(1, state=PullState.CLOSED, reason="no", actor="ana", when=WHEN)
    forge.update(1, state=PullState.OPEN, actor="bob", when=WHEN)
    forge.merge(1, actor=ANA, when=WHEN)
    told = [(commit.author.name, commit.subject) for commit in forge.audit(1)]
    assert told == [
        ("Ana Steward", "Merge #1"),
        ("bob", "Reopen #1"),
        ("ana", "Close #1"),
        ("the bot", "Update #1: title, labels"),
        ("the bot", "Open #1: orders 1.3.0"),
    ]
    shown = git(bare, "show", "refs/gitdraft/pulls/1~2:record.json")
    assert json.loads(shown)["reason"] == "no"


def test_what_changes_nothing_writes_nothing(desk: Desk, bare: Path) -> None:
    desk.commit()
    pull = desk.opened()
    before = refs_snapshot(bare)
    assert desk.forge.update(1, title=pull.title, add_labels=[], remove_labels=["z"]) == pull
    assert desk.opened() == pull
    assert refs_snapshot(bare) == before


def test_the_same_comment_is_not_added_twice(desk: Desk, forge: LocalForge) -> None:
    desk.commit()
    desk.opened()
    for text in ("One", "One", "Two\n", "Two"):
        forge.update(1, comment=text, actor="ana", when=WHEN)
    assert [(comment.body, comment.author) for comment in forge.comments(1)] == [
        ("One", "ana"),
        ("Two\n", "ana"),
    ]


def test_a_decision_tells_who_and_when(desk: Desk, forge: LocalForge) -> None:
    desk.commit()
    desk.opened()
    pull = forge.update(1, state=PullState.CLOSED, reason="no", actor="ana", when=WHEN)
    assert (pull.decided_by, pull.decided_at, pull.author) == ("ana", WHEN, "the bot")
    # A reason that comes later is kept.
    assert forge.update(1, state=PullState.CLOSED, reason="late", actor="bob").reason == "late"


def write_draft(desk: Desk, message: str, name: str = "a.txt", content: bytes = b"x") -> str:
    ref = f"refs/heads/{HEAD}"
    tip = desk.repo.resolve(ref)
    parent = tip or desk.repo.resolve(MAIN)
    assert parent is not None
    sha = desk.repo.write_commit([parent], {name: content}, message, BOT, WHEN)
    desk.repo.push([RefUpdate(ref, sha, tip)])
    return sha


def test_a_merge_commit_joins_both_and_keeps_the_trailers(
    desk: Desk, forge: LocalForge, bare: Path
) -> None:
    head = write_draft(desk, f"Draft\n\nBody\n\n{TRAILERS}\n")
    forge.open(HEAD, "main", "orders 1.3.0:\n add x", "Body")
    base = commit_on(bare, "main", {"other.txt": "x"})
    pull = forge.merge(1, actor=ANA, when=WHEN)
    assert pull.merge_sha == desk.repo.resolve(MAIN)
    assert pull.merge_sha is not None
    commit = desk.repo.commit(pull.merge_sha)
    assert commit.parents == (base, head)
    assert (commit.author, commit.committer, commit.authored_at) == (ANA, ANA, WHEN)
    assert commit.message == f"Merge pull request #1: orders 1.3.0: add x\n\n{TRAILERS}\n"
    assert {"a.txt", "other.txt"} < {entry.path for entry in desk.repo.entries(MAIN)}
    assert (pull.decided_by, pull.decided_at) == ("Ana Steward", WHEN)


def test_a_squash_has_one_parent_and_the_trailers(desk: Desk, forge: LocalForge) -> None:
    base = desk.repo.resolve(MAIN)
    write_draft(desk, f"Draft\n\n{TRAILERS}\n")
    write_draft(desk, "Steward's edit\n\nWhy: not\n\nreally a paragraph.\n", "b.txt")
    forge.open(HEAD, "main", "orders", "Body")
    sha = forge.merge(1, method="squash", actor=ANA, when=WHEN).merge_sha
    assert sha is not None
    commit = desk.repo.commit(sha)
    assert commit.parents == (base,)
    assert commit.message == f"Merge pull request #1: orders\n\n{TRAILERS}\n"


def test_a_merge_without_trailers_has_none(desk: Desk, forge: LocalForge) -> None:
    desk.commit()
    desk.opened()
    sha = forge.merge(1, actor=ANA).merge_sha
    assert sha is not None
    assert desk.repo.commit(sha).message == "Merge pull request #1: orders 1.3.0\n"


def test_a_conflict_names_the_files_and_moves_nothing(
    desk: Desk, forge: LocalForge, bare: Path
) -> None:
    desk.commit()
    desk.opened()
    commit_on(bare, "main", {"a.txt": "other\n"})
    before = refs_snapshot(bare)
    with pytest.raises(LifecycleError, match=r"#1 conflicts with 'main' in a\.txt"):
        forge.merge(1, actor=ANA)
    assert refs_snapshot(bare) == before


@pytest.mark.parametrize("state", ["closed", "merged"])
def test_what_is_decided_is_not_merged(
    desk: Desk, forge: LocalForge, bare: Path, state: str
) -> None:
    desk.commit()
    desk.opened()
    if state == "closed":
        forge.update(1, state=PullState.CLOSED)
    else:
        forge.merge(1)
    before = refs_snapshot(bare)
    with pytest.raises(LifecycleError, match=f"#1 is {state}"):
        forge.merge(1)
    assert refs_snapshot(bare) == before


def test_an_unknown_way_to_merge_is_refused(desk: Desk, forge: LocalForge) -> None:
    desk.commit()
    desk.opened()
    with pytest.raises(LifecycleError, match="merge or squash"):
        forge.merge(1, method="rebase")


def test_what_somebody_merged_by_hand_is_recorded_as_merged(
    desk: Desk, forge: LocalForge, bare: Path
) -> None:
    sha = desk.commit()
    desk.opened()
    git(bare, "update-ref", MAIN, sha)
    pull = forge.merge(1, actor=ANA)
    assert (pull.state, pull.merge_sha) == (PullState.MERGED, sha)
    assert refs_snapshot(bare)[MAIN] == sha


@pytest.mark.parametrize("how", ["squash", "cherry-pick"])
def test_what_somebody_brought_over_by_hand_is_recorded_as_merged(
    desk: Desk, forge: LocalForge, bare: Path, how: str
) -> None:
    commit_on(bare, "main", {"other.txt": "x\n"})
    desk.commit(name="a.txt")
    if how == "squash":
        desk.commit(name="b.txt")
    desk.opened()
    names = ["a.txt", "b.txt"][: 1 if how == "cherry-pick" else 2]
    base = commit_on(bare, "main", dict.fromkeys(names, "x"), "orders 1.3.0 (#1)")
    pull = forge.merge(1, actor=ANA)
    assert (pull.state, pull.merge_sha) == (PullState.MERGED, base)
    assert refs_snapshot(bare)[MAIN] == base


def test_a_branch_that_is_gone_can_still_be_merged(desk: Desk, forge: LocalForge) -> None:
    desk.commit()
    desk.opened()
    desk.delete()
    assert forge.get(1).state is PullState.OPEN
    forge.merge(1, actor=ANA)
    assert desk.repo.read(MAIN, "a.txt") == b"x"


def test_a_merge_into_a_checked_out_branch_brings_its_work_tree_along(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "w", {"README.md": "x"})
    with Repo.open(str(root)) as repo:
        desk = desk_of(repo)
        desk.commit()
        desk.opened()
        (root / "a.txt").write_text("mine\n")
        before = refs_snapshot(root), files_snapshot(root)
        with pytest.raises(LifecycleError, match=r"uncommitted changes to a\.txt"):
            desk.merge(1)
        assert (refs_snapshot(root), files_snapshot(root)) == before
        (root / "a.txt").unlink()
        desk.merge(1)
    assert (root / "a.txt").read_text() == "x"
    assert git(root, "status", "--porcelain") == ""


def test_what_is_there_is_said_for_an_unknown_number(desk: Desk, forge: LocalForge) -> None:
    with pytest.raises(LifecycleError, match=r"no pull request #1 .* there is none yet"):
        forge.get(1)
    desk.commit()
    desk.opened()
    with pytest.raises(LifecycleError, match="there is only #1"):
        forge.get(2)
    desk.commit("other", "b")
    desk.opened("other")
    with pytest.raises(LifecycleError, match="there are #1 to #2"):
        forge.get(3)


def _not_json(record: str) -> str:
    return record[:-20]


def _not_ours(record: str) -> str:
    return "[]"


def _no_title(record: str) -> str:
    return record.replace('"title"', '"titel"')


def _odd_state(record: str) -> str:
    return record.replace('"open"', '"ajar"')


def _newer(record: str) -> str:
    return record.replace('"format": 1', '"format": 2')


def _other_number(record: str) -> str:
    return record.replace('"number": 1', '"number": 7')


def _naive(record: str) -> str:
    return record.replace("+00:00", "")


def _number_as_text(record: str) -> str:
    return record.replace('"number": 1', '"number": "1"')


DAMAGE = [
    _not_json, _not_ours, _no_title, _odd_state, _newer, _other_number, _naive, _number_as_text,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__[1:])
def test_a_damaged_record_is_named(
    desk: Desk, forge: LocalForge, damage: Callable[[str], str]
) -> None:
    desk.commit()
    desk.opened()
    ref = "refs/gitdraft/pulls/1"
    at = desk.repo.resolve(ref)
    assert at is not None
    record = desk.repo.read(at, "record.json")
    assert record is not None
    broken = damage(record.decode()).encode()
    assert broken != record
    bad = desk.repo.write_commit([at], {"record.json": broken}, "Damage", BOT, WHEN)
    desk.repo.push([RefUpdate(ref, bad, at)])
    with pytest.raises(GitError, match=f"record at {ref} is damaged"):
        forge.get(1)
    with pytest.raises(GitError, match=ref):
        forge.list()


def test_open_ones_are_listed_without_a_look_at_the_decided(desk: Desk, forge: LocalForge) -> None:
    desk.commit()
    desk.opened()
    forge.update(1, state=PullState.CLOSED)
    at = desk.repo.resolve("refs/gitdraft/pulls/1")
    assert at is not None
    bad = desk.repo.write_commit([at], {"record.json": b"damaged"}, "Damage", BOT, WHEN)
    desk.repo.push([RefUpdate("refs/gitdraft/pulls/1", bad, at)])
    assert forge.list(PullState.OPEN) == []
    with pytest.raises(GitError, match="damaged"):
        forge.list(PullState.CLOSED)


def test_a_record_without_its_file_is_named(desk: Desk, forge: LocalForge) -> None:
    desk.repo.push([RefUpdate("refs/gitdraft/pulls/1", desk.repo.resolve(MAIN), None)])
    with pytest.raises(GitError, match="refs/gitdraft/pulls/1 is damaged"):
        forge.get(1)


def test_numbers_of_another_forge_are_left_alone(desk: Desk, bare: Path) -> None:
    git(bare, "update-ref", "refs/pull/41/head", "main")
    git(bare, "update-ref", "refs/pull/7/merge", "main")
    desk.commit()
    assert desk.opened().number == 42


def test_reviewers_are_kept(desk: Desk, forge: LocalForge) -> None:
    desk.commit()
    pull, _ = forge.open(HEAD, "main", "Title", "", reviewers=["zoe", "ana", "zoe"])
    assert pull.reviewers == ("zoe", "ana")
    assert forge.get(1) == pull


def test_numbers_taken_behind_a_url_are_left_alone(bare: Path) -> None:
    git(bare, "update-ref", "refs/pull/1/head", "main")
    with Repo.open(f"file://{bare}") as repo:
        desk = desk_of(repo)
        desk.commit()
        assert desk.opened().number == 2


def test_a_head_whose_branch_is_gone_comes_with_its_record(bare: Path) -> None:
    with Repo.open(f"file://{bare}") as repo:
        desk = desk_of(repo)
        desk.commit()
        desk.opened()
        desk.delete()
    with Repo.open(f"file://{bare}") as repo:
        desk_of(repo).merge(1)
        assert repo.read(MAIN, "a.txt") == b"x"


def _open_at_once(where: str, ready: object, go: object, answers: Queue[tuple[int, bool]]) -> None:
    with Repo.open(where) as repo:
        ready.release()  # type: ignore[attr-defined]
        go.wait()  # type: ignore[attr-defined]
        pull, made = LocalForge(repo).open(HEAD, "main", "Title", "Body")
        answers.put((pull.number, made))


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_eight_processes_open_one_pull_request(desk: Desk, bare: Path, scheme: str) -> None:
    desk.commit()
    context = multiprocessing.get_context("spawn")
    ready, go = context.Semaphore(0), context.Event()
    answers: Queue[tuple[int, bool]] = context.Queue()
    workers = [
        context.Process(target=_open_at_once, args=(f"{scheme}{bare}", ready, go, answers))
        for _ in range(8)
    ]
    for worker in workers:
        worker.start()
    for _ in workers:
        assert ready.acquire(timeout=60)
    go.set()
    told = sorted(answers.get(timeout=60) for _ in workers)
    assert told == [(1, False)] * 7 + [(1, True)]
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert [pull.number for pull in desk.forge.list()] == [1]
    assert isinstance(desk.forge, LocalForge)
    assert len(desk.forge.audit(1)) == 1


def _comment(where: str, name: str, count: int) -> None:
    with Repo.open(where) as repo:
        for n in range(count):
            LocalForge(repo).update(1, comment=f"{name} {n}", add_labels=[name])


def test_updates_at_once_lose_nothing(desk: Desk, forge: LocalForge, bare: Path) -> None:
    desk.commit()
    desk.opened()
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_comment, args=(str(bare), f"w{n}", 4)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
        assert worker.exitcode == 0
    assert len(forge.comments(1)) == 16
    assert sorted(forge.get(1).labels) == ["w0", "w1", "w2", "w3"]


def test_a_merge_whose_base_moves_meanwhile_is_made_anew(
    desk: Desk, forge: LocalForge, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.commit()
    desk.opened()
    real = Repo.merge
    moved: list[str] = []

    def merge(repo: Repo, ours: str, theirs: str) -> object:
        if not moved:
            moved.append(commit_on(bare, "main", {"late.txt": "x"}))
        return real(repo, ours, theirs)

    monkeypatch.setattr(Repo, "merge", merge)
    forge.merge(1, actor=ANA)
    assert desk.repo.read(MAIN, "late.txt") == b"x"
    assert desk.repo.read(MAIN, "a.txt") == b"x"
