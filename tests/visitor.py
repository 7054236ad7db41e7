"""A visitor without a browser: Streamlit's own protocol over a websocket, honest or forged.

Streamlit answers its browser page with protobuf messages. Speaking it directly makes a load
generator that costs next to nothing, and can send what no widget would.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

RERUN = ForwardMsg.FINISHED_EARLY_FOR_RERUN
PART = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY


class Visitor:
    """One session. `rerun` sends widget values and returns the elements that came back: all of the
    page's, or those of the part that was run.

    Args:
        opens: the address of the page that it opens first; the first page's is empty.
    """

    def __init__(
        self,
        url: str,
        query: str = "",
        timeout: float = 60,
        opens: str = "",
        cookies: Mapping[str, str] | None = None,
    ) -> None:
        address = url.replace("http", "ws", 1) + "/_stcore/stream"
        self.timeout = timeout
        self.query, self.opens = query, opens
        said = [("Cookie", f"{name}={value}") for name, value in (cookies or {}).items()]
        self.connection = connect(
            address,
            subprotocols=["streamlit"],
            max_size=None,
            origin=url,
            open_timeout=60,
            additional_headers=said,
        )
        self.socket = self.connection.__enter__()
        self.page = ""  # the page's hash, which the server tells, as it does
        self.pages: dict[str, str] = {}  # the hash of every page, by its address
        self.session = ""  # the session's name
        self.states: dict[str, WidgetState] = {}
        self.widgets: dict[str, tuple[str, Any]] = {}  # by label, the last that came
        self.fragments: dict[str, str] = {}  # which part of the page a widget has run
        self.timers: dict[str, float] = {}  # seconds after which a part of the page runs by itself
        self.fragment = ""
        self.elements = self.rerun()

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.__exit__(None, None, None)

    def widget(self, label: str) -> tuple[str, Any]:
        """The kind and the element of the widget with that label, on the page or there before."""
        return self.widgets[label]

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
        self.fragment = self.fragments.get(identity, "")

    def rerun(self) -> list[tuple[str, Any]]:
        """Run what the last widget set has run, with all the widgets' states: the elements of that
        run, each with its kind."""
        self.ask()
        self.elements, named = [], {}
        for answer in self.answers():
            if answer.WhichOneof("type") == "delta" and answer.delta.HasField("new_element"):
                kind = answer.delta.new_element.WhichOneof("type")
                element = getattr(answer.delta.new_element, kind)
                self.elements.append((kind, element))
                named.setdefault(getattr(element, "label", ""), (kind, element))
                self.fragments[getattr(element, "id", "")] = answer.delta.fragment_id
            elif answer.WhichOneof("type") == "delta" and (block := answer.delta.add_block).id:
                self.widgets[block.id.rpartition("-")[2]] = "block", block
                self.fragments[block.id] = answer.delta.fragment_id
        self.widgets |= named  # of several with one label, the first
        return self.elements

    def ask(self) -> None:
        """Ask for a run as `rerun` does, and leave what comes back where it is."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_script_hash = self.page
        message.rerun_script.page_name = "" if self.page else self.opens
        message.rerun_script.fragment_id = self.fragment
        message.rerun_script.widget_states.widgets.extend(self.states.values())
        self.socket.send(message.SerializeToString())

    def go(self, page: str, query: str = "") -> list[tuple[str, Any]]:
        """Open another page, by its address."""
        self.page, self.query = self.pages[page], query
        return self.rerun_all()

    def rerun_all(self) -> list[tuple[str, Any]]:
        """Run the whole page."""
        self.fragment = ""
        return self.rerun()

    def wait(self) -> list[tuple[str, Any]]:
        """Run the part of the page that runs by itself soonest, once it is time to."""
        self.fragment = min(self.timers, key=self.timers.__getitem__)
        time.sleep(self.timers[self.fragment])
        return self.rerun()

    def messages(self, timeout: float | None = None) -> Iterator[ForwardMsg]:
        """Everything that the server sends.

        Raises:
            TimeoutError: the next one has not come within this time, or else the visitor's timeout,
                counted from here.
        """
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            message = ForwardMsg()
            message.ParseFromString(self.socket.recv(max(0, deadline - time.monotonic())))
            yield message

    def answers(self) -> Iterator[ForwardMsg]:
        """Everything up to the end of the run that was asked for."""
        timers: dict[str, float] = {}
        for answer in self.messages():
            yield answer
            kind = answer.WhichOneof("type")
            if kind == "new_session":
                self.session = answer.new_session.initialize.session_id
                timers = {}
            if kind == "auto_rerun":
                timers[answer.auto_rerun.fragment_id] = answer.auto_rerun.interval
            if kind == "navigation":
                self.page = answer.navigation.page_script_hash
                found = answer.navigation.app_pages
                self.pages = {page.url_pathname: page.page_script_hash for page in found}
            if kind == "script_finished" and answer.script_finished != RERUN:
                kept = self.timers if answer.script_finished == PART else {}
                self.timers = kept | timers
                return
