"""Two processes behind nginx: affinity, websockets, and the living process taking over."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.driver import ROOT, free_port, new_context, settle
from tests.visitor import Visitor

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


def served_by(url: str, visitor: str | None = None, timeout: float = 10) -> httpx.Response:
    return httpx.get(url, cookies={COOKIE: visitor} if visitor else {}, timeout=timeout)


def test_nginx_gives_up_an_idle_connection_first(deployment: str) -> None:
    """A process that closes it just as it is used again would be taken for one that is down."""
    served_by(deployment, "known")
    ours = {c.laddr for c in connections_to(deployment) if c.status == psutil.CONN_ESTABLISHED}
    assert ours
    deadline = time.monotonic() + 30
    while ours & {c.laddr for c in connections_to(deployment) if c.status != psutil.CONN_TIME_WAIT}:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    # Who closes first keeps the connection in mind for a while.
    assert ours <= {c.laddr for c in connections_to(deployment)}


def connections_to(deployment: str) -> list[Any]:
    """Nginx's side of the connections to the processes."""
    ports = [port_of(address) for address in own_addresses(deployment)]
    return [c for c in psutil.net_connections("tcp") if c.raddr and c.raddr.port in ports]


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
    chart = page.locator(".rnn-plot").first
    expect(chart.locator(".main-svg").first).to_be_visible()  # a script that loads moves nothing
    settle(page)
    return chart.get_attribute("aria-label")


def test_the_living_process_takes_over(deployment: str, browser: Browser) -> None:
    """The page comes through the websocket; when its process dies, the link brings it back."""
    context = new_context(browser, deployment)
    page = context.new_page()
    page.goto("/?cell=GRU&units=7")
    expect(page.get_by_text("GRU(7")).to_be_visible(timeout=90_000)
    before = picture(page)
    visitor = next(c["value"] for c in context.cookies() if c["name"] == COOKIE)
    process = served_by(deployment, visitor).headers["X-Served-By"]

    listening_at(process).kill()
    answer = served_by(deployment, visitor)
    assert answer.status_code == 200
    assert answer.headers["X-Served-By"].split(", ")[-1] != process
    page.reload()
    expect(page.get_by_text("GRU(7")).to_be_visible(timeout=90_000)
    assert picture(page) == before
    context.close()


def test_a_process_that_hangs_is_passed_over_and_replaced(deployment: str) -> None:
    hanging = served_by(deployment, "known").headers["X-Served-By"]
    process = listening_at(hanging)
    process.suspend()
    answer = served_by(deployment, "known", timeout=30)
    assert answer.status_code == 200
    assert answer.headers["X-Served-By"].split(", ")[-1] != hanging
    process.wait(60)
    wait_until_healthy(f"http://{hanging}")
    assert listening_at(hanging).pid != process.pid


def test_what_was_made_for_a_visitor_is_found_wherever_it_is(deployment: str) -> None:
    """His socket goes to one process, and his cookie says another, which took over meanwhile."""
    home = served_by(deployment, "known").headers["X-Served-By"]
    other = next(o for o in own_addresses(deployment) if o != home)
    with Visitor(f"http://{other}", "seed=1&tab=data") as visitor:
        file = asked_for_file(visitor)
        assert httpx.get(f"http://{home}{file}").status_code == 404
        found = served_by(f"{deployment}{file}", "known")
        assert found.status_code == 200
        assert found.text.startswith("source,tensor,")
    assert served_by(f"{deployment}/media/no-such-file").status_code == 404


def asked_for_file(visitor: Visitor) -> str:
    """The address of the first file that the page offers, made on being asked for."""
    button = next(e for kind, e in visitor.elements if kind == "download_button")
    asked = BackMsg()
    operation = asked.backend_operation_request
    operation.request_id, operation.session_id = "1", visitor.session
    operation.deferred_file.file_id = button.deferred_file_id
    visitor.socket.send(asked.SerializeToString())
    while True:
        answer = ForwardMsg()
        answer.ParseFromString(visitor.socket.recv(60))
        if answer.WhichOneof("type") == "backend_operation_response":
            return answer.backend_operation_response.deferred_file.url


def test_over_https_the_cookie_is_sent_in_another_sites_frame(deployment: str) -> None:
    plain = httpx.get(deployment).headers["Set-Cookie"]
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    https = httpx.get(deployment, headers={"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]
    assert "SameSite=None; Secure; Partitioned" in https


def test_neither_a_body_nor_the_operators_figures_get_through(deployment: str) -> None:
    upload = f"{deployment}/_stcore/upload_file/a/b"
    assert httpx.put(upload, content=b"1" * 100).status_code == 405
    assert httpx.put(upload, content=b"1" * 2000).status_code == 413
    assert httpx.get(f"{deployment}/_stcore/metrics").status_code == 404


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def own_addresses(deployment: str) -> list[str]:
    port = port_of(deployment)
    return [f"127.0.0.1:{own}" for own in range(port + 1, port + PROCESSES + 1)]


def listening_at(address: str) -> psutil.Process:
    pids = (
        c.pid
        for c in psutil.net_connections("tcp")
        if c.status == psutil.CONN_LISTEN and c.laddr.port == port_of(address)
    )
    return psutil.Process(next(pids))
