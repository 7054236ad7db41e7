"""The playhead: one step, marked in every chart, moved by pointer, keys and touch."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from components.backend import Settings, run
from components.backend.worksheet import worksheet
from components.panels.equations import arrays, markup
from components.panels.equations import equations as equations_of
from components.texts import text
from tests.browser.dashboard import (
    NewPage,
    at_step,
    equations,
    expect_looked,
    expect_marked,
    figure,
    follow,
    looked,
    marked,
    pick,
    plot,
    press,
    slider,
    start_from,
    visit,
)
from tests.browser.driver import settle
from tests.notation import fill

# Keeps what is sent to the server.
SENT = """
window.sent = []
const { send } = WebSocket.prototype
WebSocket.prototype.send = function (data) { window.sent.push(data); send.call(this, data) }
"""

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


def leave(page: Page) -> None:
    """Take the pointer out of every chart."""
    page.mouse.move(700, 5)


def expect_read(page: Page, step: int, unit: int = 0) -> None:
    """Wait until the equations are those of a step and a unit."""
    says = re.compile(rf"Step {step} reads .*Unit {unit} of that step")
    expect(page.get_by_text(says)).to_be_visible()


def row(page: Page, unit: int, units: int = 3) -> float:
    """The middle of a unit's row in the timeline."""
    cells = plot(page, "timeline").locator(".nsewdrag").first.bounding_box()
    return cells["y"] + cells["height"] * (unit + 0.5) / units


def test_a_step_under_the_pointer_is_marked_in_every_chart(page: Page) -> None:
    visit(page)
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


def test_a_click_holds_a_step_and_the_unit_of_its_row(page: Page) -> None:
    visit(page)
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


def test_the_row_of_the_unit_is_outlined_in_every_strip(page: Page) -> None:
    visit(page)
    for unit in (0, 2, 1):
        press(page, "unit", "Home", *["ArrowRight"] * unit)
        for key, strips in (("timeline", 1), ("inside", 6)):
            outlines, rows = page.evaluate(OUTLINES, key)
            assert len(outlines) == strips
            for outline, edges in zip(outlines, rows, strict=True):
                assert outline == pytest.approx(edges[unit : unit + 2], abs=1)


def test_moving_it_says_nothing_to_the_server(new_page: NewPage) -> None:
    """However it is moved, and whatever of it is worked out."""
    page = new_page(fresh=True)
    page.add_init_script(SENT)
    visit(page)
    page.locator(".st-key-inside_products summary").click()
    table = page.locator(".rnn-products caption")
    expect(table).to_have_text("Step 3, reads 64, unit 0")
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


def test_what_is_shown_is_what_the_backend_computes(page: Page) -> None:
    visit(page, "/?cell=GRU")
    result = run(Settings(cell="GRU"))
    numbers = arrays(result, worksheet(result, sentence=0), sentence=0)
    template = markup(equations_of(result.settings))
    for step, unit in ((1, 0), (4, 2), (10, 2)):
        press(page, "step", "Home", *["ArrowRight"] * (step - 1))
        press(page, "unit", "Home", *["ArrowRight"] * unit)
        html = fill(template, numbers, step=step, unit=unit, html=True)
        shown = page.locator(".rnn-equations").evaluate("shown => shown.outerHTML")
        assert re.sub("</?span[^>]*>", "", shown) == html


def test_the_buttons_end_at_the_ends(page: Page) -> None:
    visit(page, "/?source=typed&tokens=7, 8, 9&go_backwards=true")
    before, after = (
        page.get_by_role("button", name=text(f"inside.{name}")) for name in ("previous", "next")
    )
    expect(after).to_be_disabled()
    for step, token in ((2, 8), (1, 9)):
        before.click()
        expect_read(page, step)
        expect(page.get_by_text(f"Step {step} reads {token}")).to_be_visible()
        expect(slider(page, "step")).to_have_attribute("aria-valuetext", f"{step}, reads {token}")
    expect(before).to_be_disabled()
    after.click()
    expect_read(page, 2)
    expect(before).to_be_enabled()


def test_a_short_sentence_begins_at_its_last_step(page: Page) -> None:
    for tokens, step in (("7, 8", 2), ("7", 1)):
        visit(page, f"/?source=typed&tokens={tokens}")
        expect_read(page, step)
        expect_marked(page, step)
        assert looked(page) == {}


def test_it_stays_where_it_is(page: Page, new_page: NewPage) -> None:
    """Over changes, reloads, links, other pages, Back; and a link of the older kind opens."""
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
    reader = new_page()
    visit(reader, page.evaluate("location.href"))
    expect_read(reader, 5, 1)
    visit(reader, "/?cell=LSTM&embed=true#step=3&unit=2")  # an address that is written anew
    expect_read(reader, 3, 2)
    follow(page, "Notebook")
    follow(page, "Explore")
    expect_read(page, 5, 1)
    page.go_back()
    page.go_back()
    expect_read(page, 5, 1)
    expect_looked(page, step="5", unit="1")


def test_what_is_gone_makes_way_and_comes_back(page: Page) -> None:
    visit(page, "/#step=9&unit=2")
    expect_read(page, 9, 2)
    pick(page, "source", "Example of seven")
    expect_read(page, 7, 2)
    expect_looked(page, step="7", unit="2")
    expect_marked(page, 7)
    expect(page.get_by_text(text("inside.beyond_step", asked=9, steps=7))).to_be_visible()
    pick(page, "source", "Example of ten")
    expect_read(page, 9, 2)
    expect_looked(page, step="9", unit="2")
    expect(page.get_by_text(text("inside.beyond_step", asked=9, steps=7))).to_have_count(0)


