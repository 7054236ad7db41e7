"""Tokens, numbers and weights as grids in which a number can be typed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from pydantic import create_model

from components.backend import EngineError, Settings, Setup
from components.backend.cells import CELLS
from components.backend.origins.uploaded import register_upload
from components.backend.origins.weight_source import NOTHING, WeightSource
from components.backend.question import numbers
from components.backend.question.layout import features, weight_layout
from components.backend.question.linked import FieldRule, number, shown, whole
from components.backend.weight_files.edits import (
    LARGEST,
    MOST,
    Edits,
    Entry,
    blocks_of,
    checked_weight,
    columns,
)
from components.backend.weight_files.weight_names import MOST_BYTES
from components.charts.parameters import row_name
from components.charts.strips import MOST_DRAWN
from components.panels.ask.cover import help_of
from components.panels.ask.field_set import FieldSet
from components.panels.ask.grid import Typed, grid
from components.panels.ask.widgets import widget
from components.panels.parts.sentence import SentenceView
from components.panels.write.message import leave_message
from components.panels.write.plain import plain
from components.texts import text

_MARK = "► "  # before a number of a grid that is edited

_NOT_OF_THE_LAYER = ("embeddings", "tokens", "values")
"""Grids of something else than the layer's own weights."""

_OF_A_CELL = tuple(weight.name for cell in CELLS.values() for weight in cell.more)
_GRIDS = ("kernel", "recurrent_kernel", "bias", *_OF_A_CELL, *_NOT_OF_THE_LAYER)
_BLOCKS = FieldRule(applies=lambda v: v.grid not in _NOT_OF_THE_LAYER)


class _Grids(SentenceView):
    """Which grid is open, and which sentence is drawn (from 1)."""

    texts = "edit_view"

    grid: Literal[_GRIDS] = "kernel"

    def block(self, settings: Settings) -> str:
        """The block of a weight that is open; nothing where what is open has none."""
        if self.grid in _NOT_OF_THE_LAYER:
            return ""
        blocks = blocks_of(self.grid, settings)
        asked = getattr(self, _field(settings.cell), None)
        return asked if asked in blocks else blocks[0]


def _field(cell: str) -> str:
    """The field that says which block of such a cell is open."""
    return f"{cell.lower()}_block"


_FIELDS: dict[str, Any] = {
    _field(name): (Annotated[Literal[cell.block_names], _BLOCKS], cell.block_names[0])
    for name, cell in CELLS.items()
    if cell.gates
}

EditView = create_model("EditView", __base__=_Grids, **_FIELDS)
"""The same and, for each cell that has gates, which gate's columns a grid shows: lstm_block, …"""


def grid_widgets(view: FieldSet[_Grids], settings: Settings) -> None:
    """Which grid is open, and which gate's block of it."""
    weights = [layout.name for layout in weight_layout(settings)]
    # The Embedding's table last: the layer's own weights are what the page is about.
    grids = [*sorted(weights, key="embeddings".__eq__), settings.rows_field]
    view.within(grid=grids)
    with st.container(horizontal=True):
        widget(view, "grid", only=grids, width=170)
        block = _field(settings.cell)
        if block in view.active:
            widget(
                view,
                block,
                label=text("edit_view.block.label"),
                help=help_of("edit_view.block.help"),
                format_func=lambda gate: text(f"gates.{gate}.name"),
                only=blocks_of(view.shown.grid, settings),
                width=145,
            )


def number_grid(
    setup: FieldSet[Setup],
    start: FieldSet[WeightSource],
    look: _Grids,
    weights: Mapping[str, np.ndarray],
) -> None:
    """The grid that is open. What is typed in it changes the question that it belongs to."""
    settings = setup.value.settings
    block = look.block(settings)
    named: dict[str, Any] = {
        "key": f"{look.grid}.{block}",
        "alt": text("edit.grid_alt", name=look.grid),
    }
    named["shows"] = lambda: (start.value, setup.value.settings.rows)
    if look.grid == settings.rows_field:
        grid(_read_frame(settings), take=partial(_take_read, setup), **named)
        takes = text(f"edit.taken.{'ids' if settings.reads_ids else 'numbers'}")
    else:
        held = block in dict(start.value.edits.held)
        if held:
            st.caption(text("edit.held"))
        edited = {entry for entry, _ in start.value.edits.single}
        table = _weight_table(weights, settings, look.grid, block, edited)
        take = partial(_take_numbers, setup, start, table.entries)
        grid(table.frame, take=take, disabled=held, **named)
        cut = text("edit.cut", drawn=MOST_DRAWN) if table.is_cut else ""
        marked = text("edit.marked") if table.is_marked else ""
        takes = f"{text('edit.taken.numbers')} {marked} {cut}"
    # Above the grid the buttons that Streamlit shows there would cover it.
    st.caption(f"{text(f'grids.{look.grid}.each')} {takes}")


class _Table(NamedTuple):
    """Numbers, and which each of them is: entries, a row of the table each."""

    frame: pd.DataFrame
    entries: Sequence[Sequence[Entry]]
    is_marked: bool  # whether any is edited
    is_cut: bool  # whether the weight has more numbers


