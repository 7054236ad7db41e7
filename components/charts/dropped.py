"""x and h as each gate reads them in training, at every step, with marks on what is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from components.backend import Run
from components.backend.cells import CELLS
from components.charts import picture
from components.charts.strips import MOST_DRAWN, Block, Rows, Strip, hatching, strips_figure
from components.texts import text


class _Read(NamedTuple):
    """x or h of one sentence as one gate, or all of them, read it: the rows that are drawn."""

    title: str
    values: np.ndarray  # (step, row), before anything is dropped
    mask: np.ndarray  # (row,)
    rows: list[str]  # what each row is: a feature or a unit


def dropped(run: Run, *, sentence: int = 0) -> picture.Picture:
    """A strip for each mask: x or h at every step, as it is read through the mask; the rows that
    are dropped are crossed out."""
    reads = list(_reads(run, sentence))
    strips = [_strip(read, run.trace.read[sentence].tolist()) for read in reads]
    rows = Rows.of(strips, min(56, 12 * max(3, *(strip.units for strip in strips))))
    tokens, steps = run.trace.read[sentence], run.settings.steps
    start = picture.start_edges(
        steps, *run.trace.initial.values()
    )  # as `inside` has it, to stand in line
    axis = picture.step_ticks(tokens, None) | {"range": picture.step_range(steps, start)}
    figure = strips_figure(strips, rows, tokens, xaxis=axis)
    span = (0.5, steps + 0.5)
    for read, edges in zip(reads, rows.edges, strict=True):
        figure["data"].append(_crossed(read.mask == 0, edges, span))
    if any(mask is not None and mask.shape[-1] > MOST_DRAWN for mask in run.trace.dropout):
        figure["layout"]["meta"][picture.CUT] = text("charts.cut_rows", drawn=MOST_DRAWN)
    return picture.Picture(figure, text("charts.alt_dropped", reads="; ".join(map(_said, reads))))


def _reads(run: Run, sentence: int) -> Iterator[_Read]:
    """First x, then h; once for each gate if each gate has a mask of its own, else once."""
    trace, blocks = run.trace, CELLS[run.settings.cell].block_names
    read = {"x": trace.inputs, "h": trace.before("state_h")}
    for (name, values), masks in zip(read.items(), trace.dropout, strict=True):
        for place, mask in enumerate(() if masks is None else masks):
            title = text(f"charts.read_{name}")
            if masks is not None and len(masks) > 1:
                gate = picture.strip_title(blocks[place], run.settings.cell)
                title = text("charts.read_by_one", read=title, gate=gate)
            elif len(blocks) > 1:
                title = text("charts.read_by_all", read=title)
            kind = "feature" if name == "x" else "unit"
            own = mask[sentence, :MOST_DRAWN]
            rows = [text(f"charts.{kind}", **{kind: row}) for row in range(len(own))]
            yield _Read(title, values[sentence, :, :MOST_DRAWN], own, rows)


def _strip(read: _Read, tokens: list) -> Strip:
    called = [
        [text("charts.row_dropped", row=row) if not times else row] * len(tokens)
        for row, times in zip(read.rows, read.mask, strict=True)
    ]
    block = Block(
        read.title,
        (read.values * read.mask).T,
        list(range(1, len(tokens) + 1)),
        picture.HIDDEN,
        picture.reach(read.values * read.mask.max()),
        tokens=tokens,
        called=called,
    )
    return Strip(f"<b>{read.title}</b>", (block,))


def _crossed(rows: np.ndarray, edges: list[float], span: tuple[float, float]) -> picture.Figure:
    """Crossed lines over these rows, at every step."""
    (left, right), x, y = span, [], []
    for row in np.flatnonzero(rows[: len(edges) - 1]):
        x += [left, right, right, left, None]
        y += [edges[row], edges[row], edges[row + 1], edges[row + 1], None]
    return hatching(span, (0, 0), masked=True) | {"x": x, "y": y}


def _said(read: _Read) -> str:
    names = [row for row, times in zip(read.rows, read.mask, strict=True) if not times]
    none = text("charts.nothing_dropped")
    return text("charts.alt_read", title=read.title, names=", ".join(names) or none)
