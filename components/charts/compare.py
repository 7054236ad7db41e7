"""Runs above one another on one step axis and one colour scale, and the difference of two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from components.backend import Run, Settings
from components.backend.learning.predictions import Predictions, predictions
from components.backend.learning.trained import Trained
from components.backend.question.layout import KERAS_DEFAULTS
from components.backend.scripts.code import call
from components.charts.layer_strips import apart_limit, apart_strip, run_strip
from components.charts.picture import Picture, fitted, number, start_edges
from components.charts.predictions import drawable, prediction_words, predictions_strip
from components.charts.strips import Rows, Strip, strips_figure
from components.texts import text

NAMES = "ABC"


def compare(*runs: Run, sentence: int = 0, trained: tuple[Trained | None, ...] = ()) -> Picture:
    """A strip for each run; for each run after A whose h has the shape of A's, a strip of the
    difference from A; and where a training gave the weights of all, one for what they say.

    Args:
        runs: two or three.
        trained: the training that gave the weights of each, if one did.
    """
    limits, longest = fitted(*runs), max(runs, key=lambda run: run.settings.steps)
    initial = (run.trace.initial["state_h"] for run in runs)
    start = start_edges(longest.settings.steps, *initial)
    titles = [f"<b>{name}</b> {said}" for name, said in zip(NAMES, told_apart(runs), strict=False)]
    strips = [
        run_strip(run, title, sentence=sentence, limits=limits, start=start)
        for title, run in zip(titles, runs, strict=True)
    ]
    strips += _differences(runs, sentence)
    says = _says(runs, trained, sentence)
    if says:
        strips.append(predictions_strip(_told(says), *says))
    rows = Rows.of(strips, 78 if len(strips) < 4 else 60)
    figure = strips_figure(strips, rows, _tokens(runs, longest, sentence), start)
    if says:
        figure["data"].append(prediction_words(rows.edges[-1], *says))
    return Picture(figure, _alt(runs, sentence))


def _says(
    runs: Sequence[Run], trained: Sequence[Trained | None], sentence: int
) -> tuple[Predictions, ...]:
    """What each run's cell says, if all were trained on one task and read the same."""
    pairs = zip(trained, runs, strict=False)
    says = drawable(*(predictions(each, sentence, run) for each, run in pairs))
    read = {tuple(run.trace.tokens[sentence].tolist()) for run in runs}
    return says if len(read) == 1 == len({each.kind.name for each in says}) else ()


def _told(says: Sequence[Predictions]) -> str:
    """Above what the cells say: how many answers of each are right."""
    asked = int(says[0].asked.sum())
    right = [asked - int(each.wrong.sum()) for each in says]
    each = (
        text("compare.right", name=name, right=count)
        for name, count in zip(NAMES, right, strict=False)
    )
    return text("compare.says", each=", ".join(each), asked=asked)


def like_first(runs: Sequence[Run]) -> list[str]:
    """The names of the runs after A whose h has the shape of A's."""
    first, *others = (run.trace.hidden.shape for run in runs)
    return [name for name, shape in zip(NAMES[1:], others, strict=False) if shape == first]


def _differences(runs: Sequence[Run], sentence: int) -> Iterator[Strip]:
    """B minus A and C minus A, step by step and on one scale."""
    hidden = {name: run.trace.hidden[sentence].T for name, run in zip(NAMES, runs, strict=False)}
    apart = {name: hidden[name] - hidden["A"] for name in like_first(runs)}
    limit = apart_limit(*apart.values())
    for name, difference in apart.items():
        yield apart_strip(difference, text("compare.between", name=name), limit=limit)


def told_apart(runs: Sequence[Run]) -> list[str]:
    """For each run, the settings in which the runs differ; its call, if they differ in none."""
    fields = [
        name for name in Settings.model_fields if len({getattr(r.settings, name) for r in runs}) > 1
    ]
    if not fields:
        return [call(run.settings) for run in runs]
    said = ((_said(name, run.settings) for name in fields) for run in runs)
    return [", ".join(dict.fromkeys(words)) for words in said]


def _said(name: str, settings: Settings) -> str:
    """A setting, by its label on the page and its value."""
    value = getattr(settings, name)
    if name == "cell":
        return value
    if name in ("tokens", "values"):
        return text("compare.reads", count=len(settings.rows), steps=settings.steps)
    shown = text(f"compare.{'on' if value else 'off'}") if isinstance(value, bool) else value
    said = text("compare.setting", label=text(f"settings.{name}.label"), value=shown)
    return text("compare.default", setting=said) if KERAS_DEFAULTS.get(name) == value else said


def _tokens(runs: Sequence[Run], longest: Run, sentence: int) -> np.ndarray:
    """The tokens under the steps; blank where two runs read others."""
    tokens = longest.trace.read[sentence]
    for run in runs:
        others = run.trace.read[min(sentence, len(run.trace.tokens) - 1)]
        if (others != tokens[: len(others)]).any():
            return np.full(len(tokens), "")
    return tokens


def _alt(runs: Sequence[Run], sentence: int) -> str:
    said = [
        text(
            "compare.alt",
            name=name,
            call=call(run.settings),
            low=number(run.trace.hidden[sentence].min()),
            high=number(run.trace.hidden[sentence].max()),
        )
        for name, run in zip(NAMES, runs, strict=False)
    ]
    return " ".join(said)
