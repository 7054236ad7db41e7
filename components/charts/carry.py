"""A sentence read in one call and in two, on one step axis, and how far apart they are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from components.backend.learning.predictions import Predictions, predictions
from components.backend.learning.trained import Trained
from components.backend.question.layout import STATES
from components.backend.question.linked import listed
from components.backend.whatif.carry import Answer
from components.charts import picture
from components.charts.layer_strips import apart_strip, run_blocks, run_strip
from components.charts.predictions import drawable, prediction_words, predictions_strip
from components.charts.strips import Block, Rows, Strip, strips_figure
from components.texts import text

_TWO, _CUT = 1, 2  # the places of the two calls and of the states at the cut among the strips


def carry(answer: Answer, *, sentence: int = 0, trained: Trained | None = None) -> picture.Picture:
    """A strip for one call, one for two, one for the states at the cut, one for the difference of
    the calls and, where the first state was edited, one for what that changes. Where a training
    gave the weights, one for what the cell says.

    Args:
        trained: that training.
    """
    whole = answer.whole
    limits = picture.fitted(*filter(None, (whole, answer.first, answer.second)))
    start = picture.start_edges(whole.settings.steps, whole.trace.initial["state_h"])
    shown = {"sentence": sentence, "limits": limits}
    strips = [
        run_strip(whole, text("carry.one_call"), start=start, **shown),
        _two_calls(answer, sentence, limits, start),
        _states(answer, sentence, limits),
    ]
    if answer.second is not None:
        strips.append(apart_strip(_difference(answer, sentence), text("carry.between")))
    if answer.question.initial is not None:
        strips.append(_influence(answer, sentence))
    says = _says(answer, trained, sentence)
    if says:
        strips.append(predictions_strip(_says_told(*says), *says))
    rows = Rows.of(strips, 78 if len(strips) < 4 else 56 if len(strips) == 4 else 50)
    figure = strips_figure(
        strips,
        rows,
        whole.trace.read[sentence],
        start,
        named=1,
        annotations=[
            _second_label(answer, rows.edges[_TWO]),
            *_state_labels(strips[_CUT], rows.edges[_CUT]),
        ],
        shapes=[_cut(answer, rows)],
    )
    if says:
        figure["data"].append(prediction_words(rows.edges[-1], *says))
    return picture.Picture(figure, _alt(answer))


def _says(answer: Answer, trained: Trained | None, sentence: int) -> tuple[Predictions, ...]:
    """What the cell says in one call, and in two; nothing where Keras refused the second."""
    if answer.second is None:
        return ()
    one, two = (answer.whole,), (answer.first, answer.second)
    return drawable(*(predictions(trained, sentence, *calls) for calls in (one, two)))


def _says_told(one: Predictions, two: Predictions) -> str:
    """Above what the cell says: how often that is wrong."""
    wrong = [int(each.wrong.sum()) for each in (one, two)]
    return text("carry.says", one=wrong[0], two=wrong[1], asked=int(one.asked.sum()))


def _two_calls(
    answer: Answer, sentence: int, limits: picture.Limits, start: tuple[float, float]
) -> Strip:
    """The first call up to the cut, the second one after it, and the last states of the second."""
    strip = run_strip(
        answer.first, text("carry.first_call"), sentence=sentence, limits=limits, start=start
    )
    blocks = [block for block in strip.blocks if block.name not in STATES]
    if answer.second is not None:
        cut = answer.first.settings.steps
        blocks += run_blocks(answer.second, sentence=sentence, limits=limits, after=cut)
    return Strip(strip.title, tuple(blocks), tick=strip.tick)


def _states(answer: Answer, sentence: int, limits: picture.Limits) -> Strip:
    """The states with which the second call begins, or would, in the middle of the cut."""
    question, (first, second) = answer.question, (answer.first, answer.second)
    states = {tensor.name: tensor.values for tensor in first.returned if tensor.name in STATES}
    if second is not None:
        states = second.trace.initial
    scales = {"state_h": (picture.HIDDEN, limits.h), "state_c": (picture.CELL, limits.c)}
    blocks, left = [], first.settings.steps + 0.5 - len(states) / 2
    for place, (name, state) in enumerate(states.items(), start=1):
        edges = (left + place - 1, left + place)
        look = "returned" if question.hand_over else "plain"
        said = text("carry.cut_state", name=name)
        values = state[sentence][:, None]
        blocks.append(Block(said, values, edges, *scales[name], look=look))
    kind = question.how if question.hand_over else "nothing"
    said = text(f"carry.cut_{kind if second else 'refused'}", names=listed(states))
    return Strip(said, tuple(blocks))


def _state_labels(strip: Strip, edges: list[float]) -> Iterator[picture.Figure]:
    """The names of the states at the cut, on their outer sides."""
    at = {"y": (edges[0] + edges[-1]) / 2, "xref": "x", "yref": "y", "yanchor": "middle"}
    for name, block, anchor in zip(STATES, strip.blocks, ("right", "left"), strict=False):
        x = block.span[anchor == "left"]
        yield picture.label(name, x, xanchor=anchor, xshift=3 if anchor == "left" else -3, **at)


def _second_label(answer: Answer, edges: list[float]) -> picture.Figure:
    """Above the second call, what it starts from."""
    if answer.second is None:
        said = text("carry.second_refused")
    else:
        given = [n for n, state in answer.second.trace.initial.items() if state.any()]
        names = text("charts.and").join(given)
        said = text("carry.second_given", names=names) if given else text("carry.second_zeros")
    at = answer.first.settings.steps + 0.5
    return picture.label(said, at, edges[0], xref="x", yref="y")


def _cut(answer: Answer, rows: Rows) -> picture.Figure:
    """A line where the sentence is cut, through the steps of all strips."""
    at = answer.first.settings.steps + 0.5
    edges = [edge for row, edge in enumerate(rows.edges) if row != _CUT]
    path = "".join(f"M{at},{edge[0]:.6g}V{edge[-1]:.6g}" for edge in edges)
    return {
        "type": "path",
        "path": path,
        "line": {"width": 2, "color": picture.MARK, "dash": "dash"},
    }


def _difference(answer: Answer, sentence: int) -> np.ndarray:
    """The two calls minus the one, (unit, step)."""
    hidden = (answer.first.trace.hidden, answer.second.trace.hidden)
    return (np.concatenate(hidden, axis=1) - answer.whole.trace.hidden)[sentence].T


def _influence(answer: Answer, sentence: int) -> Strip:
    """How far the edited start moves h at each step."""
    felt = answer.influence[sentence][np.newaxis]
    steps = list(range(1, felt.shape[1] + 1))
    said = text("carry.influence")
    block = Block(
        "influence", felt, steps, picture.GATE, picture.reach(felt), low=0, described=said
    )
    return Strip(text("carry.influence_of", largest=picture.number(float(felt.max()))), (block,))


def _alt(answer: Answer) -> str:
    question = answer.question
    values = {"steps": answer.whole.settings.steps, "cut": question.cut}
    if answer.second is None:
        return text("carry.alt_refused", **values)
    largest = picture.number(float(answer.difference.max()))
    kind = "passed" if question.hand_over else "zeros"
    return text(f"carry.alt_{kind}", **values, largest=largest)
