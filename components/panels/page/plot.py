"""The one way in which a figure reaches the page."""

from __future__ import annotations

import json
import sys
import threading
import weakref
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st
from cachetools import LRUCache, cached
from plotly.io.json import to_json_plotly

from components.backend import Run
from components.charts.picture import MARK, Figure, Picture
from components.panels.page import plotly_js
from components.texts import text

_CONFIG = {
    "displaylogo": False,
    "displayModeBar": "hover",
    "modeBarButtons": [["toImage"]],
    "toImageButtonOptions": {"filename": "rnn_lens", "scale": 2},
}

_HTML = (
    '<div class="rnn-chart"><div class="rnn-plot" role="img" tabindex="0"></div>'
    '<div class="rnn-playhead" hidden></div><p class="rnn-message" role="status"></p></div>'
)

_CSS = f"""
.rnn-chart {{ position: relative; }}
.rnn-plot:focus-visible {{ outline: 2px solid var(--st-primary-color); outline-offset: 2px; }}
.rnn-playhead {{
  position: absolute; top: 0; left: 0; box-sizing: border-box; pointer-events: none;
  border: 2px solid {MARK}; border-radius: 2px;
}}
.rnn-message {{ margin: 0; }}
"""

_KEPT_BYTES = 8 * 2**20


class Drawn(NamedTuple):
    """A figure as Plotly's JSON, and the sentence that stands for it."""

    figure: str
    alt: str


@cached(
    LRUCache(_KEPT_BYTES, getsizeof=lambda drawn: sys.getsizeof(drawn.figure)),
    # Weak, so that a figure keeps no run in memory that the backend has let go.
    key=lambda chart, *runs, **options: (chart, *map(weakref.ref, runs), *sorted(options.items())),
    condition=threading.Condition(),  # who asks for what is being drawn waits for it
)
def drawn(chart: Callable[..., Picture], *runs: Run, **options: Any) -> Drawn:
    """What a chart makes of a run: drawn once for all visitors who see it, as long as there is
    room."""
    figure, alt = chart(*runs, **options)
    return Drawn(to_json_plotly(figure), alt)


def plot(
    figure: str,
    *,
    key: str,
    alt: str,
    step: int | None = None,
    on_step: Callable[[], None] | None = None,
) -> None:
    """Draw a figure, changing it in place from run to run where a chart of that key is there.

    Args:
        figure: Plotly's JSON, as `drawn` gives it.
        alt: what a screen reader says in its place.
        step: where to put the page's playhead; None leaves it where it is.
        on_step: called once the playhead rests; `chosen_step(key)` then says where.
    """
    if not plotly_js.is_served():
        st.plotly_chart(_with_band(json.loads(figure), step), key=key, alt=alt, config=_CONFIG)
        return
    data = {
        "figure": figure,
        "alt": alt,
        "config": _CONFIG,
        "script": plotly_js.URL,
        "unavailable": text("errors.chart"),
        "step": step,
        "reports": on_step is not None,
    }
    _component()(key=key, data=data, on_step_change=on_step or _nothing)


def chosen_step(key: str) -> int | None:
    """The step at which the playhead rested in the chart of that key."""
    step = st.session_state[key].get("step")
    return step if isinstance(step, int) and not isinstance(step, bool) else None


@cache
def _component() -> Any:
    script = Path(__file__).with_name("plot.js").read_text("utf-8")
    return st.components.v2.component(
        "rnn_lens_plot", html=_HTML, css=_CSS, js=script, isolate_styles=False
    )


def _nothing() -> None:
    """For a chart whose playhead nobody waits for."""


def _with_band(figure: Figure, step: int | None) -> Figure:
    """The figure with its playhead drawn into it, for a chart that cannot move one by itself."""
    if step is None:
        return figure
    band = {"type": "rect", "xref": "x", "yref": "paper", "y0": 0, "y1": 1}
    band |= {"x0": step - 0.5, "x1": step + 0.5, "line": {"width": 2, "color": MARK}}
    shapes = [*figure["layout"].get("shapes", []), band]
    return {**figure, "layout": {**figure["layout"], "shapes": shapes}}
