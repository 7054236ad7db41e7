"""How we write formulas and numbers, and templates in which the browser fills in the numbers.

A formula is written plainly, `tanh(x_t W_g + h_t-1 U_g)`, and set as HTML by `typeset`. In a
template, a slot stands for a number of the step and the unit that are looked at:

    {g.inputs}          the number in the array of that name
    {+g.bias}           the same with its sign, as a term of a sum: "+ 0.5" or "- 0.5"
    {(cell_before}      the same as a factor: in brackets if it is negative or has a power
    {x[3]}              index 3 of an array with an axis "k"
    {x[3]*g.kernel[3]}  the product of two numbers

`numbers.js` fills them in.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

_ARRAY = r"[a-z_.]+(?:\[\d+\])?"
SLOT = re.compile(rf"\{{(?P<how>[+(]?)(?P<one>{_ARRAY})(?:\*(?P<other>{_ARRAY}))?\}}")
_SYMBOL = re.compile(
    rf"(?P<slot>{SLOT.pattern.replace('?P<', '?P<_')})|tanh|relu|linear|exp|10\^(?P<power>-?\d+)"
    r"|(?P<name>[a-zA-Z]'?)(?:_(?P<index>t-1|[a-z]))?"
)


class Numbers(NamedTuple):
    """An array that a template can name."""

    axes: str  # what each axis of values counts: "s" steps, "u" units, "k" the slot's index
    values: np.ndarray  # numbers, or texts, which are HTML and written as they are


def typeset(plain: str) -> str:
    """The plain notation as HTML: symbols in italics, subscripts, powers, and a true minus sign.
    Slots stay as they are."""

    def symbol(found: re.Match[str]) -> str:
        if found["power"]:
            return f"10<sup>{found['power']}</sup>"
        if not found["name"]:
            return found[0]
        index = f"<sub>{found['index']}</sub>" if found["index"] else ""
        return f"<i>{found['name']}</i>{index}"

    return _SYMBOL.sub(symbol, plain).replace("-", "\N{MINUS SIGN}")


def named(template: str) -> set[str]:
    """The names of the arrays that a template's slots read."""
    slots = SLOT.finditer(template)
    return {name.partition("[")[0] for slot in slots for name in slot.group("one", "other") if name}
