"""From the editor's text to a draft, without any repository."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.shop import ORDERS, added_lines

from dc43_gitdraft import odcs
from dc43_gitdraft.author.composing import (
    Basis,
    blank,
    complaints,
    compose,
    merged,
    parsed,
    shown,
    unmarked,
    worded,
)
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import Bump, Document, Draft, Level, Policy, Status

APPROVED = odcs.read(ORDERS)
SETTINGS = Policy()
PRICE = {"name": "price", "logicalType": "number"}


def editor(document: Document) -> str:
    """Write a document as the editor does: anew, without comments."""
    return odcs.dump_new(document)


def edited(**changes: object) -> str:
    return editor({**APPROVED.document, **changes})


def with_property(property_: Document = PRICE) -> str:
    (only,) = APPROVED.document["schema"]
    return edited(schema=[{**only, "properties": [*only["properties"], property_]}])


def written(text: str, policy: Policy = SETTINGS) -> Draft | None:
    wording = worded(Basis.of(APPROVED, ORDERS), text)
    return compose(wording, APPROVED, APPROVED, policy, "Ana Steward")


def draft(text: str, policy: Policy = SETTINGS) -> Draft:
    found = written(text, policy)
    assert found is not None
    return found


def test_comments_and_layout_of_the_file_are_kept() -> None:
    lines = added_lines(
        ORDERS.replace("version: 1.2.0  # semantic\nstatus: active\n", ""),
        draft(with_property()).text,
    )
    assert [line.strip() for line in lines if "digest" not in line] == [
        "version: 1.3.0  # semantic",
        "status: draft",
        "- name: price",
        "logicalType: number",
        "customProperties:",
        "- property: gitdraft",
        "value:",
        "baseVersion: 1.2.0",
        "authoredBy: Ana Steward",
    ]


def test_changes_and_version_are_those_of_a_drift() -> None:
    made = draft(with_property())
    assert [(each.rule, each.path) for each in made.changes] == [
        ("property-added-optional", "orders.price")
    ]
    assert (made.base_version, made.version, made.bump) == ("1.2.0", "1.3.0", Bump.MINOR)


def test_a_comment_that_was_typed_into_the_text_is_kept() -> None:
    text = ORDERS.replace("name: Orders", "name: All orders  # renamed")
    assert "name: All orders  # renamed" in draft(text).text


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_a_comment_that_was_typed_comes_with_the_files_line_endings(ending: str) -> None:
    text = "\ufeff" + ORDERS.replace("\n", ending)
    now = odcs.read(text)
    typed = shown(text).replace("name: Orders", "name: All orders  # renamed")
    made = compose(worded(Basis.of(now, text), typed), now, now, SETTINGS, "Ana Steward")
    assert made is not None
    assert f"name: All orders  # renamed{ending}" in made.text
    assert made.text.startswith("\ufeff# The orders")
    assert "\n" not in made.text.replace(ending, "")


def test_nothing_is_drafted_of_what_the_editor_only_wrote_anew() -> None:
    assert written(editor(APPROVED.document)) is None


def test_nothing_is_drafted_of_another_step_of_the_status_that_promotion_takes() -> None:
    assert written(edited(status="draft")) is None


def test_deprecating_a_contract_is_proposed() -> None:
    made = draft(edited(status="deprecated"))
    assert parsed(made.text)["status"] == "deprecated"
    assert [each.rule for each in made.changes] == ["status-deprecated"]


def test_a_version_that_people_choose_is_taken() -> None:
    assert draft(edited(version="2.0.0", name="Other")).version == "2.0.0"


def test_too_small_a_version_that_people_choose_is_told() -> None:
    (only,) = APPROVED.document["schema"]
    made = draft(edited(version="1.2.1", schema=[{**only, "properties": only["properties"][:2]}]))
    assert (made.bump, made.implied) == (Bump.PATCH, Bump.MAJOR)


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.1.0", "version 1.1.0 is not above 1.2.0"),
        ("seven", "'seven' is not a semantic version"),
        ("1.4.0", "version 1.4.0 is published already"),
    ],
)
def test_a_version_that_cannot_be_is_refused(version: str, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        written(edited(version=version, name="Other"), Policy(taken=frozenset({"1.4.0"})))


def test_the_id_of_a_contract_cannot_change() -> None:
    with pytest.raises(ContractError, match="the id of a contract cannot change: make it 'orders'"):
        worded(Basis.of(APPROVED, ORDERS), edited(id="other"))


def test_the_id_of_a_new_contract_is_checked() -> None:
    text = blank("returns", "1.0.0")
    with pytest.raises(ContractError, match="climbs out of its folder"):
        worded(Basis.of(None, text, held=False), text.replace("id: returns", "id: a/../b"))


def test_what_the_odcs_schema_refuses_is_told_with_its_place() -> None:
    (found,) = complaints(parsed(with_property({"name": "x", "logicalType": "banana"})))
    assert found.path == ("schema", 0, "properties", 3, "logicalType")
    assert "'banana' is not known here" in found.message


def test_a_new_contract_has_the_first_version_and_no_base() -> None:
    text = blank("returns", "1.0.0")
    (only,) = APPROVED.document["schema"]
    wording = worded(Basis.of(None, text, held=False), editor({**parsed(text), "schema": [only]}))
    made = compose(wording, None, None, Policy(), "Ana Steward")
    assert made is not None
    assert (made.base_version, made.version) == (None, "1.0.0")
    assert odcs.read(made.text).status is Status.DRAFT


def test_the_mark_of_a_jobs_draft_stays_whatever_became_of_it_in_the_editor() -> None:
    value = {"datasetId": "table:shop.orders", "digest": "ab"}
    mark = {"property": "gitdraft", "value": value}
    now = odcs.read(
        odcs.rewrite(ORDERS, {**APPROVED.document, "version": "1.3.0", "customProperties": [mark]})
    )
    text = editor({**now.document, "name": "Other", "customProperties": []})
    wording = worded(Basis.of(APPROVED, now.text), text)
    made = compose(wording, now, APPROVED, Policy(), "Ana Steward")
    assert made is not None
    assert parsed(made.text)["customProperties"] == [mark]


def test_an_open_draft_keeps_its_version_while_it_is_enough() -> None:
    now = odcs.read(ORDERS.replace("version: 1.2.0", "version: 2.0.0"))
    wording = worded(Basis.of(APPROVED, now.text), editor({**now.document, "name": "Other"}))
    made = compose(wording, now, APPROVED, Policy(), "Ana Steward")
    assert made is not None
    assert made.version == "2.0.0"


def test_an_open_draft_gets_a_higher_version_where_it_is_not_enough() -> None:
    now = odcs.read(ORDERS.replace("version: 1.2.0", "version: 1.2.1"))
    (only,) = now.document["schema"]
    gone = {**now.document, "schema": [{**only, "properties": only["properties"][:2]}]}
    wording = worded(Basis.of(APPROVED, now.text), editor(gone))
    made = compose(wording, now, APPROVED, Policy(), "Ana Steward")
    assert made is not None
    assert made.version == "2.0.0"


def test_the_levels_of_the_settings_count() -> None:
    policy = replace(Policy(), levels={"property-added-optional": Level.ERROR})
    assert [each.level for each in draft(with_property(), policy).changes] == [Level.ERROR]


def test_where_the_merge_promotes_a_draft_has_its_final_status() -> None:
    made = parsed(draft(with_property(), Policy(draft_status=Status.ACTIVE)).text)
    assert (made["version"], made["status"]) == ("1.3.0", "active")
    assert "customProperties" not in made


def test_both_sides_are_kept_where_others_changed_the_contract_meanwhile() -> None:
    wording = worded(Basis.of(APPROVED, ORDERS), with_property())
    now = {**APPROVED.document, "name": "All orders", "version": "1.3.0"}
    both, places = merged(Basis.of(APPROVED, ORDERS), wording, now)
    assert (both.document["name"], both.document["version"], places) == ("All orders", "1.3.0", ())
    assert both.document["schema"][0]["properties"][3] == PRICE


def test_the_places_are_named_where_both_changed_the_same() -> None:
    basis = Basis.of(APPROVED, ORDERS)
    wording = worded(basis, edited(name="Mine"))
    both, places = merged(basis, wording, {**APPROVED.document, "name": "Theirs"})
    assert (both.document["name"], places) == ("Theirs", ("name",))


def test_a_status_that_people_changed_survives_what_others_did() -> None:
    basis = Basis.of(APPROVED, ORDERS)
    wording = worded(basis, edited(status="deprecated"))
    both, _ = merged(basis, wording, {**APPROVED.document, "name": "Theirs"})
    assert both.document["status"] == "deprecated"


def test_what_a_source_drafted_begins_with_the_version_that_there_was() -> None:
    text = draft(with_property()).text
    begun = parsed(unmarked(text, APPROVED.document))
    assert (begun["version"], begun["status"]) == ("1.2.0", "active")
    assert "customProperties" not in begun
    assert begun["schema"][0]["properties"][3] == PRICE
