"""What if a weight were another: gates that are held, a bias, tokens and weights as grids, and
weights as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from components.backend import Settings, SettingsError, Setup, npz
from components.backend.brought import bring
from components.backend.cells import CELLS
from components.backend.code import file_name
from components.backend.edits import FORGET_BIAS, LARGEST, MOST, Edits, Place, columns, edited
from components.backend.layout import BLOCKS, SYMBOLS, weight_layout
from components.backend.linked import Linked
from components.backend.linked import Place as Group
from components.backend.start import NOTHING, Start
from components.backend.weights import Weights
from components.charts.parameters import row_name
from components.panels.code import download
from components.panels.page.asked import Asked
from components.panels.page.file import file_button
from components.panels.page.parts import acting
from components.panels.page.plain import plain
from components.panels.page.widgets import showing, widget
from components.panels.sentence import SentenceView
from components.texts import text

_ENDS = {"free": None, "0": 0, "1": 1}  # of a gate: as it is, or held
_REFUSED = "edit.refused"  # what was refused of what was done last
_SHOWN = "edit.shown"  # what the grids show, and how often that was set by anything else
_MOST_ROWS = 9  # that a grid shows without scrolling


class GridView(Linked):
    """Which grid is open, and of which block of a weight's columns, from 0."""

    grid: Annotated[
        Literal["kernel", "recurrent_kernel", "bias", "embeddings", "tokens"], Group("grid")
    ] = "kernel"
    block: Annotated[
        Literal[0, 1, 2, 3], Group("grid", applies=lambda v: v.grid not in ("embeddings", "tokens"))
    ] = 0


class EditView(GridView, SentenceView):
    """Which grid is open, and which sentence (from 1) is drawn."""


def hold_widgets(start: Asked[Start], settings: Settings) -> None:
    """Each gate as it is, or held at one end; where the forget gate is not held, its bias."""
    gates = [gate for gate in CELLS[settings.cell].gates if gate != "candidate"]
    if not gates or not settings.use_bias:
        st.caption(text("edit.no_bias" if gates else "edit.no_gates"))
        return
    edits = start.value.edits
    held = {gate: str(end) for gate, end in edits.held}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for gate in gates:
            st.segmented_control(
                text(f"strips.{gate}.title", symbol=SYMBOLS[gate]),
                list(_ENDS),
                format_func=lambda end: text(f"edit.ends.{end}"),
                help=text("edit.hold_help"),
                required=True,
                **showing(f"hold_{gate}", held.get(gate, "free"), partial(_hold, start, gate)),
            )
        if "forget" in gates and "forget" not in held:
            _bias_widgets(start, edits.forget_bias)
        if edits != Edits():
            back = acting(lambda: start.put(edits=Edits()))
            st.button(text("edit.back"), key="edit_back", icon=":material/undo:", on_click=back)


def _hold(start: Asked[Start], gate: str, end: str) -> None:
    if end in _ENDS:
        start.put(edits=start.value.edits.hold(gate, _ENDS[end]))


def _bias_widgets(start: Asked[Start], bias: int | None) -> None:
    def take(value: int | None) -> None:
        start.put(edits=start.value.edits._replace(forget_bias=value))

    def switch(on: bool) -> None:
        take(1 if on else None)  # where Keras has it begin

    st.toggle(
        text("edit.set_bias"),
        help=text("edit.bias_help"),
        **showing("set_forget_bias", bias is not None, switch),
    )
    if bias is not None:
        label, (low, high) = text("edit.bias"), FORGET_BIAS
        st.slider(label, low, high, width=200, **showing("forget_bias", bias, take))


class _Grid(NamedTuple):
    """Numbers to be edited, and what each of them is: places, a row of the grid each."""

    frame: pd.DataFrame
    places: Sequence[Sequence[Place]]


