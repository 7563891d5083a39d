from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.steps import calls_of

from dc43_gitdraft.changes import RULES, compare
from dc43_gitdraft.changes.thresholds import threshold
from dc43_gitdraft.model import Document


def with_properties(*listed: Document) -> Document:
    return {"id": "c", "version": "1.0.0", "schema": [{"name": "o", "properties": list(listed)}]}


def said(old: Document, new: Document) -> list[tuple[str, str]]:
    return [(change.rule, change.path) for change in compare(old, new)]


def at(document: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


def test_version_draft_mark_and_steps_of_life_are_no_changes() -> None:
    old = with_properties()
    mark = {"property": "gitdraft", "value": {"digest": "x"}}
    new = {**old, "version": "2.0.0", "status": "draft", "customProperties": [mark]}
    assert compare(old, new) == ()
    assert said(old, {**new, "customProperties": [mark, {"property": "a", "value": 1}]}) == [
        ("documentation-changed", "customProperties")
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # id wins over name, name over physicalName
        (
            [{"id": "1", "name": "a"}, {"name": "b"}],
            [{"id": "1", "name": "b"}, {"name": "a"}],
            [
                ("property-renamed", "o.b"),
                ("property-added-optional", "o.a"),
                ("property-removed", "o.b"),
            ],
        ),
        ([{"name": "a"}], [{"name": "b", "physicalName": "a"}], [("property-renamed", "o.b")]),
        ([{"name": "a"}], [{"name": "a", "physicalName": "a"}], [("documentation-changed", "o.a")]),
        ([{"name": "a"}], [{"name": "a", "required": False}], [("documentation-changed", "o.a")]),
        (
            [{"name": "a"}, {"name": "b"}],
            [{"name": "b"}, {"name": "a"}],
            [("documentation-changed", "o")],
        ),
        # the key follows a renamed member
        (
            [{"id": "1", "name": "a", "primaryKey": True}],
            [{"id": "1", "name": "b", "primaryKey": True}],
            [("property-renamed", "o.b")],
        ),
        (
            [{"name": "a", "primaryKey": True}],
            [],
            [("primary-key-removed", "o"), ("property-removed", "o.a")],
        ),
        # an enumeration in its older form is the same idea
        (
            [{"name": "a", "enum": [{"value": "x"}]}],
            [
                {
                    "name": "a",
                    "quality": [
                        {"metric": "invalidValues", "arguments": {"validValues": ["x", "y"]}}
                    ],
                }
            ],
            [("enum-value-added", "o.a")],
        ),
        (
            [
                {
                    "name": "a.b",
                    "logicalType": "map",
                    "map": {"key": {}, "value": {"required": True}},
                }
            ],
            [{"name": "a.b", "logicalType": "map", "map": {"key": {}, "value": {}}}],
            [("property-became-nullable", "o.`a.b`{value}")],
        ),
        (
            [{"name": "a", "items": {"properties": [{"name": "b", "physicalType": "int"}]}}],
            [{"name": "a", "items": {"properties": [{"name": "b", "physicalType": "long"}]}}],
            [("physical-type-widened", "o.a[].b")],
        ),
        (
            [{"name": "a", "logicalType": "integer", "physicalType": "int"}],
            [{"name": "a", "logicalType": "number", "physicalType": "double"}],
            [("logical-type-widened", "o.a"), ("physical-type-widened", "o.a")],
        ),
        (
            [{"name": "a", "physicalType": "NUMBER(10)"}],
            [{"name": "a", "physicalType": "number( 10 )"}],
            [("physical-type-alias", "o.a")],
        ),
        (
            [{"name": "a", "logicalTypeOptions": {"timezone": True}}],
            [{"name": "a", "logicalTypeOptions": {"timezone": False}}],
            [("timestamp-timezone-changed", "o.a")],
        ),
        (
            [{"name": "a", "tags": ["x"]}],
            [{"name": "a", "tags": ["y"]}],
            [("documentation-changed", "o.a")],
        ),
        (
            [{"name": "a", "tags": ["pii", "x"]}],
            [{"name": "a", "tags": ["y"]}],
            [("pii-tag-removed", "o.a"), ("documentation-changed", "o.a")],
        ),
        (
            [{"name": "a"}],
            [{"name": "a", "classification": "x"}],
            [("classification-raised", "o.a")],
        ),
        (
            [{"name": "a", "classification": "tier 1"}],
            [{"name": "a", "classification": "tier 2"}],
            [("classification-lowered", "o.a")],
        ),
        ("nonsense", [], [("unclaimed-change", "o.properties")]),
    ],
)
def test_properties(old: Any, new: Any, expected: list[tuple[str, str]]) -> None:
    documents = [with_properties(), with_properties()]
    for document, listed in zip(documents, (old, new), strict=True):
        document["schema"][0]["properties"] = listed
    assert said(documents[0], documents[1]) == expected


