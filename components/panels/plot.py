"""The one way in which a figure reaches the page."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

_CONFIG = {"displaylogo": False, "displayModeBar": "hover", "responsive": True}


def plot(figure: go.Figure, *, key: str, alt: str) -> None:
    """Draw a figure; alt is what a screen reader says in its place."""
    st.plotly_chart(figure, key=key, alt=alt, config=_CONFIG)
