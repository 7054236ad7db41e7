"""A slider changes the picture in place."""

from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from components.backend import Setup
from components.backend.settings import NOTEBOOK_TEN
from components.charts.picture import start_edges, step_range
from components.texts import text
from tests.browser.dashboard import (
    at_step,
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
    visit(page)
    expect_hidden_size_changed_in_place(page)
    expect_zoom_kept_until_the_steps_change(page)
    expect_all_steps_again_after_a_double_click(page)
    expect_tokens_changed_with_the_length(page)


def expect_hidden_size_changed_in_place(page: Page) -> None:
    assert rows(page) == 3
    charts = [plot(page, key) for key in ("timeline", "inside")]
    for chart in charts:
        chart.evaluate("plot => { plot.tag = plot.querySelector('.main-svg') }")
    press(page, "units", "ArrowRight")
    assert rows(page) == rows(page, "inside") == 4
    assert asked(page) == {"units": ["4"]}
    for chart in charts:
        assert chart.evaluate("plot => plot.tag === plot.querySelector('.main-svg')")
    press(page, "units", "ArrowLeft")
    assert rows(page) == 3
    assert asked(page) == {}


def expect_zoom_kept_until_the_steps_change(page: Page) -> None:
    drag(page, 3, 7)
    zoomed = steps_shown(page)
    assert zoomed == pytest.approx([3, 7], abs=0.1)
    press(page, "units", "ArrowRight")
    assert rows(page) == 4
    assert steps_shown(page) == zoomed
    press(page, "length", "ArrowRight")
    assert steps_shown(page) == all_steps(11)


def expect_all_steps_again_after_a_double_click(page: Page) -> None:
    """After the steps have changed, too."""
    drag(page, 3, 7)
    assert steps_shown(page) == pytest.approx([3, 7], abs=0.1)
    page.mouse.dblclick(*at_step(page, 5))
    settle(page)
    assert steps_shown(page) == all_steps(11)


def expect_tokens_changed_with_the_length(page: Page) -> None:
    for keys, steps in (([], 11), (["ArrowLeft", "ArrowLeft"], 9)):
        press(page, "length", *keys)
        assert asked(page) == {"units": ["4"], "length": [str(steps)]}
        ids = Setup(length=steps).ids[0]
        assert ids[:9] == NOTEBOOK_TEN[:9]
        assert tokens_shown(page) == [str(token) for token in ids]
        assert steps_shown(page) == all_steps(steps)


def test_a_number_beyond_the_slider_is_taken_as_typed(page: Page) -> None:
    allowed = text("problems.whole", low=1, high=512)
    visit(page)
    page.get_by_text("Advanced", exact=True).click()
    settle(page)
    type_number(page, "units_typed", 128)
    assert "LSTM(128, " in unpack_line(page)
    assert rows(page) == rows(page, "inside") == 64
    said = text("charts.cut", drawn=64, units=128)
    expect(page.locator(".st-key-timeline")).to_contain_text(said)
    expect(field(page, "units_typed")).to_have_count(0)
    expect(field(page, "units")).to_have_value("128")
    for typed, got, shown in (("3.7", "3.7", "128"), ("1e9", "1000000000", "512")):
        type_number(page, "units", typed)
        said = text("link.line", field="units", got=got, allowed=allowed, used=shown)
        expect(page.get_by_test_id("stAlert")).to_contain_text(said)
        assert f"LSTM({shown}, " in unpack_line(page)
        assert asked(page) == {"units": [shown]}
    type_number(page, "units", 511)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    field(page, "units").press("ArrowDown")
    settle(page)
    assert asked(page) == {"units": ["510"]}
    type_number(page, "units", 5)
    assert rows(page) == 5
    expect(slider(page, "units")).to_have_value("5")
    expect(field(page, "units_typed")).to_have_value("")
    press(page, "units", "ArrowRight")
    assert asked(page) == {"units": ["6"]}


def test_a_field_that_is_being_typed_in_changes_nothing(page: Page) -> None:
    """However many widgets come and go meanwhile, and if it is emptied."""
    visit(page, "/?embeddings_initializer=uniform")
    page.get_by_text("Advanced", exact=True).click()
    settle(page)
    field = page.get_by_role("spinbutton", name="Seed")
    field.fill("77")
    for _ in range(2):  # the fields of the Embedding, above it and beside it, go and come again
        page.get_by_role("switch", name="Embedding", exact=True).evaluate("e => e.click()")
        settle(page)
        assert field.input_value() == "77"
    field.press("Enter")
    settle(page)
    assert asked(page) == {"embeddings_initializer": ["uniform"], "seed": ["77"]}
    expect_emptied_field_to_change_nothing(page)


def expect_emptied_field_to_change_nothing(page: Page) -> None:
    type_number(page, "seed", "")
    assert asked(page)["seed"] == ["77"]
    type_number(page, "seed", "2.5")
    expect(page.get_by_test_id("stAlert")).to_contain_text("seed: 2.5; allowed: ")
    type_number(page, "seed", 7)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    assert asked(page)["seed"] == ["7"]
