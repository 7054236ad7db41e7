"""What every chart shares: the pair it returns, its colours, its way of drawing a strip of cells.

Colours fade to transparent at zero, so that a figure suits a light and a dark page alike and
one figure serves every visitor.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from components.backend import Run
from components.backend.question.layout import SYMBOLS
from components.backend.running.replay import Trace
from components.texts import numeral, text

Colorscale = list[tuple[float, str]]

Figure = dict[str, Any]
"""A Plotly figure in Plotly's own form, data and layout: `go.Figure(figure)` checks it, which
would cost more here than all the rest of a rerun's drawing."""

STRONG = 0.7
"""The part of a limit beyond which a cell is so dark that its number is white in either mode."""

HIDDEN: Colorscale = [
    (0.0, "rgba(16, 78, 156, 1)"),
    (0.1499, "rgba(28, 102, 182, 1)"),
    (0.15, "rgba(64, 136, 214, 0.8)"),
    (0.45, "rgba(64, 136, 214, 0.26)"),
    (0.5, "rgba(128, 128, 128, 0.09)"),
    (0.55, "rgba(232, 62, 90, 0.26)"),
    (0.85, "rgba(232, 62, 90, 0.8)"),
    (0.8501, "rgba(198, 38, 64, 1)"),
    (1.0, "rgba(154, 16, 46, 1)"),
]
"""h and the candidate: blue below zero, red above. It steps at STRONG, as no colour between the
two would let both a dark and a white number be read; it is steep near 0, so that a tenth of the
limit has its hue on a dark page too. The red has no yellow in it: on a dark page little of such a
red is brown, as c is below zero."""

CELL: Colorscale = [
    (0.0, "rgba(138, 70, 0, 1)"),
    (0.1499, "rgba(164, 90, 8, 1)"),
    (0.15, "rgba(212, 128, 32, 0.72)"),
    (0.45, "rgba(212, 128, 32, 0.26)"),
    (0.5, "rgba(128, 128, 128, 0.09)"),
    (0.55, "rgba(146, 106, 224, 0.26)"),
    (0.85, "rgba(146, 106, 224, 0.72)"),
    (0.8501, "rgba(118, 76, 190, 1)"),
    (1.0, "rgba(92, 50, 160, 1)"),
]
"""c: brown below zero, violet above, so that nobody takes it for h."""

GATE: Colorscale = [
    (0.0, "rgba(128, 128, 128, 0.09)"),
    (0.5, "rgba(0, 134, 118, 0.46)"),
    (1.0, "rgba(0, 152, 134, 1)"),
]
"""A gate: transparent when closed (0), green when open (1); half open it is as far from both, to
the eye, on a light page, and nearer to closed on a dark one."""

UNIT_COLOURS = (
    "rgb(0, 114, 178)",
    "rgb(213, 94, 0)",
    "rgb(0, 158, 115)",
    "rgb(204, 121, 167)",
    "rgb(86, 180, 233)",
    "rgb(230, 159, 0)",
    "rgb(128, 100, 190)",
    "rgb(120, 120, 120)",
)

DIM = 0.45
"""The opacity of what was computed but not returned; it is hatched too."""

MARK = "rgb(125, 125, 125)"
"""The outline of a chosen step or unit: seen on a light and on a dark page, and quieter than what
was returned."""

WHITE = "white"

RETURNED = "rgb(0, 128, 114)"
"""The frame and the badge of what was returned."""

PAGE_TEXT = "gray"
"""Stands for the page's own text colour, and can be read on any page where that is unknown."""

CUT = "cut"
"""The name in layout.meta of the words for how much of a figure is not drawn."""

TITLE = "title"
"""The name of a label that is cut on a phone where it would run into the name of a state."""

BARE = {"showgrid": False, "zeroline": False, "ticks": "", "fixedrange": True}
"""An axis that is neither drawn nor zoomed, but for what its ticks say."""

FAINT = {"opacity": 0.75}
"""For a label that says what is less: the page's text colour, weaker."""


class Ran(Protocol):
    """A layer that has run: all of a `Run` that strips are drawn from."""

    @property
    def trace(self) -> Trace: ...

    def tensor(self, name: str) -> np.ndarray | None: ...


