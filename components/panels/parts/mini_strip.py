"""A run at a glance, as coloured cells: small enough for many of them to stand on one page."""

from __future__ import annotations

from collections.abc import Sequence

from components.backend import Run
from components.charts.layer_strips import run_blocks
from components.charts.picture import Limits, number, reach, shade
from components.charts.strips import STATES, Block
from components.texts import text


def mini_strip(run: Run) -> str:
    """The first sentence's cells as HTML, with a text for screen readers.

    Returned cells are framed; those that were only computed are hatched.
    """
    blocks = mini_blocks(run)
    steps = "".join(_cells(block) for block in blocks if block.axis != STATES)
    states = "".join(
        f'<span class="rnn-{block.look}">{_cells(block)} {block.name}</span>'
        for block in blocks
        if block.axis == STATES
    )
    picture = f'<div class="rnn-steps">{steps}</div><div class="rnn-states">{states}</div>'
    return f'<div class="rnn-strip" role="img" aria-label="{_alt(run, blocks)}">{picture}</div>'


def mini_blocks(run: Run, *, sentence: int = 0) -> list[Block]:
    """h at every step, then the last states, each on a scale that its values of all steps reach."""
    limits = Limits(*(reach(steps[sentence]) for steps in run.trace.states.values()))
    return run_blocks(run, sentence=sentence, limits=limits)


def colours(block: Block) -> list[list[str]]:
    """The CSS colours of a block's cells, (unit, column)."""
    rows = block.values.tolist()
    return [[shade(value, block.high, block.colorscale) for value in row] for row in rows]


def _cells(block: Block) -> str:
    """A block of cells, a row for each unit; the pointer over a cell shows its value."""
    cells = "".join(
        f'<i style="--shade:{colour}" title="{block.name} {number(value)}"></i>'
        for row in zip(colours(block), block.values.tolist(), strict=True)
        for colour, value in zip(*row, strict=True)
    )
    return f'<b class="rnn-{block.look}" style="--columns:{len(block.columns)}">{cells}</b>'


def _alt(run: Run, blocks: Sequence[Block]) -> str:
    hidden = run.trace.hidden[0]
    returned = ", ".join(block.name for block in blocks if block.returned)
    low, high = number(float(hidden.min())), number(float(hidden.max()))
    return text("strip.alt", steps=len(hidden), low=low, high=high, returned=returned)
