"""The gates and states of a cell with edited weights, and how far the edits move the states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from components.backend.whatif.edit import Answer
from components.charts import picture
from components.charts.inside import inside_strips, range_of
from components.charts.layer_strips import apart_strip
from components.charts.strips import HEAD, Rows, strips_figure
from components.texts import text

_HEIGHT = 324  # px of all strips with their heads
_HIGHEST = 80  # px of a strip where there are few


def edit(answer: Answer, *, sentence: int = 0) -> picture.Picture:
    """A strip for each gate, candidate and state; and for each state a strip of its difference from
    before the edits, on the same scale. Scales are rounded, so that most edits do not change them.
    """
    run, before = answer.run, answer.before
    steps = run.settings.steps
    start = picture.start_edges(steps, *run.trace.initial.values())
    scale = picture.Limits(*map(picture.rounded_up, picture.fitted(run, before)))
    strips = inside_strips(run, start, sentence=sentence, scale=scale)
    apart = {
        name: state[sentence] - before.trace.states[name][sentence]
        for name, state in run.trace.states.items()
    }
    moves = []
    for name, moved in reversed(apart.items()):  # h last, as above
        state = picture.strip_title(name.removeprefix("state_"), run.settings.cell)
        between = text("edit.between_own" if answer.own else "edit.between", what=state)
        largest = picture.number(float(np.abs(moved).max()))
        title = text("edit.apart", between=between, largest=largest)
        limit = scale.c if name == "state_c" else scale.h
        strip = apart_strip(moved.T, between, title=title, limit=limit)
        strips.append(replace(strip, note=range_of(*strip.blocks)))
        moves.append(text("edit.alt_move", state=state, largest=largest))
    rows = Rows.of(strips, min(_HIGHEST, _HEIGHT / len(strips) - HEAD))
    figure = strips_figure(strips, rows, run.trace.read[sentence], start)
    values = {"cell": run.settings.cell, "steps": steps, "moves": ", ".join(moves)}
    still = not any(moved.any() for moved in apart.values())
    return picture.Picture(figure, text("edit.alt_same" if still else "edit.alt", **values))
