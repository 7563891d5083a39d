from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support.git import PERSON, commit_files, git, make_bare, make_repo, refs_snapshot

from dc43_gitdraft.errors import ConfigError, GitError
from dc43_gitdraft.repo import Identity, Repo


def test_a_folder_inside_a_repository_means_the_repository(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "contracts", {"a/b/c.yaml": "x"})
    with Repo.open(str(root / "a" / "b")) as repo:
        assert repo.name == str(root)
        assert repo.url is None
        assert repo.read("refs/heads/main", "a/b/c.yaml") == b"x"


def test_the_default_branch_of_a_work_tree_is_main_whatever_is_checked_out(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "r")
    git(root, "checkout", "-q", "-b", "topic")
    with Repo.open(str(root)) as repo:
        assert repo.default_branch() == "main"


def test_the_default_branch_may_be_master_or_what_is_checked_out(tmp_path: Path) -> None:
    with Repo.open(str(make_repo(tmp_path / "old", branch="master"))) as repo:
        assert repo.default_branch() == "master"
    other = make_repo(tmp_path / "other", branch="trunk")
    git(other, "branch", "topic")
    with Repo.open(str(other)) as repo:
        assert repo.default_branch() == "trunk"


def test_the_default_branch_of_a_bare_repository_is_its_head(tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "r.git", branch="approved")
    git(bare, "branch", "main")
    with Repo.open(str(bare)) as repo:
        assert repo.default_branch() == "approved"


def test_the_default_branch_is_what_the_remote_calls_so(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "r")
    git(root, "update-ref", "refs/remotes/origin/approved", "main")
    git(root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/approved")
    with Repo.open(str(root)) as repo:
        assert repo.default_branch() == "approved"
        git(root, "branch", "approved")
        assert repo.default_branch() == "approved"


@pytest.mark.parametrize("make", [make_repo, make_bare])
def test_a_draft_branch_is_never_the_default(tmp_path: Path, make: Callable[..., Path]) -> None:
    root = make(tmp_path / "r", branch="gitdraft/orders")
    with Repo.open(str(root)) as repo:
        with pytest.raises(ConfigError, match=r"--base .* \(gitdraft/orders\)"):
            repo.default_branch()
        git(root, "branch", "trunk")
        assert repo.default_branch() == "trunk"


def test_the_only_branch_that_is_no_draft_is_the_default(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "r", branch="trunk")
    git(root, "checkout", "-q", "-b", "gitdraft/orders")
    with Repo.open(str(root)) as repo:
        assert repo.default_branch() == "trunk"
        git(root, "branch", "topic")
        with pytest.raises(ConfigError, match=r"\(gitdraft/orders, topic, trunk\)"):
            repo.default_branch()


def test_a_bare_repository_whose_head_was_never_pushed_falls_back_to_main(tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "r.git")
    git(bare, "symbolic-ref", "HEAD", "refs/heads/nothing")
    git(bare, "branch", "topic", "main")
    with Repo.open(str(bare)) as repo:
        assert repo.default_branch() == "main"


def test_an_unclear_default_branch_is_asked_for(tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "r.git", branch="one")
    git(bare, "branch", "two")
    git(bare, "symbolic-ref", "HEAD", "refs/heads/nothing")
    with Repo.open(str(bare)) as repo, pytest.raises(ConfigError, match=r"--base .*\(one, two\)"):
        repo.default_branch()


def test_an_empty_repository_says_how_to_begin(tmp_path: Path) -> None:
    Repo.init(tmp_path / "r.git")
    with Repo.open(str(tmp_path / "r.git")) as repo:
        assert repo.refs() == {}
        with pytest.raises(ConfigError, match="commit a first contract"):
            repo.default_branch()


def test_init_leaves_a_repository_that_is_there_alone(tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "r.git")
    before = refs_snapshot(bare)
    Repo.init(bare)
    assert refs_snapshot(bare) == before


@pytest.mark.parametrize("where", ["nothing/here", "plain", "plain/file.txt", "\0", "a" * 5000])
def test_what_is_no_repository_is_the_callers_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/file.txt").write_text("x")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError):
        Repo.open(where)


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c touch% hacked",
        "ext://sh",
        "fd::17",
        "https://user:secret@example.org/x.git",
        "https://ghp_secret@example.org/x.git",
        "https:///x.git",
        "ssh://-oProxyCommand=touch hacked/x",
        "https://exa mple.org/x",
        "ftp://example.org/x",
    ],
)
def test_urls_that_run_programs_or_carry_secrets_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        Repo.open(url)
    assert "secret" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_token_is_not_sent_in_the_clear() -> None:
    with pytest.raises(ConfigError, match=r"https://example\.org"):
        Repo.open("http://example.org/x.git", http_token="secret")