def test_what_is_removed_stands_where_it_stood() -> None:
    old = with_properties(*({"name": name} for name in "abcd"))
    new = with_properties(*({"name": name} for name in "axcd"))
    assert [path for _, path in said(old, new)] == ["o.x", "o.b"]
    old["schema"][0]["properties"][3]["description"] = "d"
    assert [path for _, path in said(old, new)] == ["o.x", "o.b", "o.d"]


def test_at_leads_to_the_node_that_changed() -> None:
    old = with_properties({"name": "a"}, {"name": "b", "description": "x", "physicalType": "int"})
    new = with_properties({"name": "b", "physicalType": "long"}, {"name": "c"})
    for change in compare(old, new):
        document = old if change.after is None else new
        found = at(document, change.at)
        assert found == (change.before if change.after is None else change.after)


def test_two_contracts_of_a_thousand_properties_compare_with_little_work() -> None:
    listed = [
        {"name": f"c{place}", "physicalType": "int", "tags": ["a"], "quality": [{"metric": "x"}]}
        for place in range(1000)
    ]
    old, new = with_properties(*listed), with_properties(*copy.deepcopy(listed))
    for place, node in enumerate(new["schema"][0]["properties"]):
        node["physicalType"] = "bigint"
        if place % 3 == 0:
            node["name"] += "x"
    changes, calls = calls_of(lambda: compare(old, new))
    assert calls < 1_000_000
    assert len(changes) == 2 * 334 + 666


NAMES = st.sampled_from(["a", "b", "c", "Total", "x.y"])
TYPES = st.sampled_from(["int", "BIGINT", "decimal(10,2)", "string", "timestamp", "point", "date"])
PROPERTY = st.fixed_dictionaries(
    {"name": NAMES},
    optional={
        "id": st.sampled_from(["1", "2", "3"]),
        "physicalName": NAMES,
        "logicalType": st.sampled_from(["string", "integer", "number", "object", "array"]),
        "physicalType": TYPES,
        "logicalTypeOptions": st.dictionaries(
            st.sampled_from(["minimum", "maximum", "pattern", "timezone", "multipleOf", "odd"]),
            st.one_of(st.integers(0, 3), st.booleans(), st.sampled_from(["x", "y"])),
        ),
        "required": st.booleans(),
        "primaryKey": st.booleans(),
        "primaryKeyPosition": st.integers(-1, 3),
        "tags": st.lists(st.sampled_from(["pii", "a", "b"]), max_size=2),
        "enum": st.lists(st.fixed_dictionaries({"value": st.integers(0, 3)}), max_size=3),
        "quality": st.lists(
            st.fixed_dictionaries(
                {"metric": st.sampled_from(["nullValues", "invalidValues"])},
                optional={
                    "mustBe": st.integers(0, 2),
                    "mustBeLessThan": st.integers(0, 2),
                    "arguments": st.just({"validValues": ["a"]}),
                    "severity": st.sampled_from(["info", "error"]),
                },
            ),
            max_size=2,
        ),
        "classification": st.sampled_from(["public", "restricted"]),
        "unknown": st.integers(0, 1),
    },
)


def _nested(inner: st.SearchStrategy[Document]) -> st.SearchStrategy[Document]:
    listed = st.lists(inner, max_size=3)
    extra = st.one_of(
        st.fixed_dictionaries({"properties": listed}), st.fixed_dictionaries({"items": inner})
    )
    return st.tuples(PROPERTY, extra).map(lambda pair: {**pair[0], **pair[1]})


