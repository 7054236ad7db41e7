"""How fast, how many and how long files may be uploaded, in time that passes faster."""

from __future__ import annotations

import asyncio
import time
import tomllib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.testing.v1 import AppTest

from components.panels.ask.uploader import MOST_MEGABYTES
from dashboard import uploads
from dashboard.messages import LONGEST, MOST_FILES, NotFromABrowser, let_in
from dashboard.uploads import Upload, Uploads, upload_of

# What goes through


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("PUT", "/_stcore/upload_file/a/b", Upload("a", "b")),
        ("DELETE", "/lens/_stcore/upload_file/a/b", Upload("a", "b")),
        ("POST", "/_stcore/upload_file/a/b", None),
        ("PUT", "/_stcore/upload_file/a", None),
        ("PUT", "/_stcore/upload_file/a/b/c", None),
        ("PUT", "/_stcore/upload_file/a/b\n", None),
        ("PUT", "/_stcore/stream", None),
        ("PUT", "x/_stcore/upload_file/a/b", None),
    ],
)
def test_only_uploads_are_taken_for_one(method: str, path: str, found: Upload | None) -> None:
    assert upload_of({"method": method, "path": path}) == found


def announced(*names: str) -> bytes:
    return BackMsg(file_urls_request={"file_names": names}).SerializeToString()


def test_so_many_files_may_be_announced_at_once() -> None:
    message = announced(*["a.keras"] * MOST_FILES)
    assert let_in(message) == message
    for names in (["a.keras"] * (MOST_FILES + 1), ["a" * LONGEST]):
        with pytest.raises(NotFromABrowser):
            let_in(announced(*names))


def test_the_browser_the_server_and_the_limits_say_the_same_size() -> None:
    assert MOST_MEGABYTES * 2**20 == uploads.LARGEST
    assert uploads.LARGEST <= uploads.BYTES_AN_ADDRESS <= uploads.MOST_BYTES
    config = tomllib.loads(Path("dashboard/.streamlit/config.toml").read_text("utf-8"))
    assert config["server"]["maxUploadSize"] == MOST_MEGABYTES


def test_readme_says_the_limits() -> None:
    said = " ".join(Path("dashboard/deploy/README.md").read_text("utf-8").split())
    megabytes = [each >> 20 for each in (uploads.BYTES_AN_ADDRESS, uploads.MOST_BYTES)]
    assert "an address has at most {} MB, all together {} MB".format(*megabytes) in said
    assert f"uploads {uploads.BURST} files at once and then one a second" in said
    assert f"at most {uploads.MOST_AT_ONCE} on their way" in said
    assert f"a second for each {uploads.SLOWEST // 1000} kB" in said
    assert uploads.FIRST_MOMENTS == 3
    assert "gives way after three seconds" in said
    times = uploads.RATE, uploads.WAIT, uploads.KEPT, uploads.PATIENCE, uploads.FIRST_SECONDS
    assert times == (1, 60, 60, 10, 30)  # a second, a minute, a minute, ten seconds, half a minute


# Limits


class Server:
    """The limits, in front of what keeps files as Streamlit does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **limits: float) -> None:
        self.manager = MemoryUploadedFileManager("")
        self.uploads = Uploads(self.keep)
        self.statuses = list[int]()
        monkeypatch.setattr(uploads, "drop_upload", self.manager.remove_file)
        monkeypatch.setattr(uploads, "is_uploaded", self.has)
        for name, value in limits.items():
            monkeypatch.setattr(uploads, name, value)

    def has(self, session: str, file: str) -> bool:
        return bool(self.manager.get_files(session, [file]))

    async def keep(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Read a file and keep it."""
        data = b""
        while (message := await receive())["body"]:
            data += message["body"]
        _, session, file = scope["path"].rsplit("/", 2)
        self.manager.add_file(session, UploadedFileRec(file, "a.keras", "", data))
        self.statuses.append(204)

    async def send(self, message: dict[str, Any]) -> None:
        if "status" in message:
            self.statuses.append(message["status"])

    async def put(self, file: str, size: int = 1, host: str = "1", chunk: float = 0) -> None:
        """Upload a file, a byte at a time, with some seconds before each."""
        left = size

        async def receive() -> dict[str, Any]:
            nonlocal left
            await asyncio.sleep(chunk)
            left -= 1
            return {"type": "http.request", "body": b"1" if left >= 0 else b""}

        path = f"/_stcore/upload_file/session{host}/{file}"
        headers = [(b"content-length", str(size).encode())]
        scope = {"type": "http", "method": "PUT", "path": path, "headers": headers}
        await self.uploads(upload_of(scope), host, scope, receive, self.send)


Serve = Callable[..., Server]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Serve:
    return lambda **limits: Server(monkeypatch, **{"LOOK_AGAIN": 0.01} | limits)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0.01)


def test_an_address_uploads_so_many_at_once_and_then_so_many_a_second(server: Serve) -> None:
    async def work() -> None:
        begun = time.monotonic()
        here = server(RATE=20, BURST=3)
        await asyncio.gather(*(here.put(str(n)) for n in range(5)), here.put("0", host="2"))
        assert here.statuses == [204] * 6
        assert time.monotonic() - begun >= 2 / 20

    run(work())


