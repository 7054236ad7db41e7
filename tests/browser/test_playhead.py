"""The playhead: one step, marked in every chart, moved by pointer, keys and touch."""

import re
from collections.abc import Callable
from statistics import median
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, expect

from components.texts import text
from tests.browser.dashboard import (
    NewPage,
    at_step,
    equations,
    expect_marked,
    marked,
    plot,
    press,
    slider,
    visit,
)
from tests.browser.driver import settle

# Milliseconds of script a move over a chart takes, for each of 50 ways over all ten steps.
COST = """plot => {
    const { top, height } = plot.querySelector(".nsewdrag").getBoundingClientRect()
    const { left } = plot.getBoundingClientRect()
    const axis = plot._fullLayout.xaxis
    return Array.from({ length: 50 }, () => {
        const start = performance.now()
        for (let step = 1; step <= 10; step++) {
            const clientX = left + axis._offset + axis.l2p(step)
            const at = { clientX, clientY: top + height / 2 }
            plot.dispatchEvent(new PointerEvent("pointermove", at))
        }
        return (performance.now() - start) / 10
    })
}"""

# The way to the server takes long, as to a busy one.
LATE = """
const { send } = WebSocket.prototype
WebSocket.prototype.send = function (data) { setTimeout(() => send.call(this, data), 900) }
"""

# Keeps every place that the playhead of the timeline takes.
TRACK = """() => {
    const frame = document.querySelector(".st-key-timeline .rnn-playhead")
    window.places = []
    const note = () => window.places.push(frame.getBoundingClientRect().left)
    new MutationObserver(note).observe(frame, { attributes: true })
}"""


def leave(page: Page) -> None:
    """Take the pointer out of every chart."""
    page.mouse.move(700, 5)


def place(page: Page) -> dict[str, str]:
    """The step and the unit that the link names."""
    query = dict(parse_qsl(urlsplit(page.url).query))
    return {name: query[name] for name in ("step", "unit") if name in query}


def expect_read(page: Page, step: int, unit: int = 0) -> None:
    """Wait until the equations are those of a step and a unit."""
    says = re.compile(rf"Step {step} reads token .*Unit {unit} of that step")
    expect(page.get_by_text(says)).to_be_visible()


def row(page: Page, unit: int, units: int = 4) -> float:
    """The middle of a unit's row in the timeline."""
    cells = plot(page, "timeline").locator(".nsewdrag").first.bounding_box()
    return cells["y"] + cells["height"] * (unit + 0.5) / units


def test_a_step_under_the_pointer_is_marked_in_every_chart(page: Page) -> None:
    visit(page)
    expect_marked(page, 1)
    before = equations(page)
    page.mouse.move(*at_step(page, 5, "timeline"))
    expect_marked(page, 5)
    page.mouse.move(*at_step(page, 8, "inside"))
    expect_marked(page, 8)
    expect_read(page, 8)  # it rests: the equations follow
    settle(page)
    assert marked(page, "timeline") == marked(page, "inside") == 8
    assert equations(page) != before
    expect(slider(page, "step")).to_have_value("1")
    assert place(page) == {}  # a step that is only pointed at is not in the link
    leave(page)
    expect_marked(page, 1)
    expect_read(page, 1)
    settle(page)
    assert equations(page) == before
    assert place(page) == {}


def test_a_click_holds_a_step_and_the_unit_of_its_row(page: Page) -> None:
    visit(page)
    page.mouse.click(at_step(page, 5)[0], row(page, 2))
    expect(slider(page, "step")).to_have_value("5")
    expect(slider(page, "unit")).to_have_value("2")
    settle(page)
    assert place(page) == {"step": "5", "unit": "2"}
    expect_read(page, 5, 2)
    page.mouse.move(*at_step(page, 8))
    expect_marked(page, 8)
    expect_read(page, 8, 2)
    leave(page)
    expect_marked(page, 5)
    expect_read(page, 5, 2)
    settle(page)
    assert place(page) == {"step": "5", "unit": "2"}


