"""The components' modules: nothing of them travels with a component, and each has one address."""

from starlette.applications import Starlette
from starlette.testclient import TestClient

from components.panels.run import scripts

client = TestClient(Starlette(routes=[scripts.route()]))


def test_a_module_is_served_compressed_and_kept_by_browsers() -> None:
    for name, files in scripts.COMPONENTS.items():
        answer = client.get(scripts.address(name), headers={"Accept-Encoding": "gzip"})
        assert answer.text == scripts.module(*files)
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]


def test_an_address_of_another_content_is_not_answered() -> None:
    """Else a browser would keep today's module for ever under the address of another day's."""
    address = scripts.address("plot")
    assert client.get(address.replace("/plot.js", "/frame.js")).status_code == 404
    assert client.get("/scripts/0123456789abcdef/plot.js").status_code == 404
