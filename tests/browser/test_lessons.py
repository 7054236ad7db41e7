"""Lessons in a browser: answered with the keyboard, and seen on the page that shows the answer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from components.backend.lessons import LESSONS, pose, title
from components.texts import text
from tests.browser.dashboard import SIDEWAYS, NewPage, plot
from tests.browser.driver import PROJECTOR, settle
from tests.browser.test_accessibility import broken_rules

pytestmark = pytest.mark.whole


def test_a_question_is_answered_with_the_keyboard(new_page: NewPage) -> None:
    """Its answer is seen on the page that it leads to, below the first screen."""
    page, posed = new_page(viewport=PROJECTOR), pose("gates", 1)
    page.goto("/lessons")
    settle(page)
    page.get_by_role("link", name=title("gates")).click()
    settle(page)
    count = len(LESSONS["gates"])
    expect(page.get_by_text(text("lessons.at", number=1, count=count))).to_be_visible()
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
    gates = plot(page, "inside")
    expect(gates).to_be_attached()
    settle(page)
    expect(page.get_by_role("main").get_by_text(posed.say)).to_be_visible()
    expect(gates).not_to_be_in_viewport()
    page.get_by_role("link", name="See it below").click()
    expect(gates).to_be_in_viewport(ratio=1)


def test_a_lesson_of_ones_own_is_typed_tried_and_opened_as_a_room(page: Page) -> None:
    """Nothing typed is lost, and nothing is opened from another text than that in the field, which
    a click on a button leaves only as it comes."""
    own = "What comes <b>back</b>?\n/?tab=shapes\n- **one**\n* :material/add: www.example.com"
    wrong = f"{own}\n{'long' * 100}"
    page.goto("/lessons")
    settle(page)
    page.get_by_text(text("lessons.own.title")).click()
    field = page.get_by_role("textbox", name=text("lessons_view.own.label"))
    complaint = page.get_by_test_id("stAlert")
    field.fill(wrong)
    page.get_by_role("button", name=text("lessons.own.try")).click()
    expect(complaint).to_contain_text("in line 5")
    expect(complaint).to_be_in_viewport(ratio=1)
    expect(field).to_be_in_viewport(ratio=0.9)
    settle(page)
    assert broken_rules(page) == []

    field.press("Control+End")
    field.press_sequentially(" more")
    page.reload()
    expect(field).to_have_value(f"{wrong} more")
    expect(complaint).to_be_in_viewport(ratio=1)
    field.fill(f"{own}\n- {'long' * 100}")
    page.get_by_role("button", name=text("lessons.own.try")).click()
    expect(page.get_by_text("What comes <b>back</b>?")).to_be_visible()
    assert page.evaluate(SIDEWAYS) == []
    expect_answered(page)

    for _ in range(2):  # over the answer
        page.go_back()
        settle(page)
    expect(field).to_have_value(f"{own}\n- {'long' * 100}")
    field.press("Control+Home")
    field.press_sequentially("Now ")
    page.get_by_role("button", name=text("room.open")).last.click()
    page.wait_for_url(re.compile("/room$"))  # which tells nothing of the answers
    asked = page.locator(".rnn-room", has_text="Now What comes <b>back</b>?")
    expect(asked).to_be_visible()
    page.go_back()
    expect(field).to_have_value(re.compile("^Now What"))
    settle(page)
    page.go_forward()
    expect(asked).to_be_visible()


def expect_answered(page: Page) -> None:
    """Its second option is drawn as it was typed, and can be chosen."""
    second = page.locator("label", has=page.get_by_role("radio")).nth(1)
    expect(second).to_have_text(re.compile("material.*www.*example.*com"))
    assert second.locator("a, [data-testid=stIconMaterial]").count() == 0
    second.click()
    answer = page.get_by_role("button", name=text("lessons.answer"))
    expect(answer).to_be_enabled()
    answer.click()
    expect(page.get_by_text(text("lessons.right").strip("*"))).to_be_visible()
    expect(page.locator(".rnn-posed > p > a")).to_have_attribute("href", "./?tab=shapes")