@pytest.mark.parametrize("strip", [0, 3, 5])
def test_a_click_in_any_strip_chooses_its_unit(page: Page, strip: int) -> None:
    visit(page)
    x, _ = at_step(page, 7, "inside")
    cells = plot(page, "inside").locator(".nsewdrag").first.bounding_box()
    pitch = cells["height"] / 6  # of six strips, each below 22 px of its name for 36 px of cells
    named = 22 / (22 + 36)
    for unit in (3, 1):
        page.mouse.click(x, cells["y"] + pitch * (strip + named + (1 - named) * (unit + 0.5) / 4))
        expect(slider(page, "unit")).to_have_value(str(unit))
        expect(slider(page, "step")).to_have_value("7")
        settle(page)
    page.mouse.click(x, cells["y"] + pitch * (strip + named / 2))  # its name: no unit's row
    settle(page)
    assert place(page) == {"step": "7", "unit": "1"}


def test_a_click_in_lines_holds_the_step_alone(page: Page) -> None:
    visit(page, "/?view=lines&unit=1")
    page.mouse.click(*at_step(page, 4))
    expect(slider(page, "step")).to_have_value("4")
    settle(page)
    assert place(page) == {"step": "4", "unit": "1"}


def test_a_zoom_holds_nothing(page: Page) -> None:
    visit(page, "/?step=5")
    page.mouse.move(*at_step(page, 3))
    page.mouse.down()
    page.mouse.move(*at_step(page, 7), steps=4)
    page.mouse.up()
    settle(page)
    assert place(page) == {"step": "5"}
    leave(page)
    expect_marked(page, 5)


def test_the_slider_moves_it_while_the_pointer_rests_in_a_chart(page: Page) -> None:
    visit(page)
    page.mouse.move(*at_step(page, 8))
    expect_read(page, 8)
    press(page, "step", "ArrowRight", "ArrowRight")
    expect(slider(page, "step")).to_have_value("3")
    assert place(page) == {"step": "3"}
    assert marked(page) == 8
    leave(page)
    expect_marked(page, 3)
    expect_read(page, 3)


def test_a_step_held_while_nobody_asked_is_not_lost(page: Page) -> None:
    visit(page, "/?tab=shapes")
    page.mouse.click(at_step(page, 6)[0], row(page, 3))
    expect_marked(page, 6, "timeline")
    leave(page)
    page.get_by_role("tab", name="Inside the cell").click()
    expect(slider(page, "step")).to_have_value("6")
    expect(slider(page, "unit")).to_have_value("3")
    expect_marked(page, 6)


def test_arrow_keys_move_the_held_step(page: Page) -> None:
    visit(page)
    for key, step in (("Right", 2), ("Right", 3), ("Left", 2), ("Left", 1), ("Left", 1)):
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
    expect_read(page, 8, 2)
    settle(page)
    assert place(page)["step"] == "8"


def test_keys_in_a_row_are_one_step_each(new_page: NewPage) -> None:
    page = new_page(fresh=True)
    page.add_init_script(LATE)
    visit(page)
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect_marked(page, 6)
    expect(slider(page, "step")).to_have_value("6", timeout=15_000)
    settle(page)
    assert marked(page) == 6


def test_keys_work_where_the_charts_are_out_of_sight(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 1280, "height": 720})
    visit(page)
    below = page.get_by_text("The products behind the sums")
    below.scroll_into_view_if_needed()
    settle(page)
    page.keyboard.press("ArrowRight")
    expect(slider(page, "step")).to_have_value("2")
    expect_read(page, 2)


