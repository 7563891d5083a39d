from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.names import check_contract_id, one_line, slug


@pytest.mark.parametrize(
    "contract_id", ["orders", "orders_v2", "53581432-6c55-4ba2-a65f-72344a91553a", "a.b-c"]
)
def test_a_plain_id_is_its_own_slug(contract_id: str) -> None:
    assert slug(contract_id) == contract_id


@pytest.mark.parametrize(
    ("contract_id", "begins"),
    [
        ("Orders", "orders-"),
        ("urn:datacontract:checkout:orders", "urn-datacontract-checkout-orders-"),
        ("été", "ete-"),
        ("🎉", "contract-"),
        ("a" * 300, "a" * 71 + "-"),
        ("orders.lock", "orders-lock-"),
        ("a..b", "a-b-"),
        ("orders-0a1b2c3d", "orders-0a1b2c3d-"),
    ],
)
def test_any_other_id_gets_an_altered_slug_with_a_hash(contract_id: str, begins: str) -> None:
    assert re.fullmatch(re.escape(begins) + "[0-9a-f]{8}", slug(contract_id))


@given(st.text())
def test_a_slug_is_always_a_safe_name(contract_id: str) -> None:
    name = slug(contract_id)
    assert re.fullmatch(r"[a-z0-9_][a-z0-9_.-]*", name)
    assert len(name) <= 80
    assert ".." not in name
    assert not name.endswith((".lock", "."))


@given(st.text(), st.text())
def test_two_ids_never_share_a_slug(one: str, other: str) -> None:
    assert one == other or slug(one) != slug(other)


@pytest.mark.parametrize(
    ("contract_id", "said"),
    [
        ("../../.github/workflows/x", "climbs out"),
        ("a/../b", "climbs out"),
        ("-rf", "like an option"),
        ("/etc/passwd", "absolute path"),
        ("C:\\x", "absolute path"),
        ("a\0b", "control characters"),
        ("a\nb", "control characters"),
        ("x" * 300, "300 characters"),
        ("  ", "empty"),
        (" a", "spaces"),
        ("a  b", "spaces"),
        ("a\u200bb", "nobody sees"),
        ("\u202eevil", "nobody sees"),
    ],
)
def test_an_id_that_could_do_harm_is_refused(contract_id: str, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_contract_id(contract_id)


@pytest.mark.parametrize("contract_id", ["🎉", "a b", "orders!", "-x", ".x", "x."])
def test_a_new_contract_needs_a_plain_id(contract_id: str) -> None:
    with pytest.raises(ContractError):
        check_contract_id(contract_id, new=True)


@pytest.mark.parametrize("contract_id", ["orders", "urn:datacontract:checkout:orders", "A/b.c"])
def test_customary_ids_may_be_new(contract_id: str) -> None:
    assert check_contract_id(contract_id, new=True) == contract_id


@given(st.text())
def test_one_line_never_holds_a_line_break_or_control_character(text: str) -> None:
    line = one_line(text, 40)
    assert len(line) <= 40
    assert line == line.strip()
    assert len(line.splitlines()) <= 1
    assert "\x1b" not in line
