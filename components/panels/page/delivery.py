"""What the server sends to the browser, where Streamlit's own way loses something, or time."""

from __future__ import annotations

from asyncio import TimerHandle
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession

QUICK = 0.25
"""Seconds that a run of parts may take without being told of."""

_enqueue = AppSession._enqueue_forward_msg


@dataclass
class _Unsaid:
    """What the browser has yet to be told of a session's run, if that is one of parts: that it has
    begun, as long as nothing else was sent of it; and later, if it takes long, that it goes on."""

    of_parts: bool = False
    begun: ForwardMsg | None = None
    later: TimerHandle | None = None


_unsaid: WeakKeyDictionary[AppSession, _Unsaid] = WeakKeyDictionary()


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


def _begin(session: AppSession, parts: Sequence[str] | None = None) -> None:
    """Within a run, what is drawn replaces what is unsent in the same place. What the next one
    draws must not: it would be sent before its own run begins."""
    session._browser_queue._delta_index_map = {}
    unsaid = _unsaid.setdefault(session, _Unsaid())
    unsaid.of_parts, unsaid.begun = bool(parts), None
    if unsaid.later and not parts:  # Streamlit does not say again that the script runs
        unsaid.later.cancel()
        unsaid.later = None
        _enqueue(session, session._create_session_status_changed_message())


def _send(session: AppSession, message: ForwardMsg) -> None:
    unsaid, kind = _unsaid.get(session), message.WhichOneof("type")
    if unsaid is None or not unsaid.of_parts:
        _enqueue(session, message)
    elif kind == "new_session":
        unsaid.begun = message
    elif kind == "session_status_changed":
        _send_status(session, unsaid, message)
    elif unsaid.begun and message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
        unsaid.begun = None  # it gives way before anything was drawn
    else:
        _send_begun(session, unsaid)
        _enqueue(session, message)


def _send_begun(session: AppSession, unsaid: _Unsaid) -> None:
    if unsaid.begun:
        _enqueue(session, unsaid.begun)
        unsaid.begun = None


def _send_status(session: AppSession, unsaid: _Unsaid, message: ForwardMsg) -> None:
    """That the script runs is said once it has done so for a while, and else not that it has
    ended either."""

    def say() -> None:
        unsaid.later = None
        _send_begun(session, unsaid)
        _enqueue(session, message)

    later, unsaid.later = unsaid.later, None
    if later:
        later.cancel()
    if message.session_status_changed.script_is_running:
        unsaid.later = session._event_loop.call_later(QUICK, say)
    elif not later:
        say()
