"""A page to keep: one HTML file, which opens from a disk without a network and works there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from components.panels.pages import PAGES
from components.texts import speaking, text
from tests.browser.conftest import Watch
from tests.browser.dashboard import (
    NARROW,
    SIDEWAYS,
    WIDE,
    NewPage,
    at_step,
    crowded_in_charts,
    expect_looked,
    expect_marked,
    faint_in_charts,
    figure,
    plot,
    put_on_a4,
    resize,
    visit,
)
from tests.browser.driver import TALL, settle
from tests.browser.test_every_page import WORDS_ALONE

MOST = 3_000_000  # bytes

# The middle of a chart's first row of cells, in px below the top of the window.
FIRST_ROW = """plot => {
    const cells = plot.data.find(({ type }) => type === "heatmap")
    const middle = plot._fullLayout.yaxis.l2p((cells.y[0] + cells.y[1]) / 2)
    return plot.querySelector(".nsewdrag").getBoundingClientRect().top + middle
}"""

# Whether all that is drawn by our modules has begun to be.
DRAWN = """() => [...document.querySelectorAll("[data-given]")]
    .every((place) => place.firstElementChild.hasChildNodes())"""

# Whether the text is as bright as on a dark page.
DARK = "() => getComputedStyle(document.body).color.match(/\\d+/)[0] > 127"


def keep(page: Page, folder: Path) -> Path:
    """The file of the page that is open."""
    with page.expect_download() as download:
        page.locator("span[data-keeper]").get_by_role("button", name=text("keep.begin")).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    assert path.stat().st_size < MOST
    return path


@contextmanager
def opened(browser: Browser, file: Path, scheme: str = "light") -> Iterator[Page]:
    """A file in a browser without a network, in which it asks for nothing and logs nothing."""
    context = browser.new_context(
        offline=True, viewport=TALL, color_scheme=scheme, reduced_motion="reduce"
    )
    page, asked, said = context.new_page(), list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_function(DRAWN)
    for chart in page.locator(".rnn-plot").all():
        chart.scroll_into_view_if_needed()
        expect(chart.locator(".main-svg").first).to_be_visible()
    yield page
    assert said == []
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [file.as_uri()]
    context.close()


@pytest.mark.parametrize(
    ("name", "address", "key"),
    [
        ("explore", "/?cell=GRU", "timeline"),
        ("attention", "/attention", "attention"),
        ("learn", "/learn?learn.task=star", "film"),
    ],
)
def test_a_kept_page_works_from_a_disk(
    page: Page, browser: Browser, tmp_path: Path, name: str, address: str, key: str
) -> None:
    """It begins at the step that was looked at, a key goes on, and a cell says its number."""
    visit(page, f"{address}#step=2")
    expect_marked(page, 2, key)
    facts = page.locator(".rnn-facts").first.inner_text()
    file = keep(page, tmp_path)
    assert file.name == f"rnn_lens_{name}.html"
    with opened(browser, file, "dark") as kept:
        live = kept.get_by_role("link", name=text("keep.live"))
        assert live.get_attribute("href") == page.evaluate("location.href")
        assert kept.locator(".rnn-facts").first.inner_text() == facts
        expect(kept.locator(".rnn-begin")).to_have_count(0)  # no settings to begin with
        assert kept.evaluate(DARK)
        assert faint_in_charts(kept) == []
        expect_marked(kept, 2, key)
        kept.keyboard.press("ArrowRight")
        expect_marked(kept, 3, key)
        expect_looked(kept, step="3")
        x, _ = at_step(kept, 3, key)
        kept.mouse.move(x, plot(kept, key).evaluate(FIRST_ROW))
        expect(plot(kept, key).locator(".hovertext").first).to_contain_text("step 3")
        assert cells(kept, key) == cells(page, key) != []
        expect_printed_on_a4(kept)


def cells(page: Page, key: str) -> list[object]:
    """The numbers that a chart's cells show."""
    return [trace["z"] for trace in figure(page, key) if trace["type"] == "heatmap"]


def expect_printed_on_a4(page: Page) -> None:
    """With its address."""
    put_on_a4(page)
    assert not page.evaluate(DARK)
    expect(page.locator("footer .rnn-address")).to_be_visible()


@pytest.mark.whole
@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.kept])
def test_every_page_can_be_kept(
    new_page: NewPage, browser: Browser, tmp_path: Path, name: str
) -> None:
    """With all its charts; in Korean, on a dark phone, and on paper."""
    page = new_page(viewport=WIDE)
    page.goto(f"/{PAGES[name].address}?lang=ko")
    if name not in WORDS_ALONE:
        expect(page.locator(".rnn-plot").first).to_be_attached()
    settle(page)
    charts = page.locator(".rnn-plot").count()
    with speaking("ko"):
        file = keep(page, tmp_path)
    with opened(browser, file, "dark") as kept:
        expect(kept.locator("html")).to_have_attribute("lang", "ko")
        assert kept.locator(".rnn-plot").count() == charts
        assert kept.get_by_role("heading", level=1).count() == 1
        resize(kept, NARROW)
        assert faint_in_charts(kept) == crowded_in_charts(kept) == []
        assert kept.evaluate(SIDEWAYS) == []
        expect_printed_on_a4(kept)


def test_what_only_the_visitor_may_have_cannot_be_kept(page: Page) -> None:
    """A room has the link that leads it."""
    page.goto("/room")
    expect(page.get_by_role("button", name=text("copy.link"))).to_be_visible()
    expect(page.locator("[data-keeps]")).to_have_count(0)


def test_who_cannot_reach_the_server_is_told(new_page: NewPage, watch: Watch) -> None:
    """Where the window is narrow the button is in the box."""
    page = new_page(fresh=True)
    visit(page)
    page.set_viewport_size({"width": 1024, "height": 768})
    page.get_by_role("button", name=text("menu.teachers")).click()
    page.route("**/keep/*", lambda route: route.abort())
    line = page.locator("p[data-keeper]")
    line.get_by_role("button").click()
    expect(line.get_by_role("status")).to_have_text(text("keep.failed"))
    assert any("ERR_FAILED" in error for error in watch.console_errors)
    watch.console_errors.clear()
    page.unroute("**/keep/*")
