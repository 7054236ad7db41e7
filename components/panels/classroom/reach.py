"""How other devices reach this server: its address in the network, and as a QR code."""

from __future__ import annotations

import socket
from contextlib import suppress
from html import escape
from ipaddress import ip_address
from urllib.parse import urlsplit

import segno
import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from components.panels.write.html import inline
from components.texts import text

LONGEST = 600
"""The most characters of a link in a QR code: a phone reads no larger one from a projector."""


def server_address() -> str | None:
    """The server's address as other devices reach it, without a path; None if it listens on this
    machine alone."""
    listens = st.get_option("server.address")
    own_port = st.get_option("server.port")
    return reached(st.context.url or f"http://localhost:{own_port}", listens, own_port)


def address_for_others() -> str:
    """As `server_address`; where no other device reaches the server, as this page does."""
    at = urlsplit(st.context.url or "")
    return server_address() or f"{at.scheme}://{at.netloc}"


def reached(url: str, listens: str | None, own_port: int) -> str | None:
    """As `server_address`, for a page that is open at `url`.

    Args:
        listens: the address on which the server listens; None or empty if on all.
        own_port: the server's port. At another one a proxy listens in front of it, for everyone.
    """
    at = urlsplit(url)
    if not _is_local(at.hostname or ""):
        return f"{at.scheme}://{at.netloc}"
    if at.port == own_port and listens and _is_local(listens):
        return None
    port = f":{at.port}" if at.port else ""
    return f"{at.scheme}://{_in_network()}{port}"


def qr(address: str) -> str:
    """An address as a QR code, dark on white in any theme: HTML."""
    image = segno.make(address, micro=False).svg_data_uri(border=2, scale=8, light="#fff")
    return f'<img class="rnn-qr" src="{escape(image)}" alt="{escape(address)}">'


def route() -> Route:
    """The route /qr?of=… that answers with a link of this server as a QR code, in JSON."""
    return Route("/qr", _qr_of)


def _qr_of(request: Request) -> JSONResponse:
    """HTML with the QR code and the link as other devices reach it, or why there is none."""
    try:
        link = urlsplit(request.query_params.get("of", ""))
    except ValueError:
        return JSONResponse({}, 400)
    if link.netloc != request.headers.get("host"):
        return JSONResponse({}, 400)
    if len(link.geturl()) > LONGEST:
        return JSONResponse({"html": text("present.long")})
    own = st.get_option("server.address"), st.get_option("server.port")
    server = reached(link.geturl(), *own)
    if server is None:
        return JSONResponse({"html": inline(text("room.alone"))})
    address = server + link._replace(scheme="", netloc="").geturl()
    return JSONResponse({"html": f"{qr(address)}<br>{escape(address)}"})


def _is_local(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def _in_network() -> str:
    """This machine's address in its network. Nothing is sent: the system only says from which
    address it would send to a host elsewhere (192.0.2.1 is nobody's)."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect(("192.0.2.1", 9))
        return asked.getsockname()[0]
    return socket.gethostname()
