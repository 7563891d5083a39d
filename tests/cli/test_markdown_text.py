"""A pull request's Markdown in a terminal."""

from __future__ import annotations

import click
import pytest

from dc43_gitdraft.cli.markdown_text import as_text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("plain words", "plain words"),
        ("**How to decide.** Merging", "How to decide. Merging"),
        ("- dataset: `a.parquet`", "- dataset: a.parquet"),
        ("`` a`b `` and `c`", "a`b and c"),
        ("an odd ` alone", "an odd ` alone"),
        ("text\n\n<!-- gitdraft {} -->\n", "text"),
        ("| a | what |\n|---|---|\n| ℹ️ | `x` |\n\nend", "a   what\nℹ️  x\n\nend"),
        ("| `a\\|b` | c |", "a|b  c"),
        ("| a\\|b | **c\\|d** |", "a|b  c|d"),
        ("| `a\\\\|b` | c |", "a\\|b  c"),
        ("- dataset: `a\\|b`, and \\|", "- dataset: a|b, and |"),
        ("| long cell | b |\n| c |", "long cell  b\nc"),
        ("a\n\n```mermaid\ngraph LR\n  n0\n```\n\nb", "a\n\nb"),
        ("<details>\n<summary>more</summary>\n\n- `x`\n\n</details>\n\nend", "more\n- x\n\nend"),
        ("\x1b[31mred", "\\x1b[31mred"),
    ],
)
def test_a_mark_becomes_text(markdown: str, text: str) -> None:
    assert click.unstyle(as_text(markdown)) == text


def test_a_paragraph_is_broken_between_words_and_a_table_is_not() -> None:
    text = click.unstyle(as_text("**one** two three\n\n| a long cell | b |", width=9))
    assert text == "one two\nthree\n\na long cell  b"


def test_names_that_look_like_comments_stay_to_be_seen() -> None:
    shown = as_text("- `zz <!--`\n- `x`\n- `a --> b`\n\n<!-- gitdraft {} -->\n")
    assert "zz <!--" in shown
    assert "a --> b" in shown
    assert "gitdraft" not in shown
