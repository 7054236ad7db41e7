"""Streamlit's scripts are sent compressed, and each is compressed once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from dashboard import streamlit_js
from dashboard.page_head import SCRIPTS

PASSED_ON = "as Streamlit answers"
client = TestClient(streamlit_js.StreamlitJs(PlainTextResponse(PASSED_ON)))


def test_a_script_is_compressed_for_whoever_takes_that() -> None:
    file = max(SCRIPTS.glob("index.*.js"), key=lambda file: file.stat().st_size)
    for encoding in ("gzip, br", "identity"):
        answer = client.get(f"/static/js/{file.name}", headers={"Accept-Encoding": encoding})
        assert answer.content == file.read_bytes()
        sent = int(answer.headers["content-length"])
        assert sent < len(answer.content) / 2 if "gzip" in encoding else sent == len(answer.content)
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]
    assert streamlit_js._packed(file.name) is streamlit_js._packed(file.name)


def test_all_else_is_passed_on() -> None:
    script = f"/static/js/{next(SCRIPTS.glob('*.js')).name}"
    assert client.head(script).headers["content-length"] == str(len(PASSED_ON))
    for path in ("/", "/static/js/none.js", "/static/js/..%2findex.html", f"/other{script}"):
        assert client.get(path).text == PASSED_ON


def test_a_class_that_comes_at_once_has_a_script_compressed_once() -> None:
    largest = max(SCRIPTS.glob("*.js"), key=lambda file: file.stat().st_size)
    together = Barrier(8)

    def pupil(_: int) -> streamlit_js.Packed:
        together.wait()
        return streamlit_js._packed(largest.name)

    with ThreadPoolExecutor(8) as class_:
        assert len(set(class_.map(pupil, range(8)))) == 1
