"""Both directions on one step axis, running against each other, and what the merge makes of them.

The axis is that of outputs: the layer that Keras calls forward reads along it, the backward one
against it, with go_backwards too, where the axis begins with the sentence's last token.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.backend.running.model import DIRECTIONS
from components.backend.running.replay import Trace
from components.backend.whatif.both_ways import Answer, steps_read
from components.charts import picture
from components.charts.layer_strips import START, layer_limits
from components.charts.strips import (
    STATES,
    Block,
    Look,
    Rows,
    Strip,
    begins_at_zero,
    crossed,
    frame,
    strips_figure,
)
from components.texts import text


@dataclass(frozen=True)
class _View:
    """One sentence of an answer: all that its strips have in common."""

    answer: Answer
    sentence: int

    @property
    def mode(self) -> str | None:
        return self.answer.question.merge_mode

    @property
    def sequences(self) -> bool:
        return self.answer.question.settings.return_sequences

    @property
    def steps(self) -> int:
        return self.answer.question.settings.steps

    @property
    def columns(self) -> list[int]:
        return list(range(1, self.steps + 1))

    @property
    def limits(self) -> picture.Limits:
        """The scale of h, the same for both layers and for their merged outputs."""
        return layer_limits(self.answer.layer)

    @property
    def start(self) -> tuple[float, float]:
        """The edges of the column with the forward layer's state before its first step."""
        return picture.start_edges(self.steps)

    @property
    def tokens(self) -> np.ndarray:
        """The tokens under the axis."""
        return self.answer.forward.tokens[self.sentence]

    @property
    def read(self) -> tuple[int, int]:
        """How many tokens each layer has read at the last step; masked ones do not count."""
        ahead, back = (read[self.sentence, -1].item() for read in steps_read(self.answer))
        return ahead, back

    def mirrored(self, x: float) -> float:
        """The place x, mirrored: as far from the last step as x is from the first."""
        return self.steps + 1 - x

    def tensor(self, name: str) -> np.ndarray | Any:
        """The tensor of that name, as Keras returned it, (unit, column); None if it did not."""
        values = self.answer.tensor(name)
        if values is None:
            return None
        values = values[self.sentence]
        return values.T if values.ndim > 1 else values[:, np.newaxis]


def both_ways(answer: Answer, *, sentence: int = 0) -> picture.Picture:
    """A strip for each direction and, where the outputs are merged, one for the merged outputs."""
    view = _View(answer, sentence)
    strips = [_direction(view, name) for name in DIRECTIONS]
    if view.mode:
        strips.append(_outputs(view))
    rows = Rows.of(strips, 78)
    labels, shapes = [*_names(view, rows)], [*_last_frames(view, rows)]
    if view.mode:
        labels += _outputs_labels(view, rows.edges[-1])
        shapes += _outputs_marks(view, rows.edges[-1])
    figure = strips_figure(
        strips,
        rows,
        view.tokens,
        view.start,
        xaxis=_ticks(view, zeros=begins_at_zero(strips)),
        annotations=labels,
        shapes=shapes,
    )
    masked = (~answer.layer.counts[sentence]).tolist()
    for edges in rows.edges:
        figure["data"] += crossed(masked, edges)
    return picture.Picture(figure, _alt(view))


# The two layers


def _direction(view: _View, direction: str) -> Strip:
    """h at every step of one layer, its last state at the step where it ends, and its c."""
    trace: Trace = getattr(view.answer, direction)
    forward = direction == "forward"
    hidden = trace.hidden[view.sentence]
    along = (hidden if forward else hidden[::-1]).T
    blocks = [*_steps(view, direction, along), *_cell(view, direction, trace)]
    edges = view.start if forward else tuple(view.mirrored(x) for x in reversed(view.start))
    said = text(
        "both_ways.hover_start", start=START, direction=text(f"both_ways.named.{direction}")
    )
    zeros = trace.initial["state_h"][view.sentence][:, np.newaxis]
    start = Block(START, zeros, edges, picture.HIDDEN, view.limits.h, look="start", described=said)
    return Strip(_title(view, direction) if forward else "", (*blocks, start))


