"""Two processes behind nginx: affinity, websockets, and the living process taking over."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from components.backend.rooms.database import connect
from components.backend.rooms.room import Ballot, Room, moves
from components.backend.rooms.store import Key, Store
from components.texts import LANGUAGES
from dashboard import uploads
from tests.browser.driver import ROOT, held_ports, new_context
from tests.sender import Sender
from tests.visitor import Visitor

pytestmark = pytest.mark.whole

if shutil.which("nginx") is None:
    pytest.skip("nginx is not installed and could not be", allow_module_level=True)

PROCESSES = 2
COOKIE = "rnn_lens"
PATIENCE = 120  # seconds, in which a process starts however busy the machine is
HUNG = 12  # seconds without an answer: a little more than nginx waits for one


@dataclass(frozen=True)
class Deployment:
    """A running `serve`: nginx's port, which those of the processes follow, and its log, in the
    folder where rooms are kept."""

    command: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_until_healthy(self, address: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.command.poll() is None:
            with suppress(httpx.TransportError):
                if httpx.get(f"http://{address}/_stcore/health", timeout=2).text == "ok":
                    return
            time.sleep(0.2)
        pytest.fail(f"{address} did not come up. The log of serve:\n{self.log.read_text()}")


@contextmanager
def serving(
    port: int, folder: Path, environment: dict[str, str], python: str | Path = sys.executable
) -> Iterator[Deployment]:
    """Run `serve` on a port and those that follow; it may have ended before the block is left."""
    log = folder / "serve.log"
    own = {"PYTHON": str(python), "PATIENCE": str(HUNG), "RNN_LENS_DATA": str(folder)}
    with log.open("wb") as output:
        command = subprocess.Popen(
            [ROOT / "dashboard/deploy/serve", str(PROCESSES), str(port)],
            env={**os.environ, **environment, **own},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Deployment(command, port, log)
    finally:
        command.send_signal(signal.SIGTERM)
        command.wait(PATIENCE)


@pytest.fixture
def ports() -> Iterator[range]:
    """Nginx's port and those of the processes."""
    with held_ports(PROCESSES + 1) as first:
        yield range(first, first + PROCESSES + 1)


@pytest.fixture(scope="module")
def started(
    tmp_path_factory: pytest.TempPathFactory, no_tensorflow: dict[str, str]
) -> Iterator[tuple[Deployment, list[set[bytes]]]]:
    """Nginx in front of two processes, all of them started; and what a class was answered that came
    at once, while no process was up yet, and once one of them had answered."""
    folder = tmp_path_factory.mktemp("serve")
    with held_ports(PROCESSES + 1) as first, serving(first, folder, no_tensorflow) as running:
        wait_until(lambda: not refuses(first))
        answered = [statuses_at_once(first)]
        for port in reversed(range(first, first + PROCESSES + 1)):  # nginx last
            running.wait_until_healthy(f"127.0.0.1:{port}")
        # Several times: one of nginx's workers alone may get all connections.
        answered.append(set.union(*(statuses_at_once(first) for _ in range(5))))
        yield running, answered


@pytest.fixture
def running(started: tuple[Deployment, list[set[bytes]]]) -> Deployment:
    return started[0]


@pytest.fixture
def deployment(running: Deployment) -> str:
    """The address of nginx. Whatever the test before did, all processes are up again."""
    for address in own_addresses(running.url):
        running.wait_until_healthy(address)
    return running.url


def served_by(url: str, visitor: str | None = None) -> httpx.Response:
    return httpx.get(url, cookies={COOKIE: visitor} if visitor else {}, timeout=PATIENCE)


def test_nginx_gives_up_an_idle_connection_first(deployment: str) -> None:
    """A process that closes it just as it is used again would be taken for one that is down."""
    served_by(deployment, "known")
    ours = {c.laddr for c in connections_to(deployment) if c.status == psutil.CONN_ESTABLISHED}
    assert ours
    deadline = time.monotonic() + PATIENCE
    while ours & {c.laddr for c in connections_to(deployment) if c.status != psutil.CONN_TIME_WAIT}:
        assert time.monotonic() < deadline
        time.sleep(0.5)  # each look goes through all that is open on the machine
    # Who closes first keeps the connection in mind for a while.
    assert ours <= {c.laddr for c in connections_to(deployment)}


