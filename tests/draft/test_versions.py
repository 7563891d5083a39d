from __future__ import annotations

import pytest

from dc43_gitdraft.draft import next_version
from dc43_gitdraft.draft.versions import chosen
from dc43_gitdraft.errors import ConfigError, ContractError
from dc43_gitdraft.model import Bump, Policy

NONE, PATCH, MINOR, MAJOR = Bump


@pytest.mark.parametrize(
    ("base", "bump", "expected"),
    [
        ("1.2.3", NONE, "1.2.4"),
        ("1.2.3", PATCH, "1.2.4"),
        ("1.2.3", MINOR, "1.3.0"),
        ("1.2.3", MAJOR, "2.0.0"),
        ("0.2.3", MAJOR, "1.0.0"),
        ("1.0.0-rc.1", PATCH, "1.0.0"),
        ("1.0.0-rc.1", MAJOR, "1.0.0"),
        ("1.1.0-rc.1", MINOR, "1.1.0"),
        ("1.1.0-rc.1", MAJOR, "2.0.0"),
        ("1.2.3+build", PATCH, "1.2.4"),
        (None, NONE, "1.0.0"),
    ],
)
def test_the_next_version(base: str | None, bump: Bump, expected: str) -> None:
    assert next_version(base, bump, Policy()) == expected


@pytest.mark.parametrize(
    ("base", "bump", "taken", "expected"),
    [
        ("1.0.0", PATCH, {"1.0.1", "1.0.2"}, "1.0.3"),
        ("1.0.0", MINOR, {"1.1.0"}, "1.2.0"),
        ("1.0.0", MAJOR, {"2.0.0"}, "3.0.0"),
        (None, NONE, {"1.0.0"}, "1.1.0"),
        ("1.0.0", MINOR, {"1.3.0", "1.0.0"}, "1.4.0"),
        ("1.0.0", MINOR, {"2.0.0-rc.1"}, "2.0.0"),
        ("1.0.0", MAJOR, {"1.9.0"}, "2.0.0"),
        (None, NONE, {"2.1.0"}, "2.2.0"),
    ],
)
def test_a_version_comes_after_all_that_are_taken(
    base: str | None, bump: Bump, taken: set[str], expected: str
) -> None:
    assert next_version(base, bump, Policy(taken=frozenset(taken))) == expected


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1.0", "write '1.0.0'"),
        ("1", "write '1.0.0'"),
        ("v2.1.0", "write '2.1.0'"),
        ("banana", "such as 1.0.0"),
        ("01.0.0", "such as 1.0.0"),
        ("", "such as 1.0.0"),
    ],
)
def test_what_is_no_version_is_refused_with_a_hint(text: str, hint: str) -> None:
    with pytest.raises(ContractError, match=hint):
        next_version(text, PATCH, Policy())


def test_a_first_version_of_the_config_is_checked_too() -> None:
    with pytest.raises(ConfigError, match="first-version 'one'"):
        next_version(None, NONE, Policy(first_version="one"))


@pytest.mark.parametrize(
    ("made", "edits", "expected"),
    [
        ("1.3.0", [], "1.3.0"),
        ("1.3.0", [("1.3.0", "2.0.0")], "2.0.0"),
        ("1.3.0", [("1.3.0", "1.2.1")], "1.2.1"),
        ("1.3.0", [("1.3.0", "1.2.1"), ("1.2.1", "1.3.0")], "1.3.0"),
        ("2.0.0", [("1.3.0", "1.2.1")], "2.0.0"),
        ("2.0.0", [("1.3.0", "1.10.0")], "2.0.0"),
        ("1.3.0", [("1.2.1", "1.10.0")], "1.10.0"),
        ("1.3.0", [("1.3.0", "banana")], "1.3.0"),
        ("1.3.0", [("1.3.0", "1.2.0")], "1.3.0"),
    ],
)
def test_what_people_chose_counts_unless_more_is_asked_for(
    made: str, edits: list[tuple[str, str]], expected: str
) -> None:
    assert chosen("1.2.0", made, edits) == expected
