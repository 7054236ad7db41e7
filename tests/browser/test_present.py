"""Present: a page for a class, its picture as large as the window, and its keys."""

import re
from functools import partial

import pytest
from playwright.sync_api import Frame, Page, expect

from components.texts import text
from tests.browser.dashboard import (
    NewPage,
    at_step,
    crowded_in_charts,
    expect_marked,
    plot,
    press_in_hangul,
    resize,
    visit,
)
from tests.browser.driver import PROJECTOR, settle
from tests.browser.test_accessibility import broken_rules

# How much of the window the first picture takes: from its edges to the window's, in px; above, to
# the title's, if that is seen.
EDGES = """() => {
    const { left, top, right, bottom } = document.querySelector(".rnn-plot").getBoundingClientRect()
    const above = document.querySelector("h1")?.getBoundingClientRect().bottom ?? 0
    return [left, top - above, innerWidth - right, innerHeight - bottom]
}"""

# Texts of less than 20 px of the window, but for signs, powers and indices.
SMALL = """() => {
    const found = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
        const { parentElement: own, textContent } = walker.currentNode
        const drawn = document.createRange()
        drawn.selectNode(walker.currentNode)
        if (!drawn.getBoundingClientRect().width || !own.checkVisibility()) continue
        if (!textContent.trim() || own.closest("sub, sup, tspan, i, [role=status]")) continue
        const box = own.closest(".rnn-picture, .rnn-drawing svg")
        const own_width = box?.offsetWidth ?? box?.viewBox.baseVal.width
        const scale = box ? box.getBoundingClientRect().width / own_width : 1
        const size = scale * parseFloat(getComputedStyle(own).fontSize)
        if (size < 19.9) found.push(`${textContent}: ${size}, ${own.parentElement.className}`)
    }
    return found
}"""


# Texts of the page that the window's lower edge, or the keys there, cut off.
CUT = """() => {
    const found = []
    const edge = document.querySelector(".stMain").getBoundingClientRect().bottom
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
        const { parentElement: own, textContent } = walker.currentNode
        if (!textContent.trim() || !own.checkVisibility() || own.closest(".rnn-keys")) continue
        const drawn = document.createRange()
        drawn.selectNode(walker.currentNode)
        const { top, bottom, width } = drawn.getBoundingClientRect()
        if (width && top < edge && bottom > edge) found.push(`${textContent}: ${edge - top} px`)
    }
    return found
}"""

OLD = {"width": 1024, "height": 768}  # an old projector's


def expect_fills(page: Page | Frame) -> None:
    """Wait until the first picture takes the window, and nothing else is above it."""
    expect(page.locator(".rnn-plot .main-svg").first).to_be_visible(timeout=90_000)
    page.wait_for_function(f"() => ({EDGES})().every((edge) => edge >= 0 && edge < 80)")
    for hidden in ("stSidebar", "stHeader"):
        expect(page.get_by_test_id(hidden)).to_be_hidden()


# What the address names after its #, the step and whether the page is presented.
NAMED = """() => {
    const named = new URLSearchParams(location.hash.slice(1))
    return `${named.get("step")} ${named.get("present")}`
}"""


def expect_linked(page: Page, step: int, present: str = "null") -> None:
    """Wait until the address names this after its #."""
    page.wait_for_function(f"said => ({NAMED})() === said", arg=f"{step} {present}")


def choose_in_class(page: Page, name: str) -> None:
    """Press a button of the box for a class."""
    page.get_by_role("button", name=text("menu.teachers"), exact=True).click()
    page.get_by_role("button", name=text(name), exact=True).click()
    expect(page.locator("#rnn-class")).to_be_hidden()


def test_the_picture_takes_the_window_until_escape(new_page: NewPage) -> None:
    page = new_page(viewport=PROJECTOR)
    visit(page)
    before = page.evaluate(EDGES)
    choose_in_class(page, "present.begin")
    expect_presented(page)
    assert broken_rules(page) == []
    page.keyboard.press("PageDown")
    expect_marked(page, 4, "timeline")
    expect_linked(page, 4, "true")
    page.reload()
    expect_fills(page)
    expect_marked(page, 4, "timeline")
    settle(page)
    expect_step_found_where_the_picture_is_enlarged(page)
    expect_link_as_a_qr_code(page)
    page.keyboard.press("Escape")
    expect_linked(page, 7)
    settle(page)
    assert page.evaluate(EDGES) == before
    plot(page, "inside").scroll_into_view_if_needed()
    page.keyboard.press("f")
    expect_fills(page)
    choose_in_class(page, "present.end")
    expect_linked(page, 7)


def expect_presented(page: Page) -> None:
    """The picture takes a projector's window, also enlarged to 150 per cent."""
    for size in ({"width": 853, "height": 480}, PROJECTOR):
        resize(page, size)
        page.evaluate("document.querySelector('.stMain').scrollTo(0, 0)")
        expect_fills(page)
        settle(page)
        assert crowded_in_charts(page) == []
    expect_read_from_afar(page)


