"""Where TensorFlow does not import: the page says so, and stays usable."""

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, expect

from components.texts import text
from tests.browser.conftest import NO_TENSORFLOW, Watch
from tests.browser.dashboard import choose, press, unpack_line
from tests.browser.driver import ROOT, new_context, serve, settle


def test_every_part_of_the_page_says_so(
    browser: Browser, watch: Watch, no_tensorflow: dict[str, str]
) -> None:
    with serve(ROOT / "dashboard", environment=no_tensorflow) as server:
        context = new_context(browser, server.url, reduced_motion="reduce")
        page = context.new_page()
        watch.follow(page, server.url)
        page.goto("/")
        told = page.get_by_role("alert").filter(has_text=text("errors.start"))
        expect(told).to_contain_text("ImportError", timeout=90_000)
        settle(page)
        moves = (
            lambda: press(page, "units", "ArrowRight"),
            lambda: choose(page, "cell", "GRU"),
            lambda: press(page, "length", "ArrowRight"),
        )
        for move in moves:
            move()
            expect(told).to_be_visible()
            expect(page.get_by_role("alert")).to_have_count(1)
            expect(page.locator(".rnn-plot")).to_have_count(0)
        assert unpack_line(page).endswith("GRU(4, return_sequences=True, return_state=True)(x)")
        assert parse_qs(urlsplit(page.url).query) == {
            "units": ["4"],
            "cell": ["GRU"],
            "length": ["11"],
        }
        panel = page.locator(".st-key-panel")
        expect(panel).to_contain_text(text("explore.no_run"))
        page.get_by_role("radio", name="Code").click()
        expect(panel).to_contain_text("keras.layers.GRU(")
        assert NO_TENSORFLOW not in page.content()
        assert server.log(1000).count(f"ImportError: {NO_TENSORFLOW}") == 1
        assert watch == Watch()
        context.close()
