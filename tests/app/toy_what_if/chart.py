"""The steps that are read, in a strip."""

from __future__ import annotations

from components.backend.whatif.shorter import Answer
from components.charts.layer_strips import run_strip
from components.charts.picture import Picture, fitted, start_edges
from components.charts.strips import Rows, strips_figure
from components.texts import text


def shorter(answer: Answer, *, sentence: int = 0) -> Picture:
    """The run of the shorter sentence, one of the batch."""
    run = answer.run
    start = start_edges(run.settings.steps, run.trace.initial["state_h"])
    limits = fitted(run)
    strip = run_strip(run, text("shorter.strip"), sentence=sentence, limits=limits, start=start)
    figure = strips_figure([strip], Rows.of([strip], 78), run.trace.read[sentence], start)
    return Picture(figure, text("shorter.alt", steps=run.settings.steps))
