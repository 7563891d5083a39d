from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.shop import ANA, START, Shop

from dc43_gitdraft.author.server import AuthorServer
from dc43_gitdraft.author.session import Session


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A repository of one contract, `orders`."""
    shop = Shop(tmp_path / "contracts.git")
    with shop.repo:
        yield shop


@pytest.fixture
def server(shop: Shop) -> Iterator[AuthorServer]:
    """The page's server, over that repository, for Ana."""
    with AuthorServer(Session(shop.desk, ANA, lambda: START)) as server:
        yield server
