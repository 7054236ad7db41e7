"""Where TensorFlow does not import: the page says so, and stays usable."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from components.texts import text
from tests.browser.conftest import NO_TENSORFLOW, Watch
from tests.browser.dashboard import press, unpack_line, with_defaults
from tests.browser.driver import ROOT, new_context, serve, settle

pytestmark = pytest.mark.whole


def test_every_part_of_the_page_says_so(
    browser: Browser, watch: Watch, no_tensorflow: dict[str, str]
) -> None:
    with serve(ROOT / "dashboard", environment=no_tensorflow) as server:
        context = new_context(browser, server.url, reduced_motion="reduce")
        page = context.new_page()
        watch.follow(page, server.url)
        page.goto(with_defaults("/"))
        told = page.get_by_role("alert").filter(has_text=text("errors.start"))
        expect(told).to_contain_text("ImportError", timeout=90_000)
        settle(page)
        for units in ("4", "5"):
            press(page, "units", "ArrowRight")
            expect(told).to_be_visible()
            expect(page.get_by_role("alert")).to_have_count(1)
            expect(page.locator(".rnn-plot")).to_have_count(0)
            assert f"LSTM({units}, " in unpack_line(page)
            assert urlsplit(page.url).query == f"units={units}"
        expect(page.locator(".st-key-panel")).to_contain_text(text("explore.no_run"))
        assert NO_TENSORFLOW not in page.content()
        assert server.log(1000).count(f"ImportError: {NO_TENSORFLOW}") == 1
        assert watch == Watch()
        context.close()
