from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from support.git import PERSON, commit_files, git, make_repo, write_files

from dc43_gitdraft.errors import GitError
from dc43_gitdraft.repo import Identity, MergeConflict, Repo

MAIN = "refs/heads/main"


@pytest.fixture(params=["sha1", "sha256"])
def root(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return make_repo(
        tmp_path / "r", {"a.txt": "one\n", "d/b.txt": "b\n"}, object_format=request.param
    )


@pytest.fixture
def repo(root: Path) -> Iterator[Repo]:
    with Repo.open(str(root)) as repo:
        yield repo


def test_files_are_read_at_a_commit_or_ref(root: Path, repo: Repo) -> None:
    first = git(root, "rev-parse", "HEAD")
    commit_files(root, {"a.txt": "two\n"})
    assert repo.read(MAIN, "a.txt") == b"two\n"
    assert repo.read(first, "a.txt") == b"one\n"


@pytest.mark.parametrize("path", ["missing", "d", "a.txt/x", "", "d/", "x\ny", "x\0y", "../a.txt"])
def test_what_is_no_file_reads_as_none(repo: Repo, path: str) -> None:
    assert repo.read(MAIN, path) is None


@pytest.mark.parametrize(
    "name",
    ["with space.txt", "é/ü.txt", 'quo"te.txt', "a\nb.txt", "tab\t.txt", ":(glob)*", "-dash", "*"],
)
def test_unusual_names_are_read_and_listed(root: Path, repo: Repo, name: str) -> None:
    write_files(root, {name: "content"})
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "odd")
    assert repo.read(MAIN, name) == b"content"
    (entry,) = repo.entries(MAIN, name)
    assert (entry.path, entry.mode, entry.is_file) == (name, "100644", True)


def test_names_that_are_no_utf8_survive(root: Path, repo: Repo) -> None:
    name = b"caf\xe9.txt".decode("utf-8", "surrogateescape")
    write_files(root, {name: "x"})
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "odd")
    assert repo.read(MAIN, name) == b"x"
    assert name in [entry.path for entry in repo.entries(MAIN)]


def test_empty_and_huge_files_are_read(root: Path, repo: Repo) -> None:
    huge = bytes(range(256)) * 40_000
    commit_files(root, {"empty": b"", "huge": huge})
    assert repo.read(MAIN, "empty") == b""
    assert repo.read(MAIN, "huge") == huge


def test_entries_tell_files_from_links_and_submodules(root: Path, repo: Repo) -> None:
    (root / "link").symlink_to("a.txt")
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o755)
    git(root, "add", "-A")
    head = git(root, "rev-parse", "HEAD")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{head},sub")
    git(root, "commit", "-q", "-m", "kinds")
    modes = {entry.path: (entry.mode, entry.is_file) for entry in repo.entries(MAIN)}
    assert modes["link"] == ("120000", False)
    assert modes["run"] == ("100755", True)
    assert modes["sub"] == ("160000", False)
    assert repo.read(MAIN, "sub") is None


def test_entries_below_a_directory(repo: Repo) -> None:
    assert [entry.path for entry in repo.entries(MAIN, "d/")] == ["d/b.txt"]
    assert [entry.path for entry in repo.entries(MAIN, "d")] == ["d/b.txt"]
    assert repo.entries(MAIN, "none") == []


def test_many_blobs_come_at_once_and_missing_ones_are_left_out(root: Path, repo: Repo) -> None:
    commit_files(root, {f"n/{n}.txt": f"{n}\n" * 2000 for n in range(300)})
    entries = repo.entries(MAIN, "n")
    nothing = "0" * len(entries[0].sha)
    blobs = repo.blobs([nothing, *(entry.sha for entry in entries)])
    assert len(blobs) == 300
    assert blobs[entries[7].sha] == repo.read(MAIN, entries[7].path)


def test_a_commit_tells_who_and_when(root: Path, repo: Repo) -> None:
    git(
        root,
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "Späti\n\nBody",
        "--date=2024-05-30T10:00:00+05:30",
    )
    commit = repo.commit(MAIN)
    assert commit.author == commit.committer == Identity(*PERSON)
    assert commit.authored_at == datetime(
        2024, 5, 30, 10, tzinfo=timezone(timedelta(hours=5, minutes=30))
    )
    assert commit.authored_at.utcoffset() == timedelta(hours=5, minutes=30)
    assert commit.message == "Späti\n\nBody\n"
    assert commit.subject == "Späti"
    assert repo.log([MAIN], limit=1) == [commit]


