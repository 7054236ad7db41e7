"""What was drawn reaches the browser, all of it and in that order."""

from __future__ import annotations

from streamlit.runtime.app_session import AppSession


def deliver_all() -> None:
    """Have Streamlit keep what waits to be sent when the next run begins.

    It would drop that, taking for granted that the next run draws the same once more. One whose
    widgets have other parts run does not: what was dropped would stay away, and for a part that is
    drawn within it the browser gives up the whole page.
    """
    AppSession._clear_queue = _keep  # which is called for nothing else


def _keep(session: AppSession, _: object = None) -> None:
    """What is drawn from now on comes after what waits, where within a run it takes its place."""
    session._browser_queue._delta_index_map = {}
