"""Lessons in a browser: answered with the keyboard, and seen on the page that shows the answer."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from components.backend.lessons import pose, title
from components.texts import text
from tests.browser.driver import settle


def test_a_question_is_answered_with_the_keyboard(page: Page) -> None:
    posed = pose("states", 4)
    page.goto("/lessons")
    settle(page)
    page.get_by_role("link", name=title("states")).click()
    settle(page)
    expect(page.get_by_text(text("lessons.at", number=1, count=5))).to_be_visible()
    page.goto("/lessons?lesson=states&question=4")
    settle(page)
    options = page.get_by_role("radio")
    options.first.focus()
    page.keyboard.press("Space")
    for _ in range(posed.right):
        page.keyboard.press("ArrowDown")
    expect(options.nth(posed.right)).to_be_checked()
    button = page.get_by_role("button", name=text("lessons.answer"))
    expect(button).to_be_enabled()
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".rnn-posed [role=status]")).to_contain_text(posed.say)

    page.locator(".rnn-posed > p > a").click()
    settle(page)
    expect(page.get_by_role("main").get_by_text(posed.say)).to_be_visible()