def test_a_commit_in_another_encoding_is_read(root: Path, repo: Repo) -> None:
    git(
        root,
        "-c",
        "i18n.commitEncoding=ISO-8859-1",
        "commit",
        "-q",
        "--allow-empty",
        "-F",
        "-",
        stdin="Käse".encode("latin-1"),
    )
    assert repo.commit(MAIN).message == "Käse\n"
    assert repo.log([MAIN], limit=1)[0].message == "Käse\n"


def test_a_log_leaves_out_what_is_excluded_and_other_paths(root: Path, repo: Repo) -> None:
    first = git(root, "rev-parse", "HEAD")
    second = commit_files(root, {"a.txt": "two\n"}, "second")
    third = commit_files(root, {"d/b.txt": "c\n"}, "third")
    assert [commit.sha for commit in repo.log([MAIN])] == [third, second, first]
    assert [commit.sha for commit in repo.log([MAIN], [first])] == [third, second]
    assert [commit.sha for commit in repo.log([MAIN], [first], ["d"])] == [third]
    assert repo.log([MAIN], [MAIN]) == []


def test_settings_of_git_log_do_not_disturb_it(root: Path, repo: Repo) -> None:
    git(root, "config", "log.showSignature", "true")
    git(root, "config", "log.date", "relative")
    git(root, "config", "core.quotePath", "true")
    git(root, "config", "color.ui", "always")
    assert [commit.subject for commit in repo.log([MAIN])] == ["First commit"]


def test_a_first_parent_log_stays_on_the_branch(root: Path, repo: Repo) -> None:
    git(root, "checkout", "-q", "-b", "side")
    side = commit_files(root, {"side": "x"})
    git(root, "checkout", "-q", "main")
    git(root, "merge", "-q", "--no-ff", "side", "-m", "merged")
    assert side in [commit.sha for commit in repo.log([MAIN])]
    assert side not in [commit.sha for commit in repo.log([MAIN], first_parent=True)]


def test_ancestry(root: Path, repo: Repo) -> None:
    base = git(root, "rev-parse", "HEAD")
    git(root, "checkout", "-q", "-b", "side")
    side = commit_files(root, {"side": "x"})
    git(root, "checkout", "-q", "main")
    main = commit_files(root, {"main": "x"})
    assert repo.merge_base(side, main) == base
    assert repo.is_ancestor(base, side)
    assert repo.is_ancestor(side, side)
    assert not repo.is_ancestor(side, main)
    assert repo.diff_names(side, main) == ["main", "side"]
    git(root, "checkout", "-q", "--orphan", "other")
    other = commit_files(root, {"other": "x"})
    assert repo.merge_base(other, main) is None


def test_refs_are_listed_below_prefixes_and_peeled(root: Path, repo: Repo) -> None:
    head = git(root, "rev-parse", "HEAD")
    git(root, "tag", "-a", "v1", "-m", "one")
    tag = git(root, "rev-parse", "refs/tags/v1")
    assert repo.refs("refs/tags/") == {"refs/tags/v1": tag}
    assert repo.refs("refs/tags/", "refs/heads/", peeled=True) == {
        "refs/tags/v1": head,
        "refs/heads/main": head,
    }
    assert repo.refs("refs/heads/main") == {"refs/heads/main": head}
    assert repo.refs("refs/heads/mai") == {}


@pytest.mark.parametrize("name", ["main", "refs/heads/*", "-x", "refs/heads/..", "refs/x y/z", ""])
def test_only_full_names_of_refs_are_taken(repo: Repo, name: str) -> None:
    with pytest.raises(GitError):
        repo.refs(name)
    with pytest.raises(GitError):
        repo.read(name, "a.txt")


def test_revisions_of_users_are_resolved_to_commits(root: Path, repo: Repo) -> None:
    head = git(root, "rev-parse", "HEAD")
    git(root, "tag", "-a", "v1", "-m", "one")
    for revision in (MAIN, "main", "HEAD", head, head[:10], "v1", "refs/tags/v1"):
        assert repo.resolve(revision) == head


@pytest.mark.parametrize(
    "revision",
    [
        "nothing",
        "HEAD~5",
        "main:a.txt",
        "--all",
        "-h",
        "a b",
        "x\ny",
        "x\0",
        "",
        "x" * 2000,
        "a b 3",
    ],
)
def test_what_names_no_commit_resolves_to_none(repo: Repo, revision: str) -> None:
    assert repo.resolve(revision) is None
    assert repo.resolve("main") is not None


