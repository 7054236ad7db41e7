"""The same sentence read in two calls, a strip each, and the difference of both."""

from __future__ import annotations

from components.backend.learning.predictions import predictions
from components.backend.learning.trained import Trained
from components.backend.question.linked import listed
from components.backend.whatif.twice import Answer
from components.charts.layer_strips import apart_strip, run_strip
from components.charts.picture import Picture, fitted, number, start_edges
from components.charts.predictions import drawable, prediction_words, predictions_strip
from components.charts.strips import Rows, strips_figure
from components.texts import text


def twice(answer: Answer, *, sentence: int = 0, trained: Trained | None = None) -> Picture:
    """A strip for each call, one for their difference and, where a training gave the weights, one
    for what the cell says.

    Args:
        trained: that training.
    """
    runs, steps = (answer.first, answer.second), answer.question.settings.steps
    initial = [run.trace.initial["state_h"] for run in runs]
    start = start_edges(steps, *initial)
    shown = {"sentence": sentence, "limits": fitted(*runs), "start": start}
    hidden = [run.trace.hidden[sentence].T for run in runs]
    strips = [
        run_strip(answer.first, text("twice.first"), **shown),
        run_strip(answer.second, _second(answer), **shown),
        apart_strip(hidden[1] - hidden[0], text("twice.between")),
    ]
    says = drawable(*(predictions(trained, sentence, run) for run in runs))
    if says:
        first, second = (int(each.wrong.sum()) for each in says)
        asked = int(says[0].asked.sum())
        told = text("twice.says", first=first, second=second, asked=asked)
        strips.append(predictions_strip(told, *says))
    rows = Rows.of(strips, 78 if len(strips) < 4 else 56)
    figure = strips_figure(strips, rows, answer.first.trace.read[sentence], start, named=1)
    if says:
        figure["data"].append(prediction_words(rows.edges[-1], *says))
    largest = number(float(answer.difference[sentence].max()))
    return Picture(figure, text("twice.alt", steps=steps, largest=largest))


def _second(answer: Answer) -> str:
    """Above the second call, what is not as in the first or what has mended it."""
    question = answer.question
    kind = f"{question.cause}_mended" if question.is_mended else question.cause
    return text(f"twice.second.{kind}", names=listed(answer.second.trace.initial))
