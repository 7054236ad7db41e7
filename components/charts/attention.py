"""Attention: which step asks, and how much each step that it asks counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from components.backend.whatif import encoder_decoder
from components.backend.whatif.attention import Answer
from components.charts import picture
from components.charts.layer_strips import layer_limits, layer_strip
from components.charts.strips import HEAD, STATES, Block, Rows, Strip, crossed, strips_figure
from components.texts import numeral, text

_HIGH = 64  # px of a strip
_LANE = 18  # px above the bars, for their numbers
_BAR = picture.WEIGHT[2][1]  # so light that a dark number can be read on it
_BARE: picture.Colorscale = [(0.0, picture.ZERO), (1.0, picture.ZERO)]

_MOST_HEADS = 8
_MOST_STEPS = 100  # of queries, and of values
_BESIDE = 4  # heads beside one another; further ones stand below
_ROW, _LEAST_ROW = 26, 4  # px of a query's row
_ROWS = 320  # px of all rows of a head, where that is possible
_NAMES = 20  # px above the cells, for the names of the values
_BETWEEN = 0.03  # from one head to the next, in parts of the plot
_GAPS = (2, 40), (1, 80)  # px between cells, and the most columns that leave room for it
_MOST_NUMBERED = (12, 14)  # queries, values: beyond these the numbers have no room


def attention(answer: Answer, *, sentence: int = 0) -> picture.Picture:
    """A strip for all h. If one query asks: one for the scores, one for the weights, as bars, and
    one for weight · h with their sum, the context, beside it. If each h asks: one for the context
    at every step; `attention_square` has the weights."""
    trace, attended = answer.layer.trace, answer.attended
    tokens, limits = trace.read[sentence], layer_limits(answer.layer)
    start = picture.start_edges(len(tokens), trace.initial["state_h"])
    layer = answer.layer.layer
    title = text("attention.h", layer=f"{layer.cell}({layer.units})")
    first = layer_strip(answer.layer, title, sentence=sentence, start=start, limits=limits)
    single = attended.context.shape[1] == 1
    below = _single(answer, sentence) if single else _every(answer, sentence, limits.h)
    strips = [first, *below]
    rows = Rows.of(strips, _HIGH)
    figure = strips_figure(strips, rows, tokens, start, barmode="overlay")
    if single:
        numbered = len(tokens) <= _MOST_NUMBERED[1]
        lane = _LANE / (_HIGH / strips[2].units) if numbered else 0.0
        figure["data"] += _bars(answer, sentence, rows.edges[2], lane)
        if numbered:
            figure["data"].append(_written(strips[2].blocks[0], rows.edges[2], lane))
    allowed = attended.asked.value_mask
    if allowed is not None:
        for edges in rows.edges:
            figure["data"] += crossed((~allowed[sentence]).tolist(), edges)
    return picture.Picture(figure, _said(answer, sentence))


def _single(answer: Answer, sentence: int) -> Iterator[Strip]:
    """The strips of one query."""
    attended, tokens = answer.attended, answer.layer.trace.read[sentence].tolist()
    scores, weights = attended.attended.scores[sentence, :, 0], attended.weights[sentence, :, 0]
    columns: dict[str, Any] = {"columns": list(range(1, len(tokens) + 1)), "tokens": tokens}
    heads = [[text("attention.head", head=head + 1)] * len(tokens) for head in range(len(scores))]
    called = {"called": heads}
    high = picture.reach(scores)
    block = Block("score", scores, colorscale=picture.HIDDEN, high=high, **columns, **called)
    asks = text(f"attention.asks_{attended.attention.query}")
    yield Strip(text("attention.score", asks=asks), (block,))
    more: dict[str, Any] = {"high": 1.0, "low": 0.0, "look": "returned"}
    block = Block("weights", weights, colorscale=_BARE, **more, **columns, **called)
    yield Strip(text("attention.weights", top=numeral(_top(weights), ".2g")), (block,))
    parts = attended.parts(answer.weights, sentence=sentence).T
    context = attended.context[sentence].T
    high = picture.reach(parts, context)
    sums = Block("context", context, [1], picture.HIDDEN, high, look="returned", axis=STATES)
    block = Block("weight · h", parts, colorscale=picture.HIDDEN, high=high, **columns)
    heads = "_heads" if attended.attention.score == "multi_head" else ""
    yield Strip(text(f"attention.parts{heads}"), (block, sums))


def _every(answer: Answer, sentence: int, high: float) -> Iterator[Strip]:
    """The context of each step that asks, on the scale of h."""
    context, tokens = answer.attended.context[sentence].T, answer.layer.trace.read[sentence]
    columns = list(range(1, len(tokens) + 1))
    high = max(high, picture.reach(context))
    more: dict[str, Any] = {"look": "returned", "tokens": tokens.tolist()}
    block = Block("context", context, columns, picture.HIDDEN, high, **more)
    heads = "_heads" if answer.attended.attention.score == "multi_head" else ""
    yield Strip(text(f"attention.contexts{heads}"), (block,))


def _top(weights: np.ndarray) -> float:
    """The largest weight, whose bar is as high as its row."""
    return float(weights.max())


def _bars(
    answer: Answer, sentence: int, edges: list[float], lane: float
) -> Iterator[picture.Figure]:
    """A bar for each weight.

    Args:
        lane: the part of a row, at its top, that is left for numbers.
    """
    each = answer.attended.weights[sentence, :, 0]
    for head, weights in enumerate(each / _top(each)):
        bottom, room = edges[head + 1], (edges[head + 1] - edges[head]) * (1 - lane)
        yield {
            "type": "bar",
            "x": list(range(1, len(weights) + 1)),
            "y": (-weights * room).round(6).tolist(),  # rows go down
            "base": bottom,
            "width": 0.9,
            "marker": {"color": _BAR, "line": {"width": 0}},
            "hoverinfo": "skip",
            "showlegend": False,
        }


def _written(block: Block, edges: list[float], lane: float) -> picture.Figure:
    """The weights as numbers above their bars."""
    heads, steps = block.values.shape
    written = _weights_written(block.values, block.columns, ("x", "y"), strong=np.inf)
    places = [edges[head] + lane / 2 * (edges[head + 1] - edges[head]) for head in range(heads)]
    return written | {"y": [place for place in places for _ in range(steps)]}


def _said(answer: Answer, sentence: int) -> str:
    """The alternative text: how many h are weighed, and which of them most."""
    attended, read = answer.attended, answer.layer.trace.read[sentence]
    steps = attended.extreme(heaviest=True)[sentence]
    weights = attended.weights[sentence].mean(axis=0)
    step = int(steps[-1])
    values = {
        "steps": len(read),
        "step": step + 1,
        "token": read[step],
        "largest": picture.number(float(weights[-1, step])),
    }
    return text("attention.alt_one" if len(steps) == 1 else "attention.alt_each", **values)


def attention_square(answer: Answer, *, sentence: int = 0) -> picture.Picture:
    """The weights of self-attention: a row for each step that asks, a column for each that is
    asked."""
    read, mask = answer.layer.trace.read[sentence], answer.attended.asked.value_mask
    return attention_heatmap(
        answer.attended.weights[sentence],
        read.tolist(),
        read.tolist(),
        query_name=text("attention.asks"),
        value_name=text("attention.asked"),
        title=text("attention.square"),
        mask=None if mask is None else mask[sentence],
    )


def attention_between(answer: encoder_decoder.Answer, *, sentence: int = 0) -> picture.Picture:
    """The weights between encoder and decoder: a row for each step that the decoder reads, a column
    for each of the source, crossed out where it is masked.

    Args:
        answer: of a question with attention.
    """
    assert answer.attended is not None
    target, source = (each.trace.read[sentence] for each in (answer.decoder, answer.encoder))
    mask = answer.attended.asked.value_mask
    return attention_heatmap(
        answer.attended.weights[sentence],
        target.tolist(),
        source.tolist(),
        query_name=text("encoder_decoder.read"),
        value_name=text("encoder_decoder.source"),
        title=text("attention.between"),
        mask=None if mask is None else mask[sentence],
    )


def attention_heatmap(
    weights: np.ndarray,
    query_labels: Sequence[object],
    value_labels: Sequence[object],
    *,
    query_name: str = "query",
    value_name: str = "value",
    title: str = "",
    mask: np.ndarray | None = None,
) -> picture.Picture:
    """A row for each query, a column for each value, and in each cell the weight, on a scale from
    0 to 1. Heads stand beside one another.

    Args:
        weights: (query, value), or (head, query, value); each row sums to 1.
        query_labels, value_labels: what stands beside each row and above each column, such as the
            words.
        query_name, value_name: what the rows are, and the columns.
        title: above the cells; with several heads the number of each head follows it.
        mask: (value,): False at the values that were masked, which are crossed out.
    """
    heads = weights if weights.ndim == 3 else weights[np.newaxis]
    shown = heads[:_MOST_HEADS, :_MOST_STEPS, :_MOST_STEPS]
    grid = _Grid(*shown.shape)
    names = [
        [str(each) for each in labels[:_MOST_STEPS]] for labels in (query_labels, value_labels)
    ]
    hidden = [] if mask is None else (~mask[:_MOST_STEPS]).tolist()
    traces = [one for head in range(grid.heads) for one in _head(shown, head, grid, names, hidden)]
    corner = f"{query_name} \N{DOWNWARDS ARROW}  {value_name} \N{RIGHTWARDS ARROW}"
    layout = {
        "height": grid.height,
        "margin": {"l": 52, "r": 8, "t": 0, "b": 6},
        **_axes(grid, names),
        "annotations": [*_titles(grid, title, corner)],
        "hoverlabel": {"align": "left"},
        "dragmode": False,
        "uirevision": str(shown.shape),
        "meta": {"pageText": picture.PAGE_TEXT, picture.CUT: _cut(heads)},
    }
    return picture.Picture(
        {"data": traces, "layout": layout}, _alt(heads, query_labels, value_labels)
    )


class _Grid(NamedTuple):
    """Heads, at most _BESIDE of them in a line."""

    heads: int
    queries: int
    values: int

    @property
    def lines(self) -> int:
        return -(-self.heads // _BESIDE)

    @property
    def columns(self) -> int:
        """How many columns stand beside one another."""
        return min(self.heads, _BESIDE) * self.values

    @property
    def cells(self) -> int:
        """px of a head's cells, from top to bottom."""
        return self.queries * max(_LEAST_ROW, min(_ROW, _ROWS // self.queries))

    @property
    def pitch(self) -> int:
        """px from one line of heads to the next."""
        return HEAD + _NAMES + self.cells

    @property
    def height(self) -> int:
        return self.lines * self.pitch + 6  # the margin below

    def across(self, head: int) -> list[float]:
        """The place of a head's cells from left to right, in parts of the plot."""
        beside = min(self.heads, _BESIDE)
        width = (1 - _BETWEEN * (beside - 1)) / beside
        left = head % _BESIDE * (width + _BETWEEN)
        return [left, min(1.0, left + width)]

    def down(self, line: int) -> list[float]:
        """The place of a line's cells from the bottom to the top, in parts of the plot."""
        whole = self.lines * self.pitch
        top = whole - line * self.pitch - HEAD - _NAMES
        return [(top - self.cells) / whole, top / whole]


def _axis(letter: str, number: int) -> str:
    """The name of an axis, as traces have it: "x", "x2", …"""
    return letter if number == 0 else f"{letter}{number + 1}"


def _head(
    shown: np.ndarray, head: int, grid: _Grid, names: list[list[str]], hidden: list[bool]
) -> Iterator[picture.Figure]:
    """The cells of a head, crossed lines over those that were masked, and their numbers."""
    queries, values = names
    x, y = _axis("x", head), _axis("y", head // _BESIDE)
    columns = list(range(1, grid.values + 1))
    said = text("attention.hover", query="%{text}", value="%{customdata}", weight="%{z:.6g}")
    yield {
        "type": "heatmap",
        "z": shown[head],
        "x": columns,
        "y": list(range(grid.queries)),
        "zmin": 0,
        "zmax": 1,
        "colorscale": picture.WEIGHT,
        "showscale": False,
        "xgap": next((gap for gap, most in _GAPS if grid.columns <= most), 0),
        "ygap": 2 if grid.queries <= 40 else 0,
        "xaxis": x,
        "yaxis": y,
        "customdata": [values],
        "text": [[name] for name in queries],
        "hovertemplate": f"{said}<extra></extra>",
    }
    for lines in crossed(hidden, [-0.5, grid.queries - 0.5]):
        yield lines | {"xaxis": x, "yaxis": y}
    if grid.queries <= _MOST_NUMBERED[0] and grid.values <= _MOST_NUMBERED[1]:
        yield _weights_written(shown[head], columns, (x, y))


def _weights_written(
    values: np.ndarray,
    columns: Sequence[float],
    axes: tuple[str, str],
    strong: float = picture.STRONG,
) -> picture.Figure:
    """Weights (row, column) as numbers of two decimals: with fewer, most would read as 0. They have
    as many ways of writing as other numbers, as the browser takes the same for all.

    Args:
        strong: beyond this a weight has so dark a cell that its number is white.
    """
    rows = [row for row in range(len(values)) for _ in columns]
    flat = values.ravel().tolist()
    colours = [picture.WHITE if weight > strong else picture.PAGE_TEXT for weight in flat]
    return picture.texts(
        [picture.fixed(flat, 2)] * 3, colours, [*columns] * len(values), rows, axes
    )


def _axes(grid: _Grid, names: list[list[str]]) -> dict[str, Any]:
    """The axes: for each head the names of the values above it, for each line those of the
    queries."""
    queries, values = names
    axes: dict[str, Any] = {}
    for head in range(grid.heads):
        axes[_axis("x", head).replace("x", "xaxis")] = picture.BARE | {
            "domain": grid.across(head),
            "anchor": _axis("y", head // _BESIDE),
            "range": [0.5, grid.values + 0.5],
            "side": "top",
            "tickvals": list(range(1, grid.values + 1)),
            "ticktext": values,
            "tickangle": 0,
            **({"matches": "x"} if head else {}),
        }
    every = -(-grid.queries * 15 // grid.cells)  # a name takes 15 px
    for line in range(grid.lines):
        axes[_axis("y", line).replace("y", "yaxis")] = picture.BARE | {
            "domain": grid.down(line),
            "anchor": _axis("x", line * _BESIDE),
            "range": [grid.queries - 0.5, -0.5],
            "tickvals": list(range(0, grid.queries, every)),
            "ticktext": queries[::every],
            "ticklabelstandoff": 4,
        }
    return axes


def _titles(grid: _Grid, title: str, corner: str) -> Iterator[picture.Figure]:
    """Above each head its title; at the left of each line, what its rows and columns are."""
    for head in range(grid.heads):
        top, (left, _) = grid.down(head // _BESIDE)[1], grid.across(head)
        number_of = text("attention.head", head=head + 1) if grid.heads > 1 else ""
        said = " ".join(part for part in (title, number_of) if part)
        if said:
            yield picture.label(said, left, top, yshift=_NAMES)
    for line in range(grid.lines):
        where = {"xanchor": "right", "xshift": -4}
        yield picture.label(corner, 0, grid.down(line)[1], **where, **picture.FAINT)


def _cut(heads: np.ndarray) -> str:
    """The text that says how much is not drawn."""
    count, queries, values = heads.shape
    if count <= _MOST_HEADS and max(queries, values) <= _MOST_STEPS:
        return ""
    return text("attention.cut", heads=min(count, _MOST_HEADS), of=count, steps=_MOST_STEPS)


def _alt(heads: np.ndarray, queries: Sequence[object], values: Sequence[object]) -> str:
    """How many weights there are and, of each head, which is the heaviest."""
    count, asking, asked = heads.shape
    said = [text("attention.alt_weights", heads=count, queries=asking, values=asked)]
    for head, weights in enumerate(heads[:_MOST_HEADS]):
        query, value = divmod(int(weights.argmax()), asked)
        named = {"query": queries[query], "value": values[value]}
        most = picture.number(float(weights.max()))
        said.append(text("attention.alt_head", head=head + 1, largest=most, **named))
    return " ".join(said)
