"""Tabs for the options of a field.

With every run Streamlit's browser side opens the tab that the run says is open, as if it were set
here. A visitor who was faster, and has gone on to another tab meanwhile, would be taken back, and
if his move had not been sent yet, it would be forgotten as well. So where he has chosen the tab
himself, a run does not say which one it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.backend.linked import choices
from components.panels.page.asked import Asked
from components.panels.page.echo import TRAVEL
from components.panels.page.parts import standing
from components.panels.page.widgets import label_of, showing, write_address


def tabs(asked: Asked, name: str) -> tuple[str, DeltaGenerator]:
    """Tabs for the options of a field: the name of the open one, and the place for its content.

    Belongs in a part of the page, which is run again when another tab is opened.
    """
    options = choices(asked.model, name)
    labels = {label_of(asked, name, option): option for option in options}
    key, place, state = f"{asked.key(name)}.tabs", standing(), st.session_state
    moved, was_set = f"{key}.moved", f"{key}.set"  # where the tabs stood then; when

    def take(label: str) -> None:
        asked.put(**{name: labels.get(label, getattr(asked.value, name))})
        # Right after the tabs were set the browser may not have heard of that yet.
        if monotonic() - state[was_set] > TRAVEL:
            state[moved] = place

    write_address(asked, name)
    is_new = asked.chosen_key(name) not in state or key not in state
    open_ = state[asked.chosen_key(name)] = getattr(asked.value, name)
    first, *_ = labels
    label = next(label for label, option in labels.items() if option == open_)
    if is_new or state[key] != label:
        state[moved], state[was_set] = None, -TRAVEL if is_new else monotonic()
    shown = showing(key, label, take, first=first)
    drawn = st.tabs(_Labels(labels, told=state[moved] != place), **shown)
    return open_, drawn[options.index(open_)]


class _Labels(list[str]):
    """The labels of tabs. Streamlit looks up in them which one the browser is to open: beyond the
    last it is none, and what is open there stays so."""

    def __init__(self, labels: Iterable[str], *, told: bool) -> None:
        super().__init__(labels)
        self._told = told

    def index(self, label: str, *bounds: Any) -> int:
        return super().index(label, *bounds) if self._told else len(self)
