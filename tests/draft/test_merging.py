from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dc43_gitdraft import odcs
from dc43_gitdraft.changes import equal
from dc43_gitdraft.draft import make_draft, merge_edits, redraft
from dc43_gitdraft.draft.merging import merge_saying
from dc43_gitdraft.model import Bump, Dataset, DataType, Observation, ObservedProperty, Policy

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["a", "b"]))
KEYS = st.sampled_from(["name", "id", "x", "y"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.dictionaries(KEYS, inner, max_size=3), st.lists(inner, max_size=3)),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=4)
NAMED = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abcde"), "x": SCALARS, "y": SCALARS}),
    max_size=4,
    unique_by=lambda entry: entry["name"],
).map(lambda entries: {"properties": entries})
ANY = st.one_of(DOCUMENTS, NAMED)


@given(ANY, ANY)
def test_without_edits_the_new_state_comes_out(before: Any, after: Any) -> None:
    assert equal(merge_edits(before, after, before), after)


@given(ANY, ANY)
def test_without_news_the_edits_stay(before: Any, onto: Any) -> None:
    assert equal(merge_edits(before, before, onto), onto)


@given(ANY, ANY, ANY)
def test_merging_is_pure_and_agrees_where_both_agree(before: Any, after: Any, onto: Any) -> None:
    kept = copy.deepcopy((before, after, onto))
    merge_edits(before, after, onto)
    assert (before, after, onto) == kept
    assert equal(merge_edits(before, after, after), after)


@given(NAMED, NAMED)
def test_edits_in_other_places_both_survive(before: Any, after: Any) -> None:
    # People edit y of each entry, and add one; the bot changes x, and which entries there are.
    onto = copy.deepcopy(before)
    for entry in onto["properties"]:
        entry["y"] = "edited"
    onto["properties"].append({"name": "people's", "x": 1})
    for entry in after["properties"]:
        known = [old for old in before["properties"] if old["name"] == entry["name"]]
        entry["y"] = known[0]["y"] if known else entry["y"]
    merged = {entry["name"]: entry for entry in merge_edits(before, after, onto)["properties"]}
    assert merged["people's"] == {"name": "people's", "x": 1}
    for entry in after["properties"]:
        known = [old for old in before["properties"] if old["name"] == entry["name"]]
        assert merged[entry["name"]] == {**entry, **({"y": "edited"} if known else {})}


