"""The address under which other devices reach a server."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from components.panels.classroom.reach import qr, reached, route
from components.texts import text


@pytest.mark.parametrize("listens", [None, "", "127.0.0.1", "0.0.0.0"])
def test_an_address_in_the_network_is_kept(listens: str | None) -> None:
    assert reached("https://school.example/room?x=1", listens, 8501) == "https://school.example"
    assert reached("http://10.0.0.7:8501/room", listens, 8501) == "http://10.0.0.7:8501"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
def test_of_this_machine_its_address_in_the_network_is_said(host: str) -> None:
    for listens in (None, "", "0.0.0.0", "::"):
        found = urlsplit(reached(f"http://{host}:8501/room", listens, 8501))
        assert (found.scheme, found.port, found.path) == ("http", 8501, "")
        assert found.hostname != "localhost"
    assert reached(f"http://{host}:8501/room", "127.0.0.1", 8501) is None
    assert reached(f"http://{host}:8501/room", "localhost", 8501) is None


def test_a_proxy_in_front_of_the_server_listens_for_everyone() -> None:
    assert urlsplit(reached("http://localhost:8600/room", "127.0.0.1", 8601)).port == 8600


def test_a_machine_has_an_address() -> None:
    host = urlsplit(reached("http://localhost:1/", None, 1)).hostname
    try:
        assert not ip_address(host).is_unspecified
    except ValueError:  # a machine without a network has a name alone
        assert host


def test_a_qr_code_says_what_it_is() -> None:
    drawn = qr("http://10.0.0.7:8501/join/BCDF?a=1&b='")
    assert drawn.startswith('<img class="rnn-qr" src="data:image/svg+xml')
    assert 'alt="http://10.0.0.7:8501/join/BCDF?a=1&amp;b=&#x27;"' in drawn


def test_a_link_is_a_qr_code_that_other_devices_can_open() -> None:
    client = TestClient(Starlette(routes=[route()]), base_url="http://lens.example")
    link = "http://lens.example/stack?units=4#present=true"
    said = client.get("/qr", params={"of": link}).json()["html"]
    assert said.startswith('<img class="rnn-qr" src="data:image/svg+xml')
    assert said.endswith(link)
    long = client.get("/qr", params={"of": f"{link}&x={'1' * 600}"})
    assert long.json()["html"] == text("present.long")
    for other in ("", "nonsense", "https://elsewhere.example/?<b>", "http://[x"):
        assert client.get("/qr", params={"of": other}).status_code == 400
