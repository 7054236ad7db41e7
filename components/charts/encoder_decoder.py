"""An encoder over its source, a decoder over its target, and what the states change."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import Any

import numpy as np

from components.backend.running.model_run import LayerRun
from components.backend.whatif.encoder_decoder import Answer
from components.charts import picture
from components.charts.layer_strips import (
    START,
    START_C,
    apart_strip,
    layer_limits,
    layer_strip,
    start_block,
)
from components.charts.strips import STATES, Rows, Strip, crossed, of_plot, strips_figure
from components.texts import text

_HIGH = 74  # px of a strip
_BELOW = 0.04  # of a strip's pitch: how far the line of the states runs below the encoder's

Edges = tuple[float, float]


def encoder_decoder(answer: Answer, *, sentence: int = 0) -> picture.Picture:
    """A strip for each layer, and one for what the states change."""
    tokens = _tokens(answer, sentence)
    starts = _starts(answer, len(tokens))
    moved = answer.moved[sentence]
    largest = picture.number(float(np.abs(moved).max()))
    limits = layer_limits(answer.encoder, answer.decoder)
    shown = {"sentence": sentence, "starts": starts, "limits": limits}
    strips = [
        _layer(answer.encoder, _encoder_title(answer), **shown),
        _layer(answer.decoder, "", **shown),
        apart_strip(
            moved.T,
            text("encoder_decoder.between"),
            title=text("encoder_decoder.moved", largest=largest),
        ),
    ]
    rows = Rows.of(strips, _HIGH)
    figure = strips_figure(
        strips,
        rows,
        tokens,
        (starts[0][0], starts[-1][1]),
        xaxis=_ticks(tokens, starts),
        lines=[text(f"encoder_decoder.{name}") for name in _lines(answer)],
    )
    for reached, edges in zip(answer.layers, rows.edges, strict=False):
        figure["data"] += crossed((~reached.counts[sentence]).tolist(), edges)
    _join(figure["layout"], answer, rows, strips[0], starts)
    return picture.Picture(figure, _alt(answer, largest))


def _starts(answer: Answer, steps: int) -> list[Edges]:
    """The edges of the columns before step 1, one for each state: the same whether states are
    passed or not."""
    left, right = picture.start_edges(steps, *answer.encoder.last_states.values())
    shifts = (place * (right - left) for place in range(len(answer.decoder.trace.initial)))
    return [(left - shift, right - shift) for shift in shifts][::-1]


def _ticks(tokens: np.ndarray, starts: list[Edges]) -> dict[str, Any]:
    """The step axis, with the names of the columns before step 1 below them."""
    ticks = picture.step_ticks(tokens, (starts[0][0], starts[-1][1]))
    ticks["tickvals"][:1] = [sum(edges) / 2 for edges in starts]
    ticks["ticktext"][:1] = (START, START_C)[: len(starts)]
    return ticks


def _layer(reached: LayerRun, title: str, *, starts: list[Edges], **shown: Any) -> Strip:
    """A layer's strip, with a column for each state that it begins with."""
    strip = layer_strip(reached, title, start=starts[0], **shown)
    initial = reached.trace.initial
    if reached.recurrent.both_ways or "state_c" not in initial:
        return replace(strip, tick="")
    cell, limit = initial["state_c"][shown["sentence"]], shown["limits"].c
    first = start_block(START_C, cell, starts[1], picture.CELL, limit)
    return replace(strip, blocks=(*strip.blocks, first), tick="")


def _join(
    layout: dict[str, Any], answer: Answer, rows: Rows, encoder: Strip, starts: list[Edges]
) -> None:
    """The decoder's title and, if states are passed, a line from the encoder's last ones to those
    that the decoder begins with."""
    top, bottom = rows.edges[1][0], rows.edges[0][-1]
    begin = of_plot(0.5, layout["xaxis"])
    title = picture.label(_decoder_title(answer), begin, top, yref="y", name=picture.TITLE)
    layout["annotations"].append(title)
    if not answer.question.pass_states:
        return
    ends = [block.columns[0] for block in encoder.states[-len(starts) :]]
    firsts = [sum(edges) / 2 for edges in starts]
    level = bottom + _BELOW
    left, right = of_plot(firsts[0], layout["xaxis"]), of_plot(ends[-1], layout["xaxis2"])
    layout["shapes"].append(_line("paper", (left, right), (level, level)))
    layout["shapes"] += [_line(STATES, (x, x), (bottom, level)) for x in ends]
    layout["annotations"] += [_arrow(x, level, top) for x in firsts]


def _line(xref: str, x: Edges, y: Edges) -> picture.Figure:
    place = {"xref": xref, "yref": "y", "x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1]}
    return {"type": "line", "line": {"width": 1.5, "color": picture.MARK}, **place}


def _arrow(x: float, from_: float, to: float) -> picture.Figure:
    """Straight down, to what a column begins with."""
    refs = {"xref": "x", "yref": "y", "axref": "x", "ayref": "y"}
    head = {"showarrow": True, "arrowhead": 2, "arrowwidth": 1.5, "arrowcolor": picture.MARK}
    return {"text": "", "x": x, "y": to, "ax": x, "ay": from_, **refs, **head}


def _lines(answer: Answer) -> list[str]:
    """What stands below the steps, by the names of its texts: where the decoder is on its own, also
    the ids that it predicts."""
    predicts = answer.predicted is not None and answer.question.settings.reads_ids
    return ["source", "read", *["predicted"] * predicts]


def _tokens(answer: Answer, sentence: int) -> np.ndarray:
    """Below each step the token that the encoder reads there; on the next line the decoder's; and
    what it predicts there, if it is on its own."""
    rows = [layer.trace.read[sentence] for layer in (answer.encoder, answer.decoder)]
    if answer.predicted is not None and answer.question.settings.reads_ids:
        rows.append(answer.predicted[sentence])
    columns = zip_longest(*(row.astype(str) for row in rows), fillvalue="\N{NO-BREAK SPACE}")
    return np.array(["<br>".join(column) for column in columns])


def _encoder_title(answer: Answer) -> str:
    layer = answer.encoder.layer
    name = "encoder_both" if answer.question.bidirectional else "encoder"
    return text(f"encoder_decoder.{name}", layer=f"{layer.cell}({layer.units})")


def _decoder_title(answer: Answer) -> str:
    question, layer = answer.question, answer.decoder.layer
    both = "both" if question.bidirectional else "states"
    begins = both if question.pass_states else "zeros"
    return text(f"encoder_decoder.decoder_{begins}", layer=f"{layer.cell}({layer.units})")


def _alt(answer: Answer, largest: str) -> str:
    passed = "alt_passed" if answer.question.pass_states else "alt_zeros"
    return text(
        "encoder_decoder.alt",
        source=answer.encoder.trace.tokens.shape[1],
        target=answer.decoder.trace.tokens.shape[1],
        passed=text(f"encoder_decoder.{passed}"),
        largest=largest,
    )
