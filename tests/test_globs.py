"""Globs mean what a plain reading of them says, and take no path long."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dc43_gitdraft.globs import compiled


def reference(glob: str, path: str) -> bool:
    """Match by trying everything."""

    @cache
    def rest(g: int, p: int) -> bool:
        if g == len(glob):
            return p == len(path)
        if glob.startswith("**/", g):
            return rest(g + 3, p) or any(
                path[at] == "/" and rest(g + 3, at + 1) for at in range(p, len(path))
            )
        if glob.startswith("**", g):
            return any(rest(g + 2, at) for at in range(p, len(path) + 1))
        if glob[g] == "*":
            return rest(g + 1, p) or (p < len(path) and path[p] != "/" and rest(g, p + 1))
        if p == len(path):
            return False
        same = path[p] != "/" if glob[g] == "?" else path[p] == glob[g]
        return same and rest(g + 1, p + 1)

    return rest(0, 0)


parts = st.text("ab*?.", min_size=1, max_size=6).filter(lambda part: "***" not in part)
globs = st.lists(parts | st.just("**"), min_size=1, max_size=5).map("/".join)
paths = st.text("ab./", max_size=14)


@settings(max_examples=500, derandomize=True, deadline=None, database=None)
@given(globs, paths)
def test_a_glob_means_what_it_says(glob: str, path: str) -> None:
    try:
        found = compiled(glob).fullmatch(path)
    except ValueError:
        assert any(len(part) > 2 and part.endswith("**") for part in glob.split("/")[:-1])
    else:
        assert bool(found) == reference(glob, path), (glob, path)


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("contracts/**/*.odcs.yaml", "contracts/orders.odcs.yaml", True),
        ("contracts/**/*.odcs.yaml", "contracts/a/b/orders.odcs.yaml", True),
        ("contracts/**/*.odcs.yaml", "other/orders.odcs.yaml", False),
        ("contracts/**.yaml", "contracts/a/b.yaml", True),
        ("contracts/*.yaml", "contracts/a/b.yaml", False),
        ("contracts/[a].yaml", "contracts/a.yaml", False),
        ("contracts/a\nb.yaml", "contracts/a\nb.yaml", True),
        ("**", "a/b\nc", True),
        ("a****b", "a/b", True),
    ],
)
def test_customary_globs(glob: str, path: str, matches: bool) -> None:
    assert bool(compiled(glob).fullmatch(path)) is matches


@pytest.mark.parametrize(
    "glob", ["*a" * 20 + "b", "**/a" + "/**/a" * 20 + "/b", "**a" * 20 + "b", "*" * 200 + "b"]
)
def test_no_path_takes_long(glob: str) -> None:
    assert compiled(glob).fullmatch("a" * 1000) is None
    assert compiled(glob).fullmatch("a/" * 500) is None


def test_a_double_star_inside_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="must begin a part"):
        compiled("contracts/x**/y.yaml")
