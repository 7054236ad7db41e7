"""The cells' equations in LaTeX, with the numbers of one step of one unit filled in."""

from __future__ import annotations

from components.backend import Settings
from components.backend.worksheet import Block, Worksheet

_SYMBOLS = {
    "input": "i",
    "forget": "f",
    "candidate": "g",
    "output": "o",
    "update": "z",
    "reset": "r",
}


def equations(settings: Settings, sheet: Worksheet) -> str:
    """The equations of the settings' cell, aligned, each with its numbers and its result."""
    lines = {"LSTM": _lstm, "GRU": _gru, "SimpleRNN": _simple}[settings.cell](settings, sheet)
    rows = r" \\ ".join(f"{left} &= {' = '.join(right)}" for left, *right in lines)
    return rf"\begin{{aligned}} {rows} \end{{aligned}}"


def _lstm(settings: Settings, sheet: Worksheet) -> list[list[str]]:
    values = {_SYMBOLS[name]: num(block.value) for name, block in sheet.blocks.items()}
    c_before, c, h = num(sheet.cell_before), num(sheet.cell), num(sheet.hidden)
    return [
        *(_block(name, block, settings) for name, block in sheet.blocks.items()),
        [
            "c",
            r"f \cdot c_{before} + i \cdot g",
            rf"{values['f']} \cdot {c_before} + {values['i']} \cdot {values['g']}",
            _bold(c),
        ],
        ["h", r"o \cdot \tanh(c)", rf"{values['o']} \cdot \tanh({c})", _bold(h)],
    ]


def _gru(settings: Settings, sheet: Worksheet) -> list[list[str]]:
    z, r, g = (sheet.blocks[name] for name in ("update", "reset", "candidate"))
    h_before, h = num(sheet.hidden_before), num(sheet.hidden)
    if settings.reset_after:
        formula = r"\tanh(x W_g + b_g + r \cdot (h_{before} U_g + b'_g))"
        inner = f"{num(g.recurrent)} + {num(g.recurrent_bias)}"
        numbers = rf"\tanh({num(g.inputs)} + {num(g.bias)} + {num(r.value)} \cdot ({inner}))"
    else:
        formula = r"\tanh(x W_g + b_g + (r \cdot h_{before}) U_g)"
        numbers = rf"\tanh({num(g.inputs)} + {num(g.bias)} + {num(g.recurrent)})"
    return [
        _block("update", z, settings),
        _block("reset", r, settings),
        ["g", formula, numbers, _bold(num(g.value))],
        [
            "h",
            r"z \cdot h_{before} + (1 - z) \cdot g",
            rf"{num(z.value)} \cdot {h_before} + (1 - {num(z.value)}) \cdot {num(g.value)}",
            _bold(h),
        ],
    ]


def _simple(settings: Settings, sheet: Worksheet) -> list[list[str]]:
    block = sheet.blocks["h"]
    numbers = rf"\tanh({num(block.inputs)} + {num(block.recurrent)} + {num(block.bias)})"
    return [["h", r"\tanh(x W + h_{before} U + b)", numbers, _bold(num(sheet.hidden))]]


def _block(name: str, block: Block, settings: Settings) -> list[str]:
    """A gate or an LSTM's candidate: squeeze(x W + h U + b) with its numbers."""
    s = _SYMBOLS[name]
    squeeze = r"\tanh" if name == "candidate" else r"\sigma"
    formula = f"x W_{s} + h_{{before}} U_{s} + b_{s}"
    numbers = f"{num(block.inputs)} + {num(block.recurrent)} + {num(block.bias)}"
    if settings.cell == "GRU" and settings.reset_after:
        formula += f" + b'_{s}"
        numbers += f" + {num(block.recurrent_bias)}"
    return [s, f"{squeeze}({formula})", f"{squeeze}({numbers})", _bold(num(block.value))]


def num(value: float) -> str:
    """Four significant digits; a negative number in brackets, so that it can follow any sign."""
    digits = f"{value:.4g}"
    if "e" in digits:
        mantissa, exponent = digits.split("e")
        digits = rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    return f"({digits})" if value < 0 or "10^" in digits else digits


def _bold(number: str) -> str:
    return rf"\mathbf{{{number.removeprefix('(').removesuffix(')')}}}"
