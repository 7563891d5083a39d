"""Moving refs, of a repository on disk and of a remote alike."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from support.git import commit_on, git, make_bare, refs_snapshot

from dc43_gitdraft.errors import GitError, StaleRefError
from dc43_gitdraft.repo import BOT, RefUpdate, Repo

MAIN = "refs/heads/main"
WHEN = datetime(2024, 5, 30, 12, 30, tzinfo=timezone.utc)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return make_bare(tmp_path / "r.git", {"a.txt": "one\n"})


@pytest.fixture(params=["path", "url"])
def where(bare: Path, request: pytest.FixtureRequest) -> str:
    return str(bare) if request.param == "path" else f"file://{bare}"


@pytest.fixture
def repo(where: str) -> Iterator[Repo]:
    with Repo.open(where) as repo:
        yield repo


def commit(repo: Repo, content: str = "x", parent: str | None = None) -> str:
    parent = parent or repo.resolve(MAIN)
    assert parent is not None
    return repo.write_commit([parent], {"a.txt": content.encode()}, "Change", BOT, WHEN)


def test_refs_are_made_moved_and_deleted_together(bare: Path, repo: Repo) -> None:
    old = repo.resolve(MAIN)
    assert old is not None
    new = commit(repo)
    tag = repo.write_tag("v1", new, "one", BOT, WHEN)
    repo.push([RefUpdate("refs/heads/gone", old, None)])
    repo.push(
        [
            RefUpdate(MAIN, new, old),
            RefUpdate("refs/heads/new", new, None),
            RefUpdate("refs/heads/gone", None, old),
            RefUpdate("refs/tags/v1", tag, None),
            RefUpdate("refs/gitdraft/pulls/1", new, None),
        ]
    )
    now = {MAIN: new, "refs/heads/new": new, "refs/tags/v1": tag, "refs/gitdraft/pulls/1": new}
    assert refs_snapshot(bare) == now
    assert repo.refs() == now


@pytest.mark.parametrize("kind", ["moved", "gone", "appeared", "deleted", "checked"])
def test_a_ref_that_is_elsewhere_is_a_lost_race_and_nothing_moves(
    bare: Path, repo: Repo, kind: str
) -> None:
    old = repo.resolve(MAIN)
    assert old is not None
    new = commit(repo)
    other = commit_on(bare, "topic", {"b.txt": "x"})
    before = refs_snapshot(bare)
    update = {
        "moved": RefUpdate("refs/heads/topic", new, old),
        "gone": RefUpdate("refs/heads/none", new, old),
        "appeared": RefUpdate("refs/heads/topic", new, None),
        "deleted": RefUpdate("refs/heads/topic", None, old),
        "checked": RefUpdate("refs/heads/topic", old, old),
    }[kind]
    with pytest.raises(StaleRefError, match=update.name):
        repo.push([RefUpdate(MAIN, new, old), RefUpdate("refs/heads/n", new, None), update])
    assert refs_snapshot(bare) == before
    assert before["refs/heads/topic"] == other


def test_after_a_lost_race_a_refresh_shows_what_happened(bare: Path, repo: Repo) -> None:
    old = repo.resolve(MAIN)
    mine = commit(repo)
    theirs = commit_on(bare, "main", {"b.txt": "x"})
    with pytest.raises(StaleRefError):
        repo.push([RefUpdate(MAIN, mine, old)])
    repo.refresh()
    assert repo.resolve(MAIN) == theirs
    assert repo.read(MAIN, "b.txt") == b"x"
    again = commit(repo)
    repo.push([RefUpdate(MAIN, again, theirs)])
    assert refs_snapshot(bare)[MAIN] == again


def test_a_refresh_forgets_branches_that_went(bare: Path, repo: Repo) -> None:
    commit_on(bare, "topic", {"b.txt": "x"})
    repo.refresh()
    assert repo.resolve("refs/heads/topic") is not None
    git(bare, "update-ref", "-d", "refs/heads/topic")
    repo.refresh()
    assert repo.resolve("refs/heads/topic") is None


def test_a_ref_where_it_should_be_may_be_checked_only(bare: Path, repo: Repo) -> None:
    old = repo.resolve(MAIN)
    new = commit(repo)
    repo.push([RefUpdate(MAIN, old, old), RefUpdate("refs/heads/n", new, None)])
    assert refs_snapshot(bare) == {MAIN: old, "refs/heads/n": new}


def test_a_move_that_is_no_fast_forward_is_a_matter_of_the_expectation_alone(
    bare: Path, repo: Repo
) -> None:
    old = repo.resolve(MAIN)
    assert old is not None
    one, two = commit(repo, "1"), commit(repo, "2")
    repo.push([RefUpdate("refs/heads/n", one, None)])
    repo.push([RefUpdate("refs/heads/n", two, one)])
    assert refs_snapshot(bare)["refs/heads/n"] == two


@pytest.mark.parametrize(
    "update",
    [
        RefUpdate("main", "1" * 40, None),
        RefUpdate("refs/heads/../x", "1" * 40, None),
        RefUpdate("refs/heads/-x", "1" * 40, None),
        RefUpdate("refs/heads/x.lock", "1" * 40, None),
        RefUpdate("refs/heads/a b", "1" * 40, None),
        RefUpdate("refs/heads/a\nb", "1" * 40, None),
        RefUpdate("refs/heads/x", "HEAD", None),
        RefUpdate("refs/heads/x", None, None),
        RefUpdate("--force", "1" * 40, None),
    ],
)
def test_what_is_no_ref_or_commit_never_reaches_git(
    bare: Path, repo: Repo, update: RefUpdate
) -> None:
    before = refs_snapshot(bare)
    with pytest.raises(GitError) as caught:
        repo.push([update])
    assert not isinstance(caught.value, StaleRefError)
    assert refs_snapshot(bare) == before


def test_a_commit_that_does_not_exist_is_no_lost_race(bare: Path, repo: Repo) -> None:
    with pytest.raises(GitError) as caught:
        repo.push([RefUpdate("refs/heads/x", "1" * 40, None)])
    assert not isinstance(caught.value, StaleRefError)


def test_a_branch_below_a_branch_is_no_lost_race(bare: Path, repo: Repo) -> None:
    with pytest.raises(GitError, match="main") as caught:
        repo.push([RefUpdate("refs/heads/main/below", commit(repo), None)])
    assert not isinstance(caught.value, StaleRefError)


def test_many_refs_move_at_once(bare: Path, repo: Repo) -> None:
    new = commit(repo)
    repo.push([RefUpdate(f"refs/heads/n/{n}", new, None) for n in range(200)])
    assert len(refs_snapshot(bare)) == 201


def test_nothing_to_move_is_nothing_done(repo: Repo) -> None:
    repo.push([])


def test_the_reflog_says_who_and_why(bare: Path) -> None:
    git(bare, "config", "core.logAllRefUpdates", "true")
    with Repo.open(str(bare)) as repo:
        repo.push([RefUpdate("refs/heads/n", commit(repo), None)], "gitdraft: open #1")
    log = (bare / "logs/refs/heads/n").read_text()
    assert "dc43-gitdraft <dc43-gitdraft@users.noreply.github.com>" in log
    assert log.endswith("\tgitdraft: open #1\n")


def test_a_lock_that_stays_is_named_and_no_lost_race(bare: Path, where: str) -> None:
    lock = bare / "refs/heads/main.lock"
    lock.write_text("")
    with Repo.open(where) as repo, pytest.raises(GitError) as caught:
        repo.push([RefUpdate(MAIN, commit(repo), repo.resolve(MAIN))])
    assert not isinstance(caught.value, StaleRefError)
    said = str(caught.value)
    assert said.startswith(f"moving {MAIN} failed: ")
    # A server may name it from its own directory.
    assert said.endswith(
        "refs/heads/main.lock is in the way: delete it if no git is at work there, and run again"
    )


def _append(where: str, name: str, rounds: int) -> None:
    with Repo.open(where) as repo:
        for n in range(rounds):
            while True:
                old = repo.resolve(MAIN)
                assert old is not None
                new = repo.write_commit([old], {f"{name}-{n}": b"x"}, "Race", BOT, WHEN)
                try:
                    repo.push([RefUpdate(MAIN, new, old)])
                    break
                except StaleRefError:
                    repo.refresh()


def test_processes_at_once_lose_no_commit(bare: Path, where: str) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_append, args=(where, f"w{n}", 3)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert len(git(bare, "ls-tree", "--name-only", "main").splitlines()) == 13
    assert len(git(bare, "rev-list", "main").splitlines()) == 13
    git(bare, "fsck", "--strict")
