"""Renames that are known, renames that are likely, moves in the nesting, and days of removal."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from support.steps import calls_of

from dc43_gitdraft.changes import compare
from dc43_gitdraft.model import Bump, Document, Level

TEXT = {"logicalType": "string"}
NUMBER = {"logicalType": "number"}


def contract(*listed: Document, **keys: Any) -> Document:
    return {
        "id": "c",
        "version": "1.0.0",
        "schema": [{"name": "o", "properties": [*listed]}],
    } | keys


def p(name: str, **keys: Any) -> Document:
    return {"name": name, **(TEXT | keys)}


def struct(name: str, *listed: Document, **keys: Any) -> Document:
    return {"name": name, "logicalType": "object", "properties": [*listed], **keys}


def said(old: Document, new: Document) -> dict[str, str]:
    return {
        f"{change.rule.replace('-optional', '')} {change.path}": change.message
        for change in compare(old, new)
    }


PLACE = "the same type, in the same place"
NAME = "the same type, a similar name"
LONG = "when the customer last paid"


@pytest.mark.parametrize(
    ("old", "new", "pairs"),
    [
        # one place, one type
        ([p("a"), p("note"), p("z")], [p("a"), p("remark"), p("z")], {"note": ("remark", PLACE)}),
        # several in one place, in their order
        (
            [p("note"), p("kind"), p("z")],
            [p("remark"), p("sort"), p("z")],
            {"note": ("remark", PLACE), "kind": ("sort", PLACE)},
        ),
        # another place, a similar name
        ([p("customer"), p("z")], [p("z"), p("customers")], {"customer": ("customers", NAME)}),
        ([p("name"), p("z")], [p("z"), p("customerName")], {"name": ("customerName", NAME)}),
        (
            [p("x", description=LONG), p("z")],
            [p("z"), p("paid_at", description=LONG)],
            {"x": ("paid_at", "the same type, the same description")},
        ),
        # the likeliest pair first
        (
            [p("amount"), p("z"), p("other")],
            [p("note"), p("z"), p("amounts")],
            {"amount": ("amounts", NAME)},
        ),
        # without types, a place and a name together
        (
            [{"name": "customer"}],
            [{"name": "customers"}],
            {"customer": ("customers", "in the same place, a similar name")},
        ),
        ([{"name": "a"}], [{"name": "b"}], {}),
        # another type, or another place and another name
        ([p("note")], [{"name": "remark", **NUMBER}], {}),
        ([p("note"), p("z")], [p("z"), p("remark")], {}),
        (
            [p("order_id1", physicalType="int")],
            [p("order_id2", physicalType="INTEGER")],
            {"order_id1": ("order_id2", "the same type, in the same place, a similar name")},
        ),
        # structs by what is in them
        (
            [struct("billing", p("zip"), p("city")), p("z")],
            [p("z"), struct("invoice", p("zip"), p("city"), p("land"))],
            {"billing": ("invoice", "the same type, mostly the same properties")},
        ),
        ([struct("billing", p("zip"))], [struct("invoice", p("price"))], {}),
    ],
)
def test_a_removed_and_an_added_property_may_be_one(
    old: list[Document], new: list[Document], pairs: dict[str, tuple[str, str]]
) -> None:
    found = said(contract(*old), contract(*new))
    remarks = {key: message for key, message in found.items() if message}
    expected: dict[str, str] = {}
    for before, (after, why) in pairs.items():
        message = f"possible rename of o.{before} to o.{after}: {why}"
        expected |= {f"property-removed o.{before}": message, f"property-added o.{after}": message}
    assert remarks == expected


def test_a_guess_weakens_no_level() -> None:
    (removed, added) = sorted(
        compare(contract(p("note")), contract(p("remark"))), key=lambda change: change.bump
    )[::-1]
    assert (removed.rule, removed.level, removed.bump) == (
        "property-removed",
        Level.ERROR,
        Bump.MAJOR,
    )
    assert added.rule == "property-added-optional"


def test_an_object_may_have_another_name() -> None:
    old = {"schema": [struct("orders", p("id"), p("total")), struct("x")]}
    new = {"schema": [struct("x"), struct("sales", p("id"), p("total"), p("tax"))]}
    message = "possible rename of orders to sales: the same type, mostly the same properties"
    assert said(old, new) == {"object-removed orders": message, "object-added sales": message}


def test_a_rename_across_dialects_is_likely_too() -> None:
    old = contract(p("note", physicalType="int8"), servers=[{"server": "s", "type": "postgres"}])
    new = contract(p("memo", physicalType="INT64"), servers=[{"server": "s", "type": "bigquery"}])
    assert (
        said(old, new)["property-removed o.note"] == f"possible rename of o.note to o.memo: {PLACE}"
    )


def moves(old: Document, new: Document) -> list[tuple[str, Any, Any]]:
    return [
        (change.rule, change.before, change.path)
        if change.rule == "property-moved"
        else (change.rule, None, change.path)
        for change in compare(old, new)
    ]


ZIP = p("zip")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # into a struct that was there, and into a new one
        (
            [ZIP, struct("address", p("city"))],
            [struct("address", p("city"), ZIP)],
            [("property-moved", "o.zip", "o.address.zip")],
        ),
        (
            [ZIP],
            [struct("address", ZIP)],
            [
                ("property-added-optional", None, "o.address"),
                ("property-moved", "o.zip", "o.address.zip"),
            ],
        ),
        # out of one that stays, and of one that goes
        (
            [struct("address", ZIP, p("city"))],
            [struct("address", p("city")), ZIP],
            [("property-moved", "o.address.zip", "o.zip")],
        ),
        (
            [struct("address", ZIP)],
            [ZIP],
            [("property-moved", "o.address.zip", "o.zip"), ("property-removed", None, "o.address")],
        ),
        # with what is inside of it, once
        (
            [struct("geo", ZIP), struct("address", p("city"))],
            [struct("address", p("city"), struct("geo", ZIP))],
            [("property-moved", "o.geo", "o.address.geo")],
        ),
        # by id: its name and type may differ
        (
            [p("zip", id="1"), struct("address", p("city"))],
            [struct("address", p("city"), p("code", id="1", logicalType="integer"))],
            [
                ("property-moved", "o.zip", "o.address.code"),
                ("property-renamed", None, "o.address.code"),
                ("logical-type-changed", None, "o.address.code"),
            ],
        ),
        # what else differs is said beside
        (
            [p("zip", required=True), struct("address", p("city"))],
            [struct("address", p("city"), ZIP)],
            [
                ("property-moved", "o.zip", "o.address.zip"),
                ("property-became-nullable", None, "o.address.zip"),
            ],
        ),
        # items of arrays
        (
            [ZIP, {"name": "lines", "logicalType": "array", "items": struct("l", p("sku"))}],
            [{"name": "lines", "logicalType": "array", "items": struct("l", p("sku"), ZIP)}],
            [("property-moved", "o.zip", "o.lines[].zip")],
        ),
        # another type, no type, and several that it could be are no moves
        (
            [ZIP, struct("address", p("city"))],
            [struct("address", p("city"), {"name": "zip", **NUMBER})],
            [
                ("property-added-optional", None, "o.address.zip"),
                ("property-removed", None, "o.zip"),
            ],
        ),
        (
            [{"name": "zip"}, struct("address", p("city"))],
            [struct("address", p("city"), {"name": "zip"})],
            [
                ("property-added-optional", None, "o.address.zip"),
                ("property-removed", None, "o.zip"),
            ],
        ),
        (
            [ZIP, struct("a", p("x")), struct("b", p("x"))],
            [struct("a", p("x"), ZIP), struct("b", p("x"), ZIP)],
            [
                ("property-added-optional", None, "o.a.zip"),
                ("property-added-optional", None, "o.b.zip"),
                ("property-removed", None, "o.zip"),
            ],
        ),
        # a struct with another name keeps its properties
        (
            [struct("billing", ZIP)],
            [struct("invoice", ZIP)],
            [
                ("property-added-optional", None, "o.invoice"),
                ("property-removed", None, "o.billing"),
            ],
        ),
    ],
)
def test_a_property_moves_in_the_nesting(
    old: list[Document], new: list[Document], expected: list[tuple[str, Any, Any]]
) -> None:
    assert sorted(moves(contract(*old), contract(*new)), key=repr) == sorted(expected, key=repr)


def test_a_property_does_not_move_between_objects() -> None:
    old = {"schema": [struct("a", p("id"), ZIP), struct("b", p("id"))]}
    new = {"schema": [struct("a", p("id")), struct("b", p("id"), ZIP)]}
    assert [rule for rule, _, _ in moves(old, new)] == [
        "property-removed",
        "property-added-optional",
    ]


def test_what_has_moved_is_no_possible_rename() -> None:
    old = contract(ZIP, struct("address", p("city")))
    new = contract(p("note"), struct("address", p("city"), ZIP))
    assert said(old, new) == {
        "property-added o.note": "",
        "property-moved o.address.zip": "moved from o.zip",
    }


def test_a_moved_property_leads_to_where_it_is() -> None:
    (change,) = compare(
        contract(ZIP, struct("address", p("city"))), contract(struct("address", p("city"), ZIP))
    )
    assert change.at == ("schema", 0, "properties", 0, "properties", 1)
    assert (change.before, change.after) == ("o.zip", "o.address.zip")


DAY = datetime.date(2024, 5, 30)


def declared(name: str, value: Any, **keys: Any) -> Document:
    return contract(p("fax", customProperties=[{"property": name, "value": value}], **keys))


@pytest.mark.parametrize(
    ("old", "today", "after"),
    [
        (declared("sunsetDate", "2024-05-30"), DAY, True),
        (declared("sunset", datetime.date(2024, 5, 30)), DAY, True),
        (declared("deprecationDate", datetime.datetime(2024, 5, 30, 23)), DAY, True),
        (declared("removal_date", "2024-05-30T12:00:00Z"), DAY, True),
        (declared("sunsetDate", "2024-05-31"), DAY, False),
        (declared("sunsetDate", "2024-05-30"), None, False),
        (declared("sunsetDate", "soon"), DAY, False),
        (declared("sunsetDate", "2020-01-01", deprecated=False), DAY, False),
        (declared("bestBefore", "2020-01-01"), DAY, False),
        (contract(p("fax", deprecated=True)), DAY, False),
    ],
)
def test_a_property_that_was_to_go_may_go(
    old: Document, today: datetime.date | None, after: bool
) -> None:
    (change,) = compare(old, contract(), today=today)
    assert change.bump is Bump.MAJOR
    if after:
        assert (change.rule, change.level) == ("property-removed-after-sunset", Level.INFO)
        assert change.message == "it was to go on 2024-05-30"
    else:
        assert (change.rule, change.level) == ("property-removed", Level.ERROR)


def test_the_end_counts_before_the_day_of_deprecation() -> None:
    listed = [
        {"property": "deprecationDate", "value": "2024-01-01"},
        {"property": "sunsetDate", "value": "2024-12-31"},
    ]
    (change,) = compare(contract(p("fax", customProperties=listed)), contract(), today=DAY)
    assert change.rule == "property-removed"


def test_thousands_of_renames_are_guessed_without_comparing_all_with_all() -> None:
    old = contract(*(p(f"column_{at}", description=LONG) for at in range(2000)))
    new = contract(*(p(f"feld_{at}", description=LONG) for at in range(2000)))
    changes, calls = calls_of(lambda: compare(old, new))
    assert calls < 2_000_000
    assert sum(change.message.startswith("possible rename") for change in changes) == 4000
