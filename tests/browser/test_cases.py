"""The notebook's cases: their links lead to Explore however they are followed."""

import pytest
from playwright.sync_api import Locator, Page, expect

from components.backend.origins.notebook import cases
from components.backend.scripts.code import unpack_line
from components.texts import text
from tests.browser.dashboard import unpack_line as unpacked
from tests.browser.driver import settle

pytestmark = pytest.mark.whole

CASE = cases()[5]


def link_to_case(page: Page) -> Locator:
    return page.locator(".rnn-cases a").nth(cases().index(CASE))


def expect_case(page: Page) -> None:
    told = text("start.case", case=CASE.id, edited="").replace("*", "")
    expect(page.get_by_text(told)).to_be_visible(timeout=60_000)
    settle(page)
    assert unpacked(page) == unpack_line(CASE.settings)
    assert page.locator(".rnn-cases").count() == 0


def test_a_case_opens_by_click(page: Page) -> None:
    page.goto("/notebook")
    settle(page)
    expect_pictures_named_and_what_was_returned_framed(page)
    link = link_to_case(page)
    address = link.evaluate("link => link.href")
    link.click()
    expect_case(page)
    assert page.url == address


def test_a_case_opens_in_a_frame(page: Page) -> None:
    """By its address too, which goes on being that of a frame."""
    page.goto("/notebook?embed=true")
    link_to_case(page).click()
    expect_case(page)
    assert "embed=true" in page.url


def expect_pictures_named_and_what_was_returned_framed(page: Page) -> None:
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
