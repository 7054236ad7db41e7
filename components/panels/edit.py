"""What if a weight were different: gates that are held, a bias, tokens and weights as grids, and
weights as a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Annotated, Literal, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from pydantic import create_model

from components.backend import (
    EngineError,
    Settings,
    SettingsError,
    Setup,
    npz,
    numbers,
    torch_weights,
)
from components.backend.brought import bring
from components.backend.cells import CELLS
from components.backend.code import file_name
from components.backend.edits import (
    FORGET_BIAS,
    LARGEST,
    MOST,
    Edits,
    Entry,
    blocks_of,
    columns,
    forget_bias_of,
    taken,
)
from components.backend.layout import features, table_layout, weight_layout
from components.backend.linked import Place, number, shown, whole
from components.backend.start import NOTHING, Start
from components.backend.weight_file import read_weights, write_safetensors
from components.backend.weight_names import MOST_BYTES, few
from components.backend.weights import Weights
from components.backend.whatif.edit import feeds
from components.charts.parameters import row_name
from components.charts.picture import strip_title
from components.charts.strips import MOST_DRAWN
from components.panels.code import download
from components.panels.page.asked import Asked
from components.panels.page.file import file_button
from components.panels.page.grid import Typed, grid
from components.panels.page.plain import plain
from components.panels.page.widgets import showing, widget
from components.panels.sentence import SentenceView
from components.texts import text

_ENDS = {"free": None, "0": 0, "1": 1}  # of a gate: as it is, or held
_LISTED = 3  # edits that are listed without scrolling
_LIST = 96  # px of a longer list
_MARK = "► "  # before a number of a grid that is edited
_SAID = "edit.said"  # in the session: a message on the last edit, and whether it is an error


_NO_WEIGHTS = ("embeddings", "tokens", "values")
"""Grids of something else than the layer's own weights."""

_OWN = (weight.name for cell in CELLS.values() for weight in cell.more)
_GRIDS = ("kernel", "recurrent_kernel", "bias", *_OWN, *_NO_WEIGHTS)
_BLOCKS = Place("grid", applies=lambda v: v.grid not in _NO_WEIGHTS)


class _Grids(SentenceView):
    """Which grid is open, of which gate's block of a weight's columns; the sentence (from 1)."""

    grid: Annotated[Literal[_GRIDS], Place("grid")] = "kernel"

    def block(self, settings: Settings) -> str:
        """The block of a weight that is open; nothing where what is open has none."""
        if self.grid in _NO_WEIGHTS:
            return ""
        blocks = blocks_of(self.grid, settings)
        asked = getattr(self, _field(settings.cell), None)
        return asked if asked in blocks else blocks[0]


def _field(cell: str) -> str:
    """The field that says which block of such a cell is open."""
    return f"{cell.lower()}_block"


EditView = create_model(
    "EditView",
    __base__=_Grids,
    **{
        _field(name): (Annotated[Literal[cell.block_names], _BLOCKS], cell.block_names[0])
        for name, cell in CELLS.items()
        if cell.gates
    },
)
"""The same, with a field for each cell that has gates, such as lstm_block."""


def hold_widgets(start: Asked[Start], settings: Settings) -> None:
    """Each gate as it is, or held at one end; and the forget gate's bias, unless that is held."""
    gates = [gate for gate in CELLS[settings.cell].gates if gate != "candidate"]
    if not gates or not settings.use_bias:
        st.caption(text("edit.no_bias" if gates else "edit.no_gates"))
        return
    edits = start.value.edits
    held = {gate: str(end) for gate, end in edits.held}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for gate in gates:
            st.segmented_control(
                strip_title(gate, settings.cell),
                list(_ENDS),
                format_func=lambda end: text(f"edit.ends.{end}"),
                help=text("edit.hold_help"),
                required=True,
                **showing(
                    f"hold_{gate}", held.get(gate, "free"), partial(_hold, start, gate), "default"
                ),
            )
        if "forget" in gates:
            _bias_widgets(start, settings, held="forget" in held)


def _hold(start: Asked[Start], gate: str, end: str) -> None:
    if end in _ENDS:
        start.put(edits=start.value.edits.hold(gate, _ENDS[end]))


def _bias_widgets(start: Asked[Start], settings: Settings, *, held: bool) -> None:
    bias = start.value.edits.forget_bias

    def take(value: int | None) -> None:
        start.put(edits=start.value.edits._replace(forget_bias=value))

    def switch(on: bool) -> None:
        try:
            take(forget_bias_of(start.value.unedited, settings) if on else None)
        except EngineError:
            _say("error", text("errors.engine"))

    st.toggle(
        text("edit.set_bias"),
        help=text("edit.bias_held" if held else "edit.bias_help"),
        disabled=held,
        **showing("set_forget_bias", bias is not None, switch),
    )
    if bias is not None and not held:
        label, (low, high) = text("edit.bias"), FORGET_BIAS
        st.slider(label, low, high, width=160, **showing("forget_bias", bias, take))