def connections_to(deployment: str) -> list[Any]:
    """Nginx's side of the connections to the processes."""
    ports = [port_of(address) for address in own_addresses(deployment)]
    return [c for c in psutil.net_connections("tcp") if c.raddr and c.raddr.port in ports]


def test_a_class_that_comes_at_once_finds_what_one_has_found(
    started: tuple[Deployment, list[set[bytes]]],
) -> None:
    """All of nginx's workers have met the processes while they were down. Once one of the workers
    has an answer, all of them know."""
    assert started[1] == [{b"502"}, {b"200"}]


def statuses_at_once(port: int, count: int = 200) -> set[bytes]:
    """What that many connections answer that are all open before the first of them asks."""
    with ExitStack() as stack:
        open_ = [socket.create_connection(("127.0.0.1", port), PATIENCE) for _ in range(count)]
        for connection in open_:
            stack.enter_context(connection).sendall(b"GET /_stcore/health HTTP/1.0\r\n\r\n")
        return {connection.recv(12)[-3:] for connection in open_}


def refuses(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) != 0


def test_a_new_visitor_gets_a_cookie_and_an_old_one_keeps_it(deployment: str) -> None:
    assert served_by(deployment).cookies[COOKIE]
    assert COOKIE not in served_by(deployment, "known").cookies


def test_a_visitor_stays_with_one_process_and_visitors_are_spread(deployment: str) -> None:
    chosen = {
        visitor: {served_by(deployment, visitor).headers["X-Served-By"] for _ in range(3)}
        for visitor in map(str, range(20))
    }
    assert all(len(processes) == 1 for processes in chosen.values())
    assert len(set.union(*chosen.values())) == PROCESSES


def test_the_living_process_takes_over(
    deployment: str, running: Deployment, browser: Browser
) -> None:
    """The page comes through the websocket; when its process dies, the link brings it back. A room
    is one room whichever process a phone meets: no vote that was recorded is lost, and the others
    take the next ones."""
    context = new_context(browser, deployment, reduced_motion="reduce")
    page = context.new_page()
    page.goto("/?cell=GRU&units=7")
    expect_line(page, "GRU(7")
    visitor = next(c["value"] for c in context.cookies() if c["name"] == COOKIE)
    process = served_by(deployment, visitor).headers["X-Served-By"]
    store = Store(connect(str(running.log.parent)))
    key = open_vote(store)
    met = {vote(deployment, key, phone).headers["X-Served-By"] for phone in range(20)}
    assert len(met) == PROCESSES
    assert store.lead(key).votes == {1: {0: 10, 1: 10}}

    listening_at(process).kill()
    answer = served_by(deployment, visitor)
    assert answer.status_code == 200
    assert answer.headers["X-Served-By"].split(", ")[-1] != process
    for phone in range(20, 40):  # as a phone asks again
        wait_until(lambda phone=phone: vote(deployment, key, phone).status_code == 200)
    assert store.lead(key).votes == {1: {0: 20, 1: 20}}
    page.reload()
    expect_line(page, "GRU(7")
    context.close()


def expect_line(page: Page, part: str) -> None:
    expect(page.locator(".rnn-call")).to_contain_text(part, timeout=90_000)


def open_vote(store: Store) -> Key:
    """A new room, in which phones can vote."""
    room, ballot = Room("any"), Ballot("Which?", ("one", "two"), 1, "", ("", ""))
    ballots = dict.fromkeys(LANGUAGES, ballot)
    key = store.open(room, ballots)
    store.move(key, room, moves(room, 1)["open"], ballots)
    return key


def vote(deployment: str, key: Key, phone: int) -> httpx.Response:
    return httpx.post(
        f"{deployment}/join/{key.code}/vote",
        json={"question": "1.1", "option": phone % 2},
        headers={"X-Phone": f"{phone:032}", "Origin": deployment},
        cookies={COOKIE: str(phone)},
        timeout=PATIENCE,
    )


def test_a_process_that_hangs_is_passed_over_and_replaced(
    deployment: str, running: Deployment
) -> None:
    hanging = served_by(deployment, "known").headers["X-Served-By"]
    process = listening_at(hanging)
    process.suspend()
    answer = served_by(deployment, "known")
    assert answer.status_code == 200
    assert answer.headers["X-Served-By"].split(", ")[-1] != hanging
    process.wait(PATIENCE)
    running.wait_until_healthy(hanging)
    assert listening_at(hanging).pid != process.pid


