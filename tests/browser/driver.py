"""A Streamlit server and a Chromium to look at it with, for the browser tests and the benchmarks.

`python -m tests.browser.driver` prints which Chromium would be used, and fails if there is none.
"""

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import psutil
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Locator,
    Page,
    Playwright,
    sync_playwright,
)

ROOT = Path(__file__).resolve().parents[2]
VIEWPORT = {"width": 1440, "height": 900}
# So small that Explore's tabs are out of sight: a small projector's.
PROJECTOR = {"width": 1280, "height": 720}
# So tall that all of Explore is in sight: what is not is neither run nor drawn.
TALL = {"width": 1440, "height": 1900}
# The shell first: the same browser without its windows, in which a page takes a third less CPU.
CHROMIUM_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDGET_GRACE_MS = 400  # a widget may hold its new value back for a moment


@dataclass(frozen=True)
class Server:
    """A running Streamlit server: its address and the file that its output goes to."""

    url: str
    pid: int
    log_path: Path

    def log(self, last: int = 60) -> str:
        """The last lines of the output; nothing once the server has been ended."""
        if not self.log_path.exists():
            return ""
        lines = self.log_path.read_text(errors="replace").splitlines()
        return "\n".join(lines[-last:])


@contextmanager
def held_ports(count: int) -> Iterator[int]:
    """The first of `count` ports in a row that nobody else is given until the block is left.

    The system gives a port to whoever asks for any, a browser for each of its connections, but
    never one that a socket is bound to. So a socket is bound to each and does nothing. A server
    that is told the port can still listen there: it sets SO_REUSEADDR, as Streamlit and nginx do,
    and so does the idle socket, once it has the port to itself.
    """
    while True:
        with ExitStack() as idle:
            sockets = [idle.enter_context(socket.socket()) for _ in range(count)]
            try:
                sockets[0].bind(("", 0))
                first = sockets[0].getsockname()[1]
                for port, other in enumerate(sockets[1:], first + 1):
                    other.bind(("", port))
            except (OSError, OverflowError):  # one of them is taken, or beyond the last port
                continue
            for bound in sockets:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            yield first
            return


@contextmanager
def serve(
    target: Path | str,
    *,
    port: int = 0,
    folder: Path = ROOT,
    timeout: float = 60,
    options: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    files: int | None = None,
) -> Iterator[Server]:
    """Run `streamlit run target` in a folder until the block is left; then end all of it.

    Args:
        port: one of `held_ports`; else the server listens on any that is free.
        options: further settings of Streamlit, by name.
        environment: further variables of the server's environment.
        files: how many files the server may open at most, a quarter of them unless it asks.
    """
    settings = {
        "server.headless": "true",
        "server.address": "127.0.0.1",
        "server.port": str(port),
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    settings |= options or {}
    flags = [f"--{name}={value}" for name, value in settings.items()]
    command = [sys.executable, "-m", "streamlit", "run", str(target), *flags]
    with tempfile.TemporaryDirectory(prefix="rnn-lens-") as scratch:
        log_path = Path(scratch, "server.log")
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=os.environ | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=None if files is None else lambda: _limit_files(files),
            )
        try:
            server = _healthy(process, log_path, timeout)
            yield server
            if (code := process.poll()) is not None:
                raise RuntimeError(f"Streamlit ended by itself with {code}:\n{server.log()}")
        finally:
            _end(process)


def _limit_files(most: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (most // 4, most))


def _healthy(process: subprocess.Popen[bytes], log_path: Path, timeout: float) -> Server:
    """The server, once it listens and says that it is well."""
    direct = build_opener(ProxyHandler({}))  # a proxy from the environment cannot reach loopback
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and process.poll() is None:
        for port in listening_ports(process.pid):
            server = Server(f"http://127.0.0.1:{port}", process.pid, log_path)
            with suppress(OSError), direct.open(f"{server.url}/_stcore/health", timeout=2) as got:
                if got.status == 200:
                    return server
        time.sleep(0.1)
    raise RuntimeError(f"Streamlit did not come up. Its log:\n{log_path.read_text()}")


def listening_ports(pid: int) -> list[int]:
    """The ports on which a process listens; none once it has ended."""
    with suppress(psutil.NoSuchProcess):
        connections = psutil.Process(pid).net_connections("tcp")
        return [c.laddr.port for c in connections if c.status == psutil.CONN_LISTEN]
    return []


def _end(process: subprocess.Popen[bytes]) -> None:
    for sign, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)


def launch_chromium(playwright: Playwright, *flags: str) -> Browser:
    """Start the first Chromium that works: an installed one, else Playwright's own build.

    Args:
        flags: more of its own, beside those that every test needs.
    """
    installed = [path for name in CHROMIUM_NAMES if (path := shutil.which(name))]
    problems = []
    for path in (*installed, None):
        try:
            return playwright.chromium.launch(executable_path=path, args=[*CHROMIUM_FLAGS, *flags])
        except Error as error:
            problems.append(f"{path or 'Playwright build'}: {error.message.splitlines()[0]}")
    raise RuntimeError("No Chromium could be started. " + "; ".join(problems))


def new_context(browser: Browser, base_url: str, **options: Any) -> BrowserContext:
    """A clean browser profile whose pages `settle` can watch; `page.goto("/")` opens base_url.

    Args:
        options: Playwright's own, such as viewport, color_scheme or has_touch.
    """
    context = browser.new_context(base_url=base_url, **{"viewport": VIEWPORT} | options)
    context.add_init_script(path=ROOT / "tests/browser/still.js")
    return context


def settle(page: Page, *, quiet_ms: int = 250, timeout: float = 60) -> None:
    """Wait until the script has run, and the page has not changed for `quiet_ms`.

    Safe right after an input: it waits for the run that a widget is still holding back.
    """
    page.wait_for_function(
        "([quiet, grace]) => window.rnnLensStill.settled(quiet, grace)",
        arg=[quiet_ms, WIDGET_GRACE_MS],
        timeout=timeout * 1000,
    )


def time_step(page: Page, slider: Locator, key: str, *, quiet_ms: int = 300) -> float:
    """Press a key on a slider; milliseconds from the key to the last change it made to the page.

    Measured in the page itself. Still means: the rerun is over and nothing has changed for
    `quiet_ms`, which is not part of the result.
    """
    slider.press(key)
    step = page.wait_for_function("quiet => window.rnnLensStill.step(quiet)", arg=quiet_ms)
    return float(step.json_value())


def main() -> None:
    """Print the Chromium that the tests would use."""
    with sync_playwright() as playwright:
        try:
            browser = launch_chromium(playwright)
        except RuntimeError as error:
            sys.exit(str(error))
        print(f"{browser.browser_type.name} {browser.version}")
        browser.close()


if __name__ == "__main__":
    main()