def expect_read_from_afar(page: Page) -> None:
    """Texts are large enough for a projector, and none is cut off below."""
    assert page.evaluate(SMALL) == page.evaluate(CUT) == []


def expect_step_found_where_the_picture_is_enlarged(page: Page) -> None:
    page.mouse.click(*at_step(page, 7))
    expect_linked(page, 7, "true")
    expect(plot(page, "timeline").locator(".hovertext").first).to_contain_text("step 7")


def expect_link_as_a_qr_code(page: Page) -> None:
    page.keyboard.press("q")
    box = page.get_by_role("dialog", name=text("menu.teachers"))
    expect(box).to_contain_text("Phones cannot reach this server")  # the tests' own
    expect(box.get_by_role("link", name=text("pages.room.title"))).to_be_visible()
    assert broken_rules(page) == []
    page.keyboard.press("q")
    expect(box).to_be_hidden()


def test_keys_are_the_page_s_whatever_was_clicked_last(new_page: NewPage) -> None:
    page = new_page(viewport=PROJECTOR)
    visit(page, "/?units=4&fixed=true#step=3&present=true")
    page.get_by_role("radio", name="Inside the cell").click()
    for key, step in (("PageDown", 4), ("ArrowRight", 5), ("PageUp", 4), ("ArrowLeft", 3)):
        page.keyboard.press(key)
        expect_marked(page, step, "timeline")
    page.get_by_role("radio", name="lines").click()
    plot(page, "timeline").scroll_into_view_if_needed()
    settle(page)
    page.keyboard.press("PageDown")
    expect_marked(page, 4, "timeline")
    page.keyboard.press("Tab")
    switch = page.locator(".st-key-fixed").get_by_role("switch")
    switch.focus()  # with the keyboard a switch can still be flipped
    page.keyboard.press(" ")
    expect(switch).not_to_be_checked()
    page.locator(".st-key-fixed label").last.click()
    expect(switch).to_be_checked()
    settle(page)
    page.keyboard.press(" ")
    page.keyboard.press(" ")
    settle(page)
    expect(switch).to_be_checked()


@pytest.mark.whole
def test_no_key_is_dead_after_a_switch_or_in_hangul_mode(new_page: NewPage) -> None:
    """The switch was flipped by the mouse, and by the keyboard."""
    page = new_page(viewport=PROJECTOR)
    page.goto("/?ask=true")
    switch = page.locator(".st-key-return_state").get_by_role("switch")
    box = page.get_by_role("dialog", name=text("menu.teachers"))
    cover = page.get_by_role("button", name=text("ask.parts.returned"))
    expect(cover).to_be_visible()
    flips = page.locator(".st-key-return_state label").last.click, lambda: switch.press(" ")
    for press in (page.keyboard.press, partial(press_in_hangul, page)):
        for flip in flips:
            settle(page)
            flip()
            expect(cover).to_be_visible()
            settle(page)
            expect(switch).to_be_focused()
            press("q")
            expect(box).to_be_visible()
            press("q")
            expect(box).to_be_hidden()
            press("u")
            expect(cover).to_be_hidden()
            press("f")
            expect(page.get_by_test_id("stHeader")).to_be_hidden()
            press("f")
            expect(page.get_by_test_id("stHeader")).to_be_visible()


@pytest.mark.whole
def test_it_fits_in_a_frame_of_another_page(new_page: NewPage, server: str) -> None:
    page = new_page(fresh=True)
    address = f"{server}/?embed=true#present=true"
    page.goto("/_stcore/health")
    page.set_content(f'<iframe src="{address}" width="800" height="450"></iframe>')
    frame = page.frames[1]
    expect_fills(frame)


@pytest.mark.whole
def test_a_page_asks_first_and_letter_keys_can_be_switched_off(new_page: NewPage) -> None:
    page = new_page(viewport=PROJECTOR)
    visit(page, "/?units=5#step=4")
    choose_in_class(page, "ask.begin")
    show = page.get_by_role("button", name=text("ask.show", part=text("ask.parts.returned")))
    expect(show).to_be_visible()
    settle(page)
    assert broken_rules(page) == []
    expect(page.locator(".rnn-plot")).to_have_count(0)
    assert "5 units" not in page.content()
    choose_in_class(page, "letters.off")
    page.reload()  # the browser keeps it
    expect(show).to_be_visible()
    settle(page)
    for key in "fqu":
        page.keyboard.press(key)
    settle(page)
    expect(show).to_be_visible()
    expect(page.locator("#rnn-class")).to_be_hidden()
    expect(page.get_by_test_id("stHeader")).to_be_visible()
    choose_in_class(page, "letters.on")
    begin = page.locator(".rnn-begin")
    expect(begin).to_be_visible()
    page.keyboard.press("f")
    expect(begin).to_be_hidden()  # as the settings are that it speaks of
    page.keyboard.press("f")
    show.click()
    expect(page.locator(".rnn-unpack b")).to_be_visible()
    settle(page)
    page.keyboard.press("u")
    expect(page.locator(".rnn-plot .main-svg").first).to_be_visible()
    expect_linked(page, 4)
    page.wait_for_url("**/?units=5&ask=true#*")


