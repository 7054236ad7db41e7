"""Addresses and their shares: what needs no server to be seen."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from components.panels.ask.grid import _KEY
from components.panels.run import pace
from components.panels.run.pace import Pace, neighbourhood
from dashboard.limits import FILES_A_SESSION, MOST_SESSIONS, Limits, _address, sessions_within
from dashboard.messages import DEEPEST, NotFromABrowser, let_in


def test_an_address_has_one_share_whatever_the_port() -> None:
    def share(host: str) -> str:
        scope = {"client": (host, 1)}
        assert _address(scope) == neighbourhood(host)
        return _address(scope)

    assert share("10.0.0.1") != share("10.0.0.2")
    assert share("2001:db8:1:2::3") == share("2001:db8:1:2:ffff::4")
    assert share("2001:db8:1:2::3") != share("2001:db8:1:3::3")
    assert share("::ffff:10.0.0.1") != share("::ffff:10.0.0.2")
    assert _address({"client": None}) == _address({}) == neighbourhood(None)


def test_sessions_leave_files_for_the_rest() -> None:
    for files in (1024, 2048, 4096):
        assert files - sessions_within(files) * FILES_A_SESSION > 600
    assert sessions_within(2**20) == MOST_SESSIONS
    assert sessions_within(10) == 1


def test_a_pace_delays_what_comes_too_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(pace, "time", SimpleNamespace(monotonic=lambda: clock.now))
    two_a_second = Pace(rate=2, burst=3)
    assert [two_a_second.delay() for _ in range(5)] == [0, 0, 0, 0.5, 1]
    assert [two_a_second.delay_within(1.5) for _ in range(3)] == [1.5, None, None]
    clock.now = 2
    assert [two_a_second.delay_within(0, counts=False) for _ in range(2)] == [0, 0]
    assert two_a_second.delay_within(0) == 0
    assert two_a_second.delay_within(0) is None
    assert two_a_second.delay_within(0, counts=False) is None


def test_an_address_has_so_many_requests_that_wait_for_their_answers() -> None:
    statuses = list[int]()

    async def app(*_: object) -> None:
        await answers.wait()

    async def send(message: dict) -> None:
        statuses.append(message.get("status", 0))

    async def ask(host: str) -> asyncio.Task:
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "client": (host, 1)}
        task = asyncio.create_task(limits(scope, None, send))
        await asyncio.sleep(0)
        return task

    async def all_of_it() -> None:
        nonlocal answers
        answers = asyncio.Event()
        first = [await ask("10.0.0.1") for _ in range(2)]
        elsewhere = await ask("10.0.0.2")
        assert not statuses
        await ask("10.0.0.1")
        assert statuses[0] == 429
        answers.set()
        await asyncio.gather(*first, elsewhere)
        statuses.clear()
        await (await ask("10.0.0.1"))
        assert not statuses
        assert not limits.asked

    answers: asyncio.Event
    limits = Limits(app, sessions=1, requests=2)
    asyncio.run(all_of_it())


def state(**value: str) -> bytes:
    sent = WidgetState(**{"id": "$$ID-x-file"} | value)
    return BackMsg(rerun_script={"widget_states": {"widgets": [sent]}}).SerializeToString()


def nested(deep: int) -> str:
    return f"{'[' * deep}{']' * deep}"


@pytest.mark.parametrize("field", ["json_value", "json_trigger_value", "string_value"])
def test_json_is_nested_as_deep_as_a_page_nests_it(field: str) -> None:
    """Python reads JSON by calling itself, and would end the page's run."""
    asked = {"id": f"$$ID-x-{_KEY}.weights"} if field == "string_value" else {}
    for deep in (DEEPEST + 1, 5_000):
        for said in ("[" * deep, nested(deep), '{"a":' * deep, '["[",' * deep):
            with pytest.raises(NotFromABrowser):
                let_in(state(**asked | {field: said}))
    for said in (nested(DEEPEST), nested(2) * 1_000, f'["{"[" * 9_000}"]', r'["\"[[[[\\", "]"]'):
        message = state(**asked | {field: said})
        assert let_in(message) == message


def test_the_depth_of_any_text_is_found_at_once() -> None:
    """Though it has hundreds of thousands of quotation marks, none of which ends."""
    for text in (r"\"" * 200_000, '"' * 400_001, '"' + r"\"" * 200_000):
        let_in(state(json_value=text))


def test_any_text_may_be_typed_into_a_field() -> None:
    message = state(string_value="[" * 5_000)
    assert let_in(message) == message
