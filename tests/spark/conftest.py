from __future__ import annotations

from pathlib import Path

import pytest
from support.jobs import STRICT
from support.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A contracts repository whose orders have rules that the values decide."""
    return Shop(tmp_path / "contracts.git", {"contracts/orders.odcs.yaml": STRICT})


@pytest.fixture(autouse=True)
def no_outbox_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITDRAFT_OUTBOX", str(tmp_path / "outbox"))