@pytest.mark.parametrize("said", ["step=0", "step=1000000&unit=99", "step=x&unit=-1", "&&=%", "a"])
def test_nonsense_after_the_hash_is_clamped_or_passed_over(page: Page, said: str) -> None:
    visit(page, f"/#{said}")
    expect(page.locator(".rnn-equations")).to_be_visible()
    assert marked(page) in (1, 3, 10)
    page.keyboard.press("ArrowLeft")
    assert marked(page) in (1, 2, 9)


def test_a_click_in_any_strip_chooses_its_unit(page: Page) -> None:
    visit(page)
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


def test_a_click_in_lines_holds_the_step_alone(page: Page) -> None:
    visit(page, "/?view=lines&unit=1")
    page.mouse.click(*at_step(page, 4))
    expect(slider(page, "step")).to_have_value("4")
    expect_looked(page, step="4", unit="1")


def test_a_zoom_holds_nothing_and_is_followed(page: Page) -> None:
    visit(page, "/?step=5")
    page.mouse.move(*at_step(page, 3))
    page.mouse.down()
    page.mouse.move(*at_step(page, 7), steps=4)
    page.mouse.up()
    settle(page)
    assert looked(page) == {"step": "5"}
    leave(page)
    expect_marked(page, 5)
    page.mouse.move(*at_step(page, 4, "inside"))
    expect_marked(page, 4)
    page.mouse.move(*at_step(page, 9, "inside"))
    expect_marked(page, 9, "inside")
    assert marked(page, "timeline") is None


def test_the_slider_moves_it_while_the_pointer_rests_in_a_chart(page: Page) -> None:
    visit(page)
    page.mouse.move(*at_step(page, 8))
    expect_read(page, 8)
    press(page, "step", "ArrowRight", "ArrowRight")
    expect(slider(page, "step")).to_have_value("5")
    assert looked(page) == {"step": "5"}
    expect_marked(page, 5)  # what was moved last is shown
    expect_read(page, 5)
    page.mouse.move(*at_step(page, 9))
    expect_marked(page, 9)
    leave(page)
    expect_marked(page, 5)
    expect_read(page, 5)


def test_a_step_held_while_nobody_asked_is_not_lost(page: Page) -> None:
    visit(page, "/?tab=shapes")
    page.mouse.click(at_step(page, 6)[0], row(page, 2))
    expect_marked(page, 6, "timeline")
    leave(page)
    page.get_by_role("radio", name="Inside the cell").click()
    expect(slider(page, "step")).to_have_value("6")
    expect(slider(page, "unit")).to_have_value("2")
    expect_marked(page, 6)


def test_arrow_keys_move_the_held_step(page: Page) -> None:
    visit(page)
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


def test_keys_work_where_the_charts_are_out_of_sight(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 1280, "height": 720})
    visit(page)
    below = page.get_by_text("The products behind the sums")
    below.scroll_into_view_if_needed()
    settle(page)
    page.keyboard.press("ArrowRight")
    expect(slider(page, "step")).to_have_value("4")
    expect_read(page, 4)


def test_keys_are_left_to_what_has_the_focus(page: Page) -> None:
    visit(page, "/?source=typed")
    tab = page.get_by_role("radio", name="Inside the cell")
    for control in (
        page.get_by_role("textbox", name="Token ids"),
        page.get_by_role("switch", name="return_state"),
        page.get_by_role("button", name=text("inside.next")),
        slider(page, "unit"),
        page.locator(".st-key-inside_products summary"),
        page.get_by_role("link", name="Notebook", exact=True),
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


def test_tabs_keep_up_with_the_keys(page: Page) -> None:
    visit(page, "/")
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
    assert urlsplit(page.url).query == "tab=shapes"


def test_space_plays_and_pauses(new_page: NewPage) -> None:
    page = new_page(fresh=True)
    visit(page, "/?tab=shapes")  # the timeline alone, with nobody to report to
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


def test_keys_on_a_slider_are_its_own_until_a_chart_is_clicked(page: Page) -> None:
    visit(page)
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


def test_a_tap_holds_a_step(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    visit(page)
    page.touchscreen.tap(*at_step(page, 6))
    expect_marked(page, 6, "timeline")
    expect(slider(page, "step")).to_have_value("6")
    expect(page.get_by_text(text("playhead.touch"))).to_be_visible()
    expect(plot(page, "timeline").locator(".hoverlayer")).to_contain_text("step 6")
    settle(page)
    assert looked(page)["step"] == "6"


def test_a_cell_with_more_strips_is_drawn_with_another_size(page: Page) -> None:
    """The row of the unit is outlined in the strips that are drawn, not in those to come."""
    visit(page, "/?cell=SimpleRNN&units=5")
    slider(page, "unit").press("ArrowRight")
    start_from(page, "opening")
    expect(page.locator(".rnn-call")).to_contain_text("LSTM(3")
    settle(page)
    assert len(figure(page, "inside")) >= 6
    assert page.locator(".st-key-inside .rnn-rows i").count() == 6
