"""What is kept from run to run: damage costs time, and never a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from dc43_gitdraft.forge.heads import FILE, Heads
from dc43_gitdraft.kept import Kept, UnusableError


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    file = tmp_path / FILE
    file.write_bytes(b"no database" * 1000)
    return file


def ask(file: Path) -> None:
    with Kept(file).asked(write=True):
        pass


def test_what_is_damaged_is_made_anew(damaged: Path) -> None:
    with pytest.raises(UnusableError, match="not a database"):
        ask(damaged)
    assert not damaged.exists()
    ask(damaged)


def test_what_is_damaged_and_may_not_be_deleted_is_not_asked(
    damaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(UnusableError, match="not a database"):
        ask(damaged)
    heads = Heads(damaged.parent)
    assert heads.known() == {}
    heads.keep({"0" * 40: "gitdraft/orders"}, [])
    assert damaged.read_bytes().startswith(b"no database")
