from __future__ import annotations

import pytest
from support.drafts import ORIGIN, draft
from support.firsts import first_draft

from dc43_gitdraft.draft import make_draft
from dc43_gitdraft.model import Dataset, DataType, Draft, Observation, ObservedProperty, Policy
from dc43_gitdraft.render import body
from dc43_gitdraft.render.contents import read_document
from dc43_gitdraft.render.questions import questions

TEXT = DataType("string", "string")
ADDRESS = DataType("object", "struct<city:string>", fields=(ObservedProperty("city", TEXT),))
SEEN = Observation(
    Dataset("parquet:data/orders"),
    (ObservedProperty("id", TEXT, description="The key"), ObservedProperty("address", ADDRESS)),
    "job",
)


def first(text: str | None = None) -> Draft:
    made = make_draft(None, SEEN, Policy(), contract_id="orders")
    assert made is not None
    return made if text is None else draft(base_version=None, base_text=None, text=made.text + text)


def test_a_first_version_asks_for_what_no_data_can_tell() -> None:
    assert questions(read_document(first().text)).splitlines() == [
        "**Please say what no data can tell**, by editing the file on this branch, before merging"
        " or later:",
        "",
        "- [ ] Who owns this data, and who is asked about it? (`team`)",
        "- [ ] What is it for? (`description.purpose`)",
        "- [ ] What may it not be used for? (`description.limitations`)",
        "- [ ] Which properties are personal or confidential? (`classification`)",
        "- [ ] How fresh is it, and how long is it kept? (`slaProperties`)",
        "- [ ] What do the properties mean? Of 3, 1 is described. (`description`)",
    ]


def test_what_people_have_said_is_not_asked_again() -> None:
    made = first("description:\n  purpose: Billing\nteam:\n  name: shop\n")
    said = questions(read_document(made.text))
    assert "Who owns" not in said
    assert "What is it for" not in said
    assert "What may it not be used for" in said


def test_the_questions_stand_in_the_pull_request_of_a_first_version_alone() -> None:
    assert "Please say what no data can tell" in body(first(), ORIGIN)
    assert "Please say what no data can tell" not in body(draft(), ORIGIN)


@pytest.mark.parametrize("kind", [TEXT, ADDRESS])
def test_a_first_version_of_anything_is_a_valid_contract(kind: DataType) -> None:
    seen = Observation(Dataset("x"), (ObservedProperty("a", kind),), "job")
    assert first_draft(seen).document["schema"][0]["properties"][0]["name"] == "a"


@pytest.mark.parametrize("schema", ["5", "{a: 1}", "[5, {properties: 7}]", "text"])
def test_a_document_that_people_are_at_work_on_is_asked_about(schema: str) -> None:
    text = first().text.partition("schema:")[0]
    assert "Who owns this data" in questions(read_document(f"{text}schema: {schema}\n"))
