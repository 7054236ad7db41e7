"""`streamlit run dashboard/app.py`, from anywhere, does without the launcher."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.conftest import Watch
from tests.browser.dashboard import press, unpack
from tests.browser.driver import ROOT, new_context, serve, settle


def test_app_runs_without_the_launcher(browser: Browser, watch: Watch, tmp_path: Path) -> None:
    with serve(ROOT / "dashboard/app.py", folder=tmp_path) as server:
        context = new_context(browser, server.url)
        page = context.new_page()
        watch.follow(page, server.url)
        page.goto("/?step=2&seed=1")  # the recorded run stands in for none but the default settings
        for key in ("timeline", "inside"):
            chart = page.locator(f".st-key-{key} .js-plotly-plot .main-svg").first
            expect(chart).to_be_visible(timeout=60_000)
        settle(page)
        press(page, "units", "ArrowRight")
        expect(unpack(page)).to_contain_text("LSTM(4")
        labels = page.locator(".st-key-timeline .ytick").filter(has_text="unit")
        expect(labels).to_have_count(4)
        assert page.locator(".rnn-plot").count() == 0
        context.close()
    assert watch == Watch()
