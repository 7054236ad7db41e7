"""Streamlit's own messages: which of them the app may see, and how large they can be."""

from __future__ import annotations

import re

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState

from components.panels.ask.grid import is_grid

# Our pages send no other kinds. Some of the others run git, write files, or clear the caches that
# all visitors share. One asks for addresses to upload files to.
KINDS = frozenset(
    {
        "rerun_script",
        "stop_script",
        "app_heartbeat",
        "backend_operation_request",
        "file_urls_request",
    }
)
OPERATIONS = frozenset({"deferred_file", "dataframe_chunk"})

# Our pages have some fifty widgets. A file of weights takes up to two thirds of a message.
MOST_WIDGETS = 500
LARGEST_MESSAGE = 2**20

# Files that a visitor may drop on a page at once.
MOST_FILES = 100

# Characters of a text: enough for a link with several of the longest values. `linked.from_text`
# refuses texts that are too long for a field; this limit only protects the server's memory.
LONGEST = 2**16

# Characters of what was typed in a grid: a visitor may paste a whole one of 800 ids by 16 features.
LONGEST_GRID = 2**18

# How deep lists and objects of JSON may be nested; ours are four deep. Python reads JSON
# recursively, and too deep a nesting would end in an error.
DEEPEST = 20

# The tokens of JSON that decide its depth: a whole string, also one without an end, or a bracket.
_NESTING = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


class NotFromABrowser(Exception):
    """A message that no browser sends. `code` is the code with which to close its socket."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def let_in(data: bytes | None) -> bytes | None:
    """The message that Streamlit may see, with long texts cut; None if it may not see it.

    Raises:
        NotFromABrowser: no page sends such a message, whatever its visitor does.
    """
    if data is None:  # a text message
        raise NotFromABrowser(1002)
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:  # not Streamlit's protocol
        raise NotFromABrowser(1002) from None
    kind = message.WhichOneof("type")
    if kind not in KINDS:
        return None
    if kind == "backend_operation_request":
        operation = message.backend_operation_request.WhichOneof("payload")
        return data if operation in OPERATIONS else None
    if kind == "file_urls_request":
        names = message.file_urls_request.file_names
        if len(names) > MOST_FILES or len(data) > LONGEST:
            raise NotFromABrowser(1009)
    if kind != "rerun_script":
        return data
    if _cut(message.rerun_script):
        data = message.SerializeToString()
    if len(data) > LARGEST_MESSAGE:
        raise NotFromABrowser(1009)
    return data


def _cut(state: ClientState) -> bool:
    """Cut texts that are longer than LONGEST; returns whether there were any.

    A visitor can paste such a text or open such a link. A field's own limit is far below: it
    refuses what is left of the text, with a message.
    """
    if len(state.widget_states.widgets) > MOST_WIDGETS:
        raise NotFromABrowser(1009)
    before = state.ByteSize()
    for widget in state.widget_states.widgets:
        grid = widget.string_value if is_grid(widget.id) else ""
        if any(map(_is_deep, (widget.json_value, widget.json_trigger_value, grid))):
            raise NotFromABrowser(1009)
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


def _is_deep(json: str) -> bool:
    """Whether JSON is nested deeper than DEEPEST."""
    depth = 0
    for sign in _NESTING.finditer(json):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(sign[0], 0)
        if depth > DEEPEST:
            return True
    return False
