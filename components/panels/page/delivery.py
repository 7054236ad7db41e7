"""Whatever is drawn reaches the browser, in the order in which it was drawn."""

from __future__ import annotations

from streamlit.runtime.app_session import AppSession


def deliver_all() -> None:
    """Have Streamlit send what it has not sent yet when the next run starts.

    It would drop that, as it takes for granted that the run draws the same once more. One whose
    widgets have other parts run does not. What was dropped would stay away, and for a part that is
    drawn within it the browser gives up the whole page.
    """
    AppSession._clear_queue = _keep  # which is called for nothing else


def _keep(session: AppSession, _: object = None) -> None:
    """What a run draws comes after what waits, and never in its place, as within one run."""
    session._browser_queue._delta_index_map = {}
