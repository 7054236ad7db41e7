"""Two tabs of one browser, each with a link of its own, leave each other alone."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.dashboard import (
    NewPage,
    at_step,
    choose,
    equations,
    expect_marked,
    figure,
    flip,
    marked,
    plot,
    press,
    rows,
    slider,
    unpack_line,
    visit,
)
from tests.browser.driver import settle


def seen(page: Page) -> dict[str, Any]:
    return {
        "link": parse_qs(urlsplit(page.url).query),
        "call": unpack_line(page),
        "hidden size": slider(page, "units").input_value(),
        "ids": page.get_by_role("textbox", name="Token ids").all_inner_texts(),
        "tab": page.locator(".st-key-tab").get_by_role("radio", checked=True).inner_text(),
        "timeline": figure(page, "timeline"),
        "step": marked(page),
    }


def test_two_tabs_do_not_influence_each_other(new_page: NewPage, server: str, watch: Watch) -> None:
    one = new_page()
    other = one.context.new_page()
    watch.follow(other, server)
    visit(one, "/?units=3&step=2")
    visit(other, "/?cell=GRU&units=6&tab=parameters&tokens=1 2 3 4 5")
    expect_marked(one, 2)
    first, second = seen(one), seen(other)
    assert first["tab"] != second["tab"]

    choose(other, "cell", "SimpleRNN")
    press(other, "units", "ArrowRight")
    other.get_by_role("radio", name="Shapes").click()
    other.mouse.move(*at_step(other, 4))
    expect_marked(other, 4, "timeline")
    settle(other)
    settle(one)
    assert seen(one) == first

    second = seen(other)
    assert second["call"].startswith("outputs, state_h = SimpleRNN(7")
    before = equations(one)
    flip(one, "return_state")
    press(one, "units", "ArrowLeft")
    press(one, "step", "ArrowRight")
    settle(other)
    assert seen(other) == second
    assert unpack_line(one) == "outputs = LSTM(2, return_sequences=True)(x)"
    assert rows(one) == rows(one, "inside") == 2
    assert equations(one) != before
    expect_marked(one, 3)

    press(other, "units", "ArrowRight")  # and both still work
    assert rows(other) == 8
    first, second = seen(one), seen(other)
    for page, before in ((one, first), (other, second)):
        page.reload()
        expect(plot(page, "timeline").locator(".main-svg").first).to_be_visible()
        settle(page)
        assert seen(page)["call"] == before["call"]
        assert seen(page)["timeline"] == before["timeline"]
        assert seen(page)["tab"] == before["tab"]
