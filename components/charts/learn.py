"""A cell while it learns: how good it is, its mechanism, and its strips at every checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from components.backend.learning.learn import Answer, Question, horizon_of, mechanism_of
from components.backend.learning.tasks import UNASKED, Task
from components.backend.question.labels import in_words
from components.backend.question.sentences import Tokens
from components.backend.running.replay import Trace
from components.charts import picture
from components.charts.film import film_meta
from components.charts.strips import HEAD, Block, Rows, Strip, strips_figure
from components.texts import text

_HEIGHT = 322  # px of all strips with their heads, so that they are seen without scrolling
_ASKED = 30  # px of a strip that stands alone
_OUTSIDE = ("says", "right")  # strips that are not the cell's own
_VERDICT: picture.Colorscale = [
    (0.0, "rgba(198, 50, 38, 1)"),
    (0.25, "rgba(228, 78, 54, 0.4)"),
    *((0.5 + share / 2, colour) for share, colour in picture.GATE),
]
"""Colours of the right answers: 0 for no, 1 for yes; -0.5 and -1, which are red, where the cell
says something else."""
_LINE = 18  # px of a line of text above a curve
_LEFT = 36  # px beside a curve, for the numbers of its axis


class _Row(NamedTuple):
    """A strip of the film: its block at the last checkpoint, and its values, (row, step), at
    each."""

    strip: Strip
    frames: list[np.ndarray]

    @property
    def block(self) -> Block:
        return self.strip.blocks[0]

    def titled(self, title: str) -> _Row:
        return self._replace(strip=replace(self.strip, title=title))

    def at(self, checkpoint: int) -> np.ndarray:
        """The values at a checkpoint; at the last one, if this cell has not come so far."""
        return self.frames[min(checkpoint, len(self.frames) - 1)]


def asked(*, question: Question, sentence: int = 0, length: int | None = None) -> picture.Picture:
    """A sequence on which the cell will be tested, with the right answers.

    Args:
        sentence: which of the sequences.
        length: of the sequence; that of the training if None.
    """
    kind, tokens = question.kind, question.sample(sentence + 1, length)[sentence:]
    right = _right(kind, tokens, None)
    strips = [right.strip]
    figure = strips_figure(strips, Rows.of(strips, _ASKED), np.array(_named(kind, tokens)))
    return picture.Picture(figure, text("learn.alt_asked", steps=len(tokens[0])))


def film(
    *answers: Answer,
    sentence: int = 0,
    length: int | None = None,
    racing: bool = False,
    ended: bool = True,
    plays: bool = False,
) -> picture.Picture:
    """A cell's strips at every checkpoint, with its answers beside the right ones. Of several cells
    in a race, only h and the answers.

    The figure shows the last checkpoint; layout.meta.film has the values of all checkpoints.

    Args:
        sentence: which of the sequences that the cells are tested on.
        length: of the sequence; that of the training if None.
        racing: whether this is a race, of which only one cell may have a checkpoint yet.
        ended: whether the training has ended, so that the unit that matters can be marked.
        plays: whether it begins to play by itself.
    """
    question = answers[0].question
    tokens = question.sample(sentence + 1, length)[sentence:]
    longest = max(answers, key=lambda answer: len(answer.checkpoints))
    count = range(len(longest.checkpoints))
    rows = list(_rows(answers, tokens, racing))
    steps = len(tokens[0])
    strips = [row.strip for row in rows]
    places = Rows.of(strips, _HEIGHT / len(strips) - HEAD)
    labels = _units(answers[0], strips, places) if ended and not racing else ()
    named = np.array(_named(question.kind, tokens))
    figure = strips_figure(strips, places, named, annotations=labels)
    figure["layout"]["meta"]["film"] = film_meta(
        question,
        _steps(longest),
        [_label(answers, at, steps, racing) for at in count],
        [[row.at(at) for row in rows] for at in count],
        [(row.block.lowest, row.block.high) for row in rows],
        plays=plays,
    )
    return picture.Picture(figure, " ".join(_alt(answer, steps) for answer in answers))


def _rows(answers: Sequence[Answer], tokens: Tokens, racing: bool) -> Iterator[_Row]:
    """All strips, from the top down."""
    verdicts = None
    for answer in answers:
        settings = answer.question.settings(tokens)
        traces = [checkpoint.trace(settings) for checkpoint in answer.checkpoints]
        parts = list(_parts(traces, _named(answer.question.kind, tokens)))
        said = _said(answer, traces, tokens)
        cell = answer.question.cell
        if racing:
            parts = [parts[-1].titled(text("learn.race_h", cell=cell))]
            said = said.titled(_of_all(text("learn.race_says", cell=cell), answer.question.kind))
        yield from (*parts, said)
        verdicts = None if racing else _verdicts(answer, traces)
    yield _right(answers[0].question.kind, tokens, verdicts)


def _units(answer: Answer, strips: Sequence[Strip], places: Rows) -> Iterator[picture.Figure]:
    """A mark beside each strip, at the row of the unit that shows the cell's mechanism best."""
    found = mechanism_of(answer)
    for strip, edges in zip(strips, places.edges, strict=True):
        if found is not None and strip.blocks[0].name not in _OUTSIDE:
            said = text("charts.unit", unit=found.unit)
            y = (edges[found.unit] + edges[found.unit + 1]) / 2
            where = {"yref": "y", "xanchor": "right", "yanchor": "middle", "xshift": -4}
            yield picture.label(said, 0, y, **where)


