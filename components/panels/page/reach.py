"""How other devices reach this server: its address in the network, and as a QR code."""

from __future__ import annotations

import socket
from contextlib import suppress
from html import escape
from ipaddress import ip_address
from urllib.parse import urlsplit

import segno
import streamlit as st


def server_address() -> str | None:
    """The server's address as other devices reach it, without a path; None if it listens on this
    machine alone."""
    listens = st.get_option("server.address")
    own_port = st.get_option("server.port")
    return reached(st.context.url or f"http://localhost:{own_port}", listens, own_port)


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
