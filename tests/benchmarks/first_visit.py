"""What a phone loads when it opens the first page for the first time."""

from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.slider import APPS
from tests.benchmarks.table import Row
from tests.browser.dashboard import NARROW
from tests.browser.driver import ROOT, launch_chromium, new_context, serve, settle

STREAMLITS = ("/static/", "/_stcore/", "/favicon")


def measure() -> list[Row]:
    with (
        serve(ROOT / "dashboard") as dashboard,
        serve(APPS / "bare.py") as bare,
        sync_playwright() as playwright,
    ):
        browser = launch_chromium(playwright)
        loads = []
        for server in (dashboard, bare):
            page = new_context(browser, server.url, viewport=NARROW).new_page()
            loads.append(loaded(page))
        browser.close()
    all_of_it, bare_page = loads
    streamlits = {
        url: size for url, size in all_of_it.items() if urlsplit(url).path.startswith(STREAMLITS)
    }
    ours = {url: size for url, size in all_of_it.items() if url not in streamlits}
    return [
        Row("requests, but for Streamlit's own files", len(ours), "", at_most=60),
        Row("megabytes of these", sum(ours.values()) / 1e6, "MB", at_most=1.2),
        Row("requests of Streamlit's own files", len(streamlits), ""),
        Row("megabytes of these", sum(streamlits.values()) / 1e6, "MB"),
        Row("requests of the bare page", len(bare_page), ""),
        Row("megabytes of the bare page", sum(bare_page.values()) / 1e6, "MB"),
    ]


def loaded(page: Page) -> dict[str, int]:
    """The bytes that came, as they were sent, by address; the socket's are one of these."""
    sent: dict[str, int] = {}
    names: dict[str, str] = {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on(
        "Network.requestWillBeSent", lambda e: names.update({e["requestId"]: e["request"]["url"]})
    )

    def add(name: str, size: float) -> None:
        sent[name] = sent.get(name, 0) + int(size)

    session.on(
        "Network.loadingFinished", lambda e: add(names[e["requestId"]], e["encodedDataLength"])
    )
    session.on(
        "Network.webSocketFrameReceived",
        lambda e: add("socket", len(e["response"]["payloadData"]) * 3 / 4),  # base64
    )
    page.goto("/")
    settle(page, quiet_ms=2000)
    return {url: size for url, size in sent.items() if not url.startswith(("blob:", "data:"))}
