"""The files of a site: what they show, and that text of others is never more than text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.overviews import document, overview, portrait, pull, releases, small

from dc43_gitdraft.model import Link, PullState
from dc43_gitdraft.odcs import Contract
from dc43_gitdraft.overview import Overview
from dc43_gitdraft.site import pages
from dc43_gitdraft.site.markup import PLACES, clipped, element, linked

LINK = Link("orders", "customers", (("orders.customer_id", "customers.id"),))
HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)",
    "<!-- --><b>bold</b>",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; &#60;",
    "\u202etxet\u202c \u2028 \x00 \x1b[31m",
    "]]></title></style>",
)


class Read(HTMLParser):
    """The elements of a page in order, its text, and what its scripts hold."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._inside: list[str] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))
        self._inside.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._inside and self._inside[-1] == "script":
            self.scripts[-1] += data
        else:
            self.text += data

    @property
    def shape(self) -> list[tuple[str, ...]]:
        """Every element with the names of its attributes."""
        return [(tag, *(name for name, _ in attrs)) for tag, attrs in self.tags]

    def values(self, name: str) -> list[str]:
        """Every value of an attribute."""
        return [str(value) for _, attrs in self.tags for key, value in attrs if key == name]


def files(seen: Overview, name: str = "contracts") -> dict[str, bytes]:
    return dict(pages(seen, name))


def whole(text: str) -> dict[str, bytes]:
    """Return the site of two contracts that say `text` wherever they can."""
    return files(overview([portrait("customers", text), portrait("orders", text)], [LINK]), text)


def shapes(site: dict[str, bytes]) -> dict[str, list[tuple[str, ...]]]:
    return {file: Read(page).shape for file, page in site.items() if file.endswith(".html")}


PLAIN = shapes(whole("text"))


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_others_never_becomes_an_element_or_an_attribute(text: str) -> None:
    assert shapes(whole(text)) == PLAIN


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(st.characters(), min_size=1, max_size=40))
def test_whatever_is_written_the_shape_of_pages_is_the_same(text: str) -> None:
    # What cannot be seen is left out, and so would be its element.
    assert shapes(whole(f"a{text}a")) == PLAIN


def test_text_is_seen_as_it_was_written() -> None:
    page = Read(whole(HOSTILE[0])["c/orders.html"])
    assert page.scripts == []
    assert HOSTILE[0] in page.text


def test_what_turns_the_direction_of_text_or_cannot_be_seen_is_left_out() -> None:
    for page in whole(HOSTILE[6]).values():
        assert not re.search("[\x00-\x09\x0b-\x1f\u2028\u202a-\u202e]", page.decode())


def test_the_data_of_a_list_is_json_that_ends_nothing() -> None:
    page = Read(whole(HOSTILE[0])["decisions.html"])
    data, script = page.scripts
    rows = json.loads(data)["rows"]
    assert [row[5] for row in rows] == [HOSTILE[0]] * 2 + [None] * 2
    assert script.startswith('"use strict"')


def test_pages_allow_the_one_script_and_no_other() -> None:
    site = whole("text")
    for file, page in site.items():
        if not file.endswith(".html"):
            continue
        read = Read(page)
        assert read.tags[2][0] == "meta"
        assert read.tags[3][0] == "meta"  # charset, then the policy, before all that it is about
        (policy,) = re.findall(rb'Content-Security-Policy" content="([^"]+)"', page)
        rules = dict(rule.split(" ", 1) for rule in policy.decode().split("; "))
        assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
        if file in PLACES and len(read.scripts) > 1:
            digest = hashlib.sha256(read.scripts[1].encode()).digest()
            assert rules["script-src"] == f"'sha256-{base64.b64encode(digest).decode()}'"
        else:
            assert "unsafe" not in policy.decode()


def test_a_page_asks_nothing_of_other_places() -> None:
    for file, page in whole("https://evil.example/x.png").items():
        if file.endswith(".html"):
            read = Read(page)
            assert read.values("src") == []
            assert {tag for tag, _ in read.tags} & {"img", "iframe", "object", "form"} <= {"form"}
            for href in read.values("href"):
                assert re.fullmatch(
                    r"#content|(?:\.\./)?(?:c/)?[a-z0-9_.-]+\.(?:html|css)"
                    r"|https://git\.example\.org/shop/contracts/pull/\d+",
                    href,
                )


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "contracts#1",
        "//evil.example",
        "https:",
        "http://[",
    ],
)
def test_only_addresses_of_the_web_are_linked(url: str) -> None:
    assert "href" not in linked("#1", url)
    seen = overview([portrait(decided=(pull(1, PullState.CLOSED, url=url),), releases=())])
    for page in files(seen).values():
        if page.startswith(b"<!doctype"):
            assert url not in Read(page).values("href")


def test_every_link_inside_leads_to_a_file() -> None:
    site = whole("text")
    for file, page in site.items():
        if file.endswith(".html"):
            folder = file.rpartition("/")[0]
            for href in Read(page).values("href"):
                if href.startswith(("#", "https:")):
                    continue
                path = href.removeprefix("../") if href.startswith("../") else f"{folder}/{href}"
                assert path.lstrip("/") in site


