"""The one way in which a figure reaches the page."""

from __future__ import annotations

import json
import sys
import threading
import weakref
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import streamlit as st
from cachetools import LRUCache, cached
from plotly.io.json import to_json_plotly

from components.backend import Run
from components.backend.settings import MAX_STEPS
from components.charts.picture import MARK, Picture
from components.panels.page import plotly_js
from components.panels.page.scripts import module
from components.texts import text

_CONFIG = {"displaylogo": False, "displayModeBar": "hover"}
_IMAGE = {"format": "png", "scale": 2}

_KEPT_BYTES = 8 * 2**20


class Drawn(NamedTuple):
    """A figure as Plotly's JSON, and the sentence that stands for it."""

    figure: str
    alt: str


At = Mapping[str, int | None]
"""Where a link, or a button of Python's, says to look: "step" from 1, "unit" from 0, "checkpoint"
the training step; None where it does not say."""


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
    picture: Drawn,
    *,
    key: str,
    file: str,
    note: str | None = None,
    at: At | None = None,
    on_step: Callable[[int], None] | None = None,
) -> None:
    """Draw a figure, changing it in place from run to run where a chart of that key is there.

    Args:
        picture: as `drawn` gives it.
        file: the name of a PNG file of it, to download.
        note: below the chart what it shows, and how the playhead is moved.
        at: where to look first. The browser takes each wish once, and lets its own address go
            before those of a page that it opens.
        on_step: called with the step, from 1, that is clicked: for a chart in which a step is
            chosen, not only looked at.
    """
    figure, alt = picture
    image = {**_IMAGE, "filename": file.removesuffix(".png")}
    if not plotly_js.is_served():
        config = {**_CONFIG, "toImageButtonOptions": image, "modeBarButtons": [["toImage"]]}
        st.plotly_chart(json.loads(figure), key=key, alt=alt, config=config)
        if note:
            st.caption(note)
        return
    data = {
        "figure": figure,
        "alt": alt,
        "config": _CONFIG,
        "image": image,
        "download": text("charts.download"),
        "script": plotly_js.URL,
        "unavailable": text("errors.chart"),
        "film": {name: text(f"film.{name}") for name in ("film", "play", "pause", "hint")},
        "at": dict(at or {}),
        "chooses": on_step is not None,
    }
    if note is not None:
        data["note"] = note
        data["hint"] = {name: text(f"playhead.{name}") for name in ("pointer", "touch")}
    component()(key=key, data=data, on_chosen_change=partial(_choose, key, on_step))


def _choose(key: str, on_step: Callable[[int], None] | None) -> None:
    """Pass on the step that was clicked in the chart of that key, if it is one that it has: what
    comes from a browser may be anything."""
    step = st.session_state[key].get("chosen")
    if on_step is not None and type(step) is int and 1 <= step <= MAX_STEPS:
        on_step(step)


@cache
def component() -> Any:
    """The one component of charts and of what follows what is looked at: its browser code is
    loaded once, so all of them share the playhead."""
    script = module("playhead.js", "numbers.js", "looking.js", "film.js", "plot.js")
    css = f":root {{ --rnn-mark: {MARK}; }}"  # all other rules are in every page's head
    html = '<div class="rnn-own"></div>'
    return st.components.v2.component(
        "rnn_lens_plot", html=html, css=css, js=script, isolate_styles=False
    )
