"""The table of a first version: what it states, and not that it is new."""

from __future__ import annotations

import re

import pytest
from support.drafts import ORIGIN, draft

from dc43_gitdraft import render
from dc43_gitdraft.draft import make_draft
from dc43_gitdraft.model import Dataset, DataType, Draft, Observation, ObservedProperty, Policy
from dc43_gitdraft.render.tables import size

TEXT = DataType("string", "string")
HEAD = "| property | type | states | description |"


def first(*columns: ObservedProperty) -> Draft:
    seen = Observation(Dataset("parquet:data/orders"), columns, "job")
    made = make_draft(None, seen, Policy(), contract_id="orders")
    assert made is not None
    return made


def rows(body: str) -> list[str]:
    return re.findall(r"^\| `.*$", body, re.MULTILINE)


def test_each_property_is_told_with_what_is_stated_of_it() -> None:
    price = ObservedProperty("price", DataType("number", "double"), nullable=False)
    line = DataType("object", "struct<price:double>", fields=(price,))
    body = render.body(
        first(
            ObservedProperty("id", TEXT, nullable=False, key=1, description="The key | of all"),
            ObservedProperty("code", TEXT, unique=True, nullable=False, tags=("pii", "shop")),
            ObservedProperty("day", DataType("date", "date"), partition=1),
            ObservedProperty("lines", DataType("array", "array<struct<price:double>>", items=line)),
            ObservedProperty("short", DataType("string", "char(3)", {"maxLength": 3})),
        ),
        ORIGIN,
    )
    assert "object added" not in body
    assert HEAD in body
    assert rows(body) == [
        "| `orders.id` | `string` | key | `The key \\| of all` |",
        "| `orders.code` | `string` | unique, required, tags `pii, shop` |  |",
        "| `orders.day` | `date` | partition |  |",
        "| `orders.lines` | `array<struct<price:double>>` |  |  |",
        "| `orders.lines[].price` | `double` | required |  |",
        "| `orders.short` | `char(3)` | `maxLength: 3` |  |",
    ]


@pytest.mark.parametrize("text", ["", "kind: [", "id: orders\nschema: 7\nversion: 1\n"])
def test_what_is_no_contract_any_more_is_told_by_its_changes(text: str) -> None:
    body = render.body(draft(base_version=None, version="1.0.0", text=text), ORIGIN)
    assert HEAD not in body


def columns(count: int) -> tuple[ObservedProperty, ...]:
    return tuple(ObservedProperty(f"c{place}", TEXT) for place in range(count))


def test_a_few_properties_are_all_seen_at_once() -> None:
    body = render.body(first(*columns(14)), ORIGIN)
    assert len(rows(body)) == 14
    assert "more propert" not in body


def test_many_properties_are_counted_and_folded() -> None:
    body = render.body(first(*columns(30)), ORIGIN)
    seen, _, folded = body.partition("<details>")
    assert (len(rows(seen)), len(rows(folded))) == (12, 18)
    assert "… and 18 more, folded below." in seen
    assert folded.startswith("\n<summary>18 more properties</summary>\n")


def test_3000_properties_fit_and_the_rest_is_counted() -> None:
    wide = tuple(
        ObservedProperty(f"{'column' * 12}_{place}", TEXT, description="x" * 80)
        for place in range(3_000)
    )
    body = render.body(first(*wide), ORIGIN)
    assert size(body) <= render.BODY_LIMIT
    assert size(body) > render.BODY_LIMIT - 3_000
    (left,) = re.findall(r"… and ([\d,]+) more: see the files", body)
    assert len(rows(body)) + int(left.replace(",", "")) == 3_000
