"""A page outlives its server, as a vote does, and its connection: its link is enough."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from components.backend.rooms.database import connect
from components.backend.rooms.store import Store
from components.texts import speaking, text
from tests.browser.conftest import warm_up
from tests.browser.dashboard import figure, press, rows, unpack_line, visit
from tests.browser.driver import ROOT, TALL, held_ports, new_context, serve, settle
from tests.browser.test_room import as_phone, body, open_vote

pytestmark = pytest.mark.whole

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

LINK = "/?lang=ko&cell=GRU&units=6&return_state=false&step=4"


def shown(page: Page) -> list[object]:
    query = parse_qs(urlsplit(page.url).query)
    return [query, unpack_line(page), *(figure(page, key) for key in ("timeline", "inside"))]


@pytest.fixture
def port() -> Iterator[int]:
    """A port for one server after the other."""
    with held_ports(1) as port:
        yield port


def test_a_page_and_all_votes_come_back_after_a_restart(
    browser: Browser, port: int, tmp_path: Path
) -> None:
    """The server ends in the middle of a question; the phone's next request finds its vote."""
    store, environment = Store(connect(str(tmp_path))), {"RNN_LENS_DATA": str(tmp_path)}
    key = open_vote(store)
    with serve(ROOT / "dashboard", port=port, environment=environment) as server:
        at = f"{server.url}/join/{key.code}"
        vote = httpx.post(f"{at}/vote", content=body(1), headers=as_phone(1))
        assert vote.status_code == 200
        warm_up(server)
        context = new_context(browser, server.url, viewport=TALL, reduced_motion="reduce")
        page = context.new_page()
        page.add_init_script(SOCKETS)
        visit(page, LINK)
        before = shown(page)
        app = page.get_by_test_id("stApp")
        go_on_after_the_connection_broke(page)
        assert shown(page) == before
    expect(app).not_to_have_attribute("data-test-connection-state", "CONNECTED")
    offline = page.get_by_role("status").filter(visible=True)
    with speaking("ko"):
        expect(offline).to_have_text(f"{text('app.offline')} {text('app.kept_votes')}")
    expect(page.get_by_test_id("stDialog")).to_have_count(0)  # Streamlit's own words, in English
    with serve(ROOT / "dashboard", port=port, environment=environment):
        assert httpx.get(f"{at}/state", headers=as_phone(1)).text == vote.text
        assert store.lead(key).votes == {1: {1: 1}}
        expect(app).to_have_attribute("data-test-connection-state", "CONNECTED", timeout=60_000)
        settle(page)
        expect(offline).to_have_count(0)
        assert shown(page) == before
        press(page, "units", "ArrowRight")  # the new server answers
        assert rows(page) == 7
        press(page, "units", "ArrowLeft")
        visit(page, page.url)
        assert shown(page) == before
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
    assert rows(page) == 7
    press(page, "units", "ArrowLeft")
