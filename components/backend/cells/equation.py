"""The equations of a step as text: plain formulas, and templates for one step's numbers.

They are written plainly, `tanh(x_t W_g + h_t-1 U_g)`; what a slot such as `{+input.bias}` is,
`panels/page/notation.py` says, and which there are, `panels/equations.py`.
"""

from __future__ import annotations

from typing import NamedTuple

from components.backend.cells.computed import Arguments


class Equation(NamedTuple):
    """A line: what is computed, the formula, the same in numbers, and what comes out; the last two
    are templates."""

    name: str
    formula: str
    numbers: str
    value: str


def squeezed(name: str, letter: str, layer: Arguments) -> Equation:
    """A gate, or a candidate that no gate resets: squeeze(x W + h U + b)."""
    squeeze = layer.activation if name == "candidate" else "σ"
    formula = f"x_t W_{letter} + h_t-1 U_{letter}"
    numbers = f"{{{name}.inputs}} {{+{name}.recurrent}}"
    if layer.use_bias:
        formula, numbers = f"{formula} + b_{letter}", f"{numbers} {{+{name}.bias}}"
        if layer.reset_timing == "after":
            formula = f"{formula} + b'_{letter}"
            numbers = f"{numbers} {{+{name}.recurrent_bias}}"
    return Equation(letter, f"{squeeze}({formula})", f"{squeeze}({numbers})", f"{{{name}.value}}")
