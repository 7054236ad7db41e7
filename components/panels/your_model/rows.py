"""A model from top to bottom: a row a layer, and beside it what the layer returned."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from components.backend.explained.explain import LayerCall
from components.backend.your_model.answer import Answer, Kind
from components.backend.your_model.opened import Row
from components.charts.picture import number
from components.charts.your_model import Glance, Window, glances, stops
from components.panels.run.scripts import component
from components.texts import text

MOST_ROWS = 30
"""Layers that are drawn before a visitor asks for all."""

_FEW = 6  # numbers of a vector that are written out


_OF_A_MASK = "NotEqual"


class Line(NamedTuple):
    """A row of the picture: a layer, and one call of it."""

    id: str  # names it in links: the names of the models around it and its own, with "/" between
    index: int  # of the layer among the model's
    row: Row
    call: LayerCall | None  # None if it was not run


class Word(NamedTuple):
    """What the model reads at one step."""

    said: str
    kind: str = ""  # "pad", "unknown", or "" for a word that it knows


def lines_of(rows: Sequence[Row], layers: Sequence[LayerCall]) -> list[Line]:
    """A line for each call of each of a model's layers; one for a layer that was not run. The
    operation by which Keras makes an Embedding's mask is left out.

    Args:
        layers: all calls.
    """
    calls: dict[tuple[tuple[str, ...], str], list[LayerCall]] = {}
    for call in layers:
        calls.setdefault((call.path, call.name), []).append(call)
    found = []
    masking = {(row.path, row.reads) for row in rows if row.kind == "Embedding"}
    for index, row in enumerate(rows):
        if row.kind == _OF_A_MASK and (row.path, row.reads) in masking:
            continue
        named = "/".join((*row.path, row.name))
        own = calls.get((row.path, row.name), [None])
        found += [
            Line(named if not at else f"{named}@{at + 1}", index, row, call)
            for at, call in enumerate(own)
        ]
    return found


def rows_panel(
    lines: Sequence[Line],
    words: Sequence[Word],
    window: Window,
    *,
    sentence: int,
    answer: Answer | None,
    total: int,
    opened: str,
    marked: bool,
    take: Callable[[str], None],
    key: str = "rows",
) -> None:
    """Draw the model.

    Args:
        words: what is read at each step that is drawn.
        sentence: the index of the sentence that is drawn.
        answer: what the model returned; None if nothing of it is run.
        total: the parameters of the whole model.
        opened: the `Line.id` that is open.
        marked: whether how far each word moves the answer may be marked at it.
        take: called with the id of the line that is clicked.
    """
    everything = st.session_state.get("model_all", False)
    shown = lines if everything else lines[:MOST_ROWS]
    known = {line.id for line in shown}

    def chosen() -> None:
        name = st.session_state[key].get("layer")
        if isinstance(name, str) and name in known:  # it comes from a browser
            take(name)

    edges = list(edges_of(shown))
    data = {
        "words": [word._asdict() for word in words],
        "rows": [
            _row(line, total, opened)
            | (_drawn(line, answer, window, sentence) if answer else _UNDRAWN)
            for line in shown
        ],
        "edges": edges,
        "marked": marked,
        "lanes": max((lane for *_, lane in edges), default=0),
        "said": {name: text(f"your_model.{name}_at", at="{}") for name in ("step", "unit")},
    }
    draw = component("your_model/rows.js", '<div class="rnn-chart rnn-model"></div>')
    draw(key=key, data=data, on_layer_change=chosen)
    if len(shown) < len(lines):
        label = text("your_model.all_layers", count=len(lines))
        st.button(label, key="model_all_layers", on_click=_show_all, type="tertiary")


def _show_all() -> None:
    st.session_state["model_all"] = True


def edges_of(lines: Sequence[Line]) -> Iterator[tuple[int, int, int]]:
    """Which rows' outputs each row reads: from which, to which, and in which lane beside the rows
    the line runs; 0 for one straight down to the next row. Lines in one lane do not meet."""
    ends: list[int] = []  # of each lane: the last row that its lines reach
    for at, line in enumerate(lines):
        for start in _sources(lines, at):
            if start == at - 1 and line.row.path == lines[start].row.path:
                yield start, at, 0
                continue
            lane = next((n for n, end in enumerate(ends) if end <= start), len(ends))
            ends[lane : lane + 1] = [at]
            yield start, at, lane + 1


def _sources(lines: Sequence[Line], at: int) -> list[int]:
    """The rows that a row reads, the last one first. The model's file says which layers those are;
    of layers that are called several times, the numbers say which calls."""
    found = list[int]()
    for read in sorted(lines[at].row.reads, reverse=True):
        calls = [start for start in range(at) if lines[start].index == read]
        matching = [start for start in calls if _passed_on(lines[start], lines[at])]
        is_again = any(n != at and lines[n].index == lines[at].index for n in range(len(lines)))
        found += matching if matching and (is_again or len(calls) > 1) else calls[:1]
    return found


def _passed_on(source: Line, reader: Line) -> bool:
    """Whether what one call returned is what another one read."""
    if source.call is None or reader.call is None:
        return False
    returned = [each.values for each in source.call.returned]
    return any(np.array_equal(x, each) for x in reader.call.inputs for each in returned)


def _row(line: Line, total: int, opened: str) -> dict[str, Any]:
    row, call = line.row, line.call
    count = 0 if call and call.number else row.parameter_count  # a second call has the same weights
    share = count / total if total else 0.0
    size = text("your_model.size", count=count, share=share) if count else ""
    return {
        "id": line.id,
        "name": row.name,
        "kind": _kind(line),
        "depth": len(row.path),
        "shape": _shapes(call) if call else "",
        "size": size,
        "share": share,
        "why": str(row.blocked) if row.blocked else text("your_model.not_run") * (call is None),
        "opens": call is not None,
        "open": line.id == opened,
    }


def _kind(line: Line) -> str:
    _, _, number = line.id.partition("@")
    if number:
        return text("your_model.called_again", kind=line.row.kind, number=number)
    return line.row.kind


def _shapes(call: LayerCall) -> str:
    """What goes in and what comes out."""
    read, returned = (
        " + ".join(map(str, shapes)) for shapes in (call.input_shapes, call.output_shapes)
    )
    return f"{read} → {returned}" if read else returned


_UNDRAWN = {"follows": False, "told": "", "pictures": []}
"""What is drawn of a layer that was not run."""


def _drawn(line: Line, answer: Answer, window: Window, sentence: int) -> dict[str, Any]:
    """What a layer returned, whether its steps are those of the words, and what is odd about what
    it read."""
    call = line.call
    if call is None:
        return _UNDRAWN
    kinds = {each.name: each.kind for each in answer.results}
    kind = None if line.row.path else kinds.get(line.row.name)
    follows = answer.draws_words(call)
    return {
        "follows": follows,
        "told": text("your_model.mask_gone") if answer.reads_masked_steps(call) else "",
        "pictures": list(_pictures(call, window if follows else None, sentence, kind)),
    }


def _pictures(
    call: LayerCall, window: Window | None, sentence: int, kind: Kind | None
) -> Iterator[dict[str, Any]]:
    """What a layer returned; of one that returned the model's answer, of that kind, its few
    numbers."""
    for glance in glances(call, window, sentence=sentence):
        if kind and glance.kind == "vector" and glance.values.size <= _FEW:
            yield {"numbers": [_number(each, kind) for each in glance.values[0].tolist()]}
        else:
            yield _picture(glance)


def _number(value: float, kind: Kind) -> dict[str, Any]:
    return {"value": number(value), "part": None if kind == "numbers" else value}


def _picture(glance: Glance) -> dict[str, Any]:
    rows, columns = glance.values.shape
    return {
        "kind": glance.kind,
        "values": packed(glance.values),
        "rows": rows,
        "columns": columns,
        "high": glance.high,
        "low": glance.low,
        "scale": list(stops(glance.colorscale)),
        "height": glance.height,
        "written": _written(glance),
        "dim": glance.is_computed,
        "framed": glance.framed,
        "masked": glance.masked,
        "note": glance.note,
        "alt": glance.alt,
    }


def _written(glance: Glance) -> list[str] | None:
    """Whole numbers, if there is room to write them."""
    if not glance.whole or glance.values.shape[1] > _MOST_WRITTEN:
        return None
    return [f"{value:g}" for value in glance.values[0].tolist()]


_MOST_WRITTEN = 24  # columns


def packed(values: np.ndarray) -> dict[str, Any]:
    """Numbers for the browser, as `numbers.js` reads them: float32 in base64."""
    return {"values": base64.b64encode(values.astype("<f4").tobytes()).decode()}
