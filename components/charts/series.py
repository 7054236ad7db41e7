"""A table, the windows that are cut from it, and one of them after a wrong reshape."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from components.backend.question.table import MOST_ROWS
from components.backend.whatif.series import Answer, Question, read_by
from components.charts import picture
from components.texts import text

_LEAST, _MOST = 240, 360  # px: the height of all rows of the table together
_ROW = 15  # px: a number fits into a row of this height
_BETWEEN = 28  # px from the first sample to the last, for its name
_TOP, _BOTTOM = 48, 8  # px: for the names above all, and for half a frame
_LEFT, _LEFT_NAMED = 44, 66  # px: for the numbers of the rows, and for "feature 0"
_BLOCKS = ("y2", "y3")  # the axes of the steps of the first sample and of the last
_PLACES = 3  # the most places after the point
_ROUND = (1, 5, 10, 20, 50)  # every so many rows, one has its number beside it
_ASIDE = 0.2  # columns between the features and the target beside them
_DIAMONDS = {40: 6, 200: 3, MOST_ROWS: 1.5}  # px of a target's mark, for up to so many samples
_LONGEST_NAME = 9  # letters of a column's name beside the reshape
_MOST_STEPS = 12  # beside the reshape: with more steps, not each has a number above it
_NEUTRAL = "rgba(128, 128, 128, 0.55)"

Panel = tuple[float, float]
"""The lower and the upper end on one axis, in parts of the plot."""


def series(answer: Answer) -> picture.Picture:
    """The table, its first and its last sample beside it, and which rows each sample reads."""
    question = answer.question
    (rows, features), window = question.shape, question.window
    high = min(_MOST, max(_LEAST, 20 * rows))
    panels, shown = _panels(features), _Numbers.of(answer)
    table, block, _ = panels
    samples = [_Sample(question, end) for end in dict.fromkeys((0, len(answer.samples) - 1))]
    layout = _layout(high, _LEFT) | _axes(answer, panels, high)
    layout["annotations"] = _heads(answer, table, block)
    traces = shown.cells(answer.table, range(features), _said(question), high / rows)
    for axis, sample, place in zip(_BLOCKS, samples, _places(samples, high), strict=False):
        px = high * (place[1] - place[0])
        layout[axis.replace("y", "yaxis")] = _down(place, window, px, first=1) | {"anchor": "x2"}
        layout["shapes"] += [*sample.frames(axis), *_lines(sample, rows, table, block, place)]
        traces += sample.block(answer, shown, axis, px / window)
        if axis == _BLOCKS[0] or window > 1:  # else the sample's name is there
            layout["annotations"].append(sample.aim(axis))
        if axis != _BLOCKS[0]:
            layout["annotations"].append(picture.label(sample.name, block[0], place[1]))
    return picture.Picture({"data": traces + _all(answer), "layout": layout}, _alt(answer))


def _layout(high: float, left: float) -> picture.Figure:
    """The layout that both charts share, for a plot of this height in px."""
    return {
        "height": _TOP + high + _BOTTOM,
        "margin": {"l": left, "r": 8, "t": _TOP, "b": _BOTTOM},
        "annotations": [],
        "shapes": [],
        "hoverlabel": {"align": "left"},
        "dragmode": False,
        # Once for all heatmaps: a scale is as long as the numbers of a small table.
        "coloraxis": {"cmin": -1, "cmax": 1, "colorscale": picture.HIDDEN, "showscale": False},
        "meta": {"pageText": picture.PAGE_TEXT},
    }


def _axes(answer: Answer, panels: tuple[Panel, Panel, Panel], high: float) -> picture.Figure:
    """The axes, but for those of the samples' steps."""
    (rows, features), count = answer.question.shape, len(answer.samples)
    table, block, all_samples = panels
    return {
        "xaxis": _above(table, features - 0.5, _columns(answer.question)),
        "yaxis": _down((0, 1), rows, high),
        "xaxis2": _above(block, features + _ASIDE + 0.5, _block_ticks(answer.question)),
        "xaxis3": _above(all_samples, 1.02 * count - 0.5, _ends(count)),
        "yaxis4": _down((0, 1), rows, high) | {"anchor": "x3"},
    }


def _panels(features: int) -> tuple[Panel, Panel, Panel]:
    """Where the table, the samples cut out and all samples stand side by side."""
    table = min(0.32, 0.2 + 0.03 * features)
    left = table + 0.1
    return (0, table), (left, left + 0.29), (left + 0.42, 1)


