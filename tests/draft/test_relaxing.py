"""Bad quality loosens a contract where the policy says so, and only there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from support.shop import seen

from dc43_gitdraft import strictyaml
from dc43_gitdraft.draft import feedback, make_draft
from dc43_gitdraft.model import DataType, Draft, Observation, Policy, QualityResult, Verdict
from dc43_gitdraft.odcs import read

TEXT = """\
apiVersion: v3.2.0
kind: DataContract
id: orders
version: 1.2.0
status: active
schema:
  - name: orders
    properties:
      - name: order_id
        logicalType: integer
        required: true  # the key
      - name: status
        logicalType: string
        enum:
          - value: paid
          - value: sent
      - name: channel
        logicalType: string
        quality:
          - name: channel_known
            metric: invalidValues
            arguments:
              validValues: [web, shop]
            mustBe: 0
      - name: note
        logicalType: string
        quality:
          - metric: nullValues
            unit: percent
            mustBeLessThan: 10
    quality:
      - id: enough
        metric: rowCount
        mustBeGreaterThan: 100
"""
CONTRACT = read(TEXT)
TEXTS = ("status", "channel", "note")
COLUMNS = {
    "order_id": DataType("integer", "bigint"),
    **{name: DataType("string", "string") for name in TEXTS},
}
ALL = ("enum", "required", "threshold")


def failed(
    rule: str,
    place: str | None = None,
    count: int | None = 3,
    total: int | None = 40,
    verdict: Verdict = Verdict.BLOCK,
) -> QualityResult:
    return QualityResult(rule, verdict, place, count, total)


def look(*results: QualityResult, **observed: Any) -> Observation:
    return replace(seen(COLUMNS, **observed), quality=results)


def drafted(*results: QualityResult, relax: tuple[str, ...] = ALL, **policy: Any) -> Draft | None:
    wanted = Policy(relax=frozenset(relax), **policy)
    return make_draft(CONTRACT, look(*results), wanted, contract_id="orders")


def changed(made: Draft | None) -> list[tuple[str, str]]:
    return [(each.rule, each.path) for each in made.changes] if made else []


REQUIRED = failed("required", "orders.order_id")
ENUM = failed("enum", "orders.status")
VALUES = failed("channel_known", "orders.channel")
NULLS = failed("required", "orders.note", 8)
ROWS = failed("rowCount", None, None, 40)


@pytest.mark.parametrize(
    ("result", "relax", "rule", "path"),
    [
        (REQUIRED, "required", "property-became-nullable", "orders.order_id"),
        (ENUM, "enum", "enum-dropped", "orders.status"),
        (VALUES, "enum", "enum-dropped", "orders.channel"),
        (
            VALUES,
            "threshold",
            "quality-threshold-loosened",
            "orders.channel.quality.channel_known",
        ),
        (NULLS, "threshold", "quality-threshold-loosened", "orders.note.quality.nullValues"),
        (ROWS, "threshold", "quality-threshold-loosened", "orders.quality.enough"),
    ],
)
def test_each_policy_loosens_its_own(
    result: QualityResult, relax: str, rule: str, path: str
) -> None:
    made = drafted(result, relax=(relax,))
    assert changed(made) == [(rule, path)]
    assert made is not None
    assert made.feedback == ()
    assert any(note.startswith("relaxed as asked, because ") for note in made.notes)
    others = tuple(each for each in ALL if each != relax)
    if result is not VALUES:
        assert drafted(result, relax=others) is None
    policy = Policy()
    assert feedback(CONTRACT, look(result), policy) == (result,)
    assert make_draft(CONTRACT, look(result), policy, contract_id="orders") is None


def test_only_the_lines_that_loosen_change() -> None:
    made = drafted(REQUIRED, ENUM, NULLS, ROWS)
    assert made is not None
    before, after = TEXT.splitlines(), made.text.splitlines()
    gone = [line.strip() for line in before if line not in after]
    assert gone == [
        "version: 1.2.0",
        "status: active",
        "required: true  # the key",
        "enum:",
        "- value: paid",
        "- value: sent",
        "mustBeLessThan: 10",
        "mustBeGreaterThan: 100",
    ]
    assert "required: false  # the key" in made.text


@pytest.mark.parametrize(
    "result",
    [
        replace(REQUIRED, verdict=Verdict.OK),
        replace(REQUIRED, verdict=Verdict.UNKNOWN),
        replace(REQUIRED, failed=0),
        replace(REQUIRED, property="orders.status"),
        replace(REQUIRED, property=None),
        replace(ENUM, property="orders.order_id"),
        replace(ENUM, rule="pattern"),
        failed("unique", "orders.order_id"),
        failed("enough", None, None, None),
        failed("nullValues", "orders.note", None),
        failed("nullValues", "orders.note", 3, None),
        failed("nullValues", "orders.note", 40, 40),
    ],
)
def test_what_proves_nothing_loosens_nothing(result: QualityResult) -> None:
    assert drafted(result) is None


@pytest.mark.parametrize("policy", [{"additive_only": True}, {"ignore": ("orders*",)}])
def test_what_is_not_to_be_touched_stays(policy: dict[str, Any]) -> None:
    assert drafted(REQUIRED, ENUM, VALUES, NULLS, ROWS, **policy) is None


def test_what_was_not_relaxed_is_still_recorded() -> None:
    other = failed("unique", "orders.order_id")
    made = drafted(REQUIRED, other)
    assert made is not None
    assert made.feedback == (other,)


def test_nulls_that_were_counted_twice_are_recorded_once() -> None:
    observed = look(REQUIRED, nulls={"order_id": 3})
    assert feedback(CONTRACT, observed, Policy()) == (REQUIRED,)
    wanted = Policy(relax=frozenset({"required"}))
    made = make_draft(CONTRACT, observed, wanted, contract_id="orders")
    assert made is not None
    assert made.feedback == ()


def test_a_required_property_stays_required_where_only_its_rule_is_loosened() -> None:
    text = TEXT.replace(
        "required: true  # the key",
        "required: true\n        quality:\n          - metric: nullValues\n            mustBe: 0",
    )
    wanted = Policy(relax=frozenset({"threshold"}))
    made = make_draft(read(text), look(REQUIRED), wanted, contract_id="orders")
    assert changed(made) == [("quality-threshold-loosened", "orders.order_id.quality.nullValues")]
    assert made is not None
    assert made.feedback == (REQUIRED,)


def test_inside_of_structures() -> None:
    text = TEXT.replace(
        "      - name: note\n",
        """\
      - name: lines
        logicalType: array
        items:
          logicalType: object
          properties:
            - name: price
              logicalType: number
              required: true
      - name: note
