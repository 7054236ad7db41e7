"""A table that a visitor types numbers in."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import pandas as pd
import streamlit as st

from components.panels.page.private import key_of

Typed = dict[tuple[int, int], Any]
"""What was typed, by row and column; None where a cell was emptied."""

_KEY = "grid"  # begins the keys of all grids
_MOST_ROWS = 9  # that are shown without scrolling
_ROW = 35  # px


def is_grid(widget: str) -> bool:
    """Whether a widget of that name, as Streamlit has it, is such a table."""
    return key_of(widget).startswith(f"{_KEY}.")


def grid(
    frame: pd.DataFrame,
    *,
    key: str,
    alt: str,
    shows: Callable[[], Hashable],
    take: Callable[[Typed], bool],
    form: str,
    disabled: bool = False,
) -> None:
    """Numbers, as text, to be typed in: Streamlit's own columns of numbers drop what they cannot
    read while it is typed, and take the rest of it.

    Streamlit keeps what was typed in a grid and shows it in place of the numbers that it is given.
    So a new grid is drawn whenever these were set by anything but itself, or other than as typed,
    once something was typed.

    Args:
        key: tells it from the other grids of the page.
        shows: tells what the numbers follow from, now and whenever it is asked.
        take: given all that was typed since the grid was first drawn; whether it was taken as it
            was typed. It comes from a browser, and may be of any type.
        form: a regular expression of what can be typed.
    """
    state, heads, rows = st.session_state, list(frame.columns), range(len(frame))
    known = f"{_KEY}.{key}"
    before, version = state.get(known, (shows(), 0))
    if before != shows() and state.get(f"{known}.{version}", {}).get("edited_rows"):
        version += 1
    state[known] = shows(), version
    name = f"{known}.{version}"

    def typed() -> None:
        changed = state[name]["edited_rows"].items()
        cells = [(row, head, value) for row, found in changed for head, value in found.items()]
        there = all(row in rows and head in heads for row, head, _ in cells)
        as_typed = there and take({(row, heads.index(h)): value for row, h, value in cells})
        state[known] = shows() if as_typed else None, version

    st.data_editor(
        frame,
        key=name,
        on_change=typed,
        width="content",  # stretched, it would be painted anew once its columns have been measured
        column_config=dict.fromkeys(heads, st.column_config.TextColumn(validate=form)),
        height="content" if len(frame) <= _MOST_ROWS else _ROW * (_MOST_ROWS + 1),
        disabled=disabled,
        alt=alt,
    )
