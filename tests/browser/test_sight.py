"""What is out of sight is left as it was, and catches up when it is scrolled to."""

from playwright.sync_api import Page, expect

from tests.browser.dashboard import NewPage, equations, press, rows, visit
from tests.browser.driver import PROJECTOR, settle


def test_tabs_catch_up_once_they_are_in_sight(new_page: NewPage) -> None:
    page = new_page(viewport=PROJECTOR)
    visit(page)
    inside = page.locator(".st-key-inside")
    tabs = page.locator(".st-key-tabs")
    inside.scroll_into_view_if_needed()
    expect(inside.locator(".ytick").first).to_be_visible()
    expect(tabs).to_have_attribute("data-in-sight", "true")
    settle(page)
    assert rows(page, "inside") == 4
    before = equations(page)
    page.get_by_role("heading", level=1).scroll_into_view_if_needed()
    expect(tabs).to_have_attribute("data-in-sight", "false")
    press(page, "units", "ArrowRight")
    assert rows(page) == 5
    assert rows(page, "inside") == 4
    assert equations(page) == before
    inside.scroll_into_view_if_needed()
    expect(page.locator(".rnn-equations")).not_to_have_text(before, use_inner_text=True)
    settle(page)
    assert rows(page, "inside") == 5
    expect(tabs).to_have_attribute("aria-busy", "false")


def test_in_sight_they_follow_at_once(page: Page) -> None:
    visit(page)
    expect(page.locator(".st-key-tabs")).to_have_attribute("data-in-sight", "true")
    before = equations(page)
    press(page, "units", "ArrowRight", "ArrowRight")
    assert rows(page) == rows(page, "inside") == 6
    assert equations(page) != before
    press(page, "units", "ArrowLeft", "ArrowLeft")
    assert rows(page) == rows(page, "inside") == 4
    assert equations(page) == before
