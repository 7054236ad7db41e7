"""What every kept page has before a browser fills it in."""

from __future__ import annotations

import base64
import gzip
import json
import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.testclient import TestClient

from components.panels.draw import plotly_js
from components.panels.keep import kept
from components.panels.run import scripts
from dashboard.scripts import routes

ROOT = Path(__file__).parents[2]
FILE = kept.content().decode()


def test_the_server_has_the_file_at_its_address() -> None:
    answer = TestClient(Starlette(routes=routes())).get(kept.address())
    assert answer.content == kept.content()
    assert "immutable" in answer.headers["cache-control"]


def test_a_module_imports_others_by_names_that_the_page_has() -> None:
    known = json.loads(re.search(r'<script type="importmap">(.*?)</script>', FILE)[1])["imports"]
    assert known == kept.modules()
    for name, source in known.items():
        code = unquote(source.removeprefix("data:text/javascript,"))
        imported = re.findall(r'(?:from|import) ?"([\w./]+)"', code)
        assert set(imported) <= set(known), name
        # Otherwise it is as the server sends it.
        assert code.count("\n") == scripts.contents()[name].decode().count("\n")


def test_a_module_that_is_given_something_to_keep_is_kept() -> None:
    calls = {
        name: re.findall(r'give\(parentElement, "([^"]+)"', code.decode())
        for name, code in scripts.contents().items()
    }
    keeping = {name for name, given in calls.items() if given}
    assert all(calls[name] == [name] for name in keeping)
    assert keeping == set(kept.LIVE) - {"write/copy.js"}


def test_plotly_is_in_it() -> None:
    packed = re.search(r'id="plotly">([^<]+)<', FILE)[1]
    assert gzip.decompress(base64.b64decode(packed)) == plotly_js.content()


def test_its_colours_are_those_of_the_app() -> None:
    theme = tomllib.loads((ROOT / "dashboard/.streamlit/config.toml").read_text("utf-8"))["theme"]
    for name in ("light", "dark"):
        for color in theme[name].values():
            assert f": {color};" in FILE


def test_nothing_in_it_asks_a_network() -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', FILE)[1]
    assert policy.startswith("default-src 'none'")
    assert not re.search(r"https?:|self", policy)
