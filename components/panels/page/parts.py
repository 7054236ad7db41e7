"""Parts of a page that can be run alone, and how the page never falls behind what its widgets say.

Why it could: Streamlit's browser side gathers the widgets that change within one tick, and a tick
is as long as the browser is busy drawing, into one request that names the part of one of them
alone. The request carries every widget's value, so nothing is lost on the way; but the other
widgets' parts are not run. A page that draws only what it was asked to draw would then show a
change nowhere, until something else moves. So each part says what it shows, and whichever part is
run ends by comparing that, for all of them, with what the widgets say by now. A run of the whole
page that was cut short by such a request is made up for in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import streamlit as st

Shows = Callable[[], Hashable]


@contextmanager
def whole_page() -> Iterator[None]:
    """Round the drawing of a whole page, of which nothing is there yet."""
    state = st.session_state
    state["parts"], state["complete"] = {}, False
    with _running():
        yield
    state["complete"] = True


def is_complete() -> bool:
    """Whether all of the page has been drawn, so that parts of it can be run alone."""
    return st.session_state["complete"]


def note_part(key: str, shows: Shows) -> None:
    """A part is about to be drawn.

    Args:
        shows: tells from the widgets what the part depends on, now and whenever it is asked.
    """
    st.session_state["parts"][key] = shows, shows()


def is_behind(*keys: str) -> bool:
    """Whether any part, or any of those named, shows what the widgets no longer say."""
    parts = st.session_state["parts"]
    return any(shows() != shown for key, (shows, shown) in parts.items() if key in keys or not keys)


def part(key: str, shows: Shows, **options: Any) -> Callable[[Callable], Callable]:
    """A fragment of the page, run alone by its own widgets or by `st.rerun(key)`.

    Args:
        shows: as for `note_part`.
        options: further arguments of st.fragment.
    """

    def decorate(draw: Callable[..., None]) -> Callable[..., None]:
        @st.fragment(key=key, **options)
        @wraps(draw)
        def run(*args: Any, **kwargs: Any) -> None:
            note_part(key, shows)
            with _running() as alone:
                draw(*args, **kwargs)
            if alone and (is_behind() or not is_complete()):
                st.rerun()

        return run

    return decorate


@contextmanager
def _running() -> Iterator[bool]:
    """Yields whether nothing else is being drawn round this."""
    state = st.session_state
    depth = state.get("depth", 0)
    state["depth"] = depth + 1
    try:
        yield depth == 0
    finally:
        state["depth"] = depth
