"""The browser code: nothing of it travels with a component, and all of it is of one version."""

import re

from starlette.applications import Starlette
from starlette.testclient import TestClient

from components.panels.run import scripts
from components.panels.run.scripts import PANELS, with_imports
from dashboard.page_head import MODULES, streamlit_page, with_head
from dashboard.scripts import routes

client = TestClient(Starlette(routes=routes()))


def test_a_module_is_served_compressed_and_kept_by_browsers() -> None:
    for name, content in scripts.contents().items():
        answer = client.get(scripts.address(name), headers={"Accept-Encoding": "gzip"})
        assert answer.content == content == (PANELS / name).read_bytes()
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]


def test_an_address_of_another_content_is_not_answered() -> None:
    """Else a browser would keep today's module for ever under the address of another day's."""
    folder = scripts.address("draw/plot.js").removesuffix("/draw/plot.js")
    assert scripts.address("search/find.js") == f"{folder}/search/find.js"
    assert client.get(f"{folder}/plot.js").status_code == 404
    assert client.get(f"{folder}/draw/plot.py").status_code == 404
    assert client.get("/scripts/0123456789abcdef/draw/plot.js").status_code == 404


def test_what_a_module_imports_is_there_and_each_is_used() -> None:
    sources = "".join(file.read_text("utf-8") for file in PANELS.rglob("*.py"))
    components = {name for name in scripts.contents() if f'component("{name}"' in sources}
    assert components > set(MODULES)
    used = with_imports(PANELS / name for name in components)
    assert {file.relative_to(PANELS).as_posix() for file in used} == set(scripts.contents())


def test_the_history_is_wrapped_before_a_script_of_streamlits_runs() -> None:
    """Scripts of this kind run in their order."""
    found = re.findall(r'<script type="module".*? src="([^"]+)"', with_head(streamlit_page()))
    ours = [scripts.address(name) for name in ("browser/history.js", "classroom/leads.js")]
    assert found[:2] == ours
    assert found[2].startswith("./static/js/index.")
