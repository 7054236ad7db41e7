"""A page outlives its server, as a vote does, and its connection: its link is enough."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from components.backend.rooms.database import connect
from components.backend.rooms.store import Store
from components.texts import text
from tests.browser.dashboard import expect_marked, plot, press, rows, unpack_line
from tests.browser.driver import ROOT, TALL, held_ports, new_context, serve, settle
from tests.browser.test_room import as_phone, body, open_vote

# Keeps a page's connections where a test can break them.
SOCKETS = """(() => {
    window.sockets = []
    const Socket = window.WebSocket
    window.WebSocket = class extends Socket {
        constructor(...args) {
            super(...args)
            window.sockets.push(this)
        }
    }
})()"""

LINK = "/?cell=GRU&units=6&return_state=false#step=4"


def shown(page: Page) -> list[object]:
    settle(page)
    return [parse_qs(urlsplit(page.url).query), unpack_line(page)]


@pytest.fixture
def port() -> Iterator[int]:
    """A port for one server after the other."""
    with held_ports(1) as port:
        yield port


def test_a_page_and_all_votes_come_back_after_a_restart(
    browser: Browser, port: int, tmp_path: Path, no_tensorflow: dict[str, str]
) -> None:
    """The server ends in the middle of a question; the phone's next request finds its vote. The
    page has been without a picture, and has one as soon as it has a server that computes it."""
    store, environment = Store(connect(str(tmp_path))), {"RNN_LENS_DATA": str(tmp_path)}
    key = open_vote(store)
    first = environment | no_tensorflow
    with serve(ROOT / "dashboard", port=port, environment=first) as server:
        at = f"{server.url}/join/{key.code}"
        vote = httpx.post(f"{at}/vote", content=body(1), headers=as_phone(1))
        assert vote.status_code == 200
        context = new_context(browser, server.url, viewport=TALL, reduced_motion="reduce")
        page = context.new_page()
        page.add_init_script(SOCKETS)
        page.goto(LINK)
        expect(page.get_by_role("alert")).to_contain_text(text("errors.start"))
        before = shown(page)
        app = page.get_by_test_id("stApp")
        go_on_after_the_connection_broke(page)
        assert shown(page) == before
    expect(app).not_to_have_attribute("data-test-connection-state", "CONNECTED")
    with serve(ROOT / "dashboard", port=port, environment=environment):
        assert httpx.get(f"{at}/state", headers=as_phone(1)).text == vote.text
        assert store.lead(key).votes == {1: {1: 1}}
        expect(app).to_have_attribute("data-test-connection-state", "CONNECTED", timeout=60_000)
        expect(plot(page, "timeline").locator(".main-svg").first).to_be_visible()
        assert shown(page) == before
        expect(page.get_by_role("alert")).to_have_count(0)
        assert rows(page) == rows(page, "inside") == 6
        expect_marked(page, 4)
        press(page, "units", "ArrowRight")  # the new server answers
        assert rows(page) == 7
        assert "GRU(7, " in unpack_line(page)
        context.close()


def go_on_after_the_connection_broke(page: Page) -> None:
    """The session is still there: what is moved next is answered, and the page comes to rest."""
    page.evaluate("sockets.at(-1).close()")
    page.wait_for_function(
        "() => sockets.length > 1 && sockets.at(-1).readyState === WebSocket.OPEN"
    )
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-connection-state", "CONNECTED"
    )
    press(page, "units", "ArrowRight")
    assert "GRU(7, " in unpack_line(page)
    press(page, "units", "ArrowLeft")
