"""The authoring page in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from support.browser import PATIENCE, chromium
from support.contracts import ALL, text_of
from support.shop import DISCOUNT, ORDERS, Shop

from dc43_gitdraft import odcs
from dc43_gitdraft.author.composing import Basis, shown, worded
from dc43_gitdraft.author.server import AuthorServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NARROW = {"width": 400, "height": 800}
WIDE = {"width": 1280, "height": 800}
DESCRIBED = ORDERS.replace("Total in euros.", "Total in euros, with VAT.")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@contextmanager
def entered(browser: Browser, server: AuthorServer, size: dict[str, int]) -> Iterator[Page]:
    """Open the address that the terminal shows; no script fails, and nothing else is asked."""
    context = browser.new_context(viewport=size)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    failed: list[str] = []
    left: list[str] = []
    own = f"http://127.0.0.1:{server.port}/"
    page.on("pageerror", lambda error: failed.append(str(error)))
    # What the page's policy blocks never comes so far.
    context.route(lambda url: _leaves(url, own), lambda route: left.append(route.request.url))
    try:
        page.goto(server.url)
        yield page
        assert (failed, left) == ([], [])
    finally:
        context.close()


def _leaves(url: str, own: str) -> bool:
    return not url.startswith((own, "data:", "blob:"))


@pytest.fixture
def page(browser: Browser, server: AuthorServer) -> Iterator[Page]:
    with entered(browser, server, WIDE) as page:
        yield page


def see(page: Page, selector: str, text: str | re.Pattern[str]) -> None:
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_contain_text(text)


def begin(page: Page, contract: str, source: str = "") -> None:
    page.get_by_label("Id of the contract").fill(contract)
    page.get_by_label("Data to begin with").fill(source)
    page.get_by_role("button", name="Write it").click()
    see(page, "#write-title", contract)
    # The editor is there, and its first text was looked at.
    page.get_by_placeholder("Add a tag...").wait_for()
    see(page, "#summary", re.compile(r"Nothing|Version|problem"))


def field(page: Page, name: str, value: str) -> None:
    """Type into the editor's form."""
    box = page.locator("#editor input[type=text]").nth({"Name": 0, "Version": 1, "ID": 2}[name])
    box.fill(value)


def review(page: Page) -> None:
    page.locator("#to-review").click()
    see(page, "#review-title", "Review")


def rename(page: Page) -> None:
    """Write another name into `orders`, and review it."""
    begin(page, "orders")
    field(page, "Name", "All orders")
    review(page)
    # What was typed last may reach our page a moment later.
    see(page, "#reviewed", "All orders")


def propose(page: Page) -> None:
    page.locator("#propose:enabled").click()
    page.locator("#proposed-title").wait_for()


def test_a_new_contract_is_written_and_proposed(page: Page, shop: Shop) -> None:
    begin(page, "shop.returns")
    see(page, "#summary", "First version. Version 1.0.0.")
    field(page, "Name", "Returned goods")
    review(page)
    see(page, "#diff", "Returned goods")
    page.get_by_label("Why?").fill("the shop takes goods back")
    propose(page)
    see(page, "#proposed-title", "Proposed")
    see(page, "#outcome", "#1 shop.returns 1.0.0")
    held = odcs.read(shop.text("gitdraft/shop.returns", "contracts/shop.returns.odcs.yaml"))
    assert held.document["name"] == "Returned goods"
    assert "the shop takes goods back" in shop.open_pulls()[0].body


#: What the editor's own YAML has no words for.
ODD = """\
slaProperties:
  - property: retention  # by law
    value: 5.0
    unit: y
contractCreatedTs: 2024-05-30T12:00:00Z
tags: [ a, "b", 'c' ]
"""


def test_a_change_is_told_at_once_and_the_file_keeps_the_rest(page: Page, shop: Shop) -> None:
    shop.write("main", {"contracts/orders.odcs.yaml": ORDERS + ODD})
    begin(page, "orders")
    see(page, "#summary", "Nothing differs from the approved contract.")
    field(page, "Name", "All orders")
    see(page, "#summary", "Compatible. Version 1.2.0 → 1.2.1 (patch).")
    see(page, "#live", "name changed")
    review(page)
    propose(page)
    see(page, "#outcome", "A pull request was opened.")
    text = shop.text("gitdraft/orders")
    wanted = ORDERS.replace("name: Orders\nversion: 1.2.0", "name: All orders\nversion: 1.2.1")
    wanted = wanted.replace("status: active", "status: draft")
    assert text.partition("customProperties:")[0] == wanted + ODD


