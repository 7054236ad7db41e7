"""What waits to be sent when another run begins."""

from types import SimpleNamespace

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from components.panels.page.delivery import keep_unsent


def drawn(words: str) -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path.extend((0, 0))
    message.delta.new_element.text.body = words
    return message


def test_what_the_next_run_draws_comes_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AppSession, "_clear_queue", AppSession._clear_queue)  # put back afterwards
    keep_unsent()
    session, end = SimpleNamespace(_browser_queue=ForwardMsgQueue()), ForwardMsg()
    end.script_finished = ForwardMsg.FINISHED_SUCCESSFULLY
    messages = [drawn("before"), end, drawn("after")]
    for message in messages[:2]:
        session._browser_queue.enqueue(message)
    AppSession._clear_queue(session, None)
    session._browser_queue.enqueue(messages[2])
    assert session._browser_queue.flush() == messages