def _places(samples: list[_Sample], high: float) -> list[Panel]:
    """The panel of each sample: the first begins at the top, the last ends at the bottom. Their
    rows are as high as the table's, or higher if there is room."""
    question = samples[0].question
    row = max(_ROW, high / question.shape[0])
    room = high if len(samples) == 1 else (high - _BETWEEN) / 2
    share = min(row * question.window, room) / high
    return [(1 - share, 1.0), (0.0, share)][: len(samples)]


# Numbers


@dataclass(frozen=True)
class _Numbers:
    """How the numbers of each column of a table are coloured and written."""

    middle: np.ndarray  # (column,): the middle of its scale; 0 if it has numbers on both sides of 0
    reach: np.ndarray  # (column,): how far its scale reaches from the middle
    places: list[int]  # decimals of each column's numbers

    @classmethod
    def of(cls, answer: Answer) -> _Numbers:
        table = answer.table
        low, high = table.min(axis=0), table.max(axis=0)
        middle = np.where((low < 0) & (high > 0), 0, (low + high) / 2)
        apart = np.abs(table - middle).max(axis=0)
        return cls(middle, np.where(apart > 0, apart, 1), [*map(_decimals, table.T)])

    def shade(self, values: np.ndarray, columns: Any) -> np.ndarray:
        """Values as their colours: from -1 to 1 on the scales of their columns."""
        return (values - self.middle[columns]) / self.reach[columns]

    def cells(
        self,
        values: np.ndarray,
        columns: Any,
        said: list[list[str]],
        px: float,
        *,
        axes: tuple[str, str] = ("x", "y"),
        x: list[float] | None = None,
    ) -> list[picture.Figure]:
        """Values (row, column) as coloured cells and, if a row of so many px has room, as text.

        Args:
            columns: the table's columns that the values are from.
            x: where the columns are drawn, if not at 0, 1, ….
        """
        columns = list(columns)
        shade = self.shade(values, columns)
        x = x or list(map(float, range(len(columns))))
        traces = [_heatmap(shade, x, said, axes)]
        if px >= _ROW - 1:
            ways = [self._written(values, columns, fewer) for fewer in (0, 1)]
            traces.append(_written(ways, shade, x, axes))
        return traces

    def _written(self, values: np.ndarray, columns: list[int], fewer: int) -> list[str]:
        """Values (row, column) as text, row by row, with so many places fewer than they have."""
        places = (max(0, self.places[column] - fewer) for column in columns)
        written = map(picture.fixed, values.T.tolist(), places)
        return [one for row in zip(*written, strict=True) for one in row]


def _decimals(values: np.ndarray) -> int:
    """The number of decimals of a column: enough for all its numbers, or for three significant
    digits of the largest, whichever is fewer."""
    enough = (p for p in range(_PLACES) if np.allclose(values, values.round(p), 0, 1e-6))
    return min(next(enough, _PLACES), picture.decimals(picture.reach(values)))


def _heatmap(
    shade: np.ndarray, x: list[float], said: list[list[str]], axes: tuple[str, str]
) -> picture.Figure:
    few = shade.size <= 1000
    return {
        "type": "heatmap",
        "z": np.float32(shade),
        "x": x,
        "coloraxis": "coloraxis",
        "xgap": int(few),
        "ygap": int(few and len(shade) <= 60),
        "text": said,
        "hovertemplate": "%{text}<extra></extra>",
        "xaxis": axes[0],
        "yaxis": axes[1],
    }


def _written(
    ways: list[list[str]], shade: np.ndarray, x: list[float], axes: tuple[str, str]
) -> picture.Figure:
    """Texts on cells, white on strong colours; the browser shows the first way that has room."""
    rows, _ = shade.shape
    colours = [
        picture.WHITE if one else picture.PAGE_TEXT for one in (np.abs(shade) > picture.STRONG).flat
    ]
    return picture.texts(ways, colours, x * rows, [row for row in range(rows) for _ in x], axes)


# Samples


