"""What was drawn reaches the browser, all of it and in that order."""

from __future__ import annotations

from streamlit.runtime.app_session import AppSession


def keep_unsent() -> None:
    """Have Streamlit keep what is still unsent when another run begins.

    It would drop that, as a run is to draw the same again. One whose widgets have other parts run
    instead does not: what was dropped would never come, and the browser gives up the whole page
    when something is to be drawn in a container that it has not got.
    """
    AppSession._clear_queue = _keep  # which is called as a run begins, and then alone


def _keep(session: AppSession, _: object = None) -> None:
    """Within a run, what is drawn replaces what is unsent in the same place. What the next one
    draws must not: it would be sent before its own run begins."""
    session._browser_queue._delta_index_map = {}
