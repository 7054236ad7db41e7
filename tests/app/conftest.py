"""How the app's tests open it: the pages' own scripts, run without a server or a browser."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit import config
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.testing.v1 import AppTest, local_script_runner

from components.backend.learning import trainer
from components.backend.origins import ahead
from components.backend.origins.recorded import recorded
from components.backend.running import answers, engine
from components.panels.ask.opening import opening
from tests.page import plain

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
FIRST_PAGE = "explore"

# No run takes this long but on a very busy machine.
TIMEOUT = 120

PATIENCE = 300  # seconds on a busy machine

OpenApp = Callable[..., AppTest]


# What is set here has package scope, not session: unit tests later in the same process do without.


@pytest.fixture(scope="package", autouse=True)
def configured() -> Iterator[None]:
    """Streamlit is set up as on the server, but for the address, at which other devices reach this
    one. By default it gathers statistics, and more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "_main_script_path", str(APP))
        patch.setattr(config, "_config_options", None)  # so that they are read anew
        config.set_option("server.address", None)
        yield


@pytest.fixture(scope="package", autouse=True)
def woken() -> Iterator[None]:
    """Whoever waits for a run is woken at its end. AppTest looks a thousand times a second whether
    it has come, which takes a tenth of the time that the run needs."""
    look = local_script_runner.require_widgets_deltas

    def wait(runner: local_script_runner.LocalScriptRunner, timeout: float) -> None:
        runner._script_thread.join(timeout)
        look(runner, 1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_script_runner, "require_widgets_deltas", wait)
        yield


@pytest.fixture(scope="package", autouse=True)
def unguessed() -> Iterator[None]:
    """Nothing is computed ahead, as no test waits to see it: test_ahead has that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ahead, "neighbours", lambda _: ())
        yield


@pytest.fixture(scope="package", autouse=True)
def scanned_once() -> Iterator[None]:
    """Each new session looks through all installed packages for components, and each run compiles
    all scripts; once is enough, as on the server."""
    scan = cache(manifest_scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        patch.setattr(local_script_runner, "ScriptCache", cache(local_script_runner.ScriptCache))
        yield


@pytest.fixture(scope="package", autouse=True)
def uncopied() -> Iterator[None]:
    """A list or a field for a number looks up its own value in the session's state. Streamlit has
    each make a copy of all that is there for it, which takes a third of a page's time. Here it
    looks into the state itself: nothing of ours goes through all that is there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SafeSessionState, "filtered_state", property(lambda state: state))
        yield


@pytest.fixture(scope="session", autouse=True)
def warm() -> Iterator[None]:
    """TensorFlow is loaded before the first page opens, so that no test depends on their order.

    At the end nobody is let in any more: a process that ends while a guess is in TensorFlow aborts.
    """
    engine.start_warm_up()
    for thread in threading.enumerate():
        if thread.name == "warm-up":
            thread.join()
    assert engine.is_warm()
    yield
    engine.LOCK.acquire()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keeps Streamlit's remark that no server runs out of the report of a failed test."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="session")
def open_app() -> OpenApp:
    """Opens a page in a session of its own, as a link with the given parameters does.

    Its boxes stand open, so that every widget, and every link to another page, is on the page.
    Without parameters it opens on the defaults, and on its proof only if that is asked for.
    """

    def opened(
        page: str = "explore", *, on_proof: bool = False, **query: str | list[str]
    ) -> AppTest:
        if not on_proof and opening(page) and query.keys() <= {"lang", "ask"}:
            query = {**plain(page), **query}
        at = AppTest.from_file(str(APP), default_timeout=TIMEOUT)
        for name, value in query.items():
            at.query_params[name] = value
        at.session_state["advanced"] = at.session_state["elsewhere"] = True
        if page != FIRST_PAGE:
            at.switch_page(page_file(page))
        at.run()
        return at

    return opened


def page_file(page: str) -> str:
    """A page's script, as it is named on switching to it."""
    return f"app_pages/{page}.py"


@pytest.fixture
def forget() -> Iterator[None]:
    """No run comes out of the cache, and none that the test provoked stays in it."""
    answers.forget()
    yield
    answers.forget()
    recorded.cache_clear()


@pytest.fixture(scope="module")
def worker() -> Iterator[None]:
    """Warm, one for all tests of a file that train however large it grows, and ended with them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "LARGEST", 4e9)
        trainer.warm_up()
        yield
    trainer._scheduler._end_worker()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever looks at a training once wants it for as long as the test takes, and no longer."""
    monkeypatch.setattr(trainer, "UNWATCHED", 600.0)
    yield
    for subscriber, question in list(trainer._scheduler.last_polls):
        trainer.cancel(question, subscriber)
    until(lambda: trainer._scheduler.current is None)


def until(holds: Callable[[], object]) -> None:
    """Ask again and again, as often as it takes for this to hold."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)