def before(start: Start) -> Weights | None:
    """What the page holds a run against: the weights as they were before the edits; where there are
    none, a visitor's own against the seed's."""
    own = start.base == "brought" and start.edits == Edits()
    return None if own else start.unedited


def grid_widgets(view: Asked[EditView], settings: Settings) -> None:
    """Which grid is open, and which gate's block of it."""
    weights = [layout.name for layout in weight_layout(settings)]
    # The Embedding's table last: the layer's own weights are what the page is about.
    grids = [*sorted(weights, key="embeddings".__eq__), settings.rows_field]
    view.among(grid=grids)
    with st.container(horizontal=True):
        widget(view, "grid", only=grids, width=170)
        block = _field(settings.cell)
        if block in view.fields:
            widget(
                view,
                block,
                label=text("edit_view.block.label"),
                help=text("edit_view.block.help"),
                format_func=lambda gate: text(f"gates.{gate}.name"),
                only=blocks_of(view.shown.grid, settings),
                width=145,
            )


def number_grid(
    setup: Asked[Setup], start: Asked[Start], look: EditView, weights: Mapping[str, np.ndarray]
) -> None:
    """The grid that is open. What is typed in it changes the question that it belongs to."""
    settings = setup.value.settings
    block = look.block(settings)
    named = {"key": f"{look.grid}.{block}", "alt": text("edit.grid_alt", name=look.grid)}
    named["shows"] = lambda: (start.value, setup.value.settings.rows)
    if look.grid == settings.rows_field:
        grid(_read_frame(settings), take=partial(_take_read, setup), **named)
        taken_ = text(f"edit.taken.{'ids' if settings.reads_ids else 'numbers'}")
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
        taken_ = f"{text('edit.taken.numbers')} {marked} {cut}"
    # Above the grid the buttons that Streamlit shows there would cover it.
    st.caption(f"{text(f'grids.{look.grid}.each')} {taken_}")


def edit_list(start: Asked[Start], settings: Settings, old: Weights) -> None:
    """Each number that was typed: what it feeds, what it was, and a button that takes it back.

    Args:
        old: the weights before the edits.
    """
    single = start.value.edits.single
    height = _LIST if len(single) > _LISTED else "content"
    with st.container(height=height, border=False, gap="xsmall"):
        for entry, value in single:
            was = old[entry.weight][entry.index(settings, old[entry.weight].ndim)]
            with st.container(horizontal=True, vertical_alignment="center", key=f"typed.{entry}"):
                st.caption(
                    text(
                        "edit.listed",
                        what=_feeds(entry, settings),
                        old=float(was),
                        new=value,
                    )
                )
                st.button(
                    text("edit.undo_one"),
                    key=f"undo.{entry}",
                    type="tertiary",
                    on_click=partial(_take_back, start, entry),
                )


def _take_back(start: Asked[Start], entry: Entry) -> None:
    start.put(edits=start.value.edits.without([entry]))


def _feeds(entry: Entry, settings: Settings) -> str:
    """In words, where a number of a weight goes; of a bias of two rows, which row it is in."""
    layout = next(layout for layout in weight_layout(settings) if layout.name == entry.weight)
    return feeds(entry, row_name(layout, entry.row) if entry.weight == "bias" else entry.weight)


def said() -> None:
    """Say what became of the last thing that was typed or uploaded, if anything has to be said."""
    if (told := st.session_state.pop(_SAID, None)) is not None:
        kind, words = told
        (st.error if kind == "error" else st.info)(words)


def _say(kind: Literal["error", "info"], words: str) -> None:
    st.session_state[_SAID] = kind, words


