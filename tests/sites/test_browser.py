"""A site in a real browser, opened from the disk as people open it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import npm
from support.browser import PATIENCE
from support.overviews import overview, portrait, small

from dc43_gitdraft.model import Link
from dc43_gitdraft.site import folder, pages
from dc43_gitdraft.site.markup import PLACES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

COUNT = 10_000
HOSTILE = "<img src=x onerror=\"window.stolen='1'\">"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of very many contracts, with the own pages of three of them."""
    hostile = portrait("hostile", HOSTILE, path="x")
    seen = overview(
        [hostile, portrait("orders"), *map(small, range(COUNT - 2))],
        [Link("orders", "hostile", (("orders.id", HOSTILE),))],
    )
    place = tmp_path_factory.mktemp("site") / "public"
    # The lists come first, then the contracts in their order.
    folder.write(place, itertools.islice(pages(seen, HOSTILE), 1 + len(PLACES) + 3))
    return place


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test if it asks for anything elsewhere, or anything goes wrong."""
    context = browser.new_context(viewport={"width": 1200, "height": 800}, locale="en-GB")
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("console", lambda said: wrong.append(said.text))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda asked: wrong.append(asked.url) if _elsewhere(asked.url) else None)
    opened.on("dialog", lambda shown: wrong.append(shown.message))
    yield opened
    stolen = opened.evaluate("window.stolen")
    context.close()
    assert (wrong, stolen) == ([], None)


def _elsewhere(url: str) -> bool:
    return not url.startswith("file:///")


def at(site: Path, name: str) -> str:
    return (site / name).as_uri()


def count(page: Page) -> str:
    return page.locator(".count").inner_text()


def firsts(page: Page) -> list[str]:
    """Return the first cell of each row that is shown."""
    return page.locator("tbody th").all_inner_texts()


def test_a_list_is_found_in_turned_and_sorted(page: Page, site: Path) -> None:
    page.goto(at(site, "index.html"))
    assert count(page) == "1 to 50 of 10,000"
    assert len(firsts(page)) == 50
    page.get_by_role("button", name="Next").click()
    assert count(page) == "51 to 100 of 10,000"
    assert page.get_by_text("Page 2 of 200").is_visible()
    page.get_by_role("button", name="contract").click()
    assert firsts(page)[:2] == ["contract-0", "contract-1"]
    page.get_by_role("button", name="contract").click()
    assert firsts(page)[:2] == ["orders", "hostile"]
    assert page.locator("thead th").first.get_attribute("aria-sort") == "descending"
    page.get_by_role("searchbox").fill("CONTRACT-777")
    assert count(page) == "1 to 11 of 11 found of 10,000"
    page.get_by_role("searchbox").fill("nothing like it")
    assert (count(page), firsts(page)) == ("Nothing found of 10,000", [])


@pytest.mark.parametrize("name", PLACES)
def test_a_list_without_rows_is_a_sentence(page: Page, tmp_path: Path, name: str) -> None:
    folder.write(tmp_path / "public", pages(overview([]), "contracts"))
    page.goto(at(tmp_path / "public", name))
    assert page.locator("main p").all_inner_texts() != []
    assert page.locator("table").count() == 0


def test_what_was_found_survives_a_reload_and_leads_to_a_contract(page: Page, site: Path) -> None:
    page.goto(at(site, "index.html"))
    page.get_by_role("searchbox").fill("contract-0")
    page.reload()
    assert page.get_by_role("searchbox").input_value() == "contract-0"
    page.locator("tbody a").click()
    assert page.get_by_role("heading", level=1).inner_text() == "contract-0"
    page.go_back()
    assert count(page) == f"1 to 1 of 1 found of {COUNT:,}"


def test_a_list_is_narrowed_by_a_word(page: Page, site: Path) -> None:
    page.goto(at(site, "decisions.html"))
    page.get_by_role("combobox").select_option("rejected")
    assert count(page) == "1 to 2 of 2 found of 4"
    assert set(page.locator("tbody .chip.bad").all_inner_texts()) == {"rejected"}


def test_skipping_to_the_content_keeps_what_was_found(page: Page, site: Path) -> None:
    page.goto(at(site, "index.html"))
    page.get_by_role("searchbox").fill("orders")
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'content'")
    assert (firsts(page), page.get_by_role("searchbox").input_value()) == (["orders"], "orders")


def test_the_keyboard_is_enough(page: Page, site: Path) -> None:
    page.goto(at(site, "index.html"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    page.keyboard.type("orders")
    assert firsts(page) == ["orders"]
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "orders":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/orders.html")


def test_a_page_shows_what_others_wrote_as_text(page: Page, site: Path) -> None:
    for name in ("c/hostile.html", "index.html", "drafts.html", "decisions.html"):
        page.goto(at(site, name))
        assert page.locator("img").count() == 0
        assert page.get_by_text(HOSTILE).count() > 0
    page.goto(at(site, "index.html") + "#q=%3Cimg%20src%3Dx%3E&sort=-99&page=-4&only=%22")
    assert firsts(page) == []


def test_the_graph_leads_to_contracts(page: Page, site: Path) -> None:
    page.goto(at(site, "relationships.html"))
    assert page.locator("svg rect").count() == 2
    page.locator("svg a", has_text="orders").first.click()
    page.wait_for_url("**/c/orders.html")
    assert page.locator("svg .centre").count() == 1


def test_the_time_line_has_a_sign_for_each_kind(page: Page, site: Path) -> None:
    page.goto(at(site, "c/orders.html"))
    signs = page.locator(".timeline > li").evaluate_all(
        "all => all.map((each) => getComputedStyle(each, '::before').content)"
    )
    assert signs == ['"○"', '"✕"', '"●"', '"●"', '"●"']


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1200])
def test_no_page_is_wider_than_the_window(page: Page, site: Path, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    names = ["index", "drafts", "decisions", "relationships", "c/hostile", "c/orders"]
    for name in names:
        page.goto(at(site, f"{name}.html"))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 20, 25)"
        assert dark == (scheme == "dark")


@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1200, "light")])
def test_a_checker_of_accessibility_finds_nothing(
    page: Page, site: Path, width: int, scheme: str
) -> None:
    checker = (npm.package("axe-core") / "axe.min.js").read_text("utf-8")
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for name in ["decisions", "relationships", "c/orders"]:
        page.goto(at(site, f"{name}.html"))
        page.evaluate(checker)
        # It would fetch the style sheet, which a page on disk may not.
        found = page.evaluate(
            "axe.run({preload: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"
        )
        assert [each["help"] for each in found["violations"]] == []
        assert "color-contrast" in {each["id"] for each in found["passes"]}


def test_without_a_script_the_first_rows_are_there(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(at(site, "index.html"))
    assert page.locator("tbody tr").count() == 50
    assert page.get_by_text("9,950 more need JavaScript.").is_visible()
    assert not page.get_by_role("searchbox").is_visible()
    context.close()
