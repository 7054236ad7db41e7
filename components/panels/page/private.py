"""What the pages use of Streamlit beyond its documented interface: what each is for, and what would
have to be documented for it to go. When a release of Streamlit moves one of them,
`tests/unit/test_private.py` says what to do.

Beside these, the server reads the messages of Streamlit's protocol (`dashboard/messages.py`), the
head of its page (`dashboard/page_head.py`), and the names of its loggers
(`dashboard/streamlit_app.py`); and `history.js` counts on it to call `history.pushState`.
"""

from __future__ import annotations

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.common import user_key_from_element_id


def came_back() -> bool:
    """Whether the visitor has gone back or forward in the browser to get to this run.

    Streamlit restores the widgets that are bound to the address by itself, and tells no script
    about it. Would go with a public `st.context.is_history_navigation`.
    """
    return get_script_run_ctx().is_history_navigation


def key_of(widget: str) -> str:
    """The key that a script has given to the widget of that name in a message; empty if none.

    Would go if the messages that a browser sends named widgets by their keys.
    """
    return user_key_from_element_id(widget) or ""
