"""Sentences padded to one length, a strip each, and which steps are masked."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import numpy as np

from components.backend.whatif.padding import Answer
from components.charts import picture
from components.charts.layer_strips import layer_limits, layer_strip
from components.charts.strips import HEAD, Rows, crossed, reaches, strips_figure
from components.texts import numeral, text

_MOST_HIGH, _LEAST_HIGH, _ALL = 78, 22, 330  # px of a strip, and of all of them with their heads
_MOST_WRITTEN = 90  # characters above all steps: more have no room
_MOST_SEVERAL = 45  # if each step has several numbers, which a phone does not break into lines


def padding(answer: Answer) -> picture.Picture:
    """A strip for each sentence, with the tokens that it reads above its steps. Masked steps are
    crossed out. Scales are rounded, so that a mask seldom changes the colours of other steps."""
    limits = picture.Limits(*map(picture.rounded_up, layer_limits(answer.layer)))
    count, steps = answer.layer.trace.tokens.shape
    start = picture.start_edges(steps)
    strips = [
        replace(
            layer_strip(answer.layer, "", sentence=sentence, start=start, limits=limits),
            tick=text("padding.sentence", number=sentence + 1),
        )
        for sentence in range(count)
    ]
    rows = Rows.of(strips, min(_MOST_HIGH, max(_LEAST_HIGH, _ALL // count - HEAD)))
    ids = [_ids(answer, sentence, rows.edges[sentence][0]) for sentence in range(count)]
    read = picture.token_label(answer.layer.trace.tokens)
    where = {"yref": "y", "xanchor": "right", "xshift": -4}
    figure = strips_figure(
        strips,
        rows,
        np.full(steps, ""),
        None if answer.question.bidirectional else start,
        named=1,
        looks=False,  # the ids stand there
        margin={"l": 60, "r": 12, "t": 0, "b": 44},
        annotations=[
            *[picture.label(f"<b>{read}</b>", 0, rows.edges[0][0], **where)] * bool(ids[0]),
            *chain.from_iterable(ids),
            *reaches(strips[-1]),
        ],
    )
    brackets = {_masked(token, said=True): [f"({token})"] for token in _skipped(answer)}
    figure["layout"]["meta"][picture.SHORT] |= brackets
    for edges, passed in zip(rows.edges, ~answer.layer.counts, strict=True):
        figure["data"] += crossed(passed.tolist(), edges)
    return picture.Picture(figure, _alt(answer))


def _skipped(answer: Answer) -> set[str]:
    """What is read at masked steps."""
    tokens = answer.layer.trace.tokens[~answer.layer.counts]
    return {str(token) for token in tokens}


def _ids(answer: Answer, sentence: int, top: float) -> list[picture.Figure]:
    """Above each step, what is read there, in brackets if masked: all its numbers if there is room
    for them, else the step's name. Where the words or the padding begin comes first, as a narrow
    picture has no room for all."""
    tokens = [str(token) for token in answer.layer.trace.tokens[sentence]]
    if not answer.question.settings.reads_ids:
        inputs = answer.layer.trace.inputs[sentence]
        written = [", ".join(numeral(one, ".3g") for one in step) for step in inputs]
        tokens = written if _length(written) <= _MOST_SEVERAL else tokens
    if _length(tokens) > _MOST_WRITTEN:
        return []
    passed = ~answer.layer.counts[sentence]
    labels = [
        picture.label(
            _masked(token, said=not before) if over else f"<b>{token}</b>",
            step,
            top,
            xref="x",
            yref="y",
            xanchor="center",
            name=picture.OVER,
            **(picture.FAINT if over else {}),
        )
        for step, (token, over, before) in enumerate(
            zip(tokens, passed, [False, *passed[:-1]], strict=True), start=1
        )
    ]
    length = len(answer.question.rows[sentence])
    begins = (1, 1 + (length if answer.question.side == "post" else len(tokens) - length))
    return sorted(labels, key=lambda each: each["x"] not in begins)


def _masked(token: str, *, said: bool) -> str:
    """A token that is read at a masked step: in brackets, or with a word that says so."""
    return text("padding.masked", token=token) if said else f"({token})"


def _length(tokens: list[str]) -> int:
    """How many characters stand above all steps, if each has as much room as the longest needs."""
    return len(tokens) * max(map(len, tokens))


def _alt(answer: Answer) -> str:
    passed = ~answer.layer.counts
    lengths = ", ".join(str(len(row)) for row in answer.question.rows)
    values = {"lengths": lengths, "steps": passed.shape[1], "count": int(passed.sum())}
    both = " " + text("padding.alt_both") if answer.question.bidirectional else ""
    return text(f"padding.alt_{answer.question.side}", **values) + both
