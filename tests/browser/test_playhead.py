"""The playhead: one step, marked in every chart, moved by pointer, keys and touch."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from components.texts import text
from tests.browser.dashboard import (
    NewPage,
    at_step,
    choose,
    equations,
    expect_looked,
    expect_marked,
    figure,
    looked,
    marked,
    pick,
    plot,
    press,
    slider,
    start_from,
    unpack_line,
    visit,
)
from tests.browser.driver import TALL, settle

# Keeps what is sent to the server.
SENT = """() => {
    window.sent = []
    const { send } = WebSocket.prototype
    WebSocket.prototype.send = function (data) { window.sent.push(data); send.call(this, data) }
}"""

# Of each strip: the top and bottom of the outline, and the edges of its rows, in px of the window.
OUTLINES = """(key) => {
    const plot = document.querySelector(`.st-key-${key} .rnn-plot`)
    const { yaxis } = plot._fullLayout
    const top = plot.getBoundingClientRect().top + yaxis._offset
    const strips = plot.data.filter((trace) => trace.type === "heatmap")
    const whole = strips.filter((trace) => trace.x.length === plot.layout.meta.steps)
    const outlines = [...document.querySelectorAll(`.st-key-${key} .rnn-rows i`)].map((box) => {
        const { top, bottom } = box.getBoundingClientRect()
        return [top, bottom]
    })
    return [outlines, whole.map((trace) => trace.y.map((y) => top + yaxis.l2p(y)))]
}"""

UNFOCUS = "document.activeElement.blur()"


def leave(page: Page) -> None:
    """Take the pointer out of every chart."""
    page.mouse.move(700, 5)


def expect_read(page: Page, step: int, unit: int = 0) -> None:
    """Wait until the equations are those of a step and a unit."""
    says = re.compile(rf"Step {step} reads .*, unit {unit}")
    expect(page.get_by_text(says)).to_be_visible()


def row(page: Page, unit: int, units: int = 3) -> float:
    """The middle of a unit's row in the timeline."""
    cells = plot(page, "timeline").locator(".nsewdrag").first.bounding_box()
    return cells["y"] + cells["height"] * (unit + 0.5) / units


def test_a_step_is_pointed_at_held_and_played(new_page: NewPage) -> None:
    page = new_page(fresh=True)
    visit(page)
    expect_step_under_the_pointer_marked_in_every_chart(page)
    expect_click_to_hold_a_step_and_the_unit_of_its_row(page)
    expect_row_of_the_unit_outlined_in_every_strip(page)
    expect_click_in_any_strip_to_choose_its_unit(page)
    expect_click_in_lines_to_hold_the_step_alone(page)
    expect_slider_to_move_it_while_the_pointer_rests_in_a_chart(page)
    expect_nothing_said_to_the_server(page)
    expect_zoom_to_hold_nothing_and_to_be_followed(page)
    expect_space_to_play_and_pause(page)


def expect_step_under_the_pointer_marked_in_every_chart(page: Page) -> None:
    expect_marked(page, 3)
    before = equations(page)
    page.mouse.move(*at_step(page, 5, "timeline"))
    expect_marked(page, 5)
    page.mouse.move(*at_step(page, 8, "inside"))
    expect_marked(page, 8)
    expect_read(page, 8)
    assert marked(page, "timeline") == marked(page, "inside") == 8
    assert equations(page) != before
    expect(slider(page, "step")).to_have_value("3")
    settle(page)
    assert looked(page) == {}  # a step that is only pointed at is not in the link
    leave(page)
    expect_marked(page, 3)
    expect_read(page, 3)
    settle(page)
    assert equations(page) == before
    assert looked(page) == {}