#: Has the editor write a contract anew, as it does at every change in the form.
ANEW = """async text => {
  const store = (await import('/editor/datacontract-editor.es.js')).getEditorStore();
  store.getState().loadYaml(text);
  store.getState().setValue('kind', 'DataContract');
  return store.getState().yaml;
}"""


def test_the_editors_own_yaml_changes_no_contract(page: Page) -> None:
    begin(page, "orders")
    changed, anews = [], set()
    for path in ALL:
        text = text_of(path)
        contract = odcs.read(text, validate=False)
        anew = page.evaluate(ANEW, shown(text))
        anews.add(anew)
        wording = worded(Basis.of(contract, text), anew)
        if odcs.rewrite(text, wording.document) != text:
            changed.append(path.name)
    assert changed == []
    # They were written anew, every one.
    assert len(anews - {shown(text_of(path)) for path in ALL}) > 40


def test_the_editor_loads_nothing_from_elsewhere(page: Page) -> None:
    begin(page, "orders")
    # Its text fields would have icons, its text view workers and the schema.
    page.evaluate("location.hash = '#/terms-of-use'")
    page.locator("#editor .editor-toolbar").first.wait_for()
    page.get_by_role("button", name="YAML").click()
    page.get_by_text("The orders of the web shop").wait_for()


def test_what_breaks_consumers_is_told(page: Page) -> None:
    begin(page, "orders")
    type_text(page, ORDERS.partition("      - name: note")[0])
    see(page, "#live", "Breaking.")
    see(page, "#summary", "Version 1.2.0 → 2.0.0 (major).")


def type_text(page: Page, text: str) -> None:
    """Put a text into the editor, as its own YAML view does."""
    page.evaluate(
        "async text => (await import('/editor/datacontract-editor.es.js'))"
        ".getEditorStore().getState().setYaml(text)",
        text,
    )


def test_what_is_no_contract_cannot_be_proposed(page: Page) -> None:
    begin(page, "orders")
    type_text(page, ORDERS.replace("integer", "integr"))
    see(page, "#summary", "1 problem: ")
    see(page, "#live", "line 12 object 'orders', property 'order_id', logicalType: 'integr'")
    review(page)
    see(page, "#reviewed", "This is no valid contract yet.")
    page.locator("#propose:disabled").wait_for()


def test_a_rejected_change_is_refused_with_the_stewards_words(page: Page, shop: Shop) -> None:
    from dc43_gitdraft import lifecycle

    rename(page)
    propose(page)
    lifecycle.reject(shop.desk, 1, "we also have <b>old</b> ones", "ana")
    page.get_by_role("button", name="Another contract").click()
    rename(page)
    propose(page)
    see(page, "#proposed-title", "Rejected before")
    see(page, "#outcome", "rejected by ana: we also have <b>old</b> ones")


