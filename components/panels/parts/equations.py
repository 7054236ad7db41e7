"""The cells' equations, which their records have as templates, set as HTML; and the numbers that go
into their slots. What a slot is, `write/notation.py` says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from html import escape

import numpy as np

from components.backend import Run, Settings
from components.backend.cells import CELLS
from components.backend.cells.equation import Equation
from components.backend.running.worksheet import Block, Worksheet
from components.charts.strips import MOST_DRAWN
from components.panels.write.notation import Numbers, typeset

_AXES = {
    "x": "sk",
    "h": "sk",
    "kernel": "ku",
    "recurrent_kernel": "ku",
    "bias": "u",
    "recurrent_bias": "u",
}


def arrays(run: Run, sheet: Worksheet, *, sentence: int) -> dict[str, Numbers]:
    """All that a template can name: "step", "unit" and "token"; the states before and after each
    step; and each block's fields, such as "input.kernel". Of a large layer, those of the units that
    are drawn."""
    found = {
        "step": Numbers("s", np.arange(1, run.settings.steps + 1)),
        "unit": Numbers("u", np.arange(run.settings.units)),
        "token": Numbers("s", np.array([escape(str(id_)) for id_ in run.trace.read[sentence]])),
        "x": Numbers("sk", sheet.read),
        "h": Numbers("sk", sheet.hidden_before),
    }
    states = {
        name: getattr(sheet, name) for name in ("hidden_before", "hidden", "cell_before", "cell")
    }
    found |= {name: Numbers("su", steps) for name, steps in states.items() if steps is not None}
    for name, block in sheet.blocks.items():
        for each in fields(Block):
            values = getattr(block, each.name)
            found[f"{name}.{each.name}"] = Numbers(_AXES.get(each.name, "su"), values)
        sums = {"inputs": block.bias, "recurrent": block.recurrent_bias}
        for part, bias in sums.items():
            found[f"{name}.{part}_and_bias"] = Numbers("su", getattr(block, part) + bias)
    return {name: _of_drawn(numbers) for name, numbers in found.items()}


def _of_drawn(numbers: Numbers) -> Numbers:
    axes, values = numbers
    return Numbers(axes, values[..., :MOST_DRAWN]) if axes.endswith("u") else numbers


def equations(settings: Settings) -> list[Equation]:
    """The equations of the settings' cell, in the order in which they are computed."""
    return CELLS[settings.cell].equations(settings)


def markup(lines: Iterable[Equation]) -> str:
    """The equations as a template in HTML, their equals signs below each other."""
    rows = "".join(
        f'<div class="rnn-line" data-lit="{line.name.partition("_")[0]}" tabindex="0">'
        f"<div>{typeset(line.name)}</div><div>= {typeset(line.formula)}</div>"
        f"<div>= {typeset(line.numbers)}</div><div>= <b>{typeset(line.value)}</b></div></div>"
        for line in lines
    )
    return f'<div class="rnn-equations"><div>{rows}</div></div>'
