"""A page on paper: every chart, in light colours, without what the page is worked with."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from components.texts import text
from tests.browser.conftest import CLASSROOM, Watch
from tests.browser.dashboard import A4, NewPage, faint_in_charts, plot, put_on_a4, visit
from tests.browser.driver import settle

CHARTS = ("timeline", "inside")


@pytest.mark.whole
def test_as_many_pages_of_A4_as_it_takes(new_page: NewPage) -> None:
    """The questions of a lesson are on one, all of Explore is on two."""
    page = new_page(viewport={"width": 1280, "height": 720})
    visit(page)
    expect(page.locator(".st-key-inside_worked_out svg").first).to_be_visible()
    assert pages(page) == 2
    for sheet, most in (("questions", 1), ("answers", 2)):
        page.goto(f"/lessons?lesson=states&sheet={sheet}")
        expect(page.locator(".rnn-sheet section")).to_have_count(5)
        settle(page)
        assert pages(page) <= most


def pages(page: Page) -> int:
    """How many pages of A4 it takes to print what is open."""
    margins = dict.fromkeys(("top", "right", "bottom", "left"), "10mm")
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", margin=margins)))


# Words that are paler than 4.5 to 1 on white, but for those whose own ground is printed, too.
PALE = """() => {
    const one = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })
    const light = (colour) => {
        one.fillStyle = "#fff"
        one.fillRect(0, 0, 1, 1)
        one.fillStyle = colour
        one.fillRect(0, 0, 1, 1)
        const linear = [...one.getImageData(0, 0, 1, 1).data].map((byte) => (byte / 255) ** 2.2)
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }
    const says = ({ childNodes }) => [...childNodes].some((n) => n.nodeType === 3 && n.data.trim())
    const words = [...document.querySelectorAll(".stMain :not(svg, svg *)")].filter(says)
    return words.filter((each) => each.getClientRects().length > 0 && each.checkVisibility())
        .filter((each) => getComputedStyle(each).printColorAdjust !== "exact")
        .filter((each) => 1.05 / (light(getComputedStyle(each).color) + 0.05) < 4.5)
        .map((each) => each.textContent)
}"""


def widths(page: Page) -> list[float]:
    """How wide each chart is drawn; 0 where it is not drawn."""
    drawn = "plot => plot._fullLayout?.width ?? 0"
    return [plot(page, key).evaluate(drawn) for key in CHARTS]


def test_a_dark_page_is_printed_in_light_colours_and_becomes_light(new_page: NewPage) -> None:
    """On A4, and on the screen."""
    page = new_page(fresh=True, color_scheme="dark", viewport={"width": 1280, "height": 720})
    visit(page)
    for key in CHARTS:
        plot(page, key).evaluate("plot => { plot.tag = true }")
    layer = page.locator(".st-key-timeline .rnn-layers")
    expect(layer).to_be_hidden()
    on_screen = widths(page)[0]
    assert on_screen > A4["width"]
    put_on_a4(page)
    for hidden in ("stSidebar", "stHeader", "stExpandSidebarButton"):
        expect(page.get_by_test_id(hidden)).to_be_hidden()
    expect(page.get_by_role("button", name=text("copy.link"))).to_be_hidden()
    expect(layer).to_have_text("LSTM(3, return_sequences=True, return_state=True)")
    expect(layer).to_be_visible()
    hint = page.get_by_text(text("playhead.pointer")).first
    expect(hint).to_be_hidden()
    expect(hint.locator("xpath=..")).to_be_visible()
    assert page.evaluate(PALE) == []
    expect(page.locator(".rnn-address")).to_have_text(page.url)
    title = page.get_by_role("heading", level=1)
    expect(title).to_have_css("color", "rgb(20, 25, 31)")
    expect(page.locator("body")).to_have_css("background-color", "rgba(0, 0, 0, 0)")

    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.wait_for_function(
        "([chart, width]) => chart._fullLayout.width === width",
        arg=[plot(page, CHARTS[0]).element_handle(), on_screen],
    )
    expect(page.locator(".rnn-address")).to_have_count(0)
    expect_drawn_in_the_page_s_colours(page)
    expect_theme_changed_without_a_reload(page)


# Whether a chart is the one that was there before, in the page's colours.
SAME = """plot => plot.tag && plot.layout.font.color.toLowerCase()
    === getComputedStyle(plot).getPropertyValue("--st-text-color").trim().toLowerCase()"""


def expect_drawn_in_the_page_s_colours(page: Page) -> None:
    """Each chart, once it is in sight."""
    for key in CHARTS:
        plot(page, key).scroll_into_view_if_needed()
        page.wait_for_function(SAME, arg=plot(page, key).element_handle())
    settle(page)
    assert faint_in_charts(page) == []


def expect_theme_changed_without_a_reload(page: Page) -> None:
    """And no chart is made anew, though the colours change faster than they can be drawn."""
    for scheme in ["light", "dark"] * 15 + ["light"]:
        page.emulate_media(color_scheme=scheme)
    settle(page)
    expect_drawn_in_the_page_s_colours(page)


def test_the_link_is_on_paper_as_a_qr_code_where_phones_reach_the_server(
    new_page: NewPage, server: str, watch: Watch
) -> None:
    page = new_page(fresh=True)
    page.goto(server.replace("127.0.0.1", CLASSROOM) + "/mistakes")
    expect(page.get_by_role("button", name=text("copy.link"))).to_be_visible()
    settle(page)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    code = page.locator(".rnn-address .rnn-qr")
    expect(code).to_be_visible()
    expect(code).to_have_attribute("alt", page.url)
    assert {urlsplit(url).hostname for url in watch.foreign_requests} == {CLASSROOM}
    watch.foreign_requests.clear()
