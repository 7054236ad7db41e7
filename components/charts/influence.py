"""How far the last h depends on each step, and how all later steps change if one step reads another
token."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterator
from typing import Any

import numpy as np

from components.backend.cells import CELLS
from components.backend.running.chain_rule import Gradients
from components.backend.whatif.influence import FALLEN, Answer
from components.charts import picture
from components.charts.layer_strips import apart_strip
from components.charts.strips import Rows, Strip, strips_figure
from components.texts import text

_HEIGHT = 260  # px of the lines with their axes
_MOST_DECADES = 12  # that the axis of sizes reaches down
_ROW = 34  # px of a strip
_OF_C = picture.UNIT_COLOURS[6]  # violet, as c is everywhere
_OPENED = picture.UNIT_COLOURS[4]  # light blue, beside an LSTM's blue
_NEAR = 1e-6  # from a step to its tick: `thinned` in fit.js may leave out whole numbers
_MOST_FRAMED = 40  # steps that have room for a frame round one of them


def influence(answer: Answer, *, sentence: int = 0) -> picture.Picture:
    """A line for each cell: the size of the derivative of the last h by the input of each step,
    over all units and features, on a scale of decades. An LSTM has a second line, for the last c.
    """
    trace = answer.run.trace
    steps = list(range(1, trace.hidden.shape[1] + 1))
    lines = [_line(answer, *line, steps, sentence) for line in answer.lines]
    own = answer.own.sizes()[sentence]
    lowest, highest = _decades(own, lines)
    layout = {
        "height": _HEIGHT,
        "margin": {"l": 52, "r": 12, "t": 30, "b": 48},
        "xaxis": picture.step_ticks(trace.read[sentence], None),
        "yaxis": {
            "type": "log",
            "range": [lowest - max(0.2, (highest - lowest) / 12), highest],
            "tick0": lowest,  # so that none is at the axis's end, where the steps are named
            "dtick": math.ceil((highest - lowest) / 6),
            "exponentformat": "e",
            "fixedrange": True,
            "zeroline": False,
        },
        "annotations": [picture.step_label(picture.token_label(trace.read[sentence]))],
        "shapes": [*_fallen(answer, sentence)],
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        "dragmode": False,
        "uirevision": len(steps),
        "meta": {"steps": len(steps)},
    }
    return picture.Picture({"data": lines, "layout": layout}, _alt(answer, sentence))


def _line(
    answer: Answer, found: Gradients, state: str, steps: list[int], sentence: int
) -> picture.Figure:
    line = {"color": _colour(answer, found, state), "width": 3 if found is answer.own else 1.5}
    return _curve(steps, found.sizes(state)[sentence], answer.name_of(found, state), line)


def _curve(steps: list[int], sizes: np.ndarray, name: str, line: dict[str, Any]) -> picture.Figure:
    """A line, with a gap where a step has no influence, or one too large for any number."""
    return {
        "type": "scatter",
        "x": steps,
        "y": [size if 0 < size < math.inf else None for size in sizes.tolist()],
        "name": name,
        "mode": "lines+markers" if len(steps) <= 40 else "lines",
        "line": line,
        "marker": {"size": 5},
        "hovertemplate": text("influence.hover", name=name) + "<extra></extra>",
    }


def _colour(answer: Answer, found: Gradients, state: str) -> str:
    """The colour of a line: one for each cell, and others for c and for a second layer of a
    cell."""
    if state == "state_c":
        return _OF_C
    if found is answer.opened:
        return _OPENED
    cells = tuple(CELLS)
    twice = found is answer.own and found.layer.cell in [g.layer.cell for g in answer.others]
    return picture.UNIT_COLOURS[len(cells) if twice else cells.index(found.layer.cell)]


def _decades(own: np.ndarray, lines: list[picture.Figure]) -> tuple[int, int]:
    """The lowest and the highest power of ten of the axis: all lines fit, unless they take more
    than _MOST_DECADES."""
    sizes = [size for line in lines for size in line["y"] if size]
    if not sizes:
        return -1, 0
    seen = own[np.isfinite(own) & (own > 0)]
    top = min(max(sizes), 10.0**_MOST_DECADES * (seen.max() if seen.size else 1))
    highest = math.ceil(math.log10(top) + 0.02)
    lowest = math.floor(math.log10(min(sizes)))
    return max(min(lowest, highest - 1), highest - _MOST_DECADES), highest


def _fallen(answer: Answer, sentence: int) -> Iterator[picture.Figure]:
    """For each line a dashed one at FALLEN times its size at the last unmasked step, if that is
    finite and not 0."""
    counted = answer.counted(sentence)
    for found, state in answer.lines if counted.size else ():
        last = float(found.sizes(state)[sentence, counted[-1]])
        if 0 < last < math.inf:
            line = {"width": 1, "color": _colour(answer, found, state), "dash": "dash"}
            ends = {"x0": 0, "x1": 1, "y0": FALLEN * last, "y1": FALLEN * last}
            yield {"type": "line", "xref": "paper", **ends, "line": line}


def another_token(answer: Answer, *, sentence: int = 0) -> picture.Picture:
    """A strip for h, for c and for every gate: at each step, the value with the other token minus
    the value without it."""
    trace, question = answer.run.trace, answer.question
    strips = list(_strips(answer, sentence))
    rows = Rows.of(strips, _ROW)
    steps = trace.hidden.shape[1]
    marked = _marked(rows, question.changed_step, steps)
    tokens = _tokens(answer, sentence)
    figure = strips_figure(strips, rows, tokens, shapes=[marked])
    _name_step(figure["layout"]["xaxis"], question.changed_step, tokens)
    largest = picture.number(float(np.abs(answer.apart["state_h"][sentence]).max()))
    values = {"step": question.changed_step, "steps": steps, "largest": largest}
    return picture.Picture(figure, text("influence.alt_change", **values))


def _strips(answer: Answer, sentence: int) -> Iterator[Strip]:
    for name, apart in answer.apart.items():
        what = picture.strip_title(name.removeprefix("state_"), answer.question.settings.cell)
        shown = apart[sentence].T
        largest = picture.number(float(np.abs(shown).max()))
        yield apart_strip(shown, what, title=text("influence.moves", what=what, largest=largest))


def _tokens(answer: Answer, sentence: int) -> np.ndarray:
    """The tokens, and at the changed step both."""
    was, now = (run.trace.read[sentence] for run in (answer.run, answer.changed))
    pairs = zip(was.tolist(), now.tolist(), strict=True)
    return np.array([str(a) if a == b else f"{a}→{b}" for a, b in pairs])


def _name_step(axis: picture.Figure, step: int, tokens: np.ndarray) -> None:
    """Add a tick for a step to an axis of many steps, which names only every tenth."""
    if step not in (places := axis["tickvals"]):
        at = bisect(places, step)
        places.insert(at, step + _NEAR)
        axis["ticktext"].insert(at, picture.step_tick(step, tokens[step - 1]))


def _marked(rows: Rows, step: int, steps: int) -> picture.Figure:
    """A frame round the changed step in every strip."""
    path = ""
    for edge in rows.edges:
        path += f"M{step - 0.5},{edge[0]:.6g}H{step + 0.5}V{edge[-1]:.6g}H{step - 0.5}Z"
    width = 2 if steps <= _MOST_FRAMED else 1  # a frame that leaves something of its column
    return {
        "type": "path",
        "path": path,
        "line": {"width": width, "color": picture.MARK, "dash": "dash"},
    }


def _alt(answer: Answer, sentence: int) -> str:
    sizes = [(answer.name_of(*line), line[0].sizes(line[1])[sentence]) for line in answer.lines]
    lines = (
        text("influence.alt_line", name=name, first=_said(size[0]), last=_said(size[-1]))
        for name, size in sizes
    )
    return text("influence.alt", steps=len(sizes[0][1]), lines="; ".join(lines))


def _said(size: float) -> str:
    return picture.number(size) if math.isfinite(size) else text("influence.endless")
