"""The timeline: a run's strip with more room, for badges, numbers, and what was not returned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from components.backend import Run
from components.backend.learning.predictions import Predictions, predictions
from components.backend.learning.trained import Trained
from components.backend.question.labels import named_shape
from components.backend.question.layout import returned_layout
from components.charts import picture, strips
from components.charts.layer_strips import run_strip
from components.charts.lines import ROOM, key_of_c, line_traces
from components.charts.predictions import (
    drawable,
    prediction_marks,
    prediction_words,
    predictions_strip,
)
from components.charts.strips import STATES, Block, Rows, Strip
from components.texts import text

View = Literal["heatmap", "lines"]

_LINE = 18  # px from one line of labels to the next
_TOP = 2 * _LINE + 8  # px above the plot: a line of names, and one on what was returned or not
_ABOVE = 3 + _LINE  # px from the plot to the line above the names
_BOTTOM = 44  # px
_LEGEND = 40  # px below the lines
_LEAST_LINES = 144  # px that lines need at least
_MOST_NUMBERED = (12, 20)  # units, steps: beyond these the numbers have no room
_LETTERS = 30  # px above the cells, for the letters that are read
_LONGEST = 2  # characters of a letter, which may bear a star
_LETTER = 18  # px of a letter; the browser makes them smaller where columns are narrow
_SAID = 50  # px below the cells, for a gap, what the cell says, and whether that is right
_GAP, _MARKS = 8, 18  # px of the gap, and of the marks
_MOST_LETTERS = 50  # steps: beyond these the letters have no room


def timeline(
    run: Run,
    *,
    sentence: int = 0,
    scale: picture.Scale = "fitted",
    view: View = "heatmap",
    trained: Trained | None = None,
) -> picture.Picture:
    """Outputs as units by steps with the tokens under the steps; beside them the last states.

    What Keras returned is drawn from its tensors, framed and labelled as returned. What was only
    computed is drawn from the trace, dimmed, hatched and labelled as not returned. Where the ids
    stand for letters, the heatmap has these above it and, where the cell was trained, what it says
    below it.

    Args:
        scale: of the colours, or of the lines' axis.
        trained: the training that gave the weights.
    """
    tokens, limits = run.trace.read[sentence], picture.limits_of(scale, run)
    start = picture.start_edges(len(tokens), run.trace.initial["state_h"])
    strip = run_strip(run, "", sentence=sentence, limits=limits, start=start)
    high = min(208, 28 * max(strip.units, 2))
    if view == "heatmap":
        says = drawable(predictions(trained, sentence, run))
        traces, own, high = _heatmap(strip, run, high, says, sentence)
        if _has_letters(run):
            tokens = run.trace.tokens[sentence]
    else:
        high = max(high, _LEAST_LINES)
        traces, own = _lines(strip, run, sentence, high)
        high += _LEGEND
    layout = strips.strips_layout(
        [strip],
        tokens=tokens,
        start=start,
        gap=0.04,
        height=_TOP + high + _BOTTOM,
        margin={"l": 52, "r": 8, "t": _TOP, "b": _BOTTOM},
        **own,
    )
    layout["annotations"] += _labels(strip, run, layout)
    if same := last_is_state(run):
        _tie(layout, run, own["rows"])
    return picture.Picture({"data": traces, "layout": layout}, _alt(run, sentence, strip, same))


def last_is_state(run: Run) -> bool:
    """Whether Keras returned the last output a second time, as state_h."""
    state_h = run.tensor("state_h")
    return state_h is not None and np.array_equal(run.last_output, state_h)


def _heatmap(
    strip: Strip, run: Run, high: float, says: tuple[Predictions, ...], sentence: int
) -> tuple[list[picture.Figure], dict[str, Any], float]:
    """The traces of cells with their numbers, of the letters above them and the answers below; the
    keys of the layout that only a heatmap has; and the height of all, in px."""
    units = strip.units
    one = units / high  # of the axis, a px
    above = _LETTERS * one if _has_letters(run) else 0.0
    below = _SAID * one if says else 0.0
    top, bottom = -0.5, units - 0.5
    edges = [unit - 0.5 for unit in range(units + 1)]
    rows = Rows((edges,), high, (bottom + below, top - above), units + above + below)
    shown = range(0, units, 1 if units <= 16 else 8)
    ticks: dict[float, str] = dict(zip(shown, picture.unit_names(shown), strict=True))
    traces = [*strips.cell_traces([strip], rows), *_written(strip, run)]
    if above:
        traces.append(_letters(run, sentence, top - above / 2))
        ticks[top - above / 2] = text("charts.token")
    if says:
        first, last = bottom + _GAP * one, bottom + below - _MARKS * one
        row = Rows(([first, last],), _SAID - _GAP - _MARKS, rows.range)
        answers = predictions_strip("", *says, tokens=run.trace.read[sentence].tolist())
        traces += strips.cell_traces([answers], row)
        traces.append(prediction_words([first, last], *says, marked=False))
        traces.append(prediction_marks((last + bottom + below) / 2, *says))
        ticks[(first + last) / 2] = f"<b>{text('charts.says')}</b>"
    own = {"rows": rows, "yaxis": strips.row_axis(rows, ticks), "units": units}
    return traces, own | {"annotations": strips.reaches(strip)}, high + (above + below) / one


def _has_letters(run: Run) -> bool:
    """Whether the ids stand for letters; words have more room below the steps."""
    return 0 < max(map(len, run.trace.symbols), default=0) <= _LONGEST


def _letters(run: Run, sentence: int, y: float) -> picture.Figure:
    """The letters that are read, each above its column, if there is room for them."""
    read = run.trace.read[sentence].tolist()
    shown = read if len(read) <= _MOST_LETTERS else []
    return {
        "type": "scatter",
        "x": list(range(1, len(shown) + 1)),
        "y": [y] * len(shown),
        "mode": "text",
        "text": [f"<b>{letter}</b>" for letter in shown],
        "textfont": {"size": _LETTER},
        "meta": {"letters": _LETTER},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _lines(
    strip: Strip, run: Run, sentence: int, high: float
) -> tuple[list[picture.Figure], dict[str, Any]]:
    """The traces of a line a unit, and the keys of the layout that only lines have."""
    limit = max(block.high for block in strip.blocks)
    rows = Rows.alone([limit * ROOM, -limit * ROOM], high)
    axis = {"range": list(rows.range), "zeroline": True, "fixedrange": True, "nticks": 5}
    axis["ticklabelshift"] = -4  # clear of what the lines of the step axis are
    legend = {"orientation": "h", "x": 0, "y": -_BOTTOM / high, "yanchor": "top"}
    *blocks, start = strip.drawn_blocks
    own: dict[str, Any] = {"rows": rows, "yaxis": axis, "showlegend": True, "legend": legend}
    if run.trace.cell is not None:
        columns = list(range(1, run.settings.steps + 1))
        c = run.trace.cell[sentence].T[strip.drawn]
        blocks.append(Block("c", c, columns, picture.CELL, limit, look="computed"))
        own["shapes"] = [_level(end, columns) for end in (-1, 1) if limit > 1]
    keys = [key_of_c()] if run.trace.cell is not None else []
    lines = line_traces([*blocks, start], run, sentence, limit)
    return [*keys, *lines, *strips.hatches(strip.blocks, rows.edges[0])], own


def _level(y: float, columns: list[int]) -> picture.Figure:
    """A dotted line through the steps at -1 or 1, which c may cross and h may not."""
    line = {"width": 1, "color": picture.MARK, "dash": "dot"}
    place = {"x0": columns[0] - 0.5, "x1": columns[-1] + 0.5, "y0": y, "y1": y}
    return {"type": "line", "line": line, "layer": "below", **place}


def _written(strip: Strip, run: Run) -> Iterator[picture.Figure]:
    """The numbers in the cells: in those of the states if the rows are high enough, in those of the
    steps only if there are few."""
    if run.settings.units > _MOST_NUMBERED[0]:
        return
    places = {
        name: picture.decimals(picture.reach(steps)) for name, steps in run.trace.states.items()
    }
    for axis in ("x", STATES) if run.settings.steps <= _MOST_NUMBERED[1] else (STATES,):
        yield picture.numbers(
            (
                picture.Numbered(
                    block.values,
                    block.middles,
                    places.get(block.name, places["state_h"]),
                    picture.STRONG * block.high if block.returned else np.inf,
                )
                for block in strip.blocks
                if block.axis == axis
            ),
            (axis, "y"),
        )


# Labels and frames


def _labels(strip: Strip, run: Run, layout: dict[str, Any]) -> Iterator[picture.Figure]:
    """The name of outputs, badges on what was returned, and labels on what was not."""
    first, end = (strips.of_plot(x, layout["xaxis"]) for x in (0.5, run.settings.steps + 0.5))
    at, anchor = (first, "left") if run.settings.return_sequences else (end, "right")
    title = f"<b>outputs</b> {named_shape(returned_layout(run.settings)[0])}"
    top = layout["yaxis"]["range"][1]
    yield picture.label(title, at, top, yref="y", name=picture.TITLE, xanchor=anchor)
    yield strips.badge(text("charts.returned"), at, 1, yshift=_ABOVE, xanchor=anchor)
    if strip.blocks[0].missing:
        yield picture.label(text("charts.not_returned"), 0, 1, yshift=_ABOVE)
    states, middle = strip.states, sum(layout["xaxis2"]["domain"]) / 2
    if states[0].missing:
        yield picture.label(text("charts.not_returned"), middle, 1, yshift=_ABOVE, xanchor="center")
    else:
        said = text("charts.both_returned" if len(states) > 1 else "charts.returned")
        yield strips.badge(said, middle, 1, yshift=_ABOVE, xanchor="center")


def _tie(layout: dict[str, Any], run: Run, rows: Rows) -> None:
    """A frame round the last output, and a line with an equals sign from it to the equal state."""
    steps, (top, *_, bottom) = run.settings.steps, rows.edges[0]
    left, right = layout["xaxis"]["domain"][1], layout["xaxis2"]["domain"][0]
    if run.settings.return_sequences and steps > 1:
        layout["shapes"].append(strips.frame((steps - 0.5, steps + 0.5), (bottom, top)))
    line = strips.frame((left, right), ((top + bottom) / 2,) * 2, "paper")
    layout["shapes"].append(line | {"type": "line"})
    sign = {"xanchor": "center", "font": {"size": 18}, "yref": "y"}
    middle = (left + right) / 2
    layout["annotations"].append(picture.label("<b>=</b>", middle, (top + bottom) / 2, **sign))


# Texts


def timeline_note(
    run: Run, *, sentence: int = 0, scale: picture.Scale = "fitted", view: View = "heatmap"
) -> str:
    """The text below the timeline: what was not returned, what its colours mean, as far as they
    occur in it, and how many values lie beyond its scale."""
    limits = picture.limits_of(scale, run)
    shown = {"h": run.trace.hidden[sentence]}
    if run.trace.cell is not None:
        shown["c"] = run.trace.cell[sentence, -1 if view == "heatmap" else 0 :]
    kind = "given" if isinstance(scale, picture.Limits) else scale
    names = text(f"note.of_{''.join(shown)}")
    said = [
        *_missing(run),
        text("note.axis" if (view, kind) == ("lines", "fitted") else f"note.{kind}", names=names),
    ]
    if view == "lines" and "c" in shown:
        said.append(text("note.dashed"))
    if view == "heatmap":
        said += [text(f"note.{name}_{_signs(values)}") for name, values in shown.items()]
    edges = limits._asdict()
    if view == "lines":  # on one axis, which has some room at its ends
        edges = dict.fromkeys(shown, max(edges[name] for name in shown) * ROOM)
    beyond = {name: np.abs(values) > edges[name] for name, values in shown.items()}
    if count := sum(int(over.sum()) for over in beyond.values()):
        marked = any(over.any() and strips.has_room(*over.T.shape) for over in beyond.values())
        mark = text("note.mark") if marked or view == "lines" else ""
        kind = "one" if count == 1 else "many"
        said.append(text(f"note.beyond_{kind}", count=count, mark=mark))
    if not any(state.any() for state in run.trace.initial.values()):
        said.append(text(f"note.start_{''.join(shown)}"))
    if run.settings.go_backwards:
        said.append(text("note.backwards"))
    return " ".join(said)


def _missing(run: Run) -> Iterator[str]:
    """Sentences on what was computed and not returned, with the flags that would have returned
    it."""
    last, states = run.settings.steps - 1, list(run.trace.states)
    if not run.settings.return_sequences and last:
        which = text("charts.steps_computed" if last > 1 else "charts.step_computed", last=last)
        yield f"{which}; {strips.would('return_sequences', last)}."
    if not run.settings.return_state:
        what = f"{', '.join(states)}: {text('charts.not_returned')}"
        yield f"{what}; {strips.would('return_state', len(states))}."


def _signs(values: np.ndarray) -> str:
    above, below = (values > 0).any(), (values < 0).any()
    return "both" if above and below else "above" if above else "below" if below else "zero"


def _alt(run: Run, sentence: int, strip: Strip, same: bool) -> str:
    settings, hidden = run.settings, run.trace.hidden[sentence]
    states = [tensor.name for tensor in run.returned[1:]]
    said = [
        text(
            "charts.alt_timeline",
            cell=settings.cell,
            units=settings.units,
            steps=settings.steps,
            low=picture.number(hidden.min()),
            high=picture.number(hidden.max()),
        ),
        text(
            f"charts.alt_{'every' if settings.return_sequences else 'last'}_step",
            states=text("charts.and").join(states) or text("charts.no_state"),
        ),
    ]
    if same:
        said.append(text("charts.alt_equals"))
    if missing := [block.name for block in strip.blocks if block.missing]:
        said.append(text("charts.alt_missing", names=text("charts.and").join(missing)))
    return " ".join(said)
