"""Lessons in a browser: answered with the keyboard, and seen on the page that shows the answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from components.backend.lessons import LESSONS, pose, title
from components.texts import text
from tests.browser.dashboard import SIDEWAYS, NewPage
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
    cell = page.locator(".rnn-drawing svg").get_by_text(text("diagram.LSTM.c_now"))
    expect(cell).to_be_attached()
    settle(page)
    expect(page.get_by_role("main").get_by_text(posed.say)).to_be_visible()
    expect(cell).not_to_be_in_viewport()
    page.get_by_role("link", name="See it below").click()
    expect(cell).to_be_in_viewport(ratio=1)


def field(page: Page, name: str, letter: str = "") -> Locator:
    """A field of the form of one's own lesson."""
    label = text(f"lessons.form.{name}", letter=letter)
    return page.get_by_role("textbox", name=label, exact=True)


def mark_right(page: Page, letter: str) -> None:
    """Choose the right option. The list would close as the page scrolls to it."""
    box = page.get_by_role("combobox", name=text("lessons.form.right"))
    box.scroll_into_view_if_needed()
    settle(page)
    box.click()
    page.get_by_role("option", name=letter, exact=True).click()


def open_form(page: Page) -> None:
    page.goto("/lessons")
    settle(page)
    page.get_by_text(text("lessons.own.title")).click()


def test_a_lesson_of_ones_own_is_typed_tried_and_opened_as_a_room(page: Page) -> None:
    """Nothing typed is lost, and nothing is opened from another lesson than that in the form, whose
    field a click on a button leaves only as it comes."""
    open_form(page)
    prompt, long = field(page, "prompt"), "long" * 100
    prompt.fill("What comes <b>back</b>?")
    field(page, "link").fill("/?tab=shapes")
    field(page, "options", "A").fill("**one**")
    page.get_by_role("button", name=text("lessons.own.try")).click()
    complaint = page.get_by_test_id("stAlert")
    expect(complaint).to_contain_text("1 options in question 1")
    expect(complaint).to_be_in_viewport(ratio=1)
    settle(page)
    assert broken_rules(page) == []

    prompt.press("End")
    prompt.press_sequentially(" Now")
    page.reload()
    expect(prompt).to_have_value("What comes <b>back</b>? Now")
    expect(field(page, "options", "A")).to_have_value("**one**")
    field(page, "options", "B").fill(":material/add: www.example.com")
    field(page, "options", "B").blur()
    field(page, "options", "C").fill(long)
    settle(page)
    mark_right(page, "B")
    prompt.fill("What comes <b>back</b>?")
    page.get_by_role("button", name=text("lessons.own.try")).click()
    expect(page.get_by_text("What comes <b>back</b>?")).to_be_visible()
    assert page.evaluate(SIDEWAYS) == []
    expect_answered(page)

    for _ in range(2):  # over the answer
        page.go_back()
        settle(page)
    expect(field(page, "options", "C")).to_have_value(long)
    prompt.press("Home")
    prompt.press_sequentially("Now ")
    page.get_by_role("button", name=text("room.open")).last.click()
    page.wait_for_url(re.compile("/room$"))  # which tells nothing of the answers
    asked = page.locator(".rnn-room", has_text="Now What comes <b>back</b>?")
    expect(asked).to_be_visible()
    page.go_back()
    expect(prompt).to_have_value(re.compile("^Now What"))
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


def test_a_lesson_goes_through_moodles_format(new_page: NewPage, tmp_path: Path) -> None:
    """Then a room is opened with it; on a phone its code scrolls by itself."""
    page = new_page(viewport=PROJECTOR)
    open_form(page)
    code = f"x = LSTM(4)(x)\n\nprint(x.shape)  # {'long ' * 30}end"
    written = {
        ("title", ""): "Shapes",
        ("prompt", ""): "What does `print` say?",
        ("code", ""): code,
        ("options", "A"): "(1, 10, 4)",
        ("explained", "A"): "That is every h",
        ("options", "B"): "(1, 4)",
        ("link", ""): "/?units=99999",
    }
    for (name, letter), said in written.items():
        field(page, name, letter).fill(said)
    field(page, "link").blur()
    expect(page.get_by_test_id("stAlert").first).to_contain_text("99999")
    settle(page)
    mark_right(page, "B")

    phone = page.frame_locator(".st-key-own_phone iframe")
    expect(phone.get_by_role("heading")).to_have_text("What does print say?")
    expect(phone.locator("pre")).to_have_text(code)
    page.get_by_role("radio", name=text("lessons.phone.chose", letter="A")).click()
    expect(phone.get_by_text("That is every h")).to_be_visible()
    settle(page)
    assert broken_rules(page) == []

    page.get_by_role("button", name=text("lessons.files.title")).click()
    with page.expect_download() as saving:
        page.get_by_role("button", name=text("lessons.files.gift")).click()
    saved = tmp_path / "gift.txt"
    saving.value.save_as(saved)
    assert saved.read_text("utf-8").startswith("$CATEGORY: Shapes")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=text("lessons.form.remove")).click()
    expect(field(page, "prompt")).to_have_value("")
    page.get_by_role("button", name=text("lessons.files.title")).click()
    page.locator(".rnn-file input").set_input_files(saved)
    for (name, letter), said in written.items():
        expect(field(page, name, letter)).to_have_value(said)
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile("own="))
    settle(page)
    page.reload()
    expect(field(page, "title")).to_have_value("Shapes")
    settle(page)
    assert page.evaluate(SIDEWAYS) == []

    page.get_by_role("button", name=text("room.open")).last.click()
    page.wait_for_url(re.compile("/room$"))
    expect(page.locator(".rnn-room pre")).to_have_text(code)
    settle(page)
    on_phone = new_page(viewport={"width": 390, "height": 844})
    on_phone.goto(f"/join/{page.locator('.rnn-code').inner_text()}")
    block = on_phone.locator("main pre")
    expect(block).to_have_text(code)
    assert block.evaluate("block => block.scrollWidth > block.clientWidth")
    assert on_phone.evaluate(SIDEWAYS) == []
