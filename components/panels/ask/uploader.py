"""Files that a visitor uploads by Streamlit's own widget, for a page that takes them at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.backend.your_model.saved.saved_files import MOST_BYTES
from components.panels.run.private import drop_own_upload

MOST_MEGABYTES = MOST_BYTES // 2**20
"""Of a file. `server.maxUploadSize` says the same to the server."""


def uploader(
    label: str,
    *,
    key: str,
    types: Sequence[str],
    take: Callable[[dict[str, bytes]], None],
    most: int = MOST_MEGABYTES,
    help: str | None = None,
) -> None:
    """Streamlit's widget for uploading files, several at a time.

    Args:
        label: its accessible name.
        types: the endings of the files' names, such as ".keras".
        most: megabytes of a file.
        take: called with the content of what was uploaded at once, by the names of the files; none
            of it is to be trusted. After that Streamlit drops the files, and the page runs again,
            with an empty widget. If a visitor's next step ends the run before `take` has returned,
            it is called again in the next run.
    """
    count = st.session_state.get(f"{key}.count", 0)
    files = st.file_uploader(
        label,
        type=types,
        accept_multiple_files=True,
        max_upload_size=most,
        key=f"{key}.{count}",
        help=help,
    )
    if not files:
        return
    try:
        take({file.name: file.getvalue() for file in files})
    except Exception:
        _drop(key, files, count)  # or each run would fail again
        raise
    _drop(key, files, count)
    st.rerun()


def _drop(key: str, files: Sequence[UploadedFile], count: int) -> None:
    """Have the next run draw another widget, which has no files."""
    for file in files:
        drop_own_upload(file.file_id)
    st.session_state[f"{key}.count"] = count + 1
