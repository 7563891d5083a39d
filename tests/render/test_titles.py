from __future__ import annotations

import re
from dataclasses import replace

import pytest
from support.drafts import ADDED, MOVED, REMOVED, RENAMED, REWORDED, WIDENED, change, draft

from dc43_gitdraft import render
from dc43_gitdraft.changes import RULES
from dc43_gitdraft.model import Change


def added(number: int) -> Change:
    return replace(ADDED, path=f"orders.column_{number}")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([ADDED], "add discount"),
        ([ADDED, WIDENED], "add discount, widen amount"),
        ([ADDED, WIDENED, REMOVED], "remove note, add discount, widen amount"),
        ([RENAMED], "rename note to remark"),
        ([REWORDED], "document amount"),
        ([added(1), added(2), added(3)], "add column_1, add column_2, add column_3"),
        (
            [REMOVED, *map(added, range(37)), WIDENED],
            "remove note, add 37 properties, widen amount",
        ),
        ([REWORDED, replace(REWORDED, message="x")], "document amount"),
        ([change("documentation-changed", "description.purpose")], "document description.purpose"),
        ([MOVED], "move city to address.city"),
        ([change("sla-loosened", "slaProperties.latency")], "loosen SLA latency"),
        ([change("server-removed", "servers.prod")], "remove server prod"),
        ([change("object-added", "refunds")], "add object refunds"),
        ([change("enum-value-added", "orders.status")], "extend values of status"),
        ([change("primary-key-changed", "orders")], "change key of orders"),
        ([change("last-owner-removed", "team")], "remove last owner of team"),
        ([ADDED, change("classification-missing", "orders.discount")], "add discount"),
        ([change("property-removed", "orders.`a.b`.c")], "remove _a.b_.c"),
    ],
)
def test_the_title_says_the_change(changes: list[Change], said: str) -> None:
    assert render.title(draft(*changes)) == f"orders 1.3.0: {said}"


def test_properties_of_several_objects_are_named_with_their_object() -> None:
    other = replace(ADDED, path="refunds.discount")
    said = render.title(draft(ADDED, other))
    assert said == "orders 1.3.0: add orders.discount, add refunds.discount"


def test_the_title_of_a_first_version_says_so() -> None:
    assert render.title(draft(base_version=None, version="1.0.0")) == "orders 1.0.0: first version"


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_title(rule: str) -> None:
    said = render.title(draft(change(rule, "orders.x")))
    assert re.fullmatch(
        r"orders 1\.3\.0: [a-z]+( [A-Za-z. ]+)? x|orders 1\.3\.0: .* orders\.x", said
    )


def test_a_long_title_ends_with_how_many_more() -> None:
    rules = ["property-added-optional", "property-removed", "unique-added", "pii-tag-removed"]
    many = [change(rule, f"orders.a_rather_long_name_{place}") for rule in rules for place in "ab"]
    said = render.title(draft(*many))
    assert len(said) <= render.TITLE_LIMIT
    assert re.search(r", and \d more$", said)


@pytest.mark.parametrize("count", [1, 2, 3000])
def test_a_title_of_the_longest_names_fits(count: int) -> None:
    long = [change("property-renamed", f"orders.{'x' * 500}", "y" * 500)] * count
    said = render.title(draft(*long, ADDED, contract_id="c" * 255, version="100.100.100"))
    assert len(said) <= render.TITLE_LIMIT
    assert said.endswith("…, and 1 more")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("fixes #1", "fixes _1"),
        ("GH-12", "GH_12"),
        ("@everyone", "_everyone"),
        ("[skip ci]", "_skip ci_"),
        ("[[]skip ci[]]", "_[]skip ci[]_"),
        ("https://evil.example/x", "https___evil.example_x"),
        ("www.evil.example", "www_evil.example"),
        (":tada:", "_tada_"),
        ("a1b2c3d4e5", "_a1b2c3d4e5"),
        ("20240530", "_20240530"),
        ("feedback", "feedback"),
        ("lines[].price", "lines[].price"),
        ("codes{key}", "codes{key}"),
        ("a\nb\x1b[0m", "a b _0m"),
        ("größe", "größe"),
    ],
)
def test_a_name_means_nothing_in_a_title(name: str, safe: str) -> None:
    assert render.plain(name) == safe