def expect_click_to_hold_a_step_and_the_unit_of_its_row(page: Page) -> None:
    page.mouse.click(at_step(page, 5)[0], row(page, 2))
    expect(slider(page, "step")).to_have_value("5")
    expect(slider(page, "unit")).to_have_value("2")
    expect_looked(page, step="5", unit="2")
    expect_read(page, 5, 2)
    page.mouse.move(*at_step(page, 8))
    expect_marked(page, 8)
    expect_read(page, 8, 2)
    leave(page)
    expect_marked(page, 5)
    expect_read(page, 5, 2)
    settle(page)
    assert looked(page) == {"step": "5", "unit": "2"}


def expect_row_of_the_unit_outlined_in_every_strip(page: Page) -> None:
    for unit in (0, 2, 1):
        press(page, "unit", "Home", *["ArrowRight"] * unit)
        for key, strips in (("timeline", 1), ("inside", 6)):
            outlines, rows = page.evaluate(OUTLINES, key)
            assert len(outlines) == strips
            for outline, edges in zip(outlines, rows, strict=True):
                assert outline == pytest.approx(edges[unit : unit + 2], abs=1)


def expect_click_in_any_strip_to_choose_its_unit(page: Page) -> None:
    cells = plot(page, "inside").locator(".nsewdrag").first.bounding_box()
    pitch = cells["height"] / 6  # of six strips, each below 22 px of its name for 36 px of cells
    named = 22 / (22 + 36)
    for strip, step in ((0, 7), (3, 4), (5, 9)):
        x, _ = at_step(page, step, "inside")
        for unit in (2, 1):
            row = named + (1 - named) * (unit + 0.5) / 3
            page.mouse.click(x, cells["y"] + pitch * (strip + row))
            expect(slider(page, "unit")).to_have_value(str(unit))
            expect(slider(page, "step")).to_have_value(str(step))
        page.mouse.click(x, cells["y"] + pitch * (strip + named / 2))  # its name: no unit's row
        settle(page)
        assert looked(page) == {"step": str(step), "unit": "1"}


def expect_click_in_lines_to_hold_the_step_alone(page: Page) -> None:
    choose(page, "view", "lines")
    page.mouse.click(*at_step(page, 4))
    expect(slider(page, "step")).to_have_value("4")
    expect_looked(page, step="4", unit="1")
    choose(page, "view", "heatmap")


def expect_slider_to_move_it_while_the_pointer_rests_in_a_chart(page: Page) -> None:
    page.mouse.move(*at_step(page, 8))
    expect_read(page, 8, 1)
    press(page, "step", "ArrowRight")
    expect(slider(page, "step")).to_have_value("5")
    assert looked(page) == {"step": "5", "unit": "1"}
    expect_marked(page, 5)  # what was moved last is shown
    expect_read(page, 5, 1)
    page.mouse.move(*at_step(page, 9))
    expect_marked(page, 9)
    leave(page)
    expect_marked(page, 5)
    expect_read(page, 5, 1)


def expect_nothing_said_to_the_server(page: Page) -> None:
    """However it is moved, and whatever of it is worked out."""
    page.evaluate(SENT)
    page.locator(".st-key-inside_products summary").click()
    table = page.locator(".rnn-products caption")
    expect(table).to_have_text("Step 5, reads 77, unit 1")
    settle(page)
    before = page.evaluate("window.sent.length")
    assert before
    for step in (2, 9, 4):
        page.mouse.move(*at_step(page, step))
        expect_marked(page, step)
    page.mouse.click(at_step(page, 6)[0], row(page, 1))
    leave(page)
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name=text("inside.next")).click()
    press(page, "unit", "ArrowRight")
    expect(table).to_have_text("Step 8, reads 30, unit 2")
    expect_read(page, 8, 2)
    expect_looked(page, step="8", unit="2")
    settle(page)
    assert page.evaluate("window.sent.length") == before


def expect_zoom_to_hold_nothing_and_to_be_followed(page: Page) -> None:
    page.mouse.move(*at_step(page, 3))
    page.mouse.down()
    page.mouse.move(*at_step(page, 7), steps=4)
    page.mouse.up()
    settle(page)
    assert looked(page) == {"step": "8", "unit": "2"}
    page.mouse.move(*at_step(page, 4, "inside"))
    expect_marked(page, 4)
    page.mouse.move(*at_step(page, 9, "inside"))
    expect_marked(page, 9, "inside")
    assert marked(page, "timeline") is None
    page.mouse.dblclick(*at_step(page, 5))


