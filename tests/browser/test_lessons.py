"""Lessons in a browser: answered with the keyboard, and seen on the page that shows the answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from components.backend.lessons import LESSONS, own, pose, title
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
    typed = "What comes <b>back</b>?\n/?tab=shapes\n- **one**\n* :material/add: www.example.com"
    wrong = f"{typed}\n{'long' * 100}"
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
    field.fill(f"{typed}\n- {'long' * 100}")
    page.get_by_role("button", name=text("lessons.own.try")).click()
    expect(page.get_by_text("What comes <b>back</b>?")).to_be_visible()
    assert page.evaluate(SIDEWAYS) == []
    expect_answered(page)

    for _ in range(2):  # over the answer
        page.go_back()
        settle(page)
    expect(field).to_have_value(f"{typed}\n- {'long' * 100}")
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


def test_a_lesson_is_written_in_the_form_and_goes_through_moodles_format(
    new_page: NewPage, tmp_path: Path
) -> None:
    """Then a room is opened with it; on a phone its code scrolls by itself."""
    page = new_page(viewport=PROJECTOR)
    page.goto("/lessons")
    settle(page)
    page.get_by_text(text("lessons.own.title")).click()
    page.get_by_role("button", name=text("lessons.form.add")).click()
    text_field = page.get_by_role("textbox", name=text("lessons_view.own.label"))
    code = f"x = LSTM(4)(x)\n\nprint(x.shape)  # {'long ' * 30}end"
    for label, said in (
        (text("lessons.form.title"), "Shapes"),
        (text("lessons.form.prompt"), "What does `print` say?"),
        (text("lessons.form.code"), code),
        (text("lessons.form.option", letter="A"), "(1, 10, 4)"),
        (text("lessons.form.explained", letter="A"), "That is every h"),
        (text("lessons.form.option", letter="B"), "(1, 4)"),
        (text("lessons.form.link"), "/?units=99999"),
    ):
        field = page.get_by_role("textbox", name=label, exact=True)
        field.fill(said)
        field.blur()
        expect(text_field).to_have_value(re.compile(re.escape(said.splitlines()[0])))
    expect(page.get_by_test_id("stAlert").first).to_contain_text("99999")
    page.get_by_role("combobox", name=text("lessons.form.right")).click()
    page.get_by_role("option", name="B").click()
    expect(text_field).to_have_value(re.compile(r"^\* \(1, 4\)$", re.MULTILINE))
    settle(page)

    phone = page.frame_locator(".st-key-own_phone iframe")
    expect(phone.get_by_role("heading")).to_have_text("What does print say?")
    expect(phone.locator("pre")).to_have_text(code)
    page.get_by_role("radio", name=text("lessons.phone.chose", letter="A")).click()
    expect(phone.get_by_text("That is every h")).to_be_visible()
    assert broken_rules(page) == []

    before = text_field.input_value()
    page.get_by_role("button", name=text("lessons.files.title")).click()
    with page.expect_download() as saving:
        page.get_by_role("button", name=text("lessons.files.gift")).click()
    saved = tmp_path / "gift.txt"
    saving.value.save_as(saved)
    assert saved.read_text("utf-8").startswith("$CATEGORY: Shapes")
    page.keyboard.press("Escape")
    text_field.fill("")
    text_field.blur()
    expect(page.get_by_role("button", name=text("lessons.form.add"))).to_be_visible()
    page.get_by_role("button", name=text("lessons.files.title")).click()
    page.locator(".rnn-file input").set_input_files(saved)
    expect(text_field).to_have_value(re.compile("^# Shapes"))
    found, wanted = own.lesson(text_field.input_value()), own.lesson(before)
    links = [asked._replace(link="") for asked in found.questions]
    assert links == [asked._replace(link="") for asked in wanted.questions]
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile("own="))
    settle(page)
    page.reload()
    expect(text_field).to_have_value(re.compile("^# Shapes"))
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
