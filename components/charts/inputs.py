"""The numbers that a layer reads, features by steps, if it reads numbers and not ids."""

from __future__ import annotations

from itertools import pairwise

from components.backend import Run
from components.charts import picture
from components.charts.strips import MOST_DRAWN, Block, Rows, Strip, row_axis, strips_figure
from components.texts import text


def inputs(run: Run, *, sentence: int = 0) -> picture.Picture:
    """A cell for each number of a sentence, on the step axis of `inside`."""
    values, high = run.trace.inputs[sentence].T, picture.reach(run.trace.inputs[sentence])
    features, steps = values.shape
    names = [text("charts.feature", feature=feature) for feature in range(features)]
    called = [[name] * steps for name in names]
    columns = list(range(1, steps + 1))
    block = Block("x", values, columns, picture.HIDDEN, high, called=called)
    said = {
        "features": features,
        "low": picture.number(values.min()),
        "high": picture.number(values.max()),
    }
    note = text("charts.range", low=said["low"], high=said["high"])
    strip = Strip(text("charts.inputs"), (block,), note=note)
    rows = Rows.of([strip], min(160, 22 * max(features, 2)))
    (edges,) = rows.edges
    middles = [(above + below) / 2 for above, below in pairwise(edges)]
    every = 1 if features <= 8 else -(-strip.units // 16) * 4
    ticks = {middle: str(at) for at, middle in enumerate(middles) if at % every == 0}
    named = run.trace.read[sentence]
    start = picture.start_edges(steps, *run.trace.initial.values())
    xaxis = picture.step_ticks(named, None) | {"range": picture.step_range(steps, start)}
    figure = strips_figure([strip], rows, named, xaxis=xaxis, yaxis=row_axis(rows, ticks))
    if features > MOST_DRAWN:
        figure["layout"]["meta"][picture.CUT] = text(
            "charts.cut_features", drawn=MOST_DRAWN, of=features
        )
    return picture.Picture(figure, text("charts.alt_inputs", steps=steps, **said))