@dataclass(frozen=True)
class _Sample:
    question: Question
    number: int

    @property
    def start(self) -> int:
        return int(self.question.starts[self.number])

    @property
    def rows(self) -> tuple[float, float]:
        """The edges of its rows in the table."""
        return self.start - 0.5, self.start + self.question.window - 0.5

    @property
    def name(self) -> str:
        """The text above its block."""
        return f"<b>{text('series.sample', number=self.number)}</b>"

    @property
    def beside(self) -> float:
        """The place of its target, beside its features."""
        return self.question.shape[1] + _ASIDE

    def block(self, answer: Answer, shown: _Numbers, axis: str, px: float) -> list[picture.Figure]:
        """The cells of its steps and features and, beside the last step, of its target."""
        axes = "x2", axis
        values = answer.samples[self.number]
        cells = shown.cells(values, range(values.shape[1]), self._said(values), px, axes=axes)
        return [*cells, *self._beside(answer, shown, axes, px)]

    def _beside(
        self, answer: Answer, shown: _Numbers, axes: tuple[str, str], px: float
    ) -> list[picture.Figure]:
        """The cell of its target, beside its last step."""
        x, y = self.beside, self.question.window - 1
        value = answer.targets[[self.number], np.newaxis]
        said = [[self._target(value.item())]]
        cell, *written = shown.cells(value, [self.question.target], said, px, axes=axes, x=[x])
        cell |= {"x": [x - 0.5, x + 0.5], "y": [y - 0.5, y + 0.5]}
        return [cell, *(each | {"y": [y]} for each in written)]

    def aim(self, axis: str) -> picture.Figure:
        """The text above its target: in which row of the table that is."""
        place = {"xref": "x2", "yref": axis}
        said = text("series.target", row=self.start + self.question.first_target)
        return picture.label(said, self.beside - 0.5, self.question.window - 1.5, **place)

    def frames(self, axis: str) -> list[picture.Figure]:
        """Frames round the sample in the table, in its block and among all samples, and dotted
        frames round its target."""
        question = self.question
        features, last = question.shape[1], question.window - 0.5
        target, row = question.target, self.start + question.first_target
        return [
            _frame("x", "y", (-0.5, features - 0.5), self.rows),
            _frame("x", "y", (target - 0.5, target + 0.5), (row - 0.5, row + 0.5), _DOTTED),
            _frame("x2", axis, (-0.5, features - 0.5), (-0.5, last)),
            _frame("x2", axis, (self.beside - 0.5, self.beside + 0.5), (last - 1, last), _DOTTED),
            _frame("x3", "y4", (self.number - 0.5, self.number + 0.5), self.rows),
        ]

    def _said(self, values: np.ndarray) -> list[list[str]]:
        names = _called(self.question)
        return [
            [
                text(
                    "series.hover_sample",
                    sample=self.number,
                    step=step + 1,
                    row=self.start + step,
                    column=name,
                    value=value,
                )
                for name, value in zip(names, row, strict=True)
            ]
            for step, row in enumerate(values)
        ]

    def _target(self, value: float) -> str:
        question = self.question
        return text(
            "series.hover_target",
            sample=self.number,
            row=self.start + question.first_target,
            column=_called(question)[question.target],
            value=value,
        )


_FRAME = {"width": 2.5, "color": picture.RETURNED, "dash": "solid"}
_DOTTED = _FRAME | {"dash": "dot"}
_WRONG = {"width": 1.5, "color": picture.MARK, "dash": "dash"}


