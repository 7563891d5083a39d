"""Whatever failed and whatever is suggested: the draft is valid, and asks for no other one."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.shop import seen

from dc43_gitdraft import odcs
from dc43_gitdraft.draft import make_draft
from dc43_gitdraft.model import (
    DataType,
    ObservedProperty,
    Policy,
    Profile,
    QualityResult,
    Verdict,
)

SINGLE = ("mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan")
METRICS = ("nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount")
RULES = ("required", "enum", "unique", "rowCount", "pattern", "named", *METRICS)
counts = st.none() | st.integers(0, 5_000)
limits = st.integers(0, 200) | st.floats(0, 100, allow_nan=False).map(lambda x: round(x, 2))


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    metric = draw(st.sampled_from(METRICS))
    rule: dict[str, Any] = {"name": "named"} if draw(st.booleans()) else {}
    rule["metric"] = metric
    if metric == "invalidValues":
        rule["arguments"] = {"validValues": ["a", "b"]}
        if draw(st.booleans()):
            rule["arguments"]["pattern"] = "[ab]"
    if metric != "rowCount" and draw(st.booleans()):
        rule["unit"] = draw(st.sampled_from(["rows", "percent"]))
    if draw(st.booleans()):
        rule[draw(st.sampled_from(SINGLE))] = draw(limits)
    else:
        name = draw(st.sampled_from(["mustBeBetween", "mustNotBeBetween"]))
        rule[name] = sorted(draw(st.lists(limits, min_size=2, max_size=2, unique=True)))
    return rule


@st.composite
def nodes(draw: st.DrawFn, name: str, kind: str, version: str) -> dict[str, Any]:
    node: dict[str, Any] = {"name": name, "logicalType": kind}
    if draw(st.booleans()):
        node["required"] = draw(st.booleans())
    if version >= "v3.2" and draw(st.booleans()):
        node["enum"] = [{"value": "a"}]
    if draw(st.booleans()):
        node["quality"] = draw(st.lists(rules(), min_size=1, max_size=2))
    if draw(st.integers(0, 4)) == 0:
        node["tags"] = ["pii"]
    return node


profiles = st.builds(
    Profile,
    count=st.integers(0, 5_000),
    distinct=counts,
    minimum=st.integers(-5_000, 5_000) | st.floats(-1e6, 1e6, allow_nan=False),
    maximum=st.integers(-5_000, 5_000) | st.floats(-1e6, 1e6, allow_nan=False),
    min_length=counts,
    max_length=counts,
    values=st.just(()) | st.just(("a", "b")) | st.just((1, 2)),
)
results = st.builds(
    QualityResult,
    st.sampled_from(RULES),
    st.sampled_from(list(Verdict)),
    st.sampled_from([None, "orders", "orders.a", "orders.b", "orders.c", "other"]),
    counts,
    counts,
)
policies = st.builds(
    Policy,
    relax=st.frozensets(st.sampled_from(["enum", "required", "threshold"])),
    suggest=st.booleans(),
    apply_suggestions=st.booleans(),
)


@given(st.data())
def test_what_is_drafted_settles(data: st.DataObject) -> None:
    version = data.draw(st.sampled_from(["v3.1.0", "v3.2.0"]))
    kinds = {"a": "string", "b": "integer", "c": "number"}
    table: dict[str, Any] = {
        "name": "orders",
        "properties": [data.draw(nodes(name, kind, version)) for name, kind in kinds.items()],
    }
    if data.draw(st.booleans()):
        table["quality"] = [data.draw(rules())]
    head = {"apiVersion": version, "kind": "DataContract", "id": "orders", "version": "1.0.0"}
    agreed = odcs.read(odcs.dump_new({**head, "status": "active", "schema": [table]}))
    physical = {"string": "string", "integer": "bigint", "number": "double"}
    columns = tuple(
        ObservedProperty(
            name,
            DataType(kind, physical[kind]),
            nulls=data.draw(st.sampled_from([None, 0, 3])),
            profile=data.draw(st.none() | profiles),
        )
        for name, kind in kinds.items()
    )
    look = replace(
        seen({}),
        properties=columns,
        rows=data.draw(st.sampled_from([None, 10, 5_000])),
        quality=tuple(data.draw(st.lists(results, max_size=6))),
    )
    policy = data.draw(policies)
    before = copy.deepcopy((agreed.document, look))
    made = make_draft(agreed, look, policy, contract_id="orders")
    assert (agreed.document, look) == before
    if made is None:
        return
    assert made.changes
    assert all("unclaimed" not in each.rule for each in made.changes)
    again = odcs.read(made.text)
    settled = make_draft(again, look, policy, contract_id="orders")
    assert settled is None, settled.changes