def test_what_others_commit_is_seen_at_once(root: Path, repo: Repo) -> None:
    for n in range(3):
        sha = commit_files(root, {"a.txt": f"{n}"})
        assert repo.resolve(MAIN) == sha
        assert repo.read(MAIN, "a.txt") == str(n).encode()
    git(root, "repack", "-q", "-a", "-d")
    git(root, "pack-refs", "--all")
    sha = commit_files(root, {"a.txt": "packed"})
    assert repo.commit(sha).sha == repo.resolve(MAIN)


def test_tags_with_and_without_a_message(root: Path, repo: Repo) -> None:
    head = git(root, "rev-parse", "HEAD")
    git(root, "tag", "light")
    git(root, "tag", "-a", "orders/v1.0.0", "-m", "Promoted\n\nContract-Id: orders")
    light, full = repo.tag("light"), repo.tag("orders/v1.0.0")
    assert light is not None
    assert (light.target, light.sha, light.message) == (head, None, "")
    assert full is not None
    assert (full.target, full.tagger) == (head, Identity(*PERSON))
    assert full.message == "Promoted\n\nContract-Id: orders\n"
    assert full.tagged_at is not None
    assert repo.tag("none") is None


def test_many_tags_are_read_in_the_order_asked(root: Path, repo: Repo) -> None:
    for number in range(70):  # More than are asked for at once.
        git(root, "tag", f"light/{number}")
    git(root, "tag", "-a", "full", "-m", "Promoted")
    names = ["full", "none", *(f"light/{number}" for number in range(70))]
    assert repo.tags(names) == [repo.tag(name) for name in names]
    assert repo.tags([]) == []


def test_a_clean_merge_gives_a_tree(root: Path, repo: Repo) -> None:
    git(root, "checkout", "-q", "-b", "side")
    side = commit_files(root, {"side": "x"})
    git(root, "checkout", "-q", "main")
    main = commit_files(root, {"main": "x"})
    tree = repo.merge(main, side)
    assert isinstance(tree, str)
    assert {entry.path for entry in repo.entries(tree)} == {"a.txt", "d/b.txt", "main", "side"}


def test_a_conflict_names_its_files(root: Path, repo: Repo) -> None:
    git(root, "checkout", "-q", "-b", "side")
    side = commit_files(root, {"a.txt": "side\n", 'o"dd': "side\n"})
    git(root, "checkout", "-q", "main")
    main = commit_files(root, {"a.txt": "main\n", 'o"dd': "main\n"})
    assert repo.merge(main, side) == MergeConflict(("a.txt", 'o"dd'))


def test_attributes_of_the_current_directory_do_not_change_a_merge(
    root: Path, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(root, "checkout", "-q", "-b", "side")
    side = commit_files(root, {"a.txt": "side\n"})
    git(root, "checkout", "-q", "main")
    main = commit_files(root, {"a.txt": "main\n"})
    (tmp_path / "here").mkdir()
    (tmp_path / "here/.gitattributes").write_text("* merge=union\n")
    monkeypatch.chdir(tmp_path / "here")
    assert repo.merge(main, side) == MergeConflict(("a.txt",))


def test_unrelated_histories_do_not_merge(root: Path, repo: Repo) -> None:
    main = git(root, "rev-parse", "HEAD")
    git(root, "checkout", "-q", "--orphan", "other")
    other = commit_files(root, {"other": "x"})
    with pytest.raises(GitError, match="unrelated histories"):
        repo.merge(main, other)


def test_trailers_are_those_of_the_last_paragraph(repo: Repo) -> None:
    assert repo.trailers("Subject\n\nNot: this\n\nContract-Id: orders\nRun-Url: https://x/y\n") == [
        ("Contract-Id", "orders"),
        ("Run-Url", "https://x/y"),
    ]
    assert repo.trailers("Subject: only\n") == []


def test_a_missing_commit_is_said(root: Path, repo: Repo) -> None:
    with pytest.raises(GitError, match="missing"):
        repo.commit("12" * (len(git(root, "rev-parse", "HEAD")) // 2))


def test_a_shallow_clone_is_read(root: Path, tmp_path: Path) -> None:
    commit_files(root, {"a.txt": "two\n"})
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{root}", "shallow")
    with Repo.open(str(tmp_path / "shallow")) as repo:
        assert len(repo.log([MAIN])) == 1
        assert repo.read(MAIN, "a.txt") == b"two\n"


def test_the_origin_is_named(root: Path, repo: Repo) -> None:
    assert repo.origin() is None
    git(root, "remote", "add", "origin", "git@github.com:shop/contracts.git")
    assert repo.origin() == "git@github.com:shop/contracts.git"
