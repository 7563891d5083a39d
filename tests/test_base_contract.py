"""Contracts as text, file, mapping or model: what people wrote is still there."""

from __future__ import annotations

from pathlib import Path

import pytest
from open_data_contract_standard.model import OpenDataContractStandard, SchemaProperty
from support.shop import ORDERS, added_lines

from dc43_gitdraft import odcs
from dc43_gitdraft.base_contract import BaseContract, contract_of
from dc43_gitdraft.errors import ContractError

CONTRACTS = sorted((Path(__file__).parents[1] / "contracts").glob("*.odcs.yaml"))
READ = odcs.read(ORDERS)
#: With what the model drops: an unknown nested key, a null, and a date.
AWKWARD = ORDERS.replace(
    "        description: Total in euros.\n",
    "        description: Total in euros.\n"
    "        customProperties:\n"
    "          - property: since\n"
    "            value: 2024-05-30\n"
    "          - property: until\n"
    "            value: null  # still\n",
)


def model(text: str) -> OpenDataContractStandard:
    return OpenDataContractStandard.from_string(text)


@pytest.mark.parametrize(
    "base", [ORDERS, READ.document, READ, model(ORDERS)], ids=["text", "mapping", "read", "model"]
)
def test_every_form_says_the_same(base: BaseContract) -> None:
    assert contract_of(base).document == READ.document


def test_a_file_is_read_and_named_in_messages(tmp_path: Path) -> None:
    path = tmp_path / "orders.odcs.yaml"
    path.write_text("kind: Nonsense\n")
    with pytest.raises(ContractError, match=r"orders\.odcs\.yaml:1"):
        contract_of(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="absent"):
        contract_of(tmp_path / "absent")


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.name)
def test_an_unchanged_model_changes_no_byte_of_its_text(path: Path) -> None:
    text = path.read_text("utf-8")
    assert contract_of(model(text), text).text == text


def test_what_the_model_drops_stays_in_the_text() -> None:
    assert contract_of(model(AWKWARD), AWKWARD).text == AWKWARD


def test_an_unchanged_mapping_changes_no_byte_of_its_text() -> None:
    assert contract_of(odcs.read(AWKWARD).document, AWKWARD).text == AWKWARD


def properties(changed: OpenDataContractStandard) -> list[SchemaProperty]:
    assert changed.schema_ is not None
    listed = changed.schema_[0].properties
    assert listed is not None
    return listed


def test_a_change_of_the_model_is_an_edit_of_its_text() -> None:
    changed = model(AWKWARD)
    properties(changed)[1].businessName = "Amount"
    text = contract_of(changed, AWKWARD).text
    assert added_lines(AWKWARD, text) == ["        businessName: Amount"]


def test_what_the_model_has_no_more_goes_from_the_text() -> None:
    changed = model(AWKWARD)
    del properties(changed)[1]
    assert "amount" not in contract_of(changed, AWKWARD).text


def test_a_model_without_its_text_becomes_a_new_one() -> None:
    changed = model(ORDERS)
    changed.name = "All orders"
    assert contract_of(changed).document == {**READ.document, "name": "All orders"}


def test_a_contract_is_checked_whatever_its_form() -> None:
    with pytest.raises(ContractError, match="version is missing"):
        contract_of({key: value for key, value in READ.document.items() if key != "version"})


@pytest.mark.parametrize("base", [{1: "x"}, {"id": object()}])
def test_a_mapping_that_is_no_document_is_refused(base: BaseContract) -> None:
    with pytest.raises(ContractError):
        contract_of(base)


def test_anything_else_is_no_contract() -> None:
    with pytest.raises(ContractError, match="no int"):
        contract_of(3)  # type: ignore[arg-type]


def test_a_model_of_another_text_is_refused() -> None:
    odd = ORDERS.replace("status: active", "status: active\nunheard: of")
    with pytest.raises(ContractError, match="does not accept the text"):
        contract_of(model(ORDERS), odd)
