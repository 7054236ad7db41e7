"""An encoder and a decoder while they learn: what attention weighs at every checkpoint, and how
good they are with attention and without."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from components.backend.learning.pair_facts import LENGTHS, by_length
from components.backend.learning.pairs import LONGEST, Answer, Checkpoint
from components.charts import picture
from components.charts.film import film_meta
from components.charts.learn import line, small
from components.charts.strips import Block, Rows, Strip, strips_figure
from components.texts import text

_HIGH = 300  # px of the alignment
_RIGHT = 20  # px beside the curves: half of a number of four digits


def alignment(answer: Answer, *, plays: bool = False) -> picture.Picture:
    """The weights of one held-out sequence at every checkpoint: a row for each step of the decoder,
    a column for each step of the encoder.

    The figure shows the last checkpoint; layout.meta.film has the weights of all of them.

    Args:
        answer: of a training with attention.
        plays: whether it begins to play by itself.
    """
    frames = [c.alignment for c in answer.checkpoints if c.alignment is not None]
    source, right = (ids[0] for ids in answer.question.tested_on())
    named = source.astype(str)
    called = [[text("pairs.writes", symbol=each)] * len(source) for each in right.tolist()]
    block = Block(
        "weight",
        frames[-1],
        list(range(1, len(source) + 1)),
        picture.WEIGHT,
        1.0,
        0.0,
        described=text("pairs.weight"),
        tokens=named.tolist(),
        called=called,
    )
    strips = [Strip(text("pairs.alignment"), (block,))]
    rows = Rows.of(strips, _HIGH)
    figure = strips_figure(strips, rows, named, annotations=_targets(right, rows.edges[0]))
    meta = figure["layout"]["meta"]
    del meta["steps"], meta["rows"]  # its steps are not those of the page's own sentence
    meta["film"] = film_meta(
        answer.question,
        [checkpoint.step for checkpoint in answer.checkpoints],
        [text("pairs.checkpoint", **_measured(c)) for c in answer.checkpoints],
        [[each] for each in frames],
        [(0.0, 1.0)],
        plays=plays,
    )
    last = answer.checkpoints[-1]
    return picture.Picture(
        figure, text("pairs.alt_alignment", count=len(frames), **_measured(last))
    )


def _measured(checkpoint: Checkpoint) -> dict[str, Any]:
    return {name: getattr(checkpoint, name) for name in ("step", "accuracy", "share")}


def _targets(right: np.ndarray, edges: list[float]) -> list[picture.Figure]:
    """Beside each row, the symbol that is to be written there."""
    where = {"yref": "y", "xanchor": "right", "yanchor": "middle", "xshift": -6}
    middles = [(top + bottom) / 2 for top, bottom in itertools.pairwise(edges)]
    pairs = zip(right.tolist(), middles, strict=True)
    return [picture.label(f"<b>{symbol}</b>", 0, y, **where) for symbol, y in pairs]


def curves(*answers: Answer) -> picture.Picture:
    """Accuracy on held-out sequences over the steps of training, with attention and without; and
    with attention the share of the weight on the right step."""
    traces = []
    for answer, colour in zip(answers, picture.UNIT_COLOURS, strict=False):
        steps = [checkpoint.step for checkpoint in answer.checkpoints]
        accuracy = [checkpoint.accuracy for checkpoint in answer.checkpoints]
        traces.append(line(steps, accuracy, _name(answer), colour))
    for answer in answers:
        if answer.question.attention:
            steps = [checkpoint.step for checkpoint in answer.checkpoints]
            share = [checkpoint.share for checkpoint in answer.checkpoints]
            traces.append(line(steps, share, text("pairs.share"), picture.UNIT_COLOURS[2]))
    figure = small(traces, text("pairs.accuracy"), answers[0].question.steps)
    figure["layout"]["margin"]["r"] = _RIGHT
    last = ", ".join(f"{trace['name']} {picture.number(trace['y'][-1])}" for trace in traces)
    return picture.Picture(figure, text("pairs.alt_curves", values=last))


def lengths(attention: Answer, without: Answer) -> picture.Picture:
    """The accuracy by length, with attention and without. Lengths that were never trained on have
    a grey ground."""
    found = by_length(attention, without)
    pairs = zip(
        (attention, without), (found.attention, found.without), picture.UNIT_COLOURS, strict=False
    )
    x = list(LENGTHS)
    traces = []
    for each, y, colour in pairs:
        hover = text("pairs.hover_length", name=_name(each))
        traces.append(line(x, list(y), _name(each), colour, hover))
    figure = small(traces, text("pairs.by_length"), x[-1])
    layout = figure["layout"]
    layout["xaxis"] |= {"range": [x[0] - 0.3, x[-1] + 0.3], "title": {"text": text("pairs.length")}}
    layout["shapes"] = [
        {
            "type": "rect",
            "x0": LONGEST + 0.5,
            "x1": x[-1] + 0.3,
            "y0": 0,
            "y1": 1,
            "yref": "paper",
            "line": {"width": 0},
            "fillcolor": "rgba(128, 128, 128, 0.12)",
            "layer": "below",
        }
    ]
    layout["annotations"].append(
        picture.label(text("pairs.never"), LONGEST + 0.5, 0, xref="x", xshift=4)
    )
    last = {
        "attention": picture.number(found.attention[-1]),
        "without": picture.number(found.without[-1]),
    }
    return picture.Picture(figure, text("pairs.alt_lengths", length=x[-1], **last))


def _name(answer: Answer) -> str:
    return text("pairs.with" if answer.question.attention else "pairs.without")
