"""A visitor without a browser: Streamlit's own protocol over a websocket, honest or forged.

Streamlit answers its browser page with protobuf messages. Speaking it directly makes a load
generator that costs next to nothing, and can send what no widget would.
"""

import time
from collections.abc import Iterator
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect


class Visitor:
    """One session. `rerun` sends widget values and returns the elements that came back."""

    def __init__(self, url: str, query: str = "", timeout: float = 60) -> None:
        address = url.replace("http", "ws", 1) + "/_stcore/stream"
        self.timeout = timeout
        self.query = query
        self.connection = connect(address, subprotocols=["streamlit"], max_size=None, origin=url)
        self.socket = self.connection.__enter__()
        self.page = ""  # the page's hash, which the server tells
        self.states: dict[str, WidgetState] = {}
        self.elements = self.rerun()

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.__exit__(None, None, None)

    def widget(self, label: str) -> tuple[str, Any]:
        """The kind and the element of the widget with that label."""
        for kind, element in self.elements:
            if getattr(element, "label", None) == label:
                return kind, element
        raise LookupError(label)

    def set(self, label: str, field: str, value: Any) -> None:
        """Give a widget a value, in whatever field of the message: nothing is checked here."""
        self.set_by_id(self.widget(label)[1].id, field, value)

    def set_by_id(self, identity: str, field: str, value: Any) -> None:
        """The same for a widget that may be off the page by now."""
        state = WidgetState(id=identity)
        target = getattr(state, field)
        if hasattr(target, "data"):
            target.data.extend(value)
        else:
            setattr(state, field, value)
        self.states[identity] = state

    def rerun(self) -> list[tuple[str, Any]]:
        """Run the script with the widgets' states; its elements, each with its kind."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_script_hash = self.page
        message.rerun_script.widget_states.widgets.extend(self.states.values())
        self.socket.send(message.SerializeToString())
        self.elements = [element for answer in self._answers() for element in _elements(answer)]
        return self.elements

    def _answers(self) -> Iterator[ForwardMsg]:
        """Everything up to the end of the run that was asked for."""
        deadline = time.monotonic() + self.timeout
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(self.socket.recv(max(0, deadline - time.monotonic())))
            yield answer
            kind = answer.WhichOneof("type")
            if kind == "navigation":
                self.page = answer.navigation.page_script_hash
            if kind == "script_finished":
                return


def _elements(message: ForwardMsg) -> Iterator[tuple[str, Any]]:
    if message.WhichOneof("type") == "delta" and message.delta.HasField("new_element"):
        kind = message.delta.new_element.WhichOneof("type")
        yield kind, getattr(message.delta.new_element, kind)
