"""Two tabs of one browser, one opened from the other with its settings, leave each other alone."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from components.texts import text
from tests.browser.conftest import Watch
from tests.browser.dashboard import (
    at_step,
    choose,
    elsewhere,
    expect_marked,
    figure,
    looked,
    marked,
    plot,
    press,
    slider,
    unpack_line,
    visit,
)
from tests.browser.driver import settle

pytestmark = pytest.mark.whole


def seen(page: Page, key: str) -> dict[str, Any]:
    """What a tab shows, with the chart of that name."""
    settle(page)
    return {
        "link": parse_qs(urlsplit(page.url).query),
        "looked": looked(page),
        "cell": page.locator(".st-key-cell").get_by_role("radio", checked=True).inner_text(),
        "hidden size": slider(page, "units").input_value(),
        "chart": figure(page, key),
        "step": marked(page, key),
    }


def test_two_tabs_do_not_influence_each_other(page: Page, server: str, watch: Watch) -> None:
    one = page
    visit(one, "/padding?cell=GRU&units=5#step=2")
    with one.context.expect_page() as opened:
        there = elsewhere(one).filter(has_text=text("pages.explore.title"))
        there.click(modifiers=["ControlOrMeta"])
    other = opened.value
    watch.follow(other, server)
    expect(plot(other, "timeline").locator(".main-svg").first).to_be_visible()
    settle(other)
    assert unpack_line(other).startswith("outputs, state_h = GRU(5, ")
    one.keyboard.press("Escape")  # the box of the links
    before = seen(one, "padding")
    assert (before["hidden size"], before["step"]) == ("5", 2)

    choose(other, "cell", "SimpleRNN")
    other.mouse.move(*at_step(other, 4))
    expect_marked(other, 4, "timeline")
    assert seen(one, "padding") == before

    before = seen(other, "timeline")
    assert before["cell"] == "SimpleRNN"
    press(one, "units", "ArrowLeft")
    assert seen(one, "padding")["link"] == {"cell": ["GRU"], "units": ["4"]}
    assert seen(other, "timeline") == before

    before = seen(one, "padding")
    press(other, "units", "ArrowRight")  # and both still work
    one.reload()
    expect(plot(one, "padding").locator(".main-svg").first).to_be_visible()
    assert seen(one, "padding") == before
    assert seen(other, "timeline")["hidden size"] == "6"
