from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from support.git import Processes, commit_on, git, make_bare, refs_snapshot
from support.git_http import serve

from dc43_gitdraft.errors import ConfigError, GitError, StaleRefError
from dc43_gitdraft.repo import BOT, RefUpdate, Repo
from dc43_gitdraft.repo.command import Git, Result

MAIN = "refs/heads/main"
WHEN = datetime(2024, 5, 30, 12, 30, tzinfo=timezone.utc)
TOKEN = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("GITDRAFT_CACHE", "off")
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    bare = make_bare(tmp_path / "r.git", {f"{n}.txt": f"{n}\n" for n in range(20)})
    git(bare, "config", "http.receivepack", "true")
    return bare


def commit(repo: Repo, name: str = "new.txt") -> str:
    parent = repo.resolve(MAIN)
    assert parent is not None
    return repo.write_commit([parent], {name: b"x"}, "Change", BOT, WHEN)


def hook(bare: Path, name: str, script: str) -> None:
    path = bare / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_clone_is_gone_after_closing(bare: Path, temporary: Path) -> None:
    with Repo.open(f"file://{bare}") as repo:
        assert repo.url == repo.name == f"file://{bare}"
        assert len(list(temporary.iterdir())) == 1
        repo.read(MAIN, "1.txt")
    assert list(temporary.iterdir()) == []


def test_a_repository_that_nobody_closed_leaves_nothing_either(bare: Path, temporary: Path) -> None:
    repo = Repo.open(f"file://{bare}")
    repo.read(MAIN, "1.txt")
    del repo
    gc.collect()
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_error_on_its_way_out_leaves_nothing(
    bare: Path, temporary: Path, error: type[BaseException]
) -> None:
    def job() -> None:
        repo = Repo.open(f"file://{bare}")
        repo.read(MAIN, "1.txt")
        raise error

    with pytest.raises(error):
        job()
    gc.collect()


