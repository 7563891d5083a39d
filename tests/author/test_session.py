"""What the page asks for, over HTTP as the page does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.asking import Page
from support.shop import DISCOUNT, ORDERS, Shop

from dc43_gitdraft import lifecycle, odcs
from dc43_gitdraft.author.server import AuthorServer
from dc43_gitdraft.author.session import refuse_impossible
from dc43_gitdraft.errors import ContractError

DESCRIBED = ORDERS.replace("Total in euros.", "Total in euros, with VAT.")


@pytest.fixture
def page(server: AuthorServer) -> Page:
    return Page(server)


def test_it_tells_which_contracts_there_are_and_what_is_open(page: Page, shop: Shop) -> None:
    shop.job(DISCOUNT)
    assert page("GET", "state").json["base"] == "main"
    shop.write("main", {"contracts/customers.odcs.yaml": ORDERS.replace("orders", "customers")})
    assert page("GET", "contracts").json == [
        {"id": "customers", "draft": None},
        {"id": "orders", "draft": 1},
    ]


def test_a_promoted_contract_is_begun_with_its_text(page: Page) -> None:
    work = page.begin(" orders ")
    assert (work["text"], work["approved"], work["told"]) == (
        ORDERS,
        "1.2.0",
        "the approved version 1.2.0",
    )


def test_where_a_draft_is_open_that_is_gone_on_with(page: Page, shop: Shop) -> None:
    shop.job(DISCOUNT)
    work = page.begin("orders")
    assert "discount" in work["text"]
    assert work["told"] == "the draft that pull request #1 proposes"


def test_a_new_contract_is_begun_blank(page: Page) -> None:
    work = page.begin("shop.returns")
    found = page.look(work, work["text"])
    assert (work["told"], work["approved"]) == ("a new contract", None)
    assert (found["words"], found["version"], found["ready"]) == ("First version", "1.0.0", True)


def test_data_fills_a_new_contract_in(page: Page, tmp_path: Path) -> None:
    data = tmp_path / "returns.jsonl"
    data.write_text(json.dumps({"return_id": 1, "why": "too small"}) + "\n", "utf-8")
    work = page.begin("returns", f"json:{data}")
    document = odcs.read(work["text"]).document
    assert [each["name"] for each in document["schema"][0]["properties"]] == ["return_id", "why"]
    assert "customProperties" not in document
    assert work["reason"] == f"what json:{data} holds"


def test_data_brings_its_drift_into_a_contract(page: Page, tmp_path: Path) -> None:
    data = tmp_path / "orders.jsonl"
    data.write_text(
        json.dumps({"order_id": 1, "amount": 1.5, "note": "", "tax": 1}) + "\n", "utf-8"
    )
    work = page.begin("orders", f"json:{data}")
    found = page.look(work, work["text"])
    assert [(each["rule"], each["level"]) for each in found["changes"]] == [
        ("property-added-optional", "info")
    ]
    assert (found["version"], found["step"], found["verdict"]) == ("1.3.0", "minor", "ok")


@pytest.mark.parametrize(
    ("contract", "source", "said"),
    [
        ("", "", "name the contract"),
        ("-x", "", "begins like an option"),
        ("a b", "", "is not made of letters"),
        ("orders", "nowhere:x", "nowhere"),
        ("orders", "json:/nowhere/at/all", "json:/nowhere/at/all: "),
    ],
)
def test_what_cannot_be_begun_is_said(page: Page, contract: str, source: str, said: str) -> None:
    heard = page("POST", "works", {"contract": contract, "source": source})
    assert heard.status == 422
    assert said in heard.json["error"]


def test_an_id_that_a_contract_has_may_be_offered_whatever_new_ones_may_have(shop: Shop) -> None:
    shop.write(
        "main", {"contracts/old.odcs.yaml": ORDERS.replace("id: orders", "id: Ältere Daten")}
    )
    refuse_impossible(shop.desk, "Ältere Daten")
    with pytest.raises(ContractError, match="is not made of letters"):
        refuse_impossible(shop.desk, "Neuere Daten")


def test_what_was_typed_is_kept(page: Page) -> None:
    work = page.begin("orders")
    page.look(work, DESCRIBED, 2)
    page.look(work, ORDERS, 1)  # came too late
    assert page("GET", f"works/{work['id']}").json["text"] == DESCRIBED


def test_work_that_is_not_kept_is_said(page: Page) -> None:
    heard = page("GET", "works/nothing")
    assert (heard.status, heard.json["error"]) == (
        404,
        "this piece of work is not kept any more: begin again",
    )


def test_a_text_that_is_no_yaml_is_told_with_its_line(page: Page) -> None:
    found = page.look(page.begin("orders"), "id: orders\nname: [\n")
    assert found["ready"] is False
    assert found["problems"][0]["line"] in {2, 3}


def test_every_problem_is_told_with_its_line(page: Page) -> None:
    text = ORDERS.replace("integer", "integr").replace("number", "numbr")
    found = page.look(page.begin("orders"), text)
    assert [each["line"] for each in found["problems"]] == [12, 16]
    assert found["ready"] is False


def test_the_lines_that_change_are_shown(page: Page) -> None:
    found = page.look(page.begin("orders"), DESCRIBED)
    assert "+        description: Total in euros, with VAT." in found["diff"].splitlines()


def test_nothing_that_differs_is_told(page: Page) -> None:
    found = page.look(page.begin("orders"), ORDERS)
    assert (found["version"], found["ready"]) == (None, False)


def test_a_proposal_is_told_and_gone_on_with(page: Page, shop: Shop) -> None:
    work = page.begin("orders")
    heard = page.propose(work, DESCRIBED, "customers asked").json
    assert (heard["outcome"], heard["version"], heard["pull"]["number"]) == ("created", "1.2.1", 1)
    assert heard["work"]["text"] == shop.text("gitdraft/orders")
    assert heard["work"]["told"] == "the draft that pull request #1 proposes"


def test_a_refused_contract_is_told(page: Page, shop: Shop) -> None:
    heard = page.propose(page.begin("orders"), ORDERS.replace("integer", "integr"))
    assert heard.status == 422
    assert "'integr' is not known here; did you mean 'integer'?" in heard.json["error"]
    assert shop.open_pulls() == []


def test_a_rejected_change_is_told_with_the_stewards_words(page: Page, shop: Shop) -> None:
    page.propose(page.begin("orders"), DESCRIBED)
    lifecycle.reject(shop.desk, 1, "without VAT", "ana")
    heard = page.propose(page.begin("orders"), DESCRIBED).json
    assert (heard["outcome"], heard["reason"]) == ("rejected", "rejected by ana: without VAT")


def test_a_dispute_is_told_with_its_places_and_can_be_taken_over(page: Page, shop: Shop) -> None:
    work = page.begin("orders")
    page.propose(page.begin("orders"), ORDERS.replace("name: Orders", "name: Sales"))
    mine = DESCRIBED.replace("name: Orders", "name: All orders")
    heard = page.propose(work, mine)
    assert (heard.status, heard.json["places"]) == (409, ["name"])
    taken = page.take_over(work, mine)
    assert taken["places"] == ["name"]
    assert odcs.read(taken["text"]).document["name"] == "Sales"
    assert "with VAT" in taken["text"]
    assert page.propose(taken, taken["text"]).json["outcome"] == "updated"
    assert "with VAT" in shop.text("gitdraft/orders")


RENAMED = ORDERS.replace("name: Orders", "name: Sales")


def test_a_page_takes_nothing_back_that_another_page_of_the_work_proposed(
    page: Page, shop: Shop
) -> None:
    work = page.begin("orders")
    page.propose(work, RENAMED)
    # The other tab knows nothing of it.
    assert page.propose(work, DESCRIBED).json["outcome"] == "updated"
    text = shop.text("gitdraft/orders")
    assert ("name: Sales" in text, "with VAT" in text) == (True, True)


def test_two_pages_of_the_work_that_differ_are_asked(page: Page, shop: Shop) -> None:
    work = page.begin("orders")
    page.propose(work, RENAMED)
    mine = DESCRIBED.replace("name: Orders", "name: All orders")
    heard = page.propose(work, mine)
    assert (heard.status, heard.json["places"]) == (409, ["name"])
    taken = page.take_over(work, mine)
    assert taken["places"] == ["name"]
    assert ("name: Sales" in taken["text"], "with VAT" in taken["text"]) == (True, True)


def test_a_page_that_another_one_overtook_is_told_and_its_text_is_not_taken_for_the_works(
    page: Page,
) -> None:
    work = page.begin("orders")
    proposed = page.propose(work, RENAMED).json["work"]
    found = page.look(work, DESCRIBED, 9)
    assert (found["stale"], found["kept"], found["ready"]) == (True, False, True)
    assert page("GET", f"works/{work['id']}").json["text"] == proposed["text"]
    assert page.look(proposed, DESCRIBED, 9)["stale"] is False


def test_an_overtaken_page_keeps_its_text_where_that_is_rejected(page: Page, shop: Shop) -> None:
    page.propose(page.begin("orders"), DESCRIBED)
    lifecycle.reject(shop.desk, 1, "without VAT", "ana")
    work = page.begin("orders")
    page.take_over(work, ORDERS)
    heard = page.propose(work, DESCRIBED, "again").json
    assert heard["outcome"] == "rejected"
    assert (heard["work"]["text"], heard["work"]["reason"]) == (DESCRIBED, "again")
    assert heard["work"]["basis"] == work["basis"]


def test_a_page_that_is_too_old_to_be_joined_is_refused(page: Page) -> None:
    work = page.begin("orders")
    now = page.propose(work, RENAMED).json["work"]
    for _ in range(21):
        now = page.take_over(now, now["text"])
    heard = page.propose(work, DESCRIBED)
    assert heard.status == 409
    assert "copy what you typed" in heard.json["error"]


@pytest.mark.parametrize("what", ["proposal", "take-over"])
def test_a_text_without_its_basis_is_refused(page: Page, what: str) -> None:
    work = page.begin("orders")
    heard = page("POST", f"works/{work['id']}/{what}", {"text": DESCRIBED})
    assert (heard.status, heard.json["error"]) == (422, "basis is a number")


def test_a_version_that_was_chosen_survives_taking_over(page: Page, shop: Shop) -> None:
    work = page.begin("orders")
    shop.job(DISCOUNT)
    taken = page.take_over(work, DESCRIBED.replace("1.2.0", "3.0.0"))
    assert odcs.read(taken["text"]).version == "3.0.0"
    assert "discount" in taken["text"]


def test_the_oldest_work_is_forgotten_at_last(page: Page) -> None:
    first = page.begin("new")
    for _ in range(50):
        page.begin("new")
    assert page("GET", f"works/{first['id']}").status == 404
