"""What reaches the browser, and when: what waits as another run begins, and what is said of it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from components.panels.page import delivery
from components.panels.page.delivery import mend_delivery


class Session:
    """As much of a session as has to do with what is sent."""

    def __init__(self) -> None:
        self._browser_queue = ForwardMsgQueue()
        self._message_enqueued_callback: Callable[[], None] | None = None
        self._event_loop: asyncio.AbstractEventLoop | None = None

    def begin(self, *parts: str) -> None:
        AppSession._clear_queue(self, list(parts))

    def _create_session_status_changed_message(self) -> ForwardMsg:
        return runs(True)

    def send(self, message: ForwardMsg) -> None:
        AppSession._enqueue_forward_msg(self, message)

    @property
    def sent(self) -> list[ForwardMsg]:
        return self._browser_queue.flush()


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    for name in ("_clear_queue", "_enqueue_forward_msg"):
        monkeypatch.setattr(AppSession, name, getattr(AppSession, name))  # put back afterwards
    mend_delivery()
    return Session()


def drawn(words: str) -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path.extend((0, 0))
    message.delta.new_element.text.body = words
    return message


def runs(running: bool) -> ForwardMsg:
    message = ForwardMsg()
    message.session_status_changed.script_is_running = running
    return message


def finished(how: int = ForwardMsg.FINISHED_SUCCESSFULLY) -> ForwardMsg:
    message = ForwardMsg()
    message.script_finished = how
    return message


GAVE_WAY = ForwardMsg.FINISHED_EARLY_FOR_RERUN


def begun(*, running: bool = True) -> ForwardMsg:
    """As Streamlit says it; with what is made of that where parts are run."""
    message = ForwardMsg()
    message.new_session.name = "a run"
    message.new_session.initialize.session_status.script_is_running = running
    return message


def test_what_the_next_run_draws_comes_after_it(session: Session) -> None:
    messages = [drawn("before"), finished(), drawn("after")]
    for message in messages[:2]:
        session.send(message)
    session.begin()
    session.send(messages[2])
    assert session.sent == messages


@contextmanager
def event_loop(session: Session) -> Iterator[asyncio.AbstractEventLoop]:
    session._event_loop = asyncio.new_event_loop()
    yield session._event_loop
    session._event_loop.close()


def test_of_a_quick_run_of_parts_it_is_told_what_was_drawn(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "QUICK", 0)
    with event_loop(session) as loop:
        session.begin("picture")
        for message in (begun(), runs(True)):
            session.send(message)
        assert session.sent == []
        for message in (drawn("a part"), finished(), runs(False)):
            session.send(message)
        assert session.sent == [begun(running=False), drawn("a part"), finished()]
        loop.run_until_complete(asyncio.sleep(0))
        assert session.sent == []


def test_a_run_that_gives_way_undrawn_is_not_told_of(session: Session) -> None:
    with event_loop(session):
        session.begin("picture")
        for message in (begun(), runs(True), finished(GAVE_WAY), runs(False)):
            session.send(message)
        session.begin("picture", "tab")
        for message in (begun(), runs(True), finished(), runs(False)):
            session.send(message)
        assert session.sent == [begun(running=False), finished()]
        session.begin("picture")
        for message in (begun(), runs(True), drawn("a part"), finished(GAVE_WAY), runs(False)):
            session.send(message)
        assert session.sent == [begun(running=False), drawn("a part"), finished(GAVE_WAY)]


def test_a_long_run_of_parts_is_told_of(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even before anything of it is drawn; and that it has ended as well."""
    monkeypatch.setattr(delivery, "QUICK", 0)
    with event_loop(session) as loop:
        session.begin("picture")
        for message in (begun(), runs(True)):
            session.send(message)
        loop.run_until_complete(asyncio.sleep(0))
        assert session.sent == [begun(running=False), runs(True)]
        for message in (drawn("a part"), finished(GAVE_WAY), runs(False)):
            session.send(message)
        assert session.sent == [drawn("a part"), finished(GAVE_WAY), runs(False)]


def test_a_run_of_the_page_is_told_of_at_once(session: Session) -> None:
    """Even where parts have given way to it."""
    with event_loop(session):
        session.begin("picture")
        for message in (begun(), runs(True), finished(GAVE_WAY), runs(False)):
            session.send(message)
        session.begin()
        whole = (begun(), runs(True), drawn("all"), finished(), runs(False))
        for at, message in enumerate(whole):
            session.send(message)
            assert session.sent == [whole[at]]


def test_a_page_that_is_run_in_place_of_parts_is_told_of(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit says then neither that these have ended nor that the script runs."""
    monkeypatch.setattr(delivery, "QUICK", 0)
    with event_loop(session) as loop:
        session.begin("picture")
        for message in (begun(), runs(True)):
            session.send(message)
        session.begin()
        assert session.sent == [runs(True)]
        for message in (begun(), drawn("all"), finished(), runs(False)):
            session.send(message)
        loop.run_until_complete(asyncio.sleep(0))
        assert session.sent == [begun(), drawn("all"), finished(), runs(False)]


def test_parts_that_are_run_in_place_of_others_are_told_of_as_those_are(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "QUICK", 0)
    with event_loop(session) as loop:
        session.begin("picture")
        for message in (begun(), runs(True)):
            session.send(message)
        session.begin("tab")
        for message in (begun(), drawn("a tab"), finished(), runs(False)):
            session.send(message)
        loop.run_until_complete(asyncio.sleep(0))
        assert session.sent == [begun(running=False), drawn("a tab"), finished()]
        session.begin("picture")
        for message in (begun(), runs(True)):
            session.send(message)
        loop.run_until_complete(asyncio.sleep(0))
        assert session.sent == [begun(running=False), runs(True)]
        session.begin("tab")
        for message in (begun(), drawn("a tab"), finished(), runs(False)):
            session.send(message)
        assert session.sent == [begun(), drawn("a tab"), finished(), runs(False)]
