"""The picture of a model: a row a layer, and beside it what the layer returned."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from components.backend.explained.explain import LayerCall
from components.backend.your_model.answer import Kind
from components.backend.your_model.opened import Opened
from components.backend.your_model.process.step_axes import CallName
from components.backend.your_model.saved.declared import ModelLayer
from components.charts.picture import number
from components.charts.your_model import Glance, glances, stops
from components.panels.ask.cover import is_covered
from components.panels.run.scripts import component
from components.panels.your_model.sentence import PAD, ShownSentence
from components.texts import text

MOST_ROWS = 30
"""Layers that are drawn before a visitor asks for all."""

DECIDED = "decided"
"""The part of the page that says which word decided, as a page that asks first covers it."""

_KEY = "rows"
_FEW = 6  # numbers of a vector that are written out
_MOST_WRITTEN = 24  # whole numbers of a row that are written out
_OF_A_MASK = "NotEqual"


class Line(NamedTuple):
    """A row of the picture: a layer, and one call of it."""

    id: str  # names it in links: the names of the models around it and its own, with "/" between
    index: int  # of the layer among the model's
    layer: ModelLayer
    call: LayerCall | None  # None if it was not run
    made_by: tuple[CallName, ...] = ()  # the calls whose outputs this call reads


def lines_of(model: Opened, calls: Sequence[LayerCall] = ()) -> list[Line]:
    """A line for each call of each of the model's layers; one for a layer that was not run. The
    operation by which Keras makes an Embedding's mask is left out."""
    named = dict[tuple[tuple[str, ...], str], list[LayerCall]]()
    for call in calls:
        named.setdefault((call.path, call.name), []).append(call)
    found = []
    masking = {(layer.path, layer.reads) for layer in model.layers if layer.kind == "Embedding"}
    for index, layer in enumerate(model.layers):
        if layer.kind == _OF_A_MASK and (layer.path, layer.reads) in masking:
            continue
        name = "/".join((*layer.path, layer.name))
        for at, call in enumerate(named.get((layer.path, layer.name), [None])):
            made_by = model.axes_of(call).made_by if call else ()
            found.append(Line(f"{name}@{at + 1}" if at else name, index, layer, call, made_by))
    return found


def rows_panel(
    model: Opened,
    shown: ShownSentence | None = None,
    *,
    opened: str = "",
    take: Callable[[str], None] | None = None,
) -> None:
    """Draw the model.

    Args:
        shown: the sentence that is drawn; None if nothing of the model is run.
        opened: the `Line.id` that is open.
        take: called with the id of the line that is clicked.
    """
    lines = lines_of(model, shown.answer.explained.layers if shown else ())
    drawn = lines if st.session_state.get("model_all", False) else lines[:MOST_ROWS]
    known = {line.id for line in drawn}

    def chosen() -> None:
        name = st.session_state[_KEY].get("layer")
        if take and isinstance(name, str) and name in known:  # it comes from a browser
            take(name)

    edges = list(edges_of(drawn))
    data = {
        "words": list(_words(shown)) if shown else [],
        "rows": [
            _row(line, model.parameter_count) | {"open": line.id == opened} | _returned(line, shown)
            for line in drawn
        ],
        "edges": edges,
        "marked": not is_covered(DECIDED),
        "lanes": max((lane for *_, lane in edges), default=0),
        "said": {name: text(f"your_model.{name}_at", at="{}") for name in ("step", "unit")},
    }
    draw = component("your_model/rows.js", '<div class="rnn-chart rnn-model"></div>')
    draw(key=_KEY, data=data, on_layer_change=chosen)
    if len(drawn) < len(lines):
        label = text("your_model.all_layers", count=len(lines))
        st.button(label, key="model_all_layers", on_click=_show_all, type="tertiary")


def _show_all() -> None:
    st.session_state["model_all"] = True


def _words(shown: ShownSentence) -> Iterator[dict[str, str]]:
    """What the model reads at each step that is drawn, and whether that is padding or unknown."""
    unknown = {*shown.answer.unknown[shown.index]}
    for step in shown.drawn:
        said = shown.labels[step]
        kind = "pad" if said == PAD else "unknown" if step in unknown else ""
        yield {"said": said, "kind": kind}