def expect_space_to_play_and_pause(page: Page) -> None:
    choose(page, "tab", "Shapes")  # the timeline alone, with nobody to report to
    page.mouse.click(*at_step(page, 2))
    leave(page)
    expect_marked(page, 2, "timeline")
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.keyboard.press(" ")
    page.clock.run_for(2 * 700)
    expect_marked(page, 4, "timeline")
    page.keyboard.press(" ")
    page.clock.run_for(3 * 700)
    expect_marked(page, 4, "timeline")
    page.keyboard.press(" ")
    page.clock.run_for(20 * 700)  # it stops at the last step
    expect_marked(page, 10, "timeline")
    page.keyboard.press(" ")  # and begins again
    expect_marked(page, 1, "timeline")


def test_keys_move_the_held_step(page: Page) -> None:
    visit(page, "/?cell=SimpleRNN&units=5")
    expect_another_cell_s_strips_outlined(page)
    expect_arrow_keys_to_move_the_held_step(page)
    expect_charts_reached_by_tab(page)
    expect_keys_on_a_slider_to_be_its_own_until_a_chart_is_clicked(page)
    expect_keys_to_work_where_the_charts_are_out_of_sight(page)
    expect_tabs_to_keep_up(page)
    expect_step_held_while_nobody_asks(page)


def expect_another_cell_s_strips_outlined(page: Page) -> None:
    """It has more strips, and another size: its own are outlined, not those that were drawn."""
    slider(page, "unit").press("ArrowRight")
    start_from(page, "drawn")
    expect(page.locator(".rnn-call")).to_contain_text("LSTM(3")
    settle(page)
    assert len(figure(page, "inside")) >= 6
    assert page.locator(".st-key-inside .rnn-rows i").count() == 6


def expect_arrow_keys_to_move_the_held_step(page: Page) -> None:
    page.evaluate(UNFOCUS)
    for key, step in (("Right", 4), ("Left", 3), ("Left", 2), ("Left", 1), ("Left", 1)):
        page.keyboard.press(f"Arrow{key}")  # wherever the pointer is
        expect_marked(page, step)
    page.mouse.click(*at_step(page, 9))
    expect_marked(page, 9)
    page.mouse.move(*at_step(page, 4))
    expect_marked(page, 4)
    for key, step in (("Right", 10), ("Right", 10), ("Left", 9), ("Left", 8)):
        page.keyboard.press(f"Arrow{key}")
        expect_marked(page, step)
    expect(slider(page, "step")).to_have_value("8")
    expect_read(page, 8, 1)
    expect_looked(page, step="8", unit="1")
    for _ in range(5):  # in a row: one step each
        page.keyboard.press("ArrowLeft")
    expect_marked(page, 3)
    expect(slider(page, "step")).to_have_value("3")
    expect_looked(page, step="3", unit="1")


def expect_charts_reached_by_tab(page: Page) -> None:
    """And it is shown which has the focus."""
    before = {
        "timeline": page.locator(".rnn-unpack button"),
        "inside": slider(page, "unit"),
    }
    for step, (key, control) in enumerate(before.items(), start=4):
        control.focus()
        chart = plot(page, key)
        for _ in range(5):
            page.keyboard.press("Tab")
            if chart.evaluate("chart => chart === document.activeElement"):
                break
        expect(chart).to_be_focused()
        assert chart.evaluate("chart => getComputedStyle(chart).outlineStyle") == "solid"
        page.keyboard.press("ArrowRight")
        expect_marked(page, step)


