"""Of very many pull requests, those of other branches are not read again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from support.forge_contract import WHEN
from support.git import commit_on, git, make_bare

from dc43_gitdraft.forge import local
from dc43_gitdraft.forge.heads import FILE
from dc43_gitdraft.forge.local import LocalForge
from dc43_gitdraft.model import PullState
from dc43_gitdraft.repo import Repo

BRANCHES = ("one", "two", "three")


@pytest.fixture(autouse=True)
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "MANY", 2)
    monkeypatch.setattr(local, "_IN_MEMORY", 2)


@pytest.fixture(params=["path", "url"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    bare = make_bare(tmp_path / "r.git", {"README.md": "contracts\n"})
    for setting in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        git(bare, "config", setting, "true")
    for branch in BRANCHES:
        git(bare, "branch", branch, "main")
        commit_on(bare, branch, {f"{branch}.md": "words\n"}, f"Write {branch}")
    at = str(bare) if request.param == "path" else bare.as_uri()
    with opened(at) as forge:
        for branch in BRANCHES:
            pull, _ = forge.open(branch, "main", f"Take {branch}", "", when=WHEN)
            forge.update(pull.number, state=PullState.CLOSED, when=WHEN)
    return at


@contextmanager
def opened(at: str) -> Iterator[LocalForge]:
    with Repo.open(at) as repo:
        yield LocalForge(repo)


def found(at: str, branch: str) -> list[tuple[int, PullState]]:
    with opened(at) as forge:
        return [(pull.number, pull.state) for pull in forge.find(branch)]


def kept(at: str) -> Path:
    with Repo.open(at) as repo:
        folder = repo.kept_folder()
    assert folder is not None
    return folder / FILE


@contextmanager
def reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Record how many files are read together each time."""
    counts: list[int] = []
    real = Repo.read_many

    def read_many(self: Repo, places: Sequence[tuple[str, str]]) -> list[bytes | None]:
        counts.append(len(places))
        return real(self, places)

    with monkeypatch.context() as patch:
        patch.setattr(Repo, "read_many", read_many)
        yield counts


def test_those_of_other_branches_are_read_once(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with reading(monkeypatch) as counts:
        assert found(where, "two") == [(2, PullState.CLOSED)]
        assert sum(counts) == len(BRANCHES) + 1
    with reading(monkeypatch) as counts:
        assert found(where, "two") == [(2, PullState.CLOSED)]
        assert found(where, "none") == []
        assert sum(counts) == 1


def test_what_others_changed_since_is_read_again(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(where, "two")
    with opened(where) as forge:
        forge.update(2, state=PullState.OPEN, when=WHEN)
    with reading(monkeypatch) as counts:
        assert found(where, "two") == [(2, PullState.OPEN)]
        assert sum(counts) == 2
    with opened(where) as forge:
        both = forge.find_all({"one", "two"})
    assert {head: [pull.number for pull in pulls] for head, pulls in both.items()} == {
        "one": [1],
        "two": [2],
    }
    with closing(sqlite3.connect(kept(where))) as db:
        assert db.execute("SELECT count(*) FROM head_of").fetchone() == (len(BRANCHES),)


def said_wrongly(file: Path) -> None:
    with closing(sqlite3.connect(file)) as db:
        db.execute("UPDATE head_of SET head=?", (b"three",))
        db.commit()


def of_another_layout(file: Path) -> None:
    with closing(sqlite3.connect(file)) as db:
        db.execute("ALTER TABLE head_of RENAME COLUMN head TO branch")
        db.commit()


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def no_database(file: Path) -> None:
    file.write_bytes(b"words " * 2000)


def deleted(file: Path) -> None:
    file.unlink()


def no_file(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    "damage", [said_wrongly, of_another_layout, cut_short, no_database, deleted, no_file]
)
def test_what_is_kept_is_never_trusted(where: str, damage: Callable[[Path], None]) -> None:
    found(where, "two")
    damage(kept(where))
    for _ in range(2):
        for number, branch in enumerate(BRANCHES, 1):
            assert found(where, branch) == [(number, PullState.CLOSED)]


def test_where_nothing_may_be_kept_all_are_read(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITDRAFT_CACHE", "off")
    for number, branch in enumerate(BRANCHES, 1):
        assert found(where, branch) == [(number, PullState.CLOSED)]
