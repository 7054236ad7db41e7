"""Shared by all charts: the pair that a chart returns, colours, scales, numbers, and the step axis.

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
"""A Plotly figure as a plain dict of data and layout. `go.Figure(figure)` would check it, and take
longer than all other drawing of a rerun; tests do that."""

STRONG = 0.7
"""Beyond this part of a limit a cell is so dark that its number is white, on light and dark
pages."""

ZERO = "rgba(128, 128, 128, 0.09)"
"""The colour of 0 on every scale."""

NEGATIVE, POSITIVE = "rgba(28, 102, 182, 1)", "rgba(198, 38, 64, 1)"
"""The colours of h far below zero, and far above."""

HIDDEN: Colorscale = [
    (0.0, "rgba(16, 78, 156, 1)"),
    (0.1499, NEGATIVE),
    (0.15, "rgba(64, 136, 214, 0.8)"),
    (0.45, "rgba(64, 136, 214, 0.26)"),
    (0.5, ZERO),
    (0.55, "rgba(232, 62, 90, 0.26)"),
    (0.85, "rgba(232, 62, 90, 0.8)"),
    (0.8501, POSITIVE),
    (1.0, "rgba(154, 16, 46, 1)"),
]
"""The colours of h and the candidate: blue below zero, red above.

There is a step at STRONG, as on the colours between neither a dark nor a white number could be
read. The scale is steep near 0, so that a tenth of the limit shows its hue even on a dark page. The
red has no yellow in it: a faint red with yellow looks brown on a dark page, which is c below zero.
"""

CELL: Colorscale = [
    (0.0, "rgba(138, 70, 0, 1)"),
    (0.1499, "rgba(164, 90, 8, 1)"),
    (0.15, "rgba(212, 128, 32, 0.72)"),
    (0.45, "rgba(212, 128, 32, 0.26)"),
    (0.5, ZERO),
    (0.55, "rgba(146, 106, 224, 0.26)"),
    (0.85, "rgba(146, 106, 224, 0.72)"),
    (0.8501, "rgba(118, 76, 190, 1)"),
    (1.0, "rgba(92, 50, 160, 1)"),
]
"""The colours of c: brown below zero, violet above, so that nobody takes it for h."""

GATE: Colorscale = [
    (0.0, ZERO),
    (0.5, "rgba(0, 134, 118, 0.46)"),
    (1.0, "rgba(0, 152, 134, 1)"),
]
"""The colours of a gate: transparent when closed (0), green when open (1). On a light page, half
open looks halfway between the two; on a dark page it looks nearer to closed."""

WEIGHT: Colorscale = [
    (0.0, ZERO),
    (0.1, "rgba(150, 166, 0, 0.28)"),
    (0.7, "rgba(150, 166, 0, 0.66)"),
    (0.7001, "rgba(104, 118, 0, 1)"),
    (1.0, "rgba(78, 90, 0, 1)"),
]
"""The colours of an attention weight, from 0 to 1: olive, so that nobody takes it for a gate, with
a step at STRONG and steep near 0, as HIDDEN."""

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
"""The opacity of values that were computed but not returned; they are hatched as well."""

MARK = "rgb(125, 125, 125)"
"""The outline of a chosen step or unit: it shows on light and dark pages, and is less striking than
the frame of what was returned."""

WHITE = "white"

RETURNED = "rgb(20, 25, 31)"
"""The frame and the badge of what was returned: the light theme's ink, which the browser replaces
by the page's own."""

RIGHT, WRONG = "rgb(38, 142, 66)", "rgb(214, 58, 42)"
"""The colours of the marks of right and wrong answers, and of nothing else."""

SAYS: Colorscale = [
    (0.0, "rgba(222, 70, 50, 0.4)"),
    (0.499, "rgba(222, 70, 50, 0.4)"),
    (0.5, ZERO),
    (1.0, "rgba(128, 128, 128, 0.5)"),
]
"""The colours of a trained cell's answers: of no, 0, of yes, 1, and of a wrong one, -1."""

PAGE_TEXT = "gray"
"""The browser replaces this by the page's text colour; where it cannot, gray is readable on any
page."""

CUT = "cut"
"""The key in layout.meta for the sentence that says how much of a figure is not drawn."""

SHORT = "short"
"""The key in layout.meta for shorter forms of labels and ticks, each a list from longer to shorter.
The browser takes the first form for which there is room."""

ASIDE = "aside"
"""The name of a label that the browser leaves out where it would touch another one."""

OVER = "over"
"""The name of a label over its column of the step axis. The browser never moves it: where there is
no room for all of a line, it leaves out those that come later in the figure."""

TITLE = "title"
"""The name of a label that the browser cuts where it would run into the name of a state."""

BARE = {"showgrid": False, "zeroline": False, "ticks": "", "fixedrange": True}
"""An axis without lines and without zoom, of which only the ticks' texts are drawn."""

FAINT = {"opacity": 0.75}
"""For a label of lesser importance: the page's text colour, weaker."""


class Ran(Protocol):
    """A layer that has run, as strips need it: a `Run`, or a `LayerRun`."""

    @property
    def trace(self) -> Trace: ...

    def tensor(self, name: str) -> np.ndarray | Any: ...


class Picture(NamedTuple):
    """A figure, and its alternative text for somebody who cannot see it."""

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
    """The limit, rounded up to 1, 2 or 5 times a power of ten, so that scales seldom change."""
    unit = 10.0 ** math.floor(math.log10(limit))
    return next(step * unit for step in (1, 2, 5, 10) if limit <= step * unit * (1 + 1e-9))


