"""Large and deep contracts: work grows with their size, and no faster; counted in calls."""

from __future__ import annotations

import copy
import cProfile
import gc
import pstats
from collections.abc import Callable
from typing import Any

import pytest
from support.shop import seen

from dc43_gitdraft import strictyaml
from dc43_gitdraft.changes import compare
from dc43_gitdraft.draft import make_draft
from dc43_gitdraft.errors import ContractError
from dc43_gitdraft.model import DataType, ObservedProperty, Policy
from dc43_gitdraft.odcs import read, rewrite

HEAD = """\
apiVersion: v3.1.0
kind: DataContract
id: wide
version: 1.0.0
status: active
schema:
  - name: wide
    properties:
"""
DEEP = 50


def wide(size: int) -> str:
    return HEAD + "".join(
        f"      - name: column_{number}\n"
        "        logicalType: string\n"
        f"        description: Number {number}. # said by people\n"
        for number in range(size)
    )


def deep(depth: int) -> str:
    lines = []
    for level in range(depth):
        indent = "      " + "    " * level
        lines += [f"{indent}- name: level_{level}", f"{indent}  logicalType: object"]
        lines.append(f"{indent}  properties:")
    indent = "      " + "    " * depth
    lines += [f"{indent}- name: leaf", f"{indent}  logicalType: integer # counted"]
    return HEAD + "\n".join(lines) + "\n"


def calls(work: Callable[[], object]) -> int:
    profile = cProfile.Profile()
    profile.runcall(work)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


def rewriting(change: Callable[[list[Any]], list[Any]]) -> Callable[[int], Callable[[], object]]:
    def prepared(size: int) -> Callable[[], object]:
        contract = read(wide(size), validate=False)
        target = copy.deepcopy(contract.document)
        target["schema"][0]["properties"] = change(target["schema"][0]["properties"])
        return lambda: rewrite(contract.text, target)

    return prepared


def drafting(size: int) -> Callable[[], object]:
    contract = read(wide(size), validate=False)
    columns = {f"column_{number}": DataType("string") for number in range(size)}
    columns["column_7"] = DataType("integer")
    columns.update({f"new_{number}": DataType("string") for number in range(size // 10)})
    observation = seen(columns)
    return lambda: make_draft(contract, observation, Policy(), contract_id="wide")


def comparing(size: int) -> Callable[[], object]:
    old, new = read(wide(size)).document, read(wide(size + size // 10)).document
    return lambda: compare(old, new)


@pytest.mark.parametrize(
    "prepared",
    [
        rewriting(lambda nodes: [*nodes, {"name": "new"}]),
        rewriting(lambda nodes: nodes[::2]),
        rewriting(lambda nodes: nodes[::-1]),
        rewriting(lambda nodes: [{**node, "description": "Other."} for node in nodes]),
        rewriting(lambda nodes: [e for n in nodes for e in (n, {"name": n["name"] + "_b"})]),
        drafting,
        comparing,
    ],
    ids=["add", "remove half", "reverse", "change all", "add many", "draft", "compare"],
)
def test_four_times_the_properties_take_four_times_the_calls(
    prepared: Callable[[int], Callable[[], object]],
) -> None:
    prepared(50)()  # What is made once is made now.
    assert calls(prepared(800)) < 4.4 * calls(prepared(200))


def test_a_contract_nested_fifty_deep_is_drafted_in_place() -> None:
    contract = read(deep(DEEP))
    leaf = DataType("string")
    for level in reversed(range(DEEP)):
        name = "leaf" if level == DEEP - 1 else f"level_{level + 1}"
        leaf = DataType("object", fields=(ObservedProperty(name, leaf, nullable=True),))
    draft = make_draft(contract, seen({"level_0": leaf}), Policy(), contract_id="wide")
    assert draft is not None
    assert [change.rule for change in draft.changes] == ["logical-type-changed"]
    assert "logicalType: string # counted" in draft.text
    assert draft.text.count("level_") == DEEP


def test_the_collector_is_at_work_again_after_reading() -> None:
    assert gc.isenabled()
    strictyaml.parse("a: 1\n")
    with pytest.raises(ContractError):
        strictyaml.parse("a: [\n", error=ContractError)
    assert gc.isenabled()