class Picture(NamedTuple):
    """A figure, and the sentence that stands for it where it cannot be seen."""

    figure: Figure
    alt: str


def reach(*arrays: np.ndarray) -> float:
    """The smallest number of two significant digits that no value exceeds in size; 1 for zeros."""
    largest = max((float(np.abs(array).max()) for array in arrays), default=0.0)
    if largest == 0 or not math.isfinite(largest):
        return 1.0
    unit = 10.0 ** (math.floor(math.log10(largest)) - 1)
    return math.ceil(largest / unit * (1 - 1e-9)) * unit


def rounded_up(limit: float) -> float:
    """The next of 1, 2 and 5, times a power of ten: scales that end there seldom change."""
    unit = 10.0 ** math.floor(math.log10(limit))
    return next(step * unit for step in (1, 2, 5, 10) if limit <= step * unit * (1 + 1e-9))


class Limits(NamedTuple):
    """Where the colours of h, c and the candidate end, on both sides of 0."""

    h: float = 1.0
    c: float = 1.0
    candidate: float = 1.0


Scale = Literal["fitted", "fixed"] | Limits
"""Fitted to a run's own values, fixed at -1 to 1, or limits from outside."""


def fitted(*runs: Ran) -> Limits:
    """Limits that suit all values of these runs, so that they can stand side by side."""
    traces = [run.trace for run in runs]
    return Limits(
        h=reach(*(trace.hidden for trace in traces)),
        c=reach(*(trace.cell for trace in traces if trace.cell is not None)),
        candidate=reach(*(t.gates["candidate"] for t in traces if "candidate" in t.gates)),
    )


def limits_of(scale: Scale, run: Run) -> Limits:
    """The limits that a scale means for a run."""
    if isinstance(scale, Limits):
        return scale
    return fitted(run) if scale == "fitted" else Limits()


def number(value: float) -> str:
    """Three significant digits."""
    return numeral(value, ".3g")


def shade(value: float, limit: float, scale: Colorscale) -> str:
    """The CSS colour of a value on a scale from -limit to limit, as Plotly mixes it."""
    places = [place for place, _ in scale]
    stops = [[float(number) for number in re.findall(r"[\d.]+", colour)] for _, colour in scale]
    at = (value / limit + 1) / 2
    *rgb, alpha = (np.interp(at, places, channel) for channel in zip(*stops, strict=True))
    return "#" + "".join(f"{round(channel):02x}" for channel in (*rgb, 255 * alpha))


def decimals(limit: float) -> int:
    """How many places after the point give three significant digits to what is near the limit."""
    return max(0, 3 - math.ceil(math.log10(limit) - 1e-9))


def fixed(values: list[float], places: int) -> list[str]:
    """Numbers with so many places after the point, none as a power of ten; ≈0 for what they cannot
    tell from 0."""
    said = " ".join([f"%.{places}f"] * len(values)) % tuple(values)
    said = said.replace("-", "\N{MINUS SIGN}").split(" ") if values else []
    zero = f"{0:.{places}f}"
    nothing = (zero, f"\N{MINUS SIGN}{zero}")
    return [
        ("≈0" if value else "0") if one in nothing else one
        for one, value in zip(said, values, strict=True)
    ]


class Numbered(NamedTuple):
    """Values (row, column) to be written on their cells, with so many places after the point.

    strong is the size beyond which a value's cell is so dark that its number is white.
    """

    values: np.ndarray
    columns: list[Any]
    places: int
    strong: float


def numbers(blocks: Iterable[Numbered], axes: tuple[str, str] = ("x", "y")) -> Figure:
    """The values as text: white where the cell is strongly coloured, else the page's own colour.

    meta holds them with all their digits, with one less and with two less: the browser shows the
    most that there is room for.
    """
    x, y, colours = [], [], []
    ways: tuple[list[str], ...] = ([], [], [])
    for block in blocks:
        rows, columns = block.values.shape
        values = block.values.ravel().tolist()
        x += list(block.columns) * rows
        y += [row for row in range(rows) for _ in range(columns)]
        for less, said in enumerate(ways):
            said += fixed(values, max(0, block.places - less))
        colours += [WHITE if abs(value) > block.strong else PAGE_TEXT for value in values]
    return texts(ways, colours, x, y, axes)


