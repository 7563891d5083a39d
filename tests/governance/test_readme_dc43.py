"""The README's section about dc43 does what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from dc43_service_clients.data_quality import ValidationResult
from support.shop import Shop

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
SECTION = README.partition("## With dc43\n")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```python\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)


def test_the_example_makes_a_governance_that_drafts(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.path.parent)
    names: dict[str, Any] = {}
    exec("\n".join(BLOCKS), names)  # noqa: S102 - our own README
    with names["store"]:
        base = names["governance"].latest_contract(contract_id="orders")
        assert base.version == "1.2.0"
        names["backend"].review_validation_outcome(
            validation=ValidationResult(
                ok=False,
                errors=["missing"],
                schema={"order_id": {"backend_type": "bigint"}, "amount": {}},
            ),
            base_contract=base,
            draft_requested=True,
        )
    assert [pull.title for pull in shop.open_pulls()] == ["orders 2.0.0: remove note"]