def test_a_contracts_page_tells_all_there_is_of_it() -> None:
    text = Read(whole("text")["c/orders.html"]).text
    for said in (
        *("active", "version 1.2.0", "Breaking", "1.2.0 → 2.0.0", "open since 2024-06-18"),
        *("(12 days)", "property removed", "2.0.0 proposed", "rejected", "by text", "merged by"),
        *("text[].text_0", "text{value}.text_0", "customers", "orders.customer_id"),
    ):
        assert said in text, said


def test_the_time_line_is_newest_first() -> None:
    text = Read(whole("text")["c/orders.html"]).text.partition("Time line")[2]
    order = [text.index(said) for said in ("2.0.0 proposed", "rejected", "1.2.0", "1.1.0", "1.0.0")]
    assert order == sorted(order)


def test_a_draft_that_became_a_version_is_told_once() -> None:
    page = Read(whole("text")["c/orders.html"])
    assert page.text.partition("Time line")[2].count("#1 ") == 1


def test_the_age_of_a_draft_is_told_in_days() -> None:
    rows = json.loads(Read(whole("text")["drafts.html"]).scripts[0])["rows"]
    assert [row[6] for row in rows] == [12, 12]
    rows = json.loads(Read(whole("text")["index.html"]).scripts[0])["rows"]
    assert rows[0][7] == "#3 Breaking, 12 days"


def test_a_file_that_is_no_contract_is_shown_with_its_problem() -> None:
    broken = portrait(status="unusable", contract=None, problem="orders.odcs.yaml:1: no id")
    page = Read(files(overview([broken]))["c/orders.html"]).text
    assert "Its file is no contract: orders.odcs.yaml:1: no id" in page


@pytest.mark.parametrize("place", PLACES)
def test_an_empty_repository_has_all_pages(place: str) -> None:
    assert b"<h1>" in files(overview([]))[place]


@pytest.mark.parametrize(
    "odd",
    [
        {"schema": "none", "team": 7, "description": [1]},
        {"schema": [None, 7, {"properties": [[], {"name": {"a": 1}}]}]},
        {"name": True, "domain": 1.5, "status": {"a": 1}, "team": [{"username": None}]},
        {"schema": [{"name": "t", "properties": [{"items": {"items": {}}, "map": []}]}]},
    ],
)
def test_a_document_that_nobody_checked_has_a_page(odd: dict[str, object]) -> None:
    contract = Contract("", {"id": "orders", "version": "1", **odd})
    assert b"<h1>orders</h1>" in files(overview([portrait(contract=contract)]))["c/orders.html"]


# However much there is


def test_a_contract_with_very_much_has_a_page_of_bounded_size() -> None:
    contract = Contract("", document("orders", "x" * 20_000, 5_000))
    much = portrait(
        contract=contract,
        releases=releases(2_000),
        decided=tuple(pull(n, PullState.CLOSED, "y" * 5_000) for n in range(2_000)),
    )
    page = files(overview([much]))["c/orders.html"]
    assert len(page) < 600_000
    text = Read(page).text
    assert "and 4,704 more properties" in text
    assert "older: dc43-gitdraft history orders" in text


def test_properties_in_one_another_without_end_have_a_page() -> None:
    inner: dict[str, object] = {"name": "p"}
    for _ in range(200):
        inner = {"name": "p", "properties": [inner]}
    contract = Contract("", {"id": "orders", "version": "1", "schema": [inner]})
    assert "p.p.p" in Read(files(overview([portrait(contract=contract)]))["c/orders.html"]).text


def test_bytes_grow_with_the_number_of_contracts_and_no_faster() -> None:
    sizes = [
        sum(map(len, files(overview([small(n) for n in range(100, 100 + count)])).values()))
        for count in (0, 50, 100, 200)
    ]
    one, two = sizes[1] - sizes[0], sizes[3] - sizes[2]
    assert two < 2.1 * one


def test_a_list_shows_fifty_rows_and_has_the_rest_as_data() -> None:
    page = Read(files(overview([small(number) for number in range(120)]))["index.html"])
    assert sum(tag == "tr" for tag, _ in page.tags) == 51
    assert len(json.loads(page.scripts[0])["rows"]) == 120
    assert "70 more need JavaScript." in page.text


def test_a_large_graph_is_drawn_in_part() -> None:
    links = [Link(f"contract-{n}", "contract-0", (("a", "b"),)) for n in range(1, 200)]
    page = files(overview([small(number) for number in range(200)], links))["relationships.html"]
    assert "The 60 with the most relationships of 200 contracts" in Read(page).text
    assert page.count(b"<rect") == 60


def test_many_small_graphs_are_drawn_in_part() -> None:
    links = [Link(f"contract-{n}", f"contract-{n + 1}", (("a", "b"),)) for n in range(0, 40, 2)]
    page = files(overview([small(number) for number in range(41)], links))["relationships.html"]
    assert "8 smaller groups are not drawn" in Read(page).text
    folded = page.partition(b"<details>")[2].partition(b"</details>")[0]
    assert (page.count(b"<svg"), folded.count(b"<svg")) == (12, 9)


def test_long_texts_are_clipped_at_a_character() -> None:
    assert clipped("x" * 300, 10) == "x" * 9 + "…"
    assert clipped({"a": 1}, 10) == clipped(None, 10) == ""
    assert clipped(True, 10) == "true"


def test_attributes_are_escaped_and_false_ones_left_out() -> None:
    made = element("p", "<", title='"<', hidden=False, disabled=True, aria_label=None)
    assert made == '<p title="&quot;&lt;" disabled>&lt;</p>'
