"""Connections that send no request are closed, and take nobody's place."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from dashboard import connections
from dashboard.connections import Connections

MOST = 20
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """Where a server listens that answers "ok"."""
    monkeypatch.setattr(connections, "PATIENCE", 1)
    monkeypatch.setattr(AutoHTTPProtocol, "connection_made", AutoHTTPProtocol.connection_made)
    Connections(MOST).watch()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(answer, lifespan="off", log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()
    server.should_exit = True
    thread.join()


async def answer(_, __, send) -> None:
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


def is_closed(client: socket.socket) -> bool:
    """Whether the server closes it, which is waited for."""
    client.settimeout(30)
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


def is_answered(client: socket.socket) -> bool:
    client.settimeout(30)
    client.sendall(GET)
    got = b""
    while not got.endswith(b"ok"):
        got += client.recv(1000)
    return got.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("sent", [b"", b"G", GET[:-2]])
def test_without_a_request_it_is_closed(address: tuple[str, int], sent: bytes) -> None:
    with closing(socket.create_connection(address)) as client:
        client.sendall(sent)
        assert is_closed(client)


def test_without_a_whole_second_request_it_is_closed(address: tuple[str, int]) -> None:
    with closing(socket.create_connection(address)) as client:
        assert is_answered(client)
        client.sendall(GET[:-2])
        assert is_closed(client)


def test_one_more_takes_the_place_of_the_oldest_that_is_silent(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 1000)
    with ExitStack() as open_:
        clients = [
            open_.enter_context(closing(socket.create_connection(address))) for _ in range(MOST + 5)
        ]
        assert all(is_closed(client) for client in clients[:5])
        assert all(is_answered(client) for client in clients[5:])