def _frame(
    x_axis: str,
    y_axis: str,
    x: tuple[float, float],
    y: tuple[float, float],
    line: picture.Figure = _FRAME,
) -> picture.Figure:
    place = {"xref": x_axis, "yref": y_axis, "x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1]}
    return {"type": "rect", "line": line, **place}


def _lines(
    sample: _Sample, rows: int, table: Panel, block: Panel, place: Panel
) -> list[picture.Figure]:
    """The lines from a sample's rows in the table to its block."""
    top, bottom = (1 - (edge + 0.5) / rows for edge in sample.rows)
    line = {"width": 1, "color": _NEUTRAL, "dash": "dash"}
    return [
        {
            "type": "line",
            "xref": "paper",
            "yref": "paper",
            "x0": table[1],
            "x1": block[0],
            "y0": from_,
            "y1": to,
            "line": line,
        }
        for from_, to in ((top, place[1]), (bottom, place[0]))
    ]


def _all(answer: Answer) -> list[picture.Figure]:
    """Which rows each sample reads, a column each, and the row of its target."""
    question = answer.question
    numbers = list(range(len(answer.samples)))
    px = next(px for most, px in _DIAMONDS.items() if len(numbers) <= most)
    axes = {"xaxis": "x3", "yaxis": "y4"}
    read = {
        "type": "bar",
        "x": numbers,
        "y": [question.window] * len(numbers),
        "base": (question.starts - 0.5).tolist(),
        "width": 0.9 if len(numbers) <= 40 else 1,
        "marker": {"color": _NEUTRAL, "line": {"width": 0}},
        "showlegend": False,
        "hovertext": [
            text("series.hover_reads", sample=sample, rows=rows_of(question, sample))
            for sample in numbers
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
        **axes,
    }
    targets = {
        "type": "scatter",
        "x": numbers,
        "y": question.targets_at.tolist(),
        "mode": "markers",
        "marker": {
            "symbol": "diamond",
            "size": px,
            "color": picture.WHITE,
            "line": {"width": px / 4, "color": picture.RETURNED},
        },
        "showlegend": False,
        "hovertemplate": f"{text('series.hover_aim', sample='%{x}', row='%{y}')}<extra></extra>",
        **axes,
    }
    return [read, targets]


# Axes and labels


def _columns(question: Question) -> dict[float, str]:
    """The names of the table's columns or, if they have none, their numbers. The browser cuts names
    that do not fit."""
    return dict(enumerate(map(escape, question.names or map(str, range(question.shape[1])))))


def _called(question: Question) -> list[str]:
    """The names of the columns in hover labels."""
    if not question.names:
        return [text("charts.feature", feature=column) for column in range(question.shape[1])]
    return [
        text("series.named", feature=column, name=escape(name))
        for column, name in enumerate(question.names)
    ]


def _block_ticks(question: Question) -> dict[float, str]:
    """Above a sample's columns their names or numbers; of many numbers the first."""
    columns = _columns(question)
    return columns if question.names or len(columns) <= 4 else {0: columns[0]}


def _ends(count: int) -> dict[float, str]:
    return {number: str(number) for number in {0, count - 1}}


def _above(panel: Panel, right: float, ticks: dict[float, str]) -> picture.Figure:
    """An x axis with its ticks above it."""
    said = {"tickvals": list(ticks), "ticktext": list(ticks.values()), "tickangle": 0}
    return {**picture.BARE, "domain": list(panel), "range": [-0.5, right], "side": "top", **said}


def _down(place: Panel, rows: int, high: float, *, first: int = 0) -> picture.Figure:
    """A y axis down from row `first`, numbered where there is room."""
    every = next((each for each in _ROUND if round(each * high / rows, 6) >= _ROW), 100)
    shown = [n for n in range(first, first + rows) if n == first or n % every == 0]
    said = {"ticktext": list(map(str, shown)), "ticklabelstandoff": 3}
    said |= {"tickvals": [number - first for number in shown]}
    return {**picture.BARE, "domain": list(place), "range": [rows - 0.5, -0.5], **said}


def _heads(answer: Answer, table: Panel, block: Panel) -> list[picture.Figure]:
    """Labels: above each panel what it is, and beside its numbers what they count."""
    rows, features = answer.question.shape
    count = len(answer.samples)
    all_of_them = text("series.all" if count > 1 else "series.one", count=count)
    return [
        picture.label(text("series.table", shape=(rows, features)), table[0], 1, yshift=22),
        picture.label(_Sample(answer.question, 0).name, block[0], 1, yshift=22),
        picture.label(all_of_them, 1, 1, xanchor="right", yshift=22),
        _corner("row_axis", table[0]),
        _corner("step_axis", block[0]),
    ]


def _corner(what: str, x: float) -> picture.Figure:
    """The label that says what the numbers beside a panel count."""
    beside = {"xanchor": "right", "xshift": -4, "yshift": 6, **picture.FAINT}
    return picture.label(text(f"series.{what}"), x, 1, **beside)


def _said(question: Question) -> list[list[str]]:
    """The hover label of each number of the table, with the samples that it is in."""
    table, read, names = question.table, read_by(question), _called(question)
    aims = {int(row): sample for sample, row in enumerate(question.targets_at)}
    found = []
    for row, values in enumerate(table):
        where = _where(question, np.flatnonzero(read[:, row]), row)
        line = []
        for column, value in enumerate(values):
            said = {"row": row, "column": names[column], "value": value, "where": where}
            aim = ""
            if column == question.target and row in aims:
                aim = "<br>" + text("series.aim", sample=aims[row])
            line.append(text("series.hover_table", **said) + aim)
        found.append(line)
    return found


def _where(question: Question, samples: np.ndarray, row: int) -> str:
    """The text that says in which samples a row is, and as which step."""
    if not samples.size:
        return text("series.in_none")
    first, last = int(samples[0]), int(samples[-1])
    steps = [row - int(question.starts[sample]) + 1 for sample in (first, last)]
    if first == last:
        return text("series.in_one", sample=first, step=steps[0])
    values = {"first": first, "last": last, "step": steps[0], "last_step": steps[1]}
    return text("series.in_many", **values)


def _alt(answer: Answer) -> str:
    question = answer.question
    return text(
        "series.alt",
        table=question.shape,
        samples=len(answer.samples),
        sample=answer.samples.shape[1:],
        rows=rows_of(question, 0),
        target=question.first_target,
        column=_called(question)[question.target],
        start=int(question.starts[-1]),
    )


def rows_of(question: Question, sample: int) -> str:
    """A sample's rows, in words."""
    first, window = int(question.starts[sample]), question.window
    name = "one_row" if window == 1 else "rows"
    return text(f"series.{name}", first=first, last=first + window - 1)


# The reshape


def reshaped(answer: Answer) -> picture.Picture:
    """The first sample with its axes swapped by a transpose, and by a reshape to the same shape.
    Each cell has the row and the column of the table that its number is from."""
    features, steps = answer.landed.shape
    wrong = answer.misplaced
    values = {"count": int(wrong.sum()), "of": wrong.size, "shape": (features, steps)}
    shown, high = _Numbers.of(answer), min(240, max(64, 24 * features))
    sides = {
        "": ((0, 0.48), answer.transposed, text("series.transposed")),
        "2": (
            (0.52, 1),
            answer.landed,
            text("series.reshaped", count=values["count"], of=wrong.size),
        ),
    }
    few = steps <= _MOST_STEPS
    ticks = {step: str(step + 1) for step in (range(steps) if few else {0, steps - 1})}
    layout = _layout(high, _LEFT_NAMED) | {"shapes": _wrong(wrong)}
    layout["annotations"] = [_corner("step_axis", 0)]
    traces: list[picture.Figure] = []
    for end, (panel, landed, head) in sides.items():
        layout[f"xaxis{end}"] = _above(panel, steps - 0.5, ticks) | {"anchor": f"y{end}"}
        layout[f"yaxis{end}"] = _down((0, 1), features, high) | {"anchor": f"x{end}"}
        layout["annotations"].append(picture.label(head, panel[0], 1, yshift=22))
        traces += _landed(answer, shown, landed, (f"x{end}", f"y{end}"), high / features)
    names = [_short(name) for name in answer.question.names] or _called(answer.question)
    layout["yaxis"]["ticktext"] = [names[feature] for feature in layout["yaxis"]["tickvals"]]
    layout["yaxis2"]["showticklabels"] = False
    return picture.Picture(
        {"data": traces, "layout": layout}, text("series.alt_reshaped", **values)
    )


def _short(name: str) -> str:
    """A column's name, cut to the room beside a picture."""
    return escape(name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…")


def _landed(
    answer: Answer, shown: _Numbers, landed: np.ndarray, axes: tuple[str, str], px: float
) -> list[picture.Figure]:
    """The first sample's numbers at (feature, step), with the row and the column that each is
    from."""
    features, steps = landed.shape
    row, column = np.divmod(landed, features)
    values = answer.samples[0][row, column]
    wrong = landed != answer.transposed
    names = _called(answer.question)
    said = [
        [
            text(
                f"series.hover_{'wrong' if wrong[at, step] else 'right'}",
                feature=at,
                step=step + 1,
                row=row[at, step],
                column=names[column[at, step]],
                value=values[at, step],
            )
            for step in range(steps)
        ]
        for at in range(features)
    ]
    shade = shown.shade(values, column)
    x = list(map(float, range(steps)))
    traces = [_heatmap(shade, x, said, axes)]
    if px >= _ROW - 1:
        marks = [
            f"✗ {r}, {c}" if w else f"{r}, {c}"
            for r, c, w in zip(row.flat, column.flat, wrong.flat, strict=True)
        ]
        few = ["✗" if w else "" for w in wrong.flat]
        traces.append(_written([marks, few], shade, x, axes))
    return traces


def _wrong(wrong: np.ndarray) -> list[picture.Figure]:
    """A dashed frame round each number at a wrong place."""
    if wrong.size > 200:
        return []
    return [
        _frame("x2", "y2", (step - 0.5, step + 0.5), (feature - 0.5, feature + 0.5), _WRONG)
        for feature, step in np.argwhere(wrong).tolist()
    ]