def _steps(view: _View, direction: str, hidden: np.ndarray) -> Iterator[Block]:
    """h at the steps: in one block where Keras returned it so, else the last one by itself."""
    own = f"{direction}_outputs"
    if view.sequences and (returned := view.tensor(own)) is not None:
        yield _block(view, own, returned, view.columns, "returned")
        return
    end = _end(view, direction)
    rest = [column for column in view.columns if column != end]
    part_of_outputs = view.mode == "concat" and view.sequences
    if rest:
        look: Look = "plain" if part_of_outputs else "computed"
        yield _block(view, "h", hidden[:, [column - 1 for column in rest]], rest, look)
    name = next((n for n in (own, f"{direction}_h") if view.tensor(n) is not None), None)
    if name:
        yield _block(view, name, view.tensor(name), [end], "returned")
    else:
        look = "plain" if view.mode == "concat" else "computed"
        yield _block(view, "h", hidden[:, [end - 1]], [end], look)


def _block(view: _View, name: str, values: np.ndarray, columns: list[int], look: Look) -> Block:
    tokens = [view.tokens[column - 1] for column in columns]
    return Block(name, values, columns, picture.HIDDEN, view.limits.h, look=look, tokens=tokens)


def _cell(view: _View, direction: str, trace: Trace) -> Iterator[Block]:
    """The last c, which no output shows: beside the steps."""
    if trace.cell is None:
        return
    name = f"{direction}_c"
    returned = view.tensor(name)
    values = trace.cell[view.sentence, -1][:, np.newaxis] if returned is None else returned
    look: Look = "computed" if returned is None else "returned"
    yield Block(name, values, [1], picture.CELL, view.limits.c, look=look, axis=STATES)


def _end(view: _View, direction: str) -> int:
    """The step at which a layer has read everything."""
    return view.steps if direction == "forward" else 1


def _title(view: _View, direction: str) -> str:
    """The direction in which a layer reads, and the tensors that Keras returned from this layer
    alone. Only the arrow, where the names at the layer's end leave no room for more."""
    own = f"{direction}_outputs"
    if len(_last_names(view, direction)) > 1:
        return text(f"both_ways.{direction}_arrow")
    if view.tensor(own) is not None and view.sequences:
        return text(f"both_ways.{direction}_own", name=own)
    return text(f"both_ways.{direction}")


def _names(view: _View, rows: Rows) -> Iterator[picture.Figure]:
    """The names of the last states, each at the step where its layer ends."""
    for direction, edges in zip(DIRECTIONS, rows.edges, strict=False):
        x, side = (view.steps + 0.5, "right") if direction == "forward" else (0.5, "left")
        said = _last_label(view, direction)
        yield picture.label(said, x, edges[0], xref="x", yref="y", xanchor=side)
    x, y = view.steps + 0.5, rows.edges[1][0]
    yield picture.label(_title(view, "backward"), x, y, xref="x", yref="y", xanchor="right")


def _last_names(view: _View, direction: str) -> list[str]:
    """The names of the tensors that Keras returned of only the step where a layer ends."""
    names = [f"{direction}_h"] if view.sequences else [f"{direction}_outputs", f"{direction}_h"]
    return [name for name in names if view.tensor(name) is not None]


def _last_label(view: _View, direction: str) -> str:
    """The label where a layer ends: in bold if Keras returned the state."""
    returned = _last_names(view, direction)
    return f"<b>{' = '.join(returned)}</b>" if returned else f"{direction}_h"


def _last_frames(view: _View, rows: Rows) -> Iterator[picture.Figure]:
    """A frame round a last state that stands within a returned sequence."""
    for direction, edges in zip(DIRECTIONS, rows.edges, strict=False):
        within = view.sequences and view.tensor(f"{direction}_outputs") is not None
        if within and view.tensor(f"{direction}_h") is not None:
            end = _end(view, direction)
            yield frame((end - 0.5, end + 0.5), (edges[0], edges[-1]))


