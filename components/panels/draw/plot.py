"""The one way to draw a chart on a page."""

from __future__ import annotations

import base64
import json
import sys
import weakref
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from plotly.io.json import to_json_plotly

from components.backend.question.sentences import MAX_STEPS
from components.backend.running.answers import cached_calls
from components.charts.picture import CUT, Picture
from components.panels.ask.cover import cover
from components.panels.draw import plotly_js
from components.panels.run import scripts
from components.panels.write.html import layers_html
from components.texts import language, text

_CONFIG = {"displaylogo": False, "displayModeBar": "hover"}
_IMAGE = {"scale": 2}
_FORMATS = ("png", "svg")
_FILM = ("film", "play", "pause", "hint", "pointer", "touch")  # the names of its texts

_KEPT_BYTES = 8 * 2**20
"""Counted in bytes, as a figure has 4 to 270 kB. To draw one takes 0.3 to 2.7 ms."""


class Drawn(NamedTuple):
    """A chart, ready for the browser."""

    figure: str  # Plotly's JSON
    alt: str  # the sentence that a screen reader says instead
    cut: str = ""  # how much of it is not drawn, in words, if anything is not


At = Mapping[str, int | None]
"""Where a link or a button says to look: "step" from 1, "unit" from 0, "checkpoint" in training
steps; None for any that it does not name."""


@cached_calls(
    _KEPT_BYTES,
    getsizeof=lambda drawn: sys.getsizeof(drawn.figure),
    # Weak references, so that a figure does not keep an answer that the backend has dropped.
    key=lambda chart, *answers, **options: (
        chart,
        language(),
        *map(weakref.ref, answers),
        *sorted(options.items()),
    ),
)
def drawn(chart: Callable[..., Picture], *answers: object, **options: Any) -> Drawn:
    """A chart of some of the backend's answers, from a cache that all visitors share."""
    figure, alt = chart(*answers, **options)
    data = [{name: _packed(value) for name, value in trace.items()} for trace in figure["data"]]
    sent = to_json_plotly(figure | {"data": data})
    return Drawn(sent, alt, figure["layout"].get("meta", {}).get(CUT, ""))


def _packed(value: Any) -> Any:
    """An array of numbers as Plotly takes it in base64: half the length of its numbers as text."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiu":
        return value
    kind = value.dtype.newbyteorder("<")
    shape = ", ".join(map(str, value.shape))
    return {
        "dtype": f"{kind.kind}{kind.itemsize}",
        "bdata": base64.b64encode(value.astype(kind).tobytes()).decode(),
        "shape": shape,
    }


def plot(
    picture: Drawn,
    *,
    key: str,
    file: str,
    note: str | None = None,
    code: str = "",
    covered: str = "",
    at: At | None = None,
    on_step: Callable[[int], None] | None = None,
) -> None:
    """Draw a chart; a chart of that key from the last run is changed in place.

    Args:
        file: the name of the file that a visitor can download, a PNG or an SVG.
        note: a text that explains the chart, folded up below it; how to move the playhead is said
            there too, unless a click sets a field, or the chart does not follow it.
        code: the layers in one line. It stands above the picture, or its cover, where the page is
            presented or printed, without its settings.
        covered: stands above the cover in its place, if the code has what is covered.
        at: where to look first. The browser ignores a value that is repeated, and at the page's
            opening those that its own address names after the #.
        on_step: called with the step, from 1, that is clicked, if a click sets a field.
    """
    cover("picture", key, instead=layers_html(covered or code))
    note = note and f"{picture.cut} {note}".strip()
    figure = json.loads(picture.figure)  # as text, each of its quotes would be escaped
    data = {
        "figure": figure,
        "alt": picture.alt,
        "config": _CONFIG,
        "image": {**_IMAGE, "filename": file.removesuffix(".png")},
        "script": plotly_js.URL,
        "at": dict(at or {}),
        "chooses": on_step is not None,
        "code": code,
        **_words(figure["layout"].get("meta", {}), note, hint=on_step is None),
    }
    component()(key=key, data=data, on_chosen_change=partial(_choose, key, on_step))


def _words(meta: Mapping[str, Any], note: str | None, *, hint: bool) -> dict[str, Any]:
    """What the browser says at a chart.

    Args:
        hint: whether the note says how to move the playhead.
    """
    words: dict[str, Any] = {
        "download": {name: text("charts.download", format=name.upper()) for name in _FORMATS},
        "unavailable": text("errors.chart"),
    }
    if "film" in meta:
        words["film"] = {name: text(f"film.{name}") for name in _FILM}
    if note is not None:
        words |= {"note": note, "how": text("charts.how")}
    if "steps" in meta:
        of_units = meta.get("rows", {}).get("units", 1) > 1
        words["looks"] = text(f"charts.looks_at_{'unit' if of_units else 'step'}")
        if note is not None and hint:
            words["hint"] = {name: text(f"playhead.{name}") for name in ("pointer", "touch")}
    return words


def _choose(key: str, on_step: Callable[[int], None] | None) -> None:
    """Call `on_step` with the step that was clicked in a chart. Anything that is no step is
    ignored: what comes from a browser may be anything."""
    step = st.session_state[key].get("chosen")
    if on_step is not None and type(step) is int and 1 <= step <= MAX_STEPS:
        on_step(step)


def component() -> Any:
    """The one component for charts and for all that follows the playhead (`follow_step.py`): they
    share one playhead as their browser code is loaded once."""
    return scripts.component("draw/plot.js", '<div class="rnn-own"></div>')