def texts(
    ways: Sequence[Sequence[str]],
    colours: Sequence[str],
    x: Sequence[float],
    y: Sequence[float],
    axes: tuple[str, str],
) -> Figure:
    """Texts at these places. The browser shows the first of the ways for which there is room."""
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "text",
        "textfont": {"color": colours},
        "xaxis": axes[0],
        "yaxis": axes[1],
        "hoverinfo": "skip",
        "showlegend": False,
        "meta": {"numbers": list(ways)},
    }


def beyond(
    x: list[float], y: list[float], symbol: str | list[str], *, size: int = 8, **extra: Any
) -> Figure:
    """Marks for values that a scale does not reach: white with a dark edge, seen on any colour."""
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "markers",
        "marker": {
            "symbol": symbol,
            "size": size,
            "color": WHITE,
            "line": {"width": 1, "color": "rgb(30, 30, 30)"},
        },
        "hoverinfo": "skip",
        "showlegend": False,
    } | extra


def strip_title(name: str, cell: str) -> str:
    """What a gate, a candidate or a state is called, as its strips' titles have it."""
    described = f"candidate_{cell}" if name == "candidate" else name
    return text(f"strips.{described}.title", symbol=SYMBOLS.get(name, ""))


def unit_names(units: Iterable[int]) -> list[str]:
    """What units are called: looked up once, as a picture may have many."""
    said = text("charts.unit", unit="{}")
    return [said.format(unit) for unit in units]


def label(said: str, x: float, y: float, **extra: Any) -> dict[str, Any]:
    """A text of the figure's own, at x and y in parts of the plot unless extra says otherwise."""
    defaults = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
    return {"text": said, "x": x, "y": y, "showarrow": False} | defaults | extra


def start_edges(steps: int, *initial: np.ndarray) -> tuple[float, float]:
    """Where on the step axis the column of the state before step 1 begins and ends: narrow, unless
    it has numbers to show."""
    width = 1.0 if any(values.any() for values in initial) else 0.5
    right = 0.5 - max(0.1, 0.008 * steps)
    return right - max(width, 0.035 * steps), right


def step_range(steps: int, start: tuple[float, float]) -> list[float]:
    """The step axis from that column to the last step, with room for half a frame at its ends."""
    edge = 0.006 * (steps + 1)
    return [start[0] - edge, steps + 0.5 + edge]


def step_ticks(
    tokens: np.ndarray, start: tuple[float, float] | None, name: str = ""
) -> dict[str, Any]:
    """Ticks of a step axis: the step's number and, below it in bold, the token read there.

    Args:
        tokens: empty words for no line of tokens.
        start: the edges of the column before step 1; None for no such column.
        name: what to call that column.
    """
    tokens = tokens.tolist()
    steps = len(tokens)
    every = 1 if steps <= 40 else 5 if steps <= 50 else 10
    shown = range(every, steps + 1, every)
    first = [name, text("charts.start")] if steps <= 12 else [name]
    if not has_tokens(tokens):  # then what stands before step 1 is said in the one line
        first = [said for said in first if said]
    before = [] if start is None else [(sum(start) / 2, "<br>".join(first))]
    ticks = [*before, *((step, _step_tick(step, tokens[step - 1])) for step in shown)]
    return {
        "tickvals": [place for place, _ in ticks],
        "ticktext": [said for _, said in ticks],
        "range": step_range(steps, start or (0.5, 0.5)),
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "tickangle": 0,
    }


def has_tokens(tokens: np.ndarray) -> bool:
    """Whether a step axis has a line of tokens."""
    return any(map(str, tokens))


def _step_tick(step: int, token: object) -> str:
    return f"{step}<br><b>{token}</b>" if str(token) else f"{step}"


def step_label(*lines: str) -> Figure:
    """What the lines of a step axis are, at its left end: the steps and, below, other lines."""
    said = "<br>".join((text("charts.step"), *(f"<b>{line}</b>" for line in lines)))
    where = {"xshift": -4, "yshift": 1, "xanchor": "right", "yanchor": "top", "align": "right"}
    return label(said, 0, 0, **where)