def grid_widgets(view: Asked[EditView], settings: Settings) -> None:
    """Which grid is open, and which gate's block of it."""
    weights = [layout.name for layout in weight_layout(settings)]
    # The Embedding's table last: the layer's own weights are what the page is about.
    grids = [*sorted(weights, key="embeddings".__eq__), "tokens"]
    blocks = BLOCKS[settings.cell]
    look = view.among(grid=grids, block=range(len(blocks)))
    with st.container(horizontal=True):
        widget(view, "grid", only=grids, width=170)
        if "block" in view.applying() and len(blocks) > 1:
            names = dict(zip("0123", (text(f"gates.{block}") for block in blocks), strict=False))
            widget(view, "block", only=range(len(blocks)), label=names.__getitem__, width=145)
    st.caption(text(f"edit.of.{look.grid}"))


def grid(
    setup: Asked[Setup], start: Asked[Start], look: EditView, weights: Mapping[str, np.ndarray]
) -> None:
    """The open grid. What is typed in it is told to the question that it belongs to."""
    settings = setup.value.settings
    if look.grid == "tokens":
        frame, take = _token_frame(settings), partial(_take_tokens, setup)
    else:
        shown = _weight_grid(weights, settings, look)
        frame, take = shown.frame, partial(_take_numbers, setup, start, shown.places)
    key = f"grid.{look.grid}.{look.block}.{_version(setup, start)}"
    number = {"min_value": 0, "max_value": settings.vocabulary_size - 1, "step": 1}
    kind = number if look.grid == "tokens" else {"format": "%.4g"}
    st.data_editor(
        frame,
        key=key,
        on_change=acting(lambda: _typed(setup, start, key, frame, take)),
        column_config=dict.fromkeys(frame.columns, st.column_config.NumberColumn(**kind)),
        height="content" if len(frame) <= _MOST_ROWS else 35 * (_MOST_ROWS + 1),
        alt=text("edit.grid_alt", name=look.grid),
    )
    if (refused := st.session_state.pop(_REFUSED, None)) is not None:
        st.error(refused)


def _weight_grid(weights: Mapping[str, np.ndarray], settings: Settings, look: EditView) -> _Grid:
    name = look.grid
    if name == "embeddings":
        ids = sorted({token for row in settings.tokens for token in row})
        values = weights[name][ids]
        rows = [text("edit.id", id=token) for token in ids]
        heads = [str(feature) for feature in range(settings.embedding_dim)]
        places = [[Place(name, (token, n)) for n in range(len(heads))] for token in ids]
        return _Grid(_frame(values, rows, heads), places)
    layout = next(layout for layout in weight_layout(settings) if layout.name == name)
    block = columns(BLOCKS[settings.cell][look.block], settings)
    values = np.atleast_2d(weights[name])[:, block]
    rows = [row_name(layout, row) for row in range(len(values))]
    heads = [str(unit) for unit in range(settings.units)]
    first = [(row,) if len(layout.shape) > 1 else () for row in range(len(values))]
    places = [[Place(name, (*at, block.start + u)) for u in range(settings.units)] for at in first]
    return _Grid(_frame(values, rows, heads), places)


def _token_frame(settings: Settings) -> pd.DataFrame:
    rows = [text("data.sentence", sentence=n) for n in range(1, len(settings.tokens) + 1)]
    heads = [str(step) for step in range(1, settings.steps + 1)]
    return pd.DataFrame(list(settings.tokens), index=rows, columns=heads)


def _frame(values: np.ndarray, rows: list[str], heads: list[str]) -> pd.DataFrame:
    return pd.DataFrame(values.astype(float), index=rows, columns=heads)


def _version(setup: Asked[Setup], start: Asked[Start]) -> int:
    """Another number whenever what a grid shows was set by anything but itself: a new grid is drawn
    then, as Streamlit's keeps what was typed in it and would go on to show that."""
    now = start.value, setup.value.settings.tokens
    shown, version = st.session_state.get(_SHOWN, (now, 0))
    version += shown != now
    st.session_state[_SHOWN] = now, version
    return version


