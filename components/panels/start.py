"""Whose weights the page shows, and the way back to those of the seed."""

from __future__ import annotations

import streamlit as st

from components.backend import Settings
from components.backend.linked import Words
from components.backend.start import NO_CASE, Start
from components.backend.weights import Weights
from components.panels.page.asked import Asked
from components.panels.page.parts import acting
from components.panels.page.widgets import write_address
from components.texts import text


def keep_start(start: Asked[Start], settings: Settings) -> None:
    """Keep in the address what the visitor starts from, but let go of named weights that the
    settings no longer fit; they do not come back by themselves."""
    if not start.value.fits(settings):
        start.retract("case", NO_CASE, Words("case_fits"))
    write_address(start, "case")


def chosen_weights(start: Asked[Start], settings: Settings) -> Weights | None:
    """The weights that the visitor starts from, told of; None where they are the seed's.

    To be called after `keep_start`, which lets go of those that do not fit.
    """
    if not start.value.fits(settings):
        st.rerun()  # they are let go where the address is written
    weights = start.value.weights
    if weights is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(text("start.case", case=start.value.case), width="content")
            st.button(
                text("start.seed"),
                on_click=acting(lambda: start.put(case=NO_CASE)),
                key="weights_of_seed",
                type="tertiary",
            )
    return weights
