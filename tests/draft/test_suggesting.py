"""Constraints that statistics suggest: of what, when, and when they are written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.shop import seen

from dc43_gitdraft.draft import make_draft, suggestions
from dc43_gitdraft.model import (
    DataType,
    Draft,
    Observation,
    ObservedProperty,
    Policy,
    Profile,
    QualityResult,
    Verdict,
)
from dc43_gitdraft.odcs import read

HEAD = """\
apiVersion: {version}
kind: DataContract
id: orders
version: 1.2.0
status: active
schema:
  - name: orders
    properties:
      - name: {name}
        logicalType: {kind}
"""
SHOW = Policy(suggest=True)
APPLY = Policy(apply_suggestions=True)
PHYSICAL = {"integer": "bigint", "number": "double", "string": "string", "date": "date"}


def contract(kind: str = "string", *more: str, version: str = "v3.2.0", name: str = "x") -> Any:
    text = HEAD.format(version=version, kind=kind, name=name)
    return read(text + "".join(f"        {line}\n" for line in more))


def look(
    kind: str = "string",
    profile: Profile | None = None,
    *,
    rows: int = 1000,
    nulls: int | None = 1,
    name: str = "x",
) -> Observation:
    column = ObservedProperty(
        name, DataType(kind, PHYSICAL[kind]), nullable=True, nulls=nulls, profile=profile
    )
    return replace(seen({}), properties=(column,), rows=rows)


def found(agreed: Any, observed: Observation) -> dict[str, Any]:
    return {
        each.key if each.sure else f"{each.key}?": each.value
        for each in suggestions(agreed, observed, SHOW)
    }


MANY: dict[str, Any] = {"count": 990, "distinct": 500}


@pytest.mark.parametrize(
    ("kind", "profile", "expected"),
    [
        ("string", None, {}),
        ("integer", Profile(**MANY, minimum=1, maximum=977), {"minimum": 0, "maximum": 1000}),
        ("integer", Profile(**MANY, minimum=-12, maximum=3), {"minimum": -20, "maximum": 3}),
        ("integer", Profile(**MANY, minimum=-12, maximum=-3), {"minimum": -20, "maximum": 0}),
        ("number", Profile(**MANY, minimum=-0.12, maximum=0.5), {"minimum": -0.2, "maximum": 0.5}),
        ("date", Profile(**MANY, minimum="2024-01-31", maximum="2024-02-01"), {}),
        ("string", Profile(**MANY, min_length=3, max_length=3), {"minLength": 3, "maxLength": 3}),
        ("string", Profile(**MANY, min_length=0, max_length=37), {"maxLength": 40}),
        ("string", Profile(**MANY, min_length=0, max_length=0), {}),
        ("string", Profile(count=990, distinct=985), {"unique?": True}),
        (
            "string",
            Profile(count=990, distinct=2, values=("b", "a"), min_length=1, max_length=1),
            {"enum": ["b", "a"]},
        ),
        ("integer", Profile(count=990, distinct=2, values=(1, 2)), {"enum": [1, 2]}),
        ("string", Profile(count=990, distinct=1, values=("a",)), {}),
        ("string", Profile(count=990, values=tuple(f"v{n}" for n in range(21))), {}),
        ("string", Profile(count=100, values=tuple(f"v{n}" for n in range(11))), {}),
        ("number", Profile(count=990, values=(0.5, 1.5)), {}),
        ("string", Profile(count=99, values=("a", "b"), min_length=1, max_length=1), {}),
    ],
)
def test_what_statistics_suggest(
    kind: str, profile: Profile | None, expected: dict[str, Any]
) -> None:
    assert found(contract(kind), look(kind, profile)) == expected


def test_a_property_that_never_lacks_a_value() -> None:
    assert found(contract(), look(nulls=0)) == {"required": True}
    assert found(contract(), look(nulls=None)) == {}
    assert found(contract(), look(nulls=0, rows=99)) == {}
    assert found(contract("string", "required: false"), look(nulls=0)) == {}
    assert found(contract("string", "primaryKey: true"), look(nulls=0)) == {}


FULL = Profile(
    count=990, distinct=3, minimum=0, maximum=9, min_length=2, max_length=9, values=(1, 2, 3)
)
TEXTS = Profile(count=990, distinct=985, min_length=2, max_length=9)


@pytest.mark.parametrize(
    "lines",
    [
        ("classification: restricted",),
        ("classification: Internal",),
        ("classification: made-up",),
        ("tags: [PII]",),
        ("tags: [x, Personal]",),
        ("encryptedName: x_encrypted",),
        ("customProperties:", "  - property: pii", "    value: true"),
    ],
)
def test_nothing_is_suggested_of_what_is_private(lines: tuple[str, ...]) -> None:
    assert found(contract("integer", *lines), look("integer", FULL, nulls=0)) == {}


def test_what_is_public_is_no_secret() -> None:
    agreed = contract("integer", "classification: public", "tags: [core]")
    assert found(agreed, look("integer", FULL, nulls=0)) == {"required": True, "enum": [1, 2, 3]}


@pytest.mark.parametrize("place", ["tags: [gdpr]\n", "schema:\n  - tags: [pii]\n    name: orders"])
def test_nothing_is_suggested_inside_of_what_is_private(place: str) -> None:
    text = contract("integer").text
    key = place.splitlines()[0]
    text = text.replace("schema:\n  - name: orders", place) if key == "schema:" else text + place
    assert found(read(text), look("integer", FULL, nulls=0)) == {}


def test_inside_of_a_private_structure() -> None:
    inner = ObservedProperty("code", DataType("integer", "bigint"), nulls=0, profile=FULL)
    column = ObservedProperty("x", DataType("object", "struct<code:bigint>", fields=(inner,)))
    observed = replace(seen({}), properties=(column,), rows=1000)
    lines = ("properties:", "  - name: code", "    logicalType: integer")
    open_ = suggestions(contract("object", *lines), observed, SHOW)
    assert {each.path for each in open_} == {"orders.x.code"}
    assert suggestions(contract("object", "tags: [pii]", *lines), observed, SHOW) == ()


@pytest.mark.parametrize(
    "lines",
    [
        ("logicalTypeOptions: {minimum: 1, maximum: 5}",),
        ("logicalTypeOptions: {exclusiveMinimum: 0, exclusiveMaximum: 5}",),
    ],
)
def test_what_is_stated_is_not_suggested(lines: tuple[str, ...]) -> None:
    bounds = Profile(**MANY, minimum=2, maximum=4)
    assert found(contract("integer", *lines), look("integer", bounds)) == {}


def test_an_enumeration_that_is_stated_is_not_suggested() -> None:
    listed = contract("integer", "enum:", "  - value: 1")
    assert found(listed, look("integer", FULL)) == {}
    rule = ("quality:", "  - metric: invalidValues", "    arguments: {validValues: [1]}")
    listed = contract("integer", *rule, "    mustBe: 0", version="v3.1.0")
    assert found(listed, look("integer", FULL)) == {}


def test_of_a_new_property_no_value_is_told() -> None:
    column = ObservedProperty("email", DataType("string", "string"), nulls=0)
    full = replace(TEXTS, values=("a@b", "c@d"), minimum="a@b", maximum="c@d", distinct=2)
    observed = replace(
        look(), properties=(*look().properties, replace(column, profile=full)), rows=1000
    )
    made = make_draft(contract(), observed, SHOW, contract_id="orders")
    assert made is not None
    assert {each.key for each in made.suggestions} == {"required", "maxLength"}
    assert "a@b" not in repr(made)
    first = make_draft(None, observed, APPLY, contract_id="orders")
    assert first is not None
    assert "a@b" not in repr(first)


def applied(agreed: Any, observed: Observation, policy: Policy = APPLY) -> Draft | None:
    made = make_draft(agreed, observed, policy, contract_id="orders")
    if made is not None:
        read(made.text)  # valid
    return made


@pytest.mark.parametrize(
    ("kind", "profile", "version", "lines"),
    [
        ("integer", FULL, "v3.2.0", ["enum:", "- value: 1", "- value: 2", "- value: 3"]),
        ("integer", FULL, "v3.1.0", ["metric: invalidValues", "validValues:", "mustBe: 0"]),
        (
            "string",
            Profile(**MANY, min_length=2, max_length=2),
            "v3.0.2",
            ["logicalTypeOptions:", "minLength: 2", "maxLength: 2"],
        ),
    ],
)
def test_applied_when_asked(kind: str, profile: Profile, version: str, lines: list[str]) -> None:
    agreed, observed = contract(kind, version=version), look(kind, profile, nulls=0)
    assert make_draft(agreed, observed, SHOW, contract_id="orders") is None
    assert make_draft(agreed, observed, Policy(), contract_id="orders") is None
    made = applied(agreed, observed)
    assert made is not None
    for line in [*lines, "required: true"]:
        assert line in made.text
    assert made.suggestions == ()
    again = applied(agreed, replace(observed, rows=1001))
    assert again is not None
    assert (again.digest, again.text) == (made.digest, made.text)
    done = read(made.text, validate=False)
    assert suggestions(done, observed, SHOW) == ()


def test_what_a_tool_found_broken_is_not_suggested() -> None:
    broken = (
        QualityResult("required", Verdict.BLOCK, "orders.x", 3),
        QualityResult("enum", Verdict.WARN, "orders.x", 3),
    )
    observed = look("integer", FULL, nulls=0)
    assert set(found(contract("integer"), observed)) == {"required", "enum"}
    assert found(contract("integer"), replace(observed, quality=broken)) == {}


def test_what_is_not_sure_is_never_applied() -> None:
    observed = look("string", replace(TEXTS, max_length=None))
    assert applied(contract(), observed) is None
    assert [each.key for each in suggestions(contract(), observed, APPLY)] == ["unique"]


@pytest.mark.parametrize("policy", [{"additive_only": True}, {"ignore": ("orders.x",)}])
def test_what_is_not_to_be_touched_is_not_constrained(policy: dict[str, Any]) -> None:
    assert applied(contract(), look(nulls=0), replace(APPLY, **policy)) is None


def test_nothing_is_suggested_unasked() -> None:
    assert suggestions(contract("integer"), look("integer", FULL, nulls=0), Policy()) == ()