def edges_of(lines: Sequence[Line]) -> Iterator[tuple[int, int, int]]:
    """Which rows' outputs each row reads: from which, to which, and in which lane beside the rows
    the line runs; 0 for one straight down to the next row. Lines in one lane do not meet."""
    ends: list[int] = []  # of each lane: the last row that its lines reach
    for at, starts in enumerate(_sources(lines)):
        for start in sorted(starts, reverse=True):
            if start == at - 1 and lines[at].layer.path == lines[start].layer.path:
                yield start, at, 0
                continue
            lane = next((n for n, end in enumerate(ends) if end <= start), len(ends))
            ends[lane : lane + 1] = [at]
            yield start, at, lane + 1


def _sources(lines: Sequence[Line]) -> Iterator[set[int]]:
    """The rows above it that each row reads. Of a layer that is not run the model's file says which
    layers those are, and not which of their calls: then it is the first one."""
    calls, layers = dict[CallName, int](), dict[int, int]()
    for at, line in enumerate(lines):
        layers.setdefault(line.index, at)
        if line.call:
            calls[line.call.path, line.call.name, line.call.number] = at
    for at, line in enumerate(lines):
        read = map(calls.get, line.made_by) if line.call else map(layers.get, line.layer.reads)
        yield {start for start in read if start is not None and start < at}


def _row(line: Line, total: int) -> dict[str, Any]:
    """What is said of a layer, of the model's so many parameters."""
    layer, call = line.layer, line.call
    is_again = call is not None and call.number > 0  # a second call has the same weights
    count = 0 if is_again else layer.parameter_count
    share = count / total if total else 0.0
    size = text("your_model.size", count=count, share=share) if count else ""
    return {
        "id": line.id,
        "name": layer.name,
        "kind": _kind(line),
        "depth": len(layer.path),
        "shape": _shapes(call) if call else "",
        "size": size,
        "share": share,
        "why": str(layer.blocked) if layer.blocked else text("your_model.not_run") * (call is None),
        "opens": call is not None,
    }


def _kind(line: Line) -> str:
    _, _, number = line.id.partition("@")
    if number:
        return text("your_model.called_again", kind=line.layer.kind, number=number)
    return line.layer.kind


def _shapes(call: LayerCall) -> str:
    """What goes in and what comes out."""
    read, returned = (
        " + ".join(map(str, shapes)) for shapes in (call.input_shapes, call.output_shapes)
    )
    return f"{read} → {returned}" if read else returned


def _returned(line: Line, shown: ShownSentence | None) -> dict[str, Any]:
    """What a layer returned, whether its steps are those of the words, and what is odd about what
    it read."""
    call = line.call
    if call is None or shown is None:
        return {"follows": False, "told": "", "pictures": []}
    answer = shown.answer
    kinds = {each.name: each.kind for each in answer.results}
    kind = None if line.layer.path else kinds.get(line.layer.name)
    follows = answer.draws_words(call)
    pictures = glances(call, shown.window if follows else None, sentence=shown.index)
    return {
        "follows": follows,
        "told": text("your_model.mask_gone") if answer.reads_masked_steps(call) else "",
        "pictures": [_picture(each, kind) for each in pictures],
    }


def _picture(glance: Glance, kind: Kind | None) -> dict[str, Any]:
    """A tensor; of one that is the model's answer, of that kind, its few numbers."""
    if kind and glance.kind == "vector" and glance.values.size <= _FEW:
        return {"numbers": [_number(each, kind) for each in glance.values[0].tolist()]}
    rows, columns = glance.values.shape
    made = {"rows": rows, "columns": columns, "height": glance.height, "written": _written(glance)}
    made["scale"] = list(stops(glance.scale))
    return glance._asdict() | made | {"values": packed(glance.values)}


def _number(value: float, kind: Kind) -> dict[str, Any]:
    return {"value": number(value), "part": None if kind == "numbers" else value}


def _written(glance: Glance) -> list[str] | None:
    """Whole numbers, if there is room to write them."""
    if not glance.whole or glance.values.shape[1] > _MOST_WRITTEN:
        return None
    return [f"{value:g}" for value in glance.values[0].tolist()]


def packed(values: np.ndarray) -> dict[str, Any]:
    """Numbers for the browser, as `numbers.js` reads them: float32 in base64."""
    return {"values": base64.b64encode(values.astype("<f4").tobytes()).decode()}
