"""The notebook's cases: their links lead to Explore however they are followed."""

import pytest
from playwright.sync_api import Locator, Page, expect

from components.backend.code import unpack_line
from components.backend.notebook import cases
from components.texts import text
from tests.browser.dashboard import follow, visit
from tests.browser.dashboard import unpack_line as unpacked
from tests.browser.driver import settle

CASE = cases()[5]


def open_cases(page: Page, query: str = "") -> Locator:
    """The Notebook page, and its link to that case."""
    visit(page, f"/{query}")
    follow(page, "Notebook")
    return page.locator(".rnn-cases a").nth(cases().index(CASE))


def expect_case(page: Page) -> None:
    told = text("start.case", case=CASE.id, edited="").replace("*", "")
    expect(page.get_by_text(told)).to_be_visible(timeout=60_000)
    settle(page)
    assert unpacked(page) == unpack_line(CASE.settings)
    assert page.locator(".rnn-cases").count() == 0


@pytest.mark.parametrize("query", ["", "?embed=true"], ids=["plain", "embedded"])
def test_a_case_opens_by_click_and_by_its_address(page: Page, query: str) -> None:
    link = open_cases(page, query)
    address = link.evaluate("link => link.href")
    link.click()
    expect_case(page)
    assert page.url == address
    assert ("embed=true" in page.url) == bool(query)
    page.goto("about:blank")
    page.goto(address)
    expect_case(page)


def test_a_case_opens_in_a_new_tab(page: Page) -> None:
    link = open_cases(page)
    with page.context.expect_page() as opened:
        link.click(modifiers=["ControlOrMeta"])
    expect_case(opened.value)
    expect(page.locator(".rnn-cases").first).to_be_visible()


def test_each_picture_has_a_name_and_frames_what_was_returned(page: Page) -> None:
    open_cases(page)
    pictures = page.locator(".rnn-strip")
    expect(pictures).to_have_count(len(cases()))
    for picture, case in zip(pictures.all(), cases(), strict=True):
        expect(picture).to_have_role("img")
        names = ", ".join(case.printed)
        assert picture.get_attribute("aria-label").endswith(f"Returned: {names}.")
        for block in picture.locator("b").all():
            lit = block.evaluate("b => b.classList.contains('rnn-returned')")
            edge = block.evaluate("b => getComputedStyle(b).borderTopColor")
            hatch = block.locator("i").first.evaluate("i => getComputedStyle(i).backgroundImage")
            assert (edge != "rgba(0, 0, 0, 0)") == lit
            assert ("gradient" in hatch) != lit
            box = block.locator("i").first.bounding_box()
            assert min(box["width"], box["height"]) >= 8
