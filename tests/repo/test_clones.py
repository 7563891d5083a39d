"""Clones that are kept for the next run."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import IO

import pytest
from support.git import Processes, commit_on, git, make_bare, refs_snapshot
from support.git_http import serve

from dc43_gitdraft.errors import GitError
from dc43_gitdraft.repo import BOT, RefUpdate, Repo

MAIN = "refs/heads/main"
WHEN = datetime(2024, 5, 30, 12, 30, tzinfo=timezone.utc)
TOKEN = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"

#: Opens a repository, says so, and works on when it is told to.
HOLDER = """
import sys
from datetime import datetime, timezone
from dc43_gitdraft.repo import BOT, RefUpdate, Repo
with Repo.open(sys.argv[1]) as repo:
    print(repo.resolve("refs/heads/main"), flush=True)
    sys.stdin.readline()
    tip = repo.resolve("refs/heads/main")
    when = datetime(2024, 5, 30, 12, 30, tzinfo=timezone.utc)
    commit = repo.write_commit([tip], {"holder.txt": b"x"}, "Change", BOT, when)
    repo.push([RefUpdate("refs/heads/holder", commit, None)])
print("done", flush=True)
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("GITDRAFT_CACHE", str(folder))
    return folder


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    bare = make_bare(tmp_path / "r.git", {f"{n}.txt": f"{n}\n" for n in range(20)})
    git(bare, "config", "http.receivepack", "true")
    git(bare, "config", "uploadpack.allowFilter", "true")
    git(bare, "config", "uploadpack.allowAnySHA1InWant", "true")
    return bare


@pytest.fixture
def kept(bare: Path, cache: Path) -> Path:
    """The clone that a first run left."""
    with Repo.open(f"file://{bare}") as repo:
        repo.read(MAIN, "1.txt")
    (folder,) = cache.iterdir()
    return folder / "clone.git"


