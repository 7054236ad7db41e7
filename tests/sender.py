"""A visitor without a browser who uploads files, honest or not."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.visitor import Visitor


class Sender(Visitor):
    """A visitor who uploads as Streamlit's page does, and leaves nothing behind.

    Args:
        address: that the files come from; the page is always 127.0.0.1's.
    """

    def __init__(
        self, url: str, address: str = "127.0.0.1", cookies: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(url, cookies=cookies)
        self.url, self.address, self.used = url, address, set[str]()
        local = httpx.HTTPTransport(local_address=address)
        self.http = httpx.Client(base_url=url, transport=local, timeout=120, cookies=cookies)
        self.http.get("/_stcore/health")

    def __exit__(self, *_: object) -> None:
        for place in self.used:
            self.http.delete(place, headers=self.token)
        self.http.close()
        super().__exit__()

    def places(self, *names: str) -> list[str]:
        """The addresses to which files of these names can be uploaded."""
        message = BackMsg()
        message.file_urls_request.file_names.extend(names)
        self.socket.send(message.SerializeToString())
        for answer in self.messages():
            if answer.WhichOneof("type") == "file_urls_response":
                return [each.upload_url for each in answer.file_urls_response.file_urls]
        raise AssertionError

    def place(self) -> str:
        return self.places("a.keras")[0]

    @property
    def token(self) -> dict[str, str]:
        return {"X-Xsrftoken": self.http.cookies["_streamlit_xsrf"]}

    def put(self, place: str, content: bytes, name: str = "a.keras") -> int:
        """Upload a file; the status of the answer."""
        files = {name: (name, content)}
        self.used.add(place)
        return self.http.put(place, files=files, headers=self.token).status_code

    def take(self, *places: str) -> list[str]:
        """Have the page take the files uploaded there; the texts that it shows then."""
        identity = self.widget("A model")[1].id
        state = WidgetState(id=identity)
        for place in places:
            state.file_uploader_state_value.uploaded_file_info.add(
                file_id=place.rpartition("/")[2], name="a.keras"
            )
        self.states[identity] = state
        self.rerun()
        del self.states[identity]
        self.rerun()  # with the new widget alone
        return self.said()

    def said(self) -> list[str]:
        return [element.body for kind, element in self.elements if kind == "text"]

    @contextmanager
    def sending(self, size: int) -> Iterator[socket.socket]:
        """A request whose first bytes have been sent, of a body of that size."""
        there = urlsplit(self.url)
        token = self.token["X-Xsrftoken"]
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        head = (
            f"PUT {self.place()} HTTP/1.1\r\nHost: {there.netloc}\r\nContent-Length: {size}\r\n"
            f"Content-Type: multipart/form-data; boundary=x\r\nX-Xsrftoken: {token}\r\n"
            f"Cookie: {cookies}\r\n\r\n--x\r\n"
        )
        with socket.create_connection(
            (there.hostname, there.port), source_address=(self.address, 0)
        ) as client:
            client.settimeout(60)
            client.sendall(head.encode())
            yield client
