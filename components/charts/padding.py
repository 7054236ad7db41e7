"""Sentences padded to one length, a strip each, and which steps are masked."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import numpy as np

from components.backend.whatif.padding import Answer
from components.charts.layer_strips import layer_limits, layer_strip
from components.charts.picture import (
    FAINT,
    Figure,
    Limits,
    Picture,
    label,
    rounded_up,
    start_edges,
)
from components.charts.strips import HEAD, Rows, crossed, reaches, strips_figure
from components.texts import numeral, text

_MOST_HIGH, _LEAST_HIGH, _ALL = 78, 22, 330  # px of a strip, and of all of them with their heads
_MOST_WRITTEN = 90  # characters above all steps: more have no room
_MOST_SEVERAL = 45  # if each step has several numbers, which a phone does not break into lines


def padding(answer: Answer) -> Picture:
    """A strip for each sentence, with the tokens that it reads above its steps. Masked steps are
    crossed out. Scales are rounded, so that a mask seldom changes the colours of other steps."""
    limits = Limits(*map(rounded_up, layer_limits(answer.layer)))
    count, steps = answer.layer.trace.tokens.shape
    start = start_edges(steps)
    strips = [
        replace(
            layer_strip(answer.layer, "", sentence=sentence, start=start, limits=limits),
            tick=text("padding.sentence", number=sentence + 1),
        )
        for sentence in range(count)
    ]
    rows = Rows.of(strips, min(_MOST_HIGH, max(_LEAST_HIGH, _ALL // count - HEAD)))
    ids = [_ids(answer, sentence, rows.edges[sentence][0]) for sentence in range(count)]
    figure = strips_figure(
        strips,
        rows,
        np.full(steps, ""),
        None if answer.question.bidirectional else start,
        named=1,
        margin={"l": 60, "r": 12, "t": 0, "b": 32},
        annotations=[*chain.from_iterable(ids), *reaches(strips[-1])],
    )
    for edges, passed in zip(rows.edges, ~answer.layer.counts, strict=True):
        figure["data"] += crossed(passed.tolist(), edges)
    return Picture(figure, _alt(answer))


def _ids(answer: Answer, sentence: int, top: float) -> list[Figure]:
    """Above each step, what is read there, in brackets if masked: all its numbers if there is room
    for them, else the step's name."""
    tokens = [str(token) for token in answer.layer.trace.tokens[sentence]]
    if not answer.question.settings.reads_ids:
        inputs = answer.layer.trace.inputs[sentence]
        written = [", ".join(numeral(one, ".3g") for one in step) for step in inputs]
        tokens = written if _length(written) <= _MOST_SEVERAL else tokens
    if _length(tokens) > _MOST_WRITTEN:
        return []
    passed = ~answer.layer.counts[sentence]
    return [
        label(
            f"({token})" if over else f"<b>{token}</b>",
            step,
            top,
            xref="x",
            yref="y",
            xanchor="center",
            **(FAINT if over else {}),
        )
        for step, (token, over) in enumerate(zip(tokens, passed, strict=True), start=1)
    ]


def _length(tokens: list[str]) -> int:
    """How many characters stand above all steps, if each has as much room as the longest needs."""
    return len(tokens) * max(map(len, tokens))


def _alt(answer: Answer) -> str:
    passed = ~answer.layer.counts
    lengths = ", ".join(str(len(row)) for row in answer.question.rows)
    values = {"lengths": lengths, "steps": passed.shape[1], "count": int(passed.sum())}
    both = " " + text("padding.alt_both") if answer.question.bidirectional else ""
    return text(f"padding.alt_{answer.question.side}", **values) + both