@pytest.mark.parametrize("stage", ["clone", "rev-parse"])
def test_an_interrupted_opening_leaves_nothing(
    bare: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    real = Git.run

    def run(git: Git, *args: str, **given: Any) -> Result:
        result = real(git, *args, **given)
        if args[0] == stage:
            assert list(temporary.iterdir()) != []
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(Git, "run", run)
    with pytest.raises(KeyboardInterrupt):
        Repo.open(f"file://{bare}")
    assert list(temporary.iterdir()) == []


def test_a_program_that_exits_leaves_nothing(bare: Path, temporary: Path) -> None:
    script = (
        "import signal, sys, os\n"
        "from dc43_gitdraft.repo import Repo\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))\n"
        f"repo = Repo.open('file://{bare}')\n"
        f"repo.read('{MAIN}', '1.txt')\n"
        "print(len(os.listdir(os.environ['TMPDIR'])))\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (143, "1\n", "")
    assert list(temporary.iterdir()) == []


def test_a_failed_clone_leaves_nothing(tmp_path: Path, temporary: Path) -> None:
    with pytest.raises(GitError):
        Repo.open(f"file://{tmp_path}/none.git")
    assert list(temporary.iterdir()) == []


def test_an_empty_remote_can_be_begun(tmp_path: Path) -> None:
    bare = tmp_path / "empty.git"
    Repo.init(bare)
    with Repo.open(f"file://{bare}") as repo:
        with pytest.raises(ConfigError, match="no branch with a commit"):
            repo.default_branch()
        sha = repo.write_commit([], {"README.md": b"x"}, "First", BOT, WHEN)
        repo.push([RefUpdate(MAIN, sha, None)])
        assert repo.default_branch() == "main"
    assert refs_snapshot(bare) == {MAIN: sha}


def test_its_head_tells_the_default_branch(tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "x.git", branch="approved")
    git(bare, "branch", "main")
    with Repo.open(f"file://{bare}") as repo:
        assert repo.default_branch() == "approved"


def test_pull_requests_records_come_along_and_other_forges_heads_do_not(bare: Path) -> None:
    sha = git(bare, "rev-parse", "main")
    for ref in ("refs/gitdraft/pulls/1", "refs/pull/1/head", "refs/pull/1/merge"):
        git(bare, "update-ref", ref, sha)
    with Repo.open(f"file://{bare}") as repo:
        assert set(repo.refs()) == {MAIN, "refs/gitdraft/pulls/1"}
        others = {"refs/pull/1/head": sha, "refs/pull/1/merge": sha}
        assert repo.refs_now("refs/pull/") == others
        git(bare, "config", "transfer.hideRefs", "refs/pull")
        assert repo.refs_now("refs/pull/") == {}


def test_file_contents_are_fetched_together_when_they_are_read(bare: Path, tmp_path: Path) -> None:
    git(bare, "config", "uploadpack.allowFilter", "true")
    with Repo.open(f"file://{bare}") as repo:
        processes = Processes(tmp_path)
        blobs = repo.blobs(entry.sha for entry in repo.entries(MAIN))
        assert len(blobs) == 20
        assert processes.take() == ["cat-file", "ls-tree", "fetch"]
        repo.blobs(blobs)
        assert processes.take() == []
        assert repo.read(MAIN, "7.txt") == b"7\n"
        assert repo.read_many([(MAIN, "1.txt"), (MAIN, "none"), (MAIN, "2.txt")]) == [
            b"1\n",
            None,
            b"2\n",
        ]
        assert processes.take() == []


def test_a_merge_of_a_clone_without_contents_fetches_what_it_needs(bare: Path) -> None:
    git(bare, "config", "uploadpack.allowFilter", "true")
    side = commit_on(bare, "side", {"1.txt": "side\n"})
    main = commit_on(bare, "main", {"2.txt": "main\n"})
    with Repo.open(f"file://{bare}") as repo:
        tree = repo.merge(main, side)
        assert isinstance(tree, str)
        assert repo.read(tree, "1.txt") == b"side\n"


def test_what_a_hook_says_reaches_the_person(bare: Path) -> None:
    hook(
        bare,
        "pre-receive",
        "printf 'Contracts are \\033[31mfrozen\\033[0m\\a today\\n' >&2; exit 1",
    )
    before = refs_snapshot(bare)
    with Repo.open(f"file://{bare}") as repo:
        new = commit(repo)
        with pytest.raises(GitError, match="Contracts are frozen today") as caught:
            repo.push([RefUpdate(MAIN, new, repo.resolve(MAIN))])
        assert not isinstance(caught.value, StaleRefError)
        assert "pre-receive hook declined" in str(caught.value)
        assert str(caught.value).isprintable()
        assert repo.refs() == before
    assert refs_snapshot(bare) == before


def test_a_hook_that_talks_without_end_is_cut_short(bare: Path) -> None:
    hook(bare, "pre-receive", "yes 'no no no' | head -5000 >&2; exit 1")
    with Repo.open(f"file://{bare}") as repo, pytest.raises(GitError) as caught:
        repo.push([RefUpdate("refs/heads/x", commit(repo), None)])
    assert len(str(caught.value)) < 1500


def test_protection_of_one_branch_stops_all_refs(bare: Path) -> None:
    hook(
        bare,
        "update",
        '[ "$1" = refs/heads/main ] || exit 0\necho "GH006: Protected branch" >&2\nexit 1',
    )
    before = refs_snapshot(bare)
    with Repo.open(f"file://{bare}") as repo:
        new = commit(repo)
        with pytest.raises(GitError, match="GH006") as caught:
            repo.push(
                [RefUpdate(MAIN, new, repo.resolve(MAIN)), RefUpdate("refs/heads/n", new, None)]
            )
    assert not isinstance(caught.value, StaleRefError)
    assert refs_snapshot(bare) == before


def test_a_lost_race_during_the_push_is_one(bare: Path) -> None:
    # The server's own hook moves the branch after git compared it, as another push would.
    other = commit_on(bare, "other", {"b.txt": "x"})
    hook(bare, "pre-receive", f"unset GIT_QUARANTINE_PATH; git update-ref refs/heads/main {other}")
    with Repo.open(f"file://{bare}") as repo:
        new = commit(repo)
        with pytest.raises(StaleRefError, match=MAIN):
            repo.push([RefUpdate(MAIN, new, repo.resolve(MAIN))])
    assert refs_snapshot(bare)[MAIN] == other


def test_a_push_whose_answer_was_lost_has_arrived(bare: Path) -> None:
    hook(bare, "post-receive", "kill -9 $PPID")
    with Repo.open(f"file://{bare}") as repo:
        new = commit(repo)
        repo.push([RefUpdate(MAIN, new, repo.resolve(MAIN))])
        assert repo.resolve(MAIN) == new
    assert refs_snapshot(bare)[MAIN] == new


def test_a_remote_that_went_away_may_be_tried_again(bare: Path, tmp_path: Path) -> None:
    with Repo.open(f"file://{bare}") as repo:
        new = commit(repo)
        bare.rename(tmp_path / "moved.git")
        with pytest.raises(GitError) as caught:
            repo.push([RefUpdate(MAIN, new, repo.resolve(MAIN))])
        assert not isinstance(caught.value, StaleRefError)
        with pytest.raises(GitError):
            repo.refresh()


def test_hooks_templates_and_settings_of_the_user_do_not_reach_the_clone(
    bare: Path, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-push", "post-checkout", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{ran}'\n")
        (hooks / name).chmod(0o755)
    git(tmp_path, "config", "--global", "core.hooksPath", str(hooks))
    git(tmp_path, "config", "--global", "push.default", "nothing")
    git(tmp_path, "config", "--global", "fetch.prune", "false")
    git(tmp_path, "config", "--global", "clone.defaultRemoteName", "elsewhere")
    with Repo.open(f"file://{bare}") as repo:
        # The server's side runs with the same HOME here: its hooks would be these.
        git(tmp_path, "config", "--global", "--unset", "core.hooksPath")
        repo.push([RefUpdate("refs/heads/n", commit(repo), None)])
        repo.refresh()
    assert not ran.exists()


def test_ssh_is_used_as_configured(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(
        '#!/bin/sh\nwhile [ "$1" != git@host.example ]; do shift; done\nshift\neval "$*"\n'
    )
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    monkeypatch.setenv("GIT_SSH_VARIANT", "ssh")
    for url in (f"git@host.example:{bare}", f"ssh://git@host.example{bare}"):
        with Repo.open(url) as repo:
            new = commit(repo, url[:3])
            repo.push([RefUpdate(MAIN, new, repo.resolve(MAIN))])
        assert refs_snapshot(bare)[MAIN] == new


def test_a_token_opens_reads_and_pushes_over_http(bare: Path) -> None:
    git(bare, "config", "uploadpack.allowFilter", "true")
    with serve(bare.parent, TOKEN) as server, Repo.open(server.url("r.git"), TOKEN) as repo:
        assert repo.read(MAIN, "1.txt") == b"1\n"
        new = commit(repo)
        repo.push([RefUpdate(MAIN, new, repo.resolve(MAIN))])
        repo.refresh()
    assert refs_snapshot(bare)[MAIN] == new


@pytest.mark.parametrize("token", [None, "ghp_wrong"])
def test_a_missing_or_wrong_token_is_an_error_and_no_prompt(bare: Path, token: str | None) -> None:
    with serve(bare.parent, TOKEN) as server, pytest.raises(GitError) as caught:
        Repo.open(server.url("r.git"), token)
    assert "ghp_wrong" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_the_token_stays_in_the_environment(
    bare: Path, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import base64

    log = tmp_path / "argv"
    real = os.environ["PATH"]
    spy = tmp_path / "bin" / "git"
    spy.parent.mkdir()
    spy.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{log}'\nPATH='{real}' exec git \"$@\"\n")
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:{real}")
    git(bare, "config", "receive.denyNonFastForwards", "true")
    secrets = [
        TOKEN.encode(),
        base64.b64encode(TOKEN.encode()),
        base64.b64encode(f"x-access-token:{TOKEN}".encode()),
    ]
    hook(bare, "pre-receive", f"echo 'you are {TOKEN}' >&2; exit 1")
    with serve(bare.parent, TOKEN) as server, Repo.open(server.url("r.git"), TOKEN) as repo:
        with pytest.raises(GitError, match=r"you are \*\*\*") as caught:
            repo.push([RefUpdate(MAIN, commit(repo), repo.resolve(MAIN))])
        shown = [str(caught.value), repr(caught.value), repr(vars(repo)), repr(repo._git)]
        kept = [path.read_bytes() for path in temporary.rglob("*") if path.is_file()]
    assert log.read_bytes().count(b"clone") >= 1
    for text in (log.read_bytes(), *kept, *(text.encode() for text in shown)):
        assert not any(secret in text for secret in secrets)


def test_a_sha256_remote(tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "x.git", {"a": "x"}, object_format="sha256")
    with Repo.open(f"file://{bare}") as repo:
        new = commit(repo)
        repo.push([RefUpdate(MAIN, new, repo.resolve(MAIN))])
        assert len(new) == 64
    assert refs_snapshot(bare) == {MAIN: new}
