"""A cell while it learns: how good it is, its mechanism, and its strips at every checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from components.backend.layout import SYMBOLS
from components.backend.replay import Trace
from components.backend.tasks import UNASKED
from components.backend.whatif.learn import Answer, mechanism_of
from components.charts.picture import (
    CELL,
    GATE,
    HIDDEN,
    UNIT_COLOURS,
    Colorscale,
    Figure,
    Picture,
    label,
    number,
    reach,
    start_edges,
    step_label,
    step_ticks,
)
from components.charts.strips import HEAD, Block, Rows, Strip, strips_figure
from components.texts import text

_HEIGHT = 330  # px of all strips with their heads, so that they are seen without scrolling
_DIGITS = 4  # of a value in a film: all that a colour or a hover label needs


class _Row(NamedTuple):
    """One strip of the film: its values at every checkpoint, each (row, step)."""

    name: str
    title: str
    frames: list[np.ndarray]
    colorscale: Colorscale
    low: float
    high: float


def film(answer: Answer, *, sentence: int = 0, length: int | None = None) -> Picture:
    """What goes on in the cell at every checkpoint, and what it says beside what is right.

    The figure is drawn as of the last checkpoint; layout.meta.film has all of them.

    Args:
        sentence: which of the sequences that the cell is tested on.
        length: of the sequence; that of the training if None.
    """
    question = answer.question
    tokens = question.sample(sentence + 1, length)[sentence:]
    settings = question.settings(tokens)
    traces = [checkpoint.trace(settings) for checkpoint in answer.checkpoints]
    rows = [*_parts(traces), *_said(answer, traces, np.array(tokens))]
    steps = settings.steps
    named = [question.kind.symbols[token] for token in tokens[0]]
    strips = [_strip(row, named) for row in rows]
    places = Rows.of(strips, _HEIGHT / len(strips) - HEAD)
    start = start_edges(steps)
    figure = strips_figure(
        strips,
        places,
        steps=steps,
        xaxis=_ticks(named, start),
        annotations=[step_label()],
    )
    figure["layout"]["meta"]["film"] = {
        "labels": [_label(answer, at) for at in range(len(answer.checkpoints))],
        "frames": [
            [np.round(row.frames[at], _DIGITS).tolist() for row in rows]
            for at in range(len(traces))
        ],
    }
    return Picture(figure, _alt(answer, steps))


def _parts(traces: Sequence[Trace]) -> Iterator[_Row]:
    """Every gate, c and h, each on one scale for the whole training."""
    for name in traces[0].gates:
        frames = [trace.gates[name][0].T for trace in traces]
        if name != "candidate":
            title = text(f"strips.{name}.title", symbol=SYMBOLS[name])
            sentence = text(f"strips.{name}.sentence")
            yield _Row(name, f"<b>{title}</b>: {sentence}", frames, GATE, 0.0, 1.0)
    for name, colours in (("c", CELL), ("h", HIDDEN)):
        found = [trace.cell if name == "c" else trace.hidden for trace in traces]
        if found[0] is None:
            continue
        frames = [steps[0].T for steps in found]
        limit = reach(*frames)
        title = text(f"strips.{name}.title", symbol="")
        sentence = text(f"strips.{name}.sentence")
        yield _Row(name, f"<b>{title}</b>: {sentence}", frames, colours, -limit, limit)


def _said(answer: Answer, traces: Sequence[Trace], tokens: np.ndarray) -> Iterator[_Row]:
    """What the readout says after each step, and what is right; of two classes the second alone."""
    kind = answer.question.kind
    shown = [1] if len(kind.classes) == 2 else list(range(len(kind.classes)))
    pairs = zip(answer.checkpoints, traces, strict=True)
    frames = [checkpoint.says(trace)[0].T[shown] for checkpoint, trace in pairs]
    words = text(f"learn.tasks.{kind.name}.says")
    yield _Row("says", text("learn.says", says=words), frames, GATE, 0.0, 1.0)
    right = kind.asked(tokens)[0]
    hot = (right == np.array(shown)[:, np.newaxis]).astype(float)
    hot[:, right == UNASKED] = np.nan
    yield _Row("right", text("learn.right"), [hot] * len(traces), GATE, 0.0, 1.0)


def _strip(row: _Row, tokens: Sequence[str]) -> Strip:
    captions = [
        text("charts.hover", name=row.name, step=step, token=token)
        for step, token in enumerate(tokens, 1)
    ]
    steps = list(range(1, len(tokens) + 1))
    block = Block(
        row.name,
        row.frames[-1],
        steps,
        row.colorscale,
        row.high,
        low=row.low,
        captions=captions,
    )
    return Strip(row.title, (block,))


def _ticks(tokens: Sequence[str], start: tuple[float, float]) -> dict[str, Any]:
    """The step axis with the tokens' names, without a column for a start."""
    ticks = step_ticks(np.array(tokens), start)
    first = 0.5 - 0.006 * (len(tokens) + 1)
    return ticks | {
        "tickvals": ticks["tickvals"][1:],
        "ticktext": ticks["ticktext"][1:],
        "range": [first, ticks["range"][1]],
    }


