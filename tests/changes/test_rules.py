"""One row for each rule: what differs, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from dc43_gitdraft.changes import RULES, compare, implied_bump, level_for
from dc43_gitdraft.model import Bump, Document, Level, Perspective

INFO, WARNING, ERROR = Level.INFO, Level.WARNING, Level.ERROR
PATCH, MINOR, MAJOR = Bump.PATCH, Bump.MINOR, Bump.MAJOR
#: Levels for consumer, producer, both, none.
FREE = (INFO, INFO, INFO, INFO)
FORWARD = (ERROR, INFO, ERROR, INFO)
BACKWARD = (INFO, ERROR, ERROR, INFO)
BOTH_WAYS = (ERROR, ERROR, ERROR, INFO)
SOFT = (WARNING, INFO, ERROR, INFO)


def policy(level: Level) -> tuple[Level, Level, Level, Level]:
    return (level,) * 4


def contract(**keys: Any) -> Document:
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "shop",
        "name": "Shop",
        "version": "1.0.0",
        "status": "active",
        **keys,
    }


def objects(*listed: Document) -> Document:
    return contract(schema=list(listed))


def properties(*listed: Document, **keys: Any) -> Document:
    return objects({"name": "orders", "properties": list(listed), **keys})


def prop(**keys: Any) -> Document:
    return properties({"name": "total", **keys})


def options(**keys: Any) -> Document:
    return prop(logicalType="string", logicalTypeOptions=keys)


def items(**keys: Any) -> Document:
    return prop(logicalType="array", items=keys)


def quality(*rules: Document) -> Document:
    return prop(quality=list(rules))


def servers(*listed: Document, **keys: Any) -> Document:
    return contract(servers=list(listed), **keys)


def server(**keys: Any) -> Document:
    return servers({"server": "prod", "type": "s3", **keys})


def sla(**keys: Any) -> Document:
    return contract(slaProperties=[{"property": "latency", "value": 4, "unit": "h", **keys}])


def role(**keys: Any) -> Document:
    return contract(roles=[{"role": "reader", **keys}])


def team(*members: Document) -> Document:
    return contract(team={"members": list(members)})


KEY = {"name": "a", "primaryKey": True, "primaryKeyPosition": 1}
OTHER_KEY = {"name": "b", "primaryKey": True, "primaryKeyPosition": 2}
RULE = {"name": "few", "metric": "nullValues", "mustBeLessThan": 10}
VALID = {"metric": "invalidValues", "arguments": {"validValues": ["a", "b"]}, "mustBe": 0}
LINK = {"to": "customers.id"}
ZIP = {"name": "zip", "logicalType": "string"}
TODAY = date(2024, 5, 30)


@dataclass(frozen=True)
class Row:
    rule: str
    old: Document
    new: Document
    path: str
    levels: tuple[Level, Level, Level, Level]
    bump: Bump
    #: What else is said, rightly, of the same two documents.
    also: tuple[str, ...] = field(default=())


TOTAL = "orders.total"


def bounds() -> Iterator[Row]:
    lower = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
    upper = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
    for name in (*lower, *upper):
        less, more, unset = options(**{name: 5}), options(**{name: 9}), options()
        tight, loose = (more, less) if name in lower else (less, more)
        steps = ("increased", "decreased") if name in lower else ("decreased", "increased")
        yield Row(f"option-{name}-{steps[0]}", loose, tight, TOTAL, BACKWARD, MINOR)
        yield Row(f"option-{name}-{steps[1]}", tight, loose, TOTAL, FORWARD, MAJOR)
        yield Row(f"option-{name}-unset", tight, unset, TOTAL, FORWARD, MAJOR)


ROWS = [
    Row("contract-id-changed", contract(), contract(id="x"), "id", policy(ERROR), MAJOR),
    Row("kind-changed", contract(), contract(kind="Other"), "kind", policy(ERROR), MAJOR),
    Row(
        "odcs-api-version-changed",
        contract(),
        contract(apiVersion="v3.1.0"),
        "apiVersion",
        policy(WARNING),
        MINOR,
    ),
    Row(
        "status-deprecated",
        contract(),
        contract(status="deprecated"),
        "status",
        policy(WARNING),
        MINOR,
    ),
    Row("status-retired", contract(), contract(status="retired"), "status", FORWARD, MAJOR),
    Row("name-changed", contract(), contract(name="x"), "name", FREE, PATCH),
    Row("ownership-changed", contract(), contract(domain="x"), "domain", policy(WARNING), MINOR),
    Row("object-added", objects(), objects({"name": "o"}), "o", FREE, MINOR),
    Row("object-removed", objects({"name": "o"}), objects(), "o", FORWARD, MAJOR),
    Row(
        "object-renamed",
        objects({"id": "1", "name": "o"}),
        objects({"id": "1", "name": "p"}),
        "p",
        FORWARD,
        MAJOR,
    ),
    Row(
        "object-physical-name-changed",
        objects({"name": "o", "physicalName": "x"}),
        objects({"name": "o", "physicalName": "y"}),
        "o",
        FORWARD,
        MAJOR,
    ),
    Row(
        "object-physical-type-changed",
        properties(physicalType="table"),
        properties(physicalType="view"),
        "orders",
        policy(WARNING),
        MINOR,
    ),
    Row(
        "object-granularity-changed",
        properties(),
        properties(dataGranularityDescription="an order"),
        "orders",
        policy(WARNING),
        MINOR,
    ),
    Row("property-added-optional", properties(), prop(), TOTAL, FREE, MINOR),
    Row("property-added-required", properties(), prop(required=True), TOTAL, BACKWARD, MINOR),
    Row("property-removed", prop(), properties(), TOTAL, FORWARD, MAJOR),
    Row(
        "property-removed-after-sunset",
        prop(customProperties=[{"property": "sunsetDate", "value": "2024-05-30"}]),
        properties(),
        TOTAL,
        policy(INFO),
        MAJOR,
    ),
    Row(
        "property-renamed",
        prop(id="1"),
        properties({"name": "sum", "id": "1"}),
        "orders.sum",
        FORWARD,
        MAJOR,
    ),
    Row(
        "property-physical-name-changed",
        prop(physicalName="x"),
        prop(physicalName="y"),
        TOTAL,
        FORWARD,
        MAJOR,
    ),
    Row(
        "property-moved",
        properties(ZIP, {"name": "address", "logicalType": "object"}),
        properties({"name": "address", "logicalType": "object", "properties": [ZIP]}),
        "orders.address.zip",
        BOTH_WAYS,
        MAJOR,
    ),
    Row(
        "property-reordered",
        {**properties({"name": "a"}, {"name": "b"}), "servers": [{"format": "csv"}]},
        {**properties({"name": "b"}, {"name": "a"}), "servers": [{"format": "csv"}]},
        "orders",
        policy(WARNING),
        PATCH,
    ),
    Row(
        "logical-type-widened",
        prop(logicalType="integer"),
        prop(logicalType="number"),
        TOTAL,
        FORWARD,
        MAJOR,
    ),
    Row(
        "logical-type-narrowed",
        prop(logicalType="timestamp"),
        prop(logicalType="date"),
        TOTAL,
        BACKWARD,
        MINOR,
    ),
    Row(
        "logical-type-changed",
        prop(logicalType="integer"),
        prop(logicalType="string"),
        TOTAL,
        BOTH_WAYS,
        MAJOR,
    ),
    Row(
        "item-type-widened",
        items(logicalType="integer"),
        items(logicalType="number"),
        "orders.total[]",
        FORWARD,
        MAJOR,
    ),
    Row(
        "item-type-narrowed",
        items(logicalType="number"),
        items(logicalType="integer"),
        "orders.total[]",
        BACKWARD,
        MINOR,
    ),
    Row(
        "item-type-changed",
        items(logicalType="number"),
        items(logicalType="string"),
        "orders.total[]",
        BOTH_WAYS,
        MAJOR,
    ),
    Row(
        "physical-type-alias",
        prop(physicalType="int"),
        prop(physicalType="INTEGER"),
        TOTAL,
        FREE,
        PATCH,
    ),
    Row(
        "physical-type-widened",
        prop(physicalType="int"),
        prop(physicalType="bigint"),
        TOTAL,
        SOFT,
        MINOR,
    ),
    Row(
        "physical-type-narrowed",
        prop(physicalType="bigint"),
        prop(physicalType="int"),
        TOTAL,
        BACKWARD,
        MAJOR,
    ),
    Row(
        "physical-type-changed",
        prop(physicalType="bigint"),
        prop(physicalType="string"),
        TOTAL,
        BOTH_WAYS,
        MAJOR,
    ),
    Row(
        "timestamp-timezone-changed",
        prop(physicalType="timestamp"),
        prop(physicalType="timestamp_ntz"),
        TOTAL,
        BOTH_WAYS,
        MAJOR,
    ),
    Row("property-became-nullable", prop(required=True), prop(), TOTAL, FORWARD, MAJOR),
    Row("property-became-required", prop(), prop(required=True), TOTAL, BACKWARD, MINOR),
    Row("primary-key-added", properties({"name": "a"}), properties(KEY), "orders", BACKWARD, MINOR),
    Row(
        "primary-key-removed", properties(KEY), properties({"name": "a"}), "orders", FORWARD, MAJOR
    ),
    Row(
        "primary-key-changed",
        properties(KEY, {"name": "b"}),
        properties(KEY, OTHER_KEY),
        "orders",
        BOTH_WAYS,
        MAJOR,
    ),
    Row(
        "primary-key-position-changed",
        properties(KEY, OTHER_KEY),
        properties({**KEY, "primaryKeyPosition": 3}, OTHER_KEY),
        "orders",
        policy(WARNING),
        PATCH,
    ),
    Row("unique-added", prop(), prop(unique=True), TOTAL, BACKWARD, MINOR),
    Row("unique-removed", prop(unique=True), prop(), TOTAL, FORWARD, MAJOR),
    Row("partition-changed", prop(), prop(partitioned=True), TOTAL, policy(WARNING), MINOR),
    *bounds(),
    Row("option-pattern-added", options(), options(pattern="a"), TOTAL, BACKWARD, MINOR),
    Row("option-pattern-removed", options(pattern="a"), options(), TOTAL, FORWARD, MAJOR),
    Row(
        "option-pattern-changed",
        options(pattern="a"),
        options(pattern="b"),
        TOTAL,
        BOTH_WAYS,
        MAJOR,
    ),
    Row("option-format-added", options(), options(format="a"), TOTAL, BACKWARD, MINOR),
    Row("option-format-removed", options(format="a"), options(), TOTAL, FORWARD, MAJOR),
    Row("option-format-changed", options(format="a"), options(format="b"), TOTAL, BOTH_WAYS, MAJOR),
    Row(
        "option-multipleOf-changed",
        options(multipleOf=2),
        options(multipleOf=3),
        TOTAL,
        BOTH_WAYS,
        MAJOR,
    ),
    Row("option-uniqueItems-added", options(), options(uniqueItems=True), TOTAL, BACKWARD, MINOR),
    Row("option-uniqueItems-removed", options(uniqueItems=True), options(), TOTAL, FORWARD, MAJOR),
    Row(
        "option-object-required-added",
        options(required=["a"]),
        options(required=["a", "b"]),
        TOTAL,
        BACKWARD,
        MINOR,
    ),
    Row(
        "option-object-required-removed", options(required=["a"]), options(), TOTAL, FORWARD, MAJOR
    ),
    Row("enum-introduced", prop(), prop(enum=[{"value": "a"}]), TOTAL, BACKWARD, MINOR),
    Row(
        "enum-value-added",
        prop(enum=[{"value": "a"}]),
        prop(enum=[{"value": "a"}, {"value": "b"}]),
        TOTAL,
        SOFT,
        MINOR,
    ),
    Row(
        "enum-value-removed",
        prop(enum=[{"value": "a"}, {"value": "b"}]),
        prop(enum=[{"value": "a"}]),
        TOTAL,
        BACKWARD,
        MINOR,
    ),
    Row("enum-dropped", prop(enum=[{"value": "a"}]), prop(), TOTAL, FORWARD, MAJOR),
    Row("quality-rule-added", prop(), quality(RULE), f"{TOTAL}.quality.few", BACKWARD, MINOR),
    Row("quality-rule-removed", quality(RULE), prop(), f"{TOTAL}.quality.few", FORWARD, MAJOR),
    Row(
        "quality-threshold-tightened",
        quality(RULE),
        quality({**RULE, "mustBeLessThan": 5}),
        f"{TOTAL}.quality.few",
        BACKWARD,
        MINOR,
    ),
    Row(
        "quality-threshold-loosened",
        quality(RULE),
        quality({**RULE, "mustBeLessThan": 50}),
        f"{TOTAL}.quality.few",
        FORWARD,
        MAJOR,
    ),
    Row(
        "quality-rule-changed",
        quality({"name": "few", "query": "a"}),
        quality({"name": "few", "query": "b"}),
        f"{TOTAL}.quality.few",
        policy(WARNING),
        MINOR,
    ),
    Row(
        "quality-severity-raised",
        quality(RULE),
        quality({**RULE, "severity": "error"}),
        f"{TOTAL}.quality.few",
        policy(INFO),
        MINOR,
    ),
    Row(
        "quality-severity-lowered",
        quality({**RULE, "severity": "error"}),
        quality({**RULE, "severity": "info"}),
        f"{TOTAL}.quality.few",
        SOFT,
        MINOR,
    ),
    Row(
        "quality-schedule-changed",
        quality(RULE),
        quality({**RULE, "schedule": "0 * * * *"}),
        f"{TOTAL}.quality.few",
        policy(INFO),
        PATCH,
    ),
    Row("server-added", contract(), server(), "servers.prod", FREE, MINOR),
    Row("server-removed", server(), contract(), "servers.prod", FORWARD, MAJOR),
    Row("server-type-changed", server(), server(type="kafka"), "servers.prod", FORWARD, MAJOR),
    Row(
        "server-location-changed",
        server(location="a"),
        server(location="b"),
        "servers.prod",
        FORWARD,
        MAJOR,
    ),
    Row("server-format-changed", server(), server(format="csv"), "servers.prod", FORWARD, MAJOR),
    Row(
        "server-environment-changed",
        server(),
        server(environment="test"),
        "servers.prod",
        policy(WARNING),
        MINOR,
    ),
    Row("sla-added", contract(), sla(), "slaProperties.latency", FREE, MINOR),
    Row("sla-removed", sla(), contract(), "slaProperties.latency", FORWARD, MAJOR),
    Row("sla-loosened", sla(), sla(value=1, unit="d"), "slaProperties.latency", FORWARD, MAJOR),
    Row("sla-tightened", sla(), sla(value=2), "slaProperties.latency", policy(INFO), MINOR),
    Row(
        "sla-changed-unknown-direction",
        sla(),
        sla(driver="x"),
        "slaProperties.latency",
        policy(WARNING),
        MINOR,
    ),
    Row("role-added", contract(), role(), "roles.reader", FREE, MINOR),
    Row("role-removed", role(), contract(), "roles.reader", SOFT, MINOR),
    Row("role-access-changed", role(), role(access="x"), "roles.reader", policy(WARNING), MINOR),
    Row(
        "role-approver-changed",
        role(),
        role(firstLevelApprovers="x"),
        "roles.reader",
        policy(WARNING),
        PATCH,
    ),
    Row(
        "team-member-changed",
        team(),
        team({"username": "ana"}),
        "team.members.ana",
        policy(INFO),
        PATCH,
    ),
    Row(
        "last-owner-removed",
        team({"username": "ana", "role": "Owner"}),
        team(),
        "team",
        policy(ERROR),
        Bump.NONE,
        also=("team-member-changed",),
    ),
    Row(
        "support-channel-removed",
        contract(support=[{"channel": "c"}]),
        contract(),
        "support.c",
        policy(WARNING),
        PATCH,
    ),
    Row(
        "price-changed",
        contract(),
        contract(price={"priceAmount": 1}),
        "price.priceAmount",
        policy(WARNING),
        MINOR,
    ),
    Row(
        "classification-raised",
        prop(classification="public"),
        prop(classification="Restricted"),
        TOTAL,
        SOFT,
        MINOR,
    ),
    Row(
        "classification-lowered",
        prop(classification="restricted"),
        prop(classification="public"),
        TOTAL,
        policy(ERROR),
        MAJOR,
    ),
    Row(
        "classification-removed", prop(classification="public"), prop(), TOTAL, policy(ERROR), MAJOR
    ),
    Row(
        "classification-missing",
        properties({"name": "a", "classification": "public"}),
        properties({"name": "a", "classification": "public"}, {"name": "total"}),
        TOTAL,
        policy(WARNING),
        Bump.NONE,
        also=("property-added-optional",),
    ),
    Row("pii-tag-removed", prop(tags=["PII"]), prop(), TOTAL, policy(ERROR), MAJOR),
    Row(
        "encrypted-name-changed",
        prop(encryptedName="a"),
        prop(encryptedName="b"),
        TOTAL,
        FORWARD,
        MAJOR,
    ),
    Row(
        "critical-data-element-changed",
        prop(),
        prop(criticalDataElement=True),
        TOTAL,
        policy(WARNING),
        MINOR,
    ),
    Row("relationship-added", prop(), prop(relationships=[LINK]), TOTAL, BACKWARD, MINOR),
    Row("relationship-removed", prop(relationships=[LINK]), prop(), TOTAL, SOFT, MINOR),
    Row(
        "relationship-target-changed",
        prop(relationships=[LINK]),
        prop(relationships=[{"to": "buyers.id"}]),
        TOTAL,
        BOTH_WAYS,
        MAJOR,
    ),
    Row("transform-changed", prop(), prop(transformLogic="x"), TOTAL, policy(WARNING), MINOR),
    Row("documentation-changed", prop(), prop(description="x"), TOTAL, FREE, PATCH),
    Row(
        "unclaimed-change", prop(), prop(unheardOf=1), f"{TOTAL}.unheardOf", policy(WARNING), MINOR
    ),
]
PERSPECTIVES = (
    Perspective.CONSUMER,
    Perspective.PRODUCER,
    Perspective.BOTH,
    Perspective.NONE,
)


def test_every_rule_has_a_row() -> None:
    assert [row.rule for row in ROWS] == [rule.id for rule in RULES.values() if not rule.by_check]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.rule)
def test_a_rule_claims_its_difference(row: Row) -> None:
    for perspective, level in zip(PERSPECTIVES, row.levels, strict=True):
        changes = compare(row.old, row.new, perspective=perspective, today=TODAY)
        assert sorted(change.rule for change in changes) == sorted((row.rule, *row.also))
        (change,) = (change for change in changes if change.rule == row.rule)
        assert (change.path, change.level, change.bump) == (row.path, level, row.bump)
    assert compare(row.old, row.old) == compare(row.new, row.new) == ()


OPPOSITES = {
    "added": "removed",
    "removed": "added",
    "tightened": "loosened",
    "loosened": "tightened",
    "widened": "narrowed",
    "narrowed": "widened",
    "increased": "decreased",
    "decreased": "increased",
    "raised": "lowered",
    "lowered": "raised",
    "nullable": "required",
    "required": "nullable",
    "introduced": "dropped",
    "dropped": "introduced",
    "changed": "changed",
    "renamed": "renamed",
    "moved": "moved",
    "reordered": "reordered",
    "alias": "alias",
}
#: Rules about a state that the other direction leaves, and those with two opposites.
ONE_WAY = {
    "property-removed-after-sunset",
    "status-deprecated",
    "status-retired",
    "last-owner-removed",
    "classification-missing",
    "classification-removed",
    "support-channel-removed",
    "sla-changed-unknown-direction",
    "pii-tag-removed",
    "unclaimed-change",
} | {rule for rule in RULES if rule.endswith("-unset")}


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.rule not in ONE_WAY], ids=lambda row: row.rule
)
def test_swapping_the_documents_swaps_the_rule(row: Row) -> None:
    (there,) = compare(row.old, row.new, today=TODAY)
    (back,) = compare(row.new, row.old, today=TODAY)
    stem, _, step = there.rule.replace("-optional", "").rpartition("-")
    if step == "required" and stem == "property-added":
        stem, step = "property", "added"
    assert back.rule.replace("-optional", "") == f"{stem}-{OPPOSITES[step]}"
    if there.before is None or there.after is None:
        assert (back.after, back.before) == (there.before, there.after)


@pytest.mark.parametrize("rule", sorted(rule for rule in RULES if rule.endswith("-unset")))
def test_setting_what_was_unset_tightens(rule: str) -> None:
    row = next(row for row in ROWS if row.rule == rule)
    (change,) = compare(row.new, row.old)
    assert RULES[change.rule].direction.value == "B"


@pytest.mark.parametrize(
    ("old", "new", "levels", "bump"),
    [
        (4, 2, FORWARD, MAJOR),
        (2, 4, BACKWARD, MINOR),
        (0.3, 0.1, FORWARD, MAJOR),
        (None, 2, BACKWARD, MINOR),
        (2, None, FORWARD, MAJOR),
        (2, "x", BOTH_WAYS, MAJOR),
    ],
)
def test_multiple_of_goes_by_divisibility(
    old: Any, new: Any, levels: tuple[Level, ...], bump: Bump
) -> None:
    documents = [options(multipleOf=value, pattern="a") for value in (old, new)]
    for perspective, level in zip(PERSPECTIVES, levels, strict=True):
        (change,) = compare(documents[0], documents[1], perspective=perspective)
        assert (change.rule, change.level, change.bump) == (
            "option-multipleOf-changed",
            level,
            bump,
        )


def test_the_implied_bump_is_the_highest() -> None:
    old, new = prop(description="a"), prop(description="b", required=True)
    assert implied_bump(compare(old, new)) is MINOR
    assert implied_bump(()) is Bump.NONE


def test_levels_can_be_overridden_and_turned_off() -> None:
    old, new = prop(description="a"), prop(description="b", required=True)
    levels = {"documentation-changed": Level.OFF, "property-became-required": Level.WARNING}
    (change,) = compare(old, new, levels=levels)
    assert (change.rule, change.level) == ("property-became-required", WARNING)


def test_every_rule_says_what_it_detects_and_shows_it() -> None:
    for rule in RULES.values():
        for text in (rule.detects, rule.example):
            assert text.strip() == text != ""
            assert len(text) <= 80
            assert "\n" not in text
        assert rule.id == rule.id.strip()
        assert (rule.level is not None) is (rule.direction.value == "P")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.rule)
def test_a_rule_knows_its_level_from_each_perspective(row: Row) -> None:
    if row.rule == "option-multipleOf-changed":
        return  # by its values
    rule = RULES[row.rule]
    assert tuple(level_for(rule, each) for each in PERSPECTIVES) == row.levels
