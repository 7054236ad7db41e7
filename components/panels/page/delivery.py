"""What the server sends to the browser, where Streamlit's own way loses something, or time."""

from __future__ import annotations

from asyncio import TimerHandle
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession

QUICK = 0.25
"""Seconds until the browser is told that the script runs, if it runs parts."""

_enqueue = AppSession._enqueue_forward_msg


@dataclass
class _Told:
    """What a browser knows of its session's run.

    of_parts: whether that is one of parts, not of the page. begun: the message that it has begun,
    as long as nothing else was sent of it. runs: whether the browser was told that the script runs;
    later: what is about to tell it.
    """

    of_parts: bool = False
    begun: ForwardMsg | None = None
    runs: bool = False
    later: TimerHandle | None = None


_told: WeakKeyDictionary[AppSession, _Told] = WeakKeyDictionary()


def mend_delivery() -> None:
    """Have Streamlit keep what is still unsent when another run begins, and tell the browser no
    more of a run of parts than it has to know.

    It would drop what is unsent, as a run is to draw the same again. One whose widgets have other
    parts run instead does not: what was dropped would never come, and the browser gives up the
    whole page when something is to be drawn in a container that it has not got.

    And each time it is told that a run has begun, that the script runs, or that it does no longer,
    the browser renders every element of the page: that is much of what a step of a slider costs.
    """
    AppSession._clear_queue = _begin  # which is called as a run begins, and then alone
    AppSession._enqueue_forward_msg = _send


def _known(session: AppSession) -> _Told:
    return _told.setdefault(session, _Told())


def _begin(session: AppSession, fragments: Sequence[str] | None = None) -> None:
    """A run begins: of those fragments or, without any, of the page."""
    # Within a run, what is drawn replaces what is unsent in the same place. What the next one draws
    # must not: it would be sent before its own run begins.
    session._browser_queue._delta_index_map = {}
    told = _known(session)
    told.of_parts, told.begun = bool(fragments), None
    if told.later and not told.of_parts:  # Streamlit does not say again that the script runs
        _send_status(session, session._create_session_status_changed_message())


def _send(session: AppSession, message: ForwardMsg) -> None:
    told, kind = _known(session), message.WhichOneof("type")
    if kind == "session_status_changed":
        _send_status(session, message)
    elif kind == "new_session" and told.of_parts:
        # A browser that has connected anew takes the status from here, and may hear of no other.
        message.new_session.initialize.session_status.script_is_running = told.runs
        told.begun = message
    elif told.begun and message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
        told.begun = None  # it gives way before anything was drawn
    else:
        _send_begun(session)
        _enqueue(session, message)


def _send_begun(session: AppSession) -> None:
    told = _known(session)
    if told.begun:
        _enqueue(session, told.begun)
        told.begun = None


def _send_status(session: AppSession, message: ForwardMsg) -> None:
    """That parts are run is said once that has gone on for a while, and else not that it has ended
    either."""
    told, runs = _known(session), message.session_status_changed.script_is_running

    def say() -> None:
        told.runs, told.later = runs, None
        _send_begun(session)
        _enqueue(session, message)

    if told.later:
        told.later.cancel()
        told.later = None
    if told.runs or not told.of_parts:
        say()
    elif runs:
        told.later = session._event_loop.call_later(QUICK, say)
