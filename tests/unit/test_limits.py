"""Whose turn it is: what needs no server to be seen."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from starlette.types import Message
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard.limits import (
    FILES_A_SESSION,
    MOST_SESSIONS,
    PAGE_BURST,
    PAGE_RATE,
    Channel,
    Pace,
    neighbourhood,
    sessions_within,
)

PAGE = BackMsg(rerun_script={"page_name": "x"}).SerializeToString()


def time_to_let_in(beside: bool) -> float:
    """Seconds that a socket takes to let in runs of the whole page, asked for all at once."""
    asked = iter([{"type": "websocket.receive", "bytes": PAGE}] * (PAGE_BURST + 3))
    last_run = {object(): time.monotonic()} if beside else {}

    async def receive() -> Message:
        return dict(next(asked, {"type": "websocket.disconnect", "code": 1000}))

    async def send(_: Message) -> None:
        """Nothing is sent."""

    async def let_all_in() -> None:
        channel = Channel(receive, send, Pace(1000, 1000), last_run)
        while (await channel.receive())["type"] == "websocket.receive":
            pass

    with ThreadPoolExecutor(1) as thread:  # where no other test's loop can be running
        start = time.monotonic()
        thread.submit(asyncio.run, let_all_in()).result()
        return time.monotonic() - start


def test_who_asks_for_page_after_page_waits_where_others_are_about() -> None:
    wait = 3 / PAGE_RATE
    assert time_to_let_in(beside=False) < wait / 2
    assert time_to_let_in(beside=True) > 0.9 * wait


def test_an_address_has_one_share_whatever_the_port() -> None:
    def share(host: str) -> str:
        return neighbourhood({"client": (host, 1)})

    assert share("10.0.0.1") != share("10.0.0.2")
    assert share("2001:db8:1:2::3") == share("2001:db8:1:2:ffff::4")
    assert share("2001:db8:1:2::3") != share("2001:db8:1:3::3")
    assert share("::ffff:10.0.0.1") != share("::ffff:10.0.0.2")
    assert neighbourhood({"client": None}) == neighbourhood({})


def test_sessions_leave_files_for_the_rest() -> None:
    for files in (1024, 2048, 4096):
        assert files - sessions_within(files) * FILES_A_SESSION > 600
    assert sessions_within(2**20) == MOST_SESSIONS
    assert sessions_within(10) == 1
