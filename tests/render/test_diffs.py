from __future__ import annotations

import difflib
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dc43_gitdraft.render import diff, diffs

LINES = st.lists(st.sampled_from(["a", "b", "c", "- name: d", "- name: e", ""]), max_size=12)


def text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def property_of(number: int, kind: str) -> str:
    return f"- name: c{number}\n  logicalType: {kind}\n  description: Number {number}.\n"


@settings(max_examples=100, deadline=None, derandomize=True)
@given(LINES, LINES)
def test_it_is_what_python_says(before: list[str], after: list[str]) -> None:
    said = difflib.unified_diff(before, after, "a/x", "b/x", lineterm="")
    assert diff(text(before), text(after), "x") == "\n".join(said)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(before=LINES, after=LINES)
def test_between_anchors_too_one_text_becomes_the_other(
    before: list[str], after: list[str]
) -> None:
    rows = diffs._Anchored(before, after).get_opcodes()
    made = [
        line for kind, a, b, c, d in rows for line in (before[a:b], after[c:d])[kind != "equal"]
    ]
    assert made == after
    assert all(before[a:b] == after[c:d] for kind, a, b, c, d in rows if kind == "equal")
    assert [a for _, a, _, _, _ in rows[1:]] == [b for _, _, b, _, _ in rows[:-1]]


def test_git_applies_one_of_thousands_of_changes(tmp_path: Path) -> None:
    # Python's own way takes half a minute for this.
    before = "".join(property_of(number, "string") for number in range(10_000))
    after = "".join(property_of(number, "integer") for number in range(10_000))
    (tmp_path / "x").write_text(before)
    patch = diff(before, after, "x") + "\n"
    subprocess.run(["git", "apply"], input=patch, text=True, cwd=tmp_path, check=True)
    assert (tmp_path / "x").read_text() == after


@pytest.mark.parametrize("same", ["", "a\n", "a\nb\n"])
def test_nothing_is_said_of_what_is_the_same(same: str) -> None:
    assert diff(same, same, "x") == ""