def _weight_table(
    weights: Mapping[str, np.ndarray],
    settings: Settings,
    name: str,
    block: str,
    edited: Collection[Entry],
) -> _Table:
    """The numbers of a weight's block as texts, with a mark before those that are edited."""
    if name == "embeddings":
        ids = sorted({token for row in settings.tokens for token in row})
        rows, values = {n: text("edit.id", id=n) for n in ids}, weights[name][ids]
    else:
        layout = next(layout for layout in weight_layout(settings) if layout.name == name)
        values = np.atleast_2d(weights[name])[:, columns(block, settings, name)]
        rows = {row: row_name(layout, row) for row in range(min(len(values), MOST_DRAWN))}
    listed = values[: len(rows), :MOST_DRAWN]
    heads = [str(column) for column in range(listed.shape[1])]
    entries = [[Entry(name, block, row, n) for n in range(len(heads))] for row in rows]
    written = [
        [f"{_MARK * (entry in edited)}{value:.4g}" for entry, value in zip(*row, strict=True)]
        for row in zip(entries, listed.tolist(), strict=True)
    ]
    return _Table(
        pd.DataFrame(written, [*rows.values()], heads),
        entries,
        is_marked=any(entry in edited for row in entries for entry in row),
        is_cut=listed.size < values.size,
    )


def _read_frame(settings: Settings) -> pd.DataFrame:
    """What is read: a row for each sentence and, of numbers, each feature."""
    heads = [str(step) for step in range(1, settings.steps + 1)]
    if settings.reads_ids:
        rows = [text("data.sentence", sentence=n) for n in range(1, len(settings.tokens) + 1)]
        return pd.DataFrame([list(map(str, row)) for row in settings.tokens], rows, heads)
    rows = [
        text("edit.sentence_feature", sentence=sentence + 1, feature=feature)
        for sentence, feature in product(range(len(settings.values)), range(features(settings)))
    ]
    lines = [line for sentence in settings.values for line in zip(*sentence, strict=True)]
    return pd.DataFrame([[f"{value:.6g}" for value in line] for line in lines], rows, heads)


def _take_numbers(
    setup: FieldSet[Setup],
    start: FieldSet[WeightSource],
    entries: Sequence[Sequence[Entry]],
    typed: Typed,
) -> bool:
    """Take single numbers of a weight; one that was emptied is again what it was. Returns whether
    the grid shows what was taken as it was typed."""
    cells = {
        entries[row][column]: "" if said is None else str(said).strip(_MARK)
        for (row, column), said in typed.items()
    }
    given = dict[Entry, float]()
    for entry, said in cells.items():
        try:
            given |= {entry: checked_weight(number(said))} if said else {}
        except ValueError:
            _refuse("refused", said, largest=int(LARGEST))
            return False
    edits = start.value.edits.without(cells.keys() - given.keys()).put(given)
    if len(edits.single) > MOST:
        _make_own(setup.value.settings, start, edits)
        return False
    start.put(edits=edits)
    return len(given) == len(cells)


def _make_own(settings: Settings, start: FieldSet[WeightSource], edits: Edits) -> None:
    """Edits that are too many for a link become weights that a link only names."""
    try:
        edited = edits.of(start.value.unedited(settings), settings)
    except EngineError:
        leave_message("error", text("errors.engine"))
        return
    if edited.nbytes > MOST_BYTES:  # the server keeps them for as long as the page is open
        leave_message("error", text("edit.too_large", most=MOST))
    else:
        own = register_upload(edited, settings)
        start.put(**NOTHING | {"uploaded": own})
        leave_message("info", text("edit.too_many", most=MOST))


def _take_read(setup: FieldSet[Setup], typed: Typed) -> bool:
    """Take ids, or numbers, in place of those that the sentences have. Returns whether they were
    taken."""
    settings = setup.value.settings
    for (row, step), said in typed.items():
        rows = np.array(settings.rows).tolist()
        try:
            if settings.reads_ids:
                rows[row][step] = whole(str(said).strip())
            else:
                sentence, feature = divmod(row, features(settings))
                rows[sentence][step][feature] = number(str(said).strip())
            settings = settings.reading(rows)
        except ValueError:
            _refuse_read(settings, said)
            return False
    given, source = settings.rows_field, "typed" if settings.reads_ids else "pasted"
    size = {"length": settings.steps, "sentences": len(settings.rows)}
    setup.put(**{"source": source, given: settings.rows, **size})
    return True


def _refuse_read(settings: Settings, said: object) -> None:
    """Say that an id, or a number, was not taken."""
    if settings.reads_ids:
        _refuse("refused_id", said, top=settings.vocabulary_size - 1)
    else:
        _refuse("refused_number", said, largest=int(numbers.LARGEST))


def _refuse(name: str, said: object, **allowed: int) -> None:
    """Say that what was typed was not taken, and what can be."""
    leave_message("error", text(f"edit.{name}", said=plain(str(shown(said))), **allowed))
