"""Lines with a label, a bar and a number, of which one can be chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import streamlit as st

from components.charts.picture import decimals, fixed, reach
from components.panels.run.scripts import component


class Bar(NamedTuple):
    """A line."""

    id: str
    label: str
    value: str = ""  # as it is written
    start: float | None = None  # where the bar begins, from 0 to 1; None for no bar
    end: float = 0.0  # where it ends: before the start, it goes the other way
    note: str = ""
    chosen: bool = False


class Marks(NamedTuple):
    """How far the answer moves without each word that is drawn, on the scale of the answer
    (`Output.scale`)."""

    words: Sequence[str]
    moves: Sequence[float]  # from -1 to 1


class Bars(NamedTuple):
    """Lines that stand below one another."""

    items: Sequence[Bar]
    alt: str  # what they are, for a screen reader
    look: Literal["", "large", "code"] = ""
    """"large": to be read from afar. "code": the labels are names in code."""
    marks: Marks | None = None  # what the picture of the model marks at its words


def bars(given: Bars, *, key: str, take: Callable[[str], None] | None = None) -> None:
    """Draw the lines.

    Args:
        take: called with the id of the line that is clicked; None if none can be.
    """
    known = {each.id for each in given.items}

    def chosen() -> None:
        name = st.session_state[key].get("chosen")
        if take and isinstance(name, str) and name in known:  # it comes from a browser
            take(name)

    draw = component("your_model/bars.js", '<ul class="rnn-bars"></ul>')
    drawn = {
        "items": [each._asdict() for each in given.items],
        "marks": given.marks and given.marks._asdict(),
        "chooses": take is not None,
    }
    draw(key=key, data=given._asdict() | drawn, on_chosen_change=chosen)


def signed(values: Sequence[float]) -> list[str]:
    """Numbers with their signs, with as many decimals as the largest needs."""
    places = decimals(reach(np.array(values))) if values else 0
    written = fixed(list(values), places)
    return [
        said if value <= 0 or said == "≈0" else f"+{said}"
        for value, said in zip(values, written, strict=True)
    ]


def two_sided(lines: Sequence[Bar], values: Sequence[float], most: float = 0.0) -> list[Bar]:
    """The lines with these values, and bars from the middle, to the right for what is above 0.

    Args:
        most: the size that fills a side; the largest of the values if 0.
    """
    most = most or max(map(abs, values), default=0.0) or 1.0
    return [
        line._replace(value=said, start=0.5, end=0.5 + value / most / 2)
        for line, value, said in zip(lines, values, signed(values), strict=True)
    ]
