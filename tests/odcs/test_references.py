from __future__ import annotations

import pytest

from dc43_gitdraft.odcs.references import Reference, beside, names, relationships


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a.b.c", ("", "a.b.c", "a")),
        ("schema/a/properties/b", ("", "schema/a/properties/b", "a")),
        ("/schema/a.b/properties/c", ("", "schema/a.b/properties/c", "a.b")),
        ("x.yaml#/schema/a/properties/b", ("x.yaml", "schema/a/properties/b", "a")),
        ("https://h.example/x.yml#a.b", ("https://h.example/x.yml", "a.b", "a")),
        ("#a.b", ("", "a.b", "a")),
        ("x.yaml#", ("x.yaml", "", "")),
    ],
)
def test_a_reference_is_taken_apart(text: str, parts: tuple[str, str, str]) -> None:
    reference = Reference.parse(text)
    assert (reference.contract, reference.place, reference.object) == parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id/a/properties/b", Reference("id", "a/properties/b")),
        ("id/schema/a", Reference("id", "schema/a")),
        ("id", Reference("id", "")),
    ],
)
def test_the_first_step_may_be_a_contracts_id(text: str, expected: Reference) -> None:
    assert Reference.parse(text).by_id() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b.c", {"a"}),
        ("/schema/a.b/properties/c", {"a.b"}),
        ("id/a/properties/b", {"id"}),
        ("a.b/", {"a.b", "a"}),
        ("x/y.yaml#a.b", {"x/y.yaml", "y.yaml"}),
        ("x/y.yaml/.#a.b", {"x/y.yaml/.", ".", "y.yaml"}),
        ("#", set()),
    ],
)
def test_a_reference_names_what_it_may_lead_to(text: str, expected: set[str]) -> None:
    assert set(names(text)) == expected


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("b.yaml", "contracts/b.yaml"),
        ("./deep/b.yaml", "contracts/deep/b.yaml"),
        ("../b.yaml", "b.yaml"),
        ("../../b.yaml", "../b.yaml"),
        ("/b.yaml", "/b.yaml"),
    ],
)
def test_a_file_is_looked_for_beside_the_one_that_names_it(file: str, expected: str) -> None:
    assert beside(file, "contracts/a.yaml") == expected


def test_relationships_are_found_in_every_nesting_with_their_places() -> None:
    inner = {"relationships": [{"to": "a.x"}]}
    document = {
        "schema": [
            "nonsense",
            {
                "relationships": [1, {"to": "b.x"}],
                "properties": [
                    {"items": {**inner, "properties": [inner]}},
                    {"map": {"key": inner, "value": {"properties": [inner]}}},
                ],
            },
            {"relationships": "nonsense", "properties": {"a": inner}, "items": [inner]},
        ]
    }
    properties = ("schema", 1, "properties")
    assert [at[:-2] for at, _ in relationships(document)] == [
        ("schema", 1),
        (*properties, 0, "items"),
        (*properties, 0, "items", "properties", 0),
        (*properties, 1, "map", "key"),
        (*properties, 1, "map", "value", "properties", 0),
    ]
