"""The address beside what Streamlit writes in it by itself.

Streamlit's browser side writes there what a visitor moves, its server what a run sets. The server
writes all of the address, from what the request of that run said of it: what is moved while that is
on its way is overwritten in the browser, though every run shows it. So whatever runs after it says
the whole of the address again, last.

What goes round Streamlit's binding is here: it lets nobody write a name that a widget is bound to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from urllib.parse import parse_qs

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import get_session_state

TRAVEL = 30
"""Seconds after which what a run wrote has reached the browser, on a busy machine too."""

_WRITTEN = "address_written"


@contextmanager
def noticed(*, always: bool = False) -> Iterator[None]:
    """Round a run: keeps in mind that it wrote the address.

    Args:
        always: for the run of a whole page, at whose end Streamlit itself may write it.
    """
    context = get_script_run_ctx()
    before = context.query_string
    try:
        yield
    finally:
        if always or context.query_string != before:
            st.session_state[_WRITTEN] = monotonic()


def linked_to() -> dict[str, list[str]]:
    """What the link between two pages says that this run follows.

    Streamlit's server leaves out of st.query_params whatever the page one comes from has a widget
    for; its browser side puts the old page's values before the link's, so that the last ones count.
    """
    said = parse_qs(get_script_run_ctx().query_string, keep_blank_values=True)
    return {name: texts[-1:] for name, texts in said.items()}


def settle(wanted: Mapping[str, str | None]) -> None:
    """At the end of a run: have the address say what the widgets on the page say.

    Args:
        wanted: what each name is to be in the address, None where it is not to be there. What is
            to be there is left as it is where no widget is bound to the name.
    """
    with get_session_state().query_params() as params:
        wrong = {
            name: value
            for name, value in wanted.items()
            if params.to_dict().get(name) != value and (value is None or params.is_bound(name))
        }
        for name, value in wrong.items():
            if value is None:
                params.discard_param_no_forward_msg(name)
            else:
                params.set_with_no_forward_msg(name, value)
        if wrong or monotonic() - st.session_state.get(_WRITTEN, -TRAVEL) < TRAVEL:
            params._send_query_param_msg()


def bring_in(name: str, value: str) -> None:
    """Have the address say what a widget bound to it says already when it is first drawn: Streamlit
    writes there only what such a widget is set to later."""
    with get_session_state().query_params() as params:
        if not params.has_param(name):
            params.set_corrected_value(name, value, "string_value")


def unbind(*names: str) -> None:
    """Let names be written that the page one comes from had widgets for.

    Streamlit holds them bound until this page is drawn.
    """
    with get_session_state().query_params() as params:
        for name in names:
            if binding := params.get_binding_for_param(name):
                params.unbind_widget(binding.widget_id)
