"""Charts need nothing but this server, and say so where even that fails."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Request, expect

from components.texts import text
from tests.browser.conftest import Watch
from tests.browser.dashboard import NewPage, press, unpack_line, visit
from tests.browser.driver import settle

pytestmark = pytest.mark.whole


def test_a_chart_says_that_its_script_is_missing_until_it_is_fetched_and_kept(
    new_page: NewPage, server: str, watch: Watch
) -> None:
    """No other script is found late: all that the first page is made of stands in its head."""
    page, fetched = new_page(fresh=True), list[Request]()
    page.on("request", lambda sent: fetched.append(sent))
    page.route("**/plotly-*.min.js", lambda route: route.abort())
    page.goto("/")
    messages = page.locator(".rnn-message")
    expect(messages.first).not_to_be_empty(timeout=30_000)
    settle(page)
    assert messages.count() == 2
    for message in messages.all():
        expect(message).to_be_visible()
        expect(message).to_contain_text(re.compile("reload", re.IGNORECASE))
    assert any("ERR_FAILED" in error for error in watch.console_errors)
    watch.console_errors.clear()
    scripts = [sent for sent in fetched if re.search("/static/js/|/scripts/", sent.url)]
    assert {"frame.js", "plot.js"} < {sent.url.rpartition("/")[2] for sent in scripts}
    head = httpx.get(server, headers={"Accept": "text/html"}, follow_redirects=True).text
    for sent in scripts:
        assert sent.url.removeprefix(server) in head
        assert sent.response().all_headers().get("content-encoding") == "gzip", sent.url

    page.unroute("**/plotly-*.min.js")
    fetched.clear()
    visit(page)
    (request,) = (sent for sent in fetched if "/plotly/" in sent.url)  # for both of its charts
    assert request.url.startswith(f"{server}/")
    headers = request.response().all_headers()
    assert "immutable" in headers["cache-control"]
    assert int(re.search(r"max-age=(\d+)", headers["cache-control"])[1]) >= 30 * 24 * 3600
    visit(page)  # a new load asks once more, and the browser has kept it
    assert sum("/plotly/" in sent.url for sent in fetched) == 2
    kept = page.evaluate("url => performance.getEntriesByName(url)[0].transferSize", request.url)
    assert kept == 0


def test_a_picture_is_kept_under_the_name_of_its_settings(page: Page, tmp_path: Path) -> None:
    """As it is now, not as it was when the chart was first drawn. It can be kept, and not sent."""
    visit(page)
    press(page, "units", "ArrowRight")
    assert "LSTM(4" in unpack_line(page)
    chart = page.locator(".st-key-timeline")
    chart.hover()
    for suffix, begins in {"png": b"\x89PNG", "svg": b"<svg "}.items():
        with page.expect_download() as download:
            named = text("charts.download", format=suffix.upper())
            chart.get_by_role("button", name=named).click()
        assert download.value.suggested_filename == f"rnn_lens_lstm_4_seq_state_heatmap.{suffix}"
        path = tmp_path / f"picture.{suffix}"
        download.value.save_as(path)
        assert path.read_bytes().startswith(begins)
    sends = re.compile("share|cloud|edit", re.IGNORECASE)
    assert page.get_by_role("button", name=sends).count() == 0
