"""What the browser hears of runs: all that they have drawn, in that order, and no more."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunnerEvent

_handle = AppSession._handle_scriptrunner_event_on_event_loop

_begun: WeakKeyDictionary[AppSession, tuple[Any, ...]] = WeakKeyDictionary()
"""Of each session the run that has begun and done nothing else, as Streamlit was to be told."""


def deliver_what_is_drawn() -> None:
    """Have Streamlit send what it has not sent yet when the next run begins; and have it say of a
    run that it has begun once that does something.

    It would drop what waits, as it takes for granted that the next run draws the same once more.
    One whose widgets have other parts run does not: what was dropped would stay away, and for a
    part that is drawn within it the browser gives up the whole page. And a run that gives way to
    those parts has nothing to say, but the browser goes over the whole page to hear of it.
    """
    AppSession._clear_queue = _keep  # which is called for nothing else
    AppSession._handle_scriptrunner_event_on_event_loop = _hold


def _keep(session: AppSession, _: object = None) -> None:
    """What a run draws comes after what waits, and never in its place, as within one run."""
    session._browser_queue._delta_index_map = {}


def _hold(session: AppSession, sender: object, event: ScriptRunnerEvent, *more: Any) -> None:
    """Pass on what a run does, from the first thing that it does."""
    begun = _begun.pop(session, None)
    if event == ScriptRunnerEvent.SCRIPT_STARTED:
        _begun[session] = (sender, event, *more)
        return
    if begun:
        if event == ScriptRunnerEvent.SCRIPT_STOPPED_FOR_RERUN:
            return
        _handle(session, *begun)
    _handle(session, sender, event, *more)