def test_a_process_whose_port_is_taken_as_it_dies_comes_back(
    deployment: str, running: Deployment
) -> None:
    """The others go on, and it is started again and again until the port is free."""
    lost, other = own_addresses(deployment)
    with taken_from(listening_at(lost), port_of(lost)):
        refused = f"Port {port_of(lost)} is not available"
        wait_until(lambda: refused in running.log.read_text())
        assert running.command.poll() is None
        running.wait_until_healthy(other)
    running.wait_until_healthy(lost)


@contextmanager
def taken_from(process: psutil.Process, port: int) -> Iterator[None]:
    """End a process and listen on its port in its place."""
    process.kill()
    process.wait()
    with socket.create_server(("127.0.0.1", port)):
        yield


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_what_was_made_for_a_visitor_is_found_wherever_it_is(deployment: str) -> None:
    """The socket goes to one process, and the cookie says another, which took over meanwhile."""
    home = served_by(deployment, "known").headers["X-Served-By"]
    other = next(o for o in own_addresses(deployment) if o != home)
    with Visitor(f"http://{other}", "seed=1&tab=code") as visitor:
        file = asked_for_file(visitor)
        assert httpx.get(f"http://{home}{file}", timeout=PATIENCE).status_code == 404
        found = served_by(f"{deployment}{file}", "known")
        assert found.status_code == 200
        assert "import keras" in found.text
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
        answer.ParseFromString(visitor.socket.recv(PATIENCE))
        if answer.WhichOneof("type") == "backend_operation_response":
            return answer.backend_operation_response.deferred_file.url


def test_over_https_the_cookie_is_sent_in_another_sites_frame(deployment: str) -> None:
    plain = served_by(deployment).headers["Set-Cookie"]
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    over_https = {"X-Forwarded-Proto": "https"}
    https = httpx.get(deployment, headers=over_https, timeout=PATIENCE).headers["Set-Cookie"]
    assert "SameSite=None; Secure; Partitioned" in https


def test_which_process_answers_is_told_on_this_machine_alone(deployment: str) -> None:
    assert "X-Served-By" in served_by(deployment).headers
    through_a_proxy = httpx.get(deployment, headers={"X-Forwarded-For": "10.0.0.1"})
    assert "X-Served-By" not in through_a_proxy.headers
    with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2")) as elsewhere:
        assert "X-Served-By" not in elsewhere.get(deployment).headers


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_connection_without_a_request_is_closed(deployment: str, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port_of(deployment)), timeout=60) as client:
        client.sendall(sent)
        while client.recv(1000):
            pass


def test_neither_a_body_nor_the_operators_figures_get_through(deployment: str) -> None:
    page = f"{deployment}/no-such-page"
    assert httpx.put(page, content=b"1" * 100, timeout=PATIENCE).status_code == 405
    assert httpx.put(page, content=b"1" * 2000, timeout=PATIENCE).status_code == 413
    assert served_by(f"{deployment}/_stcore/metrics").status_code == 404


@pytest.mark.parametrize("visitor", ["one", "another", "a third"])
def test_a_file_goes_to_the_process_that_has_the_page(deployment: str, visitor: str) -> None:
    with Sender(deployment, cookies={COOKIE: visitor}) as sender:
        place = sender.place()
        assert sender.put(place, bytes(60 * 2**20)) == 204
        assert sender.put(place, bytes(66 * 2**20)) == 413
        with sender.sending(uploads.LARGEST) as client:
            assert b" 408 " in client.recv(100)


