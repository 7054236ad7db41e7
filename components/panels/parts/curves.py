"""The functions that a gate's sum can go through, and in which Keras each is called what."""

from __future__ import annotations

import streamlit as st

from components.backend.scripts.code import filled
from components.charts import activations
from components.panels.ask.boxes import on_demand
from components.panels.draw.plot import drawn, plot
from components.texts import text

CURVES = "rnn_lens_sigma.png"
"""The file name of the curves' chart, which no setting changes."""


def curves_box(key: str) -> None:
    """A box with the curves, and Keras 2's function to copy.

    Args:
        key: what the keys of the box and of its chart begin with.
    """
    on_demand(text("sigma.curves"), f"{key}_curves", lambda: _curves(key))


def _curves(key: str) -> None:
    st.markdown(text("sigma.curves_why"))
    plot(drawn(activations), key=f"{key}_activations", file=CURVES)
    st.markdown(text("sigma.old"))
    st.code(filled("keras2"), language="python")
