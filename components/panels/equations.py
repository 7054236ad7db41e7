"""The cells' equations in LaTeX, with the numbers of one step of one unit filled in."""

from __future__ import annotations

from components.backend import Settings
from components.backend.layout import SYMBOLS
from components.backend.worksheet import Block, Worksheet


def equations(settings: Settings, sheet: Worksheet) -> str:
    """The equations of the settings' cell, aligned: each as a formula, in numbers, and solved."""
    lines = {"LSTM": _lstm, "GRU": _gru, "SimpleRNN": _simple}[settings.cell](settings, sheet)
    rows = r" \\ ".join(
        rf"{name} &= {formula} = {numbers} = \mathbf{{{digits(value)}}}"
        for name, formula, numbers, value in lines
    )
    return rf"\begin{{aligned}} {rows} \end{{aligned}}"


def digits(value: float) -> str:
    """A number to four significant digits."""
    text = f"{value + 0.0:.4g}"  # a zero has no sign
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"


_Line = tuple[str, str, str, float]


def _lstm(settings: Settings, sheet: Worksheet) -> list[_Line]:
    i, f, g, o = (block.value for block in sheet.blocks.values())
    kept, new = (
        f"{digits(f)} \\cdot {_factor(sheet.cell_before)}",
        f"{digits(i)} \\cdot {_factor(g)}",
    )
    let_out = rf"{digits(o)} \cdot \tanh({digits(sheet.cell)})"
    return [
        *(_gate(name, block, settings) for name, block in sheet.blocks.items()),
        ("c_t", r"f \cdot c_{t-1} + i \cdot g", f"{kept} + {new}", sheet.cell),
        ("h_t", r"o \cdot \tanh(c_t)", let_out, sheet.hidden),
    ]


def _gru(settings: Settings, sheet: Worksheet) -> list[_Line]:
    z, r, g = (sheet.blocks[name] for name in ("update", "reset", "candidate"))
    if settings.reset_after:
        outer, inner, b, b_ = [g.inputs], [g.recurrent], "", ""
        if settings.use_bias:
            outer, inner, b, b_ = [*outer, g.bias], [*inner, g.recurrent_bias], " + b_g", " + b'_g"
        formula = rf"\tanh(x_t W_g{b} + r \cdot (h_{{t-1}} U_g{b_}))"
        numbers = rf"\tanh({_sum(*outer)} + {digits(r.value)} \cdot ({_sum(*inner)}))"
    else:
        bias, b = ([g.bias], " + b_g") if settings.use_bias else ([], "")
        formula = rf"\tanh(x_t W_g{b} + (r \cdot h_{{t-1}}) U_g)"
        numbers = rf"\tanh({_sum(g.inputs, *bias, g.recurrent)})"
    old = rf"{digits(z.value)} \cdot {_factor(sheet.hidden_before)}"
    new = rf"(1 - {digits(z.value)}) \cdot {_factor(g.value)}"
    return [
        _gate("update", z, settings),
        _gate("reset", r, settings),
        ("g", formula, numbers, g.value),
        ("h_t", r"z \cdot h_{t-1} + (1 - z) \cdot g", f"{old} + {new}", sheet.hidden),
    ]


def _simple(settings: Settings, sheet: Worksheet) -> list[_Line]:
    block = sheet.blocks["h"]
    bias, b = ([block.bias], " + b") if settings.use_bias else ([], "")
    numbers = rf"\tanh({_sum(block.inputs, block.recurrent, *bias)})"
    return [("h_t", rf"\tanh(x_t W + h_{{t-1}} U{b})", numbers, sheet.hidden)]


def _gate(name: str, block: Block, settings: Settings) -> _Line:
    """A gate, or an LSTM's candidate: squeeze(x W + h U + b)."""
    s = SYMBOLS[name]
    squeeze = r"\tanh" if name == "candidate" else r"\sigma"
    formula, terms = f"x_t W_{s} + h_{{t-1}} U_{s}", [block.inputs, block.recurrent]
    if settings.use_bias:
        formula, terms = f"{formula} + b_{s}", [*terms, block.bias]
        if settings.cell == "GRU" and settings.reset_after:
            formula, terms = f"{formula} + b'_{s}", [*terms, block.recurrent_bias]
    return s, f"{squeeze}({formula})", f"{squeeze}({_sum(*terms)})", block.value


def _sum(first: float, *others: float) -> str:
    """Numbers added up, a negative one taken away."""
    signs = (f" {'-' if value < 0 else '+'} {digits(abs(value))}" for value in others)
    return digits(first) + "".join(signs)


def _factor(value: float) -> str:
    """A number that stands after a dot: in brackets where a sign or a power would confuse."""
    text = digits(value)
    return f"({text})" if value < 0 or "10^" in text else text