def expect_keys_on_a_slider_to_be_its_own_until_a_chart_is_clicked(page: Page) -> None:
    page.mouse.click(*at_step(page, 4))
    expect(slider(page, "step")).to_have_value("4")
    press(page, "units", "ArrowRight")  # the pointer still is in the chart
    leave(page)
    press(page, "units", "ArrowRight")
    expect(slider(page, "units")).to_have_value("5")
    expect(slider(page, "step")).to_have_value("4")
    expect_marked(page, 4)
    page.mouse.click(*at_step(page, 7))  # which gives them to the chart
    expect_marked(page, 7)
    page.keyboard.press("ArrowRight")
    expect_marked(page, 8)
    expect(slider(page, "units")).to_have_value("5")


def expect_keys_to_work_where_the_charts_are_out_of_sight(page: Page) -> None:
    leave(page)
    page.evaluate(UNFOCUS)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.get_by_text("The products behind the sums").scroll_into_view_if_needed()
    settle(page)
    page.keyboard.press("ArrowRight")
    expect(slider(page, "step")).to_have_value("9")
    expect_read(page, 9, 2)
    page.set_viewport_size(TALL)


def expect_tabs_to_keep_up(page: Page) -> None:
    shapes = page.get_by_role("radio", name="Shapes")
    page.get_by_role("radio", name="Inside the cell").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
        page.keyboard.press("Enter")
    expect(shapes).to_be_focused()
    expect(shapes).to_be_checked()
    expect(page.locator(".st-key-panel").get_by_role("table")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    settle(page)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    settle(page)
    expect(shapes).to_be_checked()
    assert parse_qs(urlsplit(page.url).query) == {"units": ["5"], "tab": ["shapes"]}


def expect_step_held_while_nobody_asks(page: Page) -> None:
    page.mouse.click(at_step(page, 6)[0], row(page, 3, units=5))
    expect_marked(page, 6, "timeline")
    leave(page)
    page.get_by_role("radio", name="Inside the cell").click()
    expect(slider(page, "step")).to_have_value("6")
    expect(slider(page, "unit")).to_have_value("3")
    expect_marked(page, 6)


@pytest.mark.whole
def test_keys_are_left_to_what_has_the_focus(page: Page) -> None:
    visit(page, "/?source=typed")
    tab = page.get_by_role("radio", name="Inside the cell")
    for control in (
        page.get_by_role("textbox", name="Token ids"),
        page.get_by_role("switch", name="return_state"),
        page.get_by_role("button", name=text("inside.next")),
        slider(page, "unit"),
        page.locator(".st-key-inside_products summary"),
        page.get_by_role("link", name=text("pages.questions.title"), exact=True),
        page.locator("[data-copies]").first,
        slider(page, "units"),
        tab,
    ):
        control.focus()
        page.keyboard.press("ArrowRight")
        assert "step" not in looked(page), control
    settle(page)
    assert marked(page) == 3
    expect(slider(page, "units")).to_have_value("4")
    assert looked(page) == {"unit": "1"}
    expect(page.get_by_role("radio", name="Shapes")).to_be_focused()
    page.keyboard.press("ArrowLeft")  # the tabs' own key, too
    expect(tab).to_be_focused()
    page.locator(".st-key-inside_products summary").press(" ")
    settle(page)
    assert marked(page) == 3


@pytest.mark.whole
def test_it_begins_at_the_last_step_of_a_short_sentence(page: Page) -> None:
    """And the buttons end at the ends."""
    visit(page, "/?source=typed&tokens=7, 8&go_backwards=true")
    expect_read(page, 2)
    expect_marked(page, 2)
    assert looked(page) == {}
    before, after = (
        page.get_by_role("button", name=text(f"inside.{name}")) for name in ("previous", "next")
    )
    expect(after).to_be_disabled()
    before.click()
    expect_read(page, 1)
    expect(page.get_by_text("Step 1 reads 8")).to_be_visible()
    expect(slider(page, "step")).to_have_attribute("aria-valuetext", "1, reads 8")
    expect(before).to_be_disabled()
    after.click()
    expect_read(page, 2)
    expect(before).to_be_enabled()


@pytest.mark.whole
def test_it_stays_where_it_is(new_page: NewPage) -> None:
    """Over changes, reloads, links, other pages, Back; and a link of the older kind opens. The
    settings stay too."""
    page = new_page(fresh=True)
    visit(page, "/?step=4&unit=1")
    expect_looked(page, step="4", unit="1")
    page.keyboard.press("ArrowRight")
    expect_looked(page, step="5", unit="1")
    press(page, "units", "ArrowRight")
    expect_read(page, 5, 1)
    page.reload()
    expect_read(page, 5, 1)
    settle(page)
    assert looked(page) == {"step": "5", "unit": "1"}
    line = unpack_line(page)
    for name in ("questions", "explore"):
        bar = page.get_by_test_id("stTopNav")
        bar.get_by_role("link", name=text(f"pages.{name}.title"), exact=True).click()
        expect(page).to_have_title(text("app.tab", page=text(f"pages.{name}.title")))
        settle(page)
    expect_read(page, 5, 1)
    assert unpack_line(page) == line
    assert parse_qs(urlsplit(page.url).query)["units"] == ["4"]
    for name in ("questions", "explore"):
        page.go_back()
        expect(page).to_have_title(text("app.tab", page=text(f"pages.{name}.title")))
        settle(page)
    expect_read(page, 5, 1)
    expect_looked(page, step="5", unit="1")
    visit(page, "/?cell=LSTM&embed=true#step=9&unit=2")  # an address that is written anew
    expect_read(page, 9, 2)
    expect_way_made_for_a_shorter_sentence(page)


def expect_way_made_for_a_shorter_sentence(page: Page) -> None:
    """And it comes back with a longer one."""
    pick(page, "source", "Example of seven")
    expect_read(page, 7, 2)
    expect_looked(page, step="7", unit="2")
    expect_marked(page, 7)
    expect(page.get_by_text(text("inside.beyond_step", asked=9, steps=7))).to_be_visible()
    pick(page, "source", "Example of ten")
    expect_read(page, 9, 2)
    expect_looked(page, step="9", unit="2")
    expect(page.get_by_text(text("inside.beyond_step", asked=9, steps=7))).to_have_count(0)


@pytest.mark.whole
def test_nonsense_after_the_hash_is_clamped_or_passed_over(page: Page) -> None:
    """In the address that is opened, and in one that is gone to."""
    visit(page, "/#step=1000000&unit=-1&step=x&&=%&a")
    expect_marked(page, 3)
    for said, step, before in (("step=0", 1, 1), ("step=99999&unit=99", 10, 9)):
        page.evaluate("said => { location.hash = said }", said)
        expect_marked(page, step)
        page.keyboard.press("ArrowLeft")
        expect_marked(page, before)


@pytest.mark.whole
def test_only_strips_that_have_the_step_are_marked(page: Page) -> None:
    visit(page, "/encoder_decoder")
    marks = page.locator(".rnn-playhead i:visible")
    for step, strips in ((3, 3), (7, 1)):
        page.mouse.move(*at_step(page, step, "encoder_decoder"))
        expect_marked(page, step, "encoder_decoder")
        expect(marks).to_have_count(strips)
    at, (other, _) = at_step(page, 1, "encoder_decoder"), at_step(page, 2, "encoder_decoder")
    page.mouse.move(at[0] - (other - at[0]), at[1])  # what a layer begins with is no step
    expect(marks).to_have_count(0)


def test_a_tap_holds_a_step(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    visit(page)
    page.touchscreen.tap(*at_step(page, 6))
    expect_marked(page, 6, "timeline")
    expect(slider(page, "step")).to_have_value("6")
    expect(plot(page, "timeline").locator(".hoverlayer")).to_contain_text("step 6")
    page.locator(".st-key-timeline .rnn-how summary").tap()
    expect(page.get_by_text(text("playhead.touch"))).to_be_visible()
    settle(page)
    assert looked(page)["step"] == "6"