def _parts(traces: Sequence[Trace], tokens: Sequence[str]) -> Iterator[_Row]:
    """Every gate, c and h, each on one scale for the whole training."""
    found = {name: [trace.gates[name] for trace in traces] for name in traces[0].gates}
    found.pop("candidate", None)
    if traces[0].cell is not None:
        found["c"] = [trace.states["state_c"] for trace in traces]
    found["h"] = [trace.hidden for trace in traces]
    for name, steps in found.items():
        frames = [each[0].T for each in steps]
        title = f"<b>{picture.strip_title(name, '')}</b>: {text(f'strips.{name}.sentence')}"
        if name in traces[0].gates:
            yield _row(name, title, frames, tokens, picture.GATE, 0.0)
        else:
            yield _row(
                name, title, frames, tokens, picture.CELL if name == "c" else picture.HIDDEN, None
            )


def _said(answer: Answer, traces: Sequence[Trace], tokens: Tokens) -> _Row:
    """The strip of the readout's answers after each step."""
    kind = answer.question.kind
    pairs = zip(answer.checkpoints, traces, strict=True)
    frames = [checkpoint.probabilities(trace)[0].T[_shown(kind)] for checkpoint, trace in pairs]
    words = _of_all(text(f"learn.tasks.{kind.name}.says"), kind)
    called = [[kind.classes[one]] * frames[0].shape[1] for one in _shown(kind)]
    title = text("learn.says", says=words)
    return _row("says", title, frames, _named(kind, tokens), picture.GATE, 0.0, called)


def _of_all(words: str, kind: Task) -> str:
    """The title of a strip of answers. With several rows, it names the answer of each row."""
    if kind.answers == 2:
        return words
    return text("learn.rows", what=words, classes=", ".join(kind.classes))


def _verdicts(answer: Answer, traces: Sequence[Trace]) -> list[np.ndarray]:
    """At every checkpoint, whether the cell gives the right answer, (step,)."""
    right = answer.question.kind.asked(traces[0].tokens)[0]
    pairs = zip(answer.checkpoints, traces, strict=True)
    return [
        checkpoint.probabilities(trace)[0].argmax(axis=-1) == right for checkpoint, trace in pairs
    ]


