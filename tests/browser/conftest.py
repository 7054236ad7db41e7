"""Fixtures for tests that look at the running dashboard in a browser.

    def test_title(page: Page) -> None:
        page.goto("/")
        settle(page)                    # from tests.browser.driver

A test fails at teardown if the page logged an error, as Chromium does of all that is missing, threw
one, was refused anything by its own policy, or asked another host for anything.
A test that provokes an error on purpose empties the list: `watch.console_errors.clear()`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, expect, sync_playwright
from xdist.scheduler import LoadFileScheduling

from tests.browser.driver import ROOT, TALL, Server, launch_chromium, new_context, serve
from tests.visitor import Visitor

# For whatever a page is expected to become: only a test that fails waits as long.
expect.set_options(timeout=60_000)


@dataclass
class Watch:
    """What a page did that it should not have done."""

    console_errors: list[str] = field(default_factory=list)
    page_errors: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)

    def follow(self, page: Page, home: str) -> Callable[[], None]:
        """Look at what a page does, until what is handed back is called."""

        def request(url: str) -> None:
            address = urlsplit(url)
            if address.netloc and address.netloc != urlsplit(home).netloc:
                self.foreign_requests.append(url)

        heard = {
            "console": lambda m: m.type == "error" and self.console_errors.append(m.text),
            "pageerror": lambda error: self.page_errors.append(str(error)),
            "request": lambda sent: request(sent.url),
            "websocket": lambda opened: request(opened.url),
        }
        for event, hear in heard.items():
            page.on(event, hear)
        return lambda: [page.remove_listener(event, hear) for event, hear in heard.items()]


# Package scope, not session: Playwright keeps an event loop running in the main thread while it is
# open, which would break asyncio.run in tests that happen to come later in the same process.
@pytest.fixture(scope="package")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where the server keeps its rooms."""
    return tmp_path_factory.mktemp("rooms")


@pytest.fixture(scope="package")
def streamlit_server(rooms: Path) -> Iterator[Server]:
    options = {"browser.serverAddress": CLASSROOM}
    environment = {"RNN_LENS_DATA": str(rooms)}
    with serve(ROOT / "dashboard", options=options, environment=environment) as running:
        warm_up(running)
        yield running


def warm_up(server: Server) -> None:
    """Wait until TensorFlow is loaded: a browser that waits takes CPU for what it animates."""
    Visitor(server.url, "seed=1").__exit__()  # the default settings alone are answered before


@pytest.fixture(scope="package")
def server(streamlit_server: Server) -> str:
    return streamlit_server.url


NO_TENSORFLOW = "no tensorflow in this house"


@pytest.fixture(scope="package")
def no_tensorflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a server in which TensorFlow does not import, and says NO_TENSORFLOW: one
    that has to compute nothing starts in a quarter of the time."""
    folder = tmp_path_factory.mktemp("no_tensorflow")
    (folder / "tensorflow.py").write_text(f"raise ImportError({NO_TENSORFLOW!r})")
    return {"PYTHONPATH": str(folder)}


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


# The server's name for other machines, as those of a classroom; also for the browser's pages.
CLASSROOM = "classroom.test"
BY_NAME = f"--host-resolver-rules=MAP {CLASSROOM} 127.0.0.1"


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = launch_chromium(playwright, BY_NAME)
    yield chromium
    chromium.close()


# How a page is looked at, unless a test says otherwise; a page that is open can be looked at anew.
# Frames of Streamlit's own animations take up to half the CPU of opening a page. A test of what
# moves asks for `reduced_motion="no-preference"`.
USUAL = {"viewport": TALL, "color_scheme": "light", "reduced_motion": "reduce"}


# A refusal that the script itself catches is not logged. The script that reads Streamlit's messages
# tries WebAssembly once, and does without it.
LOG_REFUSALS = r"""addEventListener("securitypolicyviolation", (event) => {
    const refused = `${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`
    const tried = /^script-src wasm-eval \S+\/static\/js\/protobuf\.[^/]+\.js$/
    if (!tried.test(refused)) console.error(`refused: ${refused}`)
})"""


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(scope="package")
def left_pages(browser: Browser) -> dict[str, list[Page]]:
    """Pages that tests are done with, by the options of their browser profile."""
    return defaultdict(list)


@pytest.fixture
def new_page(
    request: pytest.FixtureRequest,
    browser: Browser,
    server: str,
    watch: Watch,
    left_pages: dict[str, list[Page]],
) -> Iterator[Callable[..., Page]]:
    """Opens empty pages, each in a browser profile of its own: `new_page(has_touch=True)`.

    The window is TALL, and nothing moves by itself, unless the options say otherwise. A page may
    have been another test's: in one that has shown the dashboard before, it is drawn in half the
    time. One that must not have, or whose history, routes, media, scripts or clock the test looks
    at or changes, is to be `fresh=True`.
    """
    opened, failed = [], request.session.testsfailed

    def open_page(*, fresh: bool = False, **options: Any) -> Page:
        viewport, *media = (options.pop(name, usual) for name, usual in USUAL.items())
        left = left_pages[repr(sorted(options.items()))]
        if left and not fresh:
            page = left.pop()
        else:
            context = new_context(browser, server, **options)
            context.add_init_script(LOG_REFUSALS)
            page = context.new_page()
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=media[0], reduced_motion=media[1])
        opened.append((page, None if fresh else left, watch.follow(page, server)))
        return page

    yield open_page
    passed = request.session.testsfailed == failed
    for page, left, unfollow in opened:
        emptied = left is not None and passed and empty(page)
        if emptied and watch == Watch():
            unfollow()
            left.append(page)
        else:
            page.context.close()
    assert watch == Watch(), "the page was not clean"


def empty(page: Page) -> bool:
    """Take from a page what a test may have left there; whether that can be done."""
    with suppress(Error):
        for other in page.context.pages:
            if other is not page:
                other.close()
        page.evaluate("localStorage.clear(); sessionStorage.clear()")
        page.goto("about:blank")
        page.mouse.move(-1, -1)  # else the next page would begin with what is under the pointer
        page.context.clear_cookies()
        return True
    return False


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


DEPLOYED = "tests/browser/test_deploy.py"


class BrowserTestsApart(LoadFileScheduling):
    """Two queues: the tests of the running dashboard, one by one as they may take a minute, with
    which the first worker begins; and all other files, with which the others begin. Whoever is done
    helps out. test_deploy.py is among the others, as it starts servers of its own."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if _looks_at_the_dashboard(nodeid) else super()._split_scope(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        first = node is self.nodes[0]
        for scope in self.workqueue:
            if _looks_at_the_dashboard(scope) == first:
                self.workqueue.move_to_end(scope, last=False)
                break
        super()._assign_work_unit(node)


def _looks_at_the_dashboard(nodeid: str) -> bool:
    return nodeid.startswith("tests/browser/") and not nodeid.startswith(DEPLOYED)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    return BrowserTestsApart(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = yield
    running = getattr(item, "funcargs", {}).get("streamlit_server")
    if report.failed and running:
        report.sections.append(("Streamlit server log", running.log()))
    return report
