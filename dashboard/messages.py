"""Streamlit's own messages: which of them a browser sends, and how large they can be."""

from __future__ import annotations

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState

from components.backend.linked import LONGEST_TEXT
from components.panels.page.grid import is_grid

# The page asks for nothing else. Among the rest are some that run git, write files, or empty what
# all visitors share; and one that announces an upload, which no page takes.
KINDS = frozenset({"rerun_script", "stop_script", "app_heartbeat", "backend_operation_request"})
OPERATIONS = frozenset({"deferred_file", "dataframe_chunk"})

# A page has some fifty widgets; a link names fewer parameters. A value in a link takes up to three
# characters for one.
MOST_WIDGETS = 500
MOST_PARAMETERS = 100
LONGEST_PARAMETER = 3 * LONGEST_TEXT + 100
LONGEST_QUERY = 2**16
LARGEST_MESSAGE = 2**19

# What was typed in a grid: all of the largest, 800 ids of 16 features, may be pasted at once.
LONGEST_GRID = 2**18


class NotFromABrowser(Exception):
    """A message that no browser sends, and the code to close its socket with."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def let_in(data: bytes | None) -> bytes | None:
    """A message as Streamlit may see it, its text not much longer than any field takes; None where
    it need not see it.

    Raises:
        NotFromABrowser: the page never sends the like, nor can a visitor have it do so.
    """
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except (DecodeError, TypeError):  # no message of Streamlit's, or text
        raise NotFromABrowser(1002) from None
    kind = message.WhichOneof("type")
    if kind not in KINDS:
        return None
    if kind == "backend_operation_request":
        asked = message.backend_operation_request.WhichOneof("payload")
        return data if asked in OPERATIONS else None
    if kind != "rerun_script":
        return data
    if _bound(message.rerun_script):
        data = message.SerializeToString()
    if len(data) > LARGEST_MESSAGE:
        raise NotFromABrowser(1009)
    return data


def _bound(state: ClientState) -> bool:
    """Cut text that is longer than what the page refuses already; whether any was.

    A visitor can have a browser send it, by a paste or a link.
    """
    widgets = state.widget_states.widgets
    if len(widgets) > MOST_WIDGETS:
        raise NotFromABrowser(1009)
    before = state.ByteSize()
    for widget in widgets:
        if is_grid(widget.id):  # cut, it could not be read
            if len(widget.string_value) > LONGEST_GRID:
                widget.string_value = "{}"
        elif len(widget.string_value) > LONGEST_TEXT:
            widget.string_value = widget.string_value[: LONGEST_TEXT + 1]
    if state.query_string:
        state.query_string = _bounded(state.query_string)
    if len(state.context_info.url) > LONGEST_TEXT:
        state.context_info.url = state.context_info.url[:LONGEST_TEXT]
    return state.ByteSize() != before


def _bounded(query: str) -> str:
    """A link's first parameters, none of them much longer than what the page refuses already."""
    kept, room = [], LONGEST_QUERY
    for parameter in query.split("&", MOST_PARAMETERS)[:MOST_PARAMETERS]:
        kept.append(parameter[: min(LONGEST_PARAMETER, room)])
        room -= len(kept[-1]) + 1
        if room <= 0:
            break
    return "&".join(kept)