DOCUMENTS = st.lists(st.recursive(PROPERTY, _nested, max_leaves=4), max_size=4).map(
    lambda listed: with_properties(*listed)
)


def _normal(value: Any) -> Any:
    """A null is nothing."""
    if isinstance(value, dict):
        return {key: _normal(each) for key, each in value.items()}
    return [_normal(each) for each in value] if isinstance(value, list) else repr(value)


@given(DOCUMENTS, DOCUMENTS)
def test_documents_differ_exactly_if_a_change_says_so(old: Document, new: Document) -> None:
    changes = compare(old, new)
    assert bool(changes) is (_normal(old) != _normal(new))
    assert changes == compare(old, new)
    assert all(change.rule in RULES for change in changes)


@given(DOCUMENTS, DOCUMENTS)
def test_no_difference_is_claimed_twice(old: Document, new: Document) -> None:
    beside = {"classification-missing", "enum-value-added", "enum-value-removed"}
    seen = [
        (change.at, change.after is None)
        for change in compare(old, new)
        if change.rule not in beside
    ]
    several = [
        place
        for place in seen
        if seen.count(place) > 1 and place[0][-1] not in ("tags", "properties")
    ]
    assert several == []


#: Rules whose opposite is another one; those that are here on neither side are their own opposite.
OPPOSITES = {
    "property-removed": "property-added",
    "logical-type-widened": "logical-type-narrowed",
    "item-type-widened": "item-type-narrowed",
    "physical-type-widened": "physical-type-narrowed",
    "enum-dropped": "enum-introduced",
    "enum-value-added": "enum-value-removed",
    "primary-key-added": "primary-key-removed",
    "property-became-required": "property-became-nullable",
    "quality-rule-added": "quality-rule-removed",
    "quality-threshold-tightened": "quality-threshold-loosened",
    "quality-severity-raised": "quality-severity-lowered",
}
THEMSELVES = {
    "property-renamed", "property-moved", "property-physical-name-changed", "logical-type-changed",
    "item-type-changed", "physical-type-alias", "physical-type-changed", "primary-key-changed",
    "timestamp-timezone-changed", "primary-key-position-changed", "option-multipleOf-changed",
    "quality-rule-changed",
}  # fmt: skip
SWAP = OPPOSITES | {there: here for here, there in OPPOSITES.items()} | {r: r for r in THEMSELVES}


def counted(old: Document, new: Document) -> Counter[str]:
    rules = (change.rule for change in compare(old, new))
    plain = (rule.replace("-optional", "") for rule in rules)
    return Counter(
        "property-added" if rule == "property-added-required" else rule for rule in plain
    )


@given(DOCUMENTS, DOCUMENTS)
def test_swapping_the_documents_swaps_every_rule(old: Document, new: Document) -> None:
    there, back = counted(old, new), counted(new, old)
    assert {SWAP[rule]: count for rule, count in there.items() if rule in SWAP} == {
        rule: count for rule, count in back.items() if rule in SWAP
    }


@pytest.mark.parametrize(
    ("one", "other", "within"),
    [
        ({"mustBe": 5}, {"mustBeBetween": [1, 5]}, True),
        ({"mustBeBetween": [1, 5]}, {"mustBe": 5}, False),
        ({"mustBeGreaterThan": 5}, {"mustBeGreaterOrEqualTo": 5}, True),
        ({"mustBeGreaterOrEqualTo": 5}, {"mustBeGreaterThan": 5}, False),
        ({"mustBeLessThan": 5}, {"mustNotBe": 5}, True),
        ({"mustNotBeBetween": [1, 9]}, {"mustNotBeBetween": [2, 8]}, True),
        ({"mustBeLessOrEqualTo": 5}, {"mustNotBe": 5}, False),
    ],
)
def test_thresholds_are_compared_as_sets(one: Document, other: Document, within: bool) -> None:
    ours, theirs = threshold(one), threshold(other)
    assert ours is not None
    assert theirs is not None
    assert ours.within(theirs) is within


@pytest.mark.parametrize(
    "rule",
    [{}, {"mustBe": "x"}, {"mustBe": True}, {"mustBe": 1, "mustNotBe": 2}, {"mustBeBetween": [1]}],
)
def test_what_is_no_number_is_no_threshold(rule: Document) -> None:
    assert threshold(rule) is None
