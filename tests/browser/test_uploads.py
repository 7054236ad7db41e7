"""Files that visitors upload: a page takes each once, and nobody can fill the server with them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, expect

from dashboard import uploads
from tests.browser.driver import ROOT, Server, serve
from tests.sender import Sender

pytestmark = pytest.mark.whole

PAGE = """
import streamlit as st
from components.panels.ask.uploader import uploader
from components.panels.run.private import runtime

def take(files):
    said = [f"{name} {len(content)} {sum(content[:99])}" for name, content in files.items()]
    st.session_state.setdefault("taken", []).extend(sorted(said))

uploader("A model", key="up", types=[".keras", ".h5", ".json"], take=take, help="Any")
st.text("taken " + ", ".join(st.session_state.get("taken", [])))
st.text(f"left {runtime.get_instance().uploaded_file_mgr._total_bytes}")
"""
APP = """
import streamlit as st
from starlette.middleware import Middleware
from dashboard.limits import Limits

app = st.App("page.py", middleware=[Middleware(Limits, sessions=50)])
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A page with an uploader, under the limits of the dashboard."""
    folder = tmp_path_factory.mktemp("app")
    (folder / "page.py").write_text(PAGE)
    (folder / "app.py").write_text(APP)
    options = {"server.maxUploadSize": "64"}
    with serve(
        "app.py", folder=folder, options=options, environment={"PYTHONPATH": str(ROOT)}
    ) as it:
        yield it


def test_a_page_takes_what_was_uploaded_once_and_gives_its_memory_back(server: Server) -> None:
    process = psutil.Process(server.pid)
    with Sender(server.url) as visitor:
        content, held = bytes(60 * 2**20), list[int]()
        for turn in range(3):
            place = visitor.place()
            assert visitor.put(place, content) == 204
            assert visitor.take(place)[-1] == "left 0"
            assert visitor.said()[0].count("a.keras 62914560") == turn + 1
            held.append(process.memory_info().rss)
        assert visitor.rerun()
        assert visitor.said()[0].count("a.keras") == 3
        assert held[-1] < held[0] + len(content) / 2


def test_a_deleted_file_is_gone(server: Server) -> None:
    with Sender(server.url) as visitor:
        place = visitor.place()
        visitor.put(place, b"1" * 1000)
        visitor.rerun()
        assert visitor.said()[-1] == "left 1000"
        assert visitor.http.delete(place, headers=visitor.token).status_code == 204
        visitor.rerun()
        assert visitor.said()[-1] == "left 0"


def test_what_no_page_sends_is_refused(server: Server) -> None:
    with Sender(server.url) as visitor:
        place = visitor.place()
        files = {"a.keras": ("a.keras", b"1")}
        assert visitor.http.put(place, files=files).status_code == 403
        forged = {"X-Xsrftoken": "2|1|1|1"}
        assert visitor.http.put(place, files=files, headers=forged).status_code == 403
        assert visitor.http.delete(place).status_code == 403
        assert visitor.put("/_stcore/upload_file/nobody/a", b"1") == 400
        for path in ("/_stcore/upload_file/a", f"{place}/a", "/media/a", "/"):
            assert visitor.put(path, b"1") == 405
        for method in ("POST", "PATCH", "OPTIONS"):
            assert visitor.http.request(method, place).status_code == 405


def test_no_frame_of_another_site_sends_the_cookie(server: Server) -> None:
    given = httpx.get(f"{server.url}/_stcore/health").headers["Set-Cookie"]
    assert "SameSite=Lax" in given


def test_a_file_has_a_size_and_not_more(server: Server) -> None:
    with Sender(server.url) as visitor:
        place, most = visitor.place(), uploads.LARGEST
        assert visitor.put(place, bytes(most - 200)) == 204  # a browser writes some 150 around it
        assert visitor.http.delete(place, headers=visitor.token).status_code == 204
        assert visitor.put(place, bytes(most)) == 413
        with visitor.sending(uploads.LARGEST + 1) as client:
            assert b" 413 " in client.recv(100)
        chunks = iter([b"1"])  # httpx sends no length then
        assert visitor.http.put(place, content=chunks, headers=visitor.token).status_code == 411


def test_who_sends_nothing_is_given_up(server: Server) -> None:
    with Sender(server.url) as visitor, visitor.sending(uploads.LARGEST) as client:
        begun = time.monotonic()
        assert b" 408 " in client.recv(100)
        assert time.monotonic() - begun > uploads.PATIENCE - 1
        assert visitor.put(visitor.place(), bytes(2**20)) == 204


def test_who_goes_away_leaves_their_place_to_others(server: Server) -> None:
    with Sender(server.url) as visitor:
        with visitor.sending(uploads.LARGEST):
            pass
        begun = time.monotonic()
        assert visitor.put(visitor.place(), bytes(2**20)) == 204
        assert time.monotonic() - begun < uploads.PATIENCE / 2
    assert "Traceback" not in server.log()


def test_all_together_have_a_limit_and_the_next_one_waits(server: Server) -> None:
    """Two addresses fill it, and send so slowly that it would take weeks. A third waits until one
    upload gives way, and no page does."""
    with ExitStack() as them, ThreadPoolExecutor() as pool:
        senders = [Sender(server.url, f"127.0.0.{last}") for last in (2, 2, 3, 3, 4)]
        for sender in senders:
            them.callback(sender.__exit__)
        *four, fifth = senders
        slow = [them.enter_context(each.sending(uploads.LARGEST)) for each in four]
        late = pool.submit(fifth.put, fifth.place(), bytes(2**20))
        fifth.rerun()
        assert not late.done()
        begun = time.monotonic()
        while not late.done():
            for client in slow:
                with suppress(OSError):  # that of the one that gave way
                    client.sendall(b"x" * 5)
            time.sleep(0.1)
        assert late.result() == 204
        assert time.monotonic() - begun < uploads.PATIENCE


def test_a_browser_uploads(server: Server, browser: Browser) -> None:
    """Two files at once, and one more; the widget says its name, and is empty again."""
    page = browser.new_page()
    page.goto(server.url)
    chooser = page.get_by_test_id("stFileUploaderDropzoneInput")
    chooser.set_input_files(
        [
            {"name": "a.weights.h5", "mimeType": "", "buffer": b"1" * 3},
            {"name": "a.json", "mimeType": "", "buffer": b"2" * 5},
        ]
    )
    expect(page.get_by_text("taken a.json 5 250, a.weights.h5 3 147")).to_be_visible()
    expect(page.get_by_text("left 0")).to_be_visible()
    expect(page.get_by_test_id("stFileUploaderFile")).to_have_count(0)
    chooser.set_input_files([{"name": "b.keras", "mimeType": "", "buffer": b"1"}])
    expect(page.get_by_text("taken a.json 5 250, a.weights.h5 3 147, b.keras 1 49")).to_be_visible()
    expect(page.get_by_label("A model").first).to_be_visible()
    page.close()
