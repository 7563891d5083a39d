from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.governance import CONTRACT
from support.shop import Shop

from dc43_gitdraft import lifecycle

if TYPE_CHECKING:
    from dc43_gitdraft.dc43 import GitContractStore

#: dc43 has no release for Python 3.10.
collect_ignore_glob = ["test_*.py", "*/test_*.py"] if sys.version_info < (3, 11) else []


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A contracts repository with one promoted contract, of a version of ODCS that dc43 takes."""
    shop = Shop(tmp_path / "contracts.git", {"contracts/orders.odcs.yaml": CONTRACT})
    lifecycle.promote(shop.desk)
    return shop


@pytest.fixture
def store(shop: Shop) -> Iterator[GitContractStore]:
    from dc43_gitdraft.dc43 import GitContractStore

    with GitContractStore(shop.desk) as store:
        yield store


@pytest.fixture(autouse=True)
def no_outbox_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITDRAFT_OUTBOX", str(tmp_path / "outbox"))
