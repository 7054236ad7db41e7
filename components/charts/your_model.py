"""What each layer of a model returned for one sentence, at a glance: what the page Your model draws
beside the layer. And as figures: which word decided, and what a Dense adds up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from typing import Literal, NamedTuple

import numpy as np

from components.backend.explained.explain import LayerCall
from components.backend.explained.traces import CellTrace
from components.backend.running.replay import Returned
from components.backend.your_model.deciding_word import Decided
from components.backend.your_model.moves import LayerMove
from components.charts.attention import attention_heatmap
from components.charts.layer_strips import apart_strip
from components.charts.picture import (
    HIDDEN,
    PAGE_TEXT,
    Colorscale,
    Figure,
    Picture,
    number,
    reach,
    texts,
)
from components.charts.strips import MOST_DRAWN, Block, Look, Rows, Strip, strips_figure
from components.texts import text

_ROW, _HIGHEST, _LEAST = 5, 64, 18  # px of a unit's row, of all of them at most and at least
_BARS = 40  # px of a vector's bars
_ID_COLOURS: Colorscale = [(0.0, "rgba(128, 128, 128, 0.1)"), (1.0, "rgba(128, 128, 128, 0.6)")]


class Window(NamedTuple):
    """The steps that are drawn, of those that the model reads: from the first, before the last."""

    first: int
    last: int
    steps: int

    def of(self, values: np.ndarray) -> np.ndarray:
        """The drawn steps of values (step, …)."""
        return values[self.first : self.last]


def _drawn(values: np.ndarray, window: Window | None) -> np.ndarray:
    return values if window is None else window.of(values)


class Frame(NamedTuple):
    """A frame round what was returned: of a column, from one part of its height to another."""

    column: int
    top: float
    bottom: float


class Glance(NamedTuple):
    """A tensor at a glance."""

    kind: Literal["steps", "vector"]
    values: np.ndarray  # (unit, step); of a vector (1, unit)
    high: float
    low: float
    alt: str
    note: str
    scale: Colorscale = HIDDEN
    dim: bool = False  # computed and not returned, but for what is framed
    framed: tuple[Frame, ...] = ()
    whole: bool = False  # whether these are whole numbers, such as ids
    masked: tuple[int, ...] = ()  # the columns of the steps that a recurrent layer skipped

    @property
    def height(self) -> int:
        """In px."""
        if self.kind == "vector":
            return _BARS
        return min(_HIGHEST, max(_LEAST, _ROW * len(self.values)))


def glances(call: LayerCall, window: Window | None, *, sentence: int = 0) -> list[Glance]:
    """The tensors of a layer: of a recurrent one that returned its last h alone, h of every step
    with the last one framed.

    Args:
        window: the steps of the model's sentence that are drawn; None to draw all, as the layer's
            steps are not those of the sentence.
        sentence: which sentence of the batch.
    """
    returned = [each for each in call.returned if each.values.dtype.kind in "fiub"]
    if call.cells and not call.cells[0].layer.return_sequences:
        found = [_last_of(call.cells, window, sentence)]
    else:
        steps = [each for each in returned if not call.cells or "step" in each.axes]
        windows = chain([window], repeat(None))  # what is returned beside outputs has other axes
        pairs = zip(steps[:_MOST_TENSORS], windows, strict=False)
        found = [_glance(each, own, sentence) for each, own in pairs]
    masked = _masked(call.cells, window, sentence)
    return [_crossed_out(each, masked) for each in found if each]


_MOST_TENSORS = 3  # of one layer that are drawn


def _crossed_out(glance: Glance, masked: tuple[int, ...]) -> Glance:
    """A tensor with its masked steps, and what their crosses mean."""
    if not masked:
        return glance
    return glance._replace(masked=masked, note=f"{text('your_model.masked_note')} {glance.note}")


def _glance(tensor: Returned, window: Window | None, sentence: int) -> Glance | None:
    """A tensor of numbers; None if it has more axes than a picture, or nothing in it."""
    values = tensor.values[min(sentence, len(tensor.values) - 1)]
    if values.size == 0 or values.ndim not in (1, 2):
        return None
    if values.dtype.kind in "iub":
        return _ids(np.atleast_2d(values)[:1], window)
    return _strip(values, window) if values.ndim == 2 else _vector(values)


def _ids(values: np.ndarray, window: Window | None) -> Glance:
    """Whole numbers, such as ids: a row of cells."""
    shown = _drawn(values[0], window)[np.newaxis].astype("float32")
    high = max(1.0, float(shown.max()))
    alt = text("your_model.alt_ids", ids=", ".join(f"{each:g}" for each in shown[0, :40]))
    low = min(0.0, float(shown.min()))
    return Glance("steps", shown, high, low, alt, "", _ID_COLOURS, whole=True)


def _strip(values: np.ndarray, window: Window | None) -> Glance:
    """Units at every step, from (step, unit)."""
    shown = _drawn(values, window)[:, :MOST_DRAWN].T
    high = reach(shown)
    alt = text("your_model.alt_steps", steps=len(values), units=values.shape[1], **_range(values))
    return Glance("steps", shown, high, -high, alt, _note(high, values.shape[1]))


def _vector(values: np.ndarray) -> Glance:
    shown = values[np.newaxis, :MOST_DRAWN]
    high = reach(shown)
    low = 0.0 if (values >= 0).all() else -high
    alt = text("your_model.alt_vector", units=len(values), **_range(values))
    return Glance("vector", shown, high, low, alt, _note(high, len(values)))


def _last_of(cells: Sequence[CellTrace], window: Window | None, sentence: int) -> Glance:
    """h of every step, which was not returned, with the last one framed: of a Bidirectional the
    forward layer's above the backward one's, of several cells that of the topmost."""
    tops = _tops(cells)
    parts = [
        _drawn(in_order(each, each.trace.hidden)[sentence], window)[:, :MOST_DRAWN] for each in tops
    ]
    shown = np.concatenate([part.T for part in parts])
    high, units = reach(shown), tops[0].layer.units
    share = 1 / len(tops)
    framed = tuple(
        Frame(column, at * share, (at + 1) * share)
        for at, each in enumerate(tops)
        if (column := _end(each, window)) is not None
    )
    values = np.concatenate([each.trace.hidden[sentence, -1] for each in tops])
    said = {"steps": cells[0].trace.hidden.shape[1], "units": len(values)} | _range(values)
    told = "last_alone" if len(framed) == len(tops) else "last_beyond"
    note = f"{text(f'your_model.{told}')} {_note(high, units)}"
    alt = text("your_model.alt_last", **said)
    return Glance("steps", shown, high, -high, alt, note, dim=True, framed=framed)


def _end(cell: CellTrace, window: Window | None) -> int | None:
    """The column of the last step that a cell has read; None if that is not drawn."""
    steps = cell.trace.hidden.shape[1]
    end = 0 if cell.layer.go_backwards else steps - 1
    if window is None:
        return end
    return end - window.first if window.first <= end < window.last else None


def _masked(cells: Sequence[CellTrace], window: Window | None, sentence: int) -> tuple[int, ...]:
    if not cells or cells[0].trace.mask is None:
        return ()
    counts = _drawn(in_order(cells[0], cells[0].trace.counts)[sentence], window)
    return tuple(np.flatnonzero(~counts).tolist())


def _tops(cells: Sequence[CellTrace]) -> list[CellTrace]:
    """The topmost cell of each direction."""
    last = {each.name.partition("_")[0].rstrip("0123456789"): each for each in cells}
    return list(last.values())


def in_order(cell: CellTrace, steps: np.ndarray) -> np.ndarray:
    """What a cell computed, (sentence, step, …), in the order of the sentence."""
    return steps[:, ::-1] if cell.layer.go_backwards else steps


def _range(values: np.ndarray) -> dict[str, str]:
    return {"low": number(float(values.min())), "high": number(float(values.max()))}


def _note(high: float, units: int) -> str:
    """How far the colours reach, and how much is drawn."""
    cut = text("your_model.cut", drawn=MOST_DRAWN, units=units) if units > MOST_DRAWN else ""
    return f"{cut} \N{PLUS-MINUS SIGN}{number(high)}".strip()


def stops(scale: Colorscale) -> Iterator[tuple[float, list[float]]]:
    """A colour scale as numbers: each place with red, green, blue and alpha, to 255."""
    for place, colour in scale:
        *rgb, alpha = (float(part) for part in colour[5:-1].split(","))
        yield place, [*rgb, 255 * alpha]


# Figures


def tensors(
    call: LayerCall, *, sentence: int, labels: Sequence[str], window: Window | None
) -> Picture:
    """What goes into a layer and what comes out at each step, a strip for each tensor; whole
    numbers, such as ids, are written out.

    Args:
        labels: what the model reads at each step.
        window: the steps that are drawn; None to draw all, without labels, as the steps of some
            tensor are not those of the sentence.
    """
    strips = list(_tensor_strips(call, window, sentence))
    steps = max(strip.blocks[0].values.shape[1] for strip in strips)
    tokens = np.full(steps, "") if window is None else window.of(np.array(labels))
    rows = Rows.of(strips, min(90, max(26, 5 * max(strip.units for strip in strips))))
    figure = strips_figure(strips, rows, tokens)
    for strip, edges in zip(strips, rows.edges, strict=True):
        figure["data"] += _written(strip.blocks[0], (edges[0] + edges[-1]) / 2)
    alt = " ".join(
        text("your_model.alt_tensor", name=strip.title, **_range(strip.blocks[0].values))
        for strip in strips
    )
    return Picture(figure, alt)


def can_be_drawn(call: LayerCall) -> bool:
    """Whether `tensors` has anything to draw."""
    return any(_drawable(values) for values in (*call.inputs, *_returned(call)))


def _returned(call: LayerCall) -> list[np.ndarray]:
    return [each.values for each in call.returned]


def _drawable(values: np.ndarray) -> bool:
    """Whether it has numbers for each step: whole ones, (sentence, step), or some of each unit."""
    axes = 2 if values.dtype.kind in "iub" else 3
    return values.dtype.kind in "iubf" and values.ndim == axes and values.size > 0


def _tensor_strips(call: LayerCall, window: Window | None, sentence: int) -> Iterator[Strip]:
    for name, arrays in (("reads", call.inputs), ("returns", _returned(call))):
        for values in filter(_drawable, arrays[:_MOST_TENSORS]):
            own = values[min(sentence, len(values) - 1)].astype("float32")
            cells = _drawn(own.reshape(len(own), -1), window).T
            look = "returned" if name == "returns" else "plain"
            title = text(f"your_model.{name}", shape=values.shape)
            yield _tensor_strip(name, cells, title, look, whole=values.ndim == _WHOLE)


_WHOLE = 2  # axes of whole numbers


def _tensor_strip(name: str, cells: np.ndarray, title: str, look: Look, *, whole: bool) -> Strip:
    high, columns = reach(cells), list(range(1, cells.shape[1] + 1))
    if whole:
        low = min(0.0, float(cells.min()))
        return Strip(title, (Block(name, cells, columns, _ID_COLOURS, high, low, look),))
    block = Block(name, cells, columns, HIDDEN, high, look=look)
    return Strip(title, (block,), note=f"\N{PLUS-MINUS SIGN}{number(high)}")


def _written(block: Block, middle: float) -> list[Figure]:
    """Whole numbers, each in its cell, if there is room."""
    if block.colorscale is not _ID_COLOURS or len(block.columns) > _MOST_WRITTEN:
        return []
    said = [f"{value:g}" for value in block.values[0].tolist()]
    places = [middle] * len(said)
    return [texts([said], [PAGE_TEXT] * len(said), block.columns, places, ("x", "y"))]


_MOST_WRITTEN = 24  # columns


def attention(
    call: LayerCall, *, sentence: int, queries: Sequence[str] = (), values: Sequence[str] = ()
) -> Picture:
    """How much each step attends to each step.

    Args:
        queries: what stands at each step that asks; if it is empty, they are numbered from 1.
        values: the same of those that are asked.
    """
    assert call.attention is not None
    weights = call.attention[sentence]
    asking, asked = weights.shape[-2:]
    return attention_heatmap(weights, _labels(queries, asking), _labels(values, asked))


def _labels(labels: Sequence[str], count: int) -> list[str]:
    return list(labels) or [str(at + 1) for at in range(count)]


_MOST_STRIPS = 8


def moves(decided: Decided, *, labels: Sequence[str], window: Window) -> Picture:
    """A strip for each layer that moves: its output without the chosen word minus its output with
    it; of a recurrent layer its h."""
    strips = []
    for layer in decided.layers:
        for steps in moving(layer):
            shown = np.nan_to_num(window.of(steps))[:, :MOST_DRAWN].T
            largest = number(float(np.abs(shown).max()))
            title = text("your_model.moves", name=layer.name, kind=layer.kind, largest=largest)
            strips.append(apart_strip(shown, layer.name, title=title))
    strips = strips[:_MOST_STRIPS]
    rows = Rows.of(strips, 46)
    tokens = window.of(np.array(labels))
    alt = text("your_model.alt_moves", moves="; ".join(strip.title for strip in strips))
    return Picture(strips_figure(strips, rows, tokens), alt)


def moving(layer: LayerMove) -> tuple[np.ndarray, ...]:
    """Of a layer that moves, by how much, (step, unit), a recurrent one for each cell; nothing of
    one that does not, or that has no steps."""
    if layer.hidden:
        return tuple(steps for steps in layer.hidden if np.nan_to_num(steps).any())
    steps = layer.differences
    if layer.aligned and steps is not None and steps.ndim == 2 and np.nan_to_num(steps).any():
        return (steps,)
    return ()
