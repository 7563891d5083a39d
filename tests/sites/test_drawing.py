from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dc43_gitdraft.site.drawing import Boxed, busiest, drawing, groups

Edge = tuple[str, str]


def drawn(names: str, edges: list[Edge], centre: str | None = None) -> dict[str, tuple[int, int]]:
    """Return where each of these one-letter contracts is drawn, as (x, y)."""
    page = drawing({name: Boxed(name, f"c/{name}.html") for name in names}, edges, "all", centre)
    boxes = re.findall(r'<title>(\w)</title><rect x="(\d+)" y="(\d+)"', page)
    return {name: (int(x), int(y)) for name, x, y in boxes}


def test_what_is_referred_to_is_to_the_right() -> None:
    places = drawn("abc", [("b", "a"), ("c", "b"), ("c", "a")])
    assert places["c"][0] < places["b"][0] < places["a"][0]


@pytest.mark.parametrize(
    "edges",
    [[("a", "b"), ("b", "a")], [("a", "a")], [("a", "b"), ("b", "c"), ("c", "a"), ("c", "c")]],
)
def test_circles_are_drawn(edges: list[Edge]) -> None:
    assert set(drawn("abc", edges)) == set("abc")


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")), max_size=30))
def test_no_two_boxes_lie_on_one_another(edges: list[Edge]) -> None:
    places = list(drawn("abcdefgh", edges).values())
    for one, other in ((a, b) for a in places for b in places if a is not b):
        assert abs(one[0] - other[0]) > 190 or abs(one[1] - other[1]) > 30


def test_an_arrow_goes_around_what_lies_between() -> None:
    page = drawing(
        {name: Boxed(name, None) for name in "abc"}, [("a", "b"), ("b", "c"), ("a", "c")], "all"
    )
    boxes = drawn("abc", [("a", "b"), ("b", "c"), ("a", "c")])
    (around,) = re.findall(r'd="M[^"]* (\d+)H(\d+)C', page)
    assert abs(int(around[0]) - (boxes["b"][1] + 15)) > 30


def test_an_arrow_that_closes_a_circle_leads_back() -> None:
    page = drawing({name: Boxed(name, None) for name in "ab"}, [("a", "b"), ("b", "a")], "all")
    there, back = re.findall(r'd="M(\d+) \d+C[^"]* (\d+) \d+" class="edge"', page)
    assert int(there[0]) < int(there[1])
    assert int(back[0]) > int(back[1])


def test_a_neighbour_lies_beside_its_own() -> None:
    places = drawn("abxy", [("a", "y"), ("b", "x")])
    assert places["a"][1] == places["y"][1]
    assert places["b"][1] == places["x"][1]


def test_only_contracts_that_have_a_page_are_links() -> None:
    page = drawing({"a": Boxed("a", None), "b": Boxed("b", "c/b.html")}, [], "all", centre="a")
    assert re.findall(r'href="([^"]*)"', page) == ["c/b.html"]
    assert page.count('class="centre"') == 1


def test_an_arrow_to_what_is_not_drawn_is_left_out() -> None:
    assert "edge" not in drawing({"a": Boxed("a", None)}, [("a", "b")], "all")


def test_contracts_that_are_joined_are_one_group_the_largest_first() -> None:
    assert groups([("a", "b"), ("x", "y"), ("y", "z"), ("z", "x")]) == [
        ["x", "y", "z"],
        ["a", "b"],
    ]


def test_a_long_chain_is_one_group() -> None:
    names = [f"{number:05}" for number in range(5_000)]
    assert groups(list(itertools.pairwise(names))) == [names]


def test_the_busiest_are_those_with_the_most_edges() -> None:
    edges = [("b", "a"), ("c", "a"), ("c", "d")]
    assert busiest(["a", "b", "c", "d"], edges, 2) == ["a", "c"]
