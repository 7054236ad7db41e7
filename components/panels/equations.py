"""The cells' equations, as templates: the numbers of one step of one unit go into their slots.

They are written plainly, `tanh(x_t W_g + h_t-1 U_g)`; `markup` sets them as HTML. What a slot is,
`page/notation.py` says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from html import escape
from typing import NamedTuple

import numpy as np

from components.backend import Run, Settings
from components.backend.layout import BLOCKS, SYMBOLS
from components.backend.worksheet import Block, Worksheet
from components.panels.page.notation import Numbers, typeset

_AXES = {"kernel": "ku", "recurrent_kernel": "ku", "bias": "u", "recurrent_bias": "u"}


class Equation(NamedTuple):
    """A line: what is computed, the formula, the same in numbers, and what comes out; the last two
    are templates."""

    name: str
    formula: str
    numbers: str
    value: str


def arrays(run: Run, sheet: Worksheet, *, sentence: int) -> dict[str, Numbers]:
    """All that a template can name: "step", "unit" and "token"; the states before and after each
    step; and each block's fields, such as "input.kernel"."""
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
    if sheet.gated is not None:
        found["gated"] = Numbers("sk", sheet.gated)
    for name, block in sheet.blocks.items():
        for each in fields(Block):
            values = getattr(block, each.name)
            found[f"{name}.{each.name}"] = Numbers(_AXES.get(each.name, "su"), values)
        sums = {"inputs": block.bias, "recurrent": block.recurrent_bias}
        for part, bias in sums.items():
            found[f"{name}.{part}_and_bias"] = Numbers("su", getattr(block, part) + bias)
    return found


def equations(settings: Settings) -> list[Equation]:
    """The equations of the settings' cell, in the order in which they are computed."""
    return {"LSTM": _lstm, "GRU": _gru, "SimpleRNN": _simple}[settings.cell](settings)


def markup(lines: Iterable[Equation]) -> str:
    """The equations as a template in HTML, their equals signs below each other."""
    rows = "".join(
        f"<div>{typeset(line.name)}</div><div>= {typeset(line.formula)}</div>"
        f"<div>= {typeset(line.numbers)}</div><div>= <b>{typeset(line.value)}</b></div>"
        for line in lines
    )
    return f'<div class="rnn-equations"><div>{rows}</div></div>'


def _lstm(settings: Settings) -> list[Equation]:
    kept = "{forget.value} · {(cell_before}"
    new = "{input.value} · {(candidate.value}"
    return [
        *(_gate(name, settings) for name in BLOCKS["LSTM"]),
        Equation("c_t", "f · c_t-1 + i · g", f"{kept} + {new}", "{cell}"),
        Equation("h_t", "o · tanh(c_t)", "{output.value} · tanh({cell})", "{hidden}"),
    ]


def _gru(settings: Settings) -> list[Equation]:
    b, bias = (" + b_g", " {+candidate.bias}") if settings.use_bias else ("", "")
    inputs, recurrent = "{candidate.inputs}", "candidate.recurrent"
    if settings.resets == "after":
        b_, own = (" + b'_g", " {+candidate.recurrent_bias}") if settings.use_bias else ("", "")
        formula = f"tanh(x_t W_g{b} + r · (h_t-1 U_g{b_}))"
        numbers = f"tanh({inputs}{bias} + {{reset.value}} · ({{{recurrent}}}{own}))"
    else:
        formula = f"tanh(x_t W_g{b} + (r · h_t-1) U_g)"
        numbers = f"tanh({inputs}{bias} {{+{recurrent}}})"
    old = "{update.value} · {(hidden_before}"
    new = "(1 - {update.value}) · {(candidate.value}"
    return [
        _gate("update", settings),
        _gate("reset", settings),
        Equation("g", formula, numbers, "{candidate.value}"),
        Equation("h_t", "z · h_t-1 + (1 - z) · g", f"{old} + {new}", "{hidden}"),
    ]


def _simple(settings: Settings) -> list[Equation]:
    b, bias = (" + b", " {+h.bias}") if settings.use_bias else ("", "")
    numbers = f"tanh({{h.inputs}} {{+h.recurrent}}{bias})"
    return [Equation("h_t", f"tanh(x_t W + h_t-1 U{b})", numbers, "{hidden}")]


def _gate(name: str, settings: Settings) -> Equation:
    """A gate, or an LSTM's candidate: squeeze(x W + h U + b)."""
    s = SYMBOLS[name]
    squeeze = "tanh" if name == "candidate" else "σ"
    formula, numbers = f"x_t W_{s} + h_t-1 U_{s}", f"{{{name}.inputs}} {{+{name}.recurrent}}"
    if settings.use_bias:
        formula, numbers = f"{formula} + b_{s}", f"{numbers} {{+{name}.bias}}"
        if settings.resets == "after":
            formula, numbers = f"{formula} + b'_{s}", f"{numbers} {{+{name}.recurrent_bias}}"
    return Equation(s, f"{squeeze}({formula})", f"{squeeze}({numbers})", f"{{{name}.value}}")