def _refuse(name: str, said: object, **allowed: int) -> None:
    """Say that what was typed was not taken, and what can be."""
    _say("error", text(f"edit.{name}", said=plain(str(shown(said))), **allowed))


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
    shown = values[: len(rows), :MOST_DRAWN]
    heads = [str(column) for column in range(shown.shape[1])]
    entries = [[Entry(name, block, row, n) for n in range(len(heads))] for row in rows]
    said = [
        [f"{_MARK * (entry in edited)}{value:.4g}" for entry, value in zip(*row, strict=True)]
        for row in zip(entries, shown.tolist(), strict=True)
    ]
    return _Table(
        pd.DataFrame(said, [*rows.values()], heads),
        entries,
        is_marked=any(entry in edited for row in entries for entry in row),
        is_cut=shown.size < values.size,
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
    columns = [column for sentence in settings.values for column in zip(*sentence, strict=True)]
    return pd.DataFrame([[f"{value:.6g}" for value in each] for each in columns], rows, heads)


def _take_numbers(
    setup: Asked[Setup], start: Asked[Start], entries: Sequence[Sequence[Entry]], typed: Typed
) -> bool:
    """Single numbers of a weight; one that was emptied is again what it was."""
    cells = {
        entries[row][column]: "" if said is None else str(said).strip(_MARK)
        for (row, column), said in typed.items()
    }
    numbers = dict[Entry, float]()
    for entry, said in cells.items():
        try:
            numbers |= {entry: taken(number(said))} if said else {}
        except ValueError:
            _refuse("refused", said, largest=int(LARGEST))
            return False
    edits = start.value.edits.without(cells.keys() - numbers.keys()).put(numbers)
    if len(edits.single) > MOST:
        _make_own(setup.value.settings, start, edits)
        return False
    start.put(edits=edits)
    return len(numbers) == len(cells)


def _make_own(settings: Settings, start: Asked[Start], edits: Edits) -> None:
    """Edits that are too many for a link become weights that a link only names."""
    try:
        edited = edits.of(start.value.unedited, settings)
    except EngineError:
        _say("error", text("errors.engine"))
        return
    if edited.nbytes > MOST_BYTES:  # the server keeps them for as long as the page is open
        _say("error", text("edit.too_large", most=MOST))
    else:
        own = bring(edited, settings)
        start.put(**NOTHING | {"brought": own})
        _say("info", text("edit.too_many", most=MOST))


def _take_read(setup: Asked[Setup], typed: Typed) -> bool:
    """Ids, or numbers, in place of those that the sentences have."""
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


def file_widgets(setup: Asked[Setup], start: Asked[Start], weights: Weights) -> None:
    """The weights as a file, out and in again."""
    settings = setup.value.settings
    with st.container(horizontal=True, vertical_alignment="center"):
        download(
            lambda: npz.write_npz(weights),
            file_name(settings, "npz", weights),
            "application/octet-stream",
            text("edit.download"),
            key="download_npz",
        )
        file_button(
            text("edit.upload"),
            key="upload_npz",
            accept=".npz,.safetensors,.keras,.h5",
            most=MOST_BYTES,
            large=text("edit.large", most=MOST_BYTES),
            take=partial(_take_file, settings, start, weights),
        )
    if not torch_weights.lacks(settings):
        _torch_downloads(settings, weights)


def _take_file(settings: Settings, start: Asked[Start], weights: Weights, data: bytes) -> None:
    """The weights of a file, in place of these; an Embedding's table that is not in it is kept."""
    try:
        own, layers = read_weights(data, settings)
        kept = [table for table in table_layout(settings) if table.name not in own]
        brought = bring({table.name: weights[table.name] for table in kept} | own, settings)
    except SettingsError as error:
        size = {"units": settings.units, "features": features(settings)}
        told = text("edit.refused_file", cell=settings.cell, **size)
        lines = (f"- {plain(str(problem))}" for problem in error.problems)
        _say("error", "\n".join((told, "", *lines)))
    else:
        start.put(**NOTHING | {"brought": brought})
        notes = [text("edit.kept_table", shape=table.shape) for table in kept]
        if told := [*_told(layers, features(settings)), *notes]:
            _say("info", "\n\n".join(told))


def _told(layers: Sequence[str], features: int) -> list[str]:
    """Which layer of a saved model was taken, the first of these, and how to take another one."""
    if not layers:
        return []
    first, *others = map(shown, layers)
    told = [text("edit.taken_layer", layer=plain(first))]
    if others:
        listed = plain(str(few(others)))
        told.append(text("edit.other_layers", layers=listed, features=features))
    return told


def _torch_downloads(settings: Settings, weights: Weights) -> None:
    """The weights by PyTorch's names, as a file of either kind."""
    note = text("edit.torch_bias") if settings.use_bias and not settings.resets else None
    with st.container(horizontal=True):
        for kind, write in (("npz", npz.write_npz), ("safetensors", write_safetensors)):
            download(
                lambda write=write: write(torch_weights.torch_of(weights, settings)),
                file_name(settings, kind, weights, what="torch"),
                "application/octet-stream",
                text(f"edit.download_torch_{kind}"),
                key=f"download_torch_{kind}",
                note=note,
            )


def empty_the_memory(setup: Asked[Setup], start: Asked[Start]) -> None:
    """A click that empties the memory at every step, and takes that back."""
    cell = setup.value.cell if CELLS[setup.value.cell].keeps else "LSTM"
    setup.put(cell=cell, use_bias=True)
    gate, keeping = CELLS[cell].keeps
    edits, emptying = start.value.fitting(setup.value.settings).edits, 1 - keeping
    start.put(edits=edits.hold(gate, None if dict(edits.held).get(gate) == emptying else emptying))


def offer(cell: str) -> str:
    """The label of that click's button."""
    keeps, letters = CELLS[cell].keeps, CELLS[cell].letters
    if keeps is None:
        return text("edit.try_other")
    state, gate = text(f"edit.old_{letters[-1]}"), text(f"gates.{keeps.gate}.name")
    return text("edit.try", state=state, gate=gate, end=1 - keeps.at)


def colours(cell: str) -> str:
    """What the colours of the picture mean."""
    gates = [text("edit.note_gates")] if CELLS[cell].gates else []
    return " ".join((*gates, text(f"edit.note_{CELLS[cell].letters}")))
