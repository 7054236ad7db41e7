"""What the pages use of Streamlit's private parts. Each function says what it is for, and which
public interface would replace it. If a release of Streamlit moves one of them,
`tests/unit/test_private.py` says what to do.

Also private are the messages of Streamlit's protocol (`dashboard/messages.py`), the head of its
page (`dashboard/page_head.py`), where its scripts are (`dashboard/streamlit_js.py`), the names of
its loggers (`dashboard/streamlit_app.py`), that it calls `history.pushState` (`history.js`), and
that its links to the first page have no path (`new_tab.js`), and how it writes the key of a button
on it (`shortcuts.js`), and how its page says whether it is connected (`offline.js`).
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit import runtime
from streamlit.runtime.caching.ttl_cache import TTLCache
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.common import user_key_from_element_id
from streamlit.runtime.uploaded_file_manager import UploadedFileManager
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager


def came_back() -> bool:
    """Whether this run was caused by the browser's Back or Forward.

    Streamlit says so to no script. A public `st.context.is_history_navigation` would replace this.
    """
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def is_session() -> bool:
    """Whether this thread works for a visitor, and has a `st.session_state`.

    A public `st.context.exists()` would replace this.
    """
    return get_script_run_ctx(suppress_warning=True) is not None


def key_of(widget: str) -> str:
    """The key of the widget with that id in a browser's message; empty if it has none.

    Messages that name widgets by their keys would replace this.
    """
    return user_key_from_element_id(widget) or ""


def end_if_outdated() -> None:
    """End this run here if a widget has moved since it began.

    Streamlit ends an outdated run whenever the script looks into the session's state, and does not
    say so. Would go with a public way to ask whether a run is outdated.
    """
    "anything" in st.session_state  # noqa: B015


def drop_own_upload(file: str) -> None:
    """Have Streamlit forget a file that the visitor of this run has uploaded.

    Streamlit keeps it for as long as the page is open. A public `UploadedFile.close()` that gives
    its memory back would replace this.
    """
    if context := get_script_run_ctx():
        _forget(context.uploaded_file_mgr, context.session_id, file)


def _forget(manager: UploadedFileManager, session: str, file: str) -> None:
    if isinstance(manager, MemoryUploadedFileManager):  # others have no such method
        manager.remove_file(session, file)


def drop_upload(session: str, file: str) -> None:
    """The same of any visitor's file: for the server, which has no visitor.

    A setting for how long Streamlit keeps a file that no script has read would replace this.
    """
    _forget(runtime.get_instance().uploaded_file_mgr, session, file)


def is_uploaded(session: str, file: str) -> bool:
    """Whether Streamlit has that file of a visitor's.

    A setting for how many bytes Streamlit keeps would replace this.
    """
    return bool(runtime.get_instance().uploaded_file_mgr.get_files(session, [file]))


def forget_closed_pages() -> None:
    """Have Streamlit let go of pages that were closed more than two minutes ago: each has an event
    loop, which takes three file descriptors.

    By itself Streamlit does so only as the next page is closed, so on a quiet server never. A
    storage of sessions that looks by itself would replace this.
    """
    manager = runtime.get_instance()._session_mgr
    storage = manager._session_storage if isinstance(manager, WebsocketSessionManager) else None
    if isinstance(storage, MemorySessionStorage) and isinstance(storage._cache, TTLCache):
        storage._cache.expire()


def font() -> bytes:
    """The upright font of Streamlit's pages, which a kept page takes along; empty if this
    release of Streamlit has it elsewhere. A kept page is then set in the browser's own font.

    A public address of the font would replace this.
    """
    media = Path(st.__file__).parent / "static/static/media"
    files = media.glob("SourceSansVF-Upright.*.woff2")
    return next((file.read_bytes() for file in files), b"")