@pytest.mark.parametrize(
    ("before", "after", "onto", "expected"),
    [
        ({"a": 1}, {"a": 2}, {"a": 3}, {"a": 3}),
        ({"a": 1}, {}, {"a": 3}, {"a": 3}),
        ({"a": 1}, {"a": 2}, {}, {}),
        ({}, {"a": 1, "b": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": True}, {"a": 1}, {"a": True}, {"a": 1}),
        ({"t": ["a"]}, {"t": ["a", "b"]}, {"t": ["c", "a"]}, {"t": ["c", "a", "b"]}),
        ({"t": ["a", "b"]}, {"t": ["b"]}, {"t": ["a", "b", "c"]}, {"t": ["b", "c"]}),
        ({"t": [[1]]}, {"t": [[2]]}, {"t": [[3]]}, {"t": [[3]]}),
        (
            {"p": [{"name": "a"}, {"name": "b"}]},
            {"p": [{"name": "n"}, {"name": "a"}, {"name": "b", "x": 1}]},
            {"p": [{"name": "a", "d": "x"}, {"name": "b"}, {"name": "z"}]},
            {"p": [{"name": "n"}, {"name": "a", "d": "x"}, {"name": "b", "x": 1}, {"name": "z"}]},
        ),
        (
            {"p": [{"name": "a"}, {"name": "b"}]},
            {"p": [{"name": "b"}, {"name": "a"}]},
            {"p": [{"name": "a", "d": "x"}, {"name": "b"}]},
            {"p": [{"name": "b"}, {"name": "a", "d": "x"}]},
        ),
    ],
)
def test_merges(before: Any, after: Any, onto: Any, expected: Any) -> None:
    merged = merge_edits(before, after, onto)
    assert merged == expected
    assert list(merged) == list(expected)


BASE = odcs.read("""\
apiVersion: v3.2.0
kind: DataContract
id: shop
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - name: id
        logicalType: integer
""")
TEXT, LONG = DataType("string", "string"), DataType("integer", "bigint")


def test_places_that_both_sides_changed_are_named() -> None:
    before: dict[str, Any] = {
        "name": "Orders",
        "tags": ["a"],
        "schema": [{"name": "orders", "properties": [{"name": "x", "a": 1}, {"name": "y"}]}],
    }
    after, onto = copy.deepcopy(before), copy.deepcopy(before)
    after["tags"] = ["a", "b"]
    onto["tags"] = ["a", "c"]
    one, other = after["schema"][0], onto["schema"][0]
    one["properties"][0]["a"] = 2
    other["properties"][0]["a"] = 3
    del other["properties"][1]
    one["properties"][1]["b"] = 4
    merged, places = merge_saying(before, after, onto)
    assert places == ("schema[orders].properties[x].a", "schema[orders].properties[y]")
    assert merged["tags"] == ["a", "c", "b"]
    assert merged["schema"][0]["properties"] == [{"name": "x", "a": 3}]


def saw(*names: str) -> Observation:
    columns = (ObservedProperty(name, LONG if name == "id" else TEXT) for name in names)
    return Observation(Dataset("d"), tuple(columns), "test")


def draft_of(observation: Observation) -> str:
    made = make_draft(BASE, observation, Policy(), contract_id="shop")
    assert made is not None
    return made.text


def test_people_s_edits_are_kept_in_a_new_draft() -> None:
    before = draft_of(saw("id", "a"))
    after = before.replace("- name: a\n", "- name: a # as asked\n        description: mine\n")
    after = after.replace("version: 1.1.0", "version: 3.0.0")
    observation = saw("id", "a", "b")
    made = redraft(
        BASE,
        [(odcs.read(before), odcs.read(after))],
        odcs.read(after),
        observation,
        Policy(),
        contract_id="shop",
    )
    plain = make_draft(BASE, observation, Policy(), contract_id="shop")
    assert made is not None
    assert plain is not None
    assert (made.digest, made.version, made.bump) == (plain.digest, "3.0.0", Bump.MAJOR)
    document = odcs.read(made.text).document
    _, a, b = document["schema"][0]["properties"]
    assert (a["description"], b["name"]) == ("mine", "b")
    assert "# as asked" in made.text
    (entry,) = document["customProperties"]
    assert entry["value"]["digest"] == plain.digest
    assert [change.path for change in made.changes] == ["orders.a", "orders.b"]


def test_edits_of_several_rounds_are_kept() -> None:
    first = draft_of(saw("id", "a"))
    edited = first.replace("- name: a\n", "- name: a\n        description: one\n")
    arguments = (saw("id", "a", "b"), Policy())
    second = redraft(
        *(BASE, [(odcs.read(first), odcs.read(edited))], odcs.read(edited)),
        *arguments,
        contract_id="shop",
    )
    assert second is not None
    again = second.text.replace("- name: b\n", "- name: b\n        description: two\n")
    edits = [(first, edited), (second.text, again)]
    third = redraft(
        BASE,
        [(odcs.read(before), odcs.read(after)) for before, after in edits],
        odcs.read(again),
        saw("id", "a", "b", "c"),
        Policy(),
        contract_id="shop",
    )
    assert third is not None
    listed = odcs.read(third.text).document["schema"][0]["properties"]
    assert [node.get("description") for node in listed] == [None, "one", "two", None]


def test_what_people_removed_stays_removed() -> None:
    before = draft_of(saw("id", "a"))
    document = copy.deepcopy(odcs.read(before).document)
    del document["schema"][0]["properties"][1], document["customProperties"]
    after = odcs.rewrite(before, document)
    made = redraft(
        BASE,
        [(odcs.read(before), odcs.read(after))],
        odcs.read(after),
        saw("id", "a", "b"),
        Policy(),
        contract_id="shop",
    )
    assert made is not None
    assert [change.path for change in made.changes] == ["orders.b"]
    assert "property: gitdraft" in made.text


def test_without_drift_nothing_is_drafted_again() -> None:
    before = odcs.read(draft_of(saw("id", "a")))
    assert redraft(BASE, [], before, saw("id"), Policy(), contract_id="shop") is None