@pytest.mark.whole
def test_what_the_key_uncovers_comes_into_the_window(new_page: NewPage) -> None:
    page = new_page(viewport=PROJECTOR)
    page.goto("/?ask=true#present=true")
    for name in ("returned", "picture"):
        expect(page.get_by_role("button", name=text(f"ask.parts.{name}"))).to_be_in_viewport()
        page.keyboard.press("u")
    expect_fills(page)
    facts = page.get_by_role("button", name=text("ask.parts.facts"))
    expect(facts).not_to_be_in_viewport()
    page.keyboard.press("u")
    expect(page.locator(".rnn-facts")).to_be_in_viewport(ratio=0.9)
    expect(page.get_by_role("button", name=text("ask.parts.tab"))).to_be_in_viewport()


@pytest.mark.whole
def test_keys_set_the_layer_while_the_picture_stays(new_page: NewPage) -> None:
    """On an old projector, with a room to go back to."""
    page = new_page(viewport=OLD, fresh=True)
    page.add_init_script("sessionStorage.setItem('rnn_lens_room', 'led')")
    visit(page, "/?length=29#step=3&present=true")
    expect_fills(page)
    code, edges = page.locator(".st-key-timeline .rnn-layers"), page.evaluate(EDGES)
    picture = plot(page, "timeline")
    for press in (page.keyboard.press, partial(press_in_hangul, page)):
        for key, said in (
            ("o", "outputs, state_h, state_c = LSTM(3, return_sequences=False, return_state=True)"),
            ("m", "outputs = LSTM(3, return_sequences=False)(x) # no state"),
            ("o", "outputs = LSTM(3, return_sequences=True)(x)"),
            ("m", "(x) # state_h, state_c: (1 sentence, 3 units)"),
            ("l", "outputs, state_h = GRU(3, "),
            ("l", "outputs, state_h = SimpleRNN(3, "),
            ("l", "outputs, state_h, state_c = LSTM(3, "),
            ("k", "LSTM(4, "),
            ("j", "LSTM(3, "),
        ):
            press(key)
            expect(code).to_contain_text(said)
            settle(page)
            # The browser lays out in 64ths of a px, which the picture's scale enlarges.
            assert page.evaluate(EDGES) == pytest.approx(edges, abs=0.05)
        for key, steps in (("h", 30), ("g", 29)):
            press(key)
            expect(picture.get_by_text(f"{steps} steps")).to_be_visible()
    expect_read_from_afar(page)
    for each in page.locator(".rnn-keys > :not([hidden])").all():
        expect(each).to_be_in_viewport(ratio=1)
    page.keyboard.press("PageDown")
    label = picture.locator(".hovertext")
    expect(label).to_contain_text("step 4")  # 29 steps are too narrow for numbers
    page.keyboard.press("f")
    expect(label).to_have_count(0)
    below = page.locator(".rnn-drawing").first
    page.goto("/?length=5#step=4&present=true")
    expect_fills(page)
    page.keyboard.press("PageDown")
    expect_linked(page, 5, "true")
    for _ in range(2):
        page.keyboard.press("PageDown")
    expect(below).to_be_in_viewport()
    for _ in range(2):
        page.keyboard.press("PageUp")
    page.keyboard.press("/")
    settle(page)
    expect_fills(page)
    expect_linked(page, 5, "true")
    page.locator(".rnn-find-over input").focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect_linked(page, 5)


@pytest.mark.whole
def test_what_is_worked_with_is_not_presented(new_page: NewPage) -> None:
    """Nor does it take the place of what there is to see."""
    page = new_page(viewport=PROJECTOR)
    for name, hidden, seen in (
        ("mistakes", ".st-key-mistake_choice", "code:has-text('ValueError')"),
        ("notebook", ".st-key-activations", ".rnn-cases code"),
        ("edit", "[data-testid=stFileUploader]", ".st-key-edit"),
        ("model", ".st-key-model_open", ".rnn-model li:last-child"),
    ):
        page.goto(f"/{name}#present=true")
        expect(page.locator(seen).first).to_be_visible()
        settle(page)
        expect(page.locator(seen).first).to_be_in_viewport()
        expect(page.locator(hidden).first).not_to_be_in_viewport()
    words = page.locator(".rnn-model-words")
    expect(words).to_be_visible()
    expect(words).not_to_have_class(re.compile("upright"))


@pytest.mark.whole
def test_the_keys_have_the_switch_that_the_page_is_about(new_page: NewPage) -> None:
    page = new_page(viewport=PROJECTOR)
    page.goto("/calls#present=true")
    expect_fills(page)
    button = page.locator(".rnn-keys").get_by_role("button", name="Pass them")
    expect(button).to_be_in_viewport(ratio=1)
    picture = page.locator(".rnn-plot").first
    expect(picture).to_contain_text("0 and 6 of 16")
    button.click()
    expect(picture).to_contain_text("0 and 0 of 16")
    settle(page)
    page.keyboard.press("x")
    expect(picture).to_contain_text("0 and 6 of 16")