@contextmanager
def holder(url: str) -> Iterator[tuple[subprocess.Popen[str], IO[str], IO[str]]]:
    """Another process that has the repository open."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert len(process.stdout.readline()) == 41
        yield process, process.stdin, process.stdout
    finally:
        process.kill()
        process.communicate()


def commit(repo: Repo, name: str = "new.txt") -> str:
    parent = repo.resolve(MAIN)
    assert parent is not None
    return repo.write_commit([parent], {name: b"x"}, "Change", BOT, WHEN)


def opened(bare: Path, tmp_path: Path) -> list[str]:
    """Open, read a file, and close; the git processes that it took."""
    processes = Processes(tmp_path)
    with Repo.open(f"file://{bare}") as repo:
        assert repo.read(MAIN, "1.txt") == b"1\n"
        assert repo.refs() == refs_snapshot(bare)
        return [name for name in processes.take() if name not in {"version", "upload-pack"}]


def test_the_next_run_asks_only_what_is_new(bare: Path, kept: Path, tmp_path: Path) -> None:
    asked = opened(bare, tmp_path)
    assert [name for name in asked if "/" not in name][:2] == ["ls-remote", "for-each-ref"]
    assert "clone" not in asked
    assert "fetch" not in asked


def test_it_costs_two_requests(bare: Path, cache: Path) -> None:
    with serve(bare.parent) as server:
        url = server.url("r.git")
        for _ in range(2):
            server.requests.clear()
            with Repo.open(url) as repo:
                assert repo.read(MAIN, "1.txt") == b"1\n"
        assert [request.split("?")[0] for request in server.requests] == [
            "GET /r.git/info/refs",
            "POST /r.git/git-upload-pack",
        ]


def test_what_moved_on_the_remote_is_seen(bare: Path, kept: Path, tmp_path: Path) -> None:
    git(bare, "branch", "old")
    git(bare, "tag", "v1")
    git(bare, "update-ref", "refs/gitdraft/pulls/1", "main")
    opened(bare, tmp_path)
    git(bare, "branch", "-D", "old")
    git(bare, "branch", "old/below", "main")
    git(bare, "tag", "-d", "v1")
    git(bare, "tag", "-a", "-m", "two", "v2")
    git(bare, "update-ref", "-d", "refs/gitdraft/pulls/1")
    git(bare, "update-ref", "refs/pull/1/head", "main")
    commit_on(bare, "main", {"new.txt": "new\n"})
    with Repo.open(f"file://{bare}") as repo:
        assert set(repo.refs()) == {MAIN, "refs/heads/old/below", "refs/tags/v2"}
        assert repo.read(MAIN, "new.txt") == b"new\n"
    assert kept.is_dir()


def test_another_default_branch_is_seen(bare: Path, kept: Path) -> None:
    git(bare, "branch", "approved", "main")
    git(bare, "symbolic-ref", "HEAD", "refs/heads/approved")
    with Repo.open(f"file://{bare}") as repo:
        assert repo.default_branch() == "approved"


def test_what_one_run_pushed_the_next_one_has(bare: Path, kept: Path, tmp_path: Path) -> None:
    with Repo.open(f"file://{bare}") as repo:
        repo.push([RefUpdate(MAIN, commit(repo), repo.resolve(MAIN))])
    assert "fetch" not in opened(bare, tmp_path)


def test_a_rewritten_remote_is_seen(bare: Path, kept: Path, tmp_path: Path) -> None:
    shutil.rmtree(bare)
    make_bare(bare, {"1.txt": "1\n"}, object_format="sha1")
    opened(bare, tmp_path)


def test_a_remote_of_another_kind_of_hash_is_cloned_anew(
    bare: Path, kept: Path, tmp_path: Path
) -> None:
    shutil.rmtree(bare)
    shutil.rmtree(tmp_path / "r.git-source")
    make_bare(bare, {"1.txt": "1\n"}, object_format="sha256")
    opened(bare, tmp_path)


def test_a_remote_without_filters_is_kept_whole(bare: Path, cache: Path, tmp_path: Path) -> None:
    git(bare, "config", "uploadpack.allowFilter", "false")
    opened(bare, tmp_path)
    asked = opened(bare, tmp_path)
    assert "clone" not in asked
    assert "fetch" not in asked


def test_nobody_else_may_look_into_it(kept: Path, bare: Path) -> None:
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    kept.parent.chmod(0o755)
    before = sorted(kept.rglob("*"))
    commit_on(bare, "main", {"new.txt": "new\n"})
    with Repo.open(f"file://{bare}") as repo:
        assert repo.read(MAIN, "new.txt") == b"new\n"
    assert sorted(kept.rglob("*")) == before


def test_a_link_in_its_place_is_not_followed(kept: Path, bare: Path, tmp_path: Path) -> None:
    kept.parent.rename(tmp_path / "elsewhere")
    kept.parent.symlink_to(tmp_path / "elsewhere")
    assert "clone" in opened(bare, tmp_path)


def test_it_can_be_switched_off(
    bare: Path, tmp_path: Path, isolated_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITDRAFT_CACHE", "off")
    for _ in range(2):
        assert "clone" in opened(bare, tmp_path)
    assert not (isolated_home / ".cache").exists()


def test_it_lies_in_the_user_s_cache(
    bare: Path, tmp_path: Path, isolated_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(bare, tmp_path)
    (folder,) = (isolated_home / ".cache" / "dc43-gitdraft").iterdir()
    assert (folder / "clone.git").is_dir()
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert "clone" not in opened(bare, tmp_path)


def test_without_a_place_for_it_there_is_a_temporary_one(
    bare: Path, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("GITDRAFT_CACHE", str(tmp_path / "file" / "cache"))
    assert "clone" in opened(bare, tmp_path)
    assert list(temporary.iterdir()) == []


def test_each_remote_has_its_own(bare: Path, kept: Path, cache: Path, tmp_path: Path) -> None:
    other = make_bare(tmp_path / "other" / "r.git", {"1.txt": "1\n"})
    opened(other, tmp_path)
    assert len(list(cache.iterdir())) == 2
    assert "clone" not in opened(bare, tmp_path)


def test_who_comes_while_it_is_in_use_takes_a_temporary_one(
    bare: Path, kept: Path, tmp_path: Path, temporary: Path
) -> None:
    with holder(f"file://{bare}") as (_, stdin, stdout):
        with Repo.open(f"file://{bare}") as repo:
            assert len(list(temporary.iterdir())) == 1
            repo.push([RefUpdate("refs/heads/mine", commit(repo), None)])
        stdin.write("go on\n")
        stdin.flush()
        assert stdout.readline() == "done\n"
    assert {"refs/heads/mine", "refs/heads/holder"} < set(refs_snapshot(bare))
    assert list(temporary.iterdir()) == []
    assert "clone" not in opened(bare, tmp_path)


def test_a_killed_process_leaves_it_free_and_it_is_made_anew(
    bare: Path, kept: Path, tmp_path: Path, temporary: Path
) -> None:
    with holder(f"file://{bare}") as (process, _, _):
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert "clone" in opened(bare, tmp_path)
    assert "clone" not in opened(bare, tmp_path)
    assert list(temporary.iterdir()) == []


def test_a_run_that_failed_leaves_one_to_be_made_anew(
    bare: Path, kept: Path, tmp_path: Path
) -> None:
    with pytest.raises(GitError), Repo.open(f"file://{bare}") as repo:
        repo.commit("0" * 40)
    assert "clone" in opened(bare, tmp_path)


def truncated(clone: Path) -> None:
    for pack in clone.glob("objects/pack/*.pack"):
        pack.chmod(0o600)
        with pack.open("r+b") as file:
            file.truncate(100)


def without_packs(clone: Path) -> None:
    shutil.rmtree(clone / "objects" / "pack")


def without_configuration(clone: Path) -> None:
    (clone / "config").unlink()


def with_a_lock_that_git_left(clone: Path) -> None:
    (clone / "packed-refs.lock").touch()


def with_zeros_for_its_configuration(clone: Path) -> None:
    config = clone / "config"
    config.write_bytes(b"\0" * config.stat().st_size)


def with_zeros_for_its_head(clone: Path) -> None:
    head = clone / "HEAD"
    head.write_bytes(b"\0" * head.stat().st_size)


def with_zeros_for_its_refs(clone: Path) -> None:
    packed = clone / "packed-refs"
    packed.write_bytes(b"\0" * packed.stat().st_size)


def with_another_thing_for_a_seal(clone: Path) -> None:
    (clone.parent / "seal.json").write_text("[]")


def gone(clone: Path) -> None:
    shutil.rmtree(clone)


def with_one_bit_changed(clone: Path) -> None:
    for pack in clone.glob("objects/pack/*.pack"):
        pack.chmod(0o600)
        content = bytearray(pack.read_bytes())
        content[len(content) // 2] ^= 1
        pack.write_bytes(content)


def a_file(clone: Path) -> None:
    shutil.rmtree(clone)
    clone.write_text("x", "utf-8")


def a_link(clone: Path) -> None:
    clone.rename(clone.with_name("else"))
    clone.symlink_to(clone.with_name("else"))


@pytest.mark.parametrize(
    "damage",
    [
        truncated,
        without_packs,
        without_configuration,
        with_a_lock_that_git_left,
        with_zeros_for_its_configuration,
        with_zeros_for_its_head,
        with_zeros_for_its_refs,
        with_another_thing_for_a_seal,
        gone,
        with_one_bit_changed,
        a_file,
        a_link,
    ],
    ids=lambda damage: damage.__name__,
)
def test_a_damaged_one_is_made_anew(bare: Path, kept: Path, tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    damage(kept)
    opened(bare, tmp_path)
    assert "clone" not in opened(bare, tmp_path)


@pytest.mark.parametrize("filters", ["true", "false"])
def test_what_only_reading_finds_damaged_is_fetched_again(
    bare: Path, cache: Path, tmp_path: Path, filters: str
) -> None:
    git(bare, "config", "uploadpack.allowFilter", filters)
    opened(bare, tmp_path)
    for pack in cache.glob("*/clone.git/objects/pack/*.pack"):
        pack.chmod(0o600)
        content = pack.read_bytes()
        pack.write_bytes(content[:12] + b"\xff" * (len(content) - 32) + content[-20:])
    assert {"clone", "fetch"} & set(opened(bare, tmp_path))


def test_one_changed_bit_is_noticed_before_it_is_read(
    bare: Path, kept: Path, tmp_path: Path
) -> None:
    with_one_bit_changed(kept)
    assert "clone" in opened(bare, tmp_path)


def test_a_link_in_place_of_the_clone_is_not_followed(
    bare: Path, kept: Path, tmp_path: Path
) -> None:
    shutil.rmtree(kept)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").touch()
    kept.symlink_to(tmp_path / "mine")
    opened(bare, tmp_path)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["file"]
    assert (kept / "HEAD").is_file()


def test_without_a_connection_it_stays(bare: Path, kept: Path, tmp_path: Path) -> None:
    bare.rename(tmp_path / "away.git")
    with pytest.raises(GitError, match=r"reading file://.*r\.git failed"):
        Repo.open(f"file://{bare}")
    (tmp_path / "away.git").rename(bare)
    assert "clone" not in opened(bare, tmp_path)


def test_one_that_became_many_files_is_made_anew(
    bare: Path, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dc43_gitdraft.repo.clones._MOST_FILES", 20)
    for n in range(20):
        git(bare, "branch", f"b{n}", "main")
    assert "clone" not in opened(bare, tmp_path)
    assert "clone" in opened(bare, tmp_path)
    assert "clone" not in opened(bare, tmp_path)


def test_a_forked_process_leaves_it_to_its_parent(bare: Path, kept: Path, tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from dc43_gitdraft.repo import Repo\n"
        f"repo = Repo.open('file://{bare}')\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    sys.exit()\n"
        "os.waitpid(child, 0)\n"
        f"other = Repo.open('file://{bare}')\n"
        "print(other._git.git_dir == repo._git.git_dir)\n"
        "other.close()\n"
        "repo.close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
    assert "clone" not in opened(bare, tmp_path)


def test_a_url_that_may_hold_a_secret_is_not_kept(bare: Path, cache: Path) -> None:
    with serve(bare.parent) as server:
        url = server.url("r.git").replace("127.0.0.1", "somebody@127.0.0.1")
        with Repo.open(url) as repo:
            assert repo.read(MAIN, "1.txt") == b"1\n"
    assert not cache.exists()


def test_the_token_is_not_in_it(bare: Path, cache: Path) -> None:
    secrets = [
        TOKEN.encode(),
        base64.b64encode(TOKEN.encode()),
        base64.b64encode(f"x-access-token:{TOKEN}".encode()),
    ]
    with serve(bare.parent, TOKEN) as server:
        for n in range(3):
            with Repo.open(server.url("r.git"), TOKEN) as repo:
                repo.read(MAIN, f"{n}.txt")
                repo.push([RefUpdate(MAIN, commit(repo, f"new{n}.txt"), repo.resolve(MAIN))])
                repo.refresh()
    files = [path for path in cache.rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        assert not any(secret in path.read_bytes() for secret in secrets), path


def test_a_wrong_token_is_refused_though_the_clone_is_there(bare: Path, cache: Path) -> None:
    with serve(bare.parent, TOKEN) as server:
        with Repo.open(server.url("r.git"), TOKEN):
            pass
        with pytest.raises(GitError) as caught:
            Repo.open(server.url("r.git"), "ghp_wrong")
        assert "ghp_wrong" not in str(caught.value)
        with Repo.open(server.url("r.git"), TOKEN) as repo:
            assert repo.read(MAIN, "1.txt") == b"1\n"


def test_ssh_has_one_too(
    bare: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(
        '#!/bin/sh\nwhile [ "$1" != git@host.example ]; do shift; done\nshift\neval "$*"\n'
    )
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    monkeypatch.setenv("GIT_SSH_VARIANT", "ssh")
    for n in range(2):
        with Repo.open(f"git@host.example:{bare}") as repo:
            assert repo.read(MAIN, "1.txt") == b"1\n"
            repo.push([RefUpdate(f"refs/heads/n{n}", commit(repo), None)])
    assert len(list(cache.iterdir())) == 1


def test_many_processes_at_once_lose_nothing(bare: Path, kept: Path, temporary: Path) -> None:
    script = (
        "import sys\n"
        "from datetime import datetime, timezone\n"
        "from dc43_gitdraft.repo import BOT, RefUpdate, Repo\n"
        "when = datetime(2024, 5, 30, 12, 30, tzinfo=timezone.utc)\n"
        "for n in range(3):\n"
        "    with Repo.open(sys.argv[1]) as repo:\n"
        "        tip = repo.resolve('refs/heads/main')\n"
        "        new = repo.write_commit([tip], {sys.argv[2]: b'x'}, 'Change', BOT, when)\n"
        "        repo.push([RefUpdate(f'refs/heads/{sys.argv[2]}-{n}', new, None)])\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, f"file://{bare}", f"p{n}"],
            env={**os.environ, "TMPDIR": str(temporary)},
        )
        for n in range(4)
    ]
    assert [process.wait() for process in running] == [0] * 4
    wanted = {f"refs/heads/p{n}-{m}" for n in range(4) for m in range(3)}
    assert set(refs_snapshot(bare)) == {MAIN, *wanted}
    assert list(temporary.iterdir()) == []