def test_what_would_wait_too_long_is_refused(server: Serve) -> None:
    async def work() -> None:
        here = server(RATE=0.01, BURST=2, WAIT=1)
        await asyncio.gather(*(here.put(str(n)) for n in range(4)))
        assert here.statuses == [429, 429, 204, 204]

    run(work())


def test_an_address_has_so_many_on_their_way(server: Serve) -> None:
    async def work() -> None:
        here = server(MOST_AT_ONCE=2)
        await asyncio.gather(*(here.put(str(n), chunk=0.05) for n in range(4)))
        assert here.statuses == [429, 429, 204, 204]
        assert not here.uploads.asked
        await here.put("5")
        assert here.statuses[-1] == 204

    run(work())


def test_what_does_not_fit_waits_until_the_page_has_taken_others(server: Serve) -> None:
    async def work() -> None:
        here = server(BYTES_AN_ADDRESS=10, MOST_BYTES=15)
        await here.put("a", 8)
        second = asyncio.create_task(here.put("b", 3))  # of the same address
        third = asyncio.create_task(here.put("c", 8, host="2"))  # more than all may have
        await here.put("d", 7, host="3")
        await asyncio.sleep(0.1)
        assert (second.done(), third.done()) == (False, False)
        here.manager.remove_file("session1", "a")
        await second
        here.manager.remove_file("session3", "d")
        await third
        assert here.statuses == [204] * 4
        assert not here.uploads.coming

    run(work())


def test_one_that_finds_no_room_in_time_is_refused(server: Serve) -> None:
    async def work() -> None:
        here = server(BYTES_AN_ADDRESS=10, WAIT=0.1)
        await here.put("a", 8)
        await here.put("b", 8)
        assert here.statuses == [204, 429]
        here.manager.remove_file("session1", "a")
        await here.put("b", 8)
        assert here.statuses[-1] == 204

    run(work())


@pytest.mark.parametrize(
    "limits",
    [{"PATIENCE": 0.05}, {"FIRST_SECONDS": 0.3, "SLOWEST": 1000}],
)
def test_who_sends_too_slowly_is_given_up(server: Serve, limits: dict[str, float]) -> None:
    async def work() -> None:
        here = server(**limits)
        await here.put("slow", 10, chunk=0.1)
        await here.put("quick", 10)
        assert here.statuses == [408, 204]
        assert not here.uploads.coming

    run(work())


def test_a_slow_one_gives_way_to_the_next(server: Serve) -> None:
    """But not while there is room, nor to another address that has room of its own; and a quick one
    does not."""

    async def work() -> None:
        here = server(BYTES_AN_ADDRESS=200, MOST_BYTES=400, FIRST_MOMENTS=0.2, SLOWEST=50)
        slow, quick = (
            asyncio.create_task(here.put(name, 100, chunk=chunk))
            for name, chunk in (("slow", 0.1), ("quick", 0.01))
        )
        elsewhere = asyncio.create_task(here.put("slow", 100, "2", chunk=0.1))
        await asyncio.sleep(0.3)
        assert not here.statuses
        await here.put("next", 100)
        await slow
        assert here.statuses[:2] == [408, 204]
        await quick
        assert here.has("session1", "quick")
        assert not elsewhere.done()
        elsewhere.cancel()

    run(work())


def test_what_no_page_takes_is_dropped_once_the_others_have_come(server: Serve) -> None:
    async def work() -> None:
        here = server(KEPT=0.2)
        await here.put("json")
        slow = asyncio.create_task(here.put("weights", 10, chunk=0.06))
        await asyncio.sleep(0.4)
        assert here.has("session1", "json")
        await slow
        assert here.has("session1", "json")
        await until(lambda: not here.manager.get_files("session1", ["json", "weights"]))

    run(work())


# The widget


def page() -> None:
    import streamlit as st

    from components.panels.ask.uploader import uploader

    def take(files: dict[str, bytes]) -> None:
        st.session_state.setdefault("calls", []).append(files)
        if "stop" in st.session_state:
            st.stop()
        if "fail" in st.session_state:
            raise ValueError

    uploader("A model", key="up", types=[".keras", ".json"], take=take)
    st.text("drawn")


FILES = [("a.keras", b"12", ""), ("a.json", b"3", "")]
TAKEN = {"a.keras": b"12", "a.json": b"3"}


def test_files_are_taken_once() -> None:
    app = AppTest.from_function(page).run()
    assert app.file_uploader[0].label == "A model"
    app.file_uploader[0].set_value(FILES).run()
    assert app.session_state["calls"] == [TAKEN]
    assert app.text[0].value == "drawn"
    assert app.file_uploader[0].value == []
    app.run()
    assert app.session_state["calls"] == [TAKEN]
    assert "up.0" not in app.session_state


def test_a_run_that_ends_before_they_are_taken_has_them_taken_in_the_next() -> None:
    app = AppTest.from_function(page).run()
    app.session_state["stop"] = True
    app.file_uploader[0].set_value(FILES).run()
    del app.session_state["stop"]
    app.run()
    assert app.session_state["calls"] == [TAKEN, TAKEN]
    app.run()
    assert len(app.session_state["calls"]) == 2


def test_files_that_fail_do_not_fail_again() -> None:
    app = AppTest.from_function(page).run()
    app.session_state["fail"] = True
    app.file_uploader[0].set_value(FILES).run()
    assert app.exception
    app.run()
    assert not app.exception
    assert len(app.session_state["calls"]) == 1
