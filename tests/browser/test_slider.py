"""A slider changes the picture in place."""

import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from components.backend import Setup
from components.backend.question.settings import NOTEBOOK_TEN
from components.charts.picture import start_edges, step_range
from components.texts import text
from tests.browser.dashboard import (
    NewPage,
    at_step,
    choose,
    field,
    plot,
    press,
    rows,
    slider,
    steps_shown,
    type_number,
    unpack_line,
    visit,
)
from tests.browser.driver import settle


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def drag(page: Page, first: int, last: int) -> None:
    """Zoom the timeline from one step's middle to another's, as with a mouse."""
    left, right = at_step(page, first), at_step(page, last)
    page.mouse.move(*left)
    page.mouse.down()
    page.mouse.move(*right, steps=4)
    page.mouse.up()
    settle(page)


def all_steps(steps: int) -> list[float]:
    """The range of a step axis that shows everything, the state before step 1 included."""
    return pytest.approx(step_range(steps, start_edges(steps, np.zeros(1))))


def tokens_shown(page: Page) -> list[str]:
    """The tokens under the steps of the timeline."""
    ticks = plot(page, "timeline").evaluate("plot => plot._fullLayout.xaxis.ticktext")
    return [tick.partition("<b>")[2].removesuffix("</b>") for tick in ticks[1:]]


def test_a_slider_changes_the_picture_in_place(page: Page) -> None:
    """What is zoomed stays so until the steps change."""
    visit(page)
    charts = [plot(page, key) for key in ("timeline", "inside")]
    for chart in charts:
        chart.evaluate("plot => { plot.tag = plot.querySelector('.main-svg') }")
    drag(page, 3, 7)
    zoomed = steps_shown(page)
    assert zoomed == pytest.approx([3, 7], abs=0.1)
    press(page, "units", "ArrowRight")
    assert rows(page) == rows(page, "inside") == 4
    assert asked(page) == {"units": ["4"]}
    assert steps_shown(page) == zoomed
    press(page, "length", "ArrowRight")
    expect_tokens(page, 11)
    drag(page, 3, 7)
    assert steps_shown(page) == pytest.approx([3, 7], abs=0.1)
    page.mouse.dblclick(*at_step(page, 5))
    settle(page)
    assert steps_shown(page) == all_steps(11)
    press(page, "length", "ArrowLeft", "ArrowLeft")
    expect_tokens(page, 9)
    for chart in charts:
        assert chart.evaluate("plot => plot.tag === plot.querySelector('.main-svg')")


def expect_tokens(page: Page, steps: int) -> None:
    assert asked(page) == {"units": ["4"], "length": [str(steps)]}
    ids = Setup(length=steps).ids[0]
    assert ids[:9] == NOTEBOOK_TEN[:9]
    assert tokens_shown(page) == [str(token) for token in ids]
    assert steps_shown(page) == all_steps(steps)


@pytest.mark.whole
def test_numbers_are_typed(page: Page) -> None:
    """However many widgets come and go meanwhile; also one that is emptied, or beyond a slider."""
    visit(page, "/?source=random&length=2&embeddings_initializer=uniform&units=64")
    page.get_by_text("Advanced", exact=True).click()
    settle(page)
    field(page, "seed").fill("77")
    for _ in range(2):  # the fields of the Embedding, above it and beside it, go and come again
        page.get_by_role("switch", name="Embedding", exact=True).evaluate("e => e.click()")
        settle(page)
        assert field(page, "seed").input_value() == "77"
    field(page, "seed").press("Enter")
    settle(page)
    link = {"source": ["random"], "length": ["2"], "embeddings_initializer": ["uniform"]}
    link |= {"seed": ["77"]}
    assert asked(page) == link | {"units": ["64"]}
    type_number(page, "seed", "")
    assert asked(page) == link | {"units": ["64"]}

    type_number(page, "units_typed", 128)
    assert "LSTM(128, " in unpack_line(page)
    assert rows(page) == rows(page, "inside") == 64
    said = text("charts.cut", drawn=64, units=128)
    expect(page.locator(".st-key-timeline")).to_contain_text(said)
    expect(field(page, "units_typed")).to_have_count(0)
    expect(field(page, "units")).to_have_value("128")
    field(page, "units").press("ArrowDown")
    settle(page)
    assert asked(page) == link | {"units": ["127"]}
    type_number(page, "units", "3.7")
    expect(page.get_by_test_id("stAlert")).to_contain_text("units: 3.7; allowed: ")
    type_number(page, "units", 5)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    assert rows(page) == 5
    expect(field(page, "units_typed")).to_have_count(0)
    press(page, "units", "ArrowRight")
    assert asked(page) == link | {"units": ["6"]}
    press(page, "units", "End")
    expect(field(page, "units_typed")).to_have_value("")


@pytest.mark.whole
def test_a_widget_whose_script_comes_late_shows_what_the_link_says(new_page: NewPage) -> None:
    """The page has been run again before it comes, and that run sets nothing."""
    page, held = new_page(fresh=True), list[Route]()
    scripts = re.compile(r"/(Slider|Checkbox|Selectbox)\.\w+\.js")
    page.route(scripts, lambda route: held.append(route))
    visit(page, "/?units=5&source=random&return_sequences=false")
    choose(page, "view", "lines")
    for script in held:
        script.continue_()
    page.unroute(scripts)
    expect(slider(page, "units")).to_have_value("5")
    expect(page.locator(".st-key-return_sequences").get_by_role("switch")).not_to_be_checked()
    expect(page.locator(".st-key-return_state").get_by_role("switch")).to_be_checked()
    source = page.locator(".st-key-source").get_by_role("combobox")
    expect(source).to_have_value(text("settings.source.options.random"))
    press(page, "units", "ArrowRight")
    assert unpack_line(page).endswith("LSTM(6, return_state=True)(x)")
