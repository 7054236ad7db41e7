"""Closes connections that send no request, so that nobody can fill the process with them.

Streamlit starts uvicorn by itself and passes nothing on to it, and uvicorn has no time limit for a
request's first line and headers. This adds one to uvicorn's own class for connections.
"""

from __future__ import annotations

from asyncio import Transport
from collections import defaultdict

from uvicorn.protocols.http.auto import AutoHTTPProtocol as Connection

from components.panels.run.pace import neighbourhood

PATIENCE = 10.0
"""Seconds after which a connection is closed if no request has come meanwhile; at most twice as
many if one had come before."""


class Connections:
    """All connections that have not become a page's socket, the oldest first.

    Args:
        most: how many there may be of an address. One more takes the place of the oldest that has
            no request to be answered.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.of = defaultdict[str, dict[Connection, None]](dict)  # by address

    def watch(self) -> None:
        """Have uvicorn tell of each new connection."""
        made = Connection.connection_made

        def connection_made(connection: Connection, transport: Transport) -> None:
            made(connection, transport)
            self.add(connection)

        Connection.connection_made = connection_made

    def add(self, new: Connection) -> None:
        """Look after a new connection, and make place for it."""
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
    """Whether it has no request to be answered."""
    answered = connection.cycle is None or connection.cycle.response_complete
    return answered or not _is_open(connection)


def _is_open(connection: Connection) -> bool:
    """Whether it is open, and has not become a page's socket."""
    return connection in connection.connections