Cells = dict[tuple[int, int], Any]


def _typed(
    setup: Asked[Setup],
    start: Asked[Start],
    key: str,
    frame: pd.DataFrame,
    take: Callable[[Cells], None],
) -> None:
    """Hand on what was typed in a grid, if it can be: all of it since the grid was drawn first."""
    heads, rows = list(frame.columns), range(len(frame))
    changed = st.session_state[key]["edited_rows"].items()
    _, version = st.session_state[_SHOWN]
    try:
        take(
            {
                (rows.index(row), heads.index(head)): value
                for row, cells in changed
                for head, value in cells.items()
            }
        )
        shown = start.value, setup.value.settings.tokens
    except (SettingsError, TypeError, ValueError) as error:
        shown = None  # so that the grid is drawn anew, without what was refused
        told = plain(str(error)) if isinstance(error, SettingsError) else ""
        st.session_state[_REFUSED] = text("edit.refused", largest=int(LARGEST), told=told)
    st.session_state[_SHOWN] = shown, version


def _take_numbers(
    setup: Asked[Setup], start: Asked[Start], places: Sequence[Sequence[Place]], cells: Cells
) -> None:
    """Single numbers of a weight; one that was emptied is again what it was.

    Raises:
        ValueError: one is not finite, or too large.
    """
    typed = {places[row][column]: value for (row, column), value in cells.items()}
    numbers = {place: edited(value) for place, value in typed.items() if value is not None}
    edits = start.value.edits.without(typed.keys() - numbers.keys()).put(numbers)
    if len(edits.single) <= MOST:
        start.put(edits=edits)
        return
    settings = setup.value.settings  # too many for a link: they become weights of their own
    weights = start.value.edited(settings, edits)
    start.put(**NOTHING | {"brought": bring(weights, settings)})


def _take_tokens(setup: Asked[Setup], cells: Cells) -> None:
    """Ids in place of those that the sentences have.

    Raises:
        SettingsError: one is no id of the vocabulary.
    """
    rows = [list(row) for row in setup.value.settings.tokens]
    for (row, step), token in cells.items():
        rows[row][step] = token if token is not None else rows[row][step]
    tokens = setup.value.settings.but(tokens=rows).tokens
    setup.put(source="typed", tokens=tokens, length=len(tokens[0]), sentences=len(tokens))


def file_widgets(setup: Asked[Setup], start: Asked[Start], weights: Weights) -> None:
    """The weights as a file, out and in again."""
    settings = setup.value.settings

    def take(data: bytes) -> None:
        try:
            brought = bring(npz.read_npz(data, settings), settings)
        except SettingsError as error:
            lines = (f"- {plain(str(problem))}" for problem in error.problems)
            st.session_state[_REFUSED] = "\n".join((text("edit.refused_file"), "", *lines))
        else:
            start.put(**NOTHING | {"brought": brought})

    with st.container(horizontal=True, vertical_alignment="center"):
        download(
            lambda: npz.write_npz(weights),
            file_name(settings, "npz", weights),
            "application/octet-stream",
            text("edit.download"),
            key="download_npz",
        )
        file_button(
            text("edit.bring"),
            key="bring_npz",
            accept=".npz",
            most=npz.LARGEST,
            large=text("edit.large", most=npz.LARGEST),
            take=take,
        )


def hold_the_memory(setup: Asked[Setup], start: Asked[Start]) -> None:
    """A click that empties the memory at every step, and takes that back."""
    if setup.value.cell == "SimpleRNN":
        setup.put(cell="LSTM")
    setup.put(use_bias=True)
    gate = "forget" if setup.value.cell == "LSTM" else "update"
    edits = start.value.edits
    start.put(edits=edits.hold(gate, None if dict(edits.held).get(gate) == 0 else 0))