def _right(kind: Task, tokens: Tokens, verdicts: list[np.ndarray] | None) -> _Row:
    """The strip of the right answers, at the steps at which the cell is asked.

    Args:
        verdicts: of `_verdicts`, to mark where the cell's answer is wrong; None for no marks.
    """
    right = kind.asked(np.array(tokens))[0]
    hot = (right == np.array(_shown(kind))[:, np.newaxis]).astype(float)
    hot[:, right == UNASKED] = np.nan
    said = [text("learn.unasked") if one == UNASKED else kind.classes[one] for one in right]
    called, named = [said] * len(hot), _named(kind, tokens)
    if verdicts is None:
        title = _of_all(text("learn.right"), kind)
        return _row("right", title, [hot], named, picture.GATE, 0.0, called)
    frames = [np.where(good, hot, -(1 + hot) / 2) for good in verdicts]
    return _row("right", text("learn.right_marked"), frames, named, _VERDICT, -1.0, called)


def _row(
    name: str,
    title: str,
    frames: list[np.ndarray],
    tokens: Sequence[str],
    colorscale: picture.Colorscale,
    low: float | None,
    called: list[list[str]] | None = None,
) -> _Row:
    """A strip on a scale from low to 1; if low is None, on a scale fitted to its values.

    Args:
        called: the name of each value, if the rows are not units.
    """
    block = Block(
        name,
        frames[-1],
        list(range(1, len(tokens) + 1)),
        colorscale,
        picture.reach(*frames) if low is None else 1.0,
        low,
        described=text(f"learn.hover.{name}") if name in _OUTSIDE else "",
        tokens=tokens,
        called=called,
        numbered=name != "right",
    )
    return _Row(Strip(title, (block,)), frames)


def _shown(kind: Task) -> list[int]:
    """The classes that have a row of their own: all, but of two classes only the second."""
    return [1] if kind.answers == 2 else list(range(kind.answers))


def _named(kind: Task, tokens: Tokens) -> list[str]:
    """The names of the tokens of the sequence."""
    return [kind.symbols[token] for token in tokens[0]]


def _label(answers: Sequence[Answer], at: int, steps: int, racing: bool) -> str:
    """The film's label: which checkpoint this is, and each cell's accuracy there."""
    reached = [answer.checkpoints[min(at, len(answer.checkpoints) - 1)] for answer in answers]
    step = max(checkpoint.step for checkpoint in reached)
    if racing:
        pairs = zip(answers, reached, strict=True)
        each = (
            text(
                f"learn.race_{'there' if checkpoint.step == step else 'behind'}",
                cell=one.question.cell,
                accuracy=checkpoint.accuracy,
                step=checkpoint.step,
            )
            for one, checkpoint in pairs
        )
        said = text("learn.race_checkpoint", step=step, accuracies=", ".join(each))
    else:
        said = text("learn.checkpoint", step=step, accuracy=reached[0].accuracy)
    trained = answers[0].question.length
    return said if trained == steps else text("learn.at_length", said=said, length=trained)


def curve(*answers: Answer) -> picture.Picture:
    """Accuracy on held-out sequences over the steps of training, a line an answer."""
    traces = [
        line(_steps(one), [c.accuracy for c in one.checkpoints], one.question.cell, colour)
        for one, colour in zip(answers, picture.UNIT_COLOURS, strict=False)
    ]
    figure = small(traces, text("learn.accuracy"), answers[0].question.steps)
    last = [picture.number(answer.checkpoints[-1].accuracy) for answer in answers]
    return picture.Picture(figure, text("learn.alt_curve", accuracy=", ".join(last)))


