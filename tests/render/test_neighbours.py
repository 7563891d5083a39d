from __future__ import annotations

import re
from dataclasses import replace

import pytest
from support.drafts import ADDED, ORIGIN, REMOVED, RENAMED, WIDENED, chain, draft

from dc43_gitdraft import render
from dc43_gitdraft.model import Impact, Link
from dc43_gitdraft.render.neighbours import graph, neighbours

ALONE = Impact("orders", (), (), ())
PAYMENTS = Impact(
    "orders",
    (("payments", 1), ("refunds", 1), ("reports", 2)),
    (("customers", 1),),
    (
        Link("orders", "customers", (("orders.customer_id", "customers.customer_id"),)),
        Link("payments", "orders", (("payments.order_id", "orders.order_id"),)),
        Link("refunds", "orders", (("refunds.note", "orders.note"),)),
        Link("reports", "payments", (("reports.payment_id", "payments.payment_id"),)),
    ),
)


def test_neighbours_are_told_in_words_those_that_break_first() -> None:
    assert neighbours(PAYMENTS, [ADDED, REMOVED]).split("\n")[:6] == [
        "**Who is touched.** 2 contracts refer to this one, 1 more through them, "
        "and it refers to 1.",
        "",
        "- `refunds`: `refunds.note` → `orders.note` ❌ changed here",
        "- `payments`: `payments.order_id` → `orders.order_id`",
        "- indirectly: `reports`",
        "- it refers to `customers`: `orders.customer_id` → `customers.customer_id`",
    ]


def test_the_graph_leads_to_what_is_referred_to() -> None:
    assert graph(PAYMENTS).split("\n") == [
        "```mermaid",
        "graph LR",
        '  n0["orders"]',
        '  n1["payments"]',
        '  n2["refunds"]',
        '  n3["customers"]',
        '  n4["reports"]',
        "  n0 --> n3",
        "  n1 --> n0",
        "  n2 --> n0",
        "  n4 --> n1",
        "  style n0 stroke-width:4px",
        "```",
    ]


@pytest.mark.parametrize(
    ("impact", "said"),
    [
        (replace(PAYMENTS, referring=()), "This contract refers to 1 other."),
        (chain(1), "1 contract refers to this one."),
        (chain(3), "1 contract refers to this one, 2 more through it."),
    ],
)
def test_neighbours_are_counted(impact: Impact, said: str) -> None:
    assert neighbours(impact, [ADDED]).split("\n")[0] == f"**Who is touched.** {said}"


def test_without_neighbours_a_compatible_draft_says_nothing_of_them() -> None:
    assert neighbours(ALONE, [ADDED, WIDENED]) == ""
    assert "mermaid" not in render.body(draft(ADDED), ORIGIN, (), ALONE)


def test_without_neighbours_a_breaking_draft_says_so() -> None:
    assert "No contract in this repository refers to this one" in neighbours(ALONE, [REMOVED])


def test_of_many_neighbours_the_nearest_are_shown_and_the_rest_is_said() -> None:
    names = [f"contract_{number}" for number in range(100)]
    links = tuple(Link(name, "orders", ((f"{name}.id", "orders.id"),)) for name in names)
    text = neighbours(Impact("orders", tuple((name, 1) for name in names), (), links), [ADDED])
    assert text.count('["') == 30
    assert text.count("→") == 8
    assert "- … and 92 more" in text
    assert "The graph shows the nearest 29 of 100 contracts." in text


def test_of_a_long_chain_the_graph_shows_the_near_end() -> None:
    text = neighbours(chain(100), [ADDED])
    assert text.count('["') == 6
    assert "The graph shows the nearest 5 of 100 contracts." in text
    assert re.search(r"- indirectly: .* and 91 others", text)


def test_a_search_that_ended_early_is_said() -> None:
    assert "There are more contracts" in neighbours(replace(chain(2), complete=False), [ADDED])


def test_a_removed_object_touches_whoever_refers_into_it() -> None:
    gone = replace(REMOVED, rule="object-removed", path="orders")
    assert "`orders.order_id` ❌ changed here" in neighbours(PAYMENTS, [gone])


def test_a_renamed_property_touches_whoever_refers_to_its_old_name() -> None:
    assert "`orders.note` ❌ changed here" in neighbours(PAYMENTS, [RENAMED])


@pytest.mark.parametrize(
    "name",
    ['x"]; click n0 "javascript:alert(1)"', "`md`", "fa:fa-user", "#quot;", "a\n```\nb", "%%{x}%%"],
)
def test_nothing_of_a_name_means_anything_in_a_graph(name: str) -> None:
    text = graph(Impact(name, ((name * 2, 1),), (), (Link(name * 2, name, ()),)))
    for line in text.split("\n")[2:-2]:
        assert re.fullmatch(r'  n\d\["[\w.-]*"\]|  n1 --> n0', line), line
