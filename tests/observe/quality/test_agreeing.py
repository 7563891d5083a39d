"""What several tools say alike is said once, and nothing that one of them says is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.shop import ORDERS, seen

from dc43_gitdraft.model import QualityResult, Verdict
from dc43_gitdraft.observe.quality import add
from dc43_gitdraft.observe.quality.agreeing import joined
from dc43_gitdraft.odcs import read

DATA = Path(__file__).parents[2] / "data" / "quality"
LACKS = QualityResult("required", Verdict.BLOCK, "orders.note", 2, 10)

results = st.lists(
    st.builds(
        QualityResult,
        st.sampled_from(["required", "unique"]),
        st.sampled_from(Verdict),
        st.sampled_from([None, "orders.note"]),
        st.sampled_from([None, 1, 2]),
        st.sampled_from([None, 10, 20]),
    ),
    max_size=6,
)


def test_the_same_of_two_tools_is_one_result_that_names_both() -> None:
    found = joined(joined([], "Soda", [LACKS]), "dbt", [LACKS])
    assert found == [replace(LACKS, tools=("Soda", "dbt"))]


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (LACKS, replace(LACKS, verdict=Verdict.WARN), LACKS),
        (replace(LACKS, verdict=Verdict.WARN), LACKS, LACKS),
        (LACKS, replace(LACKS, total=None), LACKS),
        (replace(LACKS, total=None), LACKS, LACKS),
    ],
)
def test_the_worse_verdict_and_the_known_number_of_rows_are_kept(
    one: QualityResult, other: QualityResult, said: QualityResult
) -> None:
    assert joined(joined([], "Soda", [one]), "dbt", [other]) == [
        replace(said, tools=("Soda", "dbt"))
    ]


@pytest.mark.parametrize(
    "other",
    [
        replace(LACKS, rule="unique"),
        replace(LACKS, property="orders.amount"),
        replace(LACKS, failed=3),
        replace(LACKS, failed=None),
        replace(LACKS, total=20),
        replace(LACKS, verdict=Verdict.OK),
        replace(LACKS, verdict=Verdict.UNKNOWN),
    ],
)
def test_what_differs_is_said_twice(other: QualityResult) -> None:
    found = joined(joined([], "Soda", [LACKS]), "dbt", [other])
    assert [each.tools for each in found] == [("Soda",), ("dbt",)]


def test_what_one_tool_says_twice_stays_two() -> None:
    found = joined(joined([], "Soda", [LACKS, LACKS]), "dbt", [LACKS])
    assert [each.tools for each in found] == [("Soda", "dbt"), ("Soda",)]
    assert joined(found, "dbt", [LACKS])[1].tools == ("Soda", "dbt")


@given(one=results, other=results)
def test_each_tool_says_as_much_as_before(
    one: list[QualityResult], other: list[QualityResult]
) -> None:
    found = joined(joined([], "Soda", one), "dbt", other)
    for tool, said in (("Soda", one), ("dbt", other)):
        kept = [each for each in found if tool in each.tools]
        assert [(each.rule, each.property, each.failed) for each in kept if tool == "Soda"] == [
            (each.rule, each.property, each.failed) for each in said if tool == "Soda"
        ]
        assert len(kept) == len(said)


def test_results_of_real_tools_meet() -> None:
    files = [str(DATA / "gx-validation.json"), f"dbt:{DATA / 'dbt'}"]
    found = add(seen(), files, read(ORDERS))
    shared = [each for each in found.quality if len(each.tools) > 1]
    assert [(each.rule, each.property, each.failed, each.total) for each in shared] == [
        ("required", "orders.order_id", 1, 10)
    ]
    assert shared[0].tools == ("Great Expectations", "dbt")
