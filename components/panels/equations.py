"""The cells' equations, with the numbers of one step of one unit filled in.

They are written plainly, `tanh(x_t W_g + h_t-1 U_g)` and `1.5·10^-5`; `markup` sets them as HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from components.backend import Settings
from components.backend.layout import SYMBOLS
from components.backend.worksheet import Block, Worksheet


class Equation(NamedTuple):
    """A line: what is computed, the formula, the same in numbers, and what comes out."""

    name: str
    formula: str
    numbers: str
    value: float


def equations(settings: Settings, sheet: Worksheet) -> list[Equation]:
    """The equations of the settings' cell, in the order in which they are computed."""
    return {"LSTM": _lstm, "GRU": _gru, "SimpleRNN": _simple}[settings.cell](settings, sheet)


def markup(lines: Iterable[Equation]) -> str:
    """The equations as HTML, their equals signs below each other; nothing in them is a user's."""
    rows = "".join(
        f"<div>{typeset(line.name)}</div><div>= {typeset(line.formula)}</div>"
        f"<div>= {typeset(line.numbers)}</div><div>= <b>{typeset(digits(line.value))}</b></div>"
        for line in lines
    )
    return f'<div class="rnn-equations"><div>{rows}</div></div>'


def digits(value: float) -> str:
    """A number to four significant digits."""
    text = f"{value + 0.0:.4g}"  # a zero has no sign
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return f"{mantissa}·10^{int(exponent)}"


_SYMBOL = re.compile(r"tanh|10\^(?P<power>-?\d+)|(?P<name>[a-zA-Z]'?)(?:_(?P<index>t-1|[a-z]))?")


def typeset(plain: str) -> str:
    """The plain notation as HTML: symbols in italics, indices below, powers above, and a minus
    that is as wide as a plus."""

    def symbol(found: re.Match[str]) -> str:
        if found["power"]:
            return f"10<sup>{found['power']}</sup>"
        if not found["name"]:
            return found[0]
        index = f"<sub>{found['index']}</sub>" if found["index"] else ""
        return f"<i>{found['name']}</i>{index}"

    return _SYMBOL.sub(symbol, plain).replace("-", "\N{MINUS SIGN}")


def _lstm(settings: Settings, sheet: Worksheet) -> list[Equation]:
    i, f, g, o = (block.value for block in sheet.blocks.values())
    kept = f"{digits(f)} · {_factor(sheet.cell_before)}"
    new = f"{digits(i)} · {_factor(g)}"
    let_out = f"{digits(o)} · tanh({digits(sheet.cell)})"
    return [
        *(_gate(name, block, settings) for name, block in sheet.blocks.items()),
        Equation("c_t", "f · c_t-1 + i · g", f"{kept} + {new}", sheet.cell),
        Equation("h_t", "o · tanh(c_t)", let_out, sheet.hidden),
    ]


def _gru(settings: Settings, sheet: Worksheet) -> list[Equation]:
    z, r, g = (sheet.blocks[name] for name in ("update", "reset", "candidate"))
    if settings.reset_after:
        outer, inner, b, b_ = [g.inputs], [g.recurrent], "", ""
        if settings.use_bias:
            outer, inner, b, b_ = [*outer, g.bias], [*inner, g.recurrent_bias], " + b_g", " + b'_g"
        formula = f"tanh(x_t W_g{b} + r · (h_t-1 U_g{b_}))"
        numbers = f"tanh({_sum(*outer)} + {digits(r.value)} · ({_sum(*inner)}))"
    else:
        bias, b = ([g.bias], " + b_g") if settings.use_bias else ([], "")
        formula = f"tanh(x_t W_g{b} + (r · h_t-1) U_g)"
        numbers = f"tanh({_sum(g.inputs, *bias, g.recurrent)})"
    old = f"{digits(z.value)} · {_factor(sheet.hidden_before)}"
    new = f"(1 - {digits(z.value)}) · {_factor(g.value)}"
    return [
        _gate("update", z, settings),
        _gate("reset", r, settings),
        Equation("g", formula, numbers, g.value),
        Equation("h_t", "z · h_t-1 + (1 - z) · g", f"{old} + {new}", sheet.hidden),
    ]


def _simple(settings: Settings, sheet: Worksheet) -> list[Equation]:
    block = sheet.blocks["h"]
    bias, b = ([block.bias], " + b") if settings.use_bias else ([], "")
    numbers = f"tanh({_sum(block.inputs, block.recurrent, *bias)})"
    return [Equation("h_t", f"tanh(x_t W + h_t-1 U{b})", numbers, sheet.hidden)]


def _gate(name: str, block: Block, settings: Settings) -> Equation:
    """A gate, or an LSTM's candidate: squeeze(x W + h U + b)."""
    s = SYMBOLS[name]
    squeeze = "tanh" if name == "candidate" else "σ"
    formula, terms = f"x_t W_{s} + h_t-1 U_{s}", [block.inputs, block.recurrent]
    if settings.use_bias:
        formula, terms = f"{formula} + b_{s}", [*terms, block.bias]
        if settings.resets == "after":
            formula, terms = f"{formula} + b'_{s}", [*terms, block.recurrent_bias]
    numbers = f"{squeeze}({_sum(*terms)})"
    return Equation(s, f"{squeeze}({formula})", numbers, block.value)


def _sum(first: float, *others: float) -> str:
    """Numbers added up, a negative one taken away."""
    signs = (f" {'-' if value < 0 else '+'} {digits(abs(value))}" for value in others)
    return digits(first) + "".join(signs)


def _factor(value: float) -> str:
    """A number that stands after a dot: in brackets where a sign or a power would confuse."""
    text = digits(value)
    return f"({text})" if value < 0 or "^" in text else text