""",
    )
    price = DataType("object", fields=())
    observed = replace(
        seen({**COLUMNS, "lines": DataType("array", items=price)}),
        quality=(failed("required", "orders.lines[].price"),),
    )
    wanted = Policy(relax=frozenset({"required"}))
    made = make_draft(read(text), observed, wanted, contract_id="orders")
    assert changed(made) == [("property-became-nullable", "orders.lines[].price")]


def test_the_rest_of_a_rule_of_values_stays() -> None:
    text = TEXT.replace("[web, shop]", "[web, shop]\n              pattern: '[a-z]+'")
    wanted = Policy(relax=frozenset({"enum"}))
    made = make_draft(read(text), look(VALUES), wanted, contract_id="orders")
    assert made is not None
    assert "pattern: '[a-z]+'" in made.text
    assert "web" not in made.text


def limits(rule: dict[str, Any], result: QualityResult) -> dict[str, Any] | None:
    """Return the operators of a rule of `note`, or of the object, after what was counted."""
    document = strictyaml.load(TEXT, None)
    node = document["schema"][0]
    if rule["metric"] == "rowCount":
        node["quality"] = [rule]
    else:
        node["properties"][3]["quality"] = [rule]
    contract = read(json.dumps(document))
    wanted = Policy(relax=frozenset({"threshold"}))
    made = make_draft(contract, look(result), wanted, contract_id="orders")
    if made is None:
        return None
    node = read(made.text).document["schema"][0]
    found = node["quality"] if rule["metric"] == "rowCount" else node["properties"][3]["quality"]
    return {key: value for key, value in found[0].items() if key.startswith("must")}


@pytest.mark.parametrize(
    ("rule", "count", "total", "expected"),
    [
        ({"mustBe": 0}, 3, 40, {"mustBeLessOrEqualTo": 3}),
        ({"mustBe": 0}, 123, 1000, {"mustBeLessOrEqualTo": 200}),
        ({"mustBe": 0}, 999, 1000, {"mustBeLessOrEqualTo": 1000}),
        ({"mustBe": 5}, 12, 1000, {"mustBeBetween": [5, 20]}),
        ({"mustBeLessThan": 10}, 10, 100, {"mustBeLessThan": 20}),
        ({"mustBeLessThan": 10}, 30, 100, {"mustBeLessThan": 40}),
        ({"mustBeLessOrEqualTo": 10}, 30, 100, {"mustBeLessOrEqualTo": 30}),
        ({"mustBeBetween": [0, 10]}, 31, 100, {"mustBeBetween": [0, 40]}),
        ({"mustBe": 0, "unit": "percent"}, 1, 1000, {"mustBeLessOrEqualTo": 0.1}),
        ({"mustBe": 0, "unit": "percent"}, 1, 3, {"mustBeLessOrEqualTo": 40}),
        ({"mustBeLessThan": 10, "unit": "percent"}, 12, 100, {"mustBeLessThan": 20}),
        ({"mustBeLessThan": 10, "unit": "percent"}, 95, 100, None),
        ({"mustBeLessThan": 10}, 3, 100, None),
        ({"mustNotBe": 3}, 3, 100, None),
        ({"mustNotBeBetween": [1, 5]}, 3, 100, None),
    ],
)
def test_a_limit_of_rows_that_fail(
    rule: dict[str, Any], count: int, total: int, expected: dict[str, Any] | None
) -> None:
    result = failed("nullValues", "orders.note", count, total)
    assert limits({"metric": "nullValues", **rule}, result) == expected


@pytest.mark.parametrize(
    ("rule", "rows", "expected"),
    [
        ({"mustBeGreaterThan": 100}, 47, {"mustBeGreaterThan": 40}),
        ({"mustBeGreaterThan": 100}, 40, {"mustBeGreaterThan": 30}),
        ({"mustBeGreaterThan": 100}, 1, {"mustBeGreaterThan": 0}),
        ({"mustBeGreaterThan": 100}, 0, None),
        ({"mustBeGreaterOrEqualTo": 100}, 47, {"mustBeGreaterOrEqualTo": 40}),
        ({"mustBeLessThan": 100}, 470, {"mustBeLessThan": 500}),
        ({"mustBe": 100}, 97, {"mustBeBetween": [90, 100]}),
        ({"mustBeBetween": [100, 200]}, 43, {"mustBeBetween": [40, 200]}),
        ({"mustBeBetween": [100, 200]}, 430, {"mustBeBetween": [100, 500]}),
    ],
)
def test_a_limit_of_rows(rule: dict[str, Any], rows: int, expected: dict[str, Any] | None) -> None:
    assert limits({"metric": "rowCount", **rule}, failed("rowCount", None, None, rows)) == expected


def test_a_rule_that_is_kept_loses_nothing_whatever_a_tool_says() -> None:
    kept = replace(VALUES, failed=None, property="orders.channel")
    text = TEXT.replace("mustBe: 0", "mustBeLessThan: 5")
    wanted = Policy(relax=frozenset(ALL))
    made = make_draft(read(text), look(VALUES), wanted, contract_id="orders")
    assert made is None
    assert make_draft(read(text), look(kept), wanted, contract_id="orders") is not None


def test_the_next_run_asks_for_the_same() -> None:
    drafts = [drafted(failed("channel_known", "orders.channel", n)) for n in (11, 15, 20)]
    assert len({each.digest for each in drafts if each}) == 1
    assert len({each.text for each in drafts if each}) == 1
