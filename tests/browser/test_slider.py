"""A slider changes the picture in place."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.dashboard import at_step, plot, press, rows, steps_shown, visit
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


def test_hidden_size_changes_the_picture_in_place(page: Page) -> None:
    visit(page)
    assert rows(page) == 4
    charts = [plot(page, key) for key in ("timeline", "inside")]
    for chart in charts:
        chart.evaluate("plot => { plot.tag = plot.querySelector('.main-svg') }")
    press(page, "units", "ArrowRight")
    assert rows(page) == rows(page, "inside") == 5
    assert asked(page) == {"units": ["5"]}
    for chart in charts:
        assert chart.evaluate("plot => plot.tag === plot.querySelector('.main-svg')")
    press(page, "units", "ArrowLeft")
    assert rows(page) == 4
    assert asked(page) == {}


def test_zoom_is_kept_until_the_steps_change(page: Page) -> None:
    visit(page)
    drag(page, 3, 7)
    zoomed = steps_shown(page)
    assert zoomed == pytest.approx([3, 7], abs=0.1)
    press(page, "units", "ArrowRight")
    assert rows(page) == 5
    assert steps_shown(page) == zoomed
    press(page, "length", "ArrowRight")
    assert steps_shown(page) == [0.5, 11.5]


def test_double_click_shows_all_steps_again(page: Page) -> None:
    visit(page)
    for last in (10.5, 11.5):
        drag(page, 3, 7)
        assert steps_shown(page) == pytest.approx([3, 7], abs=0.1)
        page.mouse.dblclick(*at_step(page, 5))
        settle(page)
        assert steps_shown(page) == [0.5, last]
        press(page, "length", "ArrowRight")


def test_sequence_length_changes_the_tokens(page: Page) -> None:
    visit(page)
    field = page.get_by_role("textbox", name="Token ids")
    ten = field.input_value().split(", ")
    press(page, "length", "ArrowRight")
    (tokens,) = asked(page)["tokens"]
    assert tokens.split(", ")[:10] == ten
    assert len(tokens.split(", ")) == 11
    assert field.input_value() == tokens
    press(page, "length", "ArrowLeft", "ArrowLeft")
    assert asked(page)["tokens"] == [", ".join(ten[:9])]
    assert steps_shown(page) == [0.5, 9.5]
