"""Streamlit's own messages: which of them a browser sends, and how large they can be."""

from __future__ import annotations

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState

from components.panels.page.grid import is_grid

# The page asks for nothing else. Among the rest are some that run git, write files, or empty what
# all visitors share; and one that announces an upload, which no page takes.
KINDS = frozenset({"rerun_script", "stop_script", "app_heartbeat", "backend_operation_request"})
OPERATIONS = frozenset({"deferred_file", "dataframe_chunk"})

# A page has some fifty widgets.
MOST_WIDGETS = 500
LARGEST_MESSAGE = 2**19

# Characters of a text: enough for a link with several of the longest values. How much a field takes
# is for `linked.from_text` to say; here a text is only kept from filling the server.
LONGEST = 2**16

# What was typed in a grid: all of the largest, 800 ids of 16 features, may be pasted at once.
LONGEST_GRID = 2**18


class NotFromABrowser(Exception):
    """A message that no browser sends, and the code to close its socket with."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def let_in(data: bytes | None) -> bytes | None:
    """A message as Streamlit may see it, long texts cut; None where it need not see it.

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
    if _cut(message.rerun_script):
        data = message.SerializeToString()
    if len(data) > LARGEST_MESSAGE:
        raise NotFromABrowser(1009)
    return data


def _cut(state: ClientState) -> bool:
    """Cut what is longer than any text of a page or a link; whether anything was.

    A visitor can have a browser send it, by a paste or a link. A field refuses far less: what is
    cut here is refused there, with a message.
    """
    if len(state.widget_states.widgets) > MOST_WIDGETS:
        raise NotFromABrowser(1009)
    before = state.ByteSize()
    for widget in state.widget_states.widgets:
        if is_grid(widget.id):
            if len(widget.string_value) > LONGEST_GRID:
                widget.string_value = "{}"  # cut, it could not be read
        elif len(widget.string_value) > LONGEST:
            widget.string_value = widget.string_value[:LONGEST]
    if len(state.query_string) > LONGEST:
        state.query_string = state.query_string[:LONGEST]
    if len(state.context_info.url) > LONGEST:
        state.context_info.url = state.context_info.url[:LONGEST]
    return state.ByteSize() != before
