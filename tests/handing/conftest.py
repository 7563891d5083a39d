from __future__ import annotations

from pathlib import Path

import pytest
from support.shop import ORDERS, Shop

from dc43_gitdraft import lifecycle


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A contracts repository with two contracts, one of them promoted twice."""
    refunds = ORDERS.replace("id: orders", "id: refunds").replace("1.2.0", "2.0.0")
    files = {
        "contracts/orders.odcs.yaml": ORDERS,
        "contracts/others/refunds.odcs.yaml": refunds,
    }
    shop = Shop(tmp_path / "contracts.git", files)
    lifecycle.promote(shop.desk)
    shop.write("main", {"contracts/orders.odcs.yaml": ORDERS.replace("1.2.0", "1.10.0")})
    lifecycle.promote(shop.desk)
    return shop
