"""Nothing that came from data means anything in what is rendered: to Markdown, to a forge."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.drafts import ORIGIN, REMOVED, WIDENED, change, draft, parsed

from dc43_gitdraft import render
from dc43_gitdraft.changes import RULES
from dc43_gitdraft.model import Impact, Link, QualityResult, Verdict

hostile = st.text() | st.sampled_from(
    [
        "![x](https://evil.example/x.png)",
        "[x](javascript:alert(1))",
        "[x]: https://evil.example",
        "[^1]",
        "[^1]: note",
        "[ ] task",
        "- [x] task",
        "<img src=x onerror=alert(1)>",
        "<!-- gitdraft {} -->",
        '<!-- gitdraft {"digest": "evil"} -->',
        "-->",
        "@everyone",
        "fixes #1",
        "closes GH-1",
        "owner/repo#1",
        "a1b2c3d4e5f6a7b8",
        "https://evil.example",
        "www.evil.example",
        "x@evil.example",
        ":tada: :+1:",
        "[skip ci]",
        "```",
        "```mermaid\ngraph LR",
        "`",
        "``",
        "\\`",
        "a|b",
        "\\|",
        "a`|`b",
        "# heading",
        "\n\n# heading",
        "text\n===",
        "---",
        "1. one",
        "> quote",
        "$x$",
        "&lt;",
        "| | |",
        "<details>",
        "</details>",
        "</summary>",
        "**",
        "possible rename of a.b to @c: 1. x_y #1 [x](y) www.x.example",
        '"]; click n0 "javascript:alert(1)"',
    ]
)

#: What a forge makes something of in text that is not code.
OBEYED = re.compile(
    r"[@#<>]|https?:|www\.|\bGH-\d|:[a-z0-9_+]+:|(?<!\w)[0-9a-f]{7,40}(?!\w)|\[[ x^]|\[skip|\$",
    re.IGNORECASE,
)
ALLOWED = {
    *("paragraph_open", "paragraph_close", "inline", "text", "softbreak", "code_inline"),
    *("strong_open", "strong_close", "html_block", "fence"),
    *("table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close"),
    *("tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close"),
    *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
}
HTML = re.compile(
    r"<details>\n<summary>([\d,]+ more (changes|notes|properties)|Provenance)</summary>\n"
    r"|</details>\n"
)
GRAPH = re.compile(
    r'graph LR\n(  n\d+\["[\w.-]*"\]\n)+(  n\d+ --> n\d+\n)*  style n0 stroke-width:4px\n'
)


def check(markdown: str, mark: str) -> None:
    """Assert that only what we wrote means anything."""
    for token in parsed(markdown):
        assert token.type in ALLOWED, (token.type, token.content)
        if token.type == "html_block" and token.content.strip() != mark:
            assert HTML.fullmatch(token.content), token.content
        if token.type == "fence":
            assert token.info == "mermaid"
            assert GRAPH.fullmatch(token.content), token.content
        if token.type == "text":
            assert not OBEYED.search(token.content), token.content


@given(hostile, hostile, hostile, hostile, st.integers(1, 20))
def test_the_body(path: str, before: str, dataset: str, context: str, count: int) -> None:
    made = draft(
        replace(REMOVED, path=path, message=before),
        *[replace(WIDENED, path=path, before=before, after=[before], message=dataset)] * count,
        contract_id=context,
        notes=(before, path, dataset, context, f"possible rename of {path} to {before}"),
        feedback=(QualityResult(path, Verdict.BLOCK, before, 1, 2, message=dataset),),
    )
    origin = replace(
        ORIGIN, dataset_id=dataset, dataset_version=path, run_url=before, observed_by=context
    )
    around = Impact(
        context,
        ((path, 1), (before, 2)),
        ((dataset, 1),),
        (Link(path, context, ((before, path),)), Link(context, dataset, ((dataset, context),))),
    )
    body = render.body(made, origin, [(context, before), (before, path)], around)
    mark = render.marker(made)
    check(body, mark)
    assert body.endswith(f"\n\n{mark}\n")
    assert render.digest_in(body) == made.digest


@settings(max_examples=50)
@given(hostile, hostile, hostile, st.integers(1, 20))
def test_what_a_first_version_states(name: str, physical: str, said: str, count: int) -> None:
    node: dict[str, object] = {"name": name, "physicalType": physical}
    node |= {"description": said, "tags": [said]}
    node |= {"enum": [{"value": said}], "logicalTypeOptions": {"pattern": physical}}
    table = {"name": name, "properties": [node] * count}
    head = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": "orders", "version": "1.0.0"}
    text = json.dumps({**head, "status": "draft", "schema": [table]})
    made = draft(base_version=None, version="1.0.0", text=text)
    body = render.body(made, ORIGIN)
    body = re.sub(r"^- \[ \] ", "- ", body, flags=re.MULTILINE)  # the questions are ours
    check(body, render.marker(made))
    assert sum(token.type == "td_open" for token in parsed(body)) == 4 * count


@given(hostile, hostile, hostile | hostile.map("possible rename of {}".format))
def test_the_table_of_a_diff(path: str, before: str, message: str) -> None:
    rows = [replace(WIDENED, path=path, before=before, after={"x": path}, message=message)] * 2
    table = render.changes_table(rows)
    check(table, "")
    assert sum(token.type == "tr_open" for token in parsed(table)) == 3
    assert sum(token.type == "td_open" for token in parsed(table)) == 10


@given(hostile)
def test_a_code_span_shows_its_text_and_nothing_else(text: str) -> None:
    shown = [token for token in parsed(render.code(text, 10_000)) if token.type != "inline"]
    assert {token.type for token in shown} <= {"paragraph_open", "code_inline", "paragraph_close"}


@given(hostile, hostile, st.sampled_from([*RULES]))
def test_the_title_which_is_a_commit_s_subject(path: str, contract: str, rule: str) -> None:
    made = draft(change(rule, path, path, contract), contract_id=contract)
    title = render.title(made)
    assert len(title) <= render.TITLE_LIMIT
    said = title.replace("1.3.0: ", "1.3.0 ", 1)
    assert not OBEYED.search(said), title
    assert not re.search(r"[`*:/\\!<>\n\r|~^&\"'=()]", said), title
    # Only a path's own marks are left of brackets, so that `[skip ci]` and the like cannot be.
    assert not re.search(r"[\[\]{}]", re.sub(r"\[\]|\{key\}|\{value\}", "", said)), title


@pytest.mark.parametrize("word", ["fixes", "closes", "resolves"])
@pytest.mark.parametrize("reference", ["#1", "GH-1", "a/b#1", "https://github.com/a/b/issues/1"])
def test_no_title_closes_an_issue(word: str, reference: str) -> None:
    title = render.title(draft(replace(REMOVED, path=f"orders.{word} {reference}")))
    assert not re.search(r"#\d|GH-\d|://", title)
