"""`streamlit run dashboard/app.py`, from anywhere, does without the launcher."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.conftest import Watch
from tests.browser.dashboard import choose, unpack
from tests.browser.driver import ROOT, new_context, serve, settle


def test_app_runs_without_the_launcher(browser: Browser, watch: Watch, tmp_path: Path) -> None:
    """Streamlit's own charts draw the recorded run, which the page shows for as long as TensorFlow
    is being loaded: here for ever."""
    (tmp_path / "tensorflow.py").write_text("import time; time.sleep(3600)")
    alone = {"folder": tmp_path, "environment": {"PYTHONPATH": str(tmp_path)}}
    with serve(ROOT / "dashboard/app.py", **alone) as server:
        context = new_context(browser, server.url, reduced_motion="reduce")
        page = context.new_page()
        watch.follow(page, server.url)
        page.goto("/?step=2")
        for key in ("timeline", "inside"):
            chart = page.locator(f".st-key-{key} .js-plotly-plot .main-svg").first
            expect(chart).to_be_visible(timeout=60_000)
        settle(page)
        expect(unpack(page)).to_contain_text("LSTM(3")
        timeline = page.locator(".st-key-timeline")
        expect(timeline.locator(".ytick").filter(has_text="unit")).to_have_count(3)
        choose(page, "view", "lines")
        expect(timeline.locator(".scatterlayer .trace").first).to_be_attached()
        assert page.locator(".rnn-plot").count() == 0
        context.close()
    assert watch == Watch()