def test_an_open_draft_that_says_otherwise_is_taken_over(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    begin(page, "orders")
    shop.job(DISCOUNT)
    branch = "gitdraft/orders"
    shop.edit(branch, "name: Orders", "name: Sales")
    field(page, "Name", "All orders")
    review(page)
    see(page, "#reviewed", "All orders")
    page.locator("#propose:enabled").click()
    see(page, "#disputed", "the contract was changed meanwhile, in the same places:")
    see(page, "#places", "name")
    page.get_by_role("button", name="Take over what is there now").click()
    see(page, "#told", "the draft that pull request #1 proposes")
    see(page, "#live", "orders.discount")
    expect(page.locator("#editor input[type=text]").first).to_have_value("Sales")


def test_a_page_that_is_loaded_again_goes_on_where_it_was(page: Page) -> None:
    from playwright.sync_api import expect

    begin(page, "orders")
    field(page, "Name", "All orders")
    see(page, "#summary", "Version 1.2.0 → 1.2.1")
    page.reload()
    see(page, "#write-title", "orders")
    see(page, "#summary", "Version 1.2.0 → 1.2.1")
    page.get_by_placeholder("Add a tag...").wait_for()
    expect(page.locator("#editor input[type=text]").first).to_have_value("All orders")
    see(page, "#who", "as Ana Steward")


def test_what_was_typed_the_moment_before_is_there_when_the_page_is_loaded_again(
    page: Page,
) -> None:
    from playwright.sync_api import expect

    begin(page, "orders")
    field(page, "Name", "All orders")
    page.reload()
    see(page, "#summary", "Version 1.2.0 → 1.2.1")
    page.get_by_placeholder("Add a tag...").wait_for()
    expect(page.locator("#editor input[type=text]").first).to_have_value("All orders")


def test_what_was_typed_the_moment_before_is_what_is_reviewed(page: Page) -> None:
    begin(page, "orders")
    type_text(page, ORDERS.replace("name: Orders", "name: Sales"))
    see(page, "#live", "Sales")
    field(page, "Name", "All orders")
    page.keyboard.press("Control+Enter")
    see(page, "#review-title", "Review")
    see(page, "#reviewed", "changed")
    assert "All orders" in page.locator("#reviewed").inner_text()
    assert "Sales" not in page.locator("#diff").text_content()  # type: ignore[operator]


def test_two_tabs_take_nothing_back_from_each_other(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    begin(page, "orders")
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_placeholder("Add a tag...").wait_for()
    field(page, "Name", "All orders")
    review(page)
    see(page, "#reviewed", "All orders")
    propose(page)
    type_text(other, DESCRIBED)
    see(other, "#live", "Another page proposed this contract meanwhile")
    other.reload()
    see(other, "#live", "Another page proposed this contract meanwhile")
    review(other)
    propose(other)
    text = shop.text("gitdraft/orders")
    assert ("name: All orders" in text, "with VAT" in text) == (True, True)
    other.get_by_role("button", name="Write on").click()
    expect(other.locator("#editor input[type=text]").first).to_have_value("All orders")


def test_it_can_be_done_with_the_keyboard_alone(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    expect(page.locator("#begin-title")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Id of the contract")).to_be_focused()
    page.keyboard.type("orders")
    page.keyboard.press("Enter")
    expect(page.locator("#write-title")).to_be_focused()
    page.get_by_placeholder("Add a tag...").wait_for()
    page.locator("#editor input[type=text]").first.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("All orders")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#review-title")).to_be_focused()
    see(page, "#reviewed", "All orders")
    page.locator("#propose:enabled").wait_for()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#proposed-title")).to_be_focused()
    assert len(shop.open_pulls()) == 1


def test_it_fits_a_narrow_screen(browser: Browser, server: AuthorServer) -> None:
    with entered(browser, server, NARROW) as page:
        widths = []
        begin(page, "orders")
        field(page, "Name", "All orders")
        see(page, "#summary", "Version 1.2.0 → 1.2.1")
        for step in ("begin", "write", "review"):
            page.locator(f"#steps button[data-step={step}]").click()
            page.locator(f"#{step}-title").wait_for()
            widths.append(page.evaluate("document.documentElement.scrollWidth"))
        propose(page)
        widths.append(page.evaluate("document.documentElement.scrollWidth"))
        assert widths == [NARROW["width"]] * 4


def test_texts_have_the_contrast_of_wcag_aa(page: Page) -> None:
    begin(page, "orders")
    type_text(page, ORDERS.replace("integer", "integr"))
    see(page, "#summary", "1 problem")
    pale = page.evaluate(CONTRAST)
    review(page)
    see(page, "#reviewed", "This is no valid contract yet.")
    assert pale + page.evaluate(CONTRAST) == []


#: Returns our texts that are shown with less contrast than 4.5 to 1.
CONTRAST = """() => {
  const parts = color => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const found = parts(getComputedStyle(node).backgroundColor);
      if (found.length < 4 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const pale = [];
  for (const node of document.querySelectorAll("body *:not(#editor *)")) {
    const text = [...node.childNodes].some(each => each.nodeType === 3 && each.data.trim());
    if (!text || !node.checkVisibility() || node.closest(":disabled")) continue;
    const [one, other] = [light(parts(getComputedStyle(node).color)), light(ground(node))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) pale.push(`${node.textContent.trim()}: ${ratio}`);
  }
  return pale;
}"""
