"""A table of numbers that a visitor can edit."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import pandas as pd
import streamlit as st

from components.panels.run.private import key_of

Typed = dict[tuple[int, int], Any]
"""What the visitor typed, by row and column; None for an emptied cell."""

_KEY = "grid"  # begins the keys of all grids
_MOST_ROWS = 9  # shown without scrolling
_ROW = 35  # px of height


def is_grid(widget: str) -> bool:
    """Whether the widget with that Streamlit id is a grid."""
    return key_of(widget).startswith(f"{_KEY}.")


def grid(
    frame: pd.DataFrame,
    *,
    key: str,
    alt: str,
    shows: Callable[[], Hashable],
    take: Callable[[Typed], bool],
    disabled: bool = False,
) -> None:
    """Draw editable numbers as a table of texts: Streamlit's own number columns silently drop the
    characters that they cannot read, and take the rest.

    Streamlit keeps what was typed in a grid and shows it over the numbers that the script passes.
    So once something was typed, a new grid is drawn whenever the numbers are set by anything but
    this grid, or to other numbers than were typed.

    Args:
        key: differs from those of the page's other grids.
        shows: returns what the numbers follow from at the moment, such as the weights' key.
        take: called with all that was typed since the grid was first drawn; returns whether all of
            it was taken as typed. It comes from a browser, and may be of any type.
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
        width="content",  # "stretch" would redraw it once its columns have been measured
        column_config=dict.fromkeys(heads, st.column_config.TextColumn()),
        height="content" if len(frame) <= _MOST_ROWS else _ROW * (_MOST_ROWS + 1),
        disabled=disabled,
        alt=alt,
    )
