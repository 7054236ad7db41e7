"""The one way in which a figure reaches the page."""

from __future__ import annotations

import json
import sys
import threading
import weakref
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import streamlit as st
from cachetools import LRUCache, cached
from plotly.io.json import to_json_plotly

from components.backend import Run
from components.charts.picture import MARK, Figure, Picture
from components.panels.page import plotly_js
from components.panels.page.parts import acting
from components.panels.page.scripts import module
from components.texts import text

_CONFIG = {"displaylogo": False, "displayModeBar": "hover"}
_IMAGE = {"format": "png", "scale": 2}

_HTML = (
    '<div class="rnn-chart"><div class="rnn-plot" role="figure" tabindex="0"></div>'
    '<canvas class="rnn-cells" hidden></canvas>'
    '<div class="rnn-playhead" hidden></div><p class="rnn-message" role="status"></p>'
    '<div class="rnn-film" hidden><button type="button"></button>'
    '<input type="range" min="0" step="1"><output></output></div>'
    '<p class="rnn-below"></p><p class="rnn-below"></p></div>'
)

_CSS = f"""
.rnn-chart {{ position: relative; }}
.rnn-plot:focus-visible {{ outline: 2px solid var(--st-primary-color); outline-offset: 2px; }}
.rnn-playhead {{ position: absolute; top: 0; left: 0; pointer-events: none; }}
.rnn-playhead i {{
  position: absolute; right: 0; left: 0; box-sizing: border-box;
  border: 2px solid {MARK}; border-radius: 2px;
}}
.rnn-cells {{ position: absolute; pointer-events: none; }}
.rnn-moving .hoverlayer {{ display: none; }}
.rnn-film {{
  display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.75rem; font-size: 0.875rem;
}}
.rnn-film[hidden] {{ display: none; }}
.rnn-film input {{ flex: 1 1 12rem; accent-color: var(--st-primary-color); }}
.rnn-film output {{ min-width: 13em; font-variant-numeric: tabular-nums; }}
.rnn-film button {{
  min-width: 5.5em; padding: 0.25rem 0.75rem; font: inherit; cursor: pointer;
  color: inherit; background: none; border: 1px solid var(--st-border-color);
  border-radius: var(--st-button-radius);
}}
.rnn-message, .rnn-below {{ margin: 0; }}
.rnn-below {{ color: color-mix(in srgb, currentcolor 70%, transparent); font-size: 0.875rem; }}
"""

_KEPT_BYTES = 8 * 2**20


class Drawn(NamedTuple):
    """A figure as Plotly's JSON, and the sentence that stands for it."""

    figure: str
    alt: str


class Moved(NamedTuple):
    """What a visitor did with the playhead: whole numbers, or None where it was nothing new."""

    step: int | None
    """The step, from 1, that was held."""
    unit: int | None
    """The unit, from 0, whose row was clicked."""
    pointed: int | None
    """The step that is pointed at, if it is not the held one: to be looked at, and no more."""


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
    step: int | None = None,
    pointed: int | None = None,
    on_move: Callable[[Moved], None] | None = None,
    note: str | None = None,
    film: int | None = None,
    on_film: Callable[[int], None] | None = None,
) -> None:
    """Draw a figure, changing it in place from run to run where a chart of that key is there.

    Args:
        picture: as `drawn` gives it.
        file: the name of a PNG file of it, to download.
        step: where to hold the page's playhead; None leaves it where it is.
        pointed: the step that the page looks at because `on_move` was told that it is pointed at.
        on_move: called once the playhead rests. It is called from a visitor's browser: what it is
            told may be out of range.
        note: below the chart what it shows, and how the playhead is moved.
        film: of a figure with a film, at which of its moments to begin; None for the last.
        on_film: called with the moment at which the film rests, from a visitor's browser: it may
            be out of range.
    """
    figure, alt = picture
    image = {**_IMAGE, "filename": file.removesuffix(".png")}
    if not plotly_js.is_served():
        config = {**_CONFIG, "toImageButtonOptions": image, "modeBarButtons": [["toImage"]]}
        st.plotly_chart(_with_band(json.loads(figure), step), key=key, alt=alt, config=config)
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
        "step": step,
        "pointed": pointed,
        "reports": on_move is not None,
        "heard": st.session_state.get(_heard(key, "moved"), 0),
    }
    if note is not None:
        data["note"] = note
        data["hint"] = {name: text(f"playhead.{name}") for name in ("pointer", "touch")}
    if on_film is not None:
        words = {name: text(f"film.{name}") for name in ("film", "play", "pause", "hint")}
        heard = st.session_state.get(_heard(key, "filmed"), 0)
        data["film"] = {"words": words, "at": film, "heard": heard}
    _component()(
        key=key,
        data=data,
        on_moved_change=acting(partial(_hear, key, on_move)),
        on_filmed_change=acting(partial(_hear_film, key, on_film)),
    )


def _hear(key: str, on_move: Callable[[Moved], None] | None) -> None:
    """Pass on what was done with the playhead in the chart of that key."""
    sent = _message(key, "moved")
    if on_move is not None and sent is not None:
        on_move(Moved(*map(sent.get, Moved._fields)))


def _hear_film(key: str, on_film: Callable[[int], None] | None) -> None:
    """Pass on at which moment the film of that key has come to rest."""
    sent = _message(key, "filmed")
    if on_film is not None and sent is not None and "at" in sent:
        on_film(sent["at"])


def _message(key: str, kind: str) -> dict[str, int] | None:
    """The whole numbers in what the chart of that key has sent; which message that was is kept: the
    browser must tell Python's answer from what Python said before it."""
    message = st.session_state[key].get(kind)
    if not isinstance(message, dict):
        return None
    sent = {name: value for name, value in message.items() if type(value) is int}
    st.session_state[_heard(key, kind)] = sent.get("number", 0)
    return sent


def _heard(key: str, kind: str) -> str:
    return f"{key}.{kind}"


@cache
def _component() -> Any:
    script = module("playhead.js", "film.js", "plot.js")
    return st.components.v2.component(
        "rnn_lens_plot", html=_HTML, css=_CSS, js=script, isolate_styles=False
    )


def _with_band(figure: Figure, step: int | None) -> Figure:
    """The figure with its playhead drawn into it, for a chart that cannot move one by itself."""
    if step is None:
        return figure
    band = {"type": "rect", "xref": "x", "yref": "paper", "y0": 0, "y1": 1}
    band |= {"x0": step - 0.5, "x1": step + 0.5, "line": {"width": 2, "color": MARK}}
    shapes = [*figure["layout"].get("shapes", []), band]
    return {**figure, "layout": {**figure["layout"], "shapes": shapes}}
