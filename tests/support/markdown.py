"""Whether Markdown means only what this program says, and nothing that came from data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

#: What a forge makes something of in text that is not code.
OBEYED = re.compile(
    r"[@#<>]|https?:|www\.|\bGH-\d|:[a-z0-9_+]+:|(?<!\w)[0-9a-f]{7,40}(?!\w)|\[[x^]|\[skip|\$",
    re.IGNORECASE,
)
_ALLOWED = {
    *("paragraph_open", "paragraph_close", "inline", "text", "softbreak", "code_inline"),
    *("strong_open", "strong_close", "html_block", "fence"),
    *("table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close"),
    *("tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close"),
    *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
}
_HTML = re.compile(
    r"<details>\n<summary>([\d,]+ (more (changes|notes|properties)|suggested constraints?)"
    r"|Provenance)</summary>\n|</details>\n"
)
_GRAPH = re.compile(
    r'graph LR\n(  n\d+\["[\w.-]*"\]\n)+(  n\d+ --> n\d+\n)*  style n0 stroke-width:4px\n'
)
#: The only boxes to tick are questions of ours.
_TASK = re.compile(r"\[ \] (Who|What|Which|How) ")
_PARSER = MarkdownIt("gfm-like")


def parsed(markdown: str) -> Iterator[Token]:
    """Yield every token of GitHub-like Markdown, the nested ones too."""
    pending = list(reversed(_PARSER.parse(markdown)))
    while pending:
        token = pending.pop()
        yield token
        pending.extend(reversed(token.children or []))


def assert_harmless(markdown: str, *marks: str, also: frozenset[str] = frozenset()) -> None:
    """Assert that only what we wrote means anything; `marks` are HTML comments of ours.

    `also` are further kinds of tokens that we write there.
    """
    for token in parsed(markdown):
        assert token.type in _ALLOWED | also, (token.type, token.content)
        if token.type == "html_block" and token.content.strip() not in marks:
            assert _HTML.fullmatch(token.content), token.content
        if token.type == "html_inline":
            assert token.content in marks, token.content
        if token.type == "fence":
            assert token.info == "mermaid"
            assert _GRAPH.fullmatch(token.content), token.content
        if token.type == "text":
            said = _TASK.sub("", token.content)
            assert not OBEYED.search(said), token.content
            assert "[ ]" not in said, token.content
