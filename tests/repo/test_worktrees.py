"""A branch that is checked out somewhere: its work tree follows, and nobody's work is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from support.git import commit_files, files_snapshot, git, make_bare, make_repo, refs_snapshot

from dc43_gitdraft.errors import GitError, LifecycleError, StaleRefError
from dc43_gitdraft.repo import BOT, RefUpdate, Repo

MAIN = "refs/heads/main"
WHEN = datetime(2024, 5, 30, 12, 30, tzinfo=timezone.utc)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {"a.txt": "one\n", "b.txt": "b\n", "d/c.txt": "c\n", ".gitignore": "*.log\n"}
    return make_repo(tmp_path / "r", files)


@pytest.fixture
def repo(root: Path) -> Iterator[Repo]:
    with Repo.open(str(root)) as repo:
        yield repo


def advance(repo: Repo, changes: dict[str, bytes | None], branch: str = "main") -> str:
    ref = f"refs/heads/{branch}"
    old = repo.resolve(ref)
    assert old is not None
    new = repo.write_commit([old], changes, "Change", BOT, WHEN)
    repo.push([RefUpdate(ref, new, old)])
    return new


def state(root: Path) -> tuple[dict[str, bytes], str, dict[str, str]]:
    return files_snapshot(root), git(root, "diff", "--cached"), refs_snapshot(root)


def test_a_clean_work_tree_follows(root: Path, repo: Repo) -> None:
    advance(repo, {"a.txt": b"two\n", "d/c.txt": None, "new/x.txt": b"x"})
    assert git(root, "status", "--porcelain") == ""
    assert (root / "a.txt").read_text() == "two\n"
    assert (root / "new/x.txt").read_text() == "x"
    assert not (root / "d").exists()


def test_a_file_that_was_only_touched_counts_as_clean(root: Path, repo: Repo) -> None:
    (root / "a.txt").write_text("one\n")
    (root / "a.txt").touch()
    advance(repo, {"a.txt": b"two\n"})
    assert git(root, "status", "--porcelain") == ""


def test_work_on_other_files_stays_as_it_is(root: Path, repo: Repo) -> None:
    (root / "b.txt").write_text("edited\n")
    (root / "staged.txt").write_text("staged\n")
    git(root, "add", "staged.txt")
    (root / "staged.txt").write_text("staged and edited\n")
    (root / "untracked.txt").write_text("untracked\n")
    (root / "x.log").write_text("ignored\n")
    (root / "d/c.txt").unlink()
    before, status = files_snapshot(root), git(root, "status", "--porcelain")
    staged = git(root, "diff", "--cached")
    advance(repo, {"a.txt": b"two\n"})
    assert files_snapshot(root) == {**before, "a.txt": b"two\n"}
    assert git(root, "status", "--porcelain") == status
    assert git(root, "diff", "--cached") == staged


def edit(root: Path) -> None:
    (root / "a.txt").write_text("mine\n")


def stage(root: Path) -> None:
    edit(root)
    git(root, "add", "a.txt")


def stage_and_edit(root: Path) -> None:
    stage(root)
    (root / "a.txt").write_text("mine again\n")


def delete(root: Path) -> None:
    (root / "a.txt").unlink()


def untracked(root: Path) -> None:
    (root / "new.txt").write_text("mine\n")


def ignored(root: Path) -> None:
    (root / "new.log").write_text("mine\n")


def untracked_below(root: Path) -> None:
    (root / "sub").mkdir()
    (root / "sub/mine.txt").write_text("mine\n")


def ignored_below(root: Path) -> None:
    (root / "sub").mkdir()
    (root / "sub/mine.log").write_text("mine\n")


def file_for_directory(root: Path) -> None:
    (root / "e.log").write_text("mine\n")


CASES = {
    edit: ("a.txt", {"a.txt": b"two\n"}),
    stage: ("a.txt", {"a.txt": b"two\n"}),
    stage_and_edit: ("a.txt", {"a.txt": b"two\n"}),
    delete: ("a.txt", {"a.txt": b"two\n"}),
    untracked: ("new.txt", {"new.txt": b"theirs\n"}),
    ignored: ("new.log", {"new.log": b"theirs\n"}),
    untracked_below: ("sub/mine.txt", {"sub": b"a file now\n"}),
    ignored_below: ("sub/mine.log", {"sub": b"a file now\n"}),
    file_for_directory: ("e.log", {"e.log/x": b"theirs\n"}),
}


@pytest.mark.parametrize("work", CASES, ids=lambda work: work.__name__)
def test_work_on_the_same_file_is_in_the_way_and_nothing_moves(
    root: Path, repo: Repo, work: object
) -> None:
    assert callable(work)
    name, changes = CASES[work]
    work(root)
    before = state(root)
    with pytest.raises(LifecycleError) as caught:
        advance(repo, {**changes, "b.txt": b"too\n"})
    message = str(caught.value)
    assert f"branch main is checked out in {root} with uncommitted changes to {name}:" in message
    assert "commit or stash them, and run again" in message
    assert state(root) == before


def test_the_same_change_staged_already_is_no_conflict(root: Path, repo: Repo) -> None:
    (root / "a.txt").write_text("two\n")
    git(root, "add", "a.txt")
    advance(repo, {"a.txt": b"two\n"})
    assert git(root, "status", "--porcelain") == ""


def test_a_branch_that_is_not_checked_out_touches_nothing(root: Path, repo: Repo) -> None:
    git(root, "branch", "topic")
    edit(root)
    before, index = files_snapshot(root), (root / ".git/index").read_bytes()
    advance(repo, {"a.txt": b"two\n"}, "topic")
    assert files_snapshot(root) == before
    assert (root / ".git/index").read_bytes() == index


def test_a_detached_head_stays(root: Path, repo: Repo) -> None:
    git(root, "checkout", "-q", "--detach")
    before = files_snapshot(root)
    advance(repo, {"a.txt": b"two\n"})
    assert files_snapshot(root) == before


def test_linked_work_trees_follow_too(root: Path, repo: Repo, tmp_path: Path) -> None:
    linked = tmp_path / "with space"
    git(root, "worktree", "add", "-q", str(linked), "-b", "topic")
    advance(repo, {"a.txt": b"two\n"}, "topic")
    assert (linked / "a.txt").read_text() == "two\n"
    assert git(linked, "status", "--porcelain") == ""
    assert (root / "a.txt").read_text() == "one\n"


def test_a_linked_work_tree_of_a_bare_repository_follows(tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "r.git", {"a.txt": "one\n"})
    git(bare, "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    with Repo.open(str(bare)) as repo:
        advance(repo, {"a.txt": b"two\n"})
    assert (tmp_path / "linked/a.txt").read_text() == "two\n"


def test_one_dirty_work_tree_stops_the_move_of_all(root: Path, repo: Repo, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(root, "worktree", "add", "-q", str(linked), "-b", "topic")
    (linked / "a.txt").write_text("mine\n")
    old = repo.resolve(MAIN)
    assert old is not None
    new = repo.write_commit([old], {"a.txt": b"two\n"}, "Change", BOT, WHEN)
    before = state(root), files_snapshot(linked)
    with pytest.raises(LifecycleError, match="branch topic is checked out"):
        repo.push([RefUpdate(MAIN, new, old), RefUpdate("refs/heads/topic", new, old)])
    assert (state(root), files_snapshot(linked)) == before


def test_a_work_tree_that_is_gone_does_not_matter(root: Path, repo: Repo, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(root, "worktree", "add", "-q", str(linked), "-b", "topic")
    git(root, "worktree", "lock", str(linked))
    linked.rename(tmp_path / "moved")
    before = files_snapshot(root)
    advance(repo, {"a.txt": b"two\n"}, "topic")
    assert files_snapshot(root) == before


def test_a_lost_race_leaves_the_work_tree_alone(root: Path, repo: Repo) -> None:
    old = repo.resolve(MAIN)
    assert old is not None
    new = repo.write_commit([old], {"a.txt": b"two\n"}, "Change", BOT, WHEN)
    commit_files(root, {"b.txt": "theirs\n"})
    before = state(root)
    with pytest.raises(StaleRefError):
        repo.push([RefUpdate(MAIN, new, old)])
    assert state(root) == before
    assert git(root, "status", "--porcelain") == ""


def test_an_index_in_use_stops_the_move(root: Path, repo: Repo) -> None:
    (root / ".git/index.lock").write_text("")
    before = files_snapshot(root), refs_snapshot(root)
    with pytest.raises(GitError, match=r"index\.lock"):
        advance(repo, {"a.txt": b"two\n"})
    assert (files_snapshot(root), refs_snapshot(root)) == before


def test_a_checked_out_branch_is_not_deleted(root: Path, repo: Repo) -> None:
    with pytest.raises(LifecycleError, match="check out another branch"):
        repo.push([RefUpdate(MAIN, None, repo.resolve(MAIN))])
    assert MAIN in refs_snapshot(root)


def test_the_first_commit_of_a_checked_out_branch_arrives(tmp_path: Path) -> None:
    root = tmp_path / "empty"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "mine.txt").write_text("mine\n")
    with Repo.open(str(root)) as repo:
        sha = repo.write_commit([], {"a.txt": b"one\n"}, "First", BOT, WHEN)
        repo.push([RefUpdate(MAIN, sha, None)])
    assert files_snapshot(root) == {"a.txt": b"one\n", "mine.txt": b"mine\n"}
    assert git(root, "status", "--porcelain") == "?? mine.txt"


def test_line_endings_are_the_work_trees_own(root: Path, repo: Repo) -> None:
    git(root, "config", "core.autocrlf", "true")
    advance(repo, {"a.txt": b"two\nlines\n"})
    assert (root / "a.txt").read_bytes() == b"two\r\nlines\r\n"
    assert git(root, "status", "--porcelain") == ""


def test_a_sparse_work_tree_stays_sparse(root: Path, repo: Repo) -> None:
    git(root, "sparse-checkout", "set", "d")
    assert not (root / "d2").exists()
    advance(repo, {"far/away.txt": b"x", "d/c.txt": b"changed\n"})
    assert (root / "d/c.txt").read_text() == "changed\n"
    assert not (root / "far").exists()
    assert git(root, "status", "--porcelain") == ""


def test_it_works_from_another_directory_with_relative_names(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Repo.open("r") as repo:
        monkeypatch.chdir("/")
        advance(repo, {"a.txt": b"two\n"})
    assert (root / "a.txt").read_text() == "two\n"