def test_one_nginx_serves_from_the_processes_of_several_machines(
    ports: range, tmp_path: Path, no_tensorflow: dict[str, str]
) -> None:
    """Set up as `dashboard/deploy/README.md` says, with a loopback address for each machine: a
    visitor stays on one of them, and processes count visitors by the addresses that nginx tells."""
    machines = [f"127.0.0.{number}:{port}" for number, port in enumerate(ports[1:], 2)]
    environment = {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0", "FORWARDED_ALLOW_IPS": "127.0.0.9"}
    with (
        serving(ports[0], tmp_path, no_tensorflow | environment) as running,
        held_ports(1) as front,
        nginx_before(machines, front, tmp_path / "front"),
    ):
        for address in machines:
            running.wait_until_healthy(address)
        url = f"http://127.0.0.1:{front}"
        wait_until(lambda: served_by(url).status_code == 200)
        chosen = [
            {served_by(url, visitor).headers["X-Served-By"] for _ in range(3)}
            for visitor in map(str, range(20))
        ]
        assert {len(processes) for processes in chosen} == {1}
        assert set.union(*chosen) == set(machines)
        # Of wrong codes an address is told only so many.
        assert told_of_codes(machines[0], sender="127.0.0.8") == {404, 429}
        assert told_of_codes(machines[0], sender="127.0.0.9") == {404}


@contextmanager
def nginx_before(servers: list[str], port: int, folder: Path) -> Iterator[None]:
    """Run nginx by the project's own configuration, in front of these servers."""
    folder.mkdir()
    conf = (ROOT / "dashboard/deploy/nginx.conf").read_text("utf-8")
    (folder / "nginx.conf").write_text(conf.replace("listen 8600;", f"listen {port};"), "utf-8")
    lines = [f"server {server} max_fails=1 fail_timeout=5s;\n" for server in servers]
    (folder / "servers.conf").write_text("".join(lines), "utf-8")
    command = ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"]
    with subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.DEVNULL) as nginx:
        try:
            yield
        finally:
            nginx.terminate()


def told_of_codes(address: str, sender: str) -> set[int]:
    """What a process answers to 150 visitors with wrong codes, each with an address of their own,
    for whom that sender asks."""
    with httpx.Client(transport=httpx.HTTPTransport(local_address=sender)) as proxy:
        ask = f"http://{address}/join/BBBB/state"
        phones = [
            {"X-Phone": f"{number:032}", "X-Forwarded-For": f"10.0.{number}.1"}
            for number in range(150)
        ]
        return {proxy.get(ask, headers=phone, timeout=PATIENCE).status_code for phone in phones}


@pytest.mark.parametrize("which", range(PROCESSES + 1))
def test_serve_says_which_port_is_taken_and_ends(ports: range, which: int, tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", ports[which])),
        serving(ports[0], tmp_path, {}) as refused,
    ):
        assert refused.command.wait(PATIENCE) == 1
    assert refused.log.read_text() == (
        f"serve: cannot listen on port {ports[which]}: Address already in use\n"
    )


@pytest.mark.parametrize(
    ("arguments", "patience", "said"),
    [
        ("two", "20", "count: got two; allowed: a whole number from 1 to 99999"),
        ("1 0", "20", "port: got 0; allowed: a whole number from 1 to 99999"),
        ("1 8600", "soon", "patience: got soon; allowed: a whole number from 1 to 99999"),
        ("9 65530", "20", "port: got 65530; allowed: up to 65526, as 9 more follow it"),
    ],
)
def test_serve_says_which_number_it_cannot_take(arguments: str, patience: str, said: str) -> None:
    command = [ROOT / "dashboard/deploy/serve", *arguments.split()]
    own = os.environ | {"PATIENCE": patience}
    refused = subprocess.run(command, env=own, capture_output=True, text=True)
    assert (refused.returncode, refused.stderr) == (1, f"serve: {said}\n")


def test_serve_ends_if_a_process_cannot_start(
    ports: range, tmp_path: Path, no_tensorflow: dict[str, str]
) -> None:
    """Such as one whose port was taken after `serve` had tried it."""
    python = tmp_path / "python"
    with held_ports(1) as taken, socket.create_server(("127.0.0.1", taken)):
        python.write_text(f"""#!/bin/sh
            case "$*" in *port={ports[1]}) set -- "$@" --server.port={taken} ;; esac
            exec {sys.executable} "$@"
        """)
        python.chmod(0o755)
        with serving(ports[0], tmp_path, no_tensorflow, python) as refused:
            assert refused.command.wait(PATIENCE) == 1
    said = refused.log.read_text()
    assert f"Port {taken} is not available" in said
    assert f"serve: the process on port {ports[1]} could not start" in said
    for port in ports:  # and nothing is left behind
        socket.create_server(("127.0.0.1", port)).close()


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