# The merged outputs


def _outputs(view: _View) -> Strip:
    """outputs at every step. If only the last states were merged: these, beside the steps that
    return_sequences would have returned."""
    title, halves = text(f"both_ways.merged_{view.mode}"), 2 if view.mode == "concat" else 1
    returned = view.tensor("outputs")
    if view.sequences:
        outputs = _block(view, "outputs", returned, view.columns, "returned")
        return Strip(title, (outputs,), halves=halves)
    steps = view.answer.layer.hidden[view.sentence]
    said = text("both_ways.hover_merged")
    more: dict[str, Any] = {"look": "returned", "axis": STATES, "described": said}
    last = Block("outputs", returned, [1], picture.HIDDEN, view.limits.h, **more)
    each = _block(view, "h", steps.T, view.columns, "computed")
    return Strip(title, (each, last), halves=halves)


def _outputs_labels(view: _View, edges: list[float]) -> Iterator[picture.Figure]:
    """Which half is which, and how much the last column has read."""
    steps, middle = view.steps, (edges[0] + edges[-1]) / 2
    quarter = (middle - edges[0]) / 2
    if view.mode == "concat":
        for name, y in zip(DIRECTIONS, (middle - quarter, middle + quarter), strict=True):
            where = {"xanchor": "right", "yanchor": "middle", "xshift": -4}
            said = text(f"both_ways.named.{name}")
            yield picture.label(said, 0.5, y, xref="x", yref="y", **where)
    if not view.sequences:
        return
    last = text("both_ways.last")
    yield picture.label(last, steps + 0.5, edges[0], xref="x", yref="y", xanchor="right")
    where = {"xref": "x", "yref": "y", "yanchor": "middle", "align": "left", "xshift": 4}
    for said, y in _read(view, middle, quarter):
        yield picture.label(said, steps + 0.5, y, **where)


def _read(view: _View, middle: float, quarter: float) -> Iterator[tuple[str, float]]:
    """How much each layer has read at the last step, and where to say it."""
    if view.mode != "concat":
        forward, backward = view.read
        yield text("both_ways.read_both", forward=forward, backward=backward), middle
        return
    for count, y in zip(view.read, (middle - quarter, middle + quarter), strict=True):
        yield text("both_ways.read_one_layer", count=count), y


def _outputs_marks(view: _View, edges: list[float]) -> Iterator[picture.Figure]:
    """A line between the halves, and dashes round the last column."""
    last, middle = view.steps + 0.5, (edges[0] + edges[-1]) / 2
    line: dict[str, Any] = {"width": 2, "color": picture.MARK}
    if view.mode == "concat":
        halves = {"type": "line", "x0": 0.5, "x1": last, "y0": middle, "y1": middle}
        yield halves | {"xref": "x", "yref": "y", "line": line}
    if view.sequences:
        inner = frame((last - 1, last), (edges[0], edges[-1]))
        yield inner | {"line": {"width": 3, "color": picture.MARK, "dash": "dot"}}


def _ticks(view: _View, *, zeros: bool) -> dict[str, Any]:
    """The step axis with a column for a start at both its ends."""
    ticks = picture.step_ticks(view.tokens, view.start, zeros=zeros)
    ticks["tickvals"] = [*ticks["tickvals"], view.mirrored(ticks["tickvals"][0])]
    ticks["ticktext"] = [*ticks["ticktext"], ticks["ticktext"][0]]
    left = ticks["range"][0]
    return ticks | {"range": [left, view.mirrored(left)]}


def _alt(view: _View) -> str:
    hidden = (view.answer.forward.hidden, view.answer.backward.hidden)
    values = [steps[view.sentence] for steps in hidden]
    said = text(
        "both_ways.alt",
        cell=view.answer.question.settings.cell,
        steps=view.steps,
        low=picture.number(min(float(each.min()) for each in values)),
        high=picture.number(max(float(each.max()) for each in values)),
    )
    names = text("charts.and").join(t.name for t in view.answer.returned)
    return f"{said} {text('both_ways.alt_returned', names=names)}"
