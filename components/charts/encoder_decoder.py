"""An encoder over its source, a decoder over its target, and what the states change."""

from __future__ import annotations

from itertools import zip_longest

import numpy as np

from components.backend.whatif.encoder_decoder import Answer
from components.charts.picture import Picture, number, start_edges
from components.charts.run_strip import apart_strip, layer_strip
from components.charts.strips import Rows, strips_figure
from components.texts import text

_HIGH = 74  # px of a strip


def encoder_decoder(answer: Answer, *, sentence: int = 0) -> Picture:
    """A strip for each layer, and one for what the states change.

    Args:
        sentence: which sentence of the batch.
    """
    tokens = _tokens(answer, sentence)
    start = start_edges(len(tokens), answer.decoder.trace.initial["state_h"])
    shown = {"sentence": sentence, "start": start}
    moved = answer.decoder.trace.hidden - answer.alone.trace.hidden
    largest = number(float(np.abs(moved[sentence]).max()))
    strips = [
        layer_strip(answer.encoder, _encoder_title(answer), **shown),
        layer_strip(answer.decoder, _decoder_title(answer), **shown),
        apart_strip(
            moved[sentence].T,
            text("encoder_decoder.between"),
            title=text("encoder_decoder.moved", largest=largest),
        ),
    ]
    rows = Rows.of(strips, _HIGH)
    lines = [text("encoder_decoder.source"), text("encoder_decoder.target")]
    figure = strips_figure(strips, rows, tokens, start, lines=lines)
    return Picture(figure, _alt(answer, largest))


def _tokens(answer: Answer, sentence: int) -> np.ndarray:
    """Below each step the token that the encoder reads there; on the next line the decoder's."""
    layers = (answer.encoder, answer.decoder)
    source, target = (layer.trace.read[sentence].astype(str) for layer in layers)
    pairs = zip_longest(source, target, fillvalue="\N{NO-BREAK SPACE}")
    return np.array(["<br>".join(pair) for pair in pairs])


def _encoder_title(answer: Answer) -> str:
    layer = answer.encoder.layer
    name = "encoder_both" if answer.question.bidirectional else "encoder"
    return text(f"encoder_decoder.{name}", cell=layer.cell, units=layer.units)


def _decoder_title(answer: Answer) -> str:
    layer, names = answer.decoder.layer, answer.encoder.recurrent.state_names
    said = {"cell": layer.cell, "units": layer.units}
    if not answer.question.pass_states:
        return text("encoder_decoder.decoder_zeros", **said)
    return text("encoder_decoder.decoder", names=", ".join(names), **said)


def _alt(answer: Answer, largest: str) -> str:
    passed = "alt_passed" if answer.question.pass_states else "alt_zeros"
    return text(
        "encoder_decoder.alt",
        source=answer.encoder.trace.tokens.shape[1],
        target=answer.decoder.trace.tokens.shape[1],
        passed=text(f"encoder_decoder.{passed}"),
        largest=largest,
    )