def test_keys_are_left_to_what_has_the_focus(page: Page) -> None:
    visit(page, "/?source=typed")
    tab = page.get_by_role("tab", name="Inside the cell")
    for control in (
        page.get_by_role("textbox", name="Token ids"),
        page.get_by_role("switch", name="return_state"),
        page.locator(".st-key-inside_next").get_by_role("button"),
        page.locator(".st-key-inside_products summary"),
        page.get_by_role("link", name="Notebook", exact=True),
        page.locator("[data-copies]").first,
        slider(page, "units"),
        tab,
    ):
        control.focus()
        page.keyboard.press("ArrowRight")
        settle(page)
        assert marked(page) == 1, control
    expect(slider(page, "units")).to_have_value("5")
    assert place(page) == {}
    expect(page.get_by_role("tab", name="Shapes")).to_be_focused()
    page.keyboard.press("ArrowLeft")  # the tabs' own key, too
    expect(tab).to_be_focused()
    page.locator(".st-key-inside_products summary").press(" ")
    settle(page)
    assert marked(page) == 1


def test_tabs_keep_up_with_the_keys(page: Page) -> None:
    visit(page, "/")
    page.get_by_role("tab", name="Inside the cell").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    expect(page.get_by_role("tab", name="Shapes")).to_be_focused()
    expect(page.get_by_role("tabpanel").get_by_role("table")).to_be_visible()
    page.keyboard.press("ArrowRight")
    settle(page)
    page.keyboard.press("ArrowLeft")
    settle(page)
    expect(page.get_by_role("tab", name="Shapes")).to_be_focused()
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


def test_playing_does_not_wait_for_the_server(new_page: NewPage) -> None:
    page = new_page(fresh=True)
    page.add_init_script(LATE)
    visit(page, "/?tokens=1 2 3 4 5")
    expect_marked(page, 1)
    page.evaluate(TRACK)
    page.keyboard.press(" ")
    expect(slider(page, "step")).to_have_value("5", timeout=15_000)
    places = page.evaluate("window.places")
    assert places == sorted(places)


def test_keys_on_a_slider_are_its_own(page: Page) -> None:
    visit(page)
    page.mouse.click(*at_step(page, 4))
    expect(slider(page, "step")).to_have_value("4")
    press(page, "units", "ArrowRight")  # the pointer still is in the chart
    leave(page)
    press(page, "units", "ArrowRight")
    expect(slider(page, "units")).to_have_value("6")
    expect(slider(page, "step")).to_have_value("4")
    expect_marked(page, 4)


def test_a_click_in_a_chart_gives_it_the_keys(page: Page) -> None:
    visit(page)
    press(page, "units", "ArrowRight")
    page.mouse.click(*at_step(page, 4))
    expect_marked(page, 4)
    page.keyboard.press("ArrowRight")
    expect_marked(page, 5)
    expect(slider(page, "units")).to_have_value("5")


def test_it_follows_a_zoom(page: Page) -> None:
    visit(page, "/?step=5")
    expect_marked(page, 5)
    plot(page, "timeline").evaluate(
        "plot => window.Plotly.relayout(plot, { 'xaxis.range': [2.5, 7.5] })"
    )
    page.mouse.move(*at_step(page, 4, "inside"))
    expect_marked(page, 4)
    page.mouse.move(*at_step(page, 9, "inside"))
    expect_marked(page, 9, "inside")
    assert marked(page, "timeline") is None


def test_a_tap_holds_a_step(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    visit(page)
    page.touchscreen.tap(*at_step(page, 6))
    expect_marked(page, 6, "timeline")
    expect(slider(page, "step")).to_have_value("6")
    expect(page.get_by_text(text("playhead.touch"))).to_be_visible()
    settle(page)
    assert place(page)["step"] == "6"


def test_cost_of_a_move(page: Page, record_property: Callable[[str, object], None]) -> None:
    visit(page)
    cost = plot(page, "timeline").evaluate(COST)
    expect_marked(page, 10)
    record_property("playhead_move_ms", median(cost))
    assert median(cost) < 1
    print(f"a move of the playhead: median {median(cost):.3f} ms, largest {max(cost):.3f} ms")
