"""Closes connections that send no request, so that nobody can fill the process with them.

Streamlit starts uvicorn by itself and passes nothing on to it, and uvicorn has no time limit for a
request's first line and headers. This adds one to uvicorn's own class for connections.
"""

from __future__ import annotations

from asyncio import Transport
from collections import defaultdict
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from components.panels.run.pace import neighbourhood

Connection = Any  # an AutoHTTPProtocol, for which uvicorn has no type but asyncio's Protocol

PATIENCE = 10.0
"""Seconds without a request after which a connection is closed; at most twice as many after an
earlier request."""


class Connections:
    """All connections that have not become a page's socket, the oldest first.

    Args:
        most: how many connections an address may have. A further one takes the place of its oldest
            idle connection.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.of = defaultdict[str, dict[Connection, None]](dict)  # by address

    def watch(self) -> None:
        """Have uvicorn tell of each new connection."""
        kind: Any = AutoHTTPProtocol
        made = kind.connection_made

        def connection_made(connection: Connection, transport: Transport) -> None:
            made(connection, transport)
            self.add(connection)

        kind.connection_made = connection_made

    def add(self, new: Connection) -> None:
        """Watch a new connection, and close an idle one if the address has too many."""
        address = neighbourhood(new.client and new.client[0])
        there = self.of[address]
        there[new] = None
        if len(there) > self.most:
            self._end(address, next(each for each in there if _is_idle(each)))
        self._look_later(address, new)

    def _look_later(self, address: str, connection: Connection) -> None:
        last = connection.cycle  # uvicorn's name for a request with its response
        connection.loop.call_later(PATIENCE, self._look, address, connection, last)

    def _look(self, address: str, connection: Connection, last: object) -> None:
        if _is_idle(connection) and connection.cycle is last:
            self._end(address, connection)
        else:
            self._look_later(address, connection)

    def _end(self, address: str, connection: Connection) -> None:
        self.of[address].pop(connection, None)
        if not self.of[address]:
            del self.of[address]
        if _is_open(connection):
            connection.transport.abort()


def _is_idle(connection: Connection) -> bool:
    """Whether none of its requests waits for an answer."""
    answered = connection.cycle is None or connection.cycle.response_complete
    return answered or not _is_open(connection)


def _is_open(connection: Connection) -> bool:
    """Whether it is still open, and is not a page's socket."""
    return connection in connection.connections
