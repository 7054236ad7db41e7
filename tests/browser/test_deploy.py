"""Two processes behind nginx: affinity, websockets, and the living process taking over."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.driver import ROOT, free_port, new_context, settle

if shutil.which("nginx") is None:
    pytest.skip("nginx is not installed and could not be", allow_module_level=True)

PROCESSES = 2
COOKIE = "rnn_lens"


@pytest.fixture(scope="module")
def deployment() -> Iterator[str]:
    """The address of nginx in front of two processes, all of them ready."""
    port = free_port()
    serve = subprocess.Popen(
        [ROOT / "dashboard/deploy/serve", str(PROCESSES), str(port)],
        env={**os.environ, "PYTHON": sys.executable},
        start_new_session=True,
    )
    try:
        for own in range(port, port + PROCESSES + 1):
            wait_until_healthy(f"http://127.0.0.1:{own}")
        yield f"http://127.0.0.1:{port}"
    finally:
        serve.send_signal(signal.SIGTERM)
        serve.wait(20)


def wait_until_healthy(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/_stcore/health", timeout=2).text == "ok":
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"{url} did not come up")


def served_by(url: str, visitor: str | None = None) -> httpx.Response:
    return httpx.get(url, cookies={COOKIE: visitor} if visitor else {}, timeout=10)


def test_a_new_visitor_gets_a_cookie_and_an_old_one_keeps_it(deployment: str) -> None:
    assert served_by(deployment).cookies[COOKIE]
    assert COOKIE not in served_by(deployment, "known").cookies


def test_a_visitor_stays_with_one_process_and_visitors_are_spread(deployment: str) -> None:
    chosen = {
        visitor: {served_by(deployment, visitor).headers["X-Served-By"] for _ in range(5)}
        for visitor in map(str, range(20))
    }
    assert all(len(processes) == 1 for processes in chosen.values())
    assert len(set.union(*chosen.values())) == PROCESSES


def picture(page: Page) -> str:
    settle(page)
    return page.locator(".rnn-plot").first.get_attribute("aria-label")


def test_the_living_process_takes_over(deployment: str, browser: Browser) -> None:
    """The page comes through the websocket; when its process dies, the link brings it back."""
    context = new_context(browser, deployment)
    page = context.new_page()
    page.goto("/?cell=GRU&units=7")
    expect(page.get_by_text("GRU(7")).to_be_visible(timeout=30_000)
    before = picture(page)
    visitor = next(c["value"] for c in context.cookies() if c["name"] == COOKIE)
    process = served_by(deployment, visitor).headers["X-Served-By"]

    listening_at(process).kill()
    answer = served_by(deployment, visitor)
    assert answer.status_code == 200
    assert answer.headers["X-Served-By"].split(", ")[-1] != process
    page.reload()
    expect(page.get_by_text("GRU(7")).to_be_visible(timeout=30_000)
    assert picture(page) == before
    context.close()


def listening_at(address: str) -> psutil.Process:
    port = int(address.rpartition(":")[2])
    pids = (
        c.pid
        for c in psutil.net_connections("tcp")
        if c.status == psutil.CONN_LISTEN and c.laddr.port == port
    )
    return psutil.Process(next(pids))