def _label(answer: Answer, at: int) -> str:
    """Which checkpoint this is."""
    checkpoint = answer.checkpoints[at]
    return text("learn.checkpoint", step=checkpoint.step, accuracy=checkpoint.accuracy)


def curve(*answers: Answer) -> Picture:
    """Accuracy on held-out sequences over the steps of training, a line an answer."""
    traces = [
        _line(_steps(answer), [c.accuracy for c in answer.checkpoints], name, colour)
        for answer, name, colour in zip(answers, map(_cell, answers), UNIT_COLOURS, strict=False)
    ]
    figure = _small(traces, text("learn.accuracy"), answers[0].question.steps)
    last = [number(answer.checkpoints[-1].accuracy) for answer in answers]
    return Picture(figure, text("learn.alt_curve", accuracy=", ".join(last)))


def _cell(answer: Answer) -> str:
    return answer.question.cell


def mechanism(answer: Answer) -> Picture | None:
    """The task's mechanism over the steps of training; None where the cell has none to show."""
    found = mechanism_of(answer)
    if found is None:
        return None
    task = answer.question.task
    words = {"unit": found.unit, "what": found.what}
    named = {name: _named(task, found.kind, name) for name in found.lines}
    traces = [
        _line(_steps(answer), values.tolist(), named[name], colour)
        for (name, values), colour in zip(found.lines.items(), UNIT_COLOURS, strict=False)
    ]
    title = text(f"learn.mechanism.{found.kind}", **words)
    figure = _small(traces, title, answer.question.steps)
    last = (f"{named[name]} {number(float(v[-1]))}" for name, v in found.lines.items())
    return Picture(figure, text("learn.alt_mechanism", title=title, values=", ".join(last)))


def _named(task: str, kind: str, line: str) -> str:
    """A line's name in the legend."""
    return text(f"learn.tasks.{task}.event" if line == "at" else f"learn.lines.{kind}")


def _steps(answer: Answer) -> list[int]:
    return [checkpoint.step for checkpoint in answer.checkpoints]


def _line(x: list[int], y: list[float], name: str, colour: str) -> Figure:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "name": name,
        "mode": "lines+markers",
        "line": {"color": colour, "width": 2},
        "marker": {"size": 4},
        "hovertemplate": text("learn.hover_line", name=name) + "<extra></extra>",
    }


def _small(traces: list[Figure], title: str, steps: int) -> Figure:
    """Lines between 0 and 1 over the steps of training."""
    layout = {
        "height": 190,
        "margin": {"l": 36, "r": 12, "t": 26, "b": 36},
        "xaxis": {"range": [0, steps], "title": {"text": text("learn.steps")}, "fixedrange": True},
        "yaxis": {"range": [-0.03, 1.05], "fixedrange": True},
        "annotations": [label(title, 0, 1, yshift=4)],
        "showlegend": len(traces) > 1,
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 0.06, "yanchor": "bottom"},
        "dragmode": False,
        "uirevision": steps,
    }
    return {"data": traces, "layout": layout}


def _alt(answer: Answer, steps: int) -> str:
    question, last = answer.question, answer.checkpoints[-1]
    return text(
        "learn.alt_film",
        cell=question.cell,
        units=question.units,
        steps=steps,
        count=len(answer.checkpoints),
        accuracy=number(last.accuracy),
    )
