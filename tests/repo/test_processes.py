"""How many git processes an operation takes: each costs more than all the rest of it."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest
from support.git import Processes, git, make_bare, make_repo
from support.shop import ORDERS, clock

from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.model import PullState
from dc43_gitdraft.promotion import promote
from dc43_gitdraft.publish import Desk
from dc43_gitdraft.repo import BOT, RefUpdate, Repo

MAIN = "refs/heads/main"
WHEN = datetime(2024, 5, 30, 12, 30, tzinfo=timezone.utc)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return make_bare(tmp_path / "r.git", {f"{n}.txt": f"{n}\n" for n in range(50)})


def write(repo: Repo, name: str = "new.txt") -> str:
    old = repo.resolve(MAIN)
    assert old is not None
    return repo.write_commit([old], {name: b"x"}, "Change", BOT, WHEN)


def test_of_reading_and_writing_on_disk(bare: Path, tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    with Repo.open(str(bare)) as repo:
        assert [name for name in processes.take() if name != "version"] == ["rev-parse"]
        for n in range(50):
            repo.read(MAIN, f"{n}.txt")
            repo.commit(MAIN)
            repo.resolve(MAIN)
        assert processes.take() == ["cat-file"]
        repo.blobs(entry.sha for entry in repo.entries(MAIN))
        assert processes.take() == ["ls-tree"]
        new = write(repo)
        assert processes.take() == ["unpack-objects"]
        repo.write_tag("v1", new, "one", BOT, WHEN)
        assert processes.take() == ["unpack-objects"]
        repo.push([RefUpdate(MAIN, new, repo.resolve(MAIN)), RefUpdate("refs/heads/n", new, None)])
        assert processes.take() == ["update-ref"]
        repo.log([MAIN], paths=["new.txt"])
        assert processes.take() == ["rev-list"]


def test_of_a_checked_out_branch(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "r")
    with Repo.open(str(root)) as repo:
        new = write(repo)
        processes = Processes(tmp_path)
        repo.push([RefUpdate("refs/heads/n", new, None)])
        assert processes.take() == ["worktree", "update-ref"]
        repo.push([RefUpdate(MAIN, new, repo.resolve(MAIN))])
        assert len(processes.take()) == 7


def test_of_the_local_forge(bare: Path, tmp_path: Path) -> None:
    with Repo.open(str(bare)) as repo:
        forge = LocalForge(repo)
        for n in range(20):
            repo.push([RefUpdate(f"refs/heads/n{n}", write(repo, f"{n}"), None)])
            processes = Processes(tmp_path)
            forge.open(f"n{n}", "main", "Title", "")
            root = [] if n else ["unpack-objects"]
            wrote = [*root, "unpack-objects", "update-ref"]
            assert processes.take() == ["for-each-ref", "merge-base", *wrote]
        forge.find("n3")
        assert processes.take() == ["for-each-ref"]
        forge.update(3, title="Other")
        assert processes.take() == ["unpack-objects", "update-ref"]
        forge.update(3, title="Other")
        assert processes.take() == []
        forge.update(3, state=PullState.CLOSED)
        assert processes.take() == ["unpack-objects", "update-ref"]
        forge.merge(4)
        assert processes.take() == [
            *("merge-tree", "rev-list"),
            *("unpack-objects", "unpack-objects", "update-ref"),
        ]


def test_of_a_remote(bare: Path, tmp_path: Path) -> None:
    git(bare, "config", "uploadpack.allowFilter", "true")
    processes = Processes(tmp_path)
    with Repo.open(f"file://{bare}") as repo:
        taken = [name for name in processes.take() if name != "version"]
        assert taken == ["clone", "ls-tree", "fetch", "rev-parse"]
        new = write(repo)
        processes.take()
        repo.push([RefUpdate("refs/heads/n", new, None)])
        assert processes.take() == ["push", "update-ref"]
    with Repo.open(f"file://{bare}") as repo:
        assert processes.take() == ["ls-remote", "for-each-ref", "cat-file"]
        assert repo.read("refs/heads/n", "new.txt") == b"x"
        assert processes.take() == ["cat-file"]
        repo.write_tags([(f"v{n}", new, "one") for n in range(9)], BOT, WHEN)
        assert processes.take() == ["unpack-objects"]


def test_of_a_promotion(tmp_path: Path) -> None:
    contracts = [ORDERS.replace("id: orders", f"id: c{n}") for n in range(9)]
    bare = make_bare(
        tmp_path / "r.git", {f"contracts/c{n}.odcs.yaml": text for n, text in enumerate(contracts)}
    )
    with Repo.open(str(bare)) as repo:
        desk = Desk(repo, LocalForge(repo), "main", clock())
        processes = Processes(tmp_path)
        assert len(promote(desk).promoted) == 9
        assert processes.take() == [
            *("cat-file", "for-each-ref", "ls-tree", "for-each-ref"),
            *("rev-list", "unpack-objects", "update-ref"),
        ]
        promote(desk)
        assert processes.take() == ["for-each-ref", "for-each-ref"]
