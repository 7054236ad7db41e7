"""The playhead: one step, marked in every chart, moved by pointer, keys and touch."""

from collections.abc import Callable
from statistics import median

from playwright.sync_api import Page, expect

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
    const { left, top, width, height } = plot.querySelector(".nsewdrag").getBoundingClientRect()
    return Array.from({ length: 50 }, () => {
        const start = performance.now()
        for (let step = 1; step <= 10; step++) {
            const clientX = left + (width * (step - 0.5)) / 10
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


def test_a_step_under_the_pointer_is_marked_in_every_chart(page: Page) -> None:
    visit(page)
    expect_marked(page, 1)
    before = equations(page)
    page.mouse.move(*at_step(page, 5, "timeline"))
    expect_marked(page, 5)
    page.mouse.move(*at_step(page, 8, "inside"))
    expect_marked(page, 8)
    expect(slider(page, "step")).to_have_value("8")  # it rests: the page follows
    expect(page.locator(".rnn-equations")).not_to_have_text(before, use_inner_text=True)
    settle(page)
    assert marked(page, "timeline") == marked(page, "inside") == 8
    assert "step=8" in page.url


def test_arrow_keys_move_it(page: Page) -> None:
    visit(page)
    page.mouse.move(*at_step(page, 9))
    expect_marked(page, 9)
    for key, step in (("Right", 10), ("Right", 10), ("Left", 9), ("Left", 8)):
        page.keyboard.press(f"Arrow{key}")
        expect_marked(page, step)
    expect(slider(page, "step")).to_have_value("8")
    page.mouse.move(*at_step(page, 2))
    for step in (1, 1):
        page.keyboard.press("ArrowLeft")
        expect_marked(page, step)
    expect(slider(page, "step")).to_have_value("1")
    settle(page)
    leave(page)  # from here on the keys press the buttons beside the slider
    for key, step in (("Right", 2), ("Right", 3), ("Left", 2)):
        page.keyboard.press(f"Arrow{key}")
        expect(slider(page, "step")).to_have_value(str(step))
        settle(page)
        expect_marked(page, step)


def test_space_plays_and_pauses(page: Page) -> None:
    visit(page, "/?tab=Shapes")  # the timeline alone, with nobody to report to
    page.mouse.move(*at_step(page, 2))
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


def test_playing_does_not_wait_for_the_server(page: Page) -> None:
    page.add_init_script(LATE)
    visit(page, "/?tokens=1 2 3 4 5")
    page.mouse.move(*at_step(page, 1))
    expect_marked(page, 1)
    page.evaluate(TRACK)
    page.keyboard.press(" ")
    expect(slider(page, "step")).to_have_value("5", timeout=15_000)
    places = page.evaluate("window.places")
    assert places == sorted(places)


def test_keys_on_a_slider_are_its_own(page: Page) -> None:
    visit(page)
    page.mouse.move(*at_step(page, 4))
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


def test_a_tap_marks_a_step(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    visit(page)
    page.touchscreen.tap(*at_step(page, 6))
    expect_marked(page, 6, "timeline")
    expect(slider(page, "step")).to_have_value("6")


def test_cost_of_a_move(page: Page, record_property: Callable[[str, object], None]) -> None:
    visit(page)
    cost = plot(page, "timeline").evaluate(COST)
    expect_marked(page, 10)
    record_property("playhead_move_ms", median(cost))
    print(f"a move of the playhead: median {median(cost):.3f} ms, largest {max(cost):.3f} ms")
