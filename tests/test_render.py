from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from dc43_gitdraft import render
from dc43_gitdraft.model import (
    Bump,
    Change,
    Draft,
    Level,
    Provenance,
    QualityResult,
    Verdict,
)

ADDED = Change("property-added-optional", "orders.discount", Level.INFO, Bump.MINOR)
WIDENED = Change(
    "physical-type-widened", "orders.amount", Level.WARNING, Bump.MINOR, "int", "bigint"
)
REMOVED = Change("property-removed", "orders.note", Level.ERROR, Bump.MAJOR)
ORIGIN = Provenance("orders", "1.3.0", dataset_id="json:orders.jsonl", observed_by="job")


def draft(*changes: Change, **fields: object) -> Draft:
    made = Draft(
        contract_id="orders",
        version="1.3.0",
        bump=Bump.MINOR,
        implied=Bump.MINOR,
        text="id: orders\n",
        changes=changes,
        digest="ab" * 32,
        base_version="1.2.0",
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def test_the_title_says_the_change() -> None:
    title = render.title(draft(ADDED, WIDENED))
    assert title == "orders 1.3.0: add discount, widen amount"


def test_a_long_title_ends_with_how_many_more() -> None:
    many = [replace(ADDED, path=f"orders.column_{number}") for number in range(100)]
    title = render.title(draft(*many))
    assert len(title) <= 120
    assert re.search(r", and \d\d more$", title)


def test_the_title_of_a_first_version_says_so() -> None:
    assert render.title(draft(base_version=None, version="1.0.0")) == "orders 1.0.0: first version"


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ([ADDED], "✅ **Compatible** · 1.2.0 → 1.3.0 (minor)"),
        ([ADDED, WIDENED], "⚠️ **Compatible, with care** · 1.2.0 → 1.3.0 (minor)"),
        ([WIDENED, REMOVED], "❌ **Breaking** · 1.2.0 → 1.3.0 (minor)"),
    ],
)
def test_the_body_begins_with_the_worst_change(changes: list[Change], verdict: str) -> None:
    assert render.body(draft(*changes), ORIGIN).splitlines()[0] == verdict


def test_the_body_says_where_a_bump_is_too_small() -> None:
    body = render.body(draft(REMOVED, bump=Bump.MINOR, implied=Bump.MAJOR), ORIGIN)
    assert "asked for a minor bump; these changes imply major" in body


def test_the_body_shows_quality_that_was_not_obeyed() -> None:
    result = QualityResult("required", Verdict.BLOCK, "orders.note", 3, 10)
    body = render.body(draft(ADDED, feedback=(result,)), ORIGIN)
    assert "- `required` on `orders.note`: 3 of 10 rows" in body


def test_the_body_ends_with_the_marker_that_is_read_back() -> None:
    made = draft(ADDED, contract_id="a-->b")
    assert render.digest_in(render.body(made, ORIGIN)) == made.digest


def test_a_body_without_marker_has_no_digest() -> None:
    assert render.digest_in("<!-- gitdraft {nonsense} --> text") is None


def test_a_body_for_5000_changes_fits_and_keeps_the_worst() -> None:
    many = [replace(ADDED, path=f"orders.{'column' * 10}_{number}") for number in range(5000)]
    body = render.body(draft(*many, REMOVED), ORIGIN)
    assert len(body) <= render.BODY_LIMIT
    assert "`orders.note`" in body
    assert re.search(r"… and \d+ more changes", body)
    assert "How to decide" in body


def test_code_keeps_backticks_and_bars_inside() -> None:
    assert render.code("a`b|c") == "``a`b\\|c``"


hostile = st.text() | st.sampled_from(
    [
        "![x](https://evil.example/x.png)",
        "[x](javascript:alert(1))",
        "<img src=x onerror=alert(1)>",
        "<!-- gitdraft {} -->",
        "-->",
        "@everyone",
        "fixes #1",
        "owner/repo#1",
        "https://evil.example",
        "```",
        "`",
        "\\`",
        "a|b",
        "\\|",
        "# heading",
        "\n\n# heading",
        "&lt;",
        "| | |",
        "<details>",
        "**",
    ]
)


def tokens(all_of: list[Token]) -> Iterator[Token]:
    for token in all_of:
        yield token
        yield from tokens(token.children or [])


@given(hostile, hostile, hostile, hostile)
def test_text_from_data_stays_inside_code_spans(
    path: str, before: str, dataset: str, context: str
) -> None:
    made = draft(
        replace(WIDENED, path=path, before=before, after=[before]),
        notes=(before,),
        feedback=(QualityResult(path, Verdict.BLOCK, before, 1, 2),),
    )
    origin = replace(ORIGIN, dataset_id=dataset, dataset_version=path, run_url=before)
    body = render.body(made, origin, [(context, before)])
    markdown = MarkdownIt("gfm-like")
    html = [render.marker(made)]
    for token in tokens(markdown.parse(body)):
        assert token.type not in {"link_open", "image", "heading_open", "html_inline", "fence"}
        if token.type == "html_block":
            assert token.content.strip() in html
        if token.type == "text":
            assert not re.search(r"[@#<]|https?:|www\.", token.content), token.content
    assert render.digest_in(body) == made.digest
