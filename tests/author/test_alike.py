"""The editor writes YAML of its own: what it cannot tell apart is no change."""

from __future__ import annotations

from datetime import date

import pytest

from dc43_gitdraft.author.alike import as_before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (date(2024, 5, 30), "2024-05-30"),
        ("2024-05-30", date(2024, 5, 30)),
        (1.0, 1),
        (1000, "1_000"),
        (
            [{"value": 1.0e3}, {"value": date(2024, 5, 30)}],
            [{"value": 1000}, {"value": "2024-05-30"}],
        ),
        (9007199254740993, 9007199254740992.0),
        ({"a": [1.0, {"id": "x", "b": 2.0}]}, {"a": [1, {"id": "x", "b": 2}]}),
    ],
)
def test_what_the_editor_writes_alike_stays_as_it_was(before: object, after: object) -> None:
    found = as_before(before, after)
    assert (found, repr(found)) == (before, repr(before))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (date(2024, 5, 30), "2024-05-31"),
        (1, True),
        (False, 0),
        ("1", 1),
        (1000, "1000"),
        (True, "tr_ue"),
        (1.0, 1.5),
        (None, ""),
        (date(2024, 5, 30), "2024-05-30\n"),
        (10**400, 1.0),
    ],
)
def test_what_people_changed_is_changed(before: object, after: object) -> None:
    found = as_before(before, after)
    assert (found, type(found)) == (after, type(after))


def test_items_are_known_by_their_names_where_others_came_before_them() -> None:
    before = [{"name": "a", "value": 1.0}, {"name": "b", "value": 2.0}]
    after = [{"name": "new", "value": 5}, {"name": "b", "value": 2}, {"name": "a", "value": 1}]
    assert repr(as_before(before, after)) == repr([after[0], before[1], before[0]])
