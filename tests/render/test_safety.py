"""Nothing that came from data means anything in what is rendered: to Markdown, to a forge."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.drafts import ORIGIN, REMOVED, WIDENED, change, draft
from support.hostile import MARKDOWN
from support.markdown import OBEYED, assert_harmless, parsed

from dc43_gitdraft import render
from dc43_gitdraft.changes import RULES
from dc43_gitdraft.model import Impact, Link, QualityResult, Verdict

hostile = st.text() | st.sampled_from(MARKDOWN)


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
    assert_harmless(body, mark)
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
    assert_harmless(body, render.marker(made))
    assert sum(token.type == "td_open" for token in parsed(body)) == 4 * count


@given(hostile, hostile, hostile | hostile.map("possible rename of {}".format))
def test_the_table_of_a_diff(path: str, before: str, message: str) -> None:
    rows = [replace(WIDENED, path=path, before=before, after={"x": path}, message=message)] * 2
    table = render.changes_table(rows)
    assert_harmless(table)
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


@pytest.mark.parametrize(
    "version", ["1.0 ![x](https://evil.example)", "@everyone", "1.0.0\n# x", ""]
)
def test_a_version_that_people_wrote_means_nothing(version: str) -> None:
    made = draft(WIDENED, version=version, base_version=version)
    body = render.body(made, ORIGIN)
    assert_harmless(body, render.marker(made))
    assert "\n" not in render.title(made)
    assert not re.search(r"[@!\[]", render.title(made))
