from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.git import commit_files, files_snapshot, git, make_repo, refs_snapshot

from dc43_gitdraft.errors import GitError, InputError
from dc43_gitdraft.repo import BOT, Identity, Repo, UnusablePathError
from dc43_gitdraft.repo.objects import check_path

MAIN = "refs/heads/main"
WHEN = datetime(2024, 5, 30, 12, 30, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))


@pytest.fixture(params=["sha1", "sha256"])
def root(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return make_repo(
        tmp_path / "r", {"a.txt": "one\n", "d/b.txt": "b\n"}, object_format=request.param
    )


@pytest.fixture
def repo(root: Path) -> Iterator[Repo]:
    with Repo.open(str(root)) as repo:
        yield repo
    # Whatever was written, git itself finds it in order.
    git(root, "fsck", "--strict", "--no-dangling")


def head(root: Path) -> str:
    return git(root, "rev-parse", "HEAD")


def files(root: Path, commit: str) -> dict[str, str]:
    names = git(root, "ls-tree", "-r", "--name-only", "-z", commit).split("\0")
    return {name: git(root, "cat-file", "blob", f"{commit}:{name}") for name in names if name}


def test_a_commit_is_what_git_itself_would_write(root: Path, repo: Repo) -> None:
    sha = repo.write_commit([head(root)], {"a.txt": b"two\n"}, "Change\n\nBody\n", BOT, WHEN)
    tree = git(root, "rev-parse", f"{sha}^{{tree}}")
    date = f"{int(WHEN.timestamp())} -0330"
    (root / "message").write_text("Change\n\nBody\n")
    assert git(root, "cat-file", "commit", sha) == (
        f"tree {tree}\nparent {head(root)}\nauthor {BOT} {date}\ncommitter {BOT} {date}"
        "\n\nChange\n\nBody"
    )
    assert files(root, sha) == {"a.txt": "two", "d/b.txt": "b"}


def test_writing_moves_no_ref_and_touches_no_file(root: Path, repo: Repo) -> None:
    before = refs_snapshot(root), files_snapshot(root), git(root, "status", "--porcelain")
    index = (root / ".git/index").read_bytes()
    repo.write_commit([head(root)], {"a.txt": b"two\n", "d/b.txt": None}, "Change", BOT, WHEN)
    assert (refs_snapshot(root), files_snapshot(root), git(root, "status", "--porcelain")) == before
    assert (root / ".git/index").read_bytes() == index
    assert not [p for p in (root / ".git").iterdir() if "tmp" in p.name or "crash" in p.name]


def test_nested_files_come_and_go(root: Path, repo: Repo) -> None:
    first = repo.write_commit(
        [head(root)], {"d/e/f/g.txt": b"g", "d/b.txt": None, "x.txt": b""}, "More", BOT, WHEN
    )
    assert files(root, first) == {"a.txt": "one", "d/e/f/g.txt": "g", "x.txt": ""}
    second = repo.write_commit(
        [first], {"d/e/f/g.txt": None, "none/at/all": None}, "Less", BOT, WHEN
    )
    assert files(root, second) == {"a.txt": "one", "x.txt": ""}


def test_the_last_file_may_go(root: Path, repo: Repo) -> None:
    sha = repo.write_commit([head(root)], {"a.txt": None, "d/b.txt": None}, "Empty", BOT, WHEN)
    assert files(root, sha) == {}
    assert files(root, repo.write_commit([sha], {"new": b"x"}, "Again", BOT, WHEN)) == {"new": "x"}


def test_a_first_commit_has_no_parent(root: Path, repo: Repo) -> None:
    sha = repo.write_commit([], {"record.json": b"{}"}, "First", BOT, WHEN)
    assert repo.commit(sha).parents == ()
    assert files(root, sha) == {"record.json": "{}"}


def test_directories_are_sorted_as_git_sorts_them(root: Path, repo: Repo) -> None:
    names = ["a", "a.b/x", "a-b", "ab/x", "a0", "ü/x", "A/x"]
    sha = repo.write_commit([], dict.fromkeys(names, b"x"), "Sorted", BOT, WHEN)
    assert set(files(root, sha)) == set(names)


def test_a_file_keeps_its_mode(root: Path, repo: Repo) -> None:
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    git(root, "add", "run.sh")
    git(root, "commit", "-q", "-m", "script")
    sha = repo.write_commit([head(root)], {"run.sh": b"#!/bin/bash\n"}, "Bash", BOT, WHEN)
    assert git(root, "ls-tree", sha, "run.sh").startswith("100755")


@pytest.mark.parametrize(
    "name", ["with space.txt", "é/ü.txt", 'quo"te.txt', "-rf", ":(glob)*", "*"]
)
def test_unusual_names_can_be_written(root: Path, repo: Repo, name: str) -> None:
    sha = repo.write_commit([head(root)], {name: b"x"}, "Odd", BOT, WHEN)
    assert repo.read(sha, name) == b"x"


def test_a_huge_file_can_be_written(root: Path, repo: Repo) -> None:
    huge = bytes(range(256)) * 40_000
    sha = repo.write_commit([head(root)], {"huge": huge}, "Huge", BOT, WHEN)
    assert repo.read(sha, "huge") == huge


@pytest.mark.parametrize(
    "path",
    [
        "", "/etc/passwd", "../x", "a/../../x", "./x", "a//b", "a/", ".git/config", "a/.GIT/x",
        ".git./x", "git~1/x", ".g\u200cit/x", ".git:x/y", "a\nb", "a\0b", "a\x7fb", "a\\..\\b",
        "x" * 256, "a/" + "é" * 200, "a/" * 101 + "b", "a/" * 1500 + "b",
    ],
)  # fmt: skip
def test_paths_that_lead_out_are_refused(root: Path, repo: Repo, path: str) -> None:
    with pytest.raises(UnusablePathError) as caught:
        repo.write_commit([head(root)], {path: b"x"}, "Bad", BOT, WHEN)
    assert isinstance(caught.value, InputError)


@given(st.text(max_size=30))
def test_a_path_is_either_refused_or_stays_inside(path: str) -> None:
    try:
        parts = check_path(path)
    except UnusablePathError:
        return
    assert "/".join(parts) == path
    assert not {"", ".", "..", ".git"} & set(parts)


def test_nothing_is_written_through_links_submodules_files_or_over_directories(
    root: Path, repo: Repo
) -> None:
    (root / "link").symlink_to("/tmp")
    git(root, "add", "link")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{head(root)},sub")
    git(root, "commit", "-q", "-m", "kinds")
    for path, words in {
        "link/x": "symbolic link",
        "link": "symbolic link",
        "sub/x": "submodule",
        "sub": "submodule",
        "a.txt/x": "a file",
        "d": "a directory",
    }.items():
        with pytest.raises(UnusablePathError, match=words):
            repo.write_commit([head(root)], {path: b"x"}, "Bad", BOT, WHEN)
    with pytest.raises(UnusablePathError, match="is a directory"):
        repo.write_commit([head(root)], {"d": None}, "Bad", BOT, WHEN)
    for both in ({"n": b"x", "n/m": b"y"}, {"n-a": b"", "n": b"x", "n/m": b"y"}):
        with pytest.raises(UnusablePathError):
            repo.write_commit([head(root)], both, "Bad", BOT, WHEN)


def test_a_merge_commit_has_its_parents_in_order(root: Path, repo: Repo) -> None:
    base = head(root)
    git(root, "checkout", "-q", "-b", "side")
    side = commit_files(root, {"side": "x"})
    tree = repo.merge(base, side)
    assert isinstance(tree, str)
    sha = repo.write_commit_tree(tree, [base, side], "Merge", BOT, WHEN)
    assert repo.commit(sha).parents == (base, side)


def test_author_and_committer_may_differ(root: Path, repo: Repo) -> None:
    ana = Identity("Ana Müller", "ana@example.org")
    commit = repo.commit(repo.write_commit([head(root)], {}, "Both", ana, WHEN, committer=BOT))
    assert (commit.author, commit.committer) == (ana, BOT)
    assert commit.authored_at == WHEN
    alone = repo.commit(repo.write_commit([head(root)], {}, "One", ana, WHEN))
    assert alone.committer == ana


@pytest.mark.parametrize(
    "name",
    ["A <b> c\n", "x\0y", "line\nauthor Eve <eve@x> 0 +0000", "", "<>", "\ud800", "Ünï", " . "],
)
def test_names_cannot_break_a_commit(root: Path, repo: Repo, name: str) -> None:
    sha = repo.write_commit([head(root)], {}, "Name", Identity(name, "a@<b>\nc"), WHEN)
    commit = repo.commit(sha)
    assert commit.author.email == "a@b c"
    assert "\n" not in commit.author.name
    assert commit.message == "Name\n"


@given(st.text(max_size=60))
def test_any_message_survives(text: str) -> None:
    from dc43_gitdraft.repo.objects import commit_bytes, parse_commit

    data = commit_bytes("1" * 40, [], text, (BOT, WHEN), (BOT, WHEN))
    message = parse_commit("2" * 40, data).message
    assert message.endswith("\n")
    assert "\0" not in message
    if text.isprintable():
        assert message == text.strip("\n") + "\n"


@pytest.mark.parametrize("when", [datetime(2024, 5, 30), datetime(1960, 1, 1, tzinfo=timezone.utc)])
def test_dates_that_git_cannot_hold_are_refused(root: Path, repo: Repo, when: datetime) -> None:
    with pytest.raises(ValueError, match="date"):
        repo.write_commit([head(root)], {}, "When", BOT, when)


def test_a_missing_parent_is_an_error(root: Path, repo: Repo) -> None:
    with pytest.raises(GitError, match="missing"):
        repo.write_commit(["ab" * (len(head(root)) // 2)], {}, "No parent", BOT, WHEN)


def test_a_tag_is_what_git_reads_back(root: Path, repo: Repo) -> None:
    sha = repo.write_tag("orders/v1.0.0", head(root), "Promoted\n\nContract-Id: orders", BOT, WHEN)
    assert refs_snapshot(root) == {MAIN: head(root)}
    git(root, "update-ref", "refs/tags/orders/v1.0.0", sha)
    tag = repo.tag("orders/v1.0.0")
    assert tag is not None
    assert (tag.sha, tag.target, tag.tagger, tag.tagged_at) == (sha, head(root), BOT, WHEN)
    assert tag.message == "Promoted\n\nContract-Id: orders\n"
    assert git(root, "describe") == "orders/v1.0.0"


def test_an_impossible_tag_name_is_refused(root: Path, repo: Repo) -> None:
    with pytest.raises(GitError):
        repo.write_tag("../x", head(root), "No", BOT, WHEN)


def test_hooks_and_filters_of_the_repository_do_not_run(
    root: Path, repo: Repo, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    for hook in ("reference-transaction", "pre-commit", "post-checkout", "post-index-change"):
        path = root / ".git/hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch '{ran}'\n")
        path.chmod(0o755)
    git(root, "config", "filter.evil.smudge", f"touch '{ran}'")
    git(root, "config", "filter.evil.clean", f"touch '{ran}'")
    git(root, "config", "diff.evil.textconv", f"touch '{ran}'")
    git(root, "config", "core.fsmonitor", f"touch '{ran}'")
    sha = repo.write_commit(
        [head(root)], {".gitattributes": b"* filter=evil diff=evil\n", "x": b"x"}, "Evil", BOT, WHEN
    )
    from dc43_gitdraft.repo import RefUpdate

    repo.push([RefUpdate("refs/heads/evil", sha, None)])
    assert repo.read(sha, "x") == b"x"
    assert repo.diff_names(head(root), sha)
    assert not ran.exists()
    git(root, "config", "--unset", "core.fsmonitor")