class Limits(NamedTuple):
    """Where the colour scales of h, c and the candidate end, on both sides of 0."""

    h: float = 1.0
    c: float = 1.0
    candidate: float = 1.0


Scale = Literal["fitted", "fixed"] | Limits
"""A scale is fitted to a run's own values, fixed at -1 to 1, or ends at given limits."""


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
    """The number of decimals with which a number near the limit has three significant digits."""
    return max(0, 3 - math.ceil(math.log10(limit) - 1e-9))


def fixed(values: list[float], places: int) -> list[str]:
    """Numbers with so many decimals, never with a power of ten; ≈0 for a number that would read as
    0 but is not."""
    said = " ".join([f"%.{places}f"] * len(values)) % tuple(values)
    said = said.replace("-", "\N{MINUS SIGN}").split(" ") if values else []
    zero = f"{0:.{places}f}"
    nothing = (zero, f"\N{MINUS SIGN}{zero}")
    return [
        ("≈0" if value else "0") if one in nothing else one
        for one, value in zip(said, values, strict=True)
    ]


class Numbered(NamedTuple):
    """Values (row, column) to be written on their cells, with so many decimals.

    A value larger than strong has so dark a cell that its number is white.
    """

    values: np.ndarray
    columns: Sequence[Any]
    places: int
    strong: float


def numbers(blocks: Iterable[Numbered], axes: tuple[str, str] = ("x", "y")) -> Figure:
    """The values as text: white on strongly coloured cells, else in the page's text colour.

    meta has each number with all its decimals, with one fewer and with two fewer, but with one at
    least of any: 0.3 is not nothing beside 1.2. The browser shows the longest form that fits.
    """
    x, y, colours = [], [], []
    ways: tuple[list[str], ...] = ([], [], [])
    for block in blocks:
        rows, columns = block.values.shape
        values = block.values.ravel().tolist()
        x += list(block.columns) * rows
        y += [row for row in range(rows) for _ in range(columns)]
        for less, said in enumerate(ways):
            said += fixed(values, max(min(block.places, 1), block.places - less))
        colours += [WHITE if abs(value) > block.strong else PAGE_TEXT for value in values]
    return texts(ways, colours, x, y, axes)


def texts(
    ways: Sequence[Sequence[str]],
    colours: Sequence[str],
    x: Sequence[float],
    y: Sequence[float],
    axes: tuple[str, str],
) -> Figure:
    """Texts at these places, written in several ways. The browser shows the first way that fits."""
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
    """Marks for values beyond the scale: white with a dark edge, so that they show on any
    colour."""
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
    """The name of a gate, a candidate or a state in the title of its strip."""
    described = f"candidate_{cell}" if name == "candidate" else name
    return text(f"strips.{described}.title", symbol=SYMBOLS.get(name, ""))


def unit_names(units: Iterable[int]) -> list[str]:
    """The names of units. The text is looked up once, as a picture may have many units."""
    said = text("charts.unit", unit="{}")
    return [said.format(unit) for unit in units]


def label(said: str, x: float, y: float, **extra: Any) -> dict[str, Any]:
    """A Plotly annotation, at x and y in parts of the plot unless extra says otherwise."""
    defaults = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
    return {"text": said, "x": x, "y": y, "showarrow": False} | defaults | extra


def start_edges(steps: int, *initial: np.ndarray) -> tuple[float, float]:
    """The edges, on the step axis, of the column of the state before step 1. It is narrow if that
    state is 0."""
    width = 1.0 if any(values.any() for values in initial) else 0.75
    right = 0.5 - max(0.1, 0.008 * steps)
    return right - max(width, 0.035 * steps), right


def step_range(steps: int, start: tuple[float, float]) -> list[float]:
    """The range of a step axis, from the column before step 1 to the last step, with room for half
    a frame at both ends."""
    edge = 0.006 * (steps + 1)
    return [start[0] - edge, steps + 0.5 + edge]


def step_ticks(
    tokens: np.ndarray, start: tuple[float, float] | None, *, zeros: bool = True
) -> dict[str, Any]:
    """Ticks of a step axis: the step's number and, below it in bold, the token read there.

    Args:
        tokens: empty strings for no line of tokens.
        start: the edges of the column before step 1; None for no such column.
        zeros: whether the state in that column is 0.
    """
    tokens = tokens.tolist()
    steps = len(tokens)
    every = 1 if steps <= 40 else 5 if steps <= 50 else 10
    shown = range(every, steps + 1, every)
    first = [text("charts.start"), *[text("charts.start_zeros")] * zeros]
    if not has_tokens(tokens):
        del first[1:]
    before = [] if start is None else [(sum(start) / 2, "<br>".join(first))]
    ticks = [*before, *((step, step_tick(step, tokens[step - 1])) for step in shown)]
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


def step_tick(step: int, token: object) -> str:
    """A tick of a step axis: the step's number and, below it in bold, the token read there."""
    return f"{step}<br><b>{token}</b>" if str(token) else f"{step}"


def token_label(tokens: np.ndarray) -> str:
    """What the line of tokens below the steps is: ids, or the names of what is read."""
    return text("charts.token_id" if tokens.dtype.kind in "iu" else "charts.token")


def step_label(*lines: str) -> Figure:
    """The label at the left end of a step axis, which says what its lines are: the steps and,
    below, other lines."""
    said = "<br>".join((text("charts.step"), *(f"<b>{line}</b>" for line in lines)))
    where = {"xshift": -4, "yshift": 1, "xanchor": "right", "yanchor": "top", "align": "right"}
    return label(said, 0, 0, **where)
