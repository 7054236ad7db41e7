"""The equations of a step as text: plain formulas, and templates for one step's numbers.

A formula is plain text, such as `tanh(x_t W_g + h_t-1 U_g)`. A template has slots such as
`{+input.bias}`: `panels/write/notation.py` says how a slot is written, and
`panels/parts/equations.py` which slots there are.
"""

from __future__ import annotations

from typing import NamedTuple

from components.backend.cells.computed import Arguments


class Equation(NamedTuple):
    """One line of equations: a name, its formula, and the templates of its numbers and its
    value."""

    name: str
    formula: str
    numbers: str
    value: str


def squeezed(name: str, letter: str, layer: Arguments) -> Equation:
    """The equation of a gate, or of a candidate that no gate resets: squeeze(x W + h U + b)."""
    squeeze = layer.activation if name == "candidate" else "σ"
    formula = f"x_t W_{letter} + h_t-1 U_{letter}"
    numbers = f"{{{name}.inputs}} {{+{name}.recurrent}}"
    if layer.use_bias:
        formula, numbers = f"{formula} + b_{letter}", f"{numbers} {{+{name}.bias}}"
        if layer.reset_timing == "after":
            formula = f"{formula} + b'_{letter}"
            numbers = f"{numbers} {{+{name}.recurrent_bias}}"
    return Equation(letter, f"{squeeze}({formula})", f"{squeeze}({numbers})", f"{{{name}.value}}")
