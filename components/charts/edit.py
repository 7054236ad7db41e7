"""What the cell computes with edited weights, and how far that moves h."""

from __future__ import annotations

from components.backend.whatif.edit import Answer
from components.charts.inside import inside_strips
from components.charts.picture import (
    Picture,
    fitted,
    number,
    reach,
    start_edges,
    step_label,
    step_ticks,
)
from components.charts.run_strip import apart_strip
from components.charts.strips import HEAD, Rows, strips_figure
from components.texts import text

_HEIGHT = 364  # px of all strips with their heads
_HIGHEST = 80  # px of a strip where there are few


def edit(answer: Answer, *, sentence: int = 0) -> Picture:
    """A strip for each thing the cell computes, and one for h minus what it was before.

    Args:
        sentence: which sentence of the batch.
    """
    run, before = answer.run, answer.before
    steps = run.settings.steps
    start = start_edges(steps, *run.trace.initial.values())
    apart = (run.trace.hidden - before.trace.hidden)[sentence].T
    strips = inside_strips(run, start, sentence=sentence, scale=fitted(run, before))
    between = text("edit.between_own" if answer.own else "edit.between")
    strips.append(apart_strip(apart, between))
    rows = Rows.of(strips, min(_HIGHEST, _HEIGHT / len(strips) - HEAD))
    figure = strips_figure(
        strips,
        rows,
        steps=steps,
        xaxis=step_ticks(run.trace.read[sentence], start),
        annotations=[step_label()],
    )
    values = {"cell": run.settings.cell, "steps": steps, "largest": number(reach(apart))}
    return Picture(figure, text("edit.alt" if apart.any() else "edit.alt_same", **values))