def test_an_unreachable_remote_may_be_tried_again(tmp_path: Path) -> None:
    with pytest.raises(GitError) as caught:
        Repo.open(f"file://{tmp_path}/nothing.git")
    assert "nothing.git" in str(caught.value)


def test_git_variables_of_the_caller_do_not_lead_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, other = make_repo(tmp_path / "r", {"a": "right"}), make_repo(tmp_path / "o", {"a": "no"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other / ".git/objects"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.bare=broken'")
    with Repo.open(str(root)) as repo:
        assert repo.read("refs/heads/main", "a") == b"right"


def test_configuration_that_the_caller_hands_over_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_repo(tmp_path / "r")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.name")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "Handed Over")
    git(root, "config", "user.email", "x@example.org")
    with Repo.open(str(root)) as repo:
        assert repo.identity() == Identity("Handed Over", "x@example.org")


def test_the_identity_is_what_is_configured_and_nothing_guessed(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "r")
    with Repo.open(str(root)) as repo:
        assert repo.identity() is None
        git(root, "config", "user.name", PERSON[0])
        assert repo.identity() is None
        git(root, "config", "user.email", PERSON[1])
        assert repo.identity() == Identity(*PERSON)


def test_opening_works_from_a_directory_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_repo(tmp_path / "r", {"a": "x"})
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with Repo.open(str(root)) as repo:
        assert repo.read("refs/heads/main", "a") == b"x"


def test_a_linked_worktree_means_its_repository(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "r")
    git(root, "worktree", "add", "-q", str(tmp_path / "linked"), "-b", "topic")
    sha = commit_files(tmp_path / "linked", {"new": "x"})
    with Repo.open(str(tmp_path / "linked")) as repo:
        assert repo.default_branch() == "main"
        assert repo.resolve("refs/heads/topic") == sha
        assert repo.read(sha, "new") == b"x"


@pytest.mark.parametrize(
    ("does", "error", "said"),
    [
        ("echo git version 2.30.2", ConfigError, r"git 2\.30\.2 is too old: install git 2\.38"),
        ("echo no memory >&2; exit 1", GitError, "git version failed: no memory"),
    ],
    ids=["too old", "out of order"],
)
def test_a_git_that_will_not_do_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, error: type[Exception], said: str
) -> None:
    from dc43_gitdraft.repo import command

    other = tmp_path / "bin" / "git"
    other.parent.mkdir()
    other.write_text(f"#!/bin/sh\n{does}\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", f"{other.parent}:{os.environ['PATH']}")
    command._version.cache_clear()
    try:
        with pytest.raises(error, match=said):
            Repo.open(str(tmp_path))
    finally:
        command._version.cache_clear()


def test_a_repository_of_another_user_gets_a_clear_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_repo(tmp_path / "r")
    # How git's own tests pretend it.
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setattr(
        "dc43_gitdraft.repo.command._KEPT",
        frozenset({"GIT_TEST_ASSUME_DIFFERENT_OWNER", "GIT_CONFIG_NOSYSTEM"}),
    )
    with pytest.raises(ConfigError, match=r"git config --global --add safe\.directory"):
        Repo.open(str(root))


def test_closing_twice_is_closing_once(tmp_path: Path) -> None:
    repo = Repo.open(str(make_repo(tmp_path / "r", {"a": "x"})))
    repo.read("refs/heads/main", "a")
    repo.close()
    repo.close()


def test_a_clone_of_one_branch_does_not_take_it_for_the_base(tmp_path: Path) -> None:
    origin = make_repo(tmp_path / "origin")
    git(origin, "branch", "feature")
    git(tmp_path, "clone", "-q", "--single-branch", "-b", "feature", f"file://{origin}", "clone")
    with (
        Repo.open(str(tmp_path / "clone")) as repo,
        pytest.raises(ConfigError, match=r"say with --base"),
    ):
        repo.default_branch()


def test_a_base_that_only_the_remote_has_is_still_its_name(tmp_path: Path) -> None:
    origin = make_repo(tmp_path / "origin")
    git(origin, "branch", "feature")
    clone = tmp_path / "clone"
    git(tmp_path, "init", "-q", "clone")
    git(clone, "fetch", "-q", f"file://{origin}", "+refs/heads/*:refs/remotes/origin/*")
    git(clone, "checkout", "-q", "-B", "feature", "refs/remotes/origin/feature")
    with Repo.open(str(clone)) as repo:
        assert repo.default_branch() == "main"
