from __future__ import annotations

from typing import Any

import pytest

from dc43_gitdraft.model import DocPath
from dc43_gitdraft.odcs.twins import twins


def named(*names: str, **more: Any) -> dict[str, Any]:
    """Return an object with properties of these names."""
    return {"name": "o", "properties": [{"name": name} for name in names], **more}


TWICE = named("a", "b", "a")


@pytest.mark.parametrize(
    ("schema", "path", "said"),
    [
        ([TWICE], (0, "properties", 2, "name"), "two properties of 'o' are named 'a': keep one"),
        ([named("a"), named("b")], (1, "name"), "two schema objects are named 'o': keep one"),
        (
            [{"name": "x", "properties": [TWICE]}],
            (0, "properties", 0, "properties", 2, "name"),
            "two properties of 'x.o' are named 'a': keep one",
        ),
        (
            [{"name": "x", "items": {"items": TWICE}}],
            (0, "items", "items", "properties", 2, "name"),
            "two properties of 'x[][]' are named 'a': keep one",
        ),
        (
            [{"name": "x", "map": {"key": {}, "value": TWICE}}],
            (0, "map", "value", "properties", 2, "name"),
            "two properties of 'x{value}' are named 'a': keep one",
        ),
        ([named("a\nb", "a\nb")], (0, "properties", 1, "name"), "are named 'a b': keep one"),
    ],
)
def test_a_name_that_stands_twice_is_found_at_any_depth(
    schema: list[Any], path: DocPath, said: str
) -> None:
    ((where, message),) = twins({"schema": schema})
    assert where == ("schema", *path)
    assert message.endswith(said)


@pytest.mark.parametrize(
    "schema",
    [
        None,
        "orders",
        [named("a", "A"), {"name": "p", "properties": [{"name": "a"}]}],
        [None, {"name": None}, {"name": None}, {"name": "x", "properties": [1, 1, {}, {}]}],
        [{"name": "x", "items": 1, "map": {"value": []}}],
    ],
)
def test_other_names_and_what_is_no_schema_are_left_alone(schema: Any) -> None:
    assert list(twins({"schema": schema})) == []
