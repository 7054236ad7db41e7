"""Files that visitors upload: a page takes each once, and nobody can fill the server with them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.browser.driver import ROOT, Server, serve
from tests.visitor import Visitor

pytestmark = pytest.mark.whole

PAGE = """
import streamlit as st
from components.panels.ask.uploader import uploader
from components.panels.run.private import runtime

def take(files):
    said = [f"{name} {len(content)} {sum(content[:99])}" for name, content in files.items()]
    st.session_state.setdefault("taken", []).extend(sorted(said))

uploader("A model", key="up", types=[".keras", ".h5", ".json"], take=take, help="Any")
st.text("taken " + ", ".join(st.session_state.get("taken", [])))
st.text(f"left {runtime.get_instance().uploaded_file_mgr._total_bytes}")
"""
APP = """
import streamlit as st
from starlette.middleware import Middleware
from dashboard.limits import Limits

app = st.App("page.py", middleware=[Middleware(Limits, sessions=50)])
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A page with an uploader, under the limits of the dashboard."""
    folder = tmp_path_factory.mktemp("app")
    (folder / "page.py").write_text(PAGE)
    (folder / "app.py").write_text(APP)
    options = {"server.maxUploadSize": "64"}
    with serve(
        "app.py", folder=folder, options=options, environment={"PYTHONPATH": str(ROOT)}
    ) as it:
        yield it


class Sender(Visitor):
    """A visitor who uploads as Streamlit's page does."""

    def __init__(self, url: str, address: str = "127.0.0.1") -> None:
        super().__init__(url)
        local = httpx.HTTPTransport(local_address=address)
        self.url, self.http = url, httpx.Client(transport=local, timeout=120)
        self.http.get(f"{url}/_stcore/health")

    def addresses(self, *names: str) -> list[str]:
        message = BackMsg()
        message.file_urls_request.request_id = "1"
        message.file_urls_request.file_names.extend(names)
        self.socket.send(message.SerializeToString())
        for answer in self.messages():
            if answer.WhichOneof("type") == "file_urls_response":
                return [each.upload_url for each in answer.file_urls_response.file_urls]
        raise AssertionError

    @property
    def token(self) -> dict[str, str]:
        return {"X-Xsrftoken": self.http.cookies["_streamlit_xsrf"]}

    def put(self, address: str, name: str, content: bytes) -> int:
        files = {name: (name, content)}
        return self.http.put(self.url + address, files=files, headers=self.token).status_code


def test_x(server: Server) -> None:
    with Sender(server.url) as visitor:
        (address,) = visitor.addresses("a.keras")
        assert visitor.put(address, "a.keras", b"1" * 100) == 204