def mechanism(answer: Answer) -> picture.Picture:
    """The mechanism that `mechanism_of` finds in the cell, over the steps of training."""
    found = mechanism_of(answer)
    assert found is not None  # of an answer that has one
    task = answer.question.task
    words = {"unit": found.unit, "gate": in_words(found.what)}
    named = {name: _line_name(task, found.kind, name) for name in found.lines}
    traces = [
        line(_steps(answer), values.tolist(), named[name], colour)
        for (name, values), colour in zip(found.lines.items(), picture.UNIT_COLOURS, strict=False)
    ]
    title = text(f"learn.mechanism.{found.kind}", **words)
    figure = small(traces, title, answer.question.steps)
    last = (f"{named[name]} {picture.number(float(v[-1]))}" for name, v in found.lines.items())
    return picture.Picture(figure, text("learn.alt_mechanism", title=title, values=", ".join(last)))


def horizon(answer: Answer) -> picture.Picture:
    """How well the cell remembers, over the steps of training: a line for each group of
    `horizon_of`, by how long ago the event was."""
    found = horizon_of(answer)
    assert found is not None  # of a task that has an event
    first = (0, *(last + 1 for last in found.upto))
    groups = zip(first, found.upto, strict=False)
    names = [text("learn.lines.horizon", first=low, last=high) for low, high in groups]
    traces = [
        line(_steps(answer), accuracy.tolist(), name, colour)
        for name, accuracy, colour in zip(names, found.accuracy, picture.UNIT_COLOURS, strict=False)
    ]
    title = text("learn.horizon")
    last = (
        f"{n} {picture.number(float(a[-1]))}" for n, a in zip(names, found.accuracy, strict=True)
    )
    said = text("learn.alt_mechanism", title=title, values=", ".join(last))
    return picture.Picture(small(traces, title, answer.question.steps), said)


def _line_name(task: str, kind: str, line: str) -> str:
    """A line's name in the legend."""
    return text(f"learn.tasks.{task}.event" if line == "at" else f"learn.lines.{kind}")


def _steps(answer: Answer) -> list[int]:
    return [checkpoint.step for checkpoint in answer.checkpoints]


def line(x: list[int], y: list[float], name: str, colour: str, hover: str = "") -> picture.Figure:
    """A line of `small`.

    Args:
        hover: a template for Plotly of the hover labels; if empty, x is a step of the training.
    """
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "name": name,
        "mode": "lines+markers",
        "line": {"color": colour, "width": 2},
        "marker": {"size": 4},
        "hovertemplate": (hover or text("learn.hover_line", name=name)) + "<extra></extra>",
    }


def small(traces: list[picture.Figure], title: str, steps: int) -> picture.Figure:
    """A chart of lines between 0 and 1 over the steps of training, with a title and a legend of one
    line above it, so that the axes of all such charts are at one height."""
    above = {"x": 0, "y": 1, "xshift": 4 - _LEFT}
    layout = {
        "height": 234,
        "margin": {"l": _LEFT, "r": 12, "t": 10 + 2 * _LINE, "b": 40},
        "xaxis": {
            "range": [0, steps],
            "title": {"text": text("learn.steps")},
            "fixedrange": True,
        },
        "yaxis": {"range": [-0.03, 1.05], "fixedrange": True, "ticklabelstandoff": 8},
        "annotations": [
            picture.label(title, **above, yshift=4 + _LINE),
            *([picture.label(_legend(traces), **above, yshift=4)] if len(traces) > 1 else []),
        ],
        "showlegend": False,
        "dragmode": False,
        "uirevision": steps,
    }
    return {"data": traces, "layout": layout}


def _legend(traces: Iterable[picture.Figure]) -> str:
    """A legend in one line. Plotly's own wraps over the title if it finds no room."""
    return "  ".join(
        f'<span style="color: {trace["line"]["color"]}">\N{BLACK CIRCLE}</span> {trace["name"]}'
        for trace in traces
    )


def _alt(answer: Answer, steps: int) -> str:
    question, last = answer.question, answer.checkpoints[-1]
    return text(
        "learn.alt_film",
        cell=question.cell,
        units=question.units,
        steps=steps,
        count=len(answer.checkpoints),
        accuracy=picture.number(last.accuracy),
    )
