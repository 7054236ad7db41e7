"""What the page may load, where it may be shown, and that it survives whatever a link says."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from playwright.sync_api import ConsoleMessage, Page, expect

from components.backend import Settings
from components.texts import text
from tests.browser.conftest import Watch
from tests.browser.dashboard import NewPage
from tests.browser.driver import settle
from tests.browser.test_forged import bodies, unpacked
from tests.visitor import Visitor

pytestmark = pytest.mark.whole

# What would get out, or in, without a policy: each resolves once the browser has decided.
ATTEMPTS = {
    "connect-src": "fetch('http://127.0.0.2:9/').catch(() => 0)",
    "img-src": """new Promise(done => {
        const image = new Image()
        image.onerror = done
        image.src = 'http://127.0.0.2:9/i.png'
    })""",
    "script-src-elem": """new Promise(done => {
        const script = document.createElement('script')
        script.onerror = done
        script.src = 'http://127.0.0.2:9/s.js'
        document.head.append(script)
    })""",
    "script-src-attr": """new Promise(done => {
        const text = document.createElement('b')
        document.body.append(text)
        text.setAttribute('onclick', 'window.ran = true')
        text.click()
        setTimeout(done)
    })""",
    "script-src": """(() => {
        try { window.ran = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)) }
        catch { /* refused */ }
    })()""",
}

everything = hypothesis_settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

names = st.sampled_from([*Settings.model_fields, "tab", "step", "unit", "view", "case", "embed"])
values = st.one_of(
    st.text(max_size=40),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(["LSTM", "true", "1,2;3", "<script>alert(1)</script>", "$x$", "1e9", "[](x:)"]),
)
links = st.dictionaries(names | st.text(max_size=12), st.lists(values, max_size=3), max_size=5)


def test_what_the_policy_forbids_is_refused_and_logged(page: Page, watch: Watch) -> None:
    """As what is missing is: so every test of a page says that it needs nothing of either kind."""
    page.goto("/questions")
    settle(page)
    assert watch == Watch()
    for directive, attempt in ATTEMPTS.items():
        with page.expect_console_message(lambda said, d=directive: refuses(said, d)):
            page.evaluate(attempt)
    assert page.evaluate("window.ran") is None
    with page.expect_console_message(lambda said: said.type == "error" and "404" in said.text):
        page.evaluate("fetch('/media/no-such-file')")
    watch.console_errors.clear()
    watch.foreign_requests.clear()  # asked for, and not let out


def refuses(said: ConsoleMessage, directive: str) -> bool:
    return said.type == "error" and said.text.startswith(f"refused: {directive} ")


@contextmanager
def course_page(address: str) -> Iterator[str]:
    """A page of another origin that shows the address in a frame."""
    body = f'<title>Course</title><iframe src="{address}" width="900" height="1600"></iframe>'

    class Course(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Not on the tests' output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Course) as outer:
        Thread(target=outer.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{outer.server_port}"
        outer.shutdown()


def test_a_course_page_can_show_it_in_a_frame(new_page: NewPage, server: str, watch: Watch) -> None:
    page = new_page(fresh=True)
    with course_page(f"{server}/?embed=true&units=5") as course:
        page.goto(course)
        frame = page.frame_locator("iframe")
        expect(frame.locator(".rnn-plot .main-svg").first).to_be_visible(timeout=90_000)
        expect(frame.locator(".rnn-call")).to_contain_text("LSTM(5")
        frame.get_by_role("switch", name="Fix the scale").press(" ")
        frame.locator(".rnn-how summary").first.click()
        expect(frame.get_by_text(text("note.fixed")).first).to_be_visible()
    watch.foreign_requests.clear()  # the course page itself is of another origin


@everything
@given(query=links)
def test_any_link_opens_a_page(server: str, query: dict[str, list[str]]) -> None:
    with Visitor(server, urlencode(query, doseq=True, errors="replace")) as visitor:
        assert "exception" not in {kind for kind, _ in visitor.elements}
        assert text("errors.script") not in bodies(visitor)
        assert unpacked(visitor)
